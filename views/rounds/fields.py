"""Form fields that forgive how figures are typed, and a local time with its date."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from flask_babel import get_locale, gettext
from wtforms import DateField, SelectChoice, SelectMultipleField, StringField, TimeField
from wtforms.validators import Optional, ValidationError

from framework.ground.errors import InvalidInput
from framework.ground.reading.numbers import Habit, read_number
from framework.ground.text import N_
from framework.ground.zones import local_instant


class WholeField(StringField):
    """A whole number; blank is None. Blanks and grouping signs between digits are forgiven."""

    whole = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.type = "IntegerField" if self.whole else "DecimalField"

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not text:
            return
        read = read_number(text, _habit(), whole=self.whole)
        if read.value is None:
            raise ValueError(gettext("“%(text)s” is not a number we can read.", text=text))
        self.data = int(read.value) if self.whole else Decimal(str(read.value))

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)


LONGEST = 15
"""So many digits before the decimal sign are taken: more fits neither the databases nor exact arithmetic."""


class AmountField(WholeField):
    """Money or a percentage with at most two decimals; blank is None."""

    whole = False
    places = 2
    too_fine = N_("Use at most two decimals.")

    def pre_validate(self, form: Any) -> None:
        """Refuse a number too large to keep, and more decimals than are kept rather than round them."""
        data: Any = self.data
        if not isinstance(data, Decimal):
            return
        if abs(data) >= 10**LONGEST:
            raise ValidationError(
                gettext("This number has more than %(digits)s digits before the decimals. Check it.", digits=LONGEST)
            )
        if data != round(data, self.places):
            raise ValidationError(gettext(self.too_fine))


def _habit() -> Habit:
    locale = get_locale()
    return Habit.COMMA if locale is not None and locale.language in ("nl", "sv") else Habit.POINT


class MultiCheckboxField(SelectMultipleField):
    """Several of a list, as checkboxes."""


class CanWait(Optional):
    """May stay blank for now: readiness asks for it later."""

    def __init__(self) -> None:
        super().__init__()
        self.field_flags = {"optional": True, "can_wait": True}


class NeededAtOnce(Optional):
    """Shown as needed; the act itself says what is missing, because a blank one here is told with its other half."""

    def __init__(self) -> None:
        super().__init__()
        self.field_flags = {"required": True}


Blank = Literal["can wait", "optional", "needed"]
BLANKS: dict[Blank, type[Optional]] = {"can wait": CanWait, "optional": Optional, "needed": NeededAtOnce}


class DayField(DateField):
    """A date, which may wait until readiness unless it is quite optional or needed at once."""

    def __init__(self, label: Any, *, blank: Blank = "can wait", **kwargs: Any) -> None:
        super().__init__(label, [BLANKS[blank]()], **kwargs)
        self.type = "DateField"


class HourField(TimeField):
    """A time of the day, as a date."""

    def __init__(self, label: Any, *, blank: Blank = "can wait", **kwargs: Any) -> None:
        super().__init__(label, [BLANKS[blank]()], format=["%H:%M", "%H:%M:%S"], **kwargs)
        self.type = "TimeField"


def instant_of(form: Any, name: str, zone: str) -> dt.datetime | None:
    """The instant typed as `<name>_date` and `<name>_time`; None where both are blank.

    Raises InvalidInput at the field: one of the two is missing, or clocks skip or double that time (W30).
    """
    day, time = form[f"{name}_date"].data, form[f"{name}_time"].data
    if day is None and time is None:
        return None
    if day is None or time is None:
        raise InvalidInput(
            "date-or-time-missing",
            N_("Give both the date and the time."),
            field=f"{name}_date" if day is None else f"{name}_time",
        )
    try:
        return local_instant(day, time, zone)
    except InvalidInput as error:
        error.field = f"{name}_time" if error.field == "time" else error.field
        raise


def split(instant: dt.datetime | None, name: str, zone: str) -> dict[str, Any]:
    """The two fields of an instant in a zone, for filling a form."""
    if instant is None:
        return {}
    local = instant.astimezone(ZoneInfo(zone))
    return {f"{name}_date": local.date(), f"{name}_time": local.time().replace(second=0, microsecond=0)}


def zones(present: str) -> list[SelectChoice]:
    """European zones first, without retired names of the same places, then UTC; and the one that is chosen already."""
    european = {z for z in available_timezones() if z.startswith("Europe/")} - RETIRED
    others = {"UTC", present} - european
    return [SelectChoice(name, name.replace("_", " ")) for name in (*sorted(european), *sorted(others))]


RETIRED = frozenset(f"Europe/{place}" for place in ("Belfast", "Kiev", "Nicosia", "Tiraspol", "Uzhgorod", "Zaporozhye"))
"""Older names that the time zone database keeps beside the present one."""

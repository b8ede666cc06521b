"""The forms of indicative prices: what holds for a whole list, what the lead chooses, a rate of a currency."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from framework.demand.price_lists import Head
from framework.demand.price_sheet import READINGS
from framework.ground import codelists
from framework.ground.text import N_
from models.prices import RATE_PLACES
from views.i18n import current_language
from views.rounds.fields import AmountField, DayField
from views.rounds.forms import CHOOSE, NEEDED, choices


class RateField(AmountField):
    """A rate with at most eight decimals; blank is None."""

    places = RATE_PLACES
    too_fine = N_("Use at most eight decimals.")


class HeadForm(FlaskForm):
    """What holds for a whole price list."""

    based_on = HiddenField()
    currency = SelectField(_l("Currency of the prices"), [CHOOSE])
    reading = RadioField(_l("How the steps are read"), [CHOOSE], default="whole")
    valid_from = DayField(_l("Prices hold from"), blank="optional")
    valid_until = DayField(_l("Prices hold until"), blank="optional")
    note = TextAreaField(
        _l("Note for the buyers"),
        [Optional(), Length(max=1000)],
        description=_l("For example what the price includes. Members never see this note, only the lead does."),
    )

    def head(self) -> Head:
        """What was said, as the act takes it."""
        return Head(
            self.currency.data,
            self.reading.data,
            self.valid_from.data,  # type: ignore[arg-type]
            self.valid_until.data,  # type: ignore[arg-type]
            self.note.data or "",
        )

    def seen(self) -> int:
        """The newest version that whoever fills in the form saw; -1, which never fits, where the form has none."""
        text = str(self.based_on.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


class ArrangeForm(FlaskForm):
    """Whether suppliers are asked, and whether members see what comes of it."""

    asked = BooleanField(
        _l("Ask the invited suppliers for indicative prices"),
        description=_l("They get a mail at once, see the name of the round and its lots, and nothing else of it."),
    )
    shown = BooleanField(
        _l("Show members what the lists mean for them"),
        description=_l("Each sees its own figures. Suppliers are numbered, never named."),
    )


class RateForm(FlaskForm):
    """What one unit of a currency is in that of the round."""

    currency = SelectField(_l("Currency"), [CHOOSE])
    rate = RateField(_l("One unit of it is"), [NEEDED])
    on_date = DayField(_l("Rate of the day"), blank="needed")
    source = StringField(
        _l("Where the rate was found"),
        [NEEDED, Length(max=300)],
        description=_l("For example: reference rate of the European Central Bank."),
    )


def head_form(**values: Any) -> HeadForm:
    """The form of a list with its choices; `values` are what it shows where nothing was typed."""
    form = HeadForm(**values)
    form.currency.choices = [
        SelectChoice(code, f"{code} – {name}") for code, name in codelists.currencies(current_language())
    ]
    form.reading.choices = choices(READINGS)
    return form


def rate_form(own: str, **values: Any) -> RateForm:
    """The form of a rate: every currency but `own`, that of the round."""
    form = RateForm(**values)
    listed = codelists.currencies(current_language())
    form.currency.choices = [SelectChoice(code, f"{code} – {name}") for code, name in listed if code != own]
    return form

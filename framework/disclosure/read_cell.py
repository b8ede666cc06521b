"""Read one cell as a value of its column's type: what was found where it differs, and what is wrong with it."""

from __future__ import annotations

import datetime as dt
import difflib
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from framework.disclosure.columns import Column, fold
from framework.ground.codelists import country_by_name, country_code
from framework.ground.reading.dates import Order, date_order, read_date
from framework.ground.reading.numbers import UNCLEAR, Habit, NumberReading, decimal_habit, read_number, tidy
from framework.ground.reading.texts import ERROR_WORDS, clean, is_placeholder
from framework.ground.sheets.cells import Cell

LARGEST = 10**9
"""No count, score or share is larger; what is, is a slip of the hand, and no database of ours would hold it."""
Value = str | int | float | bool | dt.date | list[str] | list[dt.date] | None
MAX_PROPOSALS = 200
IDS = frozenset(
    "reporting_party_reg_id manufacturer_part_no gtin reseller_sku label_certificate_no postcode os_id "
    "other_registry_id smelter_id contract_reference".split()
)
_BOOLEAN_WORDS = {"yes": True, "no": False, "true": True, "false": False, "y": True, "n": False}
_BOOLEAN_TRANSLATED = {"ja": True, "nee": False, "nej": False, "oui": True, "non": False, "nein": False}
_MAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]{2,}\Z")
_VERSION = re.compile(r"\d+(?:\.\d+){0,3}\Z")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?E\+\d{1,3}\Z", re.I)
"""How spreadsheets shorten a long number; 9E3 without its sign is a part number."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing to tell about a cell: code, cause and parameters of the catalogue."""

    code: str
    cause: str = ""
    params: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """One distinct cell as read. `found` is set when it differs from the value; `unread`: something stood there but is not taken."""

    value: Value = None
    found: str | None = None
    troubles: tuple[Trouble, ...] = ()
    unread: bool = False


NOTHING = Reading()


def shown(cell: Cell) -> str:
    """A cell as the person sees it: dates in ISO form, whole numbers without decimals."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return "" if cell is None else str(cell)


class Reader:
    """Reads the cells of one column; what must be decided for the whole column is decided when it is made."""

    def __init__(self, column: Column, cells: Sequence[Cell], *, date1904: bool = False) -> None:
        self.column = column
        self.date1904 = date1904
        self.misses = 0
        self.words = column.by_word
        texts = {cell for cell in cells if cell.__class__ is str}
        kind = column.type.removesuffix("_list")
        self.habit = decimal_habit(map(str, texts)) if kind in {"decimal", "percent"} else Habit.POINT
        split = (part for text in texts for part in str(text).split("|"))
        self.order = date_order(part.strip() for part in split) if kind == "date" else Order.UNCLEAR
        self.read_one = self._readers()[kind]

    def _readers(self) -> dict[str, Callable[[Cell], Reading]]:
        number = self._number
        return {
            "text": self._text,
            "key": self._text,
            "ref": self._text,
            "ref_or_word": self._word_or_text,
            "file": self._text,
            "file_or_text": self._text,
            "email": self._email,
            "semver": self._version,
            "gtin": self._gtin,
            "int": number,
            "int_range": number,
            "decimal": number,
            "percent": number,
            "date": self._date,
            "bool": self._bool,
            "enum": self._enum,
            "country": self._country,
        }

    def read(self, cell: Cell, original: Cell) -> Reading:
        """One cell, cleaned first when it is text. `original` is the cell before a percent style was undone."""
        if not isinstance(cell, str):
            return self._typed(cell, original)
        text = clean(cell)
        if not text.text and text.usable:
            return NOTHING if not text.trouble else Reading(found=cell, troubles=(Trouble(text.trouble),), unread=True)
        notes = self._text_notes(cell, text.text, text.trouble, text.character)
        if not text.usable:
            return Reading(found=cell, troubles=notes, unread=True)
        if text.text in ERROR_WORDS:
            return Reading(found=cell, troubles=(Trouble("cell-error"),), unread=True)
        if is_placeholder(text.text) and not self._is_answer(text.text):
            return Reading(found=cell, troubles=(Trouble("placeholder"),))
        reading = self._parts(text.text) if self.column.type.endswith("_list") else self.read_one(text.text)
        if not notes and reading.found is None:
            return reading
        return Reading(reading.value, cell, (*notes, *reading.troubles), reading.unread)

    def _text_notes(self, raw: str, text: str, trouble: str, character: str) -> tuple[Trouble, ...]:
        notes = (Trouble("text-cleaned"),) if raw != text else ()
        return (*notes, Trouble(trouble, params={"character": character})) if trouble else notes

    def _typed(self, cell: Cell, original: Cell) -> Reading:
        reading = self._parts(cell) if self.column.type.endswith("_list") else self.read_one(cell)
        if cell is original or reading.unread:
            return reading
        note = Trouble("number-normalised", params={"read": reading.value})
        return Reading(reading.value, shown(original), (note, *reading.troubles))

    def _is_answer(self, text: str) -> bool:
        if self.column.type.startswith("country"):
            return text.upper() == "NA"
        return fold(text) in self.words

    def _parts(self, cell: Cell) -> Reading:
        """A list: every part for itself; one bad part and the whole cell is not taken."""
        parts = [part.strip() for part in cell.split("|")] if isinstance(cell, str) else [cell]
        readings = [self.read_one(part) if part != "" else Reading("") for part in parts]
        values = [reading.value for reading in readings]
        if self.column.type in {"country_list", "enum_list"}:
            values = [value for value in values if value != ""]
        troubles = tuple(trouble for reading in readings for trouble in reading.troubles)
        if any(reading.unread for reading in readings):
            return Reading(found=shown(cell), troubles=troubles, unread=True)
        changed = any(reading.found is not None for reading in readings)
        return Reading(values, shown(cell) if changed else None, troubles)  # type: ignore[arg-type]

    def _refused(self, cell: Cell, cause: str = "", code: str = "value-not-allowed", **params: object) -> Reading:
        return Reading(found=shown(cell), troubles=(Trouble(code, cause, params),), unread=True)

    def _text(self, cell: Cell) -> Reading:
        if not isinstance(cell, str):
            return self._typed_text(cell)
        if self.column.name in IDS and _SCIENTIFIC.match(cell):
            return self._refused(cell, code="id-shortened")
        limit = self.column.max_length
        if limit and len(cell) > limit and not (self.column.pattern and len(re.sub(r"[\s-]", "", cell)) <= limit):
            return self._refused(cell, code="text-too-long", length=len(cell), limit=limit)
        return Reading(cell)

    def _typed_text(self, cell: Cell) -> Reading:
        if isinstance(cell, bool) or not isinstance(cell, int | float) or not math.isfinite(cell):
            return self._refused(cell, "wrong kind")
        if self.column.name not in IDS:
            return self._text(shown(cell))
        if abs(cell) >= 1e15:
            return self._refused(cell, code="id-shortened")
        return Reading(shown(cell), shown(cell), (Trouble("id-stored-as-number"),))

    def _word_or_text(self, cell: Cell) -> Reading:
        word = self.words.get(fold(cell)) if isinstance(cell, str) else None
        return Reading(word, None if word == cell else str(cell)) if word else self._text(cell)

    def _email(self, cell: Cell) -> Reading:
        reading = self._text(cell)
        if isinstance(reading.value, str) and not _MAIL.match(reading.value):
            return self._refused(cell, "mail address")
        return reading

    def _version(self, cell: Cell) -> Reading:
        text = str(cell)
        return Reading(text) if _VERSION.match(text) else self._refused(cell, "version")

    def _gtin(self, cell: Cell) -> Reading:
        reading = self._text(cell)
        if not isinstance(reading.value, str):
            return reading
        digits = re.sub(r"[\s-]", "", reading.value)
        if not digits.isdecimal() or len(digits) not in self.column.lengths:
            return self._refused(cell, "barcode length")
        return Reading(digits, reading.found if digits == reading.value else shown(cell), reading.troubles)

    def _number(self, cell: Cell) -> Reading:
        kind = self.column.type
        whole = kind.startswith("int")
        if not isinstance(cell, str):
            return self._typed_number(cell, whole)
        text = cell.removesuffix("%").rstrip() if kind == "percent" else cell
        read = read_number(text, self.habit, whole=whole, ranges=kind == "int_range")
        if read.value is None:
            code = UNCLEAR if read.cause == UNCLEAR else "value-not-allowed"
            return self._refused(cell, "" if code == UNCLEAR else read.cause, code)
        if read.low is not None:
            return self._range(cell, read)
        return self._within(cell, read.value, rewritten=read.rewritten or text != cell)

    def _typed_number(self, cell: Cell, whole: bool) -> Reading:
        if isinstance(cell, bool) or not isinstance(cell, int | float):
            return self._refused(cell, "wrong kind")
        if not math.isfinite(cell):
            return self._refused(cell, "not a number")
        if whole and cell != int(cell):
            return self._refused(cell, "not a whole number")
        return self._within(cell, int(cell) if whole else cell, rewritten=False)

    def _range(self, cell: str, read: NumberReading) -> Reading:
        low, high = read.low or 0, read.value or 0
        if low > high:
            return self._refused(cell, code="range-wrong")
        value = f"{low}-{high}"
        tidied = re.sub(r"\s", "", tidy(cell)) == value
        notes = () if tidied else (Trouble("number-normalised", params={"read": value}),)
        return Reading(value, None if value == cell else cell, notes)

    def _within(self, cell: Cell, value: float | int, *, rewritten: bool) -> Reading:
        low, high = self.column.minimum, self.column.maximum
        coordinate = self.column.name in {"latitude", "longitude"}
        if coordinate and (value < float(low) or value > float(high)):  # type: ignore[arg-type]
            return self._refused(cell, "out of range", "coordinates-wrong", low=f"{low:g}", high=f"{high:g}")
        if isinstance(low, float) and value < low:
            return self._refused(cell, "too small", limit=f"{low:g}")
        if high is not None and value > high:
            return self._refused(cell, "too large", limit=f"{high:g}")
        if abs(value) > LARGEST:
            return self._refused(cell, "too large", limit=str(LARGEST))
        rounded = round(value, self.column.scale) if self.column.scale is not None else value
        if rounded == value and not rewritten:
            return Reading(rounded)
        return Reading(rounded, shown(cell), (Trouble("number-normalised", params={"read": rounded}),))

    def _date(self, cell: Cell) -> Reading:
        read = read_date(cell, self.order, date1904=self.date1904)
        low = self.column.minimum
        if read.value is None:
            return self._refused(cell, read.cause)
        if isinstance(low, dt.date) and read.value < low:
            return self._refused(cell, "too early", limit=low.isoformat())
        params: dict[str, object] = {"read": read.value.isoformat()}
        if read.serial:
            return Reading(read.value, shown(cell), (Trouble("date-is-serial", params=params),))
        if read.time_dropped:
            return Reading(read.value, shown(cell), (Trouble("time-dropped"),))
        return Reading(read.value, shown(cell) if read.rewritten else None)

    def _bool(self, cell: Cell) -> Reading:
        if isinstance(cell, bool):
            return Reading(cell)
        word = str(cell).casefold()
        if word in _BOOLEAN_WORDS:
            return Reading(_BOOLEAN_WORDS[word], None if word in self.column.values else str(cell))
        if word in _BOOLEAN_TRANSLATED:
            value = _BOOLEAN_TRANSLATED[word]
            note = Trouble("text-cleaned", "answer word", {"read": "yes" if value else "no"})
            return Reading(value, str(cell), (note,))
        return self._not_in_list(cell)

    def _enum(self, cell: Cell) -> Reading:
        if not isinstance(cell, str):
            return self._refused(cell, "wrong kind")
        word = self.words.get(fold(cell))
        return self._not_in_list(cell) if word is None else Reading(word, None if word == cell else cell)

    def _not_in_list(self, cell: Cell) -> Reading:
        near = (
            difflib.get_close_matches(fold(str(cell)[:60]), self.words, n=1, cutoff=0.7) if self._may_propose() else []
        )
        nearest = self.words[near[0]] if near else ""
        return self._refused(cell, allowed=", ".join(self.column.values), nearest=nearest)

    def _may_propose(self) -> bool:
        """Proposals cost time: only the first few hundred distinct misses of a column get one."""
        self.misses += 1
        return self.misses <= MAX_PROPOSALS

    def _country(self, cell: Cell) -> Reading:
        if not isinstance(cell, str):
            return self._refused(cell, "wrong kind")
        code = country_by_name(cell) if len(cell) > 3 else None
        if code is None:
            match = country_code(cell) if self._may_propose() or len(cell) <= 3 else None
            code = match.code if match else None
        if code is None:
            return self._refused(cell, "country", nearest=", ".join(match.proposals) if match else "")
        if code == cell:
            return Reading(code)
        return Reading(code, cell, (Trouble("country-read", params={"read": code}),))

"""Lots from a sheet: every row read and checked as a lot typed by hand would be, shown, then added as one unit."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from framework.ground import audit, category_words, codelists
from framework.ground.actors import Actor
from framework.ground.blocks import Table, table_of
from framework.ground.errors import InvalidInput, MoveRefused
from framework.ground.quantity_words import norm
from framework.ground.reading import texts
from framework.ground.reading.numbers import Habit, decimal_habit, read_number
from framework.ground.sheets.cells import Book
from framework.ground.sheets.tally import column_letters
from framework.ground.table_files import Sheet, Value
from framework.ground.terms import CATEGORIES, UNITS
from framework.ground.text import N_
from framework.rounds import parts
from models.rounds import Round

TAKEN = audit.declare("round.lots_taken", "rows", "added", "left_out", "sha256")
MOST_LOTS = 500
LABELS = {
    "code": N_("Code"),
    "name": N_("Lot"),
    "cpv_code": N_("CPV"),
    "categories": N_("Categories"),
    "unit": N_("Unit"),
    "spec_tiers": N_("Tiers"),
    "years": N_("Contract years"),
    "qty_estimated": N_("Estimated quantity"),
    "qty_maximum": N_("Maximum quantity"),
    "value_estimated": N_("Estimated value"),
    "value_maximum": N_("Maximum value"),
}
_HEADERS = {
    "code": "code lotcode lotno lotnumber nr number no perceelnummer perceelcode anbudsområdesnummer nummer",
    "name": "lot name lotname title description naam perceel perceelnaam omschrijving titel namn anbudsområde delområde benämning",
    "cpv_code": "cpv cpvcode cpvcodes cpvkod maincpv hoofdcpv",
    "categories": "categories category categorie categorieën productgroep kategori kategorier produktgrupp",
    "unit": "unit unitofmeasure eenheid enhet",
    "spec_tiers": "tiers tier spectiers niveaus niveau klassen nivåer nivå",
    "years": "years contractyears jaren contractjaren jaar år avtalsår",
    "qty_estimated": "estimatedquantity quantity estimated qty geraamdaantal aantal geraamd uppskattadkvantitet antal uppskattat",
    "qty_maximum": "maximumquantity maximum max maximaalaantal maximaal högstaantal maximalkvantitet takvolym",
    "value_estimated": "estimatedvalue value geraamdewaarde waarde uppskattatvärde värde estimate",
    "value_maximum": "maximumvalue maximalewaarde maxwaarde takvärde maximaltvärde högstavärde",
}
_OF_BOTH = frozenset({"code", "name"})
_UNIT_WORDS = {
    "piece": "piece pieces pcs pc stuk stuks st styck stycken each",
    "set": "set sets uppsättning",
    "month": "month months maand maanden månad månader",
    "year": "year years jaar jaren år",
}
_COUNTS = ("years", "qty_estimated", "qty_maximum")
_AMOUNTS = ("value_estimated", "value_maximum")
_HEADER_WITHIN = 15
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class LotFault:
    """What is wrong with a cell or a lot, and what to do; `at` is the cell as a sheet names it."""

    at: str
    message: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class LotRow:
    """A lot as a row names it: `new`, `there` already by its code, or `error`. Values in the round's currency, net."""

    row: int
    values: dict[str, Any]
    figures: dict[str, Any]
    faults: list[LotFault]
    status: str = "new"


def best_table(book: Book) -> Table | None:
    """The visible sheet whose header names most of what only lots have; None where none names any."""
    tables = [table_of(sheet) for sheet in book.sheets if sheet.visible and sheet.rows]
    best = max(tables, key=_rank, default=None)
    return best if best is not None and _rank(best) else None


def read(table: Table, round_: Round, words: Mapping[str, str]) -> list[LotRow]:
    """Every row with a value; `words` are labels in the reader's language (compared form → key).

    Raises InvalidInput where no row names the columns, or there are more than MOST_LOTS.
    """
    found = _header(table, words)
    if found is None:
        raise InvalidInput("no-lots", N_("No row names the columns of lots. Write their names into the first row."))
    number, places = found
    rows = [(n, cells) for n, cells in table.rows if n > number and any(_text(c) for c in cells)]
    if len(rows) > MOST_LOTS:
        message = N_("This table has %(rows)s rows; at most %(limit)s are read at once. Send it in parts.")
        raise InvalidInput("too-many-rows", message, rows=len(rows), limit=MOST_LOTS)
    habits = {name: _habit(rows, places[name]) for name in (*_COUNTS, *_AMOUNTS) if name in places}
    codes = {lot.code.casefold() for lot in round_.lots}
    made: list[LotRow] = []
    for n, cells in rows:
        row = _Reader(n, cells, places, table, words, habits).read()
        _place(row, round_, codes, {one.values["code"].casefold() for one in made})
        made.append(row)
    return made


def seal(rows: list[LotRow]) -> str:
    """A hash over everything the preview shows, so that only what was seen is added."""
    facts = [[row.row, row.status, {k: str(v) for k, v in (row.values | row.figures).items()}] for row in rows]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def take(session: Session, round_: Round, rows: list[LotRow], *, sha256: str, actor: Actor, now: dt.datetime) -> int:
    """Add every new lot with its figures; how many. Raises MoveRefused where there is none, else as `parts.add_lot`.

    The rows were read after `editing.hold`, in this transaction: what they call new is.
    """
    new = [row for row in rows if row.status == "new"]
    if not new:
        raise MoveRefused("nothing-to-repeat", N_("No row of this sheet would be added."))
    for row in new:
        lot = parts.add_lot(session, round_, row.values, actor=actor, now=now)
        session.flush()
        if row.figures:
            parts.edit_figures(session, lot, row.figures, version=lot.version, actor=actor, now=now)
    audit.record(
        session,
        TAKEN,
        actor=actor,
        now=now,
        subject=round_,
        rows=len(rows),
        added=len(new),
        left_out=len(rows) - len(new),
        sha256=sha256,
    )
    return len(new)


def sheet(round_: Round, words: Callable[[str], str] = str) -> Sheet:
    """The lots of a round under our own headers, as they can be sent back; of a round without lots, the sheet to fill in."""
    rows = ([_written(name, getattr(lot, name), words) for name in LABELS] for lot in round_.lots)
    return Sheet(words(N_("Lots")), [words(label) for label in LABELS.values()], rows, frozen=2)


def _written(name: str, value: Any, words: Callable[[str], str]) -> Value:
    if name == "categories":
        return "; ".join(words(CATEGORIES[key].label) for key in value) or None
    if name == "spec_tiers":
        return "; ".join(value) or None
    if name == "unit":
        return words(UNITS[value].label) if value in UNITS else str(value)
    found: Value = value or None
    return found


def _place(row: LotRow, round_: Round, codes: set[str], above: set[str]) -> None:
    """Whether a lot is there already, stands twice in the sheet, or would be refused if typed by hand."""
    code = row.values["code"].casefold()
    if code and code in codes:
        row.status, row.faults = "there", []
        return
    if code and code in above:
        row.faults.append(LotFault("", N_("Two rows have the code %(code)s."), {"code": row.values["code"]}))
    elif not row.faults:
        try:
            parts.check_lot(round_, row.values, row.figures)
        except InvalidInput as error:
            row.faults.append(LotFault(error.field and _label_of(error.field), error.message, error.params))
    row.status = "error" if row.faults else "new"


def _label_of(name: str) -> str:
    return LABELS.get(name, "")


class _Reader:
    """One row being read; what cannot be taken becomes a fault at its cell."""

    def __init__(
        self,
        number: int,
        cells: list[Any],
        places: Mapping[str, int],
        table: Table,
        words: Mapping[str, str],
        habits: Mapping[str, Habit],
    ) -> None:
        self.number, self.cells, self.places, self.table = number, cells, places, table
        self.words, self.habits = words, habits
        self.faults: list[LotFault] = []

    def read(self) -> LotRow:
        """The row as a lot."""
        categories = self._categories()
        given = self._text("cpv_code")
        found = codelists.cpv(given) if given else None
        if given and found is None:
            self._fault(
                "cpv_code", N_("“%(text)s” is no CPV code of our list. Choose one of it, such as 30213100-6."), given
            )
        if not given and categories:  # shown in the preview before anything is added
            found = codelists.cpv(CATEGORIES[categories[0]].cpv)
        years = self._count("years")
        values = {
            "code": self._text("code")[:40],
            "name": self._text("name") or self._text("code"),
            "cpv_code": found.code if found is not None else "",
            "categories": categories,
            "unit": self._unit(),
            "spec_tiers": _split(self._text("spec_tiers")),
            "years": 4 if years is None else years,
        }
        figures: dict[str, Any] = {name: self._count(name) for name in ("qty_estimated", "qty_maximum")}
        figures |= {name: self._amount(name) for name in _AMOUNTS}
        known = {name: figure for name, figure in figures.items() if figure is not None}
        return LotRow(self.number, values, known, self.faults)

    def _raw(self, name: str) -> Any:
        index = self.places.get(name)
        if index is None or index >= len(self.cells):
            return None
        if (self.number, index) in self.table.refused:
            self._fault(name, N_("The cell holds no value that can be read. Type the value itself."))
            return None
        return self.cells[index]

    def _text(self, name: str) -> str:
        cleaned = texts.clean(_text(self._raw(name)))
        if not cleaned.usable:
            self._fault(name, N_("The cell holds a character that is no text. Type it again."))
            return ""
        return "" if texts.is_placeholder(cleaned.text) else cleaned.text

    def _categories(self) -> list[str]:
        said = _split(self._text("categories"))
        found = [self.words.get(norm(word)) or category_words.category_of(word) for word in said]
        for word, key in zip(said, found, strict=True):
            if key not in CATEGORIES:
                self._fault(
                    "categories", N_("“%(text)s” is no category. Write one such as laptop, server or other."), word
                )
        return list(dict.fromkeys(key for key in found if key in CATEGORIES))

    def _unit(self) -> str:
        said = self._text("unit")
        found = self.words.get(norm(said)) or _units().get(norm(said))
        if said and found not in UNITS:
            self._fault("unit", N_("“%(text)s” is no unit. Write piece, set, month or year, or leave it empty."), said)
        return found if found in UNITS else "piece"

    def _number(self, name: str, *, whole: bool) -> Decimal | None:
        raw = self._raw(name)
        text = _text(raw)
        if not text or texts.is_placeholder(text):
            return None
        if isinstance(raw, int | float) and not isinstance(raw, bool):
            found: Any = raw
        else:
            found = read_number(text, self.habits[name], whole=whole).value
        exact = Decimal(str(found)) if found is not None else None
        if exact is None or (whole and exact != exact.to_integral_value()):
            self._fault(
                name,
                N_("“%(text)s” is no number that can be read one way only. Write digits without separators."),
                text,
            )
            return None
        return exact

    def _count(self, name: str) -> int | None:
        found = self._number(name, whole=True)
        return int(found) if found is not None else None

    def _amount(self, name: str) -> Decimal | None:
        found = self._number(name, whole=False)
        return found.quantize(_CENT, ROUND_HALF_UP) if found is not None else None

    def _fault(self, name: str, message: str, text: str = "") -> None:
        index = self.places.get(name)
        at = f"{column_letters(index + 1)}{self.number}" if index is not None else str(self.number)
        self.faults.append(LotFault(at, message, {"text": text} if text else {}))


def _rank(table: Table) -> int:
    found = _header(table, {})
    return len(found[1].keys() - _OF_BOTH) if found is not None else 0


def _header(table: Table, words: Mapping[str, str]) -> tuple[int, dict[str, int]] | None:
    """The row within the first fifteen that names most columns of lots, one of them more than a code or a name."""
    best: tuple[int, dict[str, int]] | None = None
    for number, cells in table.rows[:_HEADER_WITHIN]:
        places: dict[str, int] = {}
        for index, cell in enumerate(cells):
            key = words.get(f"column {norm(cell)}") or _headers().get(norm(cell)) if isinstance(cell, str) else None
            if key is not None:
                places.setdefault(key, index)
        if places.keys() - _OF_BOTH and len(places) > (len(best[1]) if best is not None else 1):
            best = (number, places)
    return best


def _habit(rows: list[tuple[int, list[Any]]], index: int) -> Habit:
    return decimal_habit(cells[index] for _n, cells in rows if index < len(cells) and isinstance(cells[index], str))


def _split(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[;,/\n]", text) if part.strip()]


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


@cache
def _headers() -> dict[str, str]:
    own = {norm(label): key for key, label in LABELS.items()} | {norm(key): key for key in LABELS}
    return {norm(word): key for key, said in _HEADERS.items() for word in said.split()} | own


@cache
def _units() -> dict[str, str]:
    return {norm(word): key for key, said in _UNIT_WORDS.items() for word in said.split()}

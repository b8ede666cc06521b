"""Rows of a price list as they are typed or stand in a sheet: each becomes a step, or is left out with its reasons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from framework.demand import rules, vocabulary
from framework.demand.figures import DecimalSign, decimal_sign, read_cell, read_price
from framework.demand.lines import one_line
from framework.demand.price_steps import Item
from framework.ground.blocks import Table
from framework.ground.errors import InvalidInput
from framework.ground.issues import Issue, Severity
from framework.ground.terms import CATEGORIES
from framework.ground.text import N_
from models.rounds import Lot

MOST_ROWS = 2_000
MOST_PIECES = 100_000_000
HEADER_WITHIN = 30

LABELS: dict[str, str] = {
    "lot": N_("Lot"),
    "category": N_("Category"),
    "spec_tier": N_("Specification tier"),
    "from_qty": N_("From quantity"),
    "unit_price": N_("Price per piece, net"),
}
"""Columns of a price list, in the order of the sheet, with the label people read."""

_HEADERS = {
    "lot": "lot perceel kavel del anbudsområde lotcode",
    "from_qty": "from fromquantity fromqty fromunits quantityfrom minimumquantity minquantity minqty vanaf vanafaantal aantalvanaf staffel från frånantal antalfrån ab",
    "unit_price": "price priceperpiece priceperpiecenet unitprice netprice prijs prijsperstuk prijsperstuknetto stukprijs eenheidsprijs nettoprijs pris prisperstyck prisperstycknetto styckpris enhetspris nettopris preis",
}
_SHARED = (
    "category-missing category-unknown category-outside tier-outside negative too-large unclear percent "
    "trailing-minus not-whole not-a-number cell-error"
)
SENTENCES: dict[str, str] = {code: rules.SENTENCES[code] for code in _SHARED.split()} | {
    "lot-missing": N_("Row %(row)s names no lot. Choose one of the lots of this round."),
    "lot-unknown": N_("Row %(row)s: “%(value)s” is not a lot of this round. Choose one of its lots."),
    "approximate": N_("Row %(row)s, %(column)s: “%(value)s” is approximate. Give one number."),
    "range": N_("Row %(row)s, %(column)s: “%(value)s” is a range. Give one number, and a row for each step."),
    "from-missing": N_("Row %(row)s has no quantity from which its price holds. Write 1 where it holds from the first piece."),
    "from-nothing": N_("Row %(row)s begins at 0 pieces. Steps begin at 1 piece or more."),
    "price-missing": N_("Row %(row)s has no price. Leave the whole row empty where you have none."),
    "price-of-nothing": N_("Row %(row)s has a price of 0. Leave the whole row empty where you have no price yet."),
    "too-many-places": N_("Row %(row)s, %(column)s: “%(value)s” has more than four decimals. Round it."),
    "other-price-currency": N_("Row %(row)s, %(column)s: “%(value)s” is in another currency than the one chosen for this list. A list has one currency."),
    "step-twice": N_("Row %(row)s begins at the same quantity as row %(other)s. Keep one price for each quantity."),
    "item-incomplete": N_("Row %(row)s is right, but row %(other)s of the same steps is not. They are taken together or not at all, since a missing step would make prices wrong."),
    "above-header": N_("Row %(row)s stands above the row with the names of the columns."),
    "price-rises": N_("Row %(row)s: a piece costs more than at the step before. This is taken as it stands; look whether it is meant."),
}  # fmt: skip
"""Issue code to the sentence a person reads; all but the last leave their row out."""


@dataclass(frozen=True, slots=True)
class Offered:
    """One step as it was read: `unit_price` net in the currency of the list, `row` where it was seen."""

    lot_id: int
    category: str
    spec_tier: str
    from_qty: int
    unit_price: Decimal
    row: int = field(default=0, compare=False)

    @property
    def item(self) -> Item:
        """What it is a step of."""
        return (self.lot_id, self.category, self.spec_tier)


@dataclass(slots=True)
class PricesRead:
    """What became of every row that says something: taken as a step, or left out with at least one issue.

    `rows` are their cells by row number. `without` are rows with neither quantity nor price, as a template has them ready:
    nothing is taken from them. `unused` are columns with a name that say nothing about prices.
    """

    taken: list[Offered] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    warnings: list[Issue] = field(default_factory=list)
    rows: dict[int, list[Any]] = field(default_factory=dict)
    without: list[int] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    @property
    def left_out(self) -> list[int]:
        """The numbers of the rows that are not taken, in their order."""
        return sorted(self.rows.keys() - {one.row for one in self.taken})


def read(
    rows: Iterable[tuple[int, Mapping[str, Any]]],
    lots: Sequence[Lot],
    *,
    currency: str,
    sign: DecimalSign = DecimalSign.UNCLEAR,
    words: Mapping[str, str] | None = None,
    refused: Mapping[tuple[int, str], str] | None = None,
) -> PricesRead:
    """Rows of texts or cells by field (`LABELS`) as steps; a row without anything in it is no row.

    `sign` is how the reader writes decimals, for columns that do not show it themselves; `words` are further words for
    categories; `refused` are cells that hold no value, with the cause. Steps of one item are taken together or not at all.
    """
    found = PricesRead()
    broken = {row for row, _name in refused or {}}
    raw = dict(rows)
    tidy = [(number, {k: _tidy(v) for k, v in cells.items()}) for number, cells in raw.items()]
    filled = [(n, cells) for n, cells in tidy if n in broken or any(v not in (None, "") for v in cells.values())]
    texts = {
        name: [str(c[name]) for _n, c in filled if isinstance(c.get(name), str)] for name in ("from_qty", "unit_price")
    }
    signs = (decimal_sign(texts["from_qty"]), decimal_sign(texts["unit_price"], sign))
    priced = [
        (n, c) for n, c in filled if n in broken or any(c.get(x) not in (None, "") for x in ("from_qty", "unit_price"))
    ]
    found.without = sorted({n for n, _c in filled} - {n for n, _c in priced})
    for number, cells in priced:
        found.rows[number] = [raw[number].get(name) for name in LABELS]
        said = _row(number, cells, lots, currency, signs, words or {}, refused or {})
        if isinstance(said, Offered):
            found.taken.append(said)
        else:
            found.issues += said
    _keep_whole_items(found, priced, lots, words or {})
    found.warnings = _rising(found.taken)
    return found


def read_table(
    table: Table,
    lots: Sequence[Lot],
    *,
    currency: str,
    sign: DecimalSign = DecimalSign.UNCLEAR,
    words: Mapping[str, str] | None = None,
) -> PricesRead:
    """The steps of a sheet, whose columns are known by their names. `words` may name columns and categories too.

    Raises InvalidInput where no row names a quantity and a price, or where there are more rows than MOST_ROWS.
    """
    at, fields = _header(table, words or {})
    body = [(number, cells) for number, cells in table.rows if number > at]
    if len(body) > MOST_ROWS:
        message = N_("This table has %(rows)s rows; at most %(limit)s are read at once. Send it in parts.")
        raise InvalidInput("too-many-rows", message, rows=len(body), limit=MOST_ROWS)
    named = [(n, {f: c[i] if i < len(c) else None for i, f in fields.items()}) for n, c in body]
    refused = {(row, fields[column]): cause for (row, column), cause in table.refused.items() if column in fields}
    found = read(named, lots, currency=currency, sign=sign, words=words, refused=refused)
    for number, cells in table.rows:
        if number < at and any(cell not in (None, "") for cell in cells):
            found.rows[number] = list(cells)
            found.issues.insert(0, issue("above-header", number))
        elif number > at and number not in found.rows and any(cell not in (None, "") for cell in cells):
            found.without = sorted({*found.without, number})
    header = next(cells for number, cells in table.rows if number == at)
    found.unused = [str(c) for i, c in enumerate(header) if c not in (None, "") and i not in fields]
    return found


def issue(code: str, row: int, column: str = "", value: object = "", **params: object) -> Issue:
    """An issue of one row; `column` is a field."""
    severity = Severity.WARNING if code == "price-rises" else Severity.ERROR
    shown = "" if value is None else str(value)[:200]
    return Issue(code, severity, row=row, column=LABELS.get(column, column), value=shown, params=params)


def sentence(found: Issue) -> tuple[str, dict[str, object]]:
    """The template and its parameters; the edge translates the template and `column`."""
    return SENTENCES[found.code], {"row": found.row, "column": found.column, "value": found.value, **found.params}


def lot_name(lot: Lot) -> str:
    """A lot as sheets and forms name it."""
    return f"{lot.code} · {lot.name}"


def _header(table: Table, words: Mapping[str, str]) -> tuple[int, dict[int, str]]:
    """The number of the row with the names of the columns, and the fields by place; the first column of a field counts."""
    for number, cells in table.rows[:HEADER_WITHIN]:
        fields: dict[int, str] = {}
        for place, cell in enumerate(cells):
            target = _field_of(str(cell), words) if isinstance(cell, str) else None
            if target is not None and target not in fields.values():
                fields[place] = target
        if {"from_qty", "unit_price"} <= set(fields.values()):
            return number, fields
    raise InvalidInput(
        "no-price-columns",
        N_(
            "No row of this sheet names a column with quantities and one with prices. Download the template and fill it in."
        ),
        field="file",
    )


def _field_of(header: str, words: Mapping[str, str]) -> str | None:
    key = vocabulary.norm(header)
    known = {vocabulary.norm(label): name for name, label in LABELS.items()} | {name: name for name in LABELS}
    known |= {vocabulary.norm(word): name for name, said in _HEADERS.items() for word in said.split()}
    if words.get(key) in LABELS or key in known:
        return words.get(key) if words.get(key) in LABELS else known[key]
    target = vocabulary.target_of(header)
    return target if target in ("category", "spec_tier") else None


def _tidy(cell: Any) -> Any:
    return one_line(cell) if isinstance(cell, str) else cell


def _row(
    number: int,
    cells: Mapping[str, Any],
    lots: Sequence[Lot],
    currency: str,
    signs: tuple[DecimalSign, DecimalSign],
    words: Mapping[str, str],
    refused: Mapping[tuple[int, str], str],
) -> Offered | list[Issue]:
    issues = [issue(cause, number, name) for (row, name), cause in refused.items() if row == number]
    broken = {found.column for found in issues}
    lot, category, tier = _place(number, cells, lots, words, issues)
    start = None if LABELS["from_qty"] in broken else _from(number, cells.get("from_qty"), signs[0], issues)
    price = (
        None if LABELS["unit_price"] in broken else _price(number, cells.get("unit_price"), signs[1], currency, issues)
    )
    if issues or lot is None or start is None or price is None:
        return issues
    return Offered(lot.id, category, tier, start, price, number)


def _place(
    number: int, cells: Mapping[str, Any], lots: Sequence[Lot], words: Mapping[str, str], issues: list[Issue]
) -> tuple[Lot | None, str, str]:
    """Lot, category and tier of a row; where there is one lot, or one category in it, a blank cell means that."""
    said, lot = _text(cells.get("lot")), _lot(_text(cells.get("lot")), lots)
    if lot is None:
        issues.append(issue("lot-unknown" if said else "lot-missing", number, "lot", said))
        return None, "", ""
    category, tier = _category(number, _text(cells.get("category")), lot, words, issues), _text(cells.get("spec_tier"))
    known = {vocabulary.norm(one): one for one in lot.spec_tiers}
    if tier and vocabulary.norm(tier) not in known:
        issues.append(issue("tier-outside", number, "spec_tier", tier))
    return lot, category, known.get(vocabulary.norm(tier), "")


def _lot(said: str, lots: Sequence[Lot]) -> Lot | None:
    if not said:
        return lots[0] if len(lots) == 1 else None
    key = vocabulary.norm(said)
    for name in (lot_name, lambda lot: lot.code, lambda lot: lot.name):
        found = [lot for lot in lots if vocabulary.norm(name(lot)) == key]
        if len(found) == 1:
            return found[0]
    return None


def _category(number: int, said: str, lot: Lot, words: Mapping[str, str], issues: list[Issue]) -> str:
    if not said and len(lot.categories) == 1:
        return lot.categories[0]
    category = vocabulary.category_of(said, words) if said else None
    if category in lot.categories:
        return str(category)
    if not said:
        issues.append(issue("category-missing", number, "category"))
    else:
        code = "category-outside" if category in CATEGORIES else "category-unknown"
        issues.append(issue(code, number, "category", category or said))
    return ""


def _from(number: int, cell: Any, sign: DecimalSign, issues: list[Issue]) -> int | None:
    found = read_cell(cell, sign, money=False)
    code = found.cause or ("from-missing" if found.value is None else "")
    if found.value is not None and not 1 <= found.value <= MOST_PIECES:
        code = "from-nothing" if found.value < 1 else "too-large"
    if code:
        issues.append(issue(code, number, "from_qty", cell))
    return None if code or found.value is None else int(found.value)


def _price(number: int, cell: Any, sign: DecimalSign, currency: str, issues: list[Issue]) -> Decimal | None:
    found = read_price(cell, sign, currency=currency)
    code = found.cause or ("price-missing" if found.value is None else "")
    if code:
        issues.append(issue(code, number, "unit_price", cell))
    return found.value


def _keep_whole_items(
    found: PricesRead, rows: Iterable[tuple[int, Mapping[str, Any]]], lots: Sequence[Lot], words: Mapping[str, str]
) -> None:
    """Leave out what begins twice at one quantity, and every step of an item of which a row is left out."""
    seen: dict[tuple[Item, int], Offered] = {}
    for one in found.taken:
        first = seen.setdefault((one.item, one.from_qty), one)
        if first is not one:
            found.issues.append(issue("step-twice", one.row, other=first.row))
    wrong: dict[Item, int] = {}
    out = {i.row for i in found.issues}
    for number, cells in rows:
        if number in out:
            lot, category, tier = _place(number, cells, lots, words, [])
            if lot is not None and category:
                wrong.setdefault((lot.id, category, tier), number)
    for one in found.taken:
        if one.row not in out and one.item in wrong:
            found.issues.append(issue("item-incomplete", one.row, other=wrong[one.item]))
    out = {i.row for i in found.issues}
    found.taken = [one for one in found.taken if one.row not in out]
    found.issues.sort(key=lambda i: i.row or 0)


def _rising(taken: Iterable[Offered]) -> list[Issue]:
    by_item: dict[Item, list[Offered]] = defaultdict(list)
    for one in taken:
        by_item[one.item].append(one)
    found = []
    for steps in by_item.values():
        steps.sort(key=lambda one: one.from_qty)
        found += [
            issue("price-rises", other.row) for one, other in pairwise(steps) if other.unit_price > one.unit_price
        ]
    return found


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()

"""Random declarations, disclosures and remarks, the same for the same seed; every value in the form in which it is stored."""

from __future__ import annotations

import datetime as dt
import random
import string
from decimal import Decimal
from typing import Any

from framework.demand.lines import Line
from framework.disclosure.columns import LIST_TYPES, SHEETS, Column, key_column, sheet_columns
from framework.ground.codelists import country_codes
from framework.ground.issue_catalogue import catalogue
from framework.ground.issues import Issue
from framework.ground.reading.texts import ERROR_WORDS, clean, is_placeholder
from framework.ground.terms import BODY_TYPES, CATEGORIES, CERTAINTIES
from framework.signons.sheet.entries import Entry
from tests.leaving.payloads import PAYLOADS

TIERS = ("standard", "power", '15" screen, wide', "=1+1")
COUNTRIES = sorted(country_codes())
_LETTERS = string.ascii_letters + string.digits + " =+-@'\";,.:/()&<>%{}#åäöéüß富士康"
DAYS = (dt.date(2001, 1, 1), dt.date(2026, 4, 30))


def text(chance: random.Random, longest: int = 60) -> str:
    """A text that reading leaves as it is: one of the sixty, or letters and signs; never a word for *nothing known*."""
    while True:
        made = "".join(chance.choices(_LETTERS, k=chance.randint(1, 24)))
        found = clean(chance.choice(PAYLOADS) if chance.random() < 0.4 else made).text[:longest].strip()
        if found and found.upper() not in ERROR_WORDS and not is_placeholder(found) and not clean(found).trouble:
            return found


def day(chance: random.Random) -> dt.date:
    """A day that every column of dates takes."""
    return DAYS[0] + dt.timedelta(days=chance.randrange((DAYS[1] - DAYS[0]).days))


def lines(chance: random.Random) -> list[Line]:
    """A declaration: some lines known, some with a reason instead, blanks and zeros apart."""
    keys = {
        (chance.choice(list(CATEGORIES)), chance.choice(TIERS), chance.choice(COUNTRIES), chance.randint(1, 4))
        for _ in range(chance.randint(1, 12))
    }
    return [_line(chance, key) for key in sorted(keys)]


def _line(chance: random.Random, key: tuple[str, str, str, int]) -> Line:
    cents = Decimal(chance.randint(0, 10**9)) / 100
    facts: dict[str, Any] = {
        "certainty": chance.choice(list(CERTAINTIES)),
        "baseline_qty": chance.choice((None, 0, chance.randint(0, 10**6))),
        "value_expected": chance.choice((None, Decimal(0), cents)),
        "current_supplier_end": chance.choice((None, day(chance))),
        "delivery_profile": chance.choice(("", text(chance))),
    }
    if chance.random() < 0.25:
        return Line(*key, **(facts | {"value_expected": None, "not_known_reason": text(chance)}))
    firm, expected, most = sorted(chance.choice((0, chance.randint(0, 10**6))) for _ in range(3))
    return Line(*key, qty_firm=firm, qty_expected=expected, qty_max=most, **facts)


def bodies(chance: random.Random) -> list[Entry]:
    """Members of a round: each said in full or with blanks, names among the sixty texts."""
    return [_body(chance) for _ in range(chance.randint(1, 12))]


def _body(chance: random.Random) -> Entry:
    facts = {
        "reference": "".join(chance.choices(string.ascii_letters, k=20)),
        "registration_no": chance.choice((text(chance, 40), f"0{chance.randint(10**6, 10**9)}")),
        "country": chance.choice(COUNTRIES),
        "body_type": chance.choice(list(BODY_TYPES)),
        "contact_name": text(chance),
        "email": f"p{chance.randint(1, 10**6)}@body{chance.randint(1, 999)}.example",
        "language": chance.choice(("en", "nl", "sv")),
        "affiliated_via": text(chance),
        "class_name": text(chance),
    }
    return Entry(name=text(chance), **{name: said for name, said in facts.items() if chance.random() < 0.7})


def tables(chance: random.Random, *, two_decimals: bool) -> dict[str, list[dict[str, Any]]]:
    """Rows of every sheet of our workbook, each column given or not; `two_decimals` for forms that hold numbers as text."""
    return {name: _rows(chance, name, two_decimals) for name in SHEETS}


def _rows(chance: random.Random, sheet: str, two_decimals: bool) -> list[dict[str, Any]]:
    rows = []
    for number in range(chance.randint(1, 5)):
        values = {
            column.name: _value(chance, column, two_decimals)
            for column in sheet_columns(sheet).values()
            if column.mandatory != "X" and chance.random() < 0.7
        }
        if key_column(sheet):
            values[key_column(sheet)] = f"{sheet[:1]}-{number}"
        if sheet == SHEETS[0]:
            values |= {"template_version": "1.0", "brand": f"Brand {number}"}
        rows.append({name: value for name, value in values.items() if value is not None} or {_first(sheet): "x"})
    return rows


def _first(sheet: str) -> str:
    return next(column.name for column in sheet_columns(sheet).values() if column.type == "text")


def _value(chance: random.Random, column: Column, two_decimals: bool) -> Any:
    """A value of the column's type as reading gives it; None for types that hold what other rows say."""
    if column.type in LIST_TYPES:
        one = column.type.removesuffix("_list")
        if one == "enum":
            return chance.sample(column.values, chance.randint(1, min(3, len(column.values))))
        return [_one(chance, one, column, two_decimals) for _ in range(chance.randint(1, 3))]
    return _one(chance, column.type, column, two_decimals)


def _one(chance: random.Random, kind: str, column: Column, two_decimals: bool) -> Any:
    low, high = column.minimum, column.maximum
    if kind in ("enum", "ref_or_word") and column.values:
        return chance.choice(column.values)
    if kind == "bool":
        return chance.choice((True, False))
    if kind == "date":
        return day(chance)
    if kind == "country":
        return chance.choice(COUNTRIES)
    if kind == "gtin":
        return "".join(chance.choices(string.digits, k=chance.choice(column.lengths)))
    if kind == "email":
        return f"{chance.choice('abc')}{chance.randint(0, 99)}@example.org"
    if kind == "semver":
        return "1.0"
    if kind in ("int", "int_range", "decimal", "percent"):
        return _number(chance, kind, column, float(low or 0), float(high or 10_000), two_decimals)  # type: ignore[arg-type]
    found = text(chance, column.max_length or 60).replace("|", "/")
    return f"id {chance.randint(0, 999)}" if (column.max_length and column.max_length < 30) else found


def _number(
    chance: random.Random, kind: str, column: Column, low: float, high: float, two_decimals: bool
) -> int | float | str:
    if kind == "int_range" and chance.random() < 0.5:
        first = chance.randint(0, 5_000)
        return f"{first}-{first + chance.randint(0, 5_000)}"
    if kind.startswith("int"):
        return chance.choice((max(0, int(low)), chance.randint(int(low), int(high))))
    scale = 2 if column.scale is None else min(2, column.scale) if two_decimals else column.scale
    made = chance.choice((max(low, 0.0), round(chance.uniform(low, high), scale)))
    return int(made) if made == int(made) else made


def issues(chance: random.Random) -> list[Issue]:
    """Remarks of every kind at places and with values of any kind."""
    entries = list(catalogue().values())
    return [_issue(chance, chance.choice(entries)) for _ in range(chance.randint(1, 30))]


def _issue(chance: random.Random, entry: Any) -> Issue:
    row = chance.choice((None, chance.randint(1, 250_000)))
    names = {name for part in (entry.message, entry.advice) for name in _names(part)} - {
        "value",
        "column",
        "sheet",
        "row",
    }
    params: dict[str, object] = {name: chance.choice((chance.randint(0, 999), text(chance))) for name in names}
    if row is not None and chance.random() < 0.7:
        params["cell"] = f"{chance.choice('ABCXYZ')}{row}"
    sheet, column, value = (chance.choice(("", text(chance, 31))) for _ in range(3))
    return Issue(entry.code, entry.severity, sheet, row, column, value, entry.cause, params)


def _names(template: str) -> list[str]:
    return [part.split(")s", 1)[0] for part in template.split("%(")[1:]]

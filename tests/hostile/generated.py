"""Tables nobody would write: odd kinds of cells under all sorts of headers, as xlsx, ods and csv; with how many rows they hold."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass
from xml.sax.saxutils import escape

from framework.disclosure.columns import SHEETS, sheet_columns
from framework.ground.table_files import csv_text
from tests.hostile import raw
from tests.hostile.make import _ods
from tests.leaving.payloads import PAYLOADS

NUMBERS = (
    "0",
    "-0",
    "5",
    "-5",
    "1.5",
    "1e300",
    "1e-300",
    "9999999999999999",
    "43831",
    "0.1",
    "1e999",
    "NaN",
    "12345678901",
)
WORDS = (
    *PAYLOADS,
    *("500–600", "< 1.000", "ca. 50", "45 %", "1.234", "1,234", "1 234,5", "5-", "v.42", "01/02/2026", "31/02/2024"),
    *("#N/A", "n/a", "NA", "None", "null", "nan", "TRUE", "ja", "CN", "China", "Kina", "Total", "Totaal", "|", "a|b"),
    *(
        "\u202eevil",
        "A\u200bB",
        "\u0410pple",
        "e\u0301" * 3,
        "😀",
        "富士康",
        "x" * 5000,
        "line\nbreak",
        "tab\tinside",
        "_x0041_",
    ),
    *(
        "58 First Avenue",
        "Kunshan",
        "SE2026326ZZZZZ8",
        "CID000001",
        "lei:HEFB00DEMO0000000018",
        "4006381333931",
        "a@b.example",
    ),
)
HEADERS = (
    *(
        "Site name",
        "Name",
        "Address",
        "City",
        "Country",
        "Land",
        "Adres",
        "Workers",
        "OS ID",
        "Lat",
        "Long",
        "",
        "Site name",
    ),
    *("Expected", "Category", "x" * 300, "=1+1", "2026", "naam", "ort", "公司", "Date", "Component", "Supplier"),
)
KINDS = ("text", "text", "text", "number", "bool", "error", "date", "blank", "formula", "string index")


@dataclass(frozen=True)
class Generated:
    """A table: its ending, its bytes, how many of its rows hold a value or something broken, and what separates its cells."""

    suffix: str
    content: bytes
    rows: int
    separator: str = ""


def generated(seed: int) -> Generated:
    """The table of this seed."""
    chance = random.Random(seed)
    return chance.choice((_xlsx, _xlsx, _ods_table, _csv))(chance)


def _table(chance: random.Random) -> list[list[tuple[str, str]]]:
    """Rows of (kind, value): a header more often than not, under it anything."""
    width = chance.randint(1, 12)
    rows = [
        [_cell(chance) for _ in range(width if chance.random() < 0.9 else chance.randint(0, 70))]
        for _ in range(chance.randint(0, 25))
    ]
    if chance.random() < 0.8:
        names = list(sheet_columns(chance.choice(SHEETS))) if chance.random() < 0.3 else HEADERS
        rows.insert(0, [("text", chance.choice(names)) for _ in range(width)])
    return rows


def _cell(chance: random.Random) -> tuple[str, str]:
    kind = chance.choice(KINDS)
    if kind == "text":
        return kind, chance.choice(WORDS) if chance.random() < 0.8 else "".join(
            chance.choices(string.printable[:95], k=9)
        )
    return kind, chance.choice(NUMBERS)


def _xlsx(chance: random.Random) -> Generated:
    table = _table(chance)
    body = "".join(
        raw.row(number, *(_xlsx_cell(chance, _place(number, column), *cell) for column, cell in enumerate(cells)))
        for number, cells in enumerate(table, start=1)
    )
    name = escape(chance.choice(("Sites", *SHEETS, "Total & sum", "History")))
    content = raw.workbook(body, book=raw.book(name, date1904=chance.random() < 0.1))
    return Generated(".xlsx", content, _filled(table))


def _xlsx_cell(chance: random.Random, place: str, kind: str, value: str) -> str:
    if kind == "text":
        return raw.cell(place, escape(value)) if value else ""
    if kind == "blank":
        return raw.cell(place)
    if kind == "date":
        return raw.cell(place, value, style=1) if chance.random() < 0.5 else raw.cell(place, "2026-02-30", kind="d")
    if kind == "formula":
        return raw.cell(place, value, formula=chance.choice(("A1", "[1]S!A1", "SUM(A1:A9)", "TODAY()")))
    known = {"bool": ("b", "1"), "error": ("e", "#REF!"), "string index": ("s", chance.choice(("0", "1", "7", "-1")))}
    marked, shown = known.get(kind, ("n", value))
    return raw.cell(place, shown, kind=marked)


def _place(row: int, column: int) -> str:
    letters = string.ascii_uppercase
    return (letters[column // 26 - 1] if column >= 26 else "") + letters[column % 26] + str(row)


def _ods_table(chance: random.Random) -> Generated:
    table = _table(chance)
    rows = "".join(
        f"<table:table-row>{''.join(_ods_cell(*cell) for cell in cells)}</table:table-row>" for cells in table
    )
    return Generated(".ods", _ods(rows), _filled(table, nothing=("blank", "string index")))


def _ods_cell(kind: str, value: str) -> str:
    if kind in ("blank", "string index"):
        return "<table:table-cell/>"
    if kind == "text":
        return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'
    facts = {
        "bool": 'office:value-type="boolean" office:boolean-value="true"',
        "date": 'office:value-type="date" office:date-value="2026-02-30"',
        "error": 'table:formula="of:=1/0" office:value-type="float" office:value="0"',
    }
    number = f'office:value-type="float" office:value="{value}"'
    return f"<table:table-cell {facts.get(kind, number)}><text:p>{value}</text:p></table:table-cell>"


def _csv(chance: random.Random) -> Generated:
    table = _table(chance)
    cells = [["" if kind == "blank" else value for kind, value in row] for row in table]
    separator = chance.choice(",;\t|")
    text = csv_text(cells[0] if cells else ["x"], cells[1:], delimiter=separator)
    if chance.random() < 0.2:
        text = text.replace("\r\n", chance.choice(("\n", "\r")))
    content = text.encode(chance.choice(("utf-8", "utf-8", "utf-16-le")))
    return Generated(".csv", content, _filled(table) if cells else 1, separator)


def _filled(table: list[list[tuple[str, str]]], *, nothing: tuple[str, ...] = ("blank",)) -> int:
    """How many rows hold more than white space."""
    return sum(any(kind not in nothing and value.strip() for kind, value in row) for row in table)

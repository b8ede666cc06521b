"""A file that left, opened again as other programs do: its texts and numbers, and nothing in it that would run."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from dataclasses import dataclass

import openpyxl
import python_calamine

BOM = "\ufeff"
_RUNS = re.compile(rb"<(?:\w+:)?f[ >/]|ddeLink|externalLink|<oleObject|vbaProject")
_OUTSIDE = re.compile(rb"<Relationship [^>]*TargetMode=\"External\"[^>]*>")
_MAY_LEAD_TO = re.compile(
    rb'.*/relationships/hyperlink".* Target="(?:[^/\\:"]+\.(?:csv|tsv|txt|xls[xmb]?|ods)|http://localhost/rounds/[^"]+)".*'
)
"""A link leads into the supplier's own file, by its bare name in the same folder, or to a page of this installation."""

_IS_RANGE = re.compile(r"\w+!\$[A-Z]+\$\d+:\$[A-Z]+\$\d+|\d+")
"""What the rule of a drop-down may hold: a place in a sheet, or a number; never words that somebody typed."""


@dataclass(frozen=True)
class Table:
    """One sheet or CSV: header and rows of values, as read back."""

    name: str
    header: tuple[object, ...]
    rows: list[tuple[object, ...]]

    def column(self, name: str) -> list[object]:
        """The values below a header; raises ValueError where there is none."""
        place = self.header.index(name)
        return [row[place] for row in self.rows if len(row) > place and row[place] is not None]


def texts_of(tables: list[Table]) -> set[str]:
    """Every text of the tables, headers among them."""
    return {cell for table in tables for row in (table.header, *table.rows) for cell in row if isinstance(cell, str)}


def of_workbook(content: bytes) -> list[Table]:
    """The sheets of a workbook by openpyxl, after no part of it was found to run and calamine read the same texts.

    openpyxl alone shows where a link goes in a cell that is empty otherwise.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            assert not _RUNS.search(name.encode()), name
            assert not (name.startswith("xl/worksheets") and _RUNS.search(archive.read(name))), name
            outside = _OUTSIDE.findall(archive.read(name)) if name.endswith(".rels") else []
            assert not [one for one in outside if not _MAY_LEAD_TO.fullmatch(one)][:3]
    book = openpyxl.load_workbook(io.BytesIO(content))
    linked = Counter(c.hyperlink.location for s in book.worksheets for r in s.iter_rows() for c in r if c.hyperlink)
    assert not [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    rules = [rule for sheet in book.worksheets for rule in sheet.data_validations.dataValidation]
    assert all(_IS_RANGE.fullmatch(str(rule.formula1)) for rule in rules)
    tables = [_table(sheet.title, list(sheet.iter_rows(values_only=True))) for sheet in book.worksheets]
    other = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    for table in tables:
        read = other.get_sheet_by_name(table.name).to_python(skip_empty_area=False)
        ours, theirs = _counted([table.header, *table.rows]), _counted(read)
        assert theirs - ours == Counter(), table.name
        assert ours - theirs <= linked, table.name
    return tables


def of_csv(content: bytes, delimiter: str) -> list[Table]:
    """A CSV file with its mark, cut at `delimiter`."""
    text = content.decode("utf-8")
    assert text.startswith(BOM)
    rows = list(csv.reader(io.StringIO(text.removeprefix(BOM), newline=""), delimiter=delimiter))
    assert len({len(row) for row in rows}) == 1
    assert len(rows[0]) > 1
    return [_table("csv", [tuple(row) for row in rows])]


def _table(name: str, rows: list[tuple[object, ...]]) -> Table:
    return Table(name, rows[0] if rows else (), rows[1:])


def _counted(rows: list[object]) -> Counter[str]:
    return Counter(cell for row in rows for cell in row if isinstance(cell, str) and cell)  # type: ignore[attr-defined]

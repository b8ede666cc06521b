"""Filled files as they come in a round, to be damaged: our workbook, a marked copy of it, a list of sites, a declaration of smelters."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from framework.disclosure.check_file import check
from framework.disclosure.columns import SHEETS, sheet_columns
from framework.disclosure.marked import mark
from framework.disclosure.table import written
from framework.disclosure.workbook import write_filled
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reading import read_here
from framework.ground.table_files import csv_text
from tests.disclosure.foreign import rmi_books
from tests.disclosure.workbooks import SCOPE, TODAY, Tables, faultless

SITES = [("Site name", "Address", "Country", "Workers"), ("A Ltd", "58 First Avenue", "China", "ca. 500")] + [
    (f"Site {number}", f"{number} Quay Road", "VN", number) for number in range(4)
]


def ours() -> bytes:
    """Our workbook, filled, with a few faults."""
    target = io.BytesIO()
    write_filled(target, SCOPE, _with_faults())
    return target.getvalue()


def marked() -> bytes:
    """What we send back of it: its own cells, our colours, notes, column and summary."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ours.xlsx"
        path.write_bytes(ours())
        issues = check(read_here(path, Limits.quick()), SCOPE, today=TODAY).issues
        copy = mark(path, issues, language="en", gettext=str)
    assert copy.content, copy.cannot
    return copy.content


def as_csv() -> bytes:
    """Its sheets as CSV files in a zip."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, rows in _with_faults().items():
            names = list(sheet_columns(name))
            archive.writestr(f"{name}.csv", csv_text(names, [[written(row.get(n)) for n in names] for row in rows]))
    return target.getvalue()


def smelters() -> bytes:
    """A declaration in the layout of the RMI family."""
    kind, version = "CMRT", "6.5"
    with tempfile.TemporaryDirectory() as folder:
        return rmi_books.write(Path(folder) / "cmrt.xlsx", rmi_books.good(kind, version)).read_bytes()


def _with_faults() -> Tables:
    tables = faultless()
    tables["3_sites"][1] |= {"country": "Nowhereland", "workers_total": "ca. 500"}
    tables["1_products"][0]["category"] = "lapptop"
    assert set(tables) == set(SHEETS)
    return tables


FILLED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "ours": (".xlsx", ours),
    "marked": (".xlsx", marked),
    "csv in a zip": (".zip", as_csv),
    "smelters": (".xlsx", smelters),
    "list": (".csv", lambda: csv_text([str(c) for c in SITES[0]], SITES[1:], delimiter=";").encode()),
}


@cache
def filled(name: str) -> tuple[str, bytes]:
    """The ending and the bytes of one of them, written once."""
    suffix, build = FILLED[name]
    return suffix, build()

"""RMI workbooks built from our own facts about their layouts: our labels, invented firms, ids that nobody holds."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import xlsxwriter

from framework.disclosure.foreign.layouts import Layout, layout_of

CANARY = "Canary Person"
Cells = dict[str, dict[str, Any]]


def layout(kind: str, version: str) -> Layout:
    """The layout of a version we describe."""
    found, _nearest = layout_of(kind, version)
    assert found is not None
    return found


def empty(kind: str, version: str, *, language: str = "English") -> Cells:
    """A template nobody filled in."""
    described = layout(kind, version)
    smelters = "Smelter and Mine List" if version == "1.00" else "Smelter List"
    title = "Conflict Minerals Reporting Template" if version < "3" and kind == "CMRT" else f"模板 ({kind})"
    day = described.versions.get(version, dt.date(2026, 1, 1))
    cells: Cells = {
        "Declaration": {"D2": title, "D3": language, "J3": f"Revision {version}\n{day:%B %d, %Y}", "B8": "label"},
        smelters: {"B4": "label"},
        "Product List": {"B5": "label"},
    }
    return cells


def good(kind: str, version: str) -> Cells:
    """A filled workbook without contradiction, about a whole company, with one smelter for each mineral."""
    cells, described = empty(kind, version), layout(kind, version)
    declaration, head = cells["Declaration"], described.head
    declaration[head["company"]] = "Harbour Metals Ltd"
    declaration[head["authoriser"]] = CANARY
    if "scope" in head:
        declaration[head["scope"]] = "A. Company"
    if "date" in head:
        declaration[head["date"]] = dt.date(2026, 2, 1)
    else:
        declaration |= {head["day"]: 1, head["month"]: "February", head["year"]: 2026}
    minerals = described.minerals or ("cobalt", "copper")
    for address, mineral in zip(described.mineral_cells, reversed(minerals), strict=False):
        declaration[address] = mineral.title()
    for question, row in described.questions.items():
        for index, _mineral in enumerate(minerals):
            declaration[f"D{row + index}"] = answer(question)
    for question, row in described.company_questions.items():
        declaration[f"D{row}"] = answer(question)
    declaration[f"G{described.company_questions.get('policy_public', 200)}"] = "https://harbour.example/policy"
    sheet = next(sheet for name, sheet in cells.items() if name.startswith("Smelter"))
    for index, mineral in enumerate(minerals):
        smelter(sheet, described, 5 + index, mineral=mineral.title(), number=f"CID9{index:05d}")
    return cells


def smelter(sheet: dict[str, Any], described: Layout, row: int, *, mineral: str, number: str) -> None:
    """Write one smelter, with a canary in every column that no layout reads."""
    columns = described.smelters
    given = {"mineral": mineral, "name": f"Smelter {number}", "lookup": f"Smelter {number}", "country": "INDONESIA"}
    given |= {"id": number, "city": "Muntok", "address": "1 Quay Road"}
    sheet |= {f"{columns[name]}{row}": value for name, value in given.items() if name in columns}
    contacts = set("HIJKL") - set(columns.values())
    sheet |= {f"{letter}{row}": CANARY for letter in contacts}


def answer(question: str) -> str:
    """An answer that every version takes, with blanks around it."""
    return " 100% " if question == "suppliers_responded" else "No" if question == "all_recycled" else " Yes "


def write(path: Path, cells: Cells) -> Path:
    """Write the cells to a workbook."""
    book = xlsxwriter.Workbook(path)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name, values in cells.items():
        sheet = book.add_worksheet(name)
        for address, value in values.items():
            if isinstance(value, dt.date):
                sheet.write_datetime(address, dt.datetime.combine(value, dt.time()), day)
            else:
                sheet.write(address, value)
    book.close()
    return path

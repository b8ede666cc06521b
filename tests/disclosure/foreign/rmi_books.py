"""RMI workbooks built from the published addresses: our labels, invented firms, ids that nobody holds.

Every cell that is read holds something of its own, and every cell of a person a canary, so a wrong address shows.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import xlsxwriter

from tests.disclosure.foreign.published import (
    ORIGIN,
    RELEASED,
    SHARES,
    YES_NO,
    Form,
    columns,
    form_of,
    pairs,
    persons,
    rows_of,
)

CANARY = "Canary Person"
COUNTRIES = {"INDONESIA": "ID", "KOREA, REPUBLIC OF": "KR", "UNITED STATES OF AMERICA": "US", "CHINA": "CN"}
Cells = dict[str, dict[str, Any]]
LABELS = {"aluminium": "Aluminum"}


def empty(kind: str, version: str, *, language: str = "English") -> Cells:
    """A template nobody filled in."""
    form = form_of(kind, version)
    title = "Conflict Minerals Reporting Template" if version < "3" and kind == "CMRT" else f"模板 ({kind})"
    day = dt.date.fromisoformat(released(kind, version))
    said = {"1.00": f"1.   {day:%B} {day.day}th {day.year}", "2.00": f"Revision 2 {day:%B} {day.day}th {day.year}"}
    revision = said.get(version, f"Revision {version}\n{day:%B %d, %Y}") if kind == "CMRT" else f"Revision {version}"
    cells: Cells = {
        "Instructions": {"A1": "label"},
        "Declaration": {"D2": title, "D3": language, "J3": revision, "B8": "label"},
        form.smelter_sheet: {"B4": "label"},
        "Product List": {"B5": "label"},
    }
    if form.has_mines:
        cells["Mine List"] = {"B4": "label"}
    if form.has_scope_sheet:
        cells["Minerals Scope"] = {"B7": "label"}
    return cells


def good(kind: str, version: str) -> Cells:
    """A filled workbook without contradiction, about a whole company, with one smelter for each mineral."""
    cells, form = empty(kind, version), form_of(kind, version)
    declaration = cells["Declaration"]
    _head(declaration, form)
    for question, rows in pairs(form.questions).items():
        for index, row in enumerate(rows_of(rows)[: len(form.minerals)]):
            declaration |= {f"D{row}": answer(form, question, index)[0], f"G{row}": f"comment of row {row}"}
    for index, (question, row) in enumerate(pairs(form.company).items()):
        declaration |= {f"D{row}": answer(form, question, index)[0], f"G{row}": f"comment of row {row}"}
    for index, mineral in enumerate(form.minerals):
        smelter(cells[form.smelter_sheet], form, 5 + index, mineral=mineral, index=index)
    _lists(cells, form)
    return cells


def _head(declaration: dict[str, Any], form: Form) -> None:
    head = pairs(form.head)
    texts = {"company": "Harbour Metals Ltd", "scope": form.scope, "description": "what is meant"}
    texts |= {"id": "HM 4711", "authority": "Harbour Register", "address": "1 Quay Road, Harbour Town"}
    declaration |= {head[name]: text for name, text in texts.items() if name in head and text}
    if "date" in head:
        declaration[head["date"]] = dt.date(2026, 2, 1)
    else:
        declaration |= {head["day"]: 1, head["month"]: "February", head["year"]: 2026}
    declaration |= {cell: f"{CANARY} {cell} canary@harbour.example" for cell in persons(form.head)}
    chosen = [LABELS.get(mineral, mineral.title()) for mineral in reversed(form.minerals)]
    declaration |= dict(zip(form.mineral_cells.split(), (f"{label} (*)" for label in chosen), strict=False))


def _lists(cells: Cells, form: Form) -> None:
    for row in (6, 7) if form.products else ():
        cells["Product List"] |= {f"{letter}{row}": f"{name} {row}" for name, letter in columns(form.products).items()}
    if form.has_scope_sheet:
        cells["Minerals Scope"] |= {"B8": "Tin", "C8": "because it is used"}
    if form.has_mines:
        given = columns_of("mines")
        texts = {name: f"mine {name}" for name in given} | {"mineral": form.minerals[0].title()}
        texts |= {"smelter": standard_name(0), "country": "CHINA"}
        cells["Mine List"] |= {f"{letter}5": texts[name] for name, letter in given.items()}
        cells["Mine List"] |= {"J5": f"{CANARY} J5", "K5": f"{CANARY} K5"}


def columns_of(what: str) -> dict[str, str]:
    """The columns of the list of mines."""
    from tests.disclosure.foreign import published

    return columns(getattr(published, what.upper()))


def standard_name(index: int) -> str:
    """The name of an invented smelter."""
    return f"Invented Smelter {index}"


def smelter(sheet: dict[str, Any], form: Form, row: int, *, mineral: str, index: int) -> None:
    """Write one smelter, with something of its own in every column that is read and a canary in those of persons."""
    label = LABELS.get(mineral, mineral.title())
    given = {"mineral": label, "name": standard_name(index), "lookup": standard_name(index)}
    given |= {"country": list(COUNTRIES)[index % 4], "smelter_id": f"CID9{index:05d}", "typed_id": f"CID9{index:05d}"}
    given |= {"mines": f"Mine {row}", "mine_countries": list(COUNTRIES)[(index + 1) % 4], "recycled": "No"}
    for name, letter in columns(form.smelters).items():
        sheet[f"{letter}{row}"] = given.get(name, f"{name} {row}")
    sheet |= {f"{letter}{row}": f"{CANARY} {letter}{row}" for letter in persons(form.smelters)}


def answer(form: Form, question: str, index: int) -> tuple[str, str]:
    """An answer that this version takes and what it becomes: another one for each mineral where there are several."""
    if question in ("added", "remains"):
        return " Yes ", "yes"
    if question == "policy_public":
        return "Yes", "yes"
    usual = {"covered_countries": ORIGIN, "cahra": ORIGIN, "all_recycled": ORIGIN, "suppliers_responded": SHARES}
    allowed = form.answers.get(question, usual.get(question, YES_NO))
    return allowed[index % len(allowed)]


def released(kind: str, version: str) -> str:
    """The day a version came out."""
    return next(day for name, day in (part.split() for part in RELEASED[kind].split(",")) if name == version)


def golden(kind: str, version: str) -> dict[str, Any]:
    """What reading the good workbook must give, from the published addresses alone."""
    form = form_of(kind, version)
    head = pairs(form.head)
    names = {"company": "reporting_party_name", "scope": "scope_words", "description": "scope_description"}
    names |= {"id": "reporting_party_reg_id", "authority": "reg_id_authority", "address": "reporting_party_address"}
    values = {"company": "Harbour Metals Ltd", "scope": form.scope, "description": "what is meant", "id": "HM 4711"}
    values |= {"authority": "Harbour Register", "address": "1 Quay Road, Harbour Town"}
    answers = [
        [question, form.minerals[index], *_answered(form, question, index, row)]
        for question, rows in pairs(form.questions).items()
        for index, row in enumerate(rows_of(rows)[: len(form.minerals)])
    ]
    answers += [
        [question, "company", *_answered(form, question, index, int(row))]
        for index, (question, row) in enumerate(pairs(form.company).items())
    ]
    return {
        "format": f"{kind} {version}",
        "head": {names[n]: [values[n], head[n]] for n in names if n in head and values[n]}
        | {"data_as_of": ["2026-02-01", head.get("date", head.get("day", ""))]},
        "answers": answers,
        "smelters": [_smelter_row(form, 5 + index, index) for index in range(len(form.minerals))],
        "mines": [_mine_row(form)] if form.has_mines else [],
        "products": [_product_row(form, row) for row in (6, 7)] if form.products else [],
        "asked_minerals": [{"row": 8, "mineral": "Tin", "reason": "because it is used"}]
        if form.has_scope_sheet
        else [],
        "issues": _issues(kind, version),
    }


def _answered(form: Form, question: str, index: int, row: int) -> list[str]:
    return [answer(form, question, index)[1], f"D{row}", f"comment of row {row}"]


def _smelter_row(form: Form, row: int, index: int) -> dict[str, Any]:
    ours = ("tin", "tantalum", "tungsten", "gold", "cobalt", "mica")
    mineral = form.minerals[index]
    codes = list(COUNTRIES.values())
    has = columns(form.smelters)
    found: dict[str, Any] = {"row": row, "applies_to": "company", "smelter_name": standard_name(index)}
    found |= {"mineral": mineral} if mineral in ours else {"mineral": "other", "mineral_other": mineral}
    if "smelter_id" in has:
        found["smelter_id"] = f"CID9{index:05d}"
    if "country" in has:
        found["smelter_country"] = codes[index % 4]
    if "recycled" in has:
        found["recycled"] = "no"
    found |= {"mine_name": [f"Mine {row}"], "mine_or_origin_country": [codes[(index + 1) % 4]]}
    special = ("mineral", "name", "lookup", "country", "smelter_id", "typed_id", "mines", "mine_countries", "recycled")
    return found | {name: f"{name} {row}" for name in has if name not in special}


def _mine_row(form: Form) -> dict[str, Any]:
    found: dict[str, Any] = {name: f"mine {name}" for name in columns_of("mines")} | {"row": 5, "country": "CN"}
    found |= {"mineral": form.minerals[0], "smelter": standard_name(0), "smelter_row": 5}
    return found | {"smelter_id": "CID900000"}


def _product_row(form: Form, row: int) -> dict[str, Any]:
    found: dict[str, Any] = {"row": row, "product_ref": f"number {row}", "manufacturer_part_no": f"number {row}"}
    found |= {"model_name": f"name {row}", "comment": f"comment {row}"}
    asked = {name: f"{name} {row}" for name in ("requester_number", "requester_name")}
    return found | ({} if "requester_number" not in columns(form.products) else asked)


def _issues(kind: str, version: str) -> list[str]:
    least = {"CMRT": dt.date(2023, 5, 26), "EMRT": dt.date(2024, 4, 26)}
    day = dt.date.fromisoformat(released(kind, version))
    old = day < least.get(kind, day)
    return sorted(["scope-company-wide", *(["foreign-version-old J3"] if old else [])])


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

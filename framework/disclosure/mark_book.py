"""Our summary sheet, put in front of a workbook and taken out again; the other sheets keep their order and their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

from framework.disclosure.mark_sheets import unselected
from framework.disclosure.mark_styles import Styles
from framework.disclosure.our_marks import SUMMARY_SHEETS, SUMMARY_TITLES
from framework.disclosure.package_parts import OFFICE, Parts
from framework.disclosure.sheet_text import text_cell
from framework.disclosure.table import letter
from framework.ground.sheets.splice import Edits, Element, Found, Path, Unusual, check_vocabulary, find
from framework.ground.sheets.xml import MAIN, SEPARATOR, Attributes

_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_SHEETS: Path = ("sheets", "sheet")
_NAMES: Path = ("definedNames", "definedName")
_VIEWS: Path = ("bookViews", "workbookView")
_RELATIONS = re.compile(rb"""xmlns:(\w+)=["']%s["']""" % OFFICE.encode())
_CELL = re.compile(r"\A[A-Z]{1,3}[1-9]\d{0,6}\Z")


def book_part(parts: Parts) -> str:
    """The name of the workbook part."""
    link = parts.linked("", "officeDocument")
    if link is None:
        raise Unusual("workbook")
    return parts.actual(link.target) or link.target


def sheet_parts(parts: Parts) -> dict[str, str]:
    """The parts of the sheets by the names of the sheets, in their order."""
    book = book_part(parts)
    targets = {one.id: one.target for one in parts.links(book) if one.kind == "worksheet" and not one.outside}
    named = ((one.attributes.get("name", ""), _relation(one)) for one in _found(parts, book).of(*_SHEETS))
    return {name: parts.actual(targets[link]) or "" for name, link in named if link in targets}


def add_summary(parts: Parts, styles: Styles, summary: Mapping[str, Any], language: str) -> None:
    """Put the summary in front and open the workbook with it."""
    book = book_part(parts)
    found = _found(parts, book)
    sheets = found.of(*_SHEETS)
    every = found.first("sheets")
    if every is None or not sheets:
        raise Unusual("sheets")
    names = [one.attributes.get("name", "") for one in sheets]
    _unselect(parts, book)
    raw = _summary(styles, summary, language, names)
    part = parts.add("xl/worksheets/sheet%d.xml", raw.encode(), _SHEET_TYPE)
    link = parts.link(book, "worksheet", part)
    edits = Edits(found)
    number = max(int(one.attributes.get("sheetId", "0")) for one in sheets) + 1
    prefix = _RELATIONS.search(found.tag(found.root))
    at, space = (prefix[1].decode(), "") if prefix else ("r", f' xmlns:r="{OFFICE}"')
    name = quoteattr(_free_name(names, SUMMARY_SHEETS.get(language, SUMMARY_SHEETS["en"])))
    said = f'name={name} sheetId="{number}"{space} {at}:id="{link}"'
    edits.insert(every.inner, f"<{found.prefix}sheet {said}/>")
    _shift(found, edits, 0, 1)
    for view in found.of(*_VIEWS):
        edits.attributes(view, activeTab="0", firstSheet="0")
    parts.write(book, edits.done())


def remove_summary(parts: Parts, name: str) -> None:
    """Take a summary of ours out."""
    book = book_part(parts)
    found = _found(parts, book)
    sheets = found.of(*_SHEETS)
    at = next(number for number, one in enumerate(sheets) if one.attributes.get("name") == name)
    links = {one.id: one for one in parts.links(book)}
    edits = Edits(found)
    edits.remove(sheets[at])
    _shift(found, edits, at, -1)
    for view in found.of(*_VIEWS):
        active = int(view.attributes.get("activeTab", "0"))
        edits.attributes(view, activeTab=str(max(active - (active > at), 0)) if active != at else "0", firstSheet="0")
    parts.write(book, edits.done())
    link = links[_relation(sheets[at])]
    parts.unlink(book, link.id)
    parts.remove(link.target)


def forget_order_of_formulas(parts: Parts) -> None:
    """Take away the list in which formulas are worked out, which names each of them: Excel makes it anew."""
    book = book_part(parts)
    link = parts.linked(book, "calcChain")
    if link is not None:
        parts.unlink(book, link.id)
        parts.remove(link.target)


def _found(parts: Parts, book: str) -> Found:
    found = find(book, parts.read(book), parts.limits, _keep)
    check_vocabulary(found)
    return found


def _keep(path: Path, _said: Attributes) -> int | None:
    return 0 if path in (("sheets",), _SHEETS, _NAMES, _VIEWS) else None


def _relation(sheet: Element) -> str:
    return sheet.attributes.get(f"{OFFICE}{SEPARATOR}id", "")


def _shift(found: Found, edits: Edits, at: int, by: int) -> None:
    """Names that hold for one sheet say which by its place; those of a sheet that goes, go with it."""
    for one in found.of(*_NAMES):
        said = one.attributes.get("localSheetId")
        if said is None:
            continue
        if by < 0 and int(said) == at:
            edits.remove(one)
        elif int(said) >= at:
            edits.attributes(one, localSheetId=str(int(said) + by))


def _unselect(parts: Parts, book: str) -> None:
    for link in parts.links(book):
        if link.kind in ("worksheet", "chartsheet") and not link.outside:
            before = parts.read(link.target)
            after = unselected(before)
            if after != before:
                parts.write(link.target, after)


def _free_name(names: list[str], name: str) -> str:
    taken = {one.casefold() for one in names}
    return next(one for one in (name, *(f"{name} ({n})" for n in range(2, 40))) if one.casefold() not in taken)


def _summary(styles: Styles, summary: Mapping[str, Any], language: str, names: list[str]) -> str:
    """The sheet: title, note, heads, one line for each cause with a link to its first place."""
    heads, lines = summary["heads"], summary["rows"]
    title = SUMMARY_TITLES.get(language, SUMMARY_TITLES["en"])
    rows = [_row(1, [(styles.title(), title)])]
    if summary["note"]:
        rows.append(_row(2, [(styles.text(wraps=False), summary["note"])]))
    rows.append(_row(3, [(styles.heading(), head) for head, _width in heads]))
    plain, link, links = styles.text(wraps=True), styles.link(), []
    for number, line in enumerate(lines, start=4):
        looks = [styles.text(wraps=True, severity=line["severity"]), *[plain] * (len(heads) - 1)]
        sheet, place, column = line["at"]
        if sheet in names and _CELL.match(place):
            looks[column - 1] = link
            target = "'" + sheet.replace("'", "''") + "'!" + place
            links.append(f'<hyperlink ref="{letter(column - 1)}{number}" location={quoteattr(target)}/>')
        rows.append(_row(number, list(zip(looks, line["texts"], strict=True))))
    cols = (f'<col min="{n}" max="{n}" width="{w}" customWidth="1"/>' for n, (_head, w) in enumerate(heads, start=1))
    view = (
        '<sheetView tabSelected="1" workbookViewId="0"><pane ySplit="3" topLeftCell="A4" activePane="bottomLeft" '
        'state="frozen"/><selection pane="bottomLeft"/></sheetView>'
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{MAIN[0]}">'
        f"<sheetViews>{view}</sheetViews><cols>{''.join(cols)}</cols><sheetData>{''.join(rows)}</sheetData>"
        + (f"<hyperlinks>{''.join(links)}</hyperlinks>" if links else "")
        + "</worksheet>"
    )


def _row(number: int, cells: list[tuple[int, str]]) -> str:
    made = (text_cell("", f"{letter(place)}{number}", look, text) for place, (look, text) in enumerate(cells) if text)
    return f'<row r="{number}">{"".join(made)}</row>'

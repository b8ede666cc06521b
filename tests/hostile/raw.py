"""Workbooks written part by part, so that a test can break exactly one thing."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
STYLES = "xl/styles.xml"
BOOK = "xl/workbook.xml"
BOOK_LINKS = "xl/_rels/workbook.xml.rels"

Parts = dict[str, str | bytes]


def cell(reference: str, value: object = "", *, kind: str = "", style: int = 0, formula: str | None = None) -> str:
    """One cell element; text becomes an inline string unless a kind is given."""
    attributes = f' s="{style}"' if style else ""
    if isinstance(value, str) and not kind and value:
        return f'<c r="{reference}"{attributes} t="inlineStr"><is><t>{value}</t></is></c>'
    attributes += f' t="{kind}"' if kind else ""
    calculated = f"<f>{formula}</f>" if formula is not None else ""
    return f'<c r="{reference}"{attributes}>{calculated}{f"<v>{value}</v>" if value != "" else ""}</c>'


def row(number: object, *cells: str, attributes: str = "") -> str:
    """One row element."""
    return f'<row r="{number}"{attributes}>{"".join(cells)}</row>'


def table(rows: int = 3, *, first: int = 1) -> str:
    """A small honest table of two columns: inline text and a number."""
    return "".join(row(n, cell(f"A{n}", f"Site {n}"), cell(f"B{n}", n)) for n in range(first, first + rows))


def sheet(data: str, *, before: str = "", after: str = "", main: str = MAIN, head: str = HEAD) -> str:
    """A worksheet part around these rows."""
    space = f'xmlns="{main}" xmlns:r="{OFFICE}"'
    return f"{head}<worksheet {space}>{before}<sheetData>{data}</sheetData>{after}</worksheet>"


def strings(*texts: str) -> str:
    """A shared strings part; each text is XML."""
    return f'{HEAD}<sst xmlns="{MAIN}">{"".join(f"<si><t>{text}</t></si>" for text in texts)}</sst>'


def styles(*formats: int, codes: Mapping[int, str] | None = None) -> str:
    """A styles part whose cell styles 1, 2, … have these number formats."""
    listed = "".join(f'<numFmt numFmtId="{i}" formatCode="{code}"/>' for i, code in (codes or {}).items())
    cells = "".join(f'<xf numFmtId="{number}"/>' for number in (0, *formats))
    return f'{HEAD}<styleSheet xmlns="{MAIN}"><numFmts>{listed}</numFmts><cellXfs>{cells}</cellXfs></styleSheet>'


def links(*entries: tuple[str, str], office: str = OFFICE) -> str:
    """A relationships part: (kind, target) with ids rId1, rId2, …"""
    body = "".join(
        f'<Relationship Id="rId{n}" Type="{office}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(entries, start=1)
    )
    return f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{body}</Relationships>'


def book(*names: str, date1904: bool = False, names_xml: str = "", main: str = MAIN, office: str = OFFICE) -> str:
    """A workbook part; sheet n is relationship rIdn."""
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(names, start=1))
    return (
        f'{HEAD}<workbook xmlns="{main}" xmlns:r="{office}"><workbookPr date1904="{int(date1904)}"/>'
        f"<sheets>{listed}</sheets>{names_xml}</workbook>"
    )


def types(main: str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml") -> str:
    """The directory of content types."""
    return (
        f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{main}"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
    )


def parts(data: str | None = None, **replaced: str | bytes) -> Parts:
    """The parts of a workbook of one sheet `Sites`; keywords: sheet, strings, styles, book, types replace a part."""
    made: Parts = {
        "[Content_Types].xml": replaced.get("types", types()),
        "_rels/.rels": links(("officeDocument", "xl/workbook.xml")),
        BOOK: replaced.get("book", book("Sites")),
        BOOK_LINKS: links(
            ("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml"), ("styles", "styles.xml")
        ),
        SHEET: replaced.get("sheet", sheet(table() if data is None else data)),
        STRINGS: replaced.get("strings", strings("Acme", "China")),
        STYLES: replaced.get("styles", styles(14, 9, 20)),
    }
    return made


def pack(files: Mapping[str, str | bytes], *, stored: bool = False) -> bytes:
    """The parts as a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, compress_type=archive.compression)
    return buffer.getvalue()


def workbook(data: str | None = None, **replaced: str | bytes) -> bytes:
    """A workbook of one sheet around these rows."""
    return pack(parts(data, **replaced))


def with_part(name: str, content: str | bytes, data: str | None = None) -> bytes:
    """An honest workbook with one part more, or another content for one part."""
    return pack({**parts(data), name: content})

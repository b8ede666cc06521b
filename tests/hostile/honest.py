"""Honest files of many writers: all must be read, with exactly these cells."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import openpyxl
import pandas as pd
import xlsxwriter

from tests.hostile import raw
from tests.hostile.raw import BOOK, BOOK_LINKS, cell, pack, parts, row, table

HEADER = ("Brand", "Site", "Devices", "Since", "Share", "Checked")
ROWS = [
    ("Acme", "Zhengzhou 郑州 & Söner", 1200, dt.date(2024, 3, 5), 0.05, True),
    ("Namibian", "NA", -5, dt.date(2023, 12, 31), 0.5, False),
    ("0045", "=cmd|'x'!A0", 12.75, dt.date(2021, 1, 1), 1.25, True),
]


@dataclass(frozen=True)
class Honest:
    """A file and the cells it must yield on its first sheet, by sheet row number."""

    id: str
    build: Callable[[], bytes]
    rows: dict[int, tuple[object, ...]]
    suffix: str = ".xlsx"
    notice: str = ""


EXPECTED: dict[int, tuple[object, ...]] = {1: HEADER, **dict(enumerate(ROWS, start=2))}
TABLE: dict[int, tuple[object, ...]] = {n: (f"Site {n}", n) for n in (1, 2, 3)}


def by_openpyxl(*, write_only: bool = False) -> bytes:
    book = openpyxl.Workbook(write_only=write_only)
    sheet = book.create_sheet("Sites") if write_only else book.active
    assert sheet is not None
    sheet.append(HEADER)
    for values in ROWS:
        sheet.append(["'=" if str(value).startswith("=") else value for value in values])
    if not write_only:
        sheet["B4"].value = "=cmd|'x'!A0"
        sheet["B4"].data_type = "s"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def by_xlsxwriter(*, constant_memory: bool = False, zip64: bool = False) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"constant_memory": constant_memory, "in_memory": True})
    if zip64:
        book.use_zip64()
    sheet = book.add_worksheet("Sites")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    percent = book.add_format({"num_format": "0.0%"})
    sheet.write_row(0, 0, HEADER)
    for number, (brand, site, devices, since, share, checked) in enumerate(ROWS, start=1):
        sheet.write_string(number, 0, brand)
        sheet.write_string(number, 1, site)
        sheet.write_number(number, 2, devices)
        sheet.write_datetime(number, 3, dt.datetime.combine(since, dt.time()), day)
        sheet.write_number(number, 4, share, percent)
        sheet.write_boolean(number, 5, checked)
    book.close()
    return buffer.getvalue()


def by_pandas() -> bytes:
    buffer = io.BytesIO()
    frame = pd.DataFrame(ROWS, columns=list(HEADER))
    frame.loc[2, "Site"] = "plain"
    frame.to_excel(buffer, index=False, engine="xlsxwriter", sheet_name="Sites")
    return buffer.getvalue()


class _Unseekable(io.RawIOBase):
    """A stream like a web response: the zip library must then write data descriptors."""

    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.written += data  # type: ignore[operator]
        return len(data)  # type: ignore[arg-type]


def streamed() -> bytes:
    target = _Unseekable()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for name, content in parts().items():
            archive.writestr(name, content)
    return bytes(target.written)


def zip64() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts().items():
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as part:
                part.write(content if isinstance(content, bytes) else content.encode())
    return buffer.getvalue()


def utf16() -> bytes:
    text = raw.sheet(table(), head='<?xml version="1.0" encoding="UTF-16"?>')
    return raw.workbook(sheet=text.encode("utf-16"))


def prefixed() -> bytes:
    text = raw.sheet(table()).replace(f'xmlns="{raw.MAIN}"', f'xmlns:x="{raw.MAIN}"')
    for name in ("worksheet", "sheetData", "row", "c", "is", "t", "v"):
        text = (
            text.replace(f"<{name} ", f"<x:{name} ")
            .replace(f"<{name}>", f"<x:{name}>")
            .replace(f"</{name}>", f"</x:{name}>")
        )
    return raw.workbook(sheet=text)


def strict() -> bytes:
    files = parts(sheet=raw.sheet(table(), main=raw.STRICT_MAIN))
    files[BOOK] = raw.book("Sites", main=raw.STRICT_MAIN, office=raw.STRICT_OFFICE)
    files["_rels/.rels"] = raw.links(("officeDocument", "xl/workbook.xml"), office=raw.STRICT_OFFICE)
    files[BOOK_LINKS] = raw.links(("worksheet", "worksheets/sheet1.xml"), office=raw.STRICT_OFFICE)
    return pack(files)


def elsewhere() -> bytes:
    """Workbook in an unusual folder, with absolute and relative targets."""
    files = parts()
    files["data/deep/book.xml"] = files.pop(BOOK)
    files["_rels/.rels"] = raw.links(("officeDocument", "/data/deep/book.xml"))
    del files[BOOK_LINKS]
    files["data/deep/_rels/book.xml.rels"] = raw.links(("worksheet", "../../xl/worksheets/sheet1.xml"))
    return pack(files)


def back_slashes() -> bytes:
    return pack({name.replace("/", "\\"): content for name, content in parts().items()})


def with_dimension(said: str) -> bytes:
    return raw.workbook(sheet=raw.sheet(table(), before=f'<dimension ref="{said}"/>'))


def rich_text() -> bytes:
    runs = "<si><r><t>Ac</t></r><r><t>me</t></r><rPh sb='0' eb='1'><t>phonetic</t></rPh></si><si><t/></si>"
    listed = raw.strings("one").replace("</sst>", f"{runs}</sst>")
    return raw.workbook(
        row(1, cell("A1", 1, kind="s"), cell("B1", 2, kind="s"), cell("C1", 0, kind="s")), strings=listed
    )


def ods() -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame({"Brand": ["Acme", "Beta"], "Devices": [12, 7]}).to_excel(buffer, index=False, engine="odf")
    return buffer.getvalue()


def csv_zip() -> bytes:
    return pack({"1_products.csv": "a;b\n1;2\n", "2_sites.csv": "c;d\n3;4\n", "__MACOSX/._x": "litter"})


UNORDERED = row(3, cell("A3", "c")) + row(1, cell("A1", "a")) + row(2, cell("A2", "b"))
COMMENTED = "<!-- made by hand --><row r='1'><c r='A1' t='inlineStr'><is><t><![CDATA[a<b]]></t></is></c></row>"
WITHOUT_PLACES = '<row><c><v>1</v></c><c t="b"><v>1</v></c></row><row><c><v>2</v></c></row>'
EMPTY_ROWS = table() + "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(4, 50_004))
DATES = row(1, cell("A1", 43831, style=1), cell("B1", 43831.5, style=1), cell("C1", 0.5, style=3), cell("D1", -5))
DAY = dt.datetime.combine(dt.date(2020, 1, 1), dt.time(12))
RETURN_TEXT = b'a,b\r\n"one\r\ntwo ""quoted""",2\r\n'


def utf8_bom() -> bytes:
    return "\ufeffBrand,Ort\nAcme,Malmö\n".encode()


TWO = {1: ("Brand", "Ort"), 2: ("Acme", "Malmö")}

HONEST = [
    Honest("openpyxl", by_openpyxl, EXPECTED),
    Honest("openpyxl-write-only", lambda: by_openpyxl(write_only=True), {**EXPECTED, 4: ("0045", "'=", *ROWS[2][2:])}),
    Honest("xlsxwriter", by_xlsxwriter, EXPECTED),
    Honest("xlsxwriter-streaming", lambda: by_xlsxwriter(constant_memory=True), EXPECTED),
    Honest("xlsxwriter-zip64", lambda: by_xlsxwriter(zip64=True), EXPECTED),
    Honest("pandas", by_pandas, {**EXPECTED, 4: ("0045", "plain", *ROWS[2][2:])}),
    Honest("S08b-data-descriptors", streamed, TABLE),
    Honest("S08b-zip64", zip64, TABLE),
    Honest("S10b-back-slashes", back_slashes, TABLE),
    Honest("S22a-utf16", utf16, TABLE),
    Honest("S23a-prefixes", prefixed, TABLE),
    Honest("S23b-strict", strict, TABLE),
    Honest("S26-rich-text", rich_text, {1: ("Acme", None, "one")}),
    Honest("S27-many-styles", lambda: raw.workbook(styles=raw.styles(*range(1_000, 65_000))), TABLE),
    Honest("S30-dimension-too-large", lambda: with_dimension("A1:XFD1048576"), TABLE),
    Honest("S31-dimension-too-small", lambda: with_dimension("A1"), TABLE),
    Honest(
        "S34b-unordered",
        lambda: raw.workbook(UNORDERED),
        {1: ("a",), 2: ("b",), 3: ("c",)},
        notice="rows-were-unordered",
    ),
    Honest("S39c-names", lambda: raw.workbook(book=raw.book("Ö'&amp;🙂 with more than thirty-one letters")), TABLE),
    Honest("S40-empty-rows", lambda: raw.workbook(EMPTY_ROWS), TABLE),
    Honest("S46-dates", lambda: raw.workbook(DATES), {1: (DAY.date(), DAY, dt.time(12), -5)}),
    Honest(
        "S51a-markup",
        lambda: raw.workbook(row(1, cell("A1", "&lt;script&gt;{{7*7}} %s"))),
        {1: ("<script>{{7*7}} %s",)},
    ),
    Honest("S64-offset", lambda: raw.workbook(row(9, cell("D9", "x"), cell("E9", 1))), {9: (None, None, None, "x", 1)}),
    Honest("S65-elsewhere", elsewhere, TABLE),
    Honest("comment-and-cdata", lambda: raw.workbook(COMMENTED), {1: ("a<b",)}),
    Honest("cells-without-places", lambda: raw.workbook(WITHOUT_PLACES), {1: (1, True), 2: (2,)}),
    Honest("ods", ods, {1: ("Brand", "Devices"), 2: ("Acme", 12), 3: ("Beta", 7)}, ".ods"),
    Honest("S06c-csv-zip", csv_zip, {1: ("a", "b"), 2: ("1", "2")}, ".zip"),
    Honest("C01a-utf8", lambda: "Brand,Ort\nAcme,Malmö\n".encode(), TWO, ".csv"),
    Honest("C01a-mark", utf8_bom, TWO, ".csv"),
    Honest("C01a-utf16", lambda: "Brand,Ort\nAcme,Malmö\n".encode("utf-16"), TWO, ".csv"),
    Honest("C02-semicolon", lambda: b"a;b\n1,5;2\n3,5;4\n", {1: ("a", "b"), 2: ("1,5", "2"), 3: ("3,5", "4")}, ".csv"),
    Honest("C02-tab", lambda: b"a\tb\n1\t2\n", {1: ("a", "b"), 2: ("1", "2")}, ".tsv", "separator-read"),
    Honest("C02-bar", lambda: b"a|b\n1|2\n", {1: ("a", "b"), 2: ("1", "2")}, ".csv", "separator-read"),
    Honest("C02-sep-line", lambda: b"sep=;\r\na;b\r\n1;2\r\n", {1: ("a", "b"), 2: ("1", "2")}, ".csv"),
    Honest("C03a-line-break", lambda: RETURN_TEXT, {1: ("a", "b"), 2: ('one\r\ntwo "quoted"', "2")}, ".csv"),
    Honest("C03a-return-only", lambda: b"a,b\r1,2\r", {1: ("a", "b"), 2: ("1", "2")}, ".csv"),
    Honest("one-column", lambda: b"Brand\nAcme\n", {1: ("Brand",), 2: ("Acme",)}, ".csv"),
]

"""The hostile corpus: every file is built here at test time, with the verdict that it must get."""

from __future__ import annotations

import io
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.hostile import raw
from tests.hostile.raw import BOOK, BOOK_LINKS, HEAD, MAIN, SHEET, STRINGS, STYLES, cell, pack, parts, row, table

ACCEPTED, ISSUE, REFUSED = "accepted", "issue", "refused"
DAMAGED = "file-damaged"


@dataclass(frozen=True)
class Case:
    """One line of the manifest: what is sent, and what must be said about it."""

    id: str
    build: Callable[[], bytes]
    verdict: str
    key: str = ""
    detail: str = ""
    suffix: str = ".xlsx"
    fact: str = ""
    places: tuple[tuple[int, int], ...] = ()
    params: dict[str, object] = field(default_factory=dict)


def refused(name: str, build: Callable[[], bytes], key: str, detail: str = "", **more: object) -> Case:
    """A file that must not be read."""
    return Case(name, build, REFUSED, key, detail, **more)  # type: ignore[arg-type]


def noted(name: str, build: Callable[[], bytes], key: str, fact: str, *places: tuple[int, int], **more: object) -> Case:
    """A file that is read, with a fact at these places."""
    return Case(name, build, ISSUE, key, fact=fact, places=places, **more)  # type: ignore[arg-type]


def _patched(data: bytes, name: str, changes: dict[str, int]) -> bytes:
    """Change fields of a part's local header and directory entry: local-crc, local-size, size, crc, flags, outside …"""
    where = {"local-method": (8, "H"), "local-crc": (14, "I"), "local-size": (22, "I")}
    where |= {"flags": (8, "H"), "crc": (16, "I"), "packed": (20, "I"), "size": (24, "I"), "outside": (38, "I")}
    where |= {"offset": (42, "I")}
    out, encoded = bytearray(data), name.encode()
    local = next(m.start() for m in re.finditer(b"PK\x03\x04", data) if data[m.start() + 30 :].startswith(encoded))
    entry = next(m.start() for m in re.finditer(b"PK\x01\x02", data) if data[m.start() + 46 :].startswith(encoded))
    for key, value in changes.items():
        at, form = where[key]
        struct.pack_into(f"<{form}", out, (local if key.startswith("local") else entry) + at, value)
    return bytes(out)


def _part_size(name: str, *, more: int) -> bytes:
    data = raw.workbook()
    size = zipfile.ZipFile(io.BytesIO(data)).getinfo(name).file_size + more
    return _patched(data, name, {"size": size, "local-size": size})


def _cut(share: float) -> bytes:
    data = raw.workbook(table(400))
    return data[: int(len(data) * share)]


def _twice(second: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, content in [*parts().items(), (second, raw.sheet(table(1)))]:
            archive.writestr(name, content)
    return buffer.getvalue()


def _named(name: bytes) -> bytes:
    """A workbook with a further part of this very name, written past the zip library's own checks."""
    stand_in = b"xl/" + b"q" * (len(name) - 7) + b".xml"
    return pack({**parts(), stand_in.decode(): "<a/>"}).replace(stand_in, name)


def _symlink() -> bytes:
    buffer = io.BytesIO(raw.workbook())
    with zipfile.ZipFile(buffer, "a") as archive:
        info = zipfile.ZipInfo("xl/media/image1.png")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def _overlapping() -> bytes:
    """Two directory entries on one stretch of bytes."""
    files = {**parts(), "xl/a.xml": "<a/>", "xl/b.xml": "<a/>"}
    data = pack(files)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        offset = archive.getinfo("xl/a.xml").header_offset
    return _patched(data, "xl/b.xml", {"offset": offset})


def _second_directory() -> bytes:
    data = raw.workbook()
    at = data.rfind(b"PK\x05\x06")
    return data + data[at:]


def _comment_with_directory() -> bytes:
    buffer = io.BytesIO(raw.workbook())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b"PK\x01\x02 another directory"
    return buffer.getvalue()


def _encrypted_entries() -> bytes:
    return _patched(raw.workbook(), SHEET, {"flags": 1})


def _wide_bomb() -> bytes:
    """Eight million tiny rows, packed without ever holding them."""
    return _streamed(b"<row/>" * 100_000, 80)


def _strings_bomb() -> bytes:
    return _streamed(b"<si><t>x</t></si>" * 100_000, 40, name=STRINGS, head=f'<sst xmlns="{MAIN}">', tail="</sst>")


def _long_string_bomb() -> bytes:
    head, tail = f'<sst xmlns="{MAIN}"><si><t>', "</t></si></sst>"
    return _streamed(b"x" * 1_000_000, 300, name=STRINGS, head=head, tail=tail)


def _streamed(block: bytes, times: int, *, name: str = SHEET, head: str = "", tail: str = "") -> bytes:
    head = head or f'<worksheet xmlns="{MAIN}"><sheetData>'
    tail = tail or "</sheetData></worksheet>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for other, content in parts().items():
            if other != name:
                archive.writestr(other, content)
        with archive.open(name, "w") as part:
            part.write(head.encode())
            for _ in range(times):
                part.write(block)
            part.write(tail.encode())
    return buffer.getvalue()


def _noise(length: int) -> str:
    """Letters that hardly compress."""
    letters, state = [], 1
    while len(letters) < length:
        state = zlib.crc32(state.to_bytes(8, "little"))
        letters.extend(f"{state:08x}")
    return "".join(letters[:length])


def _doctype(part: str, kind: str) -> bytes:
    """A document type in front of a part: entities to blow up, or a file or address to fetch."""
    declared = {
        "laughs": '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>',
        "quadratic": f'<!DOCTYPE x [<!ENTITY a "{"x" * 50_000}">]>',
        "file": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        "http": '<!DOCTYPE x [<!ENTITY a SYSTEM "http://127.0.0.1:9/x">]>',
        "dtd": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    }[kind]
    files = parts()
    content = files.get(part, f'{HEAD}<root xmlns="urn:x"/>')
    assert isinstance(content, str)
    files[part] = content.replace(HEAD, HEAD + declared, 1)
    return pack(files)


def _ole(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + stream.encode("utf-16-le") + bytes(3000)


def _many_sheets(count: int) -> bytes:
    names = [f"S{n}" for n in range(count)]
    targets = [("worksheet", "worksheets/sheet1.xml")] * count
    return pack({**parts(book=raw.book(*names)), BOOK_LINKS: raw.links(*targets)})


def _ods(content: str, *, more: dict[str, str] | None = None, mime: str = "") -> bytes:
    office, text = "urn:oasis:names:tc:opendocument:xmlns:office:1.0", "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    tables = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    body = (
        f'<office:document-content xmlns:office="{office}" xmlns:text="{text}" xmlns:table="{tables}"><office:body>'
        f'<office:spreadsheet><table:table table:name="Sites">{content}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    listed = f'<manifest:manifest xmlns:manifest="{manifest}"/>'
    return pack({"mimetype": mime or kind, "content.xml": body, "META-INF/manifest.xml": listed, **(more or {})})


ODS_CELL = '<table:table-cell office:value-type="string"{}><text:p>Acme</text:p></table:table-cell>'
ODS_ROW = "<table:table-row{}>{}</table:table-row>"
MANIFEST_LOCKED = (
    '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    "<m:file-entry><m:encryption-data/></m:file-entry></m:manifest>"
)
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD" + "-ANTIVIRUS-TEST-FILE!$H+H*"


def container_cases() -> Iterator[Case]:
    """S01–S15: what is wrong before any XML is read."""
    page = b"<html><body><table><tr><td>Acme</td></tr></table></body></html>"
    yield refused("S01a-html", lambda: page, "file-is-web-page")
    yield refused(
        "S01a-doctype", lambda: b"\xef\xbb\xbf\n<!DOCTYPE html><html></html>", "file-is-web-page", suffix=".xls"
    )
    yield Case("S01b", lambda: b"Brand,Country\nAcme,China\n", ACCEPTED, "file-read-as-csv")
    yield refused("S01c-pdf", lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "file-wrong-kind", "pdf")
    yield refused("S01c-image", lambda: b"\x89PNG\r\n\x1a\n" + bytes(99), "file-wrong-kind", "image")
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    yield refused("S01c-word", lambda: raw.workbook(types=raw.types(word)), "file-wrong-kind", "word")
    yield refused("S01c-mail", lambda: b"From: a@b.example\r\nSubject: list\r\n\r\nAcme\r\n", "file-wrong-kind", "mail")
    macro = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    yield refused("S02c-type", lambda: raw.workbook(types=raw.types(macro)), "file-has-macros")
    yield refused("S02c-part", lambda: raw.with_part("xl/vbaProject.bin", b"\0"), "file-has-macros")
    yield refused("S02d-ole", lambda: _ole("EncryptedPackage"), "file-password")
    yield refused("S02d-zip", _encrypted_entries, "file-password")
    yield refused("S02f", lambda: pack({"Index/Document.iwa": b"\0"}), "file-numbers", suffix=".numbers")
    locked = {"META-INF/manifest.xml": MANIFEST_LOCKED}
    yield refused("S02g", lambda: _ods("", more=locked), "file-password", suffix=".ods")
    yield refused("S03-bytes", lambda: b"", "file-empty")
    yield refused("S03-cells", lambda: raw.workbook(""), "file-empty")
    for share in (0.1, 0.5, 0.9):
        yield refused(f"S04-{share}", lambda share=share: _cut(share), "file-incomplete")
    yield refused("S05", _wide_bomb, "file-unpacks-too-large", "ratio")
    yield refused("S06a", lambda: pack({"list.xlsx": raw.workbook()}), "file-is-zip", params={"name": "list.xlsx"})
    yield refused("S06b", lambda: raw.with_part("xl/media/a.bin", raw.workbook()), "file-foreign-part")
    yield refused("S06b-ending", lambda: raw.with_part("xl/inner.zip", raw.workbook()), "file-foreign-part")
    yield refused("S07", _overlapping, DAMAGED, "overlap")
    yield refused("S08a-small", lambda: _part_size(SHEET, more=-40), DAMAGED, "size-lies")
    yield refused("S08a-large", lambda: _part_size(SHEET, more=40), DAMAGED, "size-lies")
    yield refused("S08c-local", lambda: _patched(raw.workbook(), SHEET, {"local-method": 0}), DAMAGED, "local-header")
    wrong = {"crc": 7, "local-crc": 7}
    yield refused("S08c-crc", lambda: _patched(raw.workbook(), SHEET, wrong), DAMAGED, "checksum")
    yield refused("S08c-end", _second_directory, DAMAGED, "double-end-record")
    yield refused("S08c-comment", _comment_with_directory, DAMAGED, "double-end-record")
    yield refused("S08c-trailing", lambda: raw.workbook() + b"more", DAMAGED, "trailing-bytes")
    yield refused("S08c-packed", lambda: _patched(raw.workbook(), SHEET, {"packed": 9}), DAMAGED, "local-header")
    yield refused("S09", lambda: _twice(SHEET), DAMAGED, "part-twice")
    for name in (
        b"xl/../../etc/x.xml",
        b"xl\\..\\..\\etc\\x.xml",
        b"/etc/cron.d/x.xml",
        b"C:/Windows/x.xml",
        b"xl/a\0b/x.xml",
    ):
        yield refused(f"S10a-{name!r}", lambda name=name: _named(name), DAMAGED, "part-name")
    yield refused("S10a-long", lambda: raw.with_part(f"xl/{'n' * 4096}.xml", "<a/>"), DAMAGED, "part-name")
    yield refused("S11", _symlink, DAMAGED, "symlink")
    many = {f"xl/media/{n}.png": b"" for n in range(10_000)}
    yield refused("S12", lambda: pack({**parts(), **many}), "file-too-many-parts", params={"limit": 200})
    yield refused("S13", lambda: _twice(SHEET.upper()), DAMAGED, "part-twice")
    yield refused("S14", lambda: raw.with_part("xl/media/image7.png", EICAR), "file-foreign-part")
    yield refused("S14-com", lambda: raw.with_part("xl/q8.com", EICAR), "file-foreign-part")
    yield refused("S15-pdf", lambda: b"%PDF-1.7\n" + raw.workbook(), "file-two-kinds")
    yield refused("S15-pdf-inside", lambda: pack({"a.txt": b"%PDF-1.7", **parts()}, stored=True), "file-two-kinds")
    yield refused("S15-html", lambda: page + raw.workbook(), "file-two-kinds")
    yield refused("S15-image", lambda: b"\x89PNG\r\n\x1a\n" + raw.workbook(), "file-two-kinds")


def xml_cases() -> Iterator[Case]:
    """S16–S29: what is wrong inside the parts."""
    yield refused("S16", lambda: _doctype(SHEET, "laughs"), DAMAGED, "doctype")
    yield refused("S17", lambda: _doctype(STRINGS, "quadratic"), DAMAGED, "doctype")
    for part in (
        SHEET,
        STRINGS,
        STYLES,
        BOOK_LINKS,
        "docProps/core.xml",
        "xl/drawings/drawing1.xml",
        "xl/comments1.xml",
    ):
        yield refused(
            f"S18-{part}", lambda part=part: _doctype(part, "file"), DAMAGED, "doctype", params={"part": part}
        )
    yield refused("S18-http", lambda: _doctype(BOOK, "http"), DAMAGED, "doctype")
    yield refused("S19", lambda: _doctype("[Content_Types].xml", "dtd"), DAMAGED, "doctype")
    deep = "<a>" * 100_000 + _noise(60_000) + "</a>" * 100_000
    yield refused("S20", lambda: raw.workbook(sheet=raw.sheet(table(), after=deep)), DAMAGED, "xml-depth")
    wide = " ".join(f'a{n}{_noise(4)}="{n}"' for n in range(60_000))
    yield refused(
        "S21", lambda: raw.workbook(sheet=raw.sheet(table(), after=f"<a {wide}/>")), DAMAGED, "xml-attributes"
    )
    huge = " ".join(f'a{n}="{n * 7919}"' for n in range(1_000_000))
    yield refused(
        "S21-million", lambda: raw.workbook(sheet=raw.sheet(table(), after=f"<a {huge}/>")), DAMAGED, "tag-too-long"
    )
    utf7 = raw.sheet(table()).replace("UTF-8", "UTF-7")
    yield refused("S22b-utf7", lambda: raw.workbook(sheet=utf7), DAMAGED)
    latin = raw.sheet(row(1, cell("A1", "Malmö"))).encode("latin-1")
    yield refused("S22b-wrong", lambda: raw.workbook(sheet=latin), DAMAGED, "xml", params={"part": SHEET})
    yield refused("S24a", lambda: raw.workbook(row(1, cell("A1", "a\x01b"))), DAMAGED, "xml", params={"part": SHEET})
    escaped = row(1, cell("A1", "a_x0000_b"), cell("B1", "c_xD800_d"), cell("C1", "fine"))
    yield noted("S24b", lambda: raw.workbook(escaped), "value-bad-character", "bad_characters", (1, 1), (1, 2))
    yield refused("S25a-many", _strings_bomb, "file-unpacks-too-large")
    yield refused("S25a-long", _long_string_bomb, "file-unpacks-too-large", "ratio")
    long_text = raw.strings(_noise(70_000))
    yield refused("S25a-text", lambda: raw.workbook(strings=long_text), "text-too-long-for-file")
    yield refused("S25a-cell", lambda: raw.workbook(row(1, cell("A1", _noise(70_000)))), "text-too-long-for-file")
    pointing = row(2, cell("A2", 999, kind="s"), cell("B2", -1, kind="s"), cell("C2", 1, kind="s"))
    yield noted("S25b", lambda: raw.workbook(pointing), "value-not-in-file", "bad_string_index", (2, 1), (2, 2))
    missing = {name: content for name, content in parts(pointing).items() if name != STRINGS}
    yield refused("S25c", lambda: pack(missing), DAMAGED, "strings-missing")
    ranges = " ".join(f"A{n}:B{n}" for n in range(1, 200_001))
    rules = f'<dataValidations><dataValidation type="list" sqref="{ranges}"/></dataValidations>'
    yield refused("S28-rules", lambda: raw.workbook(sheet=raw.sheet(table(), after=rules)), "file-too-many-ranges")
    formats = "".join(f'<conditionalFormatting sqref="A{n}"/>' for n in range(1, 60_001))
    yield refused("S28-formats", lambda: raw.workbook(sheet=raw.sheet(table(), after=formats)), "file-too-many-ranges")
    names = "".join(f'<definedName name="n{n}">{_noise(5)}{n}</definedName>' for n in range(60_000))
    named = raw.book("Sites", names_xml=f"<definedNames>{names}</definedNames>")
    yield refused("S29a", lambda: raw.workbook(book=named), "file-too-many-ranges", "names")


def geometry_cases() -> Iterator[Case]:
    """S32–S39: tables of impossible shape."""
    far = table() + row(1_048_576, cell("XFD1048576", 1))
    yield refused("S32", lambda: raw.workbook(far), "cell-far-away", params={"cell": "XFD1048576"})
    below = table() + row(900_000, cell("A900000", 1))
    yield refused("S32-below", lambda: raw.workbook(below), "cell-far-away")
    wide = "".join(row(n, cell(f"A{n}", n), cell(f"XFD{n}", n)) for n in range(1, 501))
    yield refused("S33", lambda: raw.workbook(wide), "too-many-columns", params={"cell": "XFD1"})
    for number in (0, -1, 99_999_999_999):
        broken = table() + row(number, cell("A9", 1))
        yield refused(f"S34a-{number}", lambda broken=broken: raw.workbook(broken), DAMAGED, "row-number")
    twice = table() + row(3, cell("A3", "again"))
    yield refused("S34c-row", lambda: raw.workbook(twice), "file-ambiguous", "row-twice")
    same = row(1, cell("A1", "one"), cell("A1", "two"))
    yield refused("S34c-cell", lambda: raw.workbook(same), "file-ambiguous", "cell-twice")
    other = row(2, cell("A2", 1), cell("A9", 2))
    yield refused("S34c-place", lambda: raw.workbook(other), "file-ambiguous", "cell-in-other-row")
    merged = '<mergeCells count="1"><mergeCell ref="A1:XFD20000"/></mergeCells>'
    large = raw.sheet(table(), after=merged)
    yield refused("S35c", lambda: raw.workbook(sheet=large), "merge-too-large", params={"range": "A1:XFD20000"})
    two = raw.sheet(table(), after='<mergeCells><mergeCell ref="A1:B2"/><mergeCell ref="B2:C3"/></mergeCells>')
    yield Case("S35d", lambda: raw.workbook(sheet=two), ISSUE, "cells-merged", fact="merged")
    hidden = row(1, cell("A1", 1)) + row(2, cell("A2", 2), attributes=' hidden="1"')
    yield Case("S37a", lambda: raw.workbook(hidden), ISSUE, "hidden-rows-read", fact="hidden_rows")
    columns = raw.sheet(table(), before='<cols><col min="2" max="2" hidden="1"/></cols>')
    yield Case("S37a-columns", lambda: raw.workbook(sheet=columns), ISSUE, "hidden-rows-read", fact="hidden_columns")
    yield refused("S39b", lambda: _many_sheets(20_000), "too-many-sheets", params={"limit": 30})
    yield refused("S39b-same", lambda: _many_sheets(2), DAMAGED, "part-shared-by-sheets")


def value_cases() -> Iterator[Case]:
    """S45–S63 as far as reading goes: located facts, never a lost or changed value."""
    odd = row(1, cell("A1", "NaN", kind="n"), cell("B1", "INF", kind="n"), cell("C1", "1e999", kind="n"), cell("D1", 5))
    yield noted("S47a", lambda: raw.workbook(odd), "value-not-allowed", "bad_number", (1, 1), (1, 2), (1, 3))
    digits = row(1, cell("A1", "9" * 5000, kind="n"), cell("B1", 5))
    yield noted("S63", lambda: raw.workbook(digits), "value-not-allowed", "bad_number", (1, 1))
    errors = row(4, cell("A4", "#N/A", kind="e"), cell("B4", "#REF!", kind="e"), cell("C4", "#DIV/0!", kind="e"))
    yield noted("S47b", lambda: raw.workbook(errors), "cell-error", "error_cells", (4, 1), (4, 2), (4, 3))
    dates = row(1, cell("A1", "2024-02-30", kind="d"), cell("B1", 60, style=1), cell("C1", "2024-02-03", kind="d"))
    yield noted("S46d", lambda: raw.workbook(dates), "value-not-allowed", "bad_dates", (1, 1), (1, 2))
    yield Case(
        "S46a",
        lambda: raw.workbook(row(1, cell("A1", 43831, style=1)), book=raw.book("S", date1904=True)),
        ACCEPTED,
        "dates-1904",
    )
    lost = row(1, cell("A1", 1), cell("B1", formula="A1+1"), cell("C1", "", formula="A1&amp;1"))
    yield noted("S48a", lambda: raw.workbook(lost), "formula", "formulas_without_result", (1, 2), (1, 3))
    away = row(
        1, cell("A1", 4, formula="[1]Sheet!A1"), cell("B1", 4, formula='WEBSERVICE("x")'), cell("C1", 4, formula="A1")
    )
    yield noted("S48c", lambda: raw.workbook(away), "formula", "linked_formulas", (1, 1), (1, 2))
    starts = row(1, cell("A1", 1, formula="cmd|'/c calc'!A0"))
    yield refused("S48e", lambda: raw.workbook(starts), "file-starts-program", params={"cell": "A1"})
    link = f'{HEAD}<externalLink xmlns="{MAIN}"><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'
    yield refused("S48e-link", lambda: raw.with_part("xl/externalLinks/externalLink1.xml", link), "file-starts-program")
    yield Case("S48f", lambda: raw.workbook(row(1, cell("A1", "=cmd|'/c calc'!A0"))), ACCEPTED)
    percent = row(1, cell("A1", "share"), cell("B1", "0.05", kind="n", style=2), cell("C1", 5))
    yield Case(
        "S43e", lambda: raw.workbook(percent), ISSUE, "number-normalised", fact="percent_cells", places=((1, 2),)
    )
    repeated = ODS_ROW.format(
        ' table:number-rows-repeated="1000000"', ODS_CELL.format(' table:number-columns-repeated="1000"')
    )
    yield refused("S61", lambda: _ods(repeated), "file-unpacks-too-large", "repeats", suffix=".ods")
    one = ODS_ROW.format("", ODS_CELL.format(""))
    declared = {"styles.xml": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><a/>'}
    yield refused("S62-entity", lambda: _ods(one, more=declared), DAMAGED, "doctype", suffix=".ods")
    basic = {"Basic/Standard/Module1.xml": "<a/>"}
    yield refused("S62-macro", lambda: _ods(one, more=basic), "file-has-macros", suffix=".ods")
    mime = "application/vnd.oasis.opendocument.spreadsheet  "
    yield refused("S62-mime", lambda: _ods(one, mime=mime), DAMAGED, "mimetype", suffix=".ods")


def csv_cases() -> Iterator[Case]:
    """C01–C08."""
    swedish = "Ort;Land\nMalmö;Sverige\nÅmål;Sverige\nHärnösand;Sverige\n"
    for encoding in ("cp1252", "cp850", "mac_roman"):
        data = swedish.encode(encoding)
        params = {"encoding": encoding}
        yield Case(f"C01b-{encoding}", lambda data=data: data, ISSUE, "encoding-guessed", suffix=".csv", params=params)
    chinese = "公司,国家\n富士康科技集团,中国\n和硕联合科技,中国\n".encode("gb18030")
    yield Case(
        "C01b-gb18030", lambda: chinese, ISSUE, "encoding-guessed", suffix=".csv", params={"encoding": "gb18030"}
    )
    mixed = "a,b\nMalmö,1\nVäxjö,2\n".encode() + "Åmål,3\n".encode("cp1252")
    yield Case("C01c", lambda: mixed, ISSUE, "encoding-mixed", suffix=".csv", params={"lines": [4]})
    yield refused("C03b", lambda: b'a,b\n1,2\n3,"open\n4,5\n', "quote-not-closed", suffix=".csv", params={"line": 3})
    ragged = b"a,b,c\n1,2,3\n1,2\n1,2,3,4\n"
    yield Case("C03c-short", lambda: ragged, ISSUE, "row-too-short", suffix=".csv", fact="short_rows")
    yield Case("C03c-long", lambda: ragged, ISSUE, "row-too-long", suffix=".csv", fact="long_rows")
    nul = b"a,b\nx\0y,1\n"
    yield noted("C04a", lambda: nul, "value-bad-character", "bad_characters", (2, 1), suffix=".csv")
    wide = "Brand,Country\nAcme,China\n".encode("utf-16-le")
    yield Case("C04b", lambda: wide, ISSUE, "encoding-guessed", suffix=".csv", params={"encoding": "utf-16-le"})
    binary = bytes(range(1, 256)) * 40
    yield refused("C04c", lambda: binary, "file-wrong-kind", suffix=".csv")
    line = b"a,b\n" + b"x," * 1_100_000 + b"\n"
    yield refused("C05-line", lambda: line, "line-too-long", suffix=".csv", params={"line": 2})
    words = b"a,b\n1,#N/A\n"
    yield noted("C08", lambda: words, "cell-error", "error_cells", (2, 2), suffix=".csv")
    yield refused("C05-field", lambda: b'a,b\n"' + b"x\n" * 60_000 + b'",1\n', "text-too-long-for-file", suffix=".csv")


def slow_pattern_cases() -> Iterator[Case]:
    """Texts made to keep a careless pattern busy for hours."""
    quoted = "<row r='1' x='" + ' r="1"' * 100_000 + "'><c r='A1'><v>1</v></c></row>"
    yield Case("pattern-row", lambda: pack(parts(quoted), stored=True), ACCEPTED)
    inside = row(1, cell("A1", 1), attributes=" x='" + ' r="1"' * 60_000 + "'")
    yield Case("pattern-row-after", lambda: pack(parts(inside), stored=True), ACCEPTED)
    code = raw.styles(164, codes={164: "[" * 1_000_000})
    yield Case("pattern-format", lambda: pack(parts(styles=code), stored=True), ACCEPTED)
    digits = row(1, cell("A1", "9" * 65_000 + "x", kind="n"), cell("B1", 1))
    yield noted("pattern-digits", lambda: pack(parts(digits), stored=True), "value-not-allowed", "bad_number", (1, 1))
    comments = b"<!---->" * 9_000 + b"<x>"
    yield Case("pattern-comments", lambda: comments, ACCEPTED, suffix=".csv")
    formula = row(1, cell("A1", 1, formula="(" * 30_000 + "a " * 15_000))
    yield Case("pattern-formula", lambda: pack(parts(formula), stored=True), ACCEPTED)
    marks = b"a,b\n" + b'"' * 60_001 + b"\n"
    yield refused("pattern-quotes", lambda: marks, "quote-not-closed", suffix=".csv")


def hostile_cases() -> list[Case]:
    """The whole corpus of files that are not simply fine."""
    return [*container_cases(), *xml_cases(), *geometry_cases(), *value_cases(), *csv_cases(), *slow_pattern_cases()]

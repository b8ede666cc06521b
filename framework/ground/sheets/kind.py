"""What kind a file is, by its content; its name and its announced type are never believed."""

from __future__ import annotations

import mmap
import re
from enum import StrEnum
from pathlib import Path

HEAD_BYTES = 64 * 1024


class Kind(StrEnum):
    """Kinds of file told apart; the zip family is told apart further by what it contains."""

    EMPTY = "empty"
    ZIP = "zip"
    XLSX = "xlsx"
    XLSM = "xlsm"
    XLSB = "xlsb"
    ODS = "ods"
    CSV_ZIP = "csv-zip"
    ZIPPED_WORKBOOK = "zipped-workbook"
    XLS = "xls"
    ENCRYPTED = "encrypted"
    CSV = "csv"
    HTML = "html"
    PDF = "pdf"
    IMAGE = "image"
    WORD = "word"
    SLIDES = "slides"
    NUMBERS = "numbers"
    MAIL = "mail"
    XML = "xml"
    ARCHIVE = "archive"
    PROGRAM = "program"
    BINARY = "binary"


ZIP_KINDS = frozenset({Kind.ZIP, Kind.XLSX, Kind.XLSM, Kind.XLSB, Kind.ODS, Kind.CSV_ZIP, Kind.ZIPPED_WORKBOOK})

_SIGNATURES: tuple[tuple[bytes, Kind], ...] = (
    (b"%PDF-", Kind.PDF),
    (b"\x89PNG\r\n\x1a\n", Kind.IMAGE),
    (b"\xff\xd8\xff", Kind.IMAGE),
    (b"GIF87a", Kind.IMAGE),
    (b"GIF89a", Kind.IMAGE),
    (b"II*\x00", Kind.IMAGE),
    (b"MM\x00*", Kind.IMAGE),
    (b"{\\rtf", Kind.WORD),
    (b"\x1f\x8b", Kind.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", Kind.ARCHIVE),
    (b"Rar!\x1a\x07", Kind.ARCHIVE),
    (b"BZh", Kind.ARCHIVE),
    (b"\xfd7zXZ\x00", Kind.ARCHIVE),
    (b"MZ\x90\x00", Kind.PROGRAM),
    (b"\x7fELF", Kind.PROGRAM),
)
_MAIL = re.compile(rb"\A(?:From|Received|Return-Path|MIME-Version|Delivered-To|Message-ID): .*\r?\n[A-Za-z-]+: ")
_WEB = re.compile(
    rb"\A\s*(?:<!--(?:(?!-->).)*+-->\s*+)*+<(?:!doctype\s+html|html|head|body|table|meta|style|script)\b",
    re.IGNORECASE | re.DOTALL,
)
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def first_kind(path: Path) -> Kind:
    """The kind as far as the first and last bytes tell: a zip stays `ZIP`, to be opened by `container`."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        return Kind.EMPTY
    if head.startswith(b"PK"):
        return Kind.ZIP
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _ole_kind(path)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Kind.IMAGE
    found = next((kind for mark, kind in _SIGNATURES if head.startswith(mark)), None)
    return found or _text_kind(head)


def is_two_kinds(path: Path, kind: Kind) -> bool:
    """True where another kind of file hides a zip, or a zip poses as a PDF or a page as well."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(1024)
        file.seek(max(0, size - 66_000))
        tail = file.read()
    if kind is Kind.ZIP:
        return b"%PDF-" in head
    return kind not in (Kind.XLS, Kind.ENCRYPTED, Kind.EMPTY) and b"PK\x05\x06" in tail and _holds_a_zip(path)


def _holds_a_zip(path: Path) -> bool:
    return _contains(path, b"PK\x03\x04") and _contains(path, b"PK\x01\x02")


def _contains(path: Path, needle: bytes) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        return view.find(needle) >= 0


def _ole_kind(path: Path) -> Kind:
    """OLE2 compound files name their streams in UTF-16."""
    names = (
        ("EncryptedPackage", Kind.ENCRYPTED),
        ("WordDocument", Kind.WORD),
        ("PowerPoint Document", Kind.SLIDES),
        ("__substg1.0_", Kind.MAIL),
        ("Workbook", Kind.XLS),
        ("WORKBOOK", Kind.XLS),
        ("Book", Kind.XLS),
        ("BOOK", Kind.XLS),
    )
    return next((kind for name, kind in names if _contains(path, name.encode("utf-16-le"))), Kind.BINARY)


def _text_kind(head: bytes) -> Kind:
    if head.startswith(_UTF16_MARKS) or looks_like_utf16(head):
        return Kind.CSV
    text = head.removeprefix(b"\xef\xbb\xbf")
    if _WEB.match(text):
        return Kind.HTML
    if re.match(rb"\A\s*<\?xml", text):
        return Kind.HTML if re.search(rb"<html[\s>]", text, re.IGNORECASE) else Kind.XML
    if _MAIL.match(text):
        return Kind.MAIL
    if re.match(rb"\A\s*<svg[\s>]", text, re.IGNORECASE):
        return Kind.IMAGE
    return Kind.BINARY if _is_binary(text) else Kind.CSV


def looks_like_utf16(head: bytes) -> str:
    """The byte order (`utf-16-le`, `utf-16-be`) of text without a mark whose letters are mostly ASCII, or ''."""
    pairs = len(head) // 2
    if pairs < 2:
        return ""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 0.4 * pairs and even < 0.05 * pairs:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 * pairs and odd < 0.05 * pairs else ""


def _is_binary(head: bytes) -> bool:
    """Text has next to no control characters; a lone NUL in a cell is an issue, not a binary file."""
    controls = len(head) - len(head.translate(None, bytes([*range(9), 11, *range(14, 27), *range(28, 32), 127])))
    return controls > max(2, len(head) // 200)

"""The parts of an xlsx package: every one is checked, and the workbook is found through relationships, not by path."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from framework.ground.sheets.container import Container, Part
from framework.ground.sheets.kind import Kind
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.refused import damaged, refused
from framework.ground.sheets.xml import SEPARATOR, Attributes, XmlPart, main_names

_OFFICE = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_RELATIONSHIP = f"http://schemas.openxmlformats.org/package/2006/relationships{SEPARATOR}Relationship"
_OVERRIDE = f"http://schemas.openxmlformats.org/package/2006/content-types{SEPARATOR}Override"
_DEFAULT = f"http://schemas.openxmlformats.org/package/2006/content-types{SEPARATOR}Default"
_BOOK = main_names("sheet", "workbookPr", "definedName")
_MAIN_TYPES = (
    ("spreadsheetml.sheet.main", Kind.XLSX),
    ("spreadsheetml.template.main", Kind.XLSX),
    ("ms-excel.sheet.binary", Kind.XLSB),
    ("ms-excel.sheet.macroenabled", Kind.XLSM),
    ("ms-excel.template.macroenabled", Kind.XLSM),
    ("wordprocessingml.document.main", Kind.WORD),
    ("ms-word.document.macroenabled", Kind.WORD),
    ("presentationml", Kind.SLIDES),
)
_KNOWN_ENDINGS = (
    *(".xml", ".rels", ".vml", ".bin", ".psmdcp"),
    *(".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".svg", ".wdp"),
)
_FOREIGN_CONTENT = (b"PK\x03\x04", b"MZ", b"\x7fELF", b"X5O!P%" + b"@AP")
_EMBEDDED = re.compile(r"(?:\A|/)(?:embeddings|activeX|ctrlProps/activeX)/", re.IGNORECASE)
_MACRO = re.compile(r"(?:\A|/)(?:vbaProject(?:Signature\w*)?\.bin|vbaData\.xml)\Z|(?:\A|/)macrosheets/", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SheetPart:
    """One worksheet of the workbook and what is attached to it."""

    name: str
    part: Part
    visible: bool
    notes: int = 0
    pictures: int = 0


@dataclass(slots=True)
class Package:
    """What the workbook part and its relationships say."""

    sheets: list[SheetPart] = field(default_factory=list)
    date1904: bool = False
    names: int = 0
    strings: Part | None = None
    styles: Part | None = None


@dataclass(frozen=True, slots=True)
class _Link:
    kind: str
    target: str
    outside: bool


def package_kind(container: Container) -> Kind:
    """The kind of a zip by what it contains; raises `Refused` where the directory of types is not proper XML."""
    names = list(container.parts)
    if (part := container.find("[Content_Types].xml")) is not None:
        return _office_kind(container, part)
    if (part := container.find("mimetype")) is not None:
        said = container.read(part)[:80] if part.size < 200 else b""
        return Kind.ODS if said.startswith(b"application/vnd.oasis.opendocument.spreadsheet") else Kind.ARCHIVE
    if any((name.startswith("Index/") and name.endswith(".iwa")) or name == "Index.zip" for name in names):
        return Kind.NUMBERS
    data = [name for name in names if not is_litter(name)]
    if data and all(name.lower().endswith((".csv", ".tsv", ".txt")) for name in data):
        return Kind.CSV_ZIP
    if len(data) == 1 and data[0].lower().endswith((".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")):
        return Kind.ZIPPED_WORKBOOK
    return Kind.ARCHIVE


def is_litter(name: str) -> bool:
    """Side files that operating systems put into zips."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2] in (".DS_Store", "Thumbs.db", "desktop.ini")


def csv_parts(container: Container) -> list[Part]:
    """The tables of a zip of csv files, in the zip's order."""
    return [part for name, part in container.parts.items() if not is_litter(name)]


def _office_kind(container: Container, part: Part) -> Kind:
    types: list[str] = []

    def start(name: str, attributes: Attributes) -> None:
        if name in (_OVERRIDE, _DEFAULT):
            types.append(attributes.get("ContentType", "").lower())

    XmlPart(part.name, container.limits, start=start).feed_all(container.stream(part))
    kinds = {kind for said in types for mark, kind in _MAIN_TYPES if mark in said}
    for kind in (Kind.XLSM, Kind.XLSB, Kind.XLSX, Kind.WORD, Kind.SLIDES):
        if kind in kinds:
            return kind
    raise damaged("no-workbook")


def check_foreign(container: Container, kind: Kind) -> None:
    """No macros, no embedded objects, nothing that does not belong into a workbook; raises `Refused`."""
    limits = container.limits
    for name in container.parts:
        if _MACRO.search(name) and not limits.allow_macros:
            raise refused("file-has-macros", part=name)
    if kind is Kind.XLSM and not limits.allow_macros:
        raise refused("file-has-macros", "content-type")
    for name in filter(lambda name: not is_litter(name), container.parts):
        if _EMBEDDED.search(name) and not limits.allow_embedded_objects:
            raise refused("file-foreign-part", "embedded", part=name)
        if not name.lower().endswith(_KNOWN_ENDINGS):
            raise refused("file-foreign-part", "ending", part=name)


def check_other_parts(container: Container, walked: Iterable[Part]) -> dict[str, dict[str, int]]:
    """Read every part that nobody else reads; counts of notes and pictures by part name."""
    done = {part.name for part in walked}
    counts: dict[str, dict[str, int]] = {}
    for name, part in container.parts.items():
        if name in done or name == "[Content_Types].xml":
            continue
        if name.lower().endswith((".xml", ".rels")):
            counts[name] = _check_xml(container, part)
        else:
            _check_bytes(container, part)
    return counts


def _check_xml(container: Container, part: Part) -> dict[str, int]:
    counts: dict[str, int] = {"comment": 0, "pic": 0}

    def start(name: str, attributes: Attributes) -> None:
        short = name.rpartition(SEPARATOR)[2]
        if short in counts:
            counts[short] += 1
        elif short == "ddeLink":
            raise refused("file-starts-program", "dde-link", part=part.name)

    XmlPart(part.name, container.limits, start=start).feed_all(container.stream(part))
    return counts


def _check_bytes(container: Container, part: Part) -> None:
    """Pictures, printer settings, old drawings: not understood, only held to their size and checked for stowaways."""
    first = True
    old_drawing = part.name.lower().endswith(".vml")
    for chunk in container.stream(part):
        if first and chunk.startswith(_FOREIGN_CONTENT):
            raise refused("file-foreign-part", "content", part=part.name)
        if old_drawing and re.search(rb"<!(?:DOCTYPE|ENTITY)", chunk, re.IGNORECASE):
            raise damaged("doctype", part=part.name)
        first = False


def read_package(container: Container, limits: Limits) -> Package:
    """Find the workbook, its sheets, strings and styles; raises `Refused`."""
    book = _target(container, _links(container, ""), "officeDocument")
    if book is None:
        raise damaged("no-workbook")
    links = _links(container, book.name)
    package = Package(
        strings=_target(container, links, "sharedStrings"),
        styles=_target(container, links, "styles"),
    )
    for name, relation, visible in _read_book(container, book, package, limits):
        link = links.get(relation)
        if link is None or link.outside:
            raise damaged("sheet-missing", sheet=name)
        if link.kind == "worksheet":
            package.sheets.append(_sheet(container, name, link, visible))
    if len({sheet.part.name for sheet in package.sheets}) < len(package.sheets):
        raise damaged("part-shared-by-sheets")
    return package


def _sheet(container: Container, name: str, link: _Link, visible: bool) -> SheetPart:
    part = container.find(link.target)
    if part is None:
        raise damaged("sheet-missing", sheet=name)
    return SheetPart(name, part, visible)


def attached(container: Container, sheet: SheetPart, counts: dict[str, dict[str, int]]) -> tuple[int, int]:
    """(notes, pictures) of a sheet, from the parts its relationships name."""
    notes = pictures = 0
    for link in _links(container, sheet.part.name).values():
        part = None if link.outside else container.find(link.target)
        if part is not None and link.kind in ("comments", "drawing"):
            found = counts.get(part.name, {})
            notes += found.get("comment", 0) if link.kind == "comments" else 0
            pictures += found.get("pic", 0) if link.kind == "drawing" else 0
    return notes, pictures


def _read_book(container: Container, book: Part, package: Package, limits: Limits) -> list[tuple[str, str, bool]]:
    """(name, relationship id, visible) of each sheet."""
    found: list[tuple[str, str, bool]] = []

    def start(name: str, attributes: Attributes) -> None:
        short = _BOOK.get(name)
        if short == "sheet":
            relation = next((attributes[key] for key in _RELATION_IDS if key in attributes), "")
            found.append((attributes.get("name", ""), relation, attributes.get("state", "visible") == "visible"))
            if len(found) > limits.max_sheets:
                raise refused("too-many-sheets", limit=limits.max_sheets)
        elif short == "workbookPr":
            package.date1904 = attributes.get("date1904") in ("1", "true", "on")
        elif short == "definedName":
            package.names += 1
            if package.names > limits.max_ranges:
                raise refused("file-too-many-ranges", "names", limit=limits.max_ranges)

    XmlPart(book.name, limits, start=start).feed_all(container.stream(book))
    folded = [name.casefold() for name, _, _ in found]
    if len(set(folded)) < len(folded):
        raise refused("file-ambiguous", "sheet-name-twice")
    return found


_RELATION_IDS = tuple(f"{space}{SEPARATOR}id" for space in _OFFICE)


def _links(container: Container, source: str) -> dict[str, _Link]:
    """The relationships of a part ('' = the package itself) by id."""
    folder, name = posixpath.split(source)
    part = container.find(posixpath.join(folder, "_rels", f"{name}.rels"))
    links: dict[str, _Link] = {}
    if part is None:
        return links

    def start(element: str, attributes: Attributes) -> None:
        if element == _RELATIONSHIP:
            kind = attributes.get("Type", "")
            known = any(kind.startswith(space) for space in _OFFICE)
            target = attributes.get("Target", "").replace("\\", "/")
            links[attributes.get("Id", "")] = _Link(
                kind.rpartition("/")[2] if known else "",
                posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/"),
                attributes.get("TargetMode") == "External",
            )

    XmlPart(part.name, container.limits, start=start).feed_all(container.stream(part))
    return links


def _target(container: Container, links: dict[str, _Link], kind: str) -> Part | None:
    link = next((link for link in links.values() if link.kind == kind and not link.outside), None)
    return container.find(link.target) if link is not None else None

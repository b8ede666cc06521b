"""Count what an xlsx package holds, so that a copy can be held against its original and a loss be named."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from openpyxl.styles.numbers import BUILTIN_FORMATS

from framework.ground.sheets.container import Container, Part
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.xml import SEPARATOR, Attributes, XmlPart
from framework.ground.text import N_

Inventory = Counter[tuple[str, ...]]
"""How often each thing occurs; the first word of a thing is a key of `LOSSES`."""

LOSSES = {
    "chart": N_("a chart"),
    "drawing": N_("a drawing or text box"),
    "image": N_("a picture"),
    "sparkline": N_("a sparkline"),
    "extension": N_("a setting of a newer Excel"),
    "rich-text": N_("text formatted within a cell"),
    "result": N_("the stored result of a formula"),
    "formula": N_("a formula"),
    "number-format": N_("a number format"),
    "sheet": N_("a sheet"),
    "name": N_("a defined name"),
    "validation": N_("a rule for what a cell may hold"),
    "conditional": N_("a conditional format"),
    "width": N_("the width of a column"),
    "height": N_("the height of a row"),
    "merge": N_("merged cells"),
    "link": N_("a link"),
    "note": N_("a note"),
    "table": N_("a table"),
    "control": N_("a button or other control"),
    "protection": N_("the protection of a sheet"),
    "filter": N_("a filter"),
    "part": N_("a part of the file that we do not know"),
}
"""What a copy may lose, in words, in the order in which it is told."""

_REWRITTEN = re.compile(
    r"\A(?:\[Content_Types\]\.xml|docProps/.*|.*\.rels|.*\.vml|xl/(?:workbook|styles|sharedStrings|calcChain)\.xml"
    r"|xl/theme/.*|xl/printerSettings/.*|xl/worksheets/.*|xl/comments.*|xl/drawings/.*|xl/charts/.*|xl/media/.*)\Z",
    re.IGNORECASE,
)
"""Parts whose content is counted, or that every writer makes anew."""
_ELEMENTS = {
    "definedName": "name",
    "dataValidation": "validation",
    "cfRule": "conditional",
    "mergeCell": "merge",
    "hyperlink": "link",
    "sheetProtection": "protection",
    "autoFilter": "filter",
    "oleObject": "control",
    "control": "control",
    "table": "table",
    "sparkline": "sparkline",
    "ext": "extension",
    "sp": "drawing",
    "cxnSp": "drawing",
    "grpSp": "drawing",
    "pic": "image",
    "picture": "image",
    "chart": "chart",
    "comment": "note",
}
_BUILT_IN = {str(number): code for number, code in BUILTIN_FORMATS.items()}
_NEVER_KEPT = ("chart", "drawing", "image", "sparkline")
"""Rewritten at best, never as they were: one of these is a loss whatever the copy holds."""


def inventory(path: Path, limits: Limits) -> Inventory:
    """What a package holds. Raises `Refused` for one that the pre-flight would refuse."""
    container = Container(path, limits)
    found: Inventory = Counter()
    formats = _formats(container)
    for name, part in container.parts.items():
        if not _REWRITTEN.match(name):
            found["part", re.sub(r"\d+", "", name.rpartition("/")[2])] += 1
        if name.lower().endswith(".xml") and not name.startswith(("docProps/", "[", "customXml/")):
            _count(container, part, formats, found)
    return found


def losses(before: Inventory, after: Inventory) -> list[str]:
    """Keys of `LOSSES` for what the copy would lose; empty where it loses nothing."""
    lost = {thing[0] for thing in before - after}
    lost |= {thing[0] for thing in before if thing[0] in _NEVER_KEPT}
    return [key for key in LOSSES if key in lost]


def _count(container: Container, part: Part, formats: list[str], found: Inventory) -> None:
    counting = _Counting(part.name, formats, found)
    parser = XmlPart(part.name, container.limits, start=counting.start, end=counting.end, text=counting.text)
    parser.feed_all(container.stream(part))


class _Counting:
    """Counts the elements of one part."""

    def __init__(self, part: str, formats: list[str], found: Inventory) -> None:
        self.folder = part.rpartition("/")[0].rpartition("/")[2]
        self.part, self.formats, self.found = part.rpartition("/")[2], formats, found
        self.is_sheet = self.folder == "worksheets"
        self.in_text = self.in_formula = self.in_value = self.has_value = self.has_formula = False
        self.look = ""

    def start(self, expanded: str, attributes: Attributes) -> None:
        """One element begins."""
        name = expanded.rpartition(SEPARATOR)[2]
        if name in ("si", "is"):
            self.in_text = True
        elif name in ("r", "rPh") and self.in_text:
            self.found["rich-text",] += 1
        elif name == "sheet" and self.part == "workbook.xml":
            self.found["sheet", attributes.get("name", ""), attributes.get("state", "visible")] += 1
        elif name == "c" and self.is_sheet:
            self.has_value = self.has_formula = False
            self.look = attributes.get("s", "0")
        elif name == "f" and self.is_sheet:
            self.has_formula = True
        elif name == "v":
            self.in_value = True
        elif name == "col" and self.is_sheet:
            self._column(attributes)
        elif name == "row" and self.is_sheet and attributes.get("ht"):
            self.found["height", _number(attributes["ht"])] += 1
        elif name in _ELEMENTS:
            self._element(name, attributes)

    def end(self, expanded: str) -> None:
        """One element ends."""
        name = expanded.rpartition(SEPARATOR)[2]
        if name in ("si", "is"):
            self.in_text = False
        elif name == "v":
            self.in_value = False
        elif name == "c" and self.is_sheet:
            self._cell()

    def text(self, text: str) -> None:
        """Characters between elements."""
        if self.in_value and text:
            self.has_value = True

    def _cell(self) -> None:
        if self.has_formula:
            self.found["formula",] += 1
            self.found["result",] += self.has_value
        place = int(self.look) if self.look.isdecimal() else 0
        self.found["number-format", self.formats[place] if place < len(self.formats) else "0"] += 1

    def _column(self, attributes: Attributes) -> None:
        if attributes.get("width"):
            first, last = int(attributes.get("min", 1)), int(attributes.get("max", 1))
            for place in range(first, min(last, 300) + 1):
                self.found["width", str(place), _number(attributes["width"])] += 1

    def _element(self, name: str, attributes: Attributes) -> None:
        kind = _ELEMENTS[name]
        if kind == "chart" and self.folder != "drawings":
            return
        if kind == "extension" and self.folder not in ("worksheets", "tables"):
            return
        place = attributes.get("ref", attributes.get("sqref", "")) if self.is_sheet else ""
        self.found[kind, " ".join(sorted(place.split()))] += 1


def _number(text: str) -> str:
    try:
        return f"{float(text):.3f}"
    except ValueError:
        return text


def _formats(container: Container) -> list[str]:
    """The number format of each cell style, as its code or the number of a built-in one."""
    codes: dict[str, str] = {}
    looks: list[str] = []
    inside = [False]

    def start(expanded: str, attributes: Attributes) -> None:
        name = expanded.rpartition(SEPARATOR)[2]
        if name == "numFmt" and "numFmtId" in attributes:
            codes.setdefault(attributes["numFmtId"], attributes.get("formatCode", ""))
        elif name == "cellXfs":
            inside[0] = True
        elif name == "xf" and inside[0]:
            number = attributes.get("numFmtId", "0")
            looks.append(codes.get(number) or _BUILT_IN.get(number, number))

    def end(expanded: str) -> None:
        if expanded.rpartition(SEPARATOR)[2] == "cellXfs":
            inside[0] = False

    part = container.find("xl/styles.xml")
    if part is not None:
        XmlPart(part.name, container.limits, start=start, end=end).feed_all(container.stream(part))
    return looks

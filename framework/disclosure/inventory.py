"""Count what an xlsx package holds, so that a copy can be held against its original and a loss be named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from framework.ground.sheets.container import Container, Part
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.number_formats import BUILT_IN
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
    "font": N_("a font"),
    "fill": N_("the colour of a cell"),
    "border": N_("a border"),
    "alignment": N_("an alignment or lock"),
    "sheet": N_("a sheet"),
    "name": N_("a defined name"),
    "validation": N_("a rule for what a cell may hold"),
    "conditional": N_("a conditional format"),
    "width": N_("the width of a column"),
    "height": N_("the height of a row"),
    "hidden": N_("a hidden row or column"),
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
_YES = ("1", "true", "on")
_PLAIN = ("General", "", "", "", "")
_LOOKS = ("number-format", "font", "fill", "border", "alignment")
_SHARED = {"fonts": "fontId", "fills": "fillId", "borders": "borderId"}


def inventory(path: Path, limits: Limits) -> Inventory:
    """What a package holds. Raises `Refused` for one that the pre-flight would refuse."""
    container = Container(path, limits)
    found: Inventory = Counter()
    looks = looks_of(container)
    for name, part in container.parts.items():
        if not _REWRITTEN.match(name):
            found["part", re.sub(r"\d+", "", name.rpartition("/")[2])] += 1
        if name.lower().endswith(".xml") and not name.startswith(("docProps/", "[", "customXml/")):
            _count(container, part, looks, found)
    return found


def is_as_before(before: Path, after: Path, limits: Limits, parts: Iterable[str]) -> bool:
    """Whether these parts hold the same bytes in both packages. Raises `Refused` as `inventory` does."""
    first, second = Container(before, limits).parts, Container(after, limits).parts
    return all(
        name in second and (first[name].crc, first[name].size) == (second[name].crc, second[name].size)
        for name in parts
    )


def losses(before: Inventory, after: Inventory) -> list[str]:
    """Keys of `LOSSES` for what the copy would lose; empty where it loses nothing."""
    lost = {thing[0] for thing in before - after}
    return [key for key in LOSSES if key in lost]


def _count(container: Container, part: Part, looks: list[tuple[str, ...]], found: Inventory) -> None:
    counting = _Counting(part.name, found)
    parser = XmlPart(part.name, container.limits, start=counting.start, end=counting.end, text=counting.text)
    parser.feed_all(container.stream(part))
    for look, number in counting.looks.items():
        place = int(look) if look.isdecimal() else 0
        for kind, said in zip(_LOOKS, looks[place] if place < len(looks) else _PLAIN, strict=True):
            found[kind, said] += number


class _Counting:
    """Counts the elements of one part."""

    def __init__(self, part: str, found: Inventory) -> None:
        self.folder = part.rpartition("/")[0].rpartition("/")[2]
        self.part, self.found = part.rpartition("/")[2], found
        self.looks: Counter[str] = Counter()
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
        elif name == "row" and self.is_sheet:
            self._row(attributes)
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
        self.looks[self.look] += 1

    def _row(self, attributes: Attributes) -> None:
        if attributes.get("ht"):
            self.found["height", _number(attributes["ht"])] += 1
        if attributes.get("hidden") in _YES:
            self.found["hidden", "row"] += 1

    def _column(self, attributes: Attributes) -> None:
        first, last = int(attributes.get("min", 1)), int(attributes.get("max", 1))
        for place in range(first, min(last, 300) + 1):
            if attributes.get("width"):
                self.found["width", str(place), _number(attributes["width"])] += 1
            if attributes.get("hidden") in _YES:
                self.found["hidden", str(place)] += 1

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


def looks_of(container: Container) -> list[tuple[str, ...]]:
    """What each cell style looks like, in the words of `_LOOKS`: number format, font, fill, border, alignment."""
    part = container.find("xl/styles.xml")
    if part is None:
        return []
    reading = _Looks()
    parser = XmlPart(part.name, container.limits, start=reading.start, end=reading.end)
    parser.feed_all(container.stream(part))
    return reading.looks


class _Looks:
    """Reads the styles part; fonts, fills and borders are told by all that is written of them."""

    def __init__(self) -> None:
        self.codes: dict[str, str] = {}
        self.shared: dict[str, list[str]] = {name: [] for name in _SHARED}
        self.looks: list[tuple[str, ...]] = []
        self.path: list[str] = []

    def start(self, expanded: str, attributes: Attributes) -> None:
        """One element begins."""
        name = expanded.rpartition(SEPARATOR)[2]
        self.path.append(name)
        group = self.path[1] if len(self.path) > 2 else ""
        if name == "numFmt" and group == "numFmts":
            self.codes.setdefault(attributes.get("numFmtId", ""), attributes.get("formatCode", ""))
        elif group in self.shared:
            said = f"{name}{sorted(attributes.items())}"
            known = self.shared[group]
            if len(self.path) == 3:
                known.append("")
            known[-1] += said
        elif group == "cellXfs" and name == "xf":
            self.looks.append(self._look(attributes))
        elif group == "cellXfs" and self.looks:
            *others, said = self.looks[-1]
            self.looks[-1] = (*others, f"{said}{name}{sorted(attributes.items())}")

    def end(self, _expanded: str) -> None:
        """One element ends."""
        self.path.pop()

    def _look(self, attributes: Attributes) -> tuple[str, ...]:
        number = attributes.get("numFmtId", "0")
        return (
            self.codes.get(number) or BUILT_IN.get(number, number),
            *(self._part(group, attributes.get(name, "0")) for group, name in _SHARED.items()),
            "",
        )

    def _part(self, group: str, place: str) -> str:
        known = self.shared[group]
        return known[int(place)] if place.isdecimal() and int(place) < len(known) else ""

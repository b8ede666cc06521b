"""Styles of cells: which show a date, a duration or a percentage, and which are coloured; nothing else is loaded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from framework.ground.sheets.limits import Limits
from framework.ground.sheets.xml import Attributes, XmlPart, main_names

_LONGEST_CODE = 255
_NAMES = main_names("numFmt", "cellXfs", "xf", "fills", "fill", "patternFill", "fgColor")
_WHITE = {"rgb": ("FFFFFFFF", "00FFFFFF"), "theme": ("0",), "indexed": ("1", "9", "65")}
_BUILT_IN_DATES = frozenset({*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)})
_BUILT_IN_DURATIONS = frozenset({46})
_BUILT_IN_PERCENTAGES = frozenset({9, 10})
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)


@dataclass(slots=True)
class Styles:
    """Indexes of cell styles by what their number format shows."""

    dates: set[int] = field(default_factory=set)
    durations: set[int] = field(default_factory=set)
    percentages: set[int] = field(default_factory=set)
    fills: dict[int, int] = field(default_factory=dict)
    """Of styles with a colour behind the value: which fill."""


def read_styles(part: str, chunks: Iterable[bytes], limits: Limits) -> Styles:
    """Read the styles part; raises `Refused`."""
    reader = _Reader()
    xml = XmlPart(part, limits, start=reader.start, end=reader.end)
    xml.feed_all(chunks)
    return reader.styles


def shows(code: str) -> str:
    """What a number format code shows: `date`, `duration`, `percentage` or ''."""
    first = _LITERAL.sub("", code).split(";")[0]
    if re.search(r"\[(?:h+|m+|s+)\]", first, re.IGNORECASE):
        return "duration"
    if "%" in first:
        return "percentage"
    plain = re.sub(r"general|E[+-]", "", first, flags=re.IGNORECASE)
    return "date" if re.search(r"[ymdhs]", plain, re.IGNORECASE) else ""


class _Reader:
    def __init__(self) -> None:
        self.styles = Styles()
        self._shown: dict[int, str] = {
            **dict.fromkeys(_BUILT_IN_DATES, "date"),
            **dict.fromkeys(_BUILT_IN_DURATIONS, "duration"),
            **dict.fromkeys(_BUILT_IN_PERCENTAGES, "percentage"),
        }
        self._inside = False
        self._index = 0
        self._in_fills = False
        self._fill = -1
        self._coloured: set[int] = set()

    def start(self, name: str, attributes: Attributes) -> None:
        short = _NAMES.get(name)
        if short == "cellXfs":
            self._inside = True
        elif short == "numFmt":
            self._shown[_number(attributes.get("numFmtId"))] = shows(attributes.get("formatCode", "")[:_LONGEST_CODE])
        elif short == "fills":
            self._in_fills = True
        elif self._in_fills:
            self._note_fill(short or "", attributes)
        elif short == "xf" and self._inside:
            fill = _number(attributes.get("fillId"))
            if fill in self._coloured:
                self.styles.fills[self._index] = fill
            self._add(self._shown.get(_number(attributes.get("numFmtId")), ""))

    def end(self, name: str) -> None:
        short = _NAMES.get(name)
        if short == "cellXfs":
            self._inside = False
        elif short == "fills":
            self._in_fills = False

    def _note_fill(self, short: str, attributes: Attributes) -> None:
        """The first two fills are none and a pattern of every workbook; white is no colour that one sees."""
        if short == "fill":
            self._fill += 1
        elif short == "patternFill" and attributes.get("patternType", "none") not in ("none", "gray125"):
            self._coloured.add(self._fill)
        elif short == "fgColor" and not attributes.get("tint") and _is_white(attributes):
            self._coloured.discard(self._fill)

    def _add(self, shown: str) -> None:
        sets = {"date": self.styles.dates, "duration": self.styles.durations, "percentage": self.styles.percentages}
        if shown:
            sets[shown].add(self._index)
        self._index += 1


def _is_white(colour: Attributes) -> bool:
    return any(colour.get(name, "") in whites for name, whites in _WHITE.items())


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else -1

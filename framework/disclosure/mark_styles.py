"""The looks of marked cells: added at the end of a workbook's styles, so that every look it had keeps its number."""

from __future__ import annotations

import re

from framework.ground.sheets.limits import Limits
from framework.ground.sheets.splice import Edits, Element, Path, Unusual, find, with_attributes
from framework.ground.sheets.xml import Attributes

COLOURS = {"block": "F6D7D2", "error": "F6D7D2", "warning": "FCEFC7", "note": "E4EEF0"}
_HEAD = "DCE6E8"
_NO_COLOUR = 'indexed="64"'
_KEPT: tuple[Path, ...] = (
    ("fonts",),
    ("fonts", "font"),
    ("fills",),
    ("fills", "fill"),
    ("fills", "fill", "patternFill"),
    ("fills", "fill", "patternFill", "fgColor"),
    ("fills", "fill", "patternFill", "bgColor"),
    ("cellXfs",),
    ("cellXfs", "xf"),
)


class Styles:
    """The styles part of one workbook. A look is the number that a cell carries as `s`.

    A marked look is the look of the cell with another fill; where that cell had a plain colour, the fill keeps it as
    its second colour, which a solid fill does not show, so that it can be given back.
    """

    def __init__(self, part: str, data: bytes, limits: Limits) -> None:
        self.found = find(part, data, limits, _keep)
        self._p = self.found.prefix
        self._looks = [self.found.raw(one) for one in self.found.of("cellXfs", "xf")]
        self._fills = self._read_fills()
        self._counts = {name: len(self.found.of(name, one)) for name, one in (("fonts", "font"), ("fills", "fill"))}
        self._new: dict[str, dict[str, int]] = {"fonts": {}, "fills": {}}
        self._made: dict[bytes, int] = {}
        self._known = {raw: number for number, raw in reversed([*enumerate(self._looks)])}
        if not self._looks or any(self.found.first(name) is None for name in ("fonts", "fills", "cellXfs")):
            raise Unusual("styles")

    def marked(self, look: int, severity: str) -> int:
        """The look of a cell with the colour of a severity."""
        base = self._base(look)
        fill, colour = self._fill_of(base), COLOURS[severity]
        solid, front, second = self._fills[fill] if fill < len(self._fills) else (False, "", "")
        before = (second if self._is_ours(fill) else front) if solid else ""
        return self._look(self._with_fill(base, self._solid(colour, before or _NO_COLOUR)))

    def unmarked(self, look: int) -> int:
        """The look that a cell of ours had before it was marked; the same where it is not marked."""
        base = self._base(look)
        fill = self._fill_of(base)
        if not self._is_ours(fill):
            return look
        second = self._fills[fill][2]
        return self._look(self._with_fill(base, self._plain_solid(second) if second else 0))

    def ours(self) -> set[int]:
        """The looks that have a colour of ours."""
        return {number for number, look in enumerate(self._looks) if self._is_ours(self._fill_of(look))}

    def text(self, *, wraps: bool, severity: str = "") -> int:
        """Plain text at the top of its cell, wrapped or not, in the colour of a severity."""
        fill = self._solid(COLOURS[severity], _NO_COLOUR) if severity else 0
        return self._own(self._font(""), fill, wraps=wraps)

    def heading(self) -> int:
        """Bold text on a light ground."""
        return self._own(self._font("<{p}b/>"), self._solid(_HEAD, _NO_COLOUR), wraps=False)

    def title(self) -> int:
        """Large bold text."""
        return self._own(self._font("<{p}b/>", size=14), 0, wraps=False)

    def link(self) -> int:
        """The text of a link."""
        return self._own(self._font("<{p}u/>", colour='rgb="FF1D5C8A"'), 0, wraps=True)

    def written(self) -> bytes:
        """The styles part with what was added."""
        edits = Edits(self.found)
        for name in ("fonts", "fills"):
            if self._new[name]:
                total = self._counts[name] + len(self._new[name])
                edits.append(self._element(name), "".join(self._new[name]), count=str(total))
        if self._made:
            total = len(self._looks)
            edits.append(self._element("cellXfs"), b"".join(self._made), count=str(total))
        return edits.done()

    def _element(self, name: str) -> Element:
        element = self.found.first(name)
        if element is None:
            raise Unusual(name)
        return element

    def _base(self, look: int) -> bytes:
        return self._looks[look if 0 <= look < len(self._looks) else 0]

    def _look(self, raw: bytes) -> int:
        if raw not in self._known:
            self._known[raw] = self._made[raw] = len(self._looks)
            self._looks.append(raw)
        return self._known[raw]

    def _own(self, font: int, fill: int, *, wraps: bool) -> int:
        p, wrap = self._p, "1" if wraps else "0"
        said = f'numFmtId="0" fontId="{font}" fillId="{fill}" borderId="0" xfId="0" applyFont="1" applyFill="1"'
        inner = f'<{p}alignment vertical="top" wrapText="{wrap}"/>'
        return self._look(f'<{p}xf {said} applyAlignment="1">{inner}</{p}xf>'.encode())

    def _with_fill(self, raw: bytes, fill: int) -> bytes:
        at = raw.index(b">") + 1
        return with_attributes(raw[:at], fillId=str(fill), applyFill="1") + raw[at:]

    def _font(self, inside: str, *, size: int = 11, colour: str = 'theme="1"') -> int:
        p = self._p
        said = f'<{p}sz val="{size}"/><{p}color {colour}/><{p}name val="Calibri"/><{p}family val="2"/>'
        return self._add("fonts", f"<{p}font>{inside.format(p=p)}{said}</{p}font>")

    def _solid(self, colour: str, second: str) -> int:
        p = self._p
        said = f'<{p}fgColor rgb="FF{colour}"/><{p}bgColor {second}/>'
        return self._add("fills", f'<{p}fill><{p}patternFill patternType="solid">{said}</{p}patternFill></{p}fill>')

    def _plain_solid(self, colour: str) -> int:
        p = self._p
        said = f"<{p}fgColor {colour}/><{p}bgColor {_NO_COLOUR}/>"
        return self._add("fills", f'<{p}fill><{p}patternFill patternType="solid">{said}</{p}patternFill></{p}fill>')

    def _add(self, name: str, raw: str) -> int:
        new = self._new[name]
        return new.setdefault(raw, self._counts[name] + len(new))

    def _fill_of(self, look: bytes) -> int:
        said = re.search(rb"""\sfillId=["'](\d+)""", look[: look.index(b">")])
        return int(said[1]) if said else 0

    def _is_ours(self, fill: int) -> bool:
        if fill >= len(self._fills):
            return False
        solid, front, _second = self._fills[fill]
        said = re.fullmatch(r'rgb="(?:00|FF)?([0-9A-F]{6})"', front, re.IGNORECASE)
        return solid and said is not None and said[1].upper() in COLOURS.values()

    def _read_fills(self) -> list[tuple[bool, str, str]]:
        """Whether solid, its colour and its second colour, as attributes; nothing for a second colour that says nothing."""
        fills: list[tuple[bool, str, str]] = []
        for one in self.found.elements:
            if one.path == ("fills", "fill"):
                fills.append((False, "", ""))
            elif fills and one.path == ("fills", "fill", "patternFill"):
                fills[-1] = (one.attributes.get("patternType") == "solid", "", "")
            elif fills and one.path[-1] in ("fgColor", "bgColor"):
                solid, front, second = fills[-1]
                said = _colour(one.attributes)
                is_front = one.path[-1] == "fgColor"
                fills[-1] = (solid, said if is_front else front, second if is_front else said)
        return [(solid, front, "" if second == _NO_COLOUR else second) for solid, front, second in fills]


def _keep(path: Path, _said: Attributes) -> int | None:
    return 0 if path in _KEPT else None


def _colour(attributes: Attributes) -> str:
    """A colour as attributes, those that can stand in one without escaping."""
    names = ("rgb", "theme", "indexed", "auto", "tint")
    said = {name: attributes[name] for name in names if name in attributes}
    plain = all(re.fullmatch(r"[\w.+-]+", value) for value in said.values())
    return " ".join(f'{name}="{value}"' for name, value in said.items()) if plain else ""

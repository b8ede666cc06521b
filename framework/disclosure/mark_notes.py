"""Our remarks as notes on cells: beside the supplier's own notes, which stay, and taken away again without them."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

from framework.disclosure.our_marks import SIGN
from framework.disclosure.package_parts import Parts
from framework.disclosure.sheet_text import escaped
from framework.disclosure.table import letter, place_of
from framework.ground.sheets.splice import Edits, Element, Found, Path, Unusual, find
from framework.ground.sheets.xml import MAIN, Attributes

_NOTES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_AUTHOR = "Hefboom"
_THREADED = "tc="
_EMPTY_NOTES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    f'<comments xmlns="{MAIN[0]}"><authors/><commentList/></comments>'
)
_SPACES = (
    'xmlns:v="urn:schemas-microsoft-com:vml"',
    'xmlns:o="urn:schemas-microsoft-com:office:office"',
    'xmlns:x="urn:schemas-microsoft-com:office:excel"',
)
_SHAPE_TYPE = (
    '<v:shapetype{spaces} id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_EMPTY_DRAWING = (
    f'<xml {" ".join(_SPACES)}><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout></xml>'
)
_SHAPE = (
    '<v:shape id="_x0000_s{number}" type="#_x0000_t202"{spaces} style="position:absolute;margin-left:60pt;margin-top:2pt;'
    'width:255pt;height:{height}pt;z-index:1;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">'
    '<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
    "<x:Anchor>{left}, 15, {top}, 4, {right}, 15, {bottom}, 4</x:Anchor><x:AutoFill>False</x:AutoFill>"
    "<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)
_NAMED = re.compile(rb"""<(?:\w+:)?legacyDrawing\s[^>]*\w+:id=["']([^"']+)["']""")
_ANY_SHAPE = re.compile(rb"<(\w+:)?shape\s.*?</\1shape>", re.DOTALL)
_TEXT = re.compile(rb"<(?:\w+:)?t(?:\s[^>]*)?>(.*?)</(?:\w+:)?t>", re.DOTALL)
_COMMENT: Path = ("commentList", "comment")
_WORDS: Path = (*_COMMENT, "text")


@dataclass(frozen=True, slots=True)
class _Notes:
    """The notes part of a sheet as it is now."""

    name: str
    found: Found

    @property
    def threaded(self) -> set[int]:
        """The numbers of authors that stand for a conversation, whose notes are kept by Excel itself."""
        words = [self.found.data[one.inner : one.close] for one in self.found.of("authors", "author")]
        return {number for number, said in enumerate(words) if said.startswith(_THREADED.encode())}


def add(parts: Parts, sheet_part: str, said: Mapping[str, str]) -> str | None:
    """Put remarks (place → text) below what notes a sheet has; the relationship id of a drawing it must now name, or None.

    A cell with a conversation keeps it alone. Raises `Unusual` for notes that we cannot add to.
    """
    if not said:
        return None
    notes = _notes(parts, sheet_part) or _new_notes(parts, sheet_part)
    there = {_place(one): one for one in notes.found.of(*_COMMENT)}
    words = notes.found.of(*_WORDS)
    edits, new = Edits(notes.found), []
    author = len(notes.found.of("authors", "author"))
    for place, text in said.items():
        if place not in there:
            new.append(place)
        elif int(there[place].attributes.get("authorId", "-1")) not in notes.threaded:
            _extend(edits, _inside(there[place], words), text)
    if new:
        p = notes.found.prefix
        edits.append(_first(notes.found, "authors"), f"<{p}author>{_AUTHOR}</{p}author>")
        edits.append(_first(notes.found, "commentList"), "".join(_comment(p, one, author, said[one]) for one in new))
    parts.write(notes.name, edits.done())
    return _draw(parts, sheet_part, {one: said[one] for one in new}) if new else None


def remove(parts: Parts, sheet_part: str) -> None:
    """Take our remarks out of a sheet's notes, and the notes that held nothing else."""
    notes = _notes(parts, sheet_part)
    if notes is None or SIGN.encode() not in notes.found.data:
        return
    words = notes.found.of(*_WORDS)
    edits, gone = Edits(notes.found), set()
    for one in notes.found.of(*_COMMENT):
        text = _inside(one, words)
        said = _plain(notes.found.data[text.inner : text.close])
        if SIGN not in said:
            continue
        if kept := said.partition(SIGN)[0].rstrip():
            _cut(edits, text, kept)
        else:
            edits.remove(one)
            gone.add(_place(one))
    parts.write(notes.name, edits.done())
    drawing = _drawing(parts, sheet_part)
    if gone and drawing:
        parts.write(drawing, _without_shapes(parts.read(drawing), gone))


def _notes(parts: Parts, sheet_part: str) -> _Notes | None:
    link = parts.linked(sheet_part, "comments")
    if link is None:
        return None
    return _Notes(link.target, find(link.target, parts.read(link.target), parts.limits, _keep))


def _new_notes(parts: Parts, sheet_part: str) -> _Notes:
    name = parts.add("xl/comments%d.xml", _EMPTY_NOTES.encode(), _NOTES_TYPE)
    parts.link(sheet_part, "comments", name)
    return _Notes(name, find(name, parts.read(name), parts.limits, _keep))


def _keep(path: Path, _said: Attributes) -> int | None:
    wanted = path in (("authors",), ("authors", "author"), ("commentList",), _COMMENT, _WORDS)
    return 0 if wanted or path[:-1] == _WORDS else None


def _first(found: Found, name: str) -> Element:
    element = found.first(name)
    if element is None:
        raise Unusual(name)
    return element


def _place(comment: Element) -> str:
    return comment.attributes.get("ref", "").replace("$", "").upper()


def _inside(comment: Element, words: list[Element]) -> Element:
    text = next((one for one in words if comment.begin < one.begin < comment.end), None)
    if text is None:
        raise Unusual("note")
    return text


def _comment(p: str, place: str, author: int, text: str) -> str:
    said = _run(p, f"{SIGN}\n{text}")
    return f'<{p}comment ref="{place}" authorId="{author}" shapeId="0"><{p}text>{said}</{p}text></{p}comment>'


def _run(p: str, text: str) -> str:
    return f'<{p}r><{p}t xml:space="preserve">{escaped(text)}</{p}t></{p}r>'


def _extend(edits: Edits, text: Element, said: str) -> None:
    """Add a run; a bare text becomes a run first, since a reader may expect either the one or the other."""
    found, p = edits.found, edits.found.prefix
    parts = [one for one in found.elements if one.path[:-1] == _WORDS and text.begin < one.begin < text.end]
    for one in parts:
        if one.path[-1] == "t":
            edits.replace(one.begin, one.end, f"<{p}r>".encode() + found.raw(one) + f"</{p}r>".encode())
    shown = [one.end for one in parts if one.path[-1] in ("t", "r")]
    new = _run(p, f"\n{SIGN}\n{said}")
    if shown:
        edits.insert(max(shown), new)
    else:
        edits.append(text, new)


def _cut(edits: Edits, text: Element, kept: str) -> None:
    """Leave what stood before our sign: its runs as they are where ours is a run of its own, else as plain text."""
    found = edits.found
    runs = [one for one in found.elements if one.path == (*_WORDS, "r") and text.begin < one.begin < text.end]
    ours = next((n for n, one in enumerate(runs) if _plain(found.raw(one)).lstrip().startswith(SIGN)), None)
    if ours:
        edits.replace(runs[ours].begin, runs[-1].end, b"")
    else:
        edits.replace(text.inner, text.close, _run(found.prefix, kept))


def _plain(raw: bytes) -> str:
    return "".join(html.unescape(one.decode("utf-8", "replace")) for one in _TEXT.findall(raw))


def _draw(parts: Parts, sheet_part: str, said: Mapping[str, str]) -> str | None:
    """A hidden shape for each note, without which Excel shows none; the id of the drawing where it is new."""
    name, new_id = _drawing(parts, sheet_part), None
    if not name:
        name = parts.add("xl/drawings/vmlDrawing%d.vml", _EMPTY_DRAWING.encode(), _DRAWING_TYPE)
        new_id = parts.link(sheet_part, "vmlDrawing", name)
    data = parts.read(name)
    end = data.rfind(b"</xml>")
    head = data[: data.find(b">", data.find(b"<xml")) + 1]
    if end < 0:
        raise Unusual("drawing")
    spaces = "".join(f" {space}" for space in _SPACES if space.encode() not in head)
    first = max((int(number) for number in re.findall(rb"_x0000_s(\d+)", data)), default=1024) + 1
    shapes = "".join(
        _shape(number, place, text, spaces) for number, (place, text) in enumerate(said.items(), start=first)
    )
    is_there = re.search(rb'<(?:\w+:)?shapetype[^>]*id="_x0000_t202"', data)
    kind = "" if is_there else _SHAPE_TYPE.format(spaces=spaces)
    parts.write(name, data[:end] + (kind + shapes).encode() + data[end:])
    return new_id


def _drawing(parts: Parts, sheet_part: str) -> str:
    """The part with the shapes of a sheet's notes, as the sheet names it; '' where it names none."""
    said = _NAMED.search(parts.read(sheet_part))
    wanted = said[1].decode() if said else ""
    return next((one.target for one in parts.links(sheet_part) if one.id == wanted and not one.outside), "")


def _shape(number: int, place: str, text: str, spaces: str) -> str:
    row, column = _row_and_column(place)
    high = min(90 + 14 * (len(text) // 45), 400)
    return _SHAPE.format(
        number=number,
        spaces=spaces,
        height=high,
        left=column + 1,
        right=column + 5,
        top=max(row - 1, 0),
        bottom=max(row - 1, 0) + high // 15,
        row=row,
        column=column,
    )


def _row_and_column(place: str) -> tuple[int, int]:
    """Counted from 0."""
    letters = place.rstrip("0123456789")
    return int(place[len(letters) :]) - 1, place_of(letters)


def _without_shapes(data: bytes, places: set[str]) -> bytes:
    def kept(match: re.Match[bytes]) -> bytes:
        row, column = (re.search(rb"<(?:\w+:)?%s>\s*(\d+)" % name, match[0]) for name in (b"Row", b"Column"))
        is_gone = row and column and f"{letter(int(column[1]))}{int(row[1]) + 1}" in places
        return b"" if is_gone else match[0]

    return _ANY_SHAPE.sub(kept, data)

"""Change an XML part at a few places and leave every other byte of it as it was."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from framework.ground.sheets.limits import Limits
from framework.ground.sheets.xml import MAIN, SEPARATOR, Attributes, XmlPart

Path = tuple[str, ...]
"""Names of elements from below the root; those of the workbook vocabulary short, others with their namespace."""
Keep = Callable[[Path, Attributes], int | None]
"""Asked at every element: a number to keep with it, or None to pass it over."""
_TAG = re.compile(rb"""<[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*>""")
_ATTRIBUTE = re.compile(rb"""\s([\w:.-]+)\s*=\s*(?:"[^"]*"|'[^']*')""")
_ENCODING = re.compile(rb"""\A\s*<\?xml[^>]*encoding=["']([^"']+)""")
_ROOT: Path = ()


class Unusual(Exception):
    """The part is written in a way that we do not change."""


@dataclass(slots=True)
class Element:
    """Where an element stands, in bytes: `begin` its start tag, `inner` its content, `close` its end tag, `end` what follows."""

    path: Path
    attributes: Attributes
    place: int
    begin: int
    inner: int
    close: int
    end: int
    is_open: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether it is written as one tag."""
        return self.close == self.end


@dataclass(slots=True)
class Found:
    """The root of a part, its prefix (`x:` or nothing), and the elements that were kept, as they begin."""

    data: bytes
    root: Element
    prefix: str
    elements: list[Element] = field(default_factory=list)

    def of(self, *path: str) -> list[Element]:
        """The kept elements at a path."""
        return [one for one in self.elements if one.path == path]

    def first(self, *path: str) -> Element | None:
        """The first of them."""
        return next((one for one in self.elements if one.path == path), None)

    def tag(self, element: Element) -> bytes:
        """The start tag as written."""
        return self.data[element.begin : element.inner]

    def raw(self, element: Element) -> bytes:
        """The whole element as written."""
        return self.data[element.begin : element.end]


def find(part: str, data: bytes, limits: Limits, keep: Keep) -> Found:
    """The elements of a part that `keep` wants. Raises `Unusual` for parts not in UTF-8 and `Refused` for no proper XML."""
    _check_encoding(data)
    walk = _Walk(part, data, limits, keep)
    walk.xml.feed(data)
    walk.xml.close()
    if walk.found is None:
        raise Unusual(part)
    return walk.found


def check_vocabulary(found: Found) -> None:
    """Raises `Unusual` unless the part uses the workbook vocabulary of 2006: our words are of it, those of Strict files are not."""
    name = found.prefix.rstrip(":")
    said = b"xmlns:%s" % name.encode() if name else b"xmlns"
    if not re.search(said + rb"""=["']""" + re.escape(MAIN[0].encode()) + rb"""["']""", found.tag(found.root)):
        raise Unusual("vocabulary")


def _check_encoding(data: bytes) -> None:
    said = _ENCODING.match(data.removeprefix(b"\xef\xbb\xbf"))
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or (said and said[1].lower() not in (b"utf-8", b"utf8", b"us-ascii")):
        raise Unusual("encoding")


class _Walk:
    def __init__(self, part: str, data: bytes, limits: Limits, keep: Keep) -> None:
        self.data, self.keep = data, keep
        self.found: Found | None = None
        self.path: list[str] = []
        self.open: list[Element | None] = []
        self.xml = XmlPart(part, limits, start=self.start, end=self.end)

    def start(self, expanded: str, attributes: Attributes) -> None:
        space, _, short = expanded.rpartition(SEPARATOR)
        if self.found is None:
            element = self._element(_ROOT, attributes, 0)
            tag = self.data[element.begin + 1 : element.inner]
            qualified = re.split(rb"[\s/>]", tag, maxsplit=1)[0].decode()
            self.found = Found(self.data, element, qualified[: -len(short)])
            self.open.append(element)
            return
        self.path.append(short if space in MAIN else expanded)
        path = tuple(self.path)
        place = self.keep(path, attributes)
        kept = None if place is None else self._element(path, attributes, place)
        self.open.append(kept)
        if kept is not None:
            self.found.elements.append(kept)

    def end(self, _expanded: str) -> None:
        element = self.open.pop()
        if self.path:
            self.path.pop()
        if element is None or not element.is_open:
            return
        element.is_open = False
        element.close = self.xml.parser.CurrentByteIndex
        element.end = self.data.index(b">", element.close) + 1

    def _element(self, path: Path, attributes: Attributes, place: int) -> Element:
        begin = self.xml.parser.CurrentByteIndex
        tag = _TAG.match(self.data, begin)
        if tag is None:
            raise Unusual("tag")
        inner = tag.end()
        is_open = self.data[inner - 2 : inner] != b"/>"
        return Element(path, dict(attributes), place, begin, inner, inner, inner, is_open)


class Edits:
    """Replacements to be made in a part, in any order."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self._edits: list[tuple[int, int, bytes]] = []

    def replace(self, begin: int, end: int, new: str | bytes) -> None:
        """Put `new` in place of the bytes from `begin` to before `end`."""
        self._edits.append((begin, end, new.encode() if isinstance(new, str) else new))

    def insert(self, at: int, new: str | bytes) -> None:
        """Put `new` before the byte at `at`."""
        self.replace(at, at, new)

    def remove(self, element: Element) -> None:
        """Take an element away."""
        self.replace(element.begin, element.end, b"")

    def attributes(self, element: Element, **values: str | None) -> None:
        """Set attributes of an element; None takes one away."""
        self.replace(element.begin, element.inner, with_attributes(self.found.tag(element), **values))

    def append(self, element: Element, new: str | bytes, **values: str | None) -> None:
        """Put `new` at the end of an element's content, opening it where it is one tag; and set attributes."""
        new = new.encode() if isinstance(new, str) else new
        tag = with_attributes(self.found.tag(element), **values)
        if element.is_empty:
            name = re.split(rb"[\s/>]", tag[1:], maxsplit=1)[0]
            self.replace(element.begin, element.end, tag[:-2].rstrip() + b">" + new + b"</" + name + b">")
            return
        if values:
            self.replace(element.begin, element.inner, tag)
        self.insert(element.close, new)

    def done(self) -> bytes:
        """The part with all replacements. Raises `Unusual` where two overlap."""
        pieces, reached, data = [], 0, self.found.data
        for begin, end, new in sorted(self._edits, key=lambda one: one[:2]):
            if begin < reached:
                raise Unusual("overlap")
            pieces += [data[reached:begin], new]
            reached = end
        return b"".join([*pieces, data[reached:]])


def with_attributes(tag: bytes, **values: str | None) -> bytes:
    """A start tag with these attributes set, or taken away where None; values are plain text without markup."""
    for name, value in values.items():
        said = b"" if value is None else b' %s="%s"' % (name.encode(), value.encode())
        there = next((one for one in _ATTRIBUTE.finditer(tag) if one[1] == name.encode()), None)
        if there:
            tag = tag[: there.start()] + said + tag[there.end() :]
        elif said:
            at = len(tag) - (2 if tag.endswith(b"/>") else 1)
            tag = tag[:at].rstrip() + said + tag[at:]
    return tag

"""Shared strings: counted and checked in one fast pass; loaded only when the walk itself must deliver cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from framework.ground.sheets.limits import Limits
from framework.ground.sheets.refused import refused
from framework.ground.sheets.xml import LONGEST_TOKEN, SOME_TEXT, Attributes, NotPlain, XmlPart, main_names, plain_root

BLANKS = " \t\r\n"
_NAMES = main_names("si", "t", "rPh")
_PLAIN = re.compile(
    rb'(?:[ \t\r\n]*+<si>(?:<t(?: xml:space="preserve")?>(?:%s|[ \t\r\n]*+)</t>|<t/>)</si>)*+[ \t\r\n]*+\Z' % SOME_TEXT
)
_BLANK = re.compile(rb'<si>(?:<t(?: xml:space="preserve")?>[ \t\r\n]*+</t>|<t/>)</si>')
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(slots=True)
class StringFacts:
    """How many shared strings there are and which of them hold no text."""

    count: int = 0
    blank: set[int] = field(default_factory=set)


def string_facts(part: str, stream: Callable[[], Iterable[bytes]], limits: Limits) -> StringFacts:
    """Count and check the shared strings; raises `Refused`."""
    try:
        return _plain_facts(part, stream(), limits)
    except NotPlain:
        found = StringFacts()
        for text in iter_strings(part, stream(), limits):
            if not text.strip(BLANKS):
                found.blank.add(found.count)
            found.count += 1
        return found


def iter_strings(part: str, chunks: Iterable[bytes], limits: Limits) -> Iterator[str]:
    """The shared strings in order: runs joined, phonetic readings left out; raises `Refused`."""
    reader = _Reader(part, limits)
    xml = XmlPart(part, limits, start=reader.start, end=reader.end, text=reader.text)
    count = 0
    for chunk in chunks:
        xml.feed(chunk)
        count += len(reader.done)
        _check_count(count, limits)
        yield from reader.done
        reader.done.clear()
    xml.close()
    yield from reader.done


def unescape(text: str) -> str:
    """Text with Excel's `_xHHHH_` escapes resolved; escapes of lone surrogates stay as written."""
    if "_x" not in text:
        return text
    return _ESCAPE.sub(_resolved, text)


def _resolved(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return match[0] if 0xD800 <= code <= 0xDFFF else chr(code)


def _plain_facts(part: str, chunks: Iterable[bytes], limits: Limits) -> StringFacts:
    xml = XmlPart(part, limits)
    xml.quiet()
    longest = re.compile(rb"[^<]{%d}" % (limits.stop_cell_chars + 1))
    rest, found, begun = b"", StringFacts(), False
    for chunk in chunks:
        rest += chunk
        if not begun:
            head = plain_root(rest, b"sst")
            xml.feed(rest[:head])
            begun, rest = True, rest[head:]
        cut = rest.rfind(b"</si>") + 5
        if cut < 5:
            if len(rest) > LONGEST_TOKEN:
                raise NotPlain
            continue
        whole, rest = rest[:cut], rest[cut:]
        if not _PLAIN.match(whole) or longest.search(whole):
            raise NotPlain
        xml.skim(whole)
        found.blank.update(_blanks(whole, found.count))
        found.count += whole.count(b"<si>")
        _check_count(found.count, limits)
    if rest.strip() not in (b"</sst>", b""):
        raise NotPlain
    xml.feed(rest)
    xml.close()
    return found


def _blanks(strings: bytes, number: int) -> Iterator[int]:
    """The numbers of the strings without text; `number` is that of the first string."""
    position = 0
    for blank in _BLANK.finditer(strings):
        number += strings.count(b"<si>", position, blank.start())
        position = blank.start()
        yield number


def _check_count(count: int, limits: Limits) -> None:
    if count > limits.max_strings:
        raise refused("file-unpacks-too-large", "strings", found=count, limit=limits.max_strings)


class _Reader:
    def __init__(self, part: str, limits: Limits) -> None:
        self.done: list[str] = []
        self._part = part
        self._limits = limits
        self._pieces: list[str] = []
        self._piece: list[str] = []
        self._inside = False
        self._phonetic = False
        self._keep = False

    def start(self, name: str, attributes: Attributes) -> None:
        short = _NAMES.get(name)
        if short == "si":
            self._pieces.clear()
        elif short == "rPh":
            self._phonetic = True
        elif short == "t" and not self._phonetic:
            self._inside = True
            self._keep = attributes.get("http://www.w3.org/XML/1998/namespace space") == "preserve"
            self._piece.clear()

    def text(self, data: str) -> None:
        if self._inside:
            self._piece.append(data)

    def end(self, name: str) -> None:
        short = _NAMES.get(name)
        if short == "t" and self._inside:
            self._inside = False
            text = "".join(self._piece)
            self._pieces.append(text if self._keep else text.strip(BLANKS))
        elif short == "rPh":
            self._phonetic = False
        elif short == "si":
            text = "".join(self._pieces)
            if len(text) > self._limits.stop_cell_chars:
                raise refused("text-too-long-for-file", part=self._part, limit=self._limits.stop_cell_chars)
            self.done.append(unescape(text))

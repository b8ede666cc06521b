"""Reading XML parts with expat, one pass and no tree; a document type is refused wherever it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from xml.parsers import expat

from framework.ground.sheets.limits import MIB, Limits
from framework.ground.sheets.refused import damaged, refused

Attributes = dict[str, str]
Start = Callable[[str, Attributes], None]
End = Callable[[str], None]
SEPARATOR = " "
LONGEST_TOKEN = 4 * MIB
_PLAIN_ROOT = (
    rb"""\A(?:\xef\xbb\xbf)?\s*+(?:<\?xml(?![^<>]*encoding=["'](?!(?i:utf-8)["']))[^<>]*\?>)?\s*+<%s( [^<>]*)(?<!/)>"""
)

_LETTER = rb"[^<&\x00-\x08\x0b\x0c\x0e-\x1f]"
_ENTITY = rb"&(?:amp|lt|gt|quot|apos|#x?[0-9A-Fa-f]{1,8});"
ANY_TEXT = rb"(?:%s++|%s)*+" % (_LETTER, _ENTITY)
"""A pattern for text between tags, also for none, as `skim` wants it."""
SOME_TEXT = rb"[ \t\r\n]*+(?:[^<&\x00-\x20]|&(?:amp|lt|gt|quot|apos);)" + ANY_TEXT
"""The same for text that is more than blanks."""
_NO_LETTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")

MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)


def main_names(*names: str) -> dict[str, str]:
    """Expanded element names of the workbook vocabulary (Transitional and Strict), mapped to their short names."""
    return {f"{space}{SEPARATOR}{name}": name for space in MAIN for name in names}


class NotPlain(Exception):
    """The part is not written in the plain dialect: walk it element by element."""


def plain_root(head: bytes, name: bytes) -> int:
    """Where the root element's start tag ends, in UTF-8 and with the workbook vocabulary as default namespace."""
    match = re.match(_PLAIN_ROOT % name, head)
    if match is None or not any(b'xmlns="%s"' % space.encode() in match[1] for space in MAIN):
        raise NotPlain
    return match.end()


def _vouched(data: bytes) -> bool:
    """Whether bytes whose tags and texts all match patterns are well-formed by that alone: the patterns leave only this.

    Single signs are looked for first, which is many times faster and nearly always enough.
    """
    return (
        (b"&" not in data or b"&#" not in data)
        and (b"]" not in data or b"]]>" not in data)
        and (data.isascii() or _is_utf8(data))
    )


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return not any(sign in data for sign in _NO_LETTERS)


class XmlPart:
    """An expat parser for one part, guarded against document types, depth, wide elements and endless tokens.

    The guards of depth and width work while handlers are installed; `quiet` takes the handlers
    away for stretches whose shape is checked otherwise.
    """

    def __init__(
        self,
        part: str,
        limits: Limits,
        *,
        start: Start | None = None,
        end: End | None = None,
        text: Callable[[str], None] | None = None,
    ) -> None:
        self.part = part
        self.limits = limits
        self.depth = 0
        self._start, self._end, self._text = start, end, text
        self._run = 0
        self._in_tag = False
        self._skimmed = False
        self.parser = expat.ParserCreate(namespace_separator=SEPARATOR)
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.loud()

    def loud(self) -> None:
        """Call the handlers again."""
        self.parser.StartElementHandler = self._on_start
        self.parser.EndElementHandler = self._on_end
        self.parser.CharacterDataHandler = self._text

    def quiet(self) -> None:
        """Check well-formedness and nothing else."""
        self.parser.StartElementHandler = None
        self.parser.EndElementHandler = None
        self.parser.CharacterDataHandler = None

    def feed(self, data: bytes) -> None:
        """Parse further bytes; raises `Refused`."""
        self._measure(data)
        self._parse(data, final=False)

    def skim(self, data: bytes) -> None:
        """Parse whole elements whose tags and texts match patterns; raises `Refused`.

        Such elements say themselves that they are well-formed, and to read them would take expat longer than all else
        that is done with them. It reads those few that hold what the patterns leave open.
        """
        if _vouched(data):
            self._skimmed = True
        else:
            self.feed(data)

    def sample(self, data: bytes) -> None:
        """Parse one element instead of all that are formed like it; raises `Refused`."""
        self._skimmed = True
        self.feed(data)

    def close(self) -> None:
        """The part ends here."""
        self._parse(b"", final=True)

    def feed_all(self, chunks: Iterable[bytes]) -> None:
        """Parse a whole part."""
        for chunk in chunks:
            self.feed(chunk)
        self.close()

    def _parse(self, data: bytes, *, final: bool) -> None:
        try:
            self.parser.Parse(data, final)
        except expat.ExpatError as error:
            if self._skimmed:
                raise NotPlain from error  # the lines were not counted, so the walk must say where it is
            raise damaged("xml", part=self.part, line=error.lineno) from error
        except (LookupError, ValueError) as error:
            raise damaged("xml-encoding", part=self.part) from error

    def _measure(self, data: bytes) -> None:
        """Expat keeps an unfinished token in memory and reads it again with every chunk: none may be endless."""
        end = data.rfind(b">")
        if end >= 0:
            self._run = len(data) - end
            self._in_tag = data.rfind(b"<") > end
            return
        self._run += len(data)
        self._in_tag = self._in_tag or b"<" in data
        if self._run > LONGEST_TOKEN:
            raise (
                damaged("tag-too-long", part=self.part)
                if self._in_tag
                else refused("text-too-long-for-file", part=self.part, limit=self.limits.stop_cell_chars)
            )

    def _doctype(self, *_: object) -> None:
        raise damaged("doctype", part=self.part)

    def _on_start(self, name: str, attributes: Attributes) -> None:
        self.depth += 1
        if self.depth > self.limits.max_xml_depth:
            raise damaged("xml-depth", part=self.part, limit=self.limits.max_xml_depth)
        if len(attributes) > self.limits.max_xml_attributes:
            raise damaged("xml-attributes", part=self.part, limit=self.limits.max_xml_attributes)
        if self._start is not None:
            self._start(name, attributes)

    def _on_end(self, name: str) -> None:
        self.depth -= 1
        if self._end is not None:
            self._end(name)

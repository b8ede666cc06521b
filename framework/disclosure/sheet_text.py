"""Text as a cell of a sheet holds it in XML."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

LONGEST = 32_000
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def escaped(text: str) -> str:
    """Text between tags: without what XML forbids, and with what a spreadsheet would take for an escape written out."""
    plain = _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))[:LONGEST]
    return escape(_LOOKS_ESCAPED.sub("_x005F_", plain))


def text_cell(prefix: str, place: str, look: int, text: str) -> str:
    """A cell that holds its text itself, whatever it begins with."""
    said = f'<{prefix}is><{prefix}t xml:space="preserve">{escaped(text)}</{prefix}t></{prefix}is>'
    return f'<{prefix}c r="{place}" s="{look}" t="inlineStr">{said}</{prefix}c>'

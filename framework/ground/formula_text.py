"""Text that a spreadsheet would run as a formula, on its way into CSV and back: one apostrophe more, then exactly that one less."""

from __future__ import annotations

import re

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")
_NUMBER_OR_TELEPHONE = re.compile(r"[+-][0-9]+(?:[ .,][0-9]+)*", re.ASCII)
_MARK = "'"


def harmless(text: str) -> str:
    """The text as CSV may hold it: an apostrophe before what would run; numbers and telephone numbers stay as they are.

    A text that has apostrophes there of its own gets one more, or nobody could tell them apart coming back.
    """
    return _MARK + text if _would_run(text) else text


def restored(text: str) -> str:
    """What `harmless` was given; every text that it never makes is left alone."""
    return text[1:] if text.startswith(_MARK) and _would_run(text) else text


def _would_run(text: str) -> bool:
    """Whether a spreadsheet would run the text, or what stands behind its leading apostrophes."""
    body = text.lstrip(_MARK)
    return body.startswith(_STARTS) and not _NUMBER_OR_TELEPHONE.fullmatch(body)

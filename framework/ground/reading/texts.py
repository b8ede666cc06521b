"""Clean text cells: outer and invisible characters, placeholders, characters that are no text, look-alike letters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

PLACEHOLDER_WORDS = (
    "N/A",
    "n.a.",
    "NA",
    "-",
    "–",
    "—",
    "?",
    "TBC",
    "TBD",
    "unknown",
    "same as above",
    "onbekend",
    "okänd",
    "ingen",
    "geen",
    "ingen uppgift",
    "geen opgave",
)
PLACEHOLDERS = frozenset(word.casefold() for word in PLACEHOLDER_WORDS)
ERROR_WORDS = frozenset(
    {"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#GETTING_DATA", "#SPILL!"}
)

_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad]")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_NO_TEXT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]|_x(?:00[01][0-9A-Fa-f]|[dD][89a-fA-F][0-9A-Fa-f]{2})_"
)
_ESCAPED_BREAK = re.compile("_x000[9ADad]_")
_MARKS_IN_A_ROW = 4


@dataclass(frozen=True, slots=True)
class CleanText:
    """A text as read; `trouble` is a catalogue key with its parameters, `usable` is False when the value may not be taken."""

    text: str
    trouble: str = ""
    character: str = ""
    usable: bool = True


def clean(raw: str) -> CleanText:
    """Outer white space and invisible characters gone, inner runs one space, NFC; troubles named with the character."""
    text = " ".join(raw.split())
    if text.isascii() and text.isprintable() and "_x" not in text:
        return CleanText(text)
    text = _ESCAPED_BREAK.sub(" ", _INVISIBLE.sub("", text))
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    bad = _NO_TEXT.search(raw if not _ESCAPED_BREAK.search(raw) else text)
    if bad:
        return CleanText(text, "value-bad-character", character_name(bad.group()), usable=False)
    if _stacked(text):
        return CleanText(text, "value-bad-character", character_name(_last_mark(text)), usable=False)
    turned = _DIRECTION.search(text)
    if turned:
        return CleanText(text, "value-hidden-direction", character_name(turned.group()))
    return CleanText(text, "value-look-alike" if looks_alike(text) else "")


def is_placeholder(text: str) -> bool:
    """Whether the cleaned text only says that nothing is known (setting `placeholder_words`)."""
    return len(text) <= 20 and text.casefold() in PLACEHOLDERS


def character_name(character: str) -> str:
    """A name a person can read for one character, such as U+202E RIGHT-TO-LEFT OVERRIDE."""
    if len(character) > 1:
        return f"U+{character[2:6].upper()}"
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip()


def looks_alike(text: str) -> bool:
    """Whether one word mixes Latin with Cyrillic or Greek letters."""
    if text.isascii():
        return False
    return any(len(_alphabets(word)) > 1 for word in text.split() if not word.isascii())


def _alphabets(word: str) -> set[str]:
    names = (unicodedata.name(letter, "").partition(" ")[0] for letter in word if letter.isalpha())
    return {name for name in names if name in {"LATIN", "CYRILLIC", "GREEK"}}


def _stacked(text: str) -> bool:
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run >= _MARKS_IN_A_ROW:
            return True
    return False


def _last_mark(text: str) -> str:
    return next(character for character in reversed(text) if unicodedata.combining(character))

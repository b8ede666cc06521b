"""Read numbers written as text. The decimal sign is decided per column; what cannot be decided is asked, never guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Habit(StrEnum):
    """How a column writes decimals: with a point, with a comma, or it cannot be told."""

    POINT = "."
    COMMA = ","
    UNCLEAR = "?"


@dataclass(frozen=True, slots=True)
class NumberReading:
    """One number read; `low` is set for a range. `cause` names why nothing was read; `rewritten` that the text was not plain."""

    value: float | int | None = None
    low: float | int | None = None
    cause: str = ""
    rewritten: bool = False


UNCLEAR = "decimal-sign-unclear"
_GROUP = re.compile(r"(?<=\d)[ '’`](?=\d{3}(?!\d))")
_BODY = re.compile(r"[+-]?(?:\d[\d.,]*|[.,]\d+)\Z")
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?\Z", re.ASCII)
_TRAILING_MINUS = re.compile(r"\d[\d.,]*\s*-\Z")
_ABOUT = re.compile(
    r"(?:~|≈|±|>|≥|<|≤|ca\b|c\.|circa\b|cirka\b|approx|about\b|around\b|ungefär\b|omkring\b|ongeveer\b|etwa\b|env)",
    re.I,
)
_RANGE = re.compile(r"([\d.,' ’]*\d)\s*(?:-|\bto\b|\btill\b|\btot\b|\bbis\b)\s*([\d.,' ’]*\d)\Z", re.I)
_BELOW = re.compile(r"[<≤]\s*([\d.,' ’]*\d)\Z")
_WELL_GROUPED = re.compile(r"(?:\d*|\d{1,3}(?:\.\d{2,3})*\.\d{3}|\d{1,3}(?:,\d{2,3})*,\d{3})\Z")
_MAX_DIGITS = 300


def tidy(text: str) -> str:
    """Full-width digits and special blanks made plain, thousands blanks and apostrophes removed, one kind of minus."""
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = re.sub("[\u2010-\u2015\u2212]", "-", plain)
    return _GROUP.sub("", plain).lstrip("'’")


def decimal_habit(texts: Iterable[str]) -> Habit:
    """How the column writes decimals, from all its texts; UNCLEAR when they contradict or never show it."""
    seen: set[str] = set()
    undecided = False
    for text in texts:
        for body in re.findall(r"\d[\d.,]*\d|[.,]\d+", tidy(text)):
            sign = _own_decimal_sign(body)
            if sign:
                seen.add(sign)
            undecided |= sign is None
    if len(seen) > 1 or (undecided and not seen):
        return Habit.UNCLEAR
    return Habit(seen.pop()) if seen else Habit.POINT


def read_number(text: str, habit: Habit, *, whole: bool = False, ranges: bool = False) -> NumberReading:
    """The number in a text, or the cause why there is none. `whole`: only integers; `ranges`: `a-b` and `< b` are welcome."""
    plain = tidy(text)
    if len(plain) > _MAX_DIGITS:
        return NumberReading(cause="not a number")
    if _BODY.match(plain):
        return _single(plain, text, habit, whole)
    if _TRAILING_MINUS.match(plain):
        return NumberReading(cause="trailing minus")
    pair = _BELOW.match(plain) if ranges else None
    if pair:
        return _range("0", pair[1], habit, whole, rewritten=True)
    pair = _RANGE.match(plain)
    if pair:
        return (
            _range(pair[1], pair[2], habit, whole, rewritten=plain != text) if ranges else NumberReading(cause="range")
        )
    return NumberReading(cause="approximate" if _ABOUT.match(plain) and re.search(r"\d", plain) else "not a number")


def _single(plain: str, text: str, habit: Habit, whole: bool) -> NumberReading:
    value = _parse(plain, habit, whole)
    if value is None:
        return NumberReading(cause=UNCLEAR if _own_decimal_sign(plain.lstrip("+-")) is None else "not a number")
    if whole and value != int(value):
        return NumberReading(cause="not a whole number")
    return NumberReading(int(value) if whole else value, rewritten=not _PLAIN.match(text) or value != float(text))


def _range(low: str, high: str, habit: Habit, whole: bool, *, rewritten: bool) -> NumberReading:
    first, last = _parse(_GROUP.sub("", low.strip()), habit, whole), _parse(_GROUP.sub("", high.strip()), habit, whole)
    if first is None or last is None:
        return NumberReading(cause=UNCLEAR)
    if whole and (first != int(first) or last != int(last)):
        return NumberReading(cause="not a whole number")
    return NumberReading(int(last) if whole else last, low=int(first) if whole else first, rewritten=rewritten)


def _own_decimal_sign(body: str) -> str | None:
    """The decimal sign this number shows by itself; an empty text if it has no sign or only thousands; None if it could be either."""
    points, commas = body.count("."), body.count(",")
    if points and commas:
        return max(".,", key=body.rfind)
    if points + commas != 1:
        return ""
    sign = "." if points else ","
    before, after = body.split(sign)
    return sign if len(after) != 3 or before.strip("+-") in {"", "0"} or len(before.strip("+-")) > 3 else None


def _parse(body: str, habit: Habit, whole: bool) -> float | int | None:
    sign = _own_decimal_sign(body.lstrip("+-"))
    if sign is None:
        sign = _decided(body, habit, whole)
    if sign is None:
        return None
    whole_part, _, decimals = body.rpartition(sign) if sign and body.count(sign) == 1 else (body, "", "")
    if not _WELL_GROUPED.match(whole_part.lstrip("+-")):
        return None
    plain = re.sub("[.,]", "", whole_part) + (f".{decimals}" if decimals else "")
    try:
        return float(plain) if decimals else int(plain)
    except ValueError:
        return None


def _decided(body: str, habit: Habit, whole: bool) -> str | None:
    if whole:
        return ""
    return None if habit is Habit.UNCLEAR else (habit.value if habit.value in body else "")

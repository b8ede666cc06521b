"""Read dates: typed dates as they are, ISO always, other texts by what the column shows; doubt is asked, never guessed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Order(StrEnum):
    """How a column writes day and month, or that it cannot be told."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"
    UNCLEAR = "?"


@dataclass(frozen=True, slots=True)
class DateReading:
    """One date read; `cause` says why there is none; `time_dropped`, `serial` and `rewritten` say what was done."""

    value: dt.date | None = None
    cause: str = ""
    time_dropped: bool = False
    serial: bool = False
    rewritten: bool = False


_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:?\d{2}(?::?\d{2}(?:\.\d+)?)?)\s*(?:Z|[+-]\d{2}:?\d{2})?)?\Z")
_YEAR_FIRST = re.compile(r"(\d{4})[./-](\d{1,2})[./-](\d{1,2})\Z")
_YEAR_LAST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})\Z")
_SHORT_YEAR = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2}\Z")
_SERIAL_TEXT = re.compile(r"\d{5}(?:[.,]\d+)?\Z", re.ASCII)
_WORDS = re.compile(r"(?:(\d{1,2})\.?[\s-]+([^\W\d]+)\.?,?[\s-]+(\d{4})|([^\W\d]+)\.?\s+(\d{1,2}),?\s+(\d{4}))\Z")
_WEEK = re.compile(r"(?:v|w|wk|week|vecka|kw|semaine)\.?\s*\d{1,2}\b", re.I)
_MONTHS = {
    prefix: number
    for number, prefixes in enumerate(
        (
            "jan",
            "feb fév fev",
            "mar maa mär mrt",
            "apr avr",
            "may maj mei mai",
            "jun juin",
            "jul juil",
            "aug aoû aou",
            "sep",
            "oct okt",
            "nov",
            "dec dez déc",
        ),
        start=1,
    )
    for prefix in prefixes.split()
}
SERIALS = range(20_000, 80_000)
_START = {False: dt.date(1899, 12, 30), True: dt.date(1904, 1, 1)}


def date_order(texts: Iterable[str]) -> Order:
    """Day or month first: a first number above 12 decides, a second one too; contradiction or no evidence is UNCLEAR."""
    seen = set()
    for text in texts:
        match = _YEAR_LAST.match(text)
        if match and int(match[1]) > 12:
            seen.add(Order.DAY_FIRST)
        elif match and int(match[2]) > 12:
            seen.add(Order.MONTH_FIRST)
    return seen.pop() if len(seen) == 1 else Order.UNCLEAR


def read_date(cell: object, order: Order, *, date1904: bool = False) -> DateReading:
    """A date from a typed cell, a serial number (also as text, as CSV has it) or a text; a year of two digits is never filled up."""
    if isinstance(cell, dt.datetime):
        return DateReading(cell.date(), time_dropped=cell.time() != dt.time())
    if isinstance(cell, dt.date):
        return DateReading(cell)
    if isinstance(cell, bool | dt.time):
        return DateReading(cause="wrong kind")
    if isinstance(cell, int | float):
        return _serial(cell, date1904)
    if _SERIAL_TEXT.match(str(cell)):
        return _serial(float(str(cell).replace(",", ".")), date1904)
    return _text(str(cell), order)


def _serial(number: float, date1904: bool) -> DateReading:
    if number != number or int(min(max(number, 0), 10**6)) not in SERIALS:
        return DateReading(cause="no such date")
    return DateReading(_START[date1904] + dt.timedelta(days=int(number)), serial=True)


def _text(text: str, order: Order) -> DateReading:
    match = _ISO.match(text)
    if match:
        return _made(match[1], match[2], match[3], time_dropped=bool(match[4]))
    match = _YEAR_FIRST.match(text)
    if match:
        return _made(match[1], match[2], match[3], rewritten=True)
    match = _YEAR_LAST.match(text)
    if match:
        return _year_last(match[1], match[2], match[3], order)
    match = _WORDS.match(text)
    if match:
        return _month_word(match)
    if _SHORT_YEAR.match(text):
        return DateReading(cause="short year")
    return DateReading(cause="week" if _WEEK.match(text) else "no such date")


def _year_last(first: str, second: str, year: str, order: Order) -> DateReading:
    if first == second or int(first) > 12:
        return _made(year, second, first, rewritten=True)
    if int(second) > 12:
        return _made(year, first, second, rewritten=True)
    if order is Order.UNCLEAR:
        return DateReading(cause="day or month")
    day, month = (first, second) if order is Order.DAY_FIRST else (second, first)
    return _made(year, month, day, rewritten=True)


def _month_word(match: re.Match[str]) -> DateReading:
    day, word, year = (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
    month = _MONTHS.get(word.casefold()[:4]) or _MONTHS.get(word.casefold()[:3])
    return _made(year, str(month or 0), day, rewritten=True)


def _made(year: str, month: str, day: str, *, rewritten: bool = False, time_dropped: bool = False) -> DateReading:
    try:
        date = dt.date(int(year), int(month), int(day))
    except ValueError:
        return DateReading(cause="no such date")
    if date.year >= 9999:
        return DateReading(cause="no such date")
    return DateReading(date, rewritten=rewritten, time_dropped=time_dropped)

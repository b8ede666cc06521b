"""Names of bidders that are read as letters, while what runs is for somebody who judges by letters (docs/judging.md).

Names reach pages through few columns. Those give a letter instead of the name wherever a page, a file or a mail asks for them,
so what is written tomorrow is covered without knowing of letters. Rules that compare names ask `real`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import JSON, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

LEAST = 3
"""Signs of a registration number or domain below which it is no word to look for in texts."""
SHORT = 5
"""Signs up to which a name is looked for as a word of its own alone."""
PARTY = ("reporting_party_name", "reporting_party_reg_id", "reporting_party_address", "dd_contact_email")
"""Columns of a disclosure in which its sender names itself."""
KEPT = "…"
"""What stands in such a column where its text is not shown."""


class Lettered(str):
    """What is read in place of a name; `real` is the name."""

    __slots__ = ("real",)
    real: str

    def __new__(cls, shown: str, name: str) -> Lettered:
        """`shown` in place of `name`."""
        made = super().__new__(cls, shown)
        made.real = name
        return made


@dataclass(frozen=True, slots=True)
class Bidder:
    """A bidder as the database names it, and the words that stand in its place (*Supplier B*)."""

    shown: str
    name: str
    registration_no: str = ""
    mail_domain: str = ""

    @property
    def words(self) -> list[str]:
        """What gives it away in a text."""
        short = (self.registration_no.strip(), self.mail_domain.strip())
        return [one for one in (self.name.strip(), *(one for one in short if len(one) >= LEAST)) if one]


@dataclass(frozen=True)
class Names:
    """The bidders whom a reader knows by letters."""

    bidders: Sequence[Bidder] = ()
    _known: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def letters(self) -> Mapping[str, str]:
        """Every word that gives a bidder away, folded, with what stands in its place."""
        found: dict[str, str] = {}
        for one in self.bidders:
            for word in one.words:
                found.setdefault(folded(word), one.shown)
        return found

    @cached_property
    def written(self) -> frozenset[str]:
        """The same words as they were written."""
        return frozenset(word for one in self.bidders for word in one.words)

    @cached_property
    def _exact(self) -> Mapping[str, Mapping[str, str]]:
        """By kind of column: what it may hold of a bidder, and what is given instead."""
        return {
            "name": {one.name: one.shown for one in reversed(self.bidders)},
            "folded_name": {folded(one.name): one.shown.casefold() for one in reversed(self.bidders)},
            "registration_no": {one.registration_no: "" for one in self.bidders if one.registration_no},
            "mail_domain": {one.mail_domain: "" for one in self.bidders if one.mail_domain},
        }

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        """The words as parts of file names, where blanks may be any sign."""
        forms = [_form(one) for one in sorted(self.written, key=len, reverse=True) if _bare(one)]
        return re.compile("|".join(forms), re.IGNORECASE) if forms else None

    def column(self, kind: str, value: str) -> str:
        """The value of a column that names an organisation, as the reader gets it."""
        shown = self._exact[kind].get(value)
        return value if shown is None else Lettered(shown, value)

    def over(self, text: str) -> str:
        """A text in which a bidder stands in any way of writing (the name of a file, a mail), with letters instead."""
        return text if self._pattern is None else self._pattern.sub(self._shown, text)

    def _shown(self, found: re.Match[str]) -> str:
        bare = _bare(found[0])
        same = (one.shown for one in self.bidders if any(_bare(word) == bare for word in one.words))
        alike = (one.shown for one in self.bidders if any(_is_written(word, found[0]) for word in one.words))
        return next(itertools.chain(same, alike))

    def over_all(self, value: Any) -> Any:
        """The same for all texts in an object."""
        if isinstance(value, str):
            return self.over(value)
        if isinstance(value, dict):
            return {key: self.over_all(one) for key, one in value.items()}
        return [self.over_all(one) for one in value] if isinstance(value, list) else value

    def row(self, values: Any) -> Any:
        """The cells of a row of a disclosure: where the sender names itself, a letter, or nothing where it names itself otherwise."""
        if not isinstance(values, dict) or not any(name in values for name in PARTY):
            return values
        for name in PARTY:
            if isinstance(values.get(name), str) and values[name].strip():
                shown = self.over(values[name])
                values[name] = shown if any(shown == one.shown for one in self.bidders) else KEPT
        return values


_veil: ContextVar[Names | None] = ContextVar("names", default=None)


def names() -> Names | None:
    """The bidders whom the reader of what runs now knows by letters; None: all names are read."""
    return _veil.get()


def veil(found: Names | None) -> None:
    """From now on what runs here (a request) reads letters; None: names."""
    _veil.set(found)


@contextmanager
def veiling(found: Names | None) -> Iterator[None]:
    """Let what runs inside read letters."""
    before = _veil.set(found)
    try:
        yield
    finally:
        _veil.reset(before)


def real(value: str) -> str:
    """The name itself, for a rule that compares names; never to be shown."""
    return value.real if isinstance(value, Lettered) else value


def folded(text: str) -> str:
    """A text without case and with single blanks."""
    return " ".join(text.split()).casefold()


class NameText(TypeDecorator[str]):
    """A column that names an organisation. `kind` says what of it: name, folded_name, registration_no or mail_domain."""

    impl = String
    cache_ok = True

    def __init__(self, kind: str, length: int) -> None:
        super().__init__(length)
        self.kind = kind

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """The letter where the reader may not know the name."""
        found = _veil.get()
        return value if found is None or value is None else found.column(self.kind, value)


class SaidText(TypeDecorator[str]):
    """A text in which somebody may have written who a bidder is: what a supplier answered."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """With letters where the reader may not know the names."""
        found = _veil.get()
        return value if found is None or value is None else found.over(value)


class SaidObject(TypeDecorator[Any]):
    """The same for an object of texts; it is never asked for in SQL by its parts."""

    impl = JSON
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """With letters where the reader may not know the names."""
        found = _veil.get()
        return value if found is None else found.over_all(value)


def _form(word: str) -> str:
    """A word as it may stand in the name of a file; a short one only as a word of its own."""
    form = r"[\W_]*".join(map(re.escape, re.findall(r"[^\W_]+", word)))
    return form if len(_bare(word)) > SHORT else rf"(?<![^\W_]){form}(?![^\W_])"


def _is_written(word: str, text: str) -> bool:
    """Whether a text is a word in another way of writing its letters, which comparing folded texts does not see (İnova, Inova)."""
    return bool(_bare(word)) and re.fullmatch(_form(word), text, re.IGNORECASE) is not None


def _bare(text: str) -> str:
    return "".join(re.findall(r"[^\W_]+", text)).casefold()

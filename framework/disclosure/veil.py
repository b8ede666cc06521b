"""Files without the names of their bidders, for a reader who may not know these before the award (workbook, section 7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from pathlib import PurePath
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.disclosure.columns import SHEETS, SUBMISSION
from framework.disclosure.confidentiality import Reader, letter
from models import veiled
from models.disclosure import Submission, SubmissionRow
from models.rounds import Round

OPENED = ("opened", "clarification_asked", "in_review", "scored", "excluded")
"""States of a submission that the readers of an opened round may know of."""


@dataclass(frozen=True, slots=True)
class Veil:
    """Names that stand for a bidder, folded, with the letter that is read in their place; empty where all may be read.

    `written` are the same names as they were written: folding changes letters (ß, İ) that the text still has.
    """

    letters: dict[str, str] = field(default_factory=dict)
    written: frozenset[str] = frozenset()

    def over(self, value: Any, bidder: Callable[[str], str]) -> Any:
        """A value with every name of a bidder replaced by what `bidder` says of its letter; lists part by part."""
        if isinstance(value, list):
            return [self.over(part, bidder) for part in value]
        if not self.letters or not isinstance(value, str):
            return value
        return _pattern(self.written.union(self.letters)).sub(lambda found: bidder(self._letter(found[0])), value)

    def _letter(self, found: str) -> str:
        """The letter of a name as it stands in a text; a text may write letters otherwise than folding does (İnova, Inova)."""
        known = self.letters.get(_fold(found))
        if known is not None:
            return known
        matching = (name for name in sorted(self.letters) if _pattern(frozenset({name})).fullmatch(found))
        written = (_fold(name) for name in sorted(self.written) if _pattern(frozenset({name})).fullmatch(found))
        return self.letters[next(chain(matching, written))]

    def over_all(self, values: dict[str, Any], bidder: Callable[[str], str]) -> dict[str, Any]:
        """`over` for the cells of a row."""
        return {key: self.over(value, bidder) for key, value in values.items()}


def opened(session: Session, round_: Round) -> list[Submission]:
    """The opened submissions of a round in the order of their receipts; the order decides the letters."""
    query = (
        select(Submission)
        .options(joinedload(Submission.supplier), joinedload(Submission.file))
        .where(Submission.round_id == round_.id, Submission.state.in_(OPENED))
        .order_by(Submission.receipt_seq)
    )
    return list(session.scalars(query))


def veil_for(session: Session, round_: Round, reader: Reader) -> Veil:
    """What this reader may not read of a round's opened submissions; empty where all may be read."""
    return veil_of(session, reader, opened(session, round_) if reader.hides_bidders else ())


def veil_of(session: Session, reader: Reader, submissions: Sequence[Submission]) -> Veil:
    """What this reader may not read of `submissions`, given in the order of their receipts.

    A bidder is named by its own name, and by its brands where it is a brand that bids itself. Whoever judges by letters
    reads the letters of the judging; brands stay named there, for they are what is judged.
    """
    reads = veiled.names()
    if reads is not None:
        return Veil(dict(reads.letters), reads.written)
    if not reader.hides_bidders:
        return Veil()
    by_number = {submission.id: letter(order) for order, submission in enumerate(submissions)}
    written = {s.supplier.name for s in submissions}
    letters = {_fold(s.supplier.name): by_number[s.id] for s in submissions}
    makers = [s.id for s in submissions if s.supplier.supplier_kind == "brand"]
    brands = select(SubmissionRow).where(SubmissionRow.submission_id.in_(makers), SubmissionRow.sheet == SUBMISSION)
    for row in session.scalars(brands.order_by(SubmissionRow.id)):
        brand = str(row.read_values.get("brand") or "")
        letters.setdefault(_fold(brand), by_number[row.submission_id])
        written.add(brand)
    return Veil({name: found for name, found in letters.items() if name}, frozenset(filter(str.strip, written)))


def hides_names(reader: Reader) -> bool:
    """Whether the file of a bidder, and what it is called, are kept from this reader because they name the bidder."""
    return reader.hides_bidders or veiled.names() is not None


def sheet_number(reader: Reader, submission: Submission, sheet: str) -> int | None:
    """The number by which a sheet is called where its own name is not shown, from 1; None where it is.

    The name is that of the file where the file has no sheets (csv), and a bidder may have put its own on it.
    """
    if sheet in SHEETS:
        return None
    stem = PurePath(submission.file.name).stem
    if not hides_names(reader) and sheet != stem[: len(sheet)]:
        return None
    names = [str(one["name"]) for one in submission.sheets or []]
    return names.index(sheet) + 1 if sheet in names else 1


@lru_cache(maxsize=64)
def _pattern(names: frozenset[str]) -> re.Pattern[str]:
    """Any of the names as whole words, the longest first."""
    longest_first = sorted(names, key=len, reverse=True)
    written = "|".join(r"\s+".join(map(re.escape, name.split())) for name in longest_first)
    return re.compile(rf"(?<!\w)(?:{written})(?!\w)", re.IGNORECASE)


def _fold(name: str) -> str:
    return " ".join(name.split()).casefold()

"""The pool as a workbook: one table a sheet, numbers as numbers, unknown as an empty cell and never 0."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from framework.demand.pooled import Amount, LotPool, Pool
from framework.ground.table_files import Sheet, Value, workbook
from framework.ground.terms import CATEGORIES, CERTAINTIES, unit_label
from framework.ground.text import N_

Words = Callable[[str], str]
ANSWERS = {
    "counts": N_("counts in the pool"),
    "unconfirmed": N_("accepted, sign-on not confirmed"),
    "waiting": N_("waits for the lead"),
    "missing": N_("no answer"),
}
"""How far a member's answer for a lot is, in words."""

_LOT = (N_("Lot"), N_("Unit"))
_SUMS = (
    N_("Firm quantity"),
    N_("Expected quantity"),
    N_("Maximum quantity"),
    N_("Expected value"),
    N_("Lines without value"),
    N_("Lines not known yet"),
)


def write(pool: Pool, visible: set[int | None], *, now: dt.datetime, words: Words = str) -> bytes:
    """The figures of a pool and of its pictures; members outside `visible` stand together in one row."""
    cells = (*_LOT, N_("Category"), N_("Specification tier"), N_("Contract year"), N_("Certainty"), *_SUMS)
    years = (*_LOT, N_("Contract year"), N_("Firm"), N_("Rest of expected"), N_("Up to maximum"), *_SUMS)
    members = (*_LOT, N_("Member"), N_("Share in percent"), *_SUMS)
    sheets = (
        Sheet(words(N_("Pool")), _said(cells, words), _cell_rows(pool, words)),
        Sheet(words(N_("By contract year")), _said(years, words), _year_rows(pool, words), frozen=3),
        Sheet(words(N_("Members")), _said(members, words), _member_rows(pool, visible, words), frozen=3),
        Sheet(
            words(N_("Answers")), _said((*_LOT, N_("Member"), N_("Answer")), words), _answer_rows(pool, visible, words)
        ),
    )
    return workbook(words(N_("Pool")), sheets, now=now)


def _said(labels: Iterable[str], words: Words) -> list[str]:
    return [words(label) for label in labels]


def _place(lot: LotPool, words: Words) -> list[Value]:
    return [lot.name, words(unit_label(lot.unit))]


def _cell_rows(pool: Pool, words: Words) -> Iterable[list[Value]]:
    for lot in pool.lots:
        for cell in lot.cells:
            category = words(CATEGORIES[cell.category].label) if cell.category in CATEGORIES else cell.category
            certainty = words(CERTAINTIES[cell.certainty])
            place = [*_place(lot, words), category, cell.spec_tier, cell.year_no, certainty]
            yield [*place, *_sums(cell.amount)]


def _year_rows(pool: Pool, words: Words) -> Iterable[list[Value]]:
    for lot in pool.lots:
        for (year,), amount in lot.by("year_no").items():
            parts: list[Value] = [amount.firm, amount.beyond_firm, amount.beyond_expected]
            yield [*_place(lot, words), year, *(parts if amount.is_known else [None] * 3), *_sums(amount)]


def _member_rows(pool: Pool, visible: set[int | None], words: Words) -> Iterable[list[Value]]:
    for lot in pool.lots:
        shown = sorted(
            ((a, m) for m, a in lot.by_member.items() if m in visible),
            key=lambda pair: (-pair[0].expected, pool.names.get(pair[1], "")),
        )
        hidden = [a for m, a in lot.by_member.items() if m not in visible]
        for amount, member in shown:
            yield [*_place(lot, words), pool.names.get(member, ""), _share(amount, lot), *_sums(amount)]
        if hidden:
            rest = sum(hidden, Amount())
            yield [*_place(lot, words), words(N_("Other members together")), _share(rest, lot), *_sums(rest)]


def _answer_rows(pool: Pool, visible: set[int | None], words: Words) -> Iterable[list[Value]]:
    """Who is asked for an answer is known to all; what others answered only where their volumes are."""
    for lot in pool.lots:
        for name, answer in sorted(_answers(pool, lot, visible)):
            yield [*_place(lot, words), name, words(ANSWERS[answer])]


def _answers(pool: Pool, lot: LotPool, visible: set[int | None]) -> Iterable[tuple[str, str]]:
    for member, answer in lot.answers().items():
        if answer == "missing" or member in visible:
            yield pool.names.get(member, ""), answer


def _share(amount: Amount, lot: LotPool) -> Value:
    """In percent of the lot's expected quantity; empty where either is unknown or nothing."""
    return lot.part(amount) if amount.is_known else None


def _sums(amount: Amount) -> list[Value]:
    quantities: list[Value] = [amount.firm, amount.expected, amount.maximum]
    known = quantities if amount.is_known else [None] * len(quantities)
    return [*known, amount.value, amount.value_unknown, amount.not_known]

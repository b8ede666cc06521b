"""The pool as a workbook: one table a sheet, numbers as numbers, unknown as an empty cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from framework.demand.pool import Amount, Pool
from framework.ground.table_files import Sheet, Value, workbook
from framework.ground.terms import CATEGORIES, CERTAINTIES
from framework.ground.text import N_

Words = Callable[[str], str]
_SUMS = (
    N_("Firm quantity"),
    N_("Expected quantity"),
    N_("Maximum quantity"),
    N_("Expected value"),
    N_("Lines without value"),
)


def write(pool: Pool, visible: set[int | None], *, now: dt.datetime, words: Words = str) -> bytes:
    """The figures of a pool; members outside `visible` stand together in one row."""
    sheets = (
        Sheet(words(N_("Pool")), _cell_header(words), _cell_rows(pool, words)),
        Sheet(words(N_("Members")), _member_header(words), _member_rows(pool, visible, words), frozen=3),
    )
    return workbook(words(N_("Pool")), sheets, now=now)


def _cell_header(words: Words) -> list[str]:
    names = (
        N_("Lot"),
        N_("Unit"),
        N_("Category"),
        N_("Specification tier"),
        N_("Contract year"),
        N_("Certainty"),
        *_SUMS,
    )
    return [words(name) for name in names]


def _cell_rows(pool: Pool, words: Words) -> Iterable[list[Value]]:
    for lot in pool.lots:
        for cell in lot.cells:
            category = words(CATEGORIES[cell.category].label) if cell.category in CATEGORIES else cell.category
            certainty = words(CERTAINTIES[cell.certainty])
            yield [lot.name, lot.unit, category, cell.spec_tier, cell.year_no, certainty, *_sums(cell.amount)]


def _member_header(words: Words) -> list[str]:
    return [words(name) for name in (N_("Lot"), N_("Unit"), N_("Member"), *_SUMS)]


def _member_rows(pool: Pool, visible: set[int | None], words: Words) -> Iterable[list[Value]]:
    for lot in pool.lots:
        shown = sorted((pool.names.get(m, ""), a) for m, a in lot.by_member.items() if m in visible)
        hidden = [a for m, a in lot.by_member.items() if m not in visible]
        for name, amount in shown:
            yield [lot.name, lot.unit, name, *_sums(amount)]
        if hidden:
            yield [lot.name, lot.unit, words(N_("Other members together")), *_sums(sum(hidden, Amount()))]


def _sums(amount: Amount) -> list[Value]:
    return [amount.firm, amount.expected, amount.maximum, amount.value, amount.value_unknown]

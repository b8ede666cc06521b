"""The contradictions of a round as a workbook: one sheet with each, one with every statement behind them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from framework.chain.contradictions.catalogue import WEIGHTS, kinds
from framework.chain.contradictions.listing import Line
from framework.chain.contradictions.states import STATES
from framework.ground.table_files import Sheet, workbook
from framework.ground.text import N_
from models.contradictions import Contradiction, ContradictionRow

COLUMNS = (
    N_("Reference"),
    N_("Kind"),
    N_("What contradicts"),
    N_("How grave"),
    N_("State"),
    N_("Pooled quantity it touches, at most"),
    N_("Found on"),
    N_("Settled on"),
)
STATEMENTS = (N_("Reference"), N_("Supplier"), N_("Place in the file"), N_("What it says"))


def write(
    title: str,
    lines: Sequence[Line],
    rows: Mapping[int, Sequence[ContradictionRow]],
    *,
    now: dt.datetime,
    words: Callable[[str], str],
    said: Callable[[Contradiction], tuple[str, str]],
    statement: Callable[[ContradictionRow], Sequence[Any]],
) -> bytes:
    """The lines in the order given; `said` gives kind and sentence, `statement` supplier, place and text of a row.

    What is not known is an empty cell.
    """
    found = ([line.one.public_id, *said(line.one), *_facts(line, words)] for line in lines)
    behind = ([line.one.public_id, *statement(row)] for line in lines for row in rows[line.one.id])
    sheets = (
        Sheet(words(N_("Contradictions")), [words(label) for label in COLUMNS], found),
        Sheet(words(N_("Rows behind them")), [words(label) for label in STATEMENTS], behind),
    )
    return workbook(title, sheets, now=now)


def _facts(line: Line, words: Callable[[str], str]) -> list[Any]:
    one = line.one
    settled = one.settled_at.date() if one.settled_at else None
    weight = words(WEIGHTS[kinds()[one.code].weight])
    return [weight, words(STATES[line.state]), one.worth, one.created_at.date(), settled]

"""The contradictions of a round as a list that can be searched, filtered and sorted, and one of them with its statements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, joinedload

from framework.chain.contradictions import states
from framework.chain.contradictions.catalogue import WEIGHTS, kinds
from framework.ground.paging import Page, page_of
from models.contradictions import Contradiction, ContradictionDecision, ContradictionRow, ContradictionRun
from models.disclosure import Submission
from models.people import Organisation
from models.rounds import Round

PAGE = 50
MOST = 10_000
"""Contradictions that one workbook takes, and that are accepted at once."""
SHOWN = 12
"""Statements that stand side by side on a page."""
SORTS = ("worth", "found", "kind")


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; blank is everything. `sort` is one of `SORTS`, from the greatest or newest.

    `without` are kinds that this reader may not see; `among` the numbers of the submissions of which some row must be,
    None for any.
    """

    words: str = ""
    code: str = ""
    supplier: str = ""
    state: str = ""
    sort: str = "worth"
    without: frozenset[str] = frozenset()
    among: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One contradiction of a list: its state, the numbers of the submissions whose rows it is about."""

    one: Contradiction
    state: str
    submissions: tuple[int, ...]


def page(session: Session, round_: Round, asked: Filter, *, number: str | int | None) -> tuple[list[Line], Page]:
    """One page of the list, the worthiest first by default, not known last."""
    query = _query(round_, asked)
    total = session.scalar(select(func.count()).select_from(query.with_only_columns(Contradiction.id).subquery())) or 0
    shown = page_of(number, total, PAGE)
    return _lines(session, _sorted(query, asked.sort).offset(shown.offset).limit(PAGE)), shown


def everything(session: Session, round_: Round, asked: Filter) -> list[Line]:
    """The whole list, for a workbook or an act on all of it; at most `MOST`."""
    return _lines(session, _sorted(_query(round_, asked), asked.sort).limit(MOST))


def counts(session: Session, round_: Round, asked: Filter) -> dict[tuple[str, str], int]:
    """How many there are of each kind and state, whatever kind and state are asked for."""
    bare = Filter(words=asked.words, supplier=asked.supplier, without=asked.without, among=asked.among)
    one = _query(round_, bare).with_only_columns(Contradiction.code, states.state().label("state")).subquery()
    query = select(one.c.code, one.c.state, func.count()).group_by(one.c.code, one.c.state)
    return {(code, state): n for code, state, n in session.execute(query)}


def waiting(session: Session, round_: Round, *, without: frozenset[str] = frozenset()) -> int:
    """How many contradictions of a round nobody has decided about."""
    query = _query(round_, Filter(state="open", without=without)).with_only_columns(func.count())
    return session.scalar(query) or 0


def statements(session: Session, one: Contradiction, *, most: int = SHOWN) -> tuple[list[ContradictionRow], int]:
    """The statements of a contradiction in their order, the first `most`, and how many there are."""
    here = ContradictionRow.contradiction_id == one.id
    total = session.scalar(select(func.count()).select_from(ContradictionRow).where(here)) or 0
    query = (
        select(ContradictionRow)
        .options(
            joinedload(ContradictionRow.row),
            joinedload(ContradictionRow.submission).joinedload(Submission.round),
        )
        .where(here)
        .order_by(ContradictionRow.position)
        .limit(most)
    )
    return list(session.scalars(query)), total


def suppliers(session: Session, round_: Round) -> list[tuple[str, str]]:
    """Public id and name of the suppliers that some contradiction of the round is about, by name."""
    query = (
        select(Organisation.public_id, Organisation.name)
        .join(Submission, Submission.supplier_id == Organisation.id)
        .join(ContradictionRow, ContradictionRow.submission_id == Submission.id)
        .where(Submission.round_id == round_.id)
        .distinct()
    )
    return sorted(((key, name) for key, name in session.execute(query)), key=lambda pair: pair[1].casefold())


def looked_at(session: Session, round_: Round) -> dt.datetime | None:
    """When the contradictions of a round were found last; None while they never were."""
    run = session.get(ContradictionRun, round_.id)
    return None if run is None else run.at


def rows_of(session: Session, found: Sequence[Line]) -> dict[int, list[ContradictionRow]]:
    """The statements of many contradictions, by contradiction."""
    rows: dict[int, list[ContradictionRow]] = {line.one.id: [] for line in found}
    numbers = list(rows)
    query = select(ContradictionRow).options(
        joinedload(ContradictionRow.row), joinedload(ContradictionRow.submission).joinedload(Submission.file)
    )
    for start in range(0, len(numbers), states.AT_ONCE):
        some = ContradictionRow.contradiction_id.in_(numbers[start : start + states.AT_ONCE])
        for row in session.scalars(query.where(some).order_by(ContradictionRow.position)):
            rows[row.contradiction_id].append(row)
    return rows


def _query(round_: Round, asked: Filter) -> Any:
    last, state = states.standing(), states.state()
    query: Any = (
        select(Contradiction, state)
        .outerjoin(last, last.c.contradiction_id == Contradiction.id)
        .outerjoin(ContradictionDecision, ContradictionDecision.id == last.c.number)
        .where(Contradiction.round_id == round_.id)
    )
    for word in asked.words.casefold().split():
        query = query.where(Contradiction.words.contains(word, autoescape=True))
    if asked.without:
        query = query.where(Contradiction.code.not_in(sorted(asked.without)))
    if asked.code:
        query = query.where(Contradiction.code == asked.code)
    if asked.state:
        query = query.where(state == asked.state)
    if asked.supplier:
        about = (
            select(ContradictionRow.contradiction_id)
            .join(Submission, Submission.id == ContradictionRow.submission_id)
            .join(Organisation, Organisation.id == Submission.supplier_id)
            .where(Organisation.public_id == asked.supplier, Submission.round_id == round_.id)
        )
        query = query.where(Contradiction.id.in_(about))
    if asked.among is not None:
        own = select(ContradictionRow.contradiction_id).where(ContradictionRow.submission_id.in_(sorted(asked.among)))
        query = query.where(Contradiction.id.in_(own))
    return query


def _sorted(query: Any, sort: str) -> Any:
    order = list(WEIGHTS)
    weight = case({code: order.index(kind.weight) for code, kind in kinds().items()}, value=Contradiction.code, else_=9)
    by_worth = (Contradiction.worth.is_(None), Contradiction.worth.desc(), weight)
    last = (Contradiction.code, Contradiction.key)
    if sort == "found":
        return query.order_by(Contradiction.created_at.desc(), *by_worth, *last)
    if sort == "kind":
        return query.order_by(weight, Contradiction.code, *by_worth, *last)
    return query.order_by(*by_worth, *last)


def _lines(session: Session, query: Any) -> list[Line]:
    found = session.execute(query).all()
    about: dict[int, list[int]] = {one.id: [] for one, _state in found}
    numbers = list(about)
    pairs = (
        select(ContradictionRow.contradiction_id, ContradictionRow.submission_id)
        .join(Contradiction, Contradiction.id == ContradictionRow.contradiction_id)
        .join(Submission, Submission.id == ContradictionRow.submission_id)
        .where(Submission.round_id == Contradiction.round_id)
        .distinct()
    )
    for start in range(0, len(numbers), states.AT_ONCE):
        some = ContradictionRow.contradiction_id.in_(numbers[start : start + states.AT_ONCE])
        for number, submission in session.execute(pairs.where(some)):
            about[number].append(submission)
    return [Line(one, state, tuple(sorted(about[one.id]))) for one, state in found]

"""Questions to suppliers as lists: all of a round for the lead, its own for a supplier, and one with its rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from framework.ground.paging import Page, page_of
from framework.ground.text import N_
from models.contradictions import Clarification, ClarificationAnswer, ClarificationItem
from models.rounds import Round

PAGE = 50
STATES = {
    "waiting": N_("waits for an answer"),
    "answered": N_("answered"),
    "overdue": N_("not answered in time"),
    "closed": N_("closed"),
}


def page(
    session: Session,
    round_: Round,
    *,
    supplier: int | None = None,
    among: Collection[int] | None = None,
    without: frozenset[str] = frozenset(),
    asked: str | int | None,
) -> tuple[list[Clarification], Page]:
    """The questions of a round, those not closed first, then the newest; of one supplier where its number is given.

    `among` are the numbers of the submissions that they may be about, None for any.
    `without` are kinds that this reader may not see.
    """
    here: list[ColumnElement[bool]] = [Clarification.round_id == round_.id, Clarification.code.not_in(sorted(without))]
    if supplier is not None:
        here.append(Clarification.supplier_id == supplier)
    if among is not None:
        here.append(Clarification.submission_id.in_(sorted(among)))
    total = session.scalar(select(func.count()).select_from(Clarification).where(*here)) or 0
    shown = page_of(asked, total, PAGE)
    query = (
        select(Clarification)
        .options(joinedload(Clarification.supplier), selectinload(Clarification.answers))
        .where(*here)
        .order_by(Clarification.closed_at.is_not(None), Clarification.id.desc())
        .offset(shown.offset)
        .limit(PAGE)
    )
    return list(session.scalars(query)), shown


def items(session: Session, one: Clarification, *, asked: str | int | None) -> tuple[list[ClarificationItem], Page]:
    """What a question asks about, in its order."""
    here = ClarificationItem.clarification_id == one.id
    total = session.scalar(select(func.count()).select_from(ClarificationItem).where(here)) or 0
    shown = page_of(asked, total, PAGE)
    query = select(ClarificationItem).options(joinedload(ClarificationItem.row)).where(here)
    return list(session.scalars(query.order_by(ClarificationItem.id).offset(shown.offset).limit(PAGE))), shown


def item_counts(session: Session, found: Sequence[Clarification]) -> dict[int, int]:
    """How many rows each question asks about."""
    query = select(ClarificationItem.clarification_id, func.count()).where(
        ClarificationItem.clarification_id.in_([one.id for one in found])
    )
    return {number: n for number, n in session.execute(query.group_by(ClarificationItem.clarification_id))}  # noqa: C416


def about(session: Session, contradictions: Collection[int]) -> list[Clarification]:
    """The questions that were asked about these contradictions, the newest first."""
    numbers = select(ClarificationItem.clarification_id).where(ClarificationItem.contradiction_id.in_(contradictions))
    query = (
        select(Clarification)
        .options(joinedload(Clarification.supplier), selectinload(Clarification.answers))
        .where(Clarification.id.in_(numbers))
        .order_by(Clarification.id.desc())
    )
    return list(session.scalars(query))


def next_due(session: Session, round_: Round, supplier: int, *, now: dt.datetime) -> Clarification | None:
    """The question of a supplier that must be answered first."""
    query = select(Clarification).where(
        Clarification.round_id == round_.id,
        Clarification.supplier_id == supplier,
        Clarification.closed_at.is_(None),
        Clarification.answer_by >= now,
        ~Clarification.answers.any(),
    )
    return session.scalar(query.order_by(Clarification.answer_by).limit(1))


def to_close(session: Session, round_: Round, *, now: dt.datetime) -> int:
    """How many questions of a round are answered or overdue, and not closed."""
    answered = select(ClarificationAnswer.clarification_id)
    query = select(func.count()).where(
        Clarification.round_id == round_.id,
        Clarification.closed_at.is_(None),
        Clarification.id.in_(answered) | (Clarification.answer_by < now),
    )
    return session.scalar(query) or 0

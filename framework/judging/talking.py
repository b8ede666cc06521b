"""What is talked about: items by how far their values lie apart, what each evaluator found, and how well the panel agrees.

Everything here is asked for a set of tenders that the reader may see (`blind.open_to`); of others nothing is told, not
even how far their values lie apart.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.chain.measures.scale import EVIDENCE, LEVELS
from framework.ground import audit
from framework.ground.actors import Actor
from framework.ground.errors import NotFound
from framework.ground.paging import Page, page_of
from framework.ground.text import N_
from framework.judging import agreement, piles
from framework.judging.agreement import Alpha, Panel
from framework.judging.blind import LEFT_OUT, is_judged
from models.disclosure import Submission
from models.judging import Assessment, Item, Meeting, Verdict, VerdictVersion
from models.rounds import Round

BEFORE_ALL = audit.declare("meeting.item_shown", "item")
ENDED = audit.declare("meeting.ended")
PAGE = 25
NUMBERS_AT_ONCE = 5_000
IN_SECTIONS = (*LEVELS, "")
"""Sections of a panel's agreement; blank are the criteria on which points are given, which have no alpha."""


@dataclass(frozen=True, slots=True)
class Line:
    """An item with its verdict, the final assessments of others and own, and who is missing."""

    item: Item
    verdict: Verdict
    finals: tuple[Assessment, ...]
    missing: tuple[str, ...]

    @property
    def spread(self) -> Fraction:
        """How far the final values lie apart, as part of the scale."""
        return spread_of(list(self.finals))


@dataclass(frozen=True, slots=True)
class Section:
    """How well a panel agrees on one section: alpha, and the way verdicts came about."""

    section: str
    alpha: Alpha | None
    panel: Panel


def spread_of(finals: Sequence[Assessment]) -> Fraction:
    """How far values of one item lie apart, as part of its scale."""
    if not finals:
        return Fraction(0)
    if finals[0].scale_max:
        points = [Fraction(one.points) for one in finals if one.points is not None]
        return (max(points) - min(points)) / finals[0].scale_max if points else Fraction(0)
    steps = [EVIDENCE.index(one.level) for one in finals if one.level]
    return Fraction(max(steps) - min(steps), len(EVIDENCE) - 1) if steps else Fraction(0)


def listed(
    session: Session,
    round_: Round,
    tenders: Collection[int],
    *,
    state: str = "",
    number: str | int | None = 1,
) -> tuple[list[Line], Page]:
    """The items of these tenders, those whose values lie furthest apart first; one page of them."""
    query = select(Verdict.item_id, Item.position, Verdict.submission_id).join(Item, Item.id == Verdict.item_id)
    query = query.where(Verdict.round_id == round_.id, Verdict.submission_id.in_(sorted(tenders)))
    if state:
        query = query.where(Verdict.state == state)
    rows = session.execute(query).all()
    finals = final_of(session, [row.item_id for row in rows])
    order = sorted(
        rows, key=lambda row: (-spread_of(finals[row.item_id]), row.submission_id, row.position, row.item_id)
    )
    part = page_of(number, len(order), PAGE)
    return lines(session, [row.item_id for row in order[part.offset : part.offset + part.size]], finals), part


def lines(session: Session, items: Sequence[int], finals: Mapping[int, list[Assessment]] | None = None) -> list[Line]:
    """These items as lines, in their order; `finals` are their final assessments where they were asked for already."""
    query = (
        select(Item, Verdict)
        .join(Verdict, Verdict.item_id == Item.id)
        .options(joinedload(Item.criterion), joinedload(Item.lot), joinedload(Item.submission))
        .where(Item.id.in_(items))
    )
    found = {item.id: (item, verdict) for item, verdict in session.execute(query)}
    finals = final_of(session, items) if finals is None else finals
    missing = piles.missing(session, items)
    return [
        Line(*found[number], tuple(finals[number]), tuple(missing.get(number, ())))
        for number in items
        if number in found
    ]


def one(session: Session, item: Item, tenders: Collection[int]) -> Line:
    """One item as a line; raises NotFound where its tender is not open to the reader, or nobody judges it."""
    found = lines(session, [item.id]) if item.submission_id in tenders else []
    if not found:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found[0]


def final_of(session: Session, items: Sequence[int]) -> dict[int, list[Assessment]]:
    """The final assessments that count, by item."""
    found: dict[int, list[Assessment]] = defaultdict(list)
    for start in range(0, len(items), NUMBERS_AT_ONCE):
        query = (
            select(Assessment)
            .options(joinedload(Assessment.user), joinedload(Assessment.member))
            .where(Assessment.item_id.in_(items[start : start + NUMBERS_AT_ONCE]), Assessment.state == "final")
        )
        for each in session.scalars(query.order_by(Assessment.item_id, Assessment.id)):
            found[each.item_id].append(each)
    return found


def earlier(session: Session, verdict: Verdict) -> list[VerdictVersion]:
    """The values that a verdict had before."""
    query = select(VerdictVersion).where(VerdictVersion.verdict_id == verdict.id)
    return list(session.scalars(query.order_by(VerdictVersion.number)))


def agreements(session: Session, round_: Round, tenders: Collection[int]) -> list[Section]:
    """How well the panel agrees, by section, over the items of these tenders; final values alone."""
    query = (
        select(Item.section, Verdict)
        .join(Verdict, Verdict.item_id == Item.id)
        .where(Verdict.round_id == round_.id, Verdict.submission_id.in_(sorted(tenders)))
    )
    verdicts: dict[str, list[Verdict]] = defaultdict(list)
    for section, verdict in session.execute(query):
        verdicts[section].append(verdict)
    finals = final_of(session, [each.item_id for some in verdicts.values() for each in some])
    found = []
    for section in IN_SECTIONS:
        if section not in verdicts:
            continue
        values = [
            [EVIDENCE.index(each.level) for each in finals[verdict.item_id]] for verdict in verdicts[section] if section
        ]
        told = agreement.alpha(values, steps=len(EVIDENCE)) if section else None
        spreads = [(each.state, int(spread_of(finals[each.item_id]) > 0)) for each in verdicts[section]]
        found.append(Section(section, told, agreement.panel(spreads)))
    return found


def meeting(session: Session, round_: Round) -> Meeting | None:
    """The discussion that is going on, if any."""
    query = select(Meeting).where(Meeting.round_id == round_.id, Meeting.ended_at.is_(None))
    return session.scalar(query.order_by(Meeting.id.desc()).limit(1))


def show_to_all(session: Session, item: Item, *, actor: Actor, now: dt.datetime) -> Meeting:
    """Put an item before everybody who follows the discussion; one begins where none is going on."""
    found = meeting(session, item.round)
    if found is None:
        found = Meeting(round=item.round, starts_at=now, created_at=now, created_by_id=actor.user_id)
        session.add(found)
    found.item_id = item.id
    audit.record(session, BEFORE_ALL, actor=actor, now=now, subject=item, item=item.public_id)
    return found


def end(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> None:
    """End the discussion that is going on."""
    found = meeting(session, round_)
    if found is not None:
        found.ended_at = now
        audit.record(session, ENDED, actor=actor, now=now, subject=round_)


def waiting_tenders(session: Session, round_: Round, user_id: int | None) -> list[Submission]:
    """The tenders of which a person has judged everything and not yet looked at what the others found."""
    open_ = select(Assessment.submission_id).where(
        Assessment.round_id == round_.id,
        Assessment.user_id == user_id,
        Assessment.state.in_(("assigned", "draft")),
    )
    unseen = select(Assessment.submission_id).where(
        Assessment.round_id == round_.id,
        Assessment.user_id == user_id,
        Assessment.state.not_in(LEFT_OUT),
        Assessment.others_seen_at.is_(None),
        is_judged(),
    )
    query = select(Submission).where(Submission.id.in_(unseen), Submission.id.not_in(open_))
    return list(session.scalars(query.order_by(Submission.receipt_seq)))

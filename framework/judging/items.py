"""List what is to be judged: the disclosed sections of each brand, and the criteria on which evaluators give points."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.chain.measures.facts import load
from framework.chain.measures.scale import LEVELS as SECTIONS
from framework.disclosure.veil import opened
from framework.ground import audit
from framework.ground.actors import Actor
from framework.ground.errors import MoveRefused
from framework.ground.text import N_, key_of
from models.chain import ChainBuild, Product
from models.disclosure import Submission
from models.judging import Item
from models.rounds import Criterion, Lot, Round

LISTED = audit.declare("items.listed", "count")
SLICE = 500
JUDGED = ("opened", "clarification_asked", "in_review", "scored")
"""States of a submission that is judged or is to be."""


@dataclass(frozen=True, slots=True)
class _Key:
    """What makes an item the same: a section of a brand in a lot, or a criterion."""

    submission_id: int
    lot_id: int
    brand_key: str
    section: str
    kind: str
    criterion_id: int | None = None


def of_round(session: Session, round_: Round, *, all_tenders: bool = False) -> list[Item]:
    """The items of the tenders that are judged, by tender and position; `all_tenders` for counts alone, whatever the reader's conflicts."""
    query = (
        select(Item)
        .join(Submission, Submission.id == Item.submission_id)
        .options(
            joinedload(Item.lot),
            joinedload(Item.criterion),
            joinedload(Item.submission).joinedload(Submission.supplier),
        )
        .where(Item.round_id == round_.id, Submission.state.in_(JUDGED))
        .order_by(Submission.receipt_seq, Item.position, Item.id)
        .execution_options(all_tenders=all_tenders)
    )
    return list(session.scalars(query))


def is_built(session: Session, round_: Round) -> bool:
    """Whether the chains of all tenders that are judged have been made of their sheets."""
    sent = set(
        session.scalars(
            select(Submission.id)
            .where(Submission.round_id == round_.id, Submission.state.in_(JUDGED))
            .execution_options(all_tenders=True)
        )
    )
    query = select(ChainBuild.submission_id).where(ChainBuild.submission_id.in_(sent))
    return sent == set(session.scalars(query.execution_options(all_tenders=True)))


def prepare(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> int:
    """List what is to be judged of tenders of which nothing is listed yet; how many items.

    What is disclosed of a tender was fixed when it was opened, so one that is listed is listed whole. Raises MoveRefused
    while chains are still being made.
    """
    if not is_built(session, round_):
        raise MoveRefused("chains-missing", N_("The chains are still being made of the sheets. Wait a moment."))
    query = select(Item.submission_id).where(Item.round_id == round_.id).distinct()
    listed = set(session.scalars(query.execution_options(all_tenders=True)))
    added = 0
    for submission in opened(session, round_):
        if submission.state not in JUDGED or submission.id in listed:
            continue
        wanted = _wanted(session, round_, submission)
        for position, (key, (brand, products, scale)) in enumerate(wanted.items()):
            session.add(_item(round_, key, brand, products, scale, position, actor, now))
            added += 1
    if added:
        session.flush()
        audit.record(session, LISTED, actor=actor, now=now, subject=round_, count=added)
    return added


def _wanted(session: Session, round_: Round, submission: Submission) -> dict[_Key, tuple[str, int, int]]:
    """The items of one submission in the order of lot, brand and section: the brand as written, models, highest point."""
    counts: Counter[_Key] = Counter()
    written: dict[tuple[int, str], str] = {}
    kinds: dict[_Key, tuple[int, int]] = {}
    for products in _slices(session, submission):
        for said in load(session, round_, products, [submission]):
            key = key_of(said.product.brand)
            written.setdefault((said.lot.id, key), said.product.brand)
            for place, node in enumerate(said.nodes):
                if node.is_disclosed:
                    one = _Key(submission.id, said.lot.id, key, node.level, node.kind)
                    counts[one] += 1
                    kinds.setdefault(one, (SECTIONS.index(node.level), place))
    lots = {lot.id: lot for lot in round_.lots}
    claims = sorted(counts, key=lambda one: (lots[one.lot_id].number, one.brand_key, *kinds[one]))
    found = {one: (written[one.lot_id, one.brand_key], counts[one], 0) for one in claims}
    offered = select(Product.lot_id).where(Product.submission_id == submission.id).distinct()
    for lot, criterion in _criteria(round_, [lots[number] for number in sorted(session.scalars(offered))]):
        one = _Key(submission.id, lot.id, "", "", "", criterion.id)
        found[one] = ("", 0, highest(criterion))
    return found


def highest(criterion: Criterion) -> int:
    """The highest point of a criterion that evaluators give points on."""
    return int(criterion.parameters.get("scale") or 0)


def _criteria(round_: Round, lots: Sequence[Lot]) -> Iterator[tuple[Lot, Criterion]]:
    for lot in lots:
        for one in round_.criteria:
            if one.place == "award" and one.formula == "points" and one.lot_id in (None, lot.id) and highest(one) > 0:
                yield lot, one


def _slices(session: Session, submission: Submission) -> Iterator[Sequence[Product]]:
    """The products of a submission, some at a time."""
    last = 0
    while True:
        query = select(Product).where(Product.submission_id == submission.id, Product.id > last)
        found = session.scalars(query.order_by(Product.id).limit(SLICE)).all()
        if not found:
            return
        yield found
        last = found[-1].id


def _item(
    round_: Round, key: _Key, brand: str, products: int, scale: int, position: int, actor: Actor, now: dt.datetime
) -> Item:
    return Item(
        round_id=round_.id,
        submission_id=key.submission_id,
        lot_id=key.lot_id,
        position=position,
        brand=brand,
        brand_key=key.brand_key,
        section=key.section,
        kind=key.kind,
        criterion_id=key.criterion_id,
        scale_max=scale,
        products=products,
        languages=[],
        created_at=now,
        created_by_id=actor.user_id,
    )

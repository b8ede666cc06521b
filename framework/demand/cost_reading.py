"""Joint costs as they stand: the version in force, who shares in it, what each bears and what each answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from framework.demand import dues
from framework.demand.cost_splits import Sharer, Split, split
from framework.demand.pool import ENTITLED
from models.costs import CostAnswer, CostItem, CostProposal, CostShare
from models.people import Organisation
from models.rounds import Round
from models.signons import SignOn

Sums = Mapping[str, Decimal]
"""Money by currency; what is in two currencies is never added."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member that shares in costs, by its number; `spend` a year in scope in the currency of the round, None: unknown."""

    number: int
    public_id: str
    name: str
    spend: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """What is no longer as it was when a version was proposed: names of members."""

    joined: tuple[str, ...]
    gone: tuple[str, ...]
    spend: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.joined or self.gone or self.spend)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Dues of the members' spend together, and of each member alone by its number."""

    together: dues.Dues
    alone: Mapping[int, dues.Dues]

    @property
    def alone_sum(self) -> Decimal | None:
        """What all would owe, each by itself; None where one is unknown."""
        known = [one.amount for one in self.alone.values() if one.amount is not None]
        return sum(known, Decimal(0)) if known and len(known) == len(self.alone) else None


def members(session: Session, round_: Round) -> list[Member]:
    """Who shares in costs from now on: the members whose sign-on is confirmed, by name."""
    query = (
        select(Organisation.id, Organisation.public_id, Organisation.name, SignOn.in_scope_spend_annual)
        .join(SignOn, SignOn.organisation_id == Organisation.id)
        .where(SignOn.round_id == round_.id, SignOn.state.in_(ENTITLED))
        .order_by(Organisation.folded_name, Organisation.id)
    )
    return [Member(*row) for row in session.execute(query)]


def standing(session: Session, round_: Round) -> CostProposal | None:
    """The version that members answer to: the newest that was proposed; None where it was withdrawn, or there is none."""
    newest = session.scalar(_newest_first(round_).limit(1))
    return newest if newest is not None and newest.withdrawn_at is None else None


def proposed(session: Session, round_: Round) -> list[CostProposal]:
    """Every version that was proposed, the newest first."""
    return list(session.scalars(_newest_first(round_).options(joinedload(CostProposal.proposed_by))))


def waits_for(session: Session, round_: Round, member_id: int) -> bool:
    """Whether the version that stands waits for the answer of a member that shares in it; one query."""
    newest = _newest_first(round_).limit(1).with_only_columns(CostProposal.id, CostProposal.withdrawn_at).subquery()
    shares = (
        select(CostShare.id)
        .join(CostItem, CostItem.id == CostShare.item_id)
        .where(CostItem.proposal_id == newest.c.id, CostShare.member_id == member_id)
    )
    said = select(CostAnswer.id).where(CostAnswer.proposal_id == newest.c.id, CostAnswer.member_id == member_id)
    query = select(newest.c.id).where(newest.c.withdrawn_at.is_(None), shares.exists(), ~said.exists())
    return session.scalar(query) is not None


def _newest_first(round_: Round) -> Select[CostProposal]:
    return (
        select(CostProposal)
        .where(CostProposal.round_id == round_.id, CostProposal.proposed_at.is_not(None))
        .order_by(CostProposal.version_no.desc())
    )


def whole_version(session: Session, proposal: CostProposal) -> CostProposal:
    """The same version with its costs and shares, however many, in two queries."""
    query = select(CostProposal).where(CostProposal.id == proposal.id)
    return session.scalars(query.options(selectinload(CostProposal.items).selectinload(CostItem.shares))).one()


def draft(session: Session, round_: Round) -> CostProposal | None:
    """What the lead is working on."""
    query = select(CostProposal).where(CostProposal.round_id == round_.id, CostProposal.proposed_at.is_(None))
    return session.scalar(query.options(selectinload(CostProposal.items).selectinload(CostItem.shares)))


def sharers(session: Session, proposal: CostProposal) -> list[Member]:
    """The members that a proposed version divides its costs over, by name, with the spend that was used."""
    query = (
        select(Organisation.id, Organisation.public_id, Organisation.name, CostShare.spend)
        .join(CostShare, CostShare.member_id == Organisation.id)
        .join(CostItem, CostItem.id == CostShare.item_id)
        .where(CostItem.proposal_id == proposal.id)
        .order_by(Organisation.folded_name, Organisation.id)
    )
    found: dict[int, Member] = {}
    for number, public_id, name, spend in session.execute(query):
        if number not in found or spend is not None:
            found[number] = Member(number, public_id, name, spend)
    return list(found.values())


def has_share(session: Session, proposal: CostProposal, member_id: int | None) -> bool:
    """Whether a member bears a part of a version, be it 0."""
    query = select(CostShare.id).join(CostItem, CostItem.id == CostShare.item_id)
    query = query.where(CostItem.proposal_id == proposal.id, CostShare.member_id == member_id)
    return session.scalar(query.limit(1)) is not None


def shared_in(session: Session, round_: Round, member_id: int | None) -> set[int]:
    """The numbers of the records of the versions in which a member bears a part."""
    query = (
        select(CostItem.proposal_id)
        .join(CostShare, CostShare.item_id == CostItem.id)
        .join(CostProposal, CostProposal.id == CostItem.proposal_id)
        .where(CostProposal.round_id == round_.id, CostShare.member_id == member_id)
        .distinct()
    )
    return set(session.scalars(query))


def answers(session: Session, proposal: CostProposal) -> dict[int, CostAnswer]:
    """What each member said to this version last, by number of the member; nobody who has not answered."""
    query = (
        select(CostAnswer)
        .where(CostAnswer.proposal_id == proposal.id)
        .order_by(CostAnswer.id)
        .options(joinedload(CostAnswer.by))
    )
    return {one.member_id: one for one in session.scalars(query)}


def divided(item: CostItem, listed: Iterable[Member]) -> Split:
    """How an item of a draft is divided over these members."""
    entered = percents(item)
    return split(item.rule, item.amount, [Sharer(one.number, one.spend, entered.get(one.number)) for one in listed])


def parts(item: CostItem) -> dict[int, Decimal]:
    """What each member bears of an item that was proposed, by number."""
    return {share.member_id: share.amount for share in item.shares if share.amount is not None}


def percents(item: CostItem) -> dict[int, Decimal | None]:
    """The shares of an item that were entered, in per cent, by number of the member."""
    return {share.member_id: share.percent for share in item.shares}


def sums_of_members(items: Iterable[tuple[CostItem, Mapping[int, Decimal]]]) -> dict[int, dict[str, Decimal]]:
    """What each member bears in all, by number and currency."""
    found: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for item, borne in items:
        for number, amount in borne.items():
            found[number][item.currency] += amount
    return {number: dict(sums) for number, sums in found.items()}


def whole(items: Iterable[CostItem]) -> dict[str, Decimal]:
    """What the items come to, by currency; one whose amount is unknown is left out."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for item in items:
        if item.amount is not None:
            found[item.currency] += item.amount
    return dict(found)


def estimate(listed: Iterable[Member], currency: str) -> Estimate:
    """The dues of members, together and each alone, from spend in `currency`; one unknown spend leaves the sum unknown."""
    listed, bands = list(listed), dues.bands()
    known = [one.spend for one in listed if one.spend is not None]
    spend = sum(known, Decimal(0)) if listed and len(known) == len(listed) else None
    return Estimate(
        dues.estimate(spend, currency, bands),
        {one.number: dues.estimate(one.spend, currency, bands) for one in listed},
    )


def changed(session: Session, proposal: CostProposal) -> Changed:
    """What a new version would take into account: members that came or left since, and spend that is another now."""
    then = {one.number: one for one in sharers(session, proposal)}
    now = {one.number: one for one in members(session, proposal.round)}
    return Changed(
        tuple(one.name for number, one in now.items() if number not in then),
        tuple(one.name for number, one in then.items() if number not in now),
        tuple(
            one.name
            for number, one in now.items()
            if number in then and then[number].spend is not None and then[number].spend != one.spend
        ),
    )

"""From draft to accepted: a second person of the member approves, the lead looks at what is odd and accepts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from framework.demand import rules
from framework.demand.declare import (
    LinesBroken,
    is_past_deadline,
    require_editable,
    require_open,
    require_version,
)
from framework.demand.lines import Scope, of_record
from framework.ground import lifecycle, mail, proposals
from framework.ground.actors import SYSTEM, Actor
from framework.ground.errors import InvalidInput, MoveRefused
from framework.ground.lifecycle import Context
from framework.ground.text import N_
from framework.rounds import settings
from models.demand import Demand
from models.people import RoleGrant, User
from models.rounds import Proposal, Round

JUMP_PCT = 50


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something the lead should have seen before accepting; `kind` is zero, jump, no-baseline-match or missing-category."""

    kind: str
    message: str
    params: dict[str, object]


def submit(
    session: Session, demand: Demand, *, actor: Actor, now: dt.datetime, version: int, nothing: bool = False
) -> Proposal | None:
    """Hand a draft in. With four eyes it waits for a second person of the member, and the proposal is given back.

    A draft without lines declares that nothing is needed, which must be said with `nothing`.
    Raises LinesBroken, InvalidInput, Stale, MoveRefused.
    """
    require_editable(session, demand, actor=actor, now=now)
    require_version(session, demand, version, actor=actor)
    require_whole(demand)
    _require_said(demand, nothing=nothing)
    move = lifecycle.find("demand", demand.state, "submit")
    if lifecycle.needs_two(demand, move):
        proposal = proposals.propose(session, demand, "submit", actor=actor, now=now, version=demand.version)
        _ask_second_person(session, demand, actor=actor, now=now)
        return proposal
    demand.submitted_by_id, demand.submitted_at = actor.user_id, now
    demand.approved_by_id, demand.approved_at = None, None
    lifecycle.move(session, demand, "submit", actor=actor, now=now)
    return None


def _require_said(demand: Demand, *, nothing: bool) -> None:
    """Nothing is declared only by saying so, and not beside lines that say otherwise."""
    if not demand.lines and not nothing:
        message = N_("The grid is empty. Fill in a row, or tick “We need nothing in this lot”.")
        raise InvalidInput("nothing-said", message, field="nothing")
    if demand.lines and nothing:
        message = N_(
            "You ticked “We need nothing in this lot”, but there are rows. Empty the rows or take the tick away."
        )
        raise InvalidInput("nothing-and-lines", message, field="nothing")


def approve(session: Session, demand: Demand, *, actor: Actor, now: dt.datetime, version: int) -> None:
    """The second person of the same member approves what stands there; it goes to the lead.

    Raises MoveRefused for the proposer, Stale where the lines are not those that were read.
    """
    require_editable(session, demand, actor=actor, now=now)
    require_version(session, demand, version, actor=actor)
    proposal = proposals.confirm(session, demand, "submit", actor=actor, now=now)
    demand.submitted_by_id, demand.submitted_at = proposal.proposed_by_id, proposal.created_at
    demand.approved_by_id, demand.approved_at = actor.user_id, now
    lifecycle.move(session, demand, "submit", actor=actor, now=now, proposer_id=proposal.proposed_by_id)


def send_back(session: Session, demand: Demand, *, actor: Actor, now: dt.datetime) -> None:
    """Somebody of the member takes the proposal back: the draft can be worked on again."""
    require_editable(session, demand, actor=actor, now=now)
    proposals.withdraw(session, demand, "submit", actor=actor, now=now)


def recall(session: Session, demand: Demand, *, actor: Actor, now: dt.datetime) -> None:
    """The member takes a submitted version back into draft, before the demand deadline."""
    lifecycle.move(session, demand, "return", actor=actor, now=now)


def return_(session: Session, demand: Demand, *, actor: Actor, now: dt.datetime, motive: str) -> None:
    """The lead sends a submitted version back with a motive; the people who handed it in are told."""
    told = {demand.submitted_by_id, demand.approved_by_id} - {None}
    lifecycle.move(session, demand, "return", actor=actor, now=now, motive=motive)
    for user in session.scalars(select(User).where(User.id.in_(told)).order_by(User.id)):
        _post(session, "demand_returned", demand, user, now=now, motive=motive)


def accept(session: Session, demand: Demand, *, actor: Actor, now: dt.datetime, version: int, seen: bool) -> None:
    """The lead accepts; an older accepted version is superseded. `seen`: the plausibility list was looked at.

    Raises MoveRefused where it was not, Stale where the version is another.
    """
    require_version(session, demand, version, actor=actor)
    demand.accepted_by_id, demand.accepted_at = actor.user_id, now
    lifecycle.move(session, demand, "accept", actor=actor, now=now, plausibility_seen=seen)


def waiting_for_second(session: Session, round_: Round, member_id: int | None, *, now: dt.datetime) -> dict[int, int]:
    """The drafts of a member that a second person must approve: number of the declaration to that of who submitted it."""
    query = (
        select(Demand.id, Proposal.proposed_by_id)
        .join(Proposal, (Proposal.subject_id == Demand.id) & (Proposal.entity == "demand"))
        .where(
            Demand.round_id == round_.id,
            Demand.member_id == member_id,
            Demand.state == "draft",
            Proposal.act == "submit",
            Proposal.state == "open",
            Proposal.expires_at > now,
        )
    )
    return {row.id: row.proposed_by_id for row in session.execute(query)}


def plausibility(demand: Demand) -> list[Oddity]:
    """What is odd: zero lines, a jump of more than 50 % on the baseline, a category nobody filled in. Pure."""
    lines = [of_record(record) for record in demand.lines]
    found = []
    if not lines:
        found.append(Oddity("zero", N_("The declaration has no lines: this member declares no demand."), {}))
    for line in lines:
        if line.is_known and not line.qty_max:
            found.append(
                Oddity("zero", N_("Row %(row)s is zero: %(category)s, year %(year)s."), _named(line.row, line))
            )
        if line.year_no == 1 and _jumps(line.baseline_qty, line.qty_expected):
            message = N_("Row %(row)s: %(new)s expected against %(old)s last year, a jump of more than %(limit)s %%.")
            params: dict[str, object] = {
                "row": line.row,
                "new": line.qty_expected,
                "old": line.baseline_qty,
                "limit": JUMP_PCT,
            }
            found.append(Oddity("jump", message, params))
    missing = [c for c in demand.lot.categories if c not in {line.category for line in lines}]
    if lines and missing:
        message = N_("Nothing was declared for a category of this lot: %(categories)s.")
        found.append(Oddity("missing-category", message, {"categories": missing}))
    return found


def others(session: Session, demand: Demand, *, actor: Actor) -> list[User]:
    """The other people of the member who may approve; empty where the actor is alone."""
    return list(session.scalars(_others(demand.member_id, actor).order_by(User.id)).unique())


def is_alone(session: Session, actor: Actor) -> bool:
    """Whether nobody else of the actor's own organisation could approve what it submits."""
    return session.scalar(_others(actor.organisation_id, actor).with_only_columns(User.id).limit(1)) is None


def _others(member_id: int | None, actor: Actor) -> Select[User]:
    return (
        select(User)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(
            RoleGrant.organisation_id == member_id,
            RoleGrant.role == "member",
            RoleGrant.withdrawn_at.is_(None),
            User.id != actor.user_id,
            User.disabled_at.is_(None),
        )
    )


def require_whole(demand: Demand) -> None:
    """Raise LinesBroken where a line breaks a rule."""
    broken = rules.check([of_record(record) for record in demand.lines], Scope.of(demand.lot))
    if broken:
        raise LinesBroken(broken)


def is_one_person(demand: Demand) -> bool:
    """Whether the round's setting lifts the second person."""
    return not settings.value(demand.round, "demand_four_eyes")


def _jumps(baseline: int | None, expected: int | None) -> bool:
    if baseline is None or expected is None:
        return False
    return abs(expected - baseline) * 100 > baseline * JUMP_PCT


def _named(row: int | None, line: object) -> dict[str, object]:
    return {"row": row, "category": getattr(line, "category", ""), "year": getattr(line, "year_no", None)}


def _ask_second_person(session: Session, demand: Demand, *, actor: Actor, now: dt.datetime) -> None:
    """Mail the other people of the member: one of them must approve (mail M12b)."""
    for user in others(session, demand, actor=actor):
        _post(session, "demand_approve", demand, user, now=now, proposer=actor.name)


def _post(session: Session, template: str, demand: Demand, user: User, *, now: dt.datetime, **params: Any) -> None:
    mail.post(
        session,
        template,
        to=user,
        now=now,
        round_=demand.round,
        round=demand.round.name,
        lot=demand.lot.name,
        member=demand.member.name,
        path=f"/rounds/{demand.round.public_id}/demand/{demand.public_id}",
        **params,
    )


def _guard_submit(session: Session, demand: Demand, context: Context) -> None:
    require_open(demand.round, now=context.now)
    require_whole(demand)


def _guard_return(session: Session, demand: Demand, context: Context) -> None:
    if "member" not in context.roles:
        context.require_motive()
    elif is_past_deadline(demand.round, now=context.now) and not context.motive.strip():
        raise MoveRefused("after-deadline", N_("The deadline for demand has passed. Ask the lead to re-open it."))


def _effect_return(session: Session, demand: Demand, context: Context) -> None:
    """Who handed it in stays beside what was handed in: a change of it begins the next version."""
    demand.returned_at, demand.return_motive = context.now, context.motive.strip()[:1000]


def _guard_accept(session: Session, demand: Demand, context: Context) -> None:
    if demand.round.state != "demand":
        raise MoveRefused("not-demand", N_("Demand is not open in this round. Nothing can be changed."))
    if plausibility(demand) and not context.facts.get("plausibility_seen"):
        raise MoveRefused(
            "plausibility-unseen",
            N_("Look at the list of what is odd, and say that you have seen it, before you accept."),
        )


def _effect_accept(session: Session, demand: Demand, context: Context) -> None:
    supersede_older(session, demand, "accepted", now=context.now)


def supersede_older(session: Session, demand: Demand, state: str, *, now: dt.datetime) -> None:
    """A newer version counts: the older one in `state` of the same member and lot no longer does."""
    query = select(Demand).where(
        Demand.lot_id == demand.lot_id,
        Demand.member_id == demand.member_id,
        Demand.state == state,
        Demand.id != demand.id,
    )
    with session.no_autoflush:
        older = session.scalars(query).all()
    for one in older:
        lifecycle.move(session, one, "supersede", actor=SYSTEM, now=now, newer=demand)


def _guard_supersede(session: Session, demand: Demand, context: Context) -> None:
    newer = context.facts.get("newer")
    if newer is None or (newer.lot_id, newer.member_id) != (demand.lot_id, demand.member_id):
        raise MoveRefused("no-newer-version", N_("Only a newer version of the same member and lot replaces this one."))


lifecycle.register("demand", "submit", guard=_guard_submit, one_person=is_one_person)
lifecycle.register("demand", "return", guard=_guard_return, effect=_effect_return)
lifecycle.register("demand", "accept", guard=_guard_accept, effect=_effect_accept)
lifecycle.register("demand", "supersede", guard=_guard_supersede)

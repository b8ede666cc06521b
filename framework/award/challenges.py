"""Challenges before a review body: only a suspensive one stops the signature, and its outcome says how the round goes on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.award import announcing, standstill, taking_back, ties
from framework.award import decision as decisions
from framework.ground import audit, lifecycle, permissions, proposals
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, MoveRefused, NotFound, taken
from framework.ground.lifecycle import Context
from framework.ground.permissions import Permission
from framework.ground.text import N_, storable
from framework.judging import reopening
from framework.rounds import moves, telling
from models.award import AwardDecision, Challenge
from models.records import StoredFile
from models.rounds import Proposal, Round

RECORDED = audit.declare("challenge.recorded", "body", "lodged_on", "suspensive")
ENDED = audit.declare("challenge.ended", "result", "document")
OUTCOMES = {
    "dismissed": N_("Dismissed"),
    "withdrawn": N_("Withdrawn by the challenger"),
    "new_decision": N_("A new decision is ordered"),
    "new_evaluation": N_("A new evaluation is ordered"),
}
ACT_OF = {
    "dismissed": "resume_standstill",
    "withdrawn": "resume_standstill",
    "new_decision": "set_aside_award",
    "new_evaluation": "order_rejudging",
}
"""Outcome of a suspensive challenge to the move that follows from it."""
PURPOSE = "challenge"
LONGEST_BODY = 200
RUNNING = ("standstill", "challenged")
FARTHEST = dt.timedelta(days=731)
"""How far ahead the last day of the standstill may lie, as an outcome sets it: two years."""


@dataclass(frozen=True, slots=True)
class Lodged:
    """A challenge as it is entered: the court or body, the day it was lodged, whether it stops the signature."""

    body: str
    lodged_on: dt.date | None
    is_suspensive: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a challenge ended: a key of `OUTCOMES`, the document that says so, and the last day of the standstill if it set one."""

    outcome: str
    document: StoredFile | None
    last_day: dt.date | None = None


def challenges(session: Session, round_: Round) -> list[Challenge]:
    """Every challenge of the decisions of a round, the newest first."""
    query = (
        select(Challenge)
        .join(AwardDecision, AwardDecision.id == Challenge.decision_id)
        .options(joinedload(Challenge.decision), joinedload(Challenge.outcome_file))
        .where(AwardDecision.round_id == round_.id)
    )
    return list(session.scalars(query.order_by(Challenge.id.desc())))


def find(session: Session, round_: Round, public_id: str) -> Challenge:
    """One challenge of a round; raises NotFound."""
    wanted = storable(public_id)
    found = next((one for one in challenges(session, round_) if one.public_id == wanted), None)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def record_challenge(session: Session, round_: Round, lodged: Lodged, *, actor: Actor, now: dt.datetime) -> Challenge:
    """Enter a challenge of the announced decision; a suspensive one in the standstill makes the round `challenged`.

    Raises InvalidInput for what is missing, MoveRefused where nothing was announced, NotAllowed.
    """
    decision = _held(session, round_, actor)
    _check(lodged, decision, now)
    if lodged.is_suspensive and round_.state == "standstill":
        lifecycle.move(session, round_, "record_challenge", actor=actor, now=now, lodged=lodged)
    made = Challenge(
        decision=decision,
        body=lodged.body.strip(),
        lodged_on=lodged.lodged_on,
        is_suspensive=lodged.is_suspensive,
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(made)
    session.flush()
    told: dict[str, Any] = {
        "body": made.body,
        "lodged_on": str(made.lodged_on),
        "suspensive": made.is_suspensive,
    }
    audit.record(session, RECORDED, actor=actor, now=now, subject=decision, **told)
    return made


def end_challenge(session: Session, challenge: Challenge, ended: Outcome, *, actor: Actor, now: dt.datetime) -> None:
    """Record that a challenge ended without moving the round: it stops nothing, or another suspensive one still runs.

    Raises InvalidInput, MoveRefused for the last suspensive one, whose end two persons decide on.
    """
    round_ = challenge.decision.round
    decision = _held(session, round_, actor)
    _require_open(challenge, decision)
    _require_outcome(ended, round_, now)
    if is_last(session, round_, challenge):
        raise MoveRefused(
            "second-person-needed", N_("This needs two persons: one proposes, another confirms."), rule="SD1"
        )
    if ACT_OF[ended.outcome] != "resume_standstill":
        raise MoveRefused(
            "outcome-does-not-fit",
            N_(
                "An order of the review body is carried out: withdraw the award, or end the challenge that stops the signature."
            ),
        )
    _end(session, challenge, ended, actor=actor, now=now)


def is_last(session: Session, round_: Round, challenge: Challenge) -> bool:
    """Whether a challenge is the only suspensive one that runs, so that with it the round goes on."""
    return challenge.is_suspensive and not [one for one in suspensive(session, round_) if one.id != challenge.id]


def suspensive(session: Session, round_: Round) -> list[Challenge]:
    """The suspensive challenges that run against the decision that counts."""
    return [
        one
        for one in challenges(session, round_)
        if one.is_suspensive and one.ended_at is None and one.decision.withdrawn_at is None
    ]


def waiting(session: Session, round_: Round, *, now: dt.datetime) -> Proposal | None:
    """The proposal that follows from an outcome and waits for a second person."""
    for act in dict.fromkeys(ACT_OF.values()):
        found = proposals.open_proposal(session, round_, act, now=now)
        if found is not None:
            return found
    return None


def propose(session: Session, challenge: Challenge, ended: Outcome, *, actor: Actor, now: dt.datetime) -> Proposal:
    """First half of the move that an outcome asks for; raises as the move would, and InvalidInput for what is missing."""
    round_ = challenge.decision.round
    decision = _held(session, round_, actor)
    _require_open(challenge, decision)
    _require_outcome(ended, round_, now)
    if waiting(session, round_, now=now) is not None:
        raise MoveRefused("proposal-waits", N_("This was already proposed and waits for a second person."))
    act = ACT_OF[ended.outcome]
    lifecycle.check(session, round_, act, actor=actor, now=now, challenge=challenge, ended=ended)
    proposal = proposals.propose(session, round_, act, actor=actor, now=now, **_facts(challenge, ended))
    telling.ask_second_person(
        session,
        round_,
        proposal,
        f"award/challenges/{challenge.public_id}",
        actor=actor,
        now=now,
        users=ties.free_leads(session, round_, actor, now=now),
    )
    return proposal


def confirm(session: Session, round_: Round, act: str, *, actor: Actor, now: dt.datetime) -> None:
    """Second half, by another person of the lead: `act` is resume_standstill, set_aside_award or order_rejudging."""
    _held(session, round_, actor)
    proposal = proposals.confirm(session, round_, act, actor=actor, now=now)
    challenge, ended = proposed(session, round_, proposal)
    lifecycle.move(
        session,
        round_,
        act,
        actor=actor,
        now=now,
        proposer_id=proposal.proposed_by_id,
        challenge=challenge,
        ended=ended,
    )


def withdraw_proposal(session: Session, round_: Round, act: str, *, actor: Actor, now: dt.datetime) -> None:
    """Take a waiting proposal back. Raises NotAllowed for that of somebody else."""
    announcing.take_back(session, round_, act, actor=actor, now=now)


def proposed(session: Session, round_: Round, proposal: Proposal) -> tuple[Challenge, Outcome]:
    """The challenge and the outcome that a proposal is about."""
    facts = proposal.facts
    document = session.scalar(select(StoredFile).where(StoredFile.public_id == facts.get("document", "")))
    day = facts.get("last_day") or ""
    outcome = Outcome(str(facts.get("outcome", "")), document, dt.date.fromisoformat(day) if day else None)
    return find(session, round_, str(facts.get("challenge", ""))), outcome


def _facts(challenge: Challenge, ended: Outcome) -> dict[str, Any]:
    return {
        "challenge": challenge.public_id,
        "outcome": ended.outcome,
        "document": ended.document.public_id if ended.document is not None else "",
        "last_day": ended.last_day.isoformat() if ended.last_day is not None else "",
    }


def _held(session: Session, round_: Round, actor: Actor) -> AwardDecision:
    """The announced decision, with the round locked; raises NotAllowed, MoveRefused."""
    permissions.require(session, actor, Permission.AWARD_DECIDE, round_)
    ties.require_free(session, round_, actor)
    taking_back.hold(session, round_)
    found = decisions.current(session, round_)
    if round_.state not in RUNNING or found is None or found.announced_at is None:
        raise MoveRefused("wrong-phase", N_("This is not possible in the present phase of the round."))
    return found


def _check(lodged: Lodged, decision: AwardDecision, now: dt.datetime) -> None:
    zone = decision.round.zone
    first = standstill.local_day(decision.announced_at or now, zone)
    taken(lambda: _body(lodged.body), lambda: _day(lodged.lodged_on, first, standstill.local_day(now, zone)))


def _body(text: str) -> None:
    if not text.strip():
        raise InvalidInput("body-missing", N_("Say before which court or body it was lodged."), field="body")
    if len(text.strip()) > LONGEST_BODY:
        raise InvalidInput("too-long", N_("At most %(limit)s characters."), field="body", limit=LONGEST_BODY)


def _day(day: dt.date | None, first: dt.date, last: dt.date) -> None:
    if day is None or not first <= day <= last:
        raise InvalidInput(
            "lodged-on",
            N_("Give the day on which it was lodged, between the announcement (%(first)s) and today."),
            field="lodged_on",
            first=first,
        )


def _require_open(challenge: Challenge, decision: AwardDecision) -> None:
    if challenge.ended_at is not None or challenge.decision_id != decision.id:
        raise MoveRefused("challenge-ended", N_("This challenge has ended already."))


def _require_outcome(ended: Outcome, round_: Round, now: dt.datetime) -> None:
    if ended.outcome not in OUTCOMES:
        raise InvalidInput("outcome-missing", N_("Choose the outcome."), field="outcome")
    if ended.document is None:
        raise InvalidInput("document-missing", N_("Attach the document of the outcome."), field="document")
    last = standstill.local_day(now, round_.zone) + FARTHEST
    if ended.last_day is not None and ended.last_day > last:
        raise InvalidInput(
            "last-day",
            N_(
                "The last day of the standstill lies within two years: give a day not after %(last)s, or leave it blank."
            ),
            field="last_day",
            last=last,
        )


def _end(session: Session, challenge: Challenge, ended: Outcome, *, actor: Actor, now: dt.datetime) -> None:
    decision = challenge.decision
    challenge.outcome, challenge.outcome_file, challenge.ended_at = ended.outcome, ended.document, now
    if ended.last_day is not None:
        challenge.standstill_until = standstill.midnight_after(ended.last_day, decision.round.zone)
        if ACT_OF[ended.outcome] == "resume_standstill":
            kept = decision.standstill_ends_at or challenge.standstill_until
            decision.standstill_ends_at = max(kept, challenge.standstill_until)
    session.flush()
    sha256 = ended.document.sha256 if ended.document is not None else ""
    audit.record(session, ENDED, actor=actor, now=now, subject=decision, result=ended.outcome, document=sha256)


def _may_be_challenged(session: Session, round_: Round, context: Context) -> None:
    ties.require_free(session, round_, context.actor)
    lodged = context.facts.get("lodged")
    decision = decisions.current(session, round_)
    if not isinstance(lodged, Lodged) or decision is None:
        raise MoveRefused(
            "challenge-missing", N_("Enter the challenge: body, day, and whether it stops the signature.")
        )
    _check(lodged, decision, context.now)
    if not lodged.is_suspensive:
        raise MoveRefused(
            "challenge-not-suspensive", N_("Only a challenge that stops the signature moves the round. It is recorded.")
        )


def _guard(session: Session, round_: Round, context: Context) -> None:
    """What holds of all three moves: nobody tied, one running suspensive challenge, the outcome that fits, its document."""
    ties.require_free(session, round_, context.actor)
    ties.require_proposer_free(session, round_, context.proposer_id)
    challenge, ended = context.facts.get("challenge"), context.facts.get("ended")
    if not isinstance(challenge, Challenge) or not isinstance(ended, Outcome):
        raise MoveRefused("outcome-missing", N_("Choose the outcome."))
    decision = decisions.current(session, round_)
    if decision is None:
        raise MoveRefused("no-decision", N_("Write the decision first."))
    _require_open(challenge, decision)
    _require_outcome(ended, round_, context.now)
    if not challenge.is_suspensive:
        raise MoveRefused(
            "challenge-not-suspensive", N_("Only a challenge that stops the signature moves the round. It is recorded.")
        )
    if ACT_OF[ended.outcome] != context.move.act:
        raise MoveRefused("outcome-does-not-fit", N_("The outcome of the challenge asks for another step."))
    if context.move.act == "resume_standstill" and not is_last(session, round_, challenge):
        raise MoveRefused(
            "challenge-runs", N_("Another challenge that stops the signature still runs. End this one by itself.")
        )


def _resumed(session: Session, round_: Round, context: Context) -> None:
    _end(session, context.facts["challenge"], context.facts["ended"], actor=context.actor, now=context.now)


def _set_aside(session: Session, round_: Round, context: Context) -> None:
    challenge, ended = context.facts["challenge"], context.facts["ended"]
    _end(session, challenge, ended, actor=context.actor, now=context.now)
    found = taking_back.mark(session, round_, challenge.body, now=context.now)
    if found is not None:
        outcome = OUTCOMES[ended.outcome]
        taking_back.tell(session, round_, found, now=context.now, body=challenge.body, outcome=outcome)


def _rejudged(session: Session, round_: Round, context: Context) -> None:
    _set_aside(session, round_, context)
    reopening.open_again(session, round_, actor=context.actor, now=context.now)


moves.register("record_challenge", _may_be_challenged)
moves.register("resume_standstill", _guard, _resumed)
moves.register("set_aside_award", _guard, _set_aside)
moves.register("order_rejudging", _guard, _rejudged)

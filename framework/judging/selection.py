"""Admit or exclude bidders before anything of their offer is judged: an exclusion has a ground, evidence, a hearing and two persons."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground import audit, conflicts, lifecycle, permissions, proposals
from framework.ground.actors import Actor, roles_in
from framework.ground.errors import InvalidInput, MoveRefused, RuleBroken, taken
from framework.ground.lifecycle import Context
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.rounds import telling
from models.disclosure import Submission
from models.judging import GROUNDS, Selection
from models.rounds import Proposal, Round

ADMITTED = audit.declare("selection.admitted", "receipt", "motive")
EXCLUDED = audit.declare("selection.excluded", "receipt", "ground", "motive")
GROUND_LABELS = {
    "selection": N_("does not meet a selection criterion"),
    "mandatory": N_("mandatory ground for exclusion"),
    "discretionary": N_("optional ground for exclusion"),
    "tender": N_("the tender does not comply"),
    "other": N_("another ground"),
}
LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What an exclusion stands on: ground, why, evidence, and the day on which the bidder was heard and what it said."""

    ground: str
    motive: str
    evidence: str
    heard_on: str
    heard_words: str


def selections(session: Session, round_: Round, *, all_tenders: bool = False) -> dict[int, Selection]:
    """What was decided, by submission."""
    query = select(Selection).where(Selection.round_id == round_.id).execution_options(all_tenders=all_tenders)
    return {one.submission_id: one for one in session.scalars(query)}


def admit(session: Session, submission: Submission, motive: str, *, actor: Actor, now: dt.datetime) -> Selection:
    """Admit a bidder to the judging; a word of motive may go with it. Raises NotFound for a conflict, MoveRefused."""
    _require(session, submission, actor)
    if submission.state not in ("opened", "clarification_asked"):
        raise MoveRefused("not-opened", N_("This tender is not waiting for a decision."))
    if _known(session, submission) is not None:
        raise RuleBroken("decided-already", N_("This was decided already."))
    made = Selection(
        round_id=submission.round_id,
        submission_id=submission.id,
        outcome="admitted",
        motive=motive.strip()[:LONGEST],
        decided_at=now,
        decided_by_id=actor.user_id,
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(made)
    session.flush()
    told = {"receipt": submission.receipt_number, "motive": made.motive}
    audit.record(session, ADMITTED, actor=actor, now=now, subject=submission, **told)
    return made


def propose_exclusion(
    session: Session, submission: Submission, given: Exclusion, *, actor: Actor, now: dt.datetime
) -> Proposal:
    """First half of an exclusion; raises as the move would, so that nobody waits in vain, and InvalidInput for what is missing."""
    _require(session, submission, actor)
    _check(given, now)
    lifecycle.check(session, submission, "exclude", actor=actor, now=now, motive=given.motive, exclusion=given)
    facts: dict[str, Any] = asdict(given)
    proposal = proposals.propose(
        session, submission, "exclude", actor=actor, now=now, motive=facts.pop("motive"), **facts
    )
    telling.ask_second_person(session, submission.round, proposal, "judging/selection", actor=actor, now=now)
    return proposal


def confirm_exclusion(session: Session, submission: Submission, *, actor: Actor, now: dt.datetime) -> None:
    """Second half, by another person of the lead: the bidder is out, with the reason."""
    _require(session, submission, actor)
    proposal = proposals.confirm(session, submission, "exclude", actor=actor, now=now)
    given = Exclusion(motive=proposal.motive, **proposal.facts)
    lifecycle.move(
        session,
        submission,
        "exclude",
        actor=actor,
        now=now,
        motive=proposal.motive,
        proposer_id=proposal.proposed_by_id,
        exclusion=given,
    )


def withdraw_exclusion(session: Session, submission: Submission, *, actor: Actor, now: dt.datetime) -> None:
    """Take a proposed exclusion back."""
    _require(session, submission, actor)
    proposals.withdraw(session, submission, "exclude", actor=actor, now=now)


def waiting(session: Session, submissions: list[Submission], *, now: dt.datetime) -> dict[int, Proposal]:
    """The exclusions that wait for a second person, by submission."""
    query = select(Proposal).where(
        Proposal.entity == "submission",
        Proposal.act == "exclude",
        Proposal.state == "open",
        Proposal.expires_at > now,
        Proposal.subject_id.in_([one.id for one in submissions]),
    )
    return {one.subject_id: one for one in session.scalars(query)}


def _require(session: Session, submission: Submission, actor: Actor) -> None:
    permissions.require(session, actor, Permission.SELECTION_DECIDE, submission.round)
    conflicts.require_stated(session, actor, submission.round, roles_in(session, actor, submission.round))
    conflicts.require_free(session, actor, submission)
    session.execute(select(Submission.id).where(Submission.id == submission.id).with_for_update()).all()


def _known(session: Session, submission: Submission) -> Selection | None:
    return session.scalar(select(Selection).where(Selection.submission_id == submission.id))


def _check(given: Exclusion, now: dt.datetime) -> None:
    taken(
        lambda: _among(given.ground),
        lambda: _filled("motive", given.motive, N_("Say why the bidder is excluded.")),
        lambda: _filled("evidence", given.evidence, N_("Say what proves it.")),
        lambda: _day(given.heard_on, now),
        lambda: _filled("heard_words", given.heard_words, N_("Say how the bidder was heard, and what it answered.")),
    )


def _among(ground: str) -> None:
    if ground not in GROUNDS:
        raise InvalidInput("ground-missing", N_("Choose the ground."), field="ground")


def _filled(field: str, text: str, message: str) -> None:
    if not text.strip():
        raise InvalidInput("blank", message, field=field)
    if len(text) > LONGEST:
        raise InvalidInput("too-long", N_("At most %(limit)s characters."), field=field, limit=LONGEST)


def _day(text: str, now: dt.datetime) -> None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            "heard-missing",
            N_("Give the day on which the bidder was heard. It is heard before it is excluded."),
            field="heard_on",
        ) from None
    if day > now.date():
        raise InvalidInput("heard-later", N_("The bidder is heard before it is excluded, not after."), field="heard_on")


def _guard_exclude(session: Session, submission: Submission, context: Context) -> None:
    context.require_motive()
    if submission.round.state != "opened":
        raise MoveRefused("wrong-phase", N_("This is not possible in the present phase of the round."))
    if "exclusion" not in context.facts:
        raise MoveRefused("ground-missing", N_("Choose the ground."))


def _excluded(session: Session, submission: Submission, context: Context) -> None:
    given: Exclusion = context.facts["exclusion"]
    found = _known(session, submission)
    values: dict[str, Any] = {
        "outcome": "excluded",
        "ground": given.ground,
        "motive": given.motive,
        "evidence": given.evidence,
        "heard_on": dt.date.fromisoformat(given.heard_on),
        "heard_words": given.heard_words,
        "decided_at": context.now,
        "decided_by_id": context.actor.user_id,
    }
    if found is None:
        found = Selection(
            round_id=submission.round_id,
            submission_id=submission.id,
            created_at=context.now,
            created_by_id=context.proposer_id,
            **values,
        )
        session.add(found)
    for name, value in values.items():
        setattr(found, name, value)
    submission.reason = given.motive[:500]
    session.flush()
    told = {"receipt": submission.receipt_number, "ground": given.ground, "motive": given.motive}
    audit.record(session, EXCLUDED, actor=context.actor, now=context.now, subject=submission, **told)


def _guard_admit(session: Session, submission: Submission, context: Context) -> None:
    known = _known(session, submission)
    if known is None or known.outcome != "admitted":
        raise MoveRefused("not-admitted", N_("This bidder is not admitted."))


lifecycle.register("submission_tender", "exclude", source="opened", guard=_guard_exclude, effect=_excluded)
lifecycle.register("submission_tender", "admit", guard=_guard_admit)

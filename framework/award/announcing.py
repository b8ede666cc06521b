"""Announce the award: what must be ready, two persons of the lead, then the letters leave and the standstill begins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.award import addressees, letters, mandate, reasons, ties
from framework.award import decision as decisions
from framework.award.letters import Say
from framework.award.reasons import Wanted
from framework.ground import lifecycle, mail, proposals
from framework.ground.actors import Actor
from framework.ground.errors import MoveRefused, NotAllowed, Stale
from framework.ground.lifecycle import Context
from framework.ground.text import N_, NN_
from framework.judging.starting import Fact
from framework.rounds import limits, moves, telling
from models.award import AwardDecision
from models.rounds import Proposal, Round

ACT = "announce_award"
DECIDED, RANKED, ANSWERED, REASONED, READY, LONG = "decided", "ranked", "answered", "reasoned", "letters", "standstill"
MOST_NAMED = 20
PAGE = "award"


def readiness(session: Session, round_: Round, *, now: dt.datetime) -> list[Fact]:
    """What must hold before the award is announced, in the order in which it is done."""
    found = decisions.current(session, round_)
    listed = reasons.wanted(session, found) if found is not None and found.announced_at is None else {}
    return facts(session, round_, found, listed, now=now)


def facts(
    session: Session,
    round_: Round,
    found: AwardDecision | None,
    listed: Mapping[int, list[Wanted]],
    *,
    now: dt.datetime,
) -> list[Fact]:
    """The same of a decision and its reasons where a page has loaded them."""
    if found is None or found.announced_at is not None:
        return [Fact(DECIDED, False, N_("The decision is not written yet."), "lead")]
    return [
        Fact(DECIDED, True, N_("The decision is written."), "lead"),
        _ranked(session, found),
        _reasoned(listed),
        _answered(session, found),
        _letters(session, found, now=now),
        Fact(
            LONG,
            not limits.is_standstill_short(round_),
            N_("The standstill is not shorter than the law's, or its legal reason is in the record."),
            "lead",
        ),
    ]


def waiting(session: Session, round_: Round, *, now: dt.datetime) -> Proposal | None:
    """The proposal that waits for a second person, unless it has lapsed."""
    return proposals.open_proposal(session, round_, ACT, now=now)


def propose(session: Session, round_: Round, *, say: Say, actor: Actor, now: dt.datetime) -> Proposal:
    """First half, by a lead; raises as the move would, so that nobody waits in vain. Other leads get a mail."""
    decision = decisions.require_draft(session, round_, actor)
    lifecycle.check(session, round_, ACT, actor=actor, now=now, say=say)
    hash_ = decisions.digest(session, decision)
    proposal = proposals.propose(session, round_, ACT, actor=actor, now=now, decision=decision.public_id, hash=hash_)
    telling.ask_second_person(
        session, round_, proposal, PAGE, actor=actor, now=now, users=ties.free_leads(session, round_, actor, now=now)
    )
    return proposal


def confirm(session: Session, round_: Round, *, say: Say, actor: Actor, now: dt.datetime) -> AwardDecision:
    """Second half, by another person of the lead: the letters leave. Raises Stale where something was changed since."""
    decision = decisions.require_draft(session, round_, actor)
    proposal = proposals.confirm(session, round_, ACT, actor=actor, now=now)
    known = (proposal.facts.get("decision"), proposal.facts.get("hash"))
    if known != (decision.public_id, decisions.digest(session, decision)):
        raise Stale("decision-changed", N_("The decision was changed since it was proposed. Propose it anew."))
    lifecycle.move(session, round_, ACT, actor=actor, now=now, proposer_id=proposal.proposed_by_id, say=say)
    return decision


def withdraw_proposal(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> None:
    """Take a waiting proposal back. Raises NotAllowed for that of somebody else."""
    take_back(session, round_, ACT, actor=actor, now=now)


def take_back(session: Session, round_: Round, act: str, *, actor: Actor, now: dt.datetime) -> None:
    """Take the own proposal of an act back. Raises NotAllowed for that of somebody else, MoveRefused where none waits."""
    found = proposals.open_proposal(session, round_, act, now=now)
    if found is not None and found.proposed_by_id != actor.user_id:
        raise NotAllowed("not-proposer", N_("Somebody else proposed this. Only that person takes it back."))
    proposals.withdraw(session, round_, act, actor=actor, now=now)


def note_left(
    session: Session, round_: Round, letter_id: str, left_on: dt.date, *, actor: Actor, now: dt.datetime
) -> AwardDecision:
    """Note the day on which a letter left by other means: the standstill ends as much later as that letter asks for.

    Raises MoveRefused for a letter that left electronically, a day before the announcement or one to come.
    """
    ties.require_free(session, round_, actor)
    session.execute(select(Round.id).where(Round.id == round_.id).with_for_update()).all()
    session.refresh(round_)
    decision = decisions.current(session, round_)
    if round_.state not in ("standstill", "challenged") or decision is None or decision.announced_at is None:
        raise MoveRefused("wrong-phase", N_("This is not possible in the present phase of the round."))
    every = addressees.of_decision(session, decision)
    letter = next((one for one in every if one.public_id == letter_id and one.channel == "other"), None)
    if letter is None:
        raise MoveRefused("letter-electronic", N_("Only of a letter that leaves by other means the day is noted."))
    letters.note_day(session, letter, left_on, actor=actor, now=now)
    ends_at, days = letters.standstill_of(round_, [one for one in every if one.left_at is not None], now)
    if ends_at > (decision.standstill_ends_at or ends_at):
        decision.standstill_ends_at, decision.standstill_days = ends_at, days
    return decision


def _ranked(session: Session, decision: AwardDecision) -> Fact:
    holds = not decisions.is_outdated(session, decision)
    return Fact(
        RANKED,
        holds,
        N_("It stands on the newest ranking.")
        if holds
        else N_("Another ranking was counted since the decision was written. Write it anew."),
        "lead",
    )


def _reasoned(listed: Mapping[int, list[Wanted]]) -> Fact:
    left = [one for each in listed.values() for one in each if not one.text.strip()]
    return Fact(
        REASONED,
        not left,
        NN_("%(count)s reason is not written yet.", "%(count)s reasons are not written yet.")
        if left
        else N_("Every reason is written, for each bidder and criterion."),
        "lead",
        {"count": len(left)} if left else {},
        tuple(one.name for one in left[:MOST_NAMED]),
    )


def _answered(session: Session, decision: AwardDecision) -> Fact:
    found = mandate.count(session, decision)
    holds = found.is_clear or bool(decision.mandate_motive)
    if found.is_clear:
        return Fact(ANSWERED, True, N_("Every member has answered, and none said no."), "member")
    return Fact(
        ANSWERED,
        holds,
        N_(
            "Members: %(yes)s yes, %(no)s no, %(abstain)s abstained, %(open)s not answered. The lead goes on with a motive."
        )
        if holds
        else N_(
            "Members: %(yes)s yes, %(no)s no, %(abstain)s abstained, %(open)s not answered. Without all answers, or with a no, the lead says why it goes on."
        ),
        "member",
        {"yes": found.of("yes"), "no": found.of("no"), "abstain": found.of("abstain"), "open": found.of("")},
        tuple(member.name for member, one in found.members if one is None),
    )


def _letters(session: Session, decision: AwardDecision, *, now: dt.datetime) -> Fact:
    every = addressees.of_decision(session, decision)
    lacking = {one.id for one in addressees.bidders(session, decision.round)} - {one.submission_id for one in every}
    names = addressees.unreachable(session, every, now=now)
    if names:
        return Fact(
            READY,
            False,
            N_("Nobody of %(names)s has an account. Let the letter leave by other means."),
            "lead",
            {"names": names},
        )
    holds = bool(every) and not lacking
    return Fact(
        READY,
        holds,
        N_("There is a letter for every bidder.") if holds else N_("A bidder has no letter yet. Look at the letters."),
        "lead",
    )


def _may_announce(session: Session, round_: Round, context: Context) -> None:
    ties.require_free(session, round_, context.actor)
    ties.require_proposer_free(session, round_, context.proposer_id)
    for fact in readiness(session, round_, now=context.now):
        if not fact.holds:
            params: dict[str, Any] = dict(fact.params)
            if fact.key == REASONED:
                raise MoveRefused(
                    "award-reasoned",
                    N_("Reasons are missing: %(names)s. Write them first."),
                    names=list(fact.names),
                )
            raise MoveRefused(f"award-{fact.key}", fact.sentence, **params)
    if "say" not in context.facts:
        raise MoveRefused("award-letters", N_("A bidder has no letter yet. Look at the letters."))


def _announced(session: Session, round_: Round, context: Context) -> None:
    decision = decisions.current(session, round_)
    assert decision is not None  # the guard has seen it
    every = addressees.of_decision(session, decision)
    ends_at, days = letters.standstill_of(round_, every, context.now)
    found = letters.contents(session, decision)
    for one in every:
        text = letters.compose(found, one, ends_at=ends_at, days=days, left_at=context.now, say=context.facts["say"])
        letters.leave(one, text, now=context.now)
    decision.announced_at, decision.standstill_ends_at, decision.standstill_days = context.now, ends_at, days
    _tell(session, round_, decision, now=context.now)


def _tell(session: Session, round_: Round, decision: AwardDecision, *, now: dt.datetime) -> None:
    """Mail M11: the people of each bidder, with the end of the standstill; never points, reasons or another bidder."""
    until = telling.local_words(decision.standstill_ends_at, round_.zone)
    sent = [one for one in addressees.of_decision(session, decision) if one.channel == "electronic"]
    people = telling.people_of(session, [one.submission.supplier_id for one in sent], "supplier", now=now)
    for one in sent:
        for user in people.get(one.submission.supplier_id, []):
            mail.post(
                session,
                "award_letter",
                to=user,
                now=now,
                round_=round_,
                round_name=round_.name,
                until=until,
                path=f"/rounds/{round_.public_id}/award/letter",
            )


moves.register(ACT, _may_announce, _announced)

"""What the lead decides about contradictions: accept, dismiss with a reason, take back; each is one fact, and stays one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from framework.chain.contradictions.states import AT_ONCE, state_of, states_of
from framework.chain.contradictions.states import standing as standing_numbers
from framework.ground import audit
from framework.ground.actors import Actor
from framework.ground.errors import RuleBroken
from framework.ground.text import N_
from models.contradictions import Contradiction, ContradictionDecision
from models.rounds import Round

ACCEPTED = audit.declare("contradiction.accepted", "contradiction", "code")
DISMISSED = audit.declare("contradiction.dismissed", "contradiction", "code")
TAKEN_BACK = audit.declare("contradiction.undone", "contradiction", "act")
ALL_ACCEPTED = audit.declare("contradictions.accepted", "code", "count")
ALL_TAKEN_BACK = audit.declare("contradictions.undone", "code", "count")
LONGEST_MOTIVE = 1000
DECIDABLE = ("open", "asked")


def accept(session: Session, one: Contradiction, *, actor: Actor, now: dt.datetime) -> ContradictionDecision:
    """The lead agrees that it stands. Raises RuleBroken where it is decided or settled."""
    decision = _decide(session, one, "accept", "", actor, now)
    audit.record(session, ACCEPTED, actor=actor, now=now, subject=one, contradiction=one.public_id, code=one.code)
    return decision


def dismiss(
    session: Session, one: Contradiction, motive: str, *, actor: Actor, now: dt.datetime
) -> ContradictionDecision:
    """The lead finds that it is none, and says why. Raises RuleBroken where it is decided or settled, or without a reason."""
    why = motive.strip()[:LONGEST_MOTIVE]
    if not why:
        raise RuleBroken("motive-missing", N_("Say in a few words why, so that others can follow it later."))
    decision = _decide(session, one, "dismiss", why, actor, now)
    audit.record(session, DISMISSED, actor=actor, now=now, subject=one, contradiction=one.public_id, code=one.code)
    return decision


def accept_all(
    session: Session,
    round_: Round,
    found: Sequence[Contradiction],
    *,
    code: str,
    expected: int,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Accept all open ones of a kind that a list shows, as one act; how many.

    `expected` is the number that the person saw: raises RuleBroken where it is another by now, and changes nothing.
    """
    open_ones = _expected(session, found, "open", expected)
    for one in open_ones:
        session.add(_decision(one, "accept", "", actor, now))
    if open_ones:
        audit.record(session, ALL_ACCEPTED, actor=actor, now=now, subject=round_, code=code, count=len(open_ones))
    return len(open_ones)


def undo_all(
    session: Session,
    round_: Round,
    found: Sequence[Contradiction],
    *,
    code: str,
    expected: int,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Take back the acceptance of all of a kind that a list shows, as one act; how many. Raises as `accept_all`."""
    accepted = _expected(session, found, "accepted", expected)
    numbers = [one.id for one in accepted]
    last = {
        decision.contradiction_id: decision.id
        for start in range(0, len(numbers), AT_ONCE)
        for decision in session.scalars(_standing(numbers[start : start + AT_ONCE]))
    }
    for one in accepted:
        taken = _decision(one, "undo", "", actor, now)
        taken.undoes_id = last[one.id]
        session.add(taken)
    if accepted:
        audit.record(session, ALL_TAKEN_BACK, actor=actor, now=now, subject=round_, code=code, count=len(accepted))
    return len(accepted)


def undo(session: Session, one: Contradiction, *, actor: Actor, now: dt.datetime) -> ContradictionDecision:
    """Take the last decision back: the one before it stands again. Raises RuleBroken where there is none, or a question was sent."""
    last = standing(session, one)
    if last is None:
        raise RuleBroken("decision-undone", N_("Nothing is decided about it that could be taken back."))
    if last.act == "ask":
        raise RuleBroken("question-sent", N_("The question was sent and stays. Close it, or wait for the answer."))
    taken = _decision(one, "undo", "", actor, now)
    taken.undoes_id = last.id
    session.add(taken)
    audit.record(session, TAKEN_BACK, actor=actor, now=now, subject=one, contradiction=one.public_id, act=last.act)
    return taken


def standing(session: Session, one: Contradiction) -> ContradictionDecision | None:
    """The decision that stands: the last that was not taken back."""
    return session.scalar(_standing([one.id]))


def decisions(session: Session, one: Contradiction) -> list[ContradictionDecision]:
    """All that was decided about it, the newest first."""
    query = select(ContradictionDecision).where(ContradictionDecision.contradiction_id == one.id)
    return list(session.scalars(query.order_by(ContradictionDecision.id.desc())))


def lock(session: Session, numbers: Collection[int]) -> None:
    """Hold these contradictions (numbers) until the commit, so that nobody else decides about them meanwhile."""
    wanted = sorted(numbers)
    for start in range(0, len(wanted), AT_ONCE):
        some = Contradiction.id.in_(wanted[start : start + AT_ONCE])
        session.execute(select(Contradiction.id).where(some).order_by(Contradiction.id).with_for_update()).all()


def _standing(numbers: Sequence[int]) -> Select[ContradictionDecision]:
    """The decisions about these contradictions that stand, one for each."""
    last = standing_numbers()
    return (
        select(ContradictionDecision)
        .join(last, last.c.number == ContradictionDecision.id)
        .where(last.c.contradiction_id.in_(numbers))
    )


def _expected(session: Session, found: Sequence[Contradiction], state: str, expected: int) -> list[Contradiction]:
    """Those of a list in one state, held until the commit; raises RuleBroken where there are not as many as were seen."""
    lock(session, [one.id for one in found])
    states = states_of(session, found)
    some = [one for one in found if states[one.id] == state]
    if len(some) != expected:
        raise RuleBroken("stale", N_("The list has changed since you looked at it. Look at it again."))
    return some


def _decide(
    session: Session, one: Contradiction, act: str, motive: str, actor: Actor, now: dt.datetime
) -> ContradictionDecision:
    session.refresh(one, with_for_update=True)
    state = state_of(session, one)
    if state == "settled":
        raise RuleBroken("contradiction-settled", N_("It no longer holds, so there is nothing to decide."))
    if state not in DECIDABLE:
        raise RuleBroken("contradiction-decided", N_("It is decided already. Take that back first."))
    decision = _decision(one, act, motive, actor, now)
    session.add(decision)
    session.flush()
    return decision


def _decision(one: Contradiction, act: str, motive: str, actor: Actor, now: dt.datetime) -> ContradictionDecision:
    return ContradictionDecision(contradiction_id=one.id, act=act, motive=motive, actor_id=actor.user_id, at=now)

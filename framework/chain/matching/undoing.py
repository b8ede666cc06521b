"""Taking a decision back: the state before it, exactly, and with it whatever was decided later on the same descriptions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from framework.chain.matching import moving
from framework.chain.matching.acts import VERDICT
from framework.ground import audit
from framework.ground.actors import Actor
from framework.ground.errors import RuleBroken
from framework.ground.text import N_
from models.chain import Mention, Site
from models.matching import MatchDecision, MatchQuestion, SiteAlias, SiteName
from models.rounds import Round

AT_ONCE = 1_000
UNDONE = audit.declare("site.undone", "decision", "act")


def undo(
    session: Session,
    decision: MatchDecision,
    round_: Round,
    *,
    actor: Actor,
    now: dt.datetime,
    also: Collection[int] = (),
) -> MatchDecision:
    """Restore the state before a decision of a person, also one made long ago.

    `also` are the numbers of all later decisions on the same descriptions, which are taken back first. Raises RuleBroken
    where it was taken back before, was the program's, others than `also` are later, or one of them is another lead's;
    also where a row is no longer on the site that a decision gave it.
    """
    _hold(session, decision)
    if decision.actor_id is None or decision.kind == "undo" or is_undone(session, decision):
        raise RuleBroken("decision-undone", N_("This decision cannot be taken back: look at the list again."))
    after = later(session, decision)
    if {one.id for one in after} != set(also):
        raise _stands_on(len(after))
    if any(not is_own(session, one, round_) for one in after):
        raise RuleBroken("later-elsewhere", N_("Another lead decided later on the same descriptions, so this stays."))
    _require_in_place(session, [*after, decision])
    for one in after:
        _take_back(session, one, round_, actor=actor, now=now)
    return _take_back(session, decision, round_, actor=actor, now=now)


def later(session: Session, decision: MatchDecision) -> list[MatchDecision]:
    """What persons decided later on the same descriptions, or on those of a later decision; the newest first."""
    taken_back = select(MatchDecision.undoes_id).where(MatchDecision.undoes_id.is_not(None))
    query = select(MatchDecision).where(
        MatchDecision.id > decision.id,
        MatchDecision.actor_id.is_not(None),
        MatchDecision.kind != "undo",
        MatchDecision.id.not_in(taken_back),
    )
    touched, found = _moved(decision), [decision]
    for one in session.scalars(query.order_by(MatchDecision.id)):
        if _moved(one) & touched or _replaces(one, found) or _ends_name_of(session, one, found):
            touched |= _moved(one)
            found.append(one)
    return found[:0:-1]


def is_own(session: Session, decision: MatchDecision, round_: Round) -> bool:
    """Was it decided in a round of the same lead?"""
    lead = session.scalar(select(Round.organisation_id).where(Round.id == decision.round_id))
    return lead == round_.organisation_id


def is_undone(session: Session, decision: MatchDecision) -> bool:
    """Was a decision taken back?"""
    return session.scalar(select(MatchDecision.id).where(MatchDecision.undoes_id == decision.id)) is not None


def _hold(session: Session, decision: MatchDecision) -> None:
    """Hold a decision and every site that it or a later one concerns, as they are now: two persons act in turn."""
    query = select(MatchDecision).where(MatchDecision.id == decision.id).with_for_update()
    session.scalars(query.execution_options(populate_existing=True)).one()
    sites = {site for one in [decision, *later(session, decision)] for site in _sites_of(one)}
    moving.lock(session, *session.scalars(select(Site).where(Site.id.in_(sites))))


def _sites_of(decision: MatchDecision) -> set[int]:
    """The sites that a decision names, or moved mentions from or to."""
    moved = {site for move in decision.moves for site in move[1:]}
    return {site for site in (*moved, decision.site_id, decision.other_site_id) if site is not None}


def _require_in_place(session: Session, found: Sequence[MatchDecision]) -> None:
    """Every row is where these decisions, the newest first, put it: it was not placed elsewhere meanwhile."""
    numbers = sorted({number for one in found for number in _moved(one)})
    where: dict[int, int | None] = {}
    for start in range(0, len(numbers), AT_ONCE):
        query = select(Mention).where(Mention.id.in_(numbers[start : start + AT_ONCE]))
        some = session.scalars(query.execution_options(populate_existing=True))
        where |= {mention.id: mention.site_id for mention in some}
    for one in found:
        for number, before, after in one.moves:
            if where.get(number) != after:
                raise _stands_on(max(len(found) - 1, 1))
            where[number] = before


def _stands_on(count: int) -> RuleBroken:
    return RuleBroken(
        "later-decision",
        N_("Later decisions stand on this one: %(count)s. Look at them and take them back together."),
        count=count,
    )


def _take_back(
    session: Session, decision: MatchDecision, round_: Round, *, actor: Actor, now: dt.datetime
) -> MatchDecision:
    taken = moving.decide(session, "undo", round_, actor=actor, now=now, undoes=decision)
    taken.site_id, taken.other_site_id = decision.site_id, decision.other_site_id
    sites = _sites_of(decision)
    for number, before, _after in decision.moves:
        session.get_one(Mention, number).site_id = before
    taken.moves = [[number, after, before] for number, before, after in decision.moves]
    moving.forget(session, decision)
    _part_again(session, decision)
    _name_again(session, decision, taken)
    _ask_again(session, decision)
    freed = [number for number, before, _after in decision.moves if before is None]
    moving.settle(session, sites, now=now, freed=freed)
    subject = moving.SiteOfRound(session.get_one(Site, decision.site_id), round_) if decision.site_id else round_
    audit.record(session, UNDONE, actor=actor, now=now, subject=subject, decision=str(decision.id), act=decision.kind)
    return taken


def _part_again(session: Session, decision: MatchDecision) -> None:
    """Sites that this decision made part of another stand by themselves again."""
    if decision.kind not in ("merge", "person_same"):
        return
    left = {before for _number, before, _after in decision.moves} | {decision.other_site_id}
    query = select(Site).where(Site.id.in_(left - {None}), Site.merged_into_id == decision.site_id)
    for site in session.scalars(query.order_by(Site.id)):
        site.merged_into_id = None
        session.execute(delete(SiteAlias).where(SiteAlias.public_id == site.public_id))


def _name_again(session: Session, decision: MatchDecision, taken: MatchDecision) -> None:
    """A name that was typed is out of use, one that was removed is in use again."""
    if decision.kind == "alias":
        session.execute(update(SiteName).where(SiteName.decision_id == decision.id).values(ended_id=taken.id))
    if decision.kind == "alias_ended":
        session.execute(update(SiteName).where(SiteName.ended_id == decision.id).values(ended_id=None))


def _ask_again(session: Session, decision: MatchDecision) -> None:
    """A question that this decision settled waits again, put off where it was."""
    before = next((params.get("before") for code, params in decision.reasons if code == VERDICT), None)
    session.execute(
        update(MatchQuestion)
        .where(MatchQuestion.decision_id == decision.id)
        .values(state=before or "open", decision_id=None, version=MatchQuestion.version + 1)
    )


def _moved(decision: MatchDecision) -> set[int]:
    return {number for number, _before, _after in decision.moves}


def _replaces(one: MatchDecision, found: Collection[MatchDecision]) -> bool:
    """Did a decision take the place of what one of these let be remembered?"""
    numbers = {decision.id for decision in found}
    return any(number in numbers for _low, _high, _verdict, number in one.replaced)


def _ends_name_of(session: Session, one: MatchDecision, found: Collection[MatchDecision]) -> bool:
    """Did a decision remove a name that one of these gave?"""
    if one.kind != "alias_ended":
        return False
    given = select(SiteName.decision_id).where(SiteName.ended_id == one.id)
    return session.scalar(given) in {decision.id for decision in found}

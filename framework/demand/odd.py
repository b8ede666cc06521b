"""Suggestions for a draft: gathered from the member's lots of the round, without those that somebody put aside."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from framework.demand import declare
from framework.demand.lines import Line, of_record
from framework.demand.suggestions import Suggestion, suggestions
from framework.ground import audit
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput
from framework.ground.text import N_
from models.demand import Demand, DemandAside
from models.rounds import Lot

PUT_ASIDE = audit.declare("demand.suggestion_put_aside", "suggestion")
KEY_LIMIT = 200


def open_for(
    session: Session, lot: Lot, draft: Demand | None, lines: list[Line], member_id: int | None
) -> list[Suggestion]:
    """What looks odd in the lines of a lot and was not put aside in this draft."""
    found = suggestions(lines, _elsewhere(session, lot, member_id), lot.categories, _asked(lot))
    aside = _aside(session, draft) if draft is not None and found else set()
    return [one for one in found if one.key not in aside]


def put_aside(session: Session, draft: Demand, key: str, *, actor: Actor, now: dt.datetime) -> None:
    """Say that something is meant as it stands; it comes back once its figures change. Nothing else is changed.

    Raises MoveRefused and NotAllowed as an edit does, InvalidInput for what is not suggested now.
    """
    declare.lock(session, draft.round, actor)
    declare.require_editable(session, draft, actor=actor, now=now)
    lines = [of_record(one) for one in draft.lines]
    if key not in {one.key for one in open_for(session, draft.lot, draft, lines, draft.member_id)}:
        raise InvalidInput(
            "not-suggested", N_("This is not suggested any more: the figures changed, or a colleague put it aside.")
        )
    session.add(DemandAside(demand_id=draft.id, key=key[:KEY_LIMIT], by_id=actor.user_id, at=now))
    audit.record(session, PUT_ASIDE, actor=actor, now=now, subject=draft, suggestion=key[:KEY_LIMIT])


def _aside(session: Session, draft: Demand) -> set[str]:
    return set(session.scalars(select(DemandAside.key).where(DemandAside.demand_id == draft.id)))


def _asked(lot: Lot) -> set[str]:
    return {category for one in lot.round.lots for category in one.categories}


def _elsewhere(session: Session, lot: Lot, member_id: int | None) -> list[Line]:
    """The member's lines in the other lots of the round: of the newest version that is worked on or counts."""
    query = (
        select(Demand)
        .where(Demand.round_id == lot.round_id, Demand.member_id == member_id, Demand.lot_id != lot.id)
        .where(Demand.state.in_((*declare.WAITING, *declare.CURRENT)))
        .order_by(Demand.version_no)
        .options(selectinload(Demand.lines))
    )
    newest = {one.lot_id: one for one in session.scalars(query)}
    return [of_record(line) for one in newest.values() for line in one.lines]

"""The public page of who takes part: off until the lead puts it up; no figure and no person stands on it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.ground import audit
from framework.ground.actors import Actor, roles_for
from framework.ground.errors import NotAllowed
from framework.ground.labels import PHASES
from framework.ground.text import N_
from models.people import Organisation
from models.rounds import Round
from models.signons import EligibilitySnapshot, SignOn

SHOWN = audit.declare("round.members_shown")
HIDDEN = audit.declare("round.members_hidden")
STANDING = ("confirmed", "active", "suspended")


@dataclass(frozen=True, slots=True)
class PublicFacts:
    """What anybody may read of a round: before publication how many are confirmed, afterwards the list as it was frozen.

    `members` are names as frozen, `later` names with the class or re-opening by which they came afterwards; `classes`
    have their name and how a buyer of it is recognised.
    """

    phase: str
    lots: tuple[tuple[str, str], ...]
    confirmed: int
    members: tuple[str, ...] = ()
    later: tuple[tuple[str, str], ...] = ()
    classes: tuple[tuple[str, str], ...] = ()


def show(session: Session, round_: Round, *, is_shown: bool, actor: Actor, now: dt.datetime) -> None:
    """Put the page up or take it down; by the lead. Nothing is written where it stands so already."""
    if "lead" not in roles_for(session, actor, round_):
        raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who="lead")
    if round_.has_public_members != is_shown:
        round_.has_public_members = is_shown
        audit.record(session, SHOWN if is_shown else HIDDEN, actor=actor, now=now, subject=round_)


def public_facts(session: Session, round_: Round) -> PublicFacts:
    """What the page says. Before publication no body is named: none has agreed to that yet."""
    standing = select(SignOn.id).where(SignOn.round_id == round_.id, SignOn.state.in_(STANDING))
    confirmed = session.scalar(select(func.count()).select_from(standing.subquery())) or 0
    lots = tuple((lot.code, lot.name) for lot in round_.lots)
    phase = PHASES[round_.state]
    if round_.published_at is None:
        return PublicFacts(phase, lots, confirmed)
    frozen = session.scalars(select(EligibilitySnapshot).where(EligibilitySnapshot.round_id == round_.id)).all()
    members = sorted((str(one.facts["organisation"]) for one in frozen), key=str.casefold)
    classes = tuple((one.name, one.description) for one in round_.member_classes)
    on_it = {one.organisation_id for one in frozen}
    return PublicFacts(phase, lots, confirmed, tuple(members), _later(session, round_, on_it), classes)


def _later(session: Session, round_: Round, on_it: set[int]) -> tuple[tuple[str, str], ...]:
    query = (
        select(Organisation.id, Organisation.name, SignOn.class_name)
        .join(SignOn, SignOn.organisation_id == Organisation.id)
        .where(SignOn.round_id == round_.id, SignOn.state.in_(STANDING))
        .order_by(Organisation.folded_name)
    )
    return tuple((name, class_name) for key, name, class_name in session.execute(query) if key not in on_it)

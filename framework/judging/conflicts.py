"""Conflicts of interest: the statement everybody gives before anything is shown, a tie stated later, and one stated by mistake.

A conflict binds from the transaction that writes it: the tender is not found any more, and whatever the person has judged
of it is taken out at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from framework.ground import audit, conflicts, mail, permissions
from framework.ground.actors import Actor, roles_in
from framework.ground.errors import InvalidInput, MoveRefused, NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.judging import taking_out
from framework.judging.bidders import Bidder, bidders, brands, shown
from framework.rounds import telling
from models.disclosure import Opening, OpeningConfirmation
from models.judging import Assessment, Conflict, ConflictStatement
from models.people import Appointment, User
from models.rounds import Round

GIVEN = audit.declare("conflict_statement.given", "conflicts", "shown", "undertaking")
STATED = audit.declare("conflict.stated", "late", "tenders", "taken_out")
LIFTED = audit.declare("conflict.lifted", "motive")
UNDERTAKING = "2026-1"
"""Which text of the undertaking is signed; a new text gets a new mark."""
LONGEST_REASON = 1_000


@dataclass(frozen=True, slots=True)
class Tie:
    """What a person ticks: a bidder (number of the supplier) or a brand (its key), and why; `field` is where it was typed."""

    supplier_id: int | None
    brand_key: str
    reason: str
    is_ticked: bool = True
    field: str = "reason"


def statement_of(session: Session, round_: Round, user_id: int | None) -> ConflictStatement | None:
    """The newest statement of a person in a round."""
    query = select(ConflictStatement).where(
        ConflictStatement.round_id == round_.id, ConflictStatement.user_id == user_id
    )
    return session.scalar(query.order_by(ConflictStatement.id.desc()).limit(1))


def standing(session: Session, round_: Round, user_id: int | None = None) -> list[Conflict]:
    """The conflicts that stand in a round, of one person or of all, in the order they were stated."""
    query = select(Conflict).where(Conflict.round_id == round_.id, Conflict.lifted_at.is_(None))
    if user_id is not None:
        query = query.where(Conflict.user_id == user_id)
    return list(session.scalars(query.order_by(Conflict.id)))


def state(
    session: Session, round_: Round, ties: Sequence[Tie], *, undertakes: bool, actor: Actor, now: dt.datetime
) -> ConflictStatement:
    """Give the statement: where the ties are, over the whole list, and the undertaking of confidentiality.

    Ties that stand stay: a person adds some and takes none back. Raises NotAllowed, WrongPhase, and InvalidInput for a tie
    without a reason, one to nobody on the list, or a missing undertaking.
    """
    permissions.require(session, actor, Permission.CONFLICT_STATE, round_)
    _lock(session, round_, actor)
    found = bidders(session, round_)
    _check(ties, found, undertakes=undertakes)
    statement = ConflictStatement(
        round_id=round_.id,
        user_id=actor.user_id,
        organisation_id=actor.organisation_id,
        given_at=now,
        shown=shown(found),
        undertaking=UNDERTAKING,
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(statement)
    told: dict[str, Any] = {"conflicts": len(ties), "shown": len(statement.shown), "undertaking": UNDERTAKING}
    audit.record(session, GIVEN, actor=actor, now=now, subject=round_, **told)
    known = {(one.supplier_id, one.brand_key) for one in standing(session, round_, actor.user_id)}
    new = [tie for tie in ties if (tie.supplier_id, tie.brand_key) not in known]
    for tie in new:
        _add(session, round_, tie, found, actor=actor, now=now)
    if new:
        _tell(session, round_, len(new), actor=actor, now=now)
    return statement


def lift(session: Session, conflict: Conflict, motive: str, *, actor: Actor, now: dt.datetime) -> None:
    """Take back a conflict that was stated by mistake: another person does it, with a motive; nothing judged comes back.

    Raises MoveRefused for one's own and for one that is lifted, NotFound where the same tie keeps the tender from the actor.
    """
    permissions.require(session, actor, Permission.JUDGES_NAME, conflict.round)
    why = motive.strip()
    if not why:
        raise InvalidInput(
            "motive-missing", N_("Say in a few words why, so that others can follow it later."), field="motive"
        )
    if conflict.user_id == actor.user_id:
        raise MoveRefused("own-conflict", N_("Another person must take your conflict back."), rule="SD3")
    if conflict.lifted_at is not None:
        raise MoveRefused("conflict-lifted", N_("This conflict has been taken back already."))
    mine = {(one.supplier_id, one.brand_key) for one in standing(session, conflict.round, actor.user_id)}
    if (conflict.supplier_id, conflict.brand_key) in mine:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    conflict.lifted_at, conflict.lifted_by_id, conflict.lift_motive = now, actor.user_id, why
    audit.record(session, LIFTED, actor=actor, now=now, subject=conflict, motive=why)


def persons(session: Session, round_: Round) -> list[tuple[User, frozenset[str]]]:
    """Those who must give a statement before the judging starts: evaluators, chairs, and who opened the tenders, by name."""
    opened = (
        select(OpeningConfirmation.user_id)
        .join(Opening, Opening.id == OpeningConfirmation.opening_id)
        .where(Opening.round_id == round_.id, Opening.opened_at.is_not(None))
    )
    query = (
        select(User, Appointment.role)
        .join(Appointment, Appointment.user_id == User.id)
        .where(
            Appointment.round_id == round_.id,
            Appointment.withdrawn_at.is_(None),
            User.disabled_at.is_(None),
            or_(Appointment.role != "opener", User.id.in_(opened)),
        )
    )
    found: dict[User, set[str]] = {}
    for user, role in session.execute(query):
        found.setdefault(user, set()).add(role)
    return sorted(((user, frozenset(roles)) for user, roles in found.items()), key=lambda pair: pair[0].name.casefold())


def missing(session: Session, round_: Round) -> list[User]:
    """Those of them who have not given it."""
    query = select(ConflictStatement.user_id).where(ConflictStatement.round_id == round_.id)
    given = set(session.scalars(query))
    return [user for user, _roles in persons(session, round_) if user.id not in given]


def _lock(session: Session, round_: Round, actor: Actor) -> None:
    """Two statements of one person are given one after the other, and never while items are shared out.

    The round comes first, as for whoever shares out: of the two the second sees what the first wrote.
    """
    session.execute(select(Round.id).where(Round.id == round_.id).with_for_update()).all()
    session.execute(select(User.id).where(User.id == actor.user_id).with_for_update()).all()


def _check(ties: Sequence[Tie], found: list[Bidder], *, undertakes: bool) -> None:
    suppliers, known = {one.supplier.id for one in found}, brands(found)
    for tie in ties:
        if tie.supplier_id not in suppliers if tie.supplier_id is not None else tie.brand_key not in known:
            raise InvalidInput("no-such-bidder", N_("The list has changed since you looked at it. Look at it again."))
        if not tie.is_ticked:
            message = N_("You gave a reason and no tick. Tick the name, or clear the reason.")
            raise InvalidInput("tick-missing", message, field=tie.field)
        if not tie.reason.strip():
            raise InvalidInput("reason-missing", N_("Say in a few words what the tie is."), field=tie.field)
        if len(tie.reason) > LONGEST_REASON:
            message = N_("At most %(limit)s characters.")
            raise InvalidInput("too-long", message, field=tie.field, limit=LONGEST_REASON)
    if not undertakes:
        raise InvalidInput("undertaking-missing", N_("Sign the undertaking of confidentiality."), field="undertaking")


def _add(session: Session, round_: Round, tie: Tie, found: list[Bidder], *, actor: Actor, now: dt.datetime) -> Conflict:
    """Write a conflict and take out what the person judged of its tenders."""
    before = conflicts.barred(session, actor.user_id)
    assigned = select(Assessment.id).where(Assessment.round_id == round_.id, Assessment.user_id == actor.user_id)
    conflict = Conflict(
        round=round_,
        user_id=actor.user_id,
        supplier_id=tie.supplier_id,
        brand_key=tie.brand_key if tie.supplier_id is None else "",
        brand=brands(found).get(tie.brand_key, "") if tie.supplier_id is None else "",
        reason=tie.reason.strip(),
        stated_at=now,
        stated_by_id=actor.user_id,
        is_late=session.scalar(assigned.limit(1)) is not None,
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(conflict)
    session.flush()
    new = conflicts.barred(session, actor.user_id) - before
    taken = taking_out.of_person(session, round_, actor, new, now=now)
    told: dict[str, Any] = {"late": conflict.is_late, "tenders": len(new), "taken_out": taken}
    audit.record(session, STATED, actor=actor, now=now, subject=conflict, **told)
    return conflict


def _tell(session: Session, round_: Round, count: int, *, actor: Actor, now: dt.datetime) -> None:
    """Mail lead and chairs (M12): who, and how many; whom it concerns stands behind the sign-in."""
    chairs = [user for user, roles in persons(session, round_) if "chair" in roles]
    leads = telling.people(session, [round_.organisation_id], "lead", now=now)
    told = [user for user in dict.fromkeys([*leads, *chairs]) if user.id != actor.user_id]
    for user in told:
        mail.post(
            session,
            "conflict_declared",
            to=user,
            now=now,
            round_=round_,
            round_name=round_.name,
            person=actor.name,
            count=count,
            path=f"/rounds/{round_.public_id}/judging",
        )


def may_give(session: Session, actor: Actor, round_: Round) -> bool:
    """Whether the actor is one of those who give a statement, and has given none."""
    return conflicts.must_state(session, actor, round_, roles_in(session, actor, round_))

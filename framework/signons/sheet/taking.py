"""One confirmation: every row of the plan that may be invited is, all or none, and what became of each row is kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground import audit
from framework.ground.actors import SYSTEM, Actor, roles_for
from framework.ground.errors import MoveRefused, NotFound
from framework.ground.text import N_
from framework.people import organisations
from framework.rounds import editing
from framework.signons import acts, notices
from framework.signons.sheet.entries import Fault
from framework.signons.sheet.plan import INVITED, OUT, Plan, PlanRow
from models.people import Organisation
from models.records import StoredFile
from models.rounds import Round
from models.signons import BodiesTaken

TAKEN = audit.declare("sign_on.sheet_taken", "rows", "invited", "left_out", "sha256")

ADDED, ASKED = "added", "invited"
OUTCOMES = {
    ADDED: N_("added and invited"),
    ASKED: N_("invited"),
    "double": N_("left out: nobody said whether it is one that is known"),
    "listed": N_("left out: on the list already"),
    "error": N_("left out: to be mended"),
    "out": N_("left out: you chose so"),
    "changed": N_("left out: something changed after the page was shown"),
}
"""What became of a row, in words."""


MAY_BE = N_("It may be %(name)s.")


def hold(session: Session, round_: Round) -> None:
    """Before the plan is made that is to be done: no other sheet, of this round or another, adds bodies until the commit."""
    editing.hold(session, round_)
    audit.hold(session)


def take(
    session: Session,
    round_: Round,
    plan: Plan,
    file: StoredFile,
    *,
    actor: Actor,
    now: dt.datetime,
    days: int = notices.INVITATION_DAYS,
) -> BodiesTaken:
    """Invite every body of the plan that may be; rows in = invited + left out, each with its reason.

    The plan was made after `hold`, in this transaction: what it calls new is.
    Raises MoveRefused where the sheet was taken over before, nothing in it is to be done, or a body may not be invited.
    """
    if of_file(session, file, round_) is not None:
        raise MoveRefused("already-answered", N_("This sheet was taken over already."))
    if not plan.invited:
        raise MoveRefused("nothing-to-repeat", N_("No row of this sheet would be invited. Mend it, or say who is who."))
    _invite_all(session, round_, plan, actor=actor, now=now, days=days)
    taken = BodiesTaken(
        round=round_,
        round_id=round_.id,
        file=file,
        rows=[_outcome(row) for row in plan.rows],
        invited=plan.invited,
        left_out=plan.left_out,
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(taken)
    facts: dict[str, Any] = {
        "rows": len(plan.rows),
        "invited": plan.invited,
        "left_out": plan.left_out,
        "sha256": file.sha256,
    }
    audit.record(session, TAKEN, actor=actor, now=now, subject=round_, **facts)
    return taken


def _invite_all(session: Session, round_: Round, plan: Plan, *, actor: Actor, now: dt.datetime, days: int) -> None:
    """Add the bodies that are new, then invite all: one may join through another of the sheet, whatever their order."""
    bodies: dict[int, Organisation] = {}
    for row in plan.rows:
        if row.status in INVITED:
            bodies[row.entry.row] = row.organisation or _add(session, row, now=now)
    roles = roles_for(session, actor, round_)
    for row in plan.rows:
        if row.status in INVITED:
            _invite(session, round_, row, bodies, actor=actor, now=now, days=days, roles=roles)


def of_file(session: Session, file: StoredFile, round_: Round) -> BodiesTaken | None:
    """What became of a sheet, where it was taken over; NotFound where that was into another round."""
    taken = session.scalar(select(BodiesTaken).where(BodiesTaken.file_id == file.id))
    if taken is not None and taken.round_id != round_.id:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return taken


def _add(session: Session, row: PlanRow, *, now: dt.datetime) -> Organisation:
    entry = row.entry
    details = organisations.Details(
        name=entry.name,
        kind="buyer",
        country=entry.country,
        body_type=entry.body_type or None,
        registration_no=entry.registration_no,
    )
    return organisations.create(session, details, actor=SYSTEM, now=now, is_another=True)


def _invite(
    session: Session,
    round_: Round,
    row: PlanRow,
    bodies: dict[int, Organisation],
    *,
    actor: Actor,
    now: dt.datetime,
    days: int,
    roles: frozenset[str],
) -> None:
    entry = row.entry
    acts.invite(
        session,
        round_,
        bodies[entry.row],
        actor=actor,
        now=now,
        class_name=row.class_name,
        email="" if row.people else entry.email,
        contact_name="" if row.people else entry.contact_name,
        language="" if row.people else entry.language,
        via=row.via or bodies.get(row.via_row),
        roles=roles,
        days=days,
    )


def _outcome(row: PlanRow) -> dict[str, Any]:
    """One row as it is kept: no mail address or name of a person stands in it."""
    outcome = (ADDED if row.organisation is None else ASKED) if row.status in INVITED else row.status
    likely = [Fault("double", MAY_BE, params={"name": like.name}) for like in row.likes if row.status == "double"]
    left_out = outcome not in (ADDED, ASKED, OUT)
    return {
        "row": row.entry.row,
        "name": row.entry.name,
        "registration_no": row.entry.registration_no,
        "country": row.entry.country,
        "outcome": outcome,
        "state": row.state,
        "reasons": [_reason(fault) for fault in (*row.faults, *likely)] if left_out else [],
    }


def _reason(fault: Fault) -> dict[str, Any]:
    params = {"text": "…"} if fault.code == "email-invalid" else dict(fault.params)
    return {"at": fault.at, "message": fault.message, "params": params}

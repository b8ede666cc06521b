"""How one supplier's list was read, offered to another with a list of the same form: never from a sealed file."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Exists, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from framework.disclosure.choosing import choose_columns, column_places, shown_columns, signature
from framework.disclosure.corrections import CHOSEN
from framework.disclosure.receiving import Clock
from framework.ground import audit
from framework.ground.actors import Actor
from framework.ground.errors import MoveRefused, NotFound
from framework.ground.permissions import Permission, require
from framework.ground.text import N_
from models.disclosure import Correction, SharedColumns, Submission
from models.rounds import Round

SHARED = audit.declare("submission_tender.columns_shared", "columns")
UNSHARED = audit.declare("submission_tender.columns_unshared", "columns")
_LOOKED_AT = 100


def share(session: Session, submission: Submission, *, actor: Actor, now: dt.datetime) -> SharedColumns:
    """Let every supplier know how the columns of such a list are read, as said for this opened submission.

    Raises NotAllowed, and MoveRefused where the submission is sealed, was shared already or nobody said what its
    columns mean. What is shared are names of fields by column; no value and no name of the supplier.
    """
    require(session, actor, Permission.COLUMNS_SHARE, submission.round)
    if submission.opened_at is None:
        raise MoveRefused("columns-sealed", N_("How a sealed file is read stays sealed until the tenders are opened."))
    if not may_share(session, submission):
        raise MoveRefused(
            "columns-not-said", N_("Nobody said what the columns of this file mean, or it is shared already.")
        )
    shared = SharedColumns(
        submission=submission,
        organisation_id=submission.round.organisation_id,
        signature=signature(session, submission),
        meanings=_meanings(submission),
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(shared)
    session.flush()
    audit.record(session, SHARED, actor=actor, now=now, subject=submission, columns=len(shared.meanings))
    return shared


def unshare(session: Session, submission: Submission, *, actor: Actor, now: dt.datetime) -> None:
    """Offer it to nobody any more; who took it over keeps it. Raises NotAllowed, NotFound."""
    require(session, actor, Permission.COLUMNS_SHARE, submission.round)
    shared = shared_of(session, submission)
    if shared is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    audit.record(session, UNSHARED, actor=actor, now=now, subject=submission, columns=len(shared.meanings))
    session.delete(shared)
    session.flush()


def shared_of(session: Session, submission: Submission) -> SharedColumns | None:
    """What is shared of this submission, if anything."""
    return session.scalar(select(SharedColumns).where(SharedColumns.submission_id == submission.id))


def may_share(session: Session, submission: Submission) -> bool:
    """Whether there is anything to share: opened, said by a person, and not shared yet."""
    is_said = session.scalar(select(_is_said(submission.id)))
    return submission.opened_at is not None and bool(is_said) and shared_of(session, submission) is None


def offered(session: Session, submission: Submission) -> dict[str, str]:
    """What the columns of a list mean elsewhere, by sheet and cell, as far as it is read differently here.

    From what a lead shared, newest first; else from another supplier's opened submission in a round of the same lead.
    """
    if not submission.mapping:
        return {}
    form = signature(session, submission)
    meanings = _shared(session, form) or _opened(session, submission, form)
    places = column_places(submission)
    return {
        cell: meanings[places[cell]]
        for cell, column in shown_columns(submission).items()
        if places[cell] in meanings and (meanings[places[cell]] != column.field or column.is_guessed)
    }


def take_offered(session: Session, submission: Submission, *, actor: Actor, clock: Clock) -> int:
    """Read this list as such a list was read elsewhere; the number of columns said. Raises MoveRefused, InvalidInput."""
    choices = offered(session, submission)
    if not choices:
        raise MoveRefused("nothing-offered", N_("There is no other reading of such a list to take over any more."))
    return choose_columns(session, submission, choices, actor=actor, clock=clock)


def _shared(session: Session, form: str) -> dict[str, str]:
    query = select(SharedColumns).where(SharedColumns.signature == form).order_by(SharedColumns.id.desc())
    found = session.scalar(query.limit(1))
    return found.meanings if found else {}


def _opened(session: Session, submission: Submission, form: str) -> dict[str, str]:
    """The newest opened submission of another supplier, in a round of the same lead, whose list has the same form."""
    query = (
        select(Submission)
        .join(Round, Round.id == Submission.round_id)
        .where(
            Round.organisation_id == submission.round.organisation_id,
            Submission.supplier_id != submission.supplier_id,
            Submission.opened_at.is_not(None),
            _is_said(Submission.id),
        )
        .order_by(Submission.opened_at.desc(), Submission.id.desc())
        .limit(_LOOKED_AT)
    )
    found = (_meanings(one) for one in session.scalars(query) if signature(session, one) == form)
    return next(found, {})


def _is_said(submission_id: int | InstrumentedAttribute[int]) -> Exists:
    return exists().where(
        Correction.submission_id == submission_id, Correction.code == CHOSEN, Correction.undone_at.is_(None)
    )


def _meanings(submission: Submission) -> dict[str, str]:
    places = column_places(submission)
    return {places[cell]: column.field for cell, column in shown_columns(submission).items()}

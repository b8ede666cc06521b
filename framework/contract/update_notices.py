"""Mails about disclosure under an agreement: asked, soon due, overdue, received, to be reviewed, decided; never what a file says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.contract import awarded
from framework.disclosure import receipts
from framework.ground.mail import post
from framework.rounds.telling import appointed, people
from models.contract_disclosure import ContractSubmission, Gap, Update
from models.people import User

ASKED, DUE, OVERDUE = "update_asked", "update_due", "update_overdue"
RECEIVED, REFUSED, TO_REVIEW, DECIDED = "update_received", "update_refused", "update_to_review", "update_decided"


def was_asked(session: Session, version: ContractSubmission, *, now: dt.datetime) -> None:
    """Tell the contractor what is asked until when."""
    _tell(session, ASKED, _contractors(session, version, now), version, now=now)


def remind(session: Session, version: ContractSubmission, *, days: int, now: dt.datetime) -> None:
    """Remind the contractor some days before the due date."""
    _tell(session, DUE, _contractors(session, version, now), version, now=now, days=days)


def is_overdue(session: Session, version: ContractSubmission, *, now: dt.datetime) -> None:
    """Tell the contractor and the lead that the due date passed with nothing received."""
    _tell(session, OVERDUE, _contractors(session, version, now), version, now=now, is_lead=False)
    _tell(session, OVERDUE, _leads(session, version, now), version, now=now, is_lead=True, page=_review(version))


def was_received(session: Session, version: ContractSubmission, update: Update, *, now: dt.datetime) -> None:
    """The signed receipt goes to whoever sent the file."""
    sender = session.get(User, update.created_by_id) if update.created_by_id else None
    facts: dict[str, Any] = {
        "receipt": update.receipt_number,
        "received_at": _words(update.received_at, version),
        "bytes": update.file.size,
        "sha256": update.file.sealed_sha256,
        "proof": receipts.as_file(receipts.lines(session, update)),
        "late_by_seconds": update.late_by_seconds or 0,
    }
    _tell(session, RECEIVED, [sender] if sender is not None else [], version, now=now, page=_own(version), **facts)


def was_refused(session: Session, version: ContractSubmission, *, now: dt.datetime) -> None:
    """Tell whoever sent a file that it could not be taken."""
    _tell(session, REFUSED, _contractors(session, version, now), version, now=now, page=_own(version))


def is_to_review(session: Session, version: ContractSubmission, *, now: dt.datetime) -> None:
    """Tell leads and chairs that a version was read and can be reviewed."""
    users = {user.id: user for user in _leads(session, version, now)}
    chairs = awarded.untied(session, _kept(version), appointed(session, version.round, ("chair",)))
    users |= {user.id: user for user in chairs}
    readers = [users[number] for number in sorted(users)]
    _tell(session, TO_REVIEW, readers, version, now=now, page=_review(version), gaps=_gaps(session, version))


def was_decided(session: Session, version: ContractSubmission, *, now: dt.datetime) -> None:
    """Tell the contractor what was decided, and until when something is owed next."""
    facts: dict[str, Any] = {
        "state": version.state,
        "motive": version.motive,
        "gaps": _gaps(session, version),
        "cure": version.duty.due_on.isoformat() if version.state == "incomplete" else "",
    }
    page = "" if version.submission_id is None else _own(version)
    _tell(session, DECIDED, _contractors(session, version, now), version, now=now, page=page, **facts)


def _gaps(session: Session, version: ContractSubmission) -> int:
    query = select(func.count()).where(Gap.contract_submission_id == version.id, Gap.excuse != "not_applicable")
    return session.scalar(query) or 0


def _contractors(session: Session, version: ContractSubmission, now: dt.datetime) -> list[User]:
    return people(session, [version.owner_id], "supplier", now=now)


def _leads(session: Session, version: ContractSubmission, now: dt.datetime) -> list[User]:
    leads = people(session, [version.round.organisation_id], "lead", now=now)
    return awarded.untied(session, _kept(version), leads)


def _kept(version: ContractSubmission) -> list[int | None]:
    """What a stated tie to the contractor, or to a brand that it offers, keeps from a person."""
    return [version.duty.agreement.award.submission_id, version.submission_id]


def _own(version: ContractSubmission) -> str:
    return f"updates/{version.public_id}"


def _review(version: ContractSubmission) -> str:
    return f"disclosures/{version.public_id}"


def _tell(
    session: Session,
    template: str,
    users: Iterable[User],
    version: ContractSubmission,
    *,
    now: dt.datetime,
    page: str = "",
    **params: Any,
) -> None:
    """One mail each, with a link to a page of the round; without one to the duty."""
    duty, round_ = version.duty, version.round
    for user in users:
        post(
            session,
            template,
            to=user,
            now=now,
            round_=round_,
            recipient=user.name,
            round_name=round_.name,
            agreement=duty.agreement.number,
            contractor=version.supplier.name,
            lead=round_.organisation.name,
            brand=duty.brand,
            kind=duty.kind,
            why=duty.why,
            is_cure=version.is_cure,
            due=version.due_on.isoformat(),
            zone=duty.zone,
            path=f"/rounds/{round_.public_id}/{page or f'duties/{duty.public_id}'}",
            **params,
        )


def _words(instant: dt.datetime, version: ContractSubmission) -> str:
    zone = version.duty.zone
    return f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S%z} ({zone})"

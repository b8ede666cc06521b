"""What is sealed: from publication to the opening nothing tells who sent something (trust 5.1, law L07b)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from models.people import Organisation, RoleGrant, User
from models.records import AuditEvent, Mail
from models.rounds import Round

SUBMISSION, REQUEST = "submission", "request"
BY_LINK = "link"
"""What stands for the session in events of whoever acts by the link of a request."""
INVITATION_MAIL = "supplier_invited"


def is_sealed(round_: Round) -> bool:
    """Whether a round is published and was never opened; a round cancelled before its opening stays sealed for ever."""
    return round_.published_at is not None and round_.opened_at is None


def rounds() -> Select[int]:
    """The numbers of the rounds that are sealed."""
    return select(Round.id).where(Round.published_at.is_not(None), Round.opened_at.is_(None))


def is_event_of_tender() -> ColumnElement[bool]:
    """Events of a sealed submission, or of what its supplier asks upstream: their number and time would tell who takes part."""
    of_tender = AuditEvent.subject_type.in_((SUBMISSION, REQUEST))
    return and_(of_tender, AuditEvent.outcome == "done", AuditEvent.round_id.in_(rounds()))


def is_event_by_bidder() -> ColumnElement[bool]:
    """Other events of a supplier in a sealed round, refused attempts above all: they are shown without the name."""
    suppliers = select(Organisation.id).where(Organisation.kind == "supplier")
    of_a_round = AuditEvent.round_id.is_not(None)
    return and_(of_a_round, AuditEvent.organisation_id.in_(suppliers), AuditEvent.round_id.in_(rounds()))


def is_mail_to_bidder() -> ColumnElement[bool]:
    """Mail of a sealed round to somebody of a supplier or asked by one, but for the invitation, which tells nothing.

    Never unknown, so that its contrary holds for mail of no round.
    """
    suppliers = (
        select(User.email)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .join(Organisation, Organisation.id == RoleGrant.organisation_id)
        .where(Organisation.kind == "supplier")
    )
    return and_(
        Mail.round_id.is_not(None),
        Mail.round_id.in_(rounds()),
        Mail.template != INVITATION_MAIL,
        or_(
            Mail.template.startswith("submission_"),
            Mail.template.startswith("request_"),
            Mail.recipient.in_(suppliers),
        ),
    )


def failed_mails(session: Session) -> list[tuple[Round, int]]:
    """Every sealed round by name, with how many mails to its bidders failed; whether any was written stays untold."""
    failed = select(Mail.round_id, func.count()).where(Mail.state == "failed", is_mail_to_bidder())
    counted = {row[0]: row[1] for row in session.execute(failed.group_by(Mail.round_id))}
    found = session.scalars(select(Round).where(Round.id.in_(rounds())).order_by(Round.name, Round.id))
    return [(round_, counted.get(round_.id, 0)) for round_ in found]

"""What is sealed: from publication to the opening nothing tells who sent something (trust 5.1, law L07b)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from models.disclosure import Submission
from models.people import Organisation, RoleGrant, User
from models.records import AuditEvent, Mail
from models.requests import UpstreamRequest
from models.rounds import Round

SUBMISSION, REQUEST, QUESTION = "submission", "request", "question"
BY_LINK = "link"
"""What stands for the session in events of whoever acts by the link of a request."""
INVITATION_MAIL = "supplier_invited"
NOTICES_TO_ALL = ("question_answered", "deadline_moved", "deadline_extended", "outage_recorded")
"""Mails to every supplier known to a round: whoever gets one without having been invited or sent anything asked a question."""


def is_sealed(round_: Round) -> bool:
    """Whether a round is published and was never opened; a round cancelled before its opening stays sealed for ever."""
    return round_.published_at is not None and round_.opened_at is None


def rounds() -> Select[int]:
    """The numbers of the rounds that are sealed."""
    return select(Round.id).where(Round.published_at.is_not(None), Round.opened_at.is_(None))


def is_event_of_tender() -> ColumnElement[bool]:
    """Events of a sealed submission, or of what its supplier asks upstream: their number and time would tell who takes part.

    That somebody asked upstream and then sent nothing stays sealed after the opening too (law L07b).
    """
    of_tender = AuditEvent.subject_type.in_((SUBMISSION, REQUEST))
    of_unopened = and_(
        AuditEvent.subject_type == REQUEST, AuditEvent.subject_id.not_in(_opened(UpstreamRequest.public_id))
    )
    is_sealed_still = or_(AuditEvent.round_id.in_(rounds()), of_unopened)
    return and_(of_tender, AuditEvent.outcome == "done", is_sealed_still)


def is_event_by_bidder() -> ColumnElement[bool]:
    """Other events of a supplier in a sealed round, refused attempts above all: they are shown without the name.

    So are attempts at requests, refused to a supplier of whom nothing was opened in the round, whenever; and for ever
    who asked a question about the tender, which the lead reads beside the question and nobody anywhere else.
    """
    suppliers = select(Organisation.id).where(Organisation.kind == "supplier")
    of_a_round = AuditEvent.round_id.is_not(None)
    took_part = exists().where(
        Submission.round_id == AuditEvent.round_id,
        Submission.supplier_id == AuditEvent.organisation_id,
        Submission.opened_at.is_not(None),
    )
    of_request = and_(AuditEvent.kind.startswith(f"{REQUEST}:"), AuditEvent.outcome == "denied")
    of_question = or_(AuditEvent.subject_type == QUESTION, AuditEvent.kind.startswith(f"{QUESTION}:"))
    is_sealed_still = or_(AuditEvent.round_id.in_(rounds()), and_(of_request, ~took_part), of_question)
    return and_(of_a_round, AuditEvent.organisation_id.in_(suppliers), is_sealed_still)


def is_mail_to_bidder() -> ColumnElement[bool]:
    """Mail of a sealed round to somebody of a supplier or asked by one, but for the invitation, which tells nothing.

    Mail of requests is told from the opening on only where the tender of their supplier was opened; notices to all
    suppliers are never, for they would tell who asked a question.
    Never unknown, so that its contrary holds for mail of no round.
    """
    suppliers = (
        select(User.email)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .join(Organisation, Organisation.id == RoleGrant.organisation_id)
        .where(Organisation.kind == "supplier")
    )
    of_request = Mail.template.startswith("request_")
    reference = func.coalesce(Mail.params["reference"].as_string(), "")
    return and_(
        Mail.round_id.is_not(None),
        Mail.template != INVITATION_MAIL,
        or_(
            and_(
                Mail.round_id.in_(rounds()),
                or_(Mail.template.startswith("submission_"), of_request, Mail.recipient.in_(suppliers)),
            ),
            and_(Mail.template.in_(NOTICES_TO_ALL), Mail.recipient.in_(suppliers)),
            and_(of_request, reference.not_in(_opened(literal("REQ-") + func.upper(UpstreamRequest.public_id)))),
        ),
    )


def _opened(column: Any) -> Select[Any]:
    """A column of the requests whose supplier's tender was opened, or that the lead asks itself: it may know of these."""
    return (
        select(column)
        .select_from(UpstreamRequest)
        .join(
            Submission,
            and_(
                Submission.round_id == UpstreamRequest.round_id,
                or_(
                    Submission.supplier_id == UpstreamRequest.supplier_id,
                    Submission.id == UpstreamRequest.submission_id,
                ),
            ),
        )
        .where(Submission.opened_at.is_not(None))
    )


def failed_mails(session: Session) -> list[tuple[Round, int]]:
    """Every sealed round by name, with how many mails to its bidders failed; whether any was written stays untold.

    A round that was opened is among them only where mail of it that stays unlisted failed.
    """
    failed = select(Mail.round_id, func.count()).where(Mail.state == "failed", is_mail_to_bidder())
    counted = {row[0]: row[1] for row in session.execute(failed.group_by(Mail.round_id))}
    is_told = or_(Round.id.in_(rounds()), Round.id.in_(counted))
    found = session.scalars(select(Round).where(is_told).order_by(Round.name, Round.id))
    return [(round_, counted.get(round_.id, 0)) for round_ in found]

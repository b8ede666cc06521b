"""What a program asks of the intake beside its acts: the rounds it may send to, and remarks page by page."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, not_, select
from sqlalchemy.orm import Session, joinedload

from framework.disclosure.groups import issue_of
from framework.ground.actors import Actor
from framework.ground.issues import Issue
from framework.ground.sides import OPEN_TO_SUPPLIERS, buys
from models.disclosure import Submission, SubmissionIssue
from models.rounds import Round


def rounds_to_send_to(session: Session, actor: Actor, *, limit: int, offset: int = 0) -> tuple[Sequence[Round], int]:
    """The published, unopened rounds that a supplier's person knows of, by deadline, and how many there are in all.

    The same rule as `roles_in`: whoever stands on the buying side of a round is no supplier of it (SD3).
    """
    query = select(Round).where(Round.state.in_(OPEN_TO_SUPPLIERS), not_(buys(actor.user_id)))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    ordered = query.options(joinedload(Round.organisation)).order_by(Round.tender_deadline, Round.id)
    return session.scalars(ordered.limit(limit).offset(offset)).all(), total


def issues(
    session: Session, submission: Submission, *, severity: str = "", code: str = "", limit: int, offset: int = 0
) -> tuple[list[Issue], int]:
    """Part of the issues of a version in the order found, of one severity or code where named; and how many in all."""
    query = select(SubmissionIssue).where(SubmissionIssue.submission_id == submission.id)
    if severity:
        query = query.where(SubmissionIssue.severity == severity)
    if code:
        query = query.where(SubmissionIssue.code == code)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    found = session.scalars(query.order_by(SubmissionIssue.position).limit(limit).offset(offset))
    return [issue_of(row) for row in found], total

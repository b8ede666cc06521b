"""Who is told of joint costs: members that must answer, until they did; the lead, what they answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from framework.ground import mail
from framework.rounds import telling
from models.costs import CostAnswer, CostNotice, CostProposal
from models.people import Organisation
from models.records import Mail


def ask(
    session: Session, proposal: CostProposal, members: Collection[int], *, now: dt.datetime, is_reminder: bool = False
) -> int:
    """Ask the people of members for an answer, in one mail each, all in one flush; how many mails."""
    query = select(Organisation.id, Organisation.name).where(Organisation.id.in_(members))
    names = {number: name for number, name in session.execute(query)}  # noqa: C416 - a Row is no pair to mypy
    template, facts = "costs_reminder" if is_reminder else "costs_proposed", _facts(proposal)
    made = [
        CostNotice(
            proposal_id=proposal.id,
            member_id=member,
            mail=mail.post(
                session, template, to=user, now=now, round_=proposal.round, **facts, member=names.get(member, "")
            ),
            at=now,
        )
        for member, people in telling.people_of(session, members, "member", now=now).items()
        for user in people
    ]
    session.add_all(made)
    session.flush()
    return len(made)


def answered(session: Session, proposal: CostProposal, answer: CostAnswer, *, now: dt.datetime) -> None:
    """Take what waits for this member out of the outbox, and tell the lead."""
    drop(session, proposal, answer.member_id)
    member = session.get_one(Organisation, answer.member_id)
    for user in telling.people(session, [proposal.round.organisation_id], "lead", now=now):
        mail.post(
            session,
            "costs_answered",
            to=user,
            now=now,
            round_=proposal.round,
            **_facts(proposal),
            member=member.name,
            agreed=answer.answer == "yes",
            reason=answer.reason,
        )


def withdrawn(session: Session, proposal: CostProposal, members: Collection[int], *, now: dt.datetime) -> None:
    """Take what waits out of the outbox and tell the members that nothing is asked of them any more."""
    drop(session, proposal)
    facts = _facts(proposal)
    for people in telling.people_of(session, members, "member", now=now).values():
        for user in people:
            mail.post(
                session,
                "costs_withdrawn",
                to=user,
                now=now,
                round_=proposal.round,
                **facts,
                reason=proposal.withdraw_motive,
            )


def drop(session: Session, proposal: CostProposal, member_id: int | None = None) -> None:
    """Take the mails that still wait out of the outbox: those of a member, or of all."""
    asked = select(CostNotice.mail_id).where(CostNotice.proposal_id == proposal.id)
    if member_id is not None:
        asked = asked.where(CostNotice.member_id == member_id)
    session.execute(
        update(Mail)
        .where(Mail.id.in_(asked), Mail.state == "waiting")
        .values(state="dropped", version=Mail.version + 1)
        .execution_options(synchronize_session="fetch")
    )


def last_asked(session: Session, proposal: CostProposal) -> dict[int, dt.datetime]:
    """When each member was asked or reminded last, by number; a mail that was taken back asked nobody."""
    query = (
        select(CostNotice.member_id, func.max(CostNotice.at))
        .join(Mail, Mail.id == CostNotice.mail_id)
        .where(CostNotice.proposal_id == proposal.id, Mail.state != "dropped")
        .group_by(CostNotice.member_id)
    )
    return {member: at for member, at in session.execute(query) if at is not None}


def _facts(proposal: CostProposal) -> dict[str, str]:
    round_ = proposal.round
    return {
        "round": round_.name,
        "lead": round_.organisation.name,
        "title": proposal.title,
        "version_no": str(proposal.version_no),
        "answer_by": proposal.answer_by.isoformat() if proposal.answer_by is not None else "",
        "path": f"/rounds/{round_.public_id}/costs",
    }

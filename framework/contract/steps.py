"""What lead and contractor do next about agreements: draft, sign, put the round in force, close it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.contract import awarded, lists, running
from framework.ground.errors import MoveRefused
from framework.ground.text import N_, NN_
from framework.rounds.next_action import Reader, Step, blocker, candidate
from models.contract import Agreement
from models.rounds import Proposal, Round

OPEN = "standstill in_force"


@candidate(OPEN, "lead supplier")
def _sign(session: Session, round_: Round, reader: Reader) -> Step | None:
    drafts = lists.drafts(session, round_, reader.actor, reader.roles)
    if not drafts or not _may_sign_now(session, round_, reader):
        return None
    proposed = _proposed(session, round_, reader)
    own = reader.actor.user_id
    by_other = next((one for one in drafts if one.id in proposed and _is_other_side(proposed[one.id], reader)), None)
    if by_other is not None:
        return _to(by_other, N_("The other side has signed agreement %(number)s. Sign it too."), 90)
    fresh = next((one for one in drafts if one.id not in proposed), None)
    if fresh is not None:
        return _to(fresh, N_("Agreement %(number)s can be signed: one person of each side signs it."), 65)
    mine = next((one for one in drafts if proposed[one.id].proposed_by_id == own), drafts[0])
    return _to(mine, N_("Agreement %(number)s waits for the other side to sign."), 40, label=N_("Look"))


@candidate("standstill", "lead")
def _draft(session: Session, round_: Round, reader: Reader) -> Step | None:
    count = awarded.count_without_agreement(session, round_)
    if not count:
        return None
    return Step(
        NN_("%(count)s award has no agreement yet. Draft it.", "%(count)s awards have no agreement yet. Draft them."),
        {"count": count},
        page="contract.index",
        label=N_("Draft agreements"),
        urgency=36,
    )


@candidate("standstill", "lead")
def _enter(session: Session, round_: Round, reader: Reader) -> Step | None:
    query = select(Agreement.id).where(Agreement.round_id == round_.id, Agreement.state == "signed")
    if session.scalar(query.limit(1)) is None or not _may_sign_now(session, round_, reader):
        return None
    return Step(
        N_("An agreement is signed. Put the round in force, so that members can register."),
        page="rounds.phase",
        label=N_("Put the round in force"),
        urgency=60,
    )


@candidate("in_force", "lead")
def _close(session: Session, round_: Round, reader: Reader) -> Step | None:
    found = lists.visible(session, round_, reader.actor, reader.roles)
    over = all(running.state_at(one, now=reader.now) in running.OVER for one in found)
    if not found or not over:
        return None
    return Step(
        N_("Every agreement has ended. The round can be closed."), page="rounds.phase", label=N_("Close the round")
    )


@candidate("in_force", "lead member supplier")
def _runs(session: Session, round_: Round, reader: Reader) -> Step | None:
    found = lists.visible(session, round_, reader.actor, reader.roles)
    count = sum(running.state_at(one, now=reader.now) == "in_force" for one in found)
    if not count:
        return None
    return Step(
        NN_("%(count)s agreement is in force.", "%(count)s agreements are in force."),
        {"count": count},
        page="contract.index",
        label=N_("Look"),
        urgency=5,
    )


@blocker(OPEN)
def _unsigned(session: Session, round_: Round, reader: Reader) -> list[Step]:
    """Agreements on which the lead has signed and the contractor has not."""
    proposed = _proposed(session, round_, reader)
    if not proposed or not _may_sign_now(session, round_, reader):
        return []
    drafts = {one.id: one for one in lists.drafts(session, round_, reader.actor, reader.roles)}
    return [
        Step(
            N_("%(name)s has not signed agreement %(number)s yet."),
            {"name": drafts[number].contractor.name, "number": drafts[number].number},
            page="contract.agreement",
            where={"agreement_id": drafts[number].public_id},
            urgency=60,
        )
        for number, proposal in proposed.items()
        if number in drafts and proposal.proposed_org_id == round_.organisation_id
    ]


def _to(agreement: Agreement, sentence: str, urgency: int, *, label: str = N_("Look and sign")) -> Step:
    return Step(
        sentence,
        {"number": agreement.number},
        page="contract.agreement",
        where={"agreement_id": agreement.public_id},
        label=label,
        urgency=urgency,
    )


def _proposed(session: Session, round_: Round, reader: Reader) -> dict[int, Proposal]:
    """The signatures that wait for the other side, by the number of the agreement."""
    query = select(Proposal).where(
        Proposal.entity == "agreement",
        Proposal.act == "sign",
        Proposal.round_id == round_.id,
        Proposal.state == "open",
        Proposal.expires_at > reader.now,
    )
    return {one.subject_id: one for one in session.scalars(query.order_by(Proposal.id))}


def _is_other_side(proposal: Proposal, reader: Reader) -> bool:
    return proposal.proposed_org_id != reader.actor.organisation_id


def _may_sign_now(session: Session, round_: Round, reader: Reader) -> bool:
    try:
        awarded.require_over(session, round_, now=reader.now)
    except MoveRefused:
        return False
    return True

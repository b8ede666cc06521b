"""Sign an agreement: one signatory of the lead and one of the contractor, in either order, on one and the same text."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from framework.award.decision import winners
from framework.contract import awarded, running, text
from framework.contract.drafting import hold
from framework.contract.registering import register
from framework.ground import conflicts, lifecycle, mail, proposals, separation
from framework.ground.actors import Actor, roles_for
from framework.ground.audit_labels import PROPOSED
from framework.ground.errors import MoveRefused, NotAllowed, Stale
from framework.ground.lifecycle import Context
from framework.ground.text import N_
from framework.rounds import telling
from models.contract import Agreement
from models.people import User
from models.rounds import Proposal

ACT = "sign"
CHANGED = N_("The draft was changed since you read it. Read it again, then sign.")


def waiting(session: Session, agreement: Agreement, *, now: dt.datetime) -> Proposal | None:
    """The signature that waits for the other side, unless it has lapsed."""
    return proposals.open_proposal(session, agreement, ACT, now=now)


def propose(session: Session, agreement: Agreement, *, sha256: str, actor: Actor, now: dt.datetime) -> Proposal:
    """The first signature, of either side; `sha256` is that of the text as it was read.

    Raises as the move would, Stale where the draft was changed, FactorStale. The other side gets a mail.
    """
    hold(session, agreement)
    lifecycle.check(session, agreement, ACT, actor=actor, now=now)
    require_read(agreement, sha256)
    require_fresh(session, agreement, actor=actor, now=now)
    proposal = proposals.propose(session, agreement, ACT, actor=actor, now=now, sha256=sha256)
    _ask_other_side(session, agreement, proposal, actor=actor, now=now)
    return proposal


def confirm(session: Session, agreement: Agreement, *, sha256: str, actor: Actor, now: dt.datetime) -> None:
    """The second signature, by somebody of the other side; it starts at once where its first day has come."""
    hold(session, agreement)
    require_read(agreement, sha256)
    require_fresh(session, agreement, actor=actor, now=now)
    proposal = proposals.confirm(session, agreement, ACT, actor=actor, now=now)
    if proposal.facts.get("sha256") != sha256:
        raise Stale("terms-changed", CHANGED)
    lifecycle.move(session, agreement, ACT, actor=actor, now=now, proposer_id=proposal.proposed_by_id)
    running.start_if_due(session, agreement, now=now, since=now)


def withdraw(session: Session, agreement: Agreement, *, actor: Actor, now: dt.datetime) -> None:
    """Take the own signature back while it waits. Raises NotAllowed for that of somebody else."""
    hold(session, agreement)
    found = waiting(session, agreement, now=now)
    if found is not None and found.proposed_by_id != actor.user_id:
        raise NotAllowed("not-proposer", N_("Somebody else signed this. Only that person takes it back."))
    proposals.withdraw(session, agreement, ACT, actor=actor, now=now)


def require_fresh(session: Session, agreement: Agreement, *, actor: Actor, now: dt.datetime) -> None:
    """As `separation.require_fresh_factor`, for the lead too: it signs, though the agreement is the contractor's record."""
    separation.require_fresh_factor(session, agreement.round, actor=actor, now=now)


def require_read(agreement: Agreement, sha256: str) -> None:
    """Raise Stale where the text is not the one that was read."""
    if agreement.text_file is None or agreement.text_file.sha256 != sha256:
        raise Stale("terms-changed", CHANGED)


def agree(session: Session, agreement: Agreement, proposer_id: int, actor: Actor, *, now: dt.datetime) -> bool:
    """Whether of the two one signs for the lead and the other for the contractor."""
    return proposer_id in {user.id for user in _other_side(session, agreement, actor, now=now)}


def _other_side(session: Session, agreement: Agreement, actor: Actor, *, now: dt.datetime) -> list[User]:
    held = roles_for(session, actor, agreement)
    others: list[User] = []
    if "lead" in held:
        others += telling.people(session, [agreement.owner_id], "supplier", now=now)
    if "supplier" in held:
        others += telling.people(session, [agreement.round.organisation_id], "lead", now=now)
    return others


def _ask_other_side(
    session: Session, agreement: Agreement, proposal: Proposal, *, actor: Actor, now: dt.datetime
) -> None:
    round_ = agreement.round
    others = _other_side(session, agreement, actor, now=now)
    for user in awarded.untied(session, [agreement.award.submission_id], others):
        if user.id == actor.user_id:
            continue
        mail.post(
            session,
            "confirmation_needed",
            to=user,
            now=now,
            round_=round_,
            recipient=user.name,
            proposer=actor.name,
            what=PROPOSED["agreement", ACT],
            motive=agreement.number,
            until=telling.local_words(proposal.expires_at, round_.zone),
            round=round_.name,
            path=path_of(agreement),
        )


def path_of(agreement: Agreement) -> str:
    """Where the page of an agreement is, for mails."""
    return f"/rounds/{agreement.round.public_id}/agreements/{agreement.public_id}"


def _may_sign(session: Session, agreement: Agreement, context: Context) -> None:
    round_ = agreement.round
    if round_.state not in ("standstill", "in_force"):
        raise MoveRefused(
            "wrong-phase", N_("An agreement is signed after the standstill, and not while a challenge suspends it.")
        )
    awarded.require_over(session, round_, now=context.now)
    if agreement.award_id not in {one.id for one in winners(session, round_)}:
        raise MoveRefused(
            "award-missing", N_("The award of this agreement was withdrawn. The lead cancels this draft."), rule="L22"
        )
    text.require_same(agreement)
    if "lead" in context.roles:
        conflicts.require_stated(session, context.actor, round_, context.roles)
        awarded.require_untied(session, agreement.award, context.actor.user_id)
    if context.proposer_id is None:
        return
    if not agree(session, agreement, context.proposer_id, context.actor, now=context.now):
        raise MoveRefused(
            "both-sides-needed",
            N_("One person signs for the lead and one for the contractor. Somebody of the other side confirms it."),
            rule="SD1",
        )
    if agreement.award.submission_id in conflicts.barred(session, context.proposer_id):
        raise MoveRefused(
            "signature-void",
            N_(
                "The first signature does not count any more. Once it has lapsed, or the lead has saved the draft again, both sides sign anew."
            ),
            rule="SD3",
        )


def _signed(session: Session, agreement: Agreement, context: Context) -> None:
    by_lead = "lead" in context.roles
    first, second = context.proposer_id, context.actor.user_id
    agreement.signed_by_lead_id = second if by_lead else first
    agreement.signed_by_supplier_id = first if by_lead else second
    agreement.signed_at = context.now
    round_ = agreement.round
    both = [
        *telling.people(session, [round_.organisation_id], "lead", now=context.now),
        *telling.people(session, [agreement.owner_id], "supplier", now=context.now),
    ]
    page = path_of(agreement).removeprefix(f"/rounds/{round_.public_id}/")
    both = awarded.untied(session, [agreement.award.submission_id], both)
    told = [user for user in dict.fromkeys(both) if user.id != context.actor.user_id]
    telling.tell(session, round_, told, "agreement_signed", now=context.now, page=page, number=agreement.number)


register(ACT, _may_sign, _signed)

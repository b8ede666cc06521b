"""What contractor and reviewers do next about disclosure under agreements."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from framework.contract import duties
from framework.ground.text import N_, NN_
from framework.rounds.next_action import Reader, Step, candidate
from models.contract_disclosure import ContractSubmission
from models.rounds import Round

IN_FORCE = "in_force closed"


@candidate(IN_FORCE, "supplier")
def _send(session: Session, round_: Round, reader: Reader) -> Step | None:
    """What is due first; a yearly confirmation far ahead waits in its list."""
    query = (
        select(ContractSubmission)
        .options(joinedload(ContractSubmission.duty))
        .where(
            ContractSubmission.round_id == round_.id,
            ContractSubmission.supplier_id == reader.actor.organisation_id,
            ContractSubmission.state.in_(duties.OPEN),
        )
        .order_by(ContractSubmission.due_on, ContractSubmission.id)
    )
    first = session.scalars(query.limit(1)).first()
    if first is None or (duties.ends(first) - reader.now).days > 60:
        return None
    where, label = {"duty_id": first.duty.public_id}, N_("Send the disclosure")
    if duties.state_now(first, reader.now) == "overdue":
        sentence = N_("A disclosure under your agreement was due on %(due)s. Send it now.")
        return Step(sentence, {"due": first.due_on}, "contract.own_duty", where, label, urgency=80)
    sentence = N_("A disclosure under your agreement is due on %(due)s.")
    return Step(sentence, {"due": first.due_on}, "contract.own_duty", where, label, urgency=70)


@candidate(IN_FORCE, "lead chair")
def _review(session: Session, round_: Round, reader: Reader) -> Step | None:
    query = select(func.count()).where(
        ContractSubmission.round_id == round_.id, ContractSubmission.state.in_(("checked", "in_review"))
    )
    waiting = session.scalar(query) or 0
    if not waiting:
        return None
    return Step(
        NN_("%(count)s disclosure waits for its review.", "%(count)s disclosures wait for their review."),
        {"count": waiting},
        "contract.board",
        label=N_("Disclosures under agreements"),
        urgency=60,
    )

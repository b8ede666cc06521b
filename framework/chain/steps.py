"""What lead, members and monitor do next once the tenders are open."""

from __future__ import annotations

from sqlalchemy.orm import Session

from framework.chain.clarifications import lists
from framework.ground.text import N_
from framework.rounds.next_action import Reader, Step, candidate
from models.rounds import Round


@candidate("opened judging", "lead member evaluator chair monitor")
def _compare(session: Session, round_: Round, reader: Reader) -> Step:
    return Step(
        N_("The tenders are open. Compare what the suppliers disclosed beside the pooled volume."),
        page="chain.first_lot",
        label=N_("Compare"),
        urgency=40,
    )


@candidate("opened judging", "supplier")
def _answer(session: Session, round_: Round, reader: Reader) -> Step | None:
    asked = lists.next_due(session, round_, reader.actor.organisation_id or 0, now=reader.now)
    if asked is None:
        return None
    return Step(
        N_("The buyers have a question about your tender. Answer it by %(until)s."),
        {"until": asked.answer_by},
        "chain.own_clarification",
        {"clarification_id": asked.public_id},
        label=N_("Answer the question"),
        urgency=70,
    )


@candidate("opened judging", "lead chair")
def _close(session: Session, round_: Round, reader: Reader) -> Step | None:
    if not lists.to_close(session, round_, now=reader.now):
        return None
    return Step(
        N_("Suppliers have answered your questions, or let the date pass. Look and close them."),
        page="chain.clarifications",
        label=N_("See the questions"),
        urgency=50,
    )

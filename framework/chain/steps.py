"""What lead, members and monitor do next once the tenders are open."""

from __future__ import annotations

from sqlalchemy.orm import Session

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

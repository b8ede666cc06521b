"""What joint costs ask of each reader: the step in the head of every page of the round."""

from __future__ import annotations

from sqlalchemy.orm import Session

from framework.demand import cost_reading as reading
from framework.ground.permissions import GOING_ON
from framework.ground.text import N_
from framework.rounds.next_action import Reader, Step, candidate
from models.rounds import Round

STATES = " ".join(sorted(GOING_ON - {"opened", "judging"}))
"""Not while tenders are read and judged: those pages ask the database enough, and a mail and the tab tell it too."""


@candidate(STATES, "member")
def answer_step(session: Session, round_: Round, reader: Reader) -> Step | None:
    """A proposal waits for this member's answer."""
    member = reader.actor.organisation_id
    if member is None or not reading.waits_for(session, round_, member):
        return None
    return Step(
        N_("A proposal of joint costs waits for your answer."),
        page="demand.costs",
        label=N_("Look at our share"),
        urgency=60,
        done_on=("demand.cost_version",),
    )

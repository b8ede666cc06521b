"""What everybody does next about the judging: say where a conflict is, decide on bidders, share out, start."""

from __future__ import annotations

from sqlalchemy.orm import Session

from framework.ground import conflicts
from framework.ground.text import N_
from framework.judging import conflicts as statements
from framework.rounds.next_action import Reader, Step, blocker, candidate
from models.rounds import Round


@candidate("opened judging", "lead evaluator chair opener member")
def _state(session: Session, round_: Round, reader: Reader) -> Step | None:
    if not conflicts.must_state(session, reader.actor, round_, reader.roles):
        return None
    return Step(
        N_("Say first where you have a conflict of interest. Nothing of the tenders is shown before."),
        page="judging.conflicts",
        label=N_("Give the statement"),
        urgency=95,
    )


@candidate("opened", "lead")
def _prepare(session: Session, round_: Round, reader: Reader) -> Step:
    return Step(
        N_("The tenders are open. Admit the bidders, share the work out, then start the judging."),
        page="judging.board",
        label=N_("Prepare the judging"),
        urgency=60,
    )


@blocker("opened")
def _missing(session: Session, round_: Round, reader: Reader) -> list[Step]:
    names = [user.name for user in statements.missing(session, round_)]
    if not names:
        return []
    return [
        Step(
            N_("%(names)s: to say where a conflict of interest is."),
            {"names": ", ".join(names)},
            "judging.judges",
            urgency=70,
        )
    ]

"""Whose contradictions somebody who judges may look at: those of the admitted tenders, once the judging has begun."""

from __future__ import annotations

from sqlalchemy.orm import Session

from framework.disclosure.veil import opened
from models.disclosure import Submission
from models.rounds import Round

JUDGED = ("in_review", "clarification_asked", "scored")
"""States of a submission that is judged or was; an excluded one is not."""


def submissions(session: Session, round_: Round) -> list[Submission]:
    """The tenders that the evaluators of a round judge, by receipt; none before the judging.

    What a conflict keeps from the reader is left out by the session that the page reads through.
    """
    if round_.state == "opened":
        return []
    return [one for one in opened(session, round_) if one.state in JUDGED]

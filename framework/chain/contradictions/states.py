"""In which state a contradiction is: derived from whether it holds and from what was decided, never stored."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Subquery, case, func, select
from sqlalchemy.orm import Session

from framework.ground.text import N_
from models.contradictions import Contradiction, ContradictionDecision

STATES = {
    "open": N_("open"),
    "asked": N_("asked of the supplier"),
    "accepted": N_("accepted"),
    "dismissed": N_("dismissed"),
    "settled": N_("settled by itself"),
}
"""States of a contradiction; one that no longer holds is settled whatever was decided before."""
_OF_ACT = {"ask": "asked", "accept": "accepted", "dismiss": "dismissed"}
AT_ONCE = 1_000


def standing() -> Subquery:
    """For each contradiction the number of the decision that stands, the last that was not taken back."""
    undone = select(ContradictionDecision.undoes_id).where(ContradictionDecision.undoes_id.is_not(None))
    return (
        select(ContradictionDecision.contradiction_id, func.max(ContradictionDecision.id).label("number"))
        .where(ContradictionDecision.act != "undo", ContradictionDecision.id.not_in(undone))
        .group_by(ContradictionDecision.contradiction_id)
        .subquery()
    )


def state() -> ColumnElement[str]:
    """The state, where `ContradictionDecision` is the decision that stands or nothing."""
    acts = {act: found for act, found in _OF_ACT.items()}  # noqa: C416
    return case(
        (Contradiction.settled_at.is_not(None), "settled"),
        *((ContradictionDecision.act == act, found) for act, found in acts.items()),
        else_="open",
    )


def states_of(session: Session, found: Sequence[Contradiction]) -> dict[int, str]:
    """The states of these contradictions, by number."""
    last = standing()
    query = (
        select(Contradiction.id, state())
        .outerjoin(last, last.c.contradiction_id == Contradiction.id)
        .outerjoin(ContradictionDecision, ContradictionDecision.id == last.c.number)
    )
    numbers = [one.id for one in found]
    states: dict[int, str] = {}
    for start in range(0, len(numbers), AT_ONCE):
        some = Contradiction.id.in_(numbers[start : start + AT_ONCE])
        states |= {number: known for number, known in session.execute(query.where(some))}  # noqa: C416
    return states


def state_of(session: Session, one: Contradiction) -> str:
    """The state of one contradiction."""
    return states_of(session, [one])[one.id]

"""Who is in the same position: every supplier of a round with an undecided contradiction of one kind, and its own rows in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.chain.build import READABLE
from framework.chain.contradictions.listing import Filter, everything
from models.contradictions import ContradictionRow
from models.disclosure import Submission
from models.rounds import Round

AT_ONCE = 1_000
DECIDED = frozenset({"dismissed", "settled"})


@dataclass(frozen=True, slots=True)
class Item:
    """One statement of a supplier that it may be asked about."""

    contradiction: int
    row: int | None
    says: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Position:
    """One supplier's submission with all that it may be asked about one kind of contradiction."""

    submission: Submission
    code: str
    items: tuple[Item, ...]


def positions(session: Session, round_: Round, code: str) -> list[Position]:
    """All suppliers in the same position, by receipt: what was dismissed, is settled or was asked before is left out."""
    lines = everything(session, round_, Filter(code=code))
    numbers = [line.one.id for line in lines if line.state not in DECIDED and line.state != "asked"]
    items: dict[int, list[Item]] = defaultdict(list)
    for start in range(0, len(numbers), AT_ONCE):
        query = select(ContradictionRow).where(
            ContradictionRow.contradiction_id.in_(numbers[start : start + AT_ONCE]), ContradictionRow.is_asked
        )
        for row in session.scalars(query.order_by(ContradictionRow.contradiction_id, ContradictionRow.position)):
            items[row.submission_id].append(Item(row.contradiction_id, row.row_id, row.says))
    query_submissions = (
        select(Submission)
        .options(joinedload(Submission.supplier), joinedload(Submission.file))
        .where(Submission.id.in_(list(items)), Submission.round_id == round_.id, Submission.state.in_(READABLE))
        .order_by(Submission.receipt_seq)
    )
    return [Position(one, code, tuple(items[one.id])) for one in session.scalars(query_submissions)]

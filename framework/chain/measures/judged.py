"""The levels of evidence that the members agreed on, as the measures take them; and readers from whom they are kept yet.

Judging writes verdicts; this reads their table alone. Whoever still judges blind must not see what was found together:
the session of such a reader is marked (`hide`), and every measure it loads is as if nobody had judged.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from framework.chain.measures.scale import EVIDENCE
from models.judging import Item, Verdict
from models.measures import LotMeasures

SETTLED = ("agreed", "moderated")
HIDDEN = "verdicts hidden"
KEPT = "kept_from_blind"
"""Why reliability is unknown to a reader who still judges."""
RELIABILITY = "reliability"
Key = tuple[int, int, str, str, str]
"""Submission, lot, key of the brand, level and kind of a node."""


def hide(session: Session, *, hidden: bool) -> None:
    """From now on show this session's reader no verdict, or show them again."""
    session.info[HIDDEN] = hidden


def is_hidden(session: Session | None) -> bool:
    """Whether the reader of a session may not see verdicts yet."""
    return session is not None and bool(session.info.get(HIDDEN))


def verdicts(session: Session, submissions: Collection[int]) -> dict[Key, tuple[str, int]]:
    """The level that stands for each judged node, and by how many steps the evaluators differed."""
    if is_hidden(session):
        return {}
    query = (
        select(
            Item.submission_id,
            Item.lot_id,
            Item.brand_key,
            Item.section,
            Item.kind,
            Verdict.level,
            Verdict.lowest,
            Verdict.highest,
        )
        .join(Verdict, Verdict.item_id == Item.id)
        .where(Item.submission_id.in_(sorted(submissions)), Verdict.state.in_(SETTLED), Verdict.level != "")
    )
    return {
        (row.submission_id, row.lot_id, row.brand_key, row.section, row.kind): (
            row.level,
            EVIDENCE.index(row.highest) - EVIDENCE.index(row.lowest),
        )
        for row in session.execute(query)
    }


def sums_of(group: LotMeasures) -> dict[str, Any]:
    """The stored sums of a group as the reader of its session may see them."""
    return without_sums(group.sums) if is_hidden(object_session(group)) else group.sums


def without_sums(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Stored sums as if nobody had judged."""
    return {
        **plain,
        "counts": {**plain["counts"], "judged": 0, "apart": 0},
        "known": {**plain["known"], RELIABILITY: "0"},
        "sum": {**plain["sum"], RELIABILITY: "0"},
        "reasons": {**plain["reasons"], RELIABILITY: KEPT},
    }


def figures_of(session: Session, plain: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The stored figures of a product as the reader of a session may see them."""
    if not plain or not is_hidden(session):
        return plain
    return {
        **plain,
        "values": {**plain["values"], RELIABILITY: None},
        "reasons": {**plain["reasons"], RELIABILITY: KEPT},
        "counts": {**plain["counts"], "judged": 0, "apart": 0},
        "weakest": None,
    }

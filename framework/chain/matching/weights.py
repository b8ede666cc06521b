"""How much stands behind a question: the pooled pieces of the models that a mention's supplier offers."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain.shared import is_current
from framework.demand import pool
from models.chain import Link, Mention, Product
from models.rounds import Round


def quantity_behind(session: Session, mention: Mention, round_: Round) -> int | None:
    """Pooled expected pieces of the categories of the models made there; of all models of its file where none is tied.

    Lots count in units of their own and are never added: the largest stands. None where the pool has no such category.
    """
    tied = select(Product.lot_id, Product.category).where(Product.submission_id == mention.submission_id).distinct()
    made_there = tied.join(Link, Link.product_id == Product.id).where(Link.mention_id == mention.id, is_current(round_))
    groups = session.execute(made_there).all() or session.execute(tied).all()
    known = {
        (lot.lot_id, category): amount
        for lot in pool.figures(session, round_).lots
        for (category,), amount in lot.by("category").items()
    }
    by_lot: dict[int, int] = defaultdict(int)
    for lot, category in groups:
        amount = known.get((lot, category))
        if amount is not None and amount.is_known:
            by_lot[lot] += amount.expected
    return max(by_lot.values(), default=None)

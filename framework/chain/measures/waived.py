"""What the lead accepted as not applicable: it leaves the nodes that are asked of a product."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.chain.measures.scale import MI, SM
from models.measures import NotApplicable

AT_ONCE = 5_000
COMPONENT, MINERAL = "component:", "mineral:"
"""Before the code of a component type or of a mineral: some codes are both."""


def kind_of(level: str, code: str) -> str:
    """What is accepted for a node: its component type, or its mineral, which stands for smelters and origins."""
    return f"{MINERAL if level in (SM, MI) else COMPONENT}{code}"


def standing(session: Session, products: Collection[int]) -> dict[tuple[int, str], NotApplicable]:
    """What stands for these products (numbers), by product and kind (`kind_of`)."""
    wanted, found = sorted(products), dict[tuple[int, str], NotApplicable]()
    query = select(NotApplicable).options(joinedload(NotApplicable.by)).where(NotApplicable.undone_at.is_(None))
    for start in range(0, len(wanted), AT_ONCE):
        some = NotApplicable.product_id.in_(wanted[start : start + AT_ONCE])
        found |= {(one.product_id, one.kind): one for one in session.scalars(query.where(some))}
    return found

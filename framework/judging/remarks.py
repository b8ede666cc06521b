"""What evaluators say to each other of an item in the discussion: written down with name and time, never changed.

Only who may see the values of others about a tender reads or writes of it; the page asks that of `blind`, and the act here
asks again. The author may strike a remark through; it stays legible.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.ground import audit, conflicts, permissions
from framework.ground.actors import Actor, roles_in
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.judging import blind
from models.judging import Item, Remark
from models.rounds import Round

WRITTEN = audit.declare("remark.written", "item")
STRUCK = audit.declare("remark.struck", "item")
LONGEST = 2_000
NUMBERS_AT_ONCE = 5_000


def write(session: Session, item: Item, words: str, *, actor: Actor, now: dt.datetime) -> Remark:
    """Write a remark on an item. Raises InvalidInput for nothing or too much, NotFound where its tender is still blind."""
    _require_open(session, item, actor)
    text = words.strip()
    if not text:
        raise InvalidInput("remark-blank", N_("Write the remark first."), field="words")
    if len(text) > LONGEST:
        raise InvalidInput("remark-too-long", N_("A remark has %(most)s characters at most."), most=LONGEST)
    made = Remark(
        round=item.round,
        item=item,
        submission_id=item.submission_id,
        user_id=actor.user_id,
        member_id=actor.organisation_id,
        words=text,
        at=now,
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(made)
    session.flush()
    audit.record(session, WRITTEN, actor=actor, now=now, subject=made, item=item.public_id)
    return made


def strike(session: Session, remark: Remark, *, actor: Actor, now: dt.datetime) -> None:
    """Strike an own remark through; it stays legible. Raises NotAllowed for that of somebody else."""
    _require_open(session, remark.item, actor)
    if remark.user_id != actor.user_id:
        raise NotAllowed("not-your-remark", N_("Only its author strikes a remark through."))
    if remark.struck_at is not None:
        raise MoveRefused("remark-struck", N_("This remark is struck through already."))
    remark.struck_at = now
    audit.record(session, STRUCK, actor=actor, now=now, subject=remark, item=remark.item.public_id)


def of_items(session: Session, items: Sequence[int]) -> dict[int, list[Remark]]:
    """The remarks on items, struck ones too, the oldest first, by item."""
    found: dict[int, list[Remark]] = defaultdict(list)
    for start in range(0, len(items), NUMBERS_AT_ONCE):
        query = (
            select(Remark)
            .options(joinedload(Remark.user), joinedload(Remark.member))
            .where(Remark.item_id.in_(items[start : start + NUMBERS_AT_ONCE]))
        )
        for one in session.scalars(query.order_by(Remark.id)):
            found[one.item_id].append(one)
    return found


def find(session: Session, round_: Round, item: Item, public_id: str) -> Remark:
    """A remark on an item by its public id; raises NotFound."""
    query = select(Remark).where(Remark.public_id == public_id, Remark.item_id == item.id, Remark.round_id == round_.id)
    found = session.scalar(query)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def _require_open(session: Session, item: Item, actor: Actor) -> None:
    """Refuse who may not judge here, who has a tie, and who still judges the tender blind."""
    round_ = item.round
    permissions.require(session, actor, Permission.REMARK_MAKE, round_)
    roles = roles_in(session, actor, round_)
    conflicts.require_stated(session, actor, round_, roles)
    if item.submission_id not in blind.open_to(session, round_, actor, roles, [item.submission_id]):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))

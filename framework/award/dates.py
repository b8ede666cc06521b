"""The end of the standstill in the calendars of whoever waits for it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.award import addressees, letters, mandate
from framework.ground.actors import Actor
from framework.ground.text import N_
from framework.rounds import calendar_feeds
from framework.rounds.calendar_feeds import Entry
from models.award import AwardDecision
from models.rounds import Round

TITLE = N_("The standstill ends: agreements may be signed from here on")


@calendar_feeds.source
def standstill_end(session: Session, round_: Round, actor: Actor, roles: frozenset[str]) -> list[Entry]:
    """The end of the standstill once it is known, for lead, confirmed members and the bidders that got a letter; cancelled once the award is withdrawn.

    Its sequence grows with every change of any decision of the round, as each of them has a version that does.
    """
    query = select(AwardDecision).where(AwardDecision.round_id == round_.id, AwardDecision.announced_at.is_not(None))
    announced = list(session.scalars(query.order_by(AwardDecision.number)))
    if not announced:
        return []
    reads, last = mandate.may_read(session, round_, actor, roles), announced[-1]
    if not reads and not _is_bidder(session, round_, actor, roles):
        return []
    if last.standstill_ends_at is None or addressees.unnoted(session, last):
        return []
    return [
        Entry(
            uid=f"{round_.public_id}-standstill",
            at=last.standstill_ends_at,
            title=TITLE,
            page="award.index" if reads else "award.letter",
            sequence=sum(one.version for one in announced),
            is_cancelled=last.withdrawn_at is not None,
        )
    ]


def _is_bidder(session: Session, round_: Round, actor: Actor, roles: frozenset[str]) -> bool:
    return "supplier" in roles and bool(letters.of_bidder(session, round_, actor.organisation_id))

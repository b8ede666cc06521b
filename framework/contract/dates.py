"""First and last day of agreements in the calendars of whoever may know of them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from framework.contract import lists, running
from framework.ground.actors import Actor
from framework.ground.text import N_
from framework.rounds import calendar_feeds
from framework.rounds.calendar_feeds import Entry
from models.contract import Agreement
from models.rounds import Round

STARTS = N_("An agreement starts: call-offs are possible from here on")
ENDS = N_("An agreement ends: its last day is over")


@calendar_feeds.source
def days(session: Session, round_: Round, actor: Actor, roles: frozenset[str]) -> list[Entry]:
    """Both days of every agreement that was signed; cancelled where it was terminated before."""
    if not roles & {"lead", "member", "supplier"}:
        return []
    signed = [one for one in lists.visible(session, round_, actor, roles) if one.signed_at is not None]
    return [entry for one in signed for entry in _of(one)]


def _of(agreement: Agreement) -> list[Entry]:
    name, is_over = f"agreement-{agreement.public_id}", agreement.state == "terminated"
    never_started = is_over and agreement.started_at is None
    sequence = agreement.version
    return [
        Entry(f"{name}-start", running.begins_at(agreement), STARTS, "contract.index", sequence, never_started),
        Entry(f"{name}-end", running.ends_at(agreement), ENDS, "contract.index", sequence, is_over),
    ]

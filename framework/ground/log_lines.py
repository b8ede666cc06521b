"""The record as it leaves for a verifier: one line of canonical JSON an entry, persons as numbers, what is sealed withheld."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from framework.ground import audit, conflicts, sealed, signing
from models.records import AuditEvent
from models.rounds import Round


def line(event: AuditEvent) -> str:
    """An entry as it was hashed, with its hash."""
    return signing.canonical(audit.facts(event) | {"hash": event.hash})


def withheld(event: AuditEvent) -> str:
    """What stands for an entry that this reader may not see: its place in the chain. `digest` is over what it holds now."""
    hashes = {"prev": event.prev_hash, "hash": event.hash, "digest": audit.digest(event)}
    return signing.canonical({"seq": event.seq, "withheld": True} | hashes)


def lines(session: Session, round_: Round | None = None, unseen: ColumnElement[bool] | None = None) -> Iterator[str]:
    """Every entry from the first to the last; for the lead of a round those of other rounds are withheld.

    So are those that the reader may not see yet (`unseen`), and those that a conflict of interest keeps from the reader.
    """
    more = [one for one in (unseen, conflicts.events_kept_out(session)) if one is not None]
    query = select(AuditEvent, or_(_is_withheld(round_), *more).label("is_withheld")).order_by(AuditEvent.seq)
    whole = query.execution_options(yield_per=1000, populate_existing=True, all_tenders=True)
    with session.execute(whole) as found:
        for event, is_withheld in found:
            yield withheld(event) if is_withheld else line(event)


def _is_withheld(round_: Round | None) -> ColumnElement[bool]:
    """What the pages of the record do not show or show without the name."""
    hidden = [sealed.is_event_of_tender(), sealed.is_event_by_bidder()]
    if round_ is not None:
        hidden += [AuditEvent.round_id.is_(None), AuditEvent.round_id != round_.id]
    return or_(*hidden)

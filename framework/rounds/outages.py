"""Outages: recorded by the operator, shown publicly; whoever has a deadline near one is told at once (trust 4.2, T20)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from framework.ground import audit
from framework.ground.actors import SYSTEM, Actor
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed
from framework.ground.text import N_
from framework.rounds import telling
from models.records import AuditEvent
from models.rounds import DeadlineChange, Outage, Round

RECORDED = audit.declare("outage.recorded", "started_at", "ended_at", "note")
ENDED = audit.declare("outage.ended", "ended_at")
WARNED = audit.declare("round.outage_warned", "outage")
_warning = {"within": dt.timedelta(minutes=60)}
REACH = dt.timedelta(hours=24)
LONGEST_NOTE = 1_000
RECEIVING = ("published", "receipt_closed")


def configure(minutes: int) -> None:
    """Say how near an outage must come before a deadline for its lead to be warned (setting of the installation)."""
    _warning["within"] = dt.timedelta(minutes=minutes)


def record(
    session: Session,
    *,
    started_at: dt.datetime,
    ended_at: dt.datetime | None,
    note: str,
    actor: Actor,
    now: dt.datetime,
) -> Outage:
    """Record an interruption of service (operator or system); whoever is interested in a deadline near it is told."""
    _require_operator(actor)
    if started_at > now or (ended_at is not None and not started_at < ended_at <= now):
        raise InvalidInput(
            "outage-times", N_("An outage begins before it ends, and neither lies ahead."), field="ended_at"
        )
    said = _sound(note)
    outage = Outage(started_at=started_at, ended_at=ended_at, note=said, created_at=now, created_by_id=actor.user_id)
    session.add(outage)
    session.flush()
    times: dict[str, Any] = {"started_at": started_at, "ended_at": ended_at}
    audit.record(session, RECORDED, actor=actor, now=now, subject=outage, note=said, **times)
    warn(session, now=now)
    return outage


def end(
    session: Session,
    outage: Outage,
    *,
    ended_at: dt.datetime,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Say when an outage ended that was recorded while it lasted. Raises MoveRefused where that was said before."""
    _require_operator(actor)
    session.refresh(outage, with_for_update={"of": Outage})
    if outage.ended_at is not None:
        raise MoveRefused("outage-over", N_("The end of this outage is recorded already."))
    if not outage.started_at < ended_at <= now:
        raise InvalidInput(
            "outage-times", N_("An outage begins before it ends, and neither lies ahead."), field="ended_at"
        )
    outage.ended_at = ended_at
    audit.record(session, ENDED, actor=actor, now=now, subject=outage, ended_at=ended_at)
    warn(session, now=now)


def during(session: Session, round_: Round) -> list[Outage]:
    """The outages while the round was open for tenders, earliest first; none before publication."""
    if round_.published_at is None or round_.tender_deadline is None:
        return []
    query = select(Outage).where(
        Outage.started_at <= round_.tender_deadline,
        (Outage.ended_at.is_(None)) | (Outage.ended_at >= round_.published_at),
    )
    return list(session.scalars(query.order_by(Outage.started_at)))


def listed(session: Session, *, limit: int = 50) -> list[Outage]:
    """The outages on record, the newest first."""
    return list(session.scalars(select(Outage).order_by(Outage.started_at.desc(), Outage.id.desc()).limit(limit)))


def of_late(session: Session, *, now: dt.datetime) -> list[Outage]:
    """The outages that last, or ended within a day: for the banner."""
    query = select(Outage).where(or_(Outage.ended_at.is_(None), Outage.ended_at >= now - REACH))
    return list(session.scalars(query.order_by(Outage.started_at.desc())))


def near(session: Session, round_: Round, *, now: dt.datetime) -> Outage | None:
    """The outage that came too near before the round's deadline, the newest of several; None where none did.

    One for which the deadline was moved already asks for nothing more.
    """
    if round_.state not in RECEIVING or round_.tender_deadline is None:
        return None
    deadline = round_.tender_deadline
    found = [one for one in during(session, round_) if is_near(one, deadline, now=now)]
    if not found:
        return None
    moved = select(DeadlineChange.outage_id).where(
        DeadlineChange.round_id == round_.id, DeadlineChange.outage_id.is_not(None)
    )
    settled = set(session.scalars(moved))
    return next((one for one in reversed(found) if one.id not in settled), None)


def is_near(outage: Outage, deadline: dt.datetime, *, now: dt.datetime) -> bool:
    """Whether a deadline lies within the outage or sooner after it than is warned; one that lasts goes on until now.

    What happens after a deadline kept nobody from being in time.
    """
    return outage.started_at <= deadline <= (outage.ended_at or now) + _warning["within"]


def reaches(found: Iterable[Outage], deadline: dt.datetime) -> bool:
    """Whether one of the outages overlaps the last 24 hours before a deadline."""
    return any(
        one.started_at <= deadline and (one.ended_at is None or one.ended_at >= deadline - REACH) for one in found
    )


def warn(session: Session, *, now: dt.datetime) -> int:
    """Tell lead and interested people of each round about an outage near its deadline, once each; how many rounds (M7)."""
    query = select(Round).where(Round.state.in_(RECEIVING), Round.tender_deadline >= now - REACH)
    told = 0
    for round_ in session.scalars(query.order_by(Round.id)):
        outage = near(session, round_, now=now)
        if outage is not None and not _was_warned(session, round_, outage):
            audit.record(session, WARNED, actor=SYSTEM, now=now, subject=round_, outage=outage.public_id)
            _tell(session, round_, outage, now=now)
            told += 1
    return told


def words(outage: Outage, zone: str) -> dict[str, str]:
    """Beginning and end of an outage for a mail; the end is blank while it lasts."""
    return {
        "began": telling.local_words(outage.started_at, zone),
        "ended": telling.local_words(outage.ended_at, zone),
    }


def proposed_deadline(round_: Round, *, now: dt.datetime) -> dt.datetime:
    """A deadline to begin with: the same local time on the first day that lies wholly ahead of deadline and now."""
    zone = ZoneInfo(round_.zone)
    local = (round_.tender_deadline or now).astimezone(zone)
    day = max(local.date(), now.astimezone(zone).date()) + dt.timedelta(days=1)
    return dt.datetime.combine(day, local.time(), tzinfo=zone).astimezone(dt.UTC)


def _tell(session: Session, round_: Round, outage: Outage, *, now: dt.datetime) -> None:
    facts = words(outage, round_.zone) | {"deadline": telling.local_words(round_.tender_deadline, round_.zone)}
    leads = telling.people(session, [round_.organisation_id], "lead", now=now)
    telling.tell(session, round_, leads, "outage_warning", now=now, page="extend", **facts)
    others = [user for user in telling.interested(session, round_, now=now) if user not in leads]
    telling.tell(session, round_, others, "outage_recorded", now=now, **facts)


def _was_warned(session: Session, round_: Round, outage: Outage) -> bool:
    query = select(AuditEvent.seq).where(
        AuditEvent.kind == WARNED,
        AuditEvent.round_id == round_.id,
        AuditEvent.data["outage"].as_string() == outage.public_id,
    )
    return session.scalar(query.limit(1)) is not None


def _sound(note: str) -> str:
    said = note.strip()
    if len(said) > LONGEST_NOTE:
        raise InvalidInput("text-long", N_("Use at most %(limit)s characters."), field="note", limit=LONGEST_NOTE)
    return said


def _require_operator(actor: Actor) -> None:
    if not actor.roles & {"operator", "system"}:
        raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who="operator")

"""The pool day by day, from the versions and events that are kept: nothing is stored for it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.demand import cube
from framework.demand.counting import ENTITLED
from framework.demand.pooled import Amount
from models.demand import Demand, PoolSnapshot
from models.records import AuditEvent
from models.rounds import Round
from models.signons import SignOn

Span = tuple[dt.datetime, dt.datetime | None]
"""From an instant on, and until one (None: still)."""


@dataclass(frozen=True, slots=True)
class Point:
    """A lot at the end of a day in the round's zone: its sums, how many members count, and the change of the expected quantity."""

    day: dt.date
    amount: Amount
    members: int
    change: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A lot as it was kept when demand was locked, or a version struck; figures as in the snapshot."""

    at: dt.datetime
    expected: int
    firm: int
    maximum: int
    declared: int


@dataclass(frozen=True, slots=True)
class History:
    """One lot by number: a point for every day on which something changed, oldest first; and what was kept of it."""

    lot_id: int
    points: tuple[Point, ...]
    kept: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class _Version:
    lot_id: int
    member_id: int
    span: Span
    amount: Amount


def of(session: Session, round_: Round) -> tuple[History, ...]:
    """The history of every lot of a round, in their order; it ends with the pool as it stands.

    A version counts from its acceptance until a newer one was accepted, it was taken back or it was struck, and
    while its member was confirmed; what members do after publication changes nothing.
    """
    confirmed = _confirmed(session, round_)
    changes: dict[int, list[tuple[dt.datetime, int, Amount, int]]] = defaultdict(list)
    for version in _versions(session, round_):
        for since, until in _both(version.span, confirmed.get(version.member_id, [])):
            changes[version.lot_id].append((since, 1, version.amount, version.member_id))
            if until is not None:
                changes[version.lot_id].append((until, -1, version.amount, version.member_id))
    kept = _snapshots(session, round_)
    zone = ZoneInfo(round_.zone)
    return tuple(
        History(lot.id, tuple(_points(changes[lot.id], zone)), kept.get(lot.public_id, ())) for lot in round_.lots
    )


def _points(changes: Iterable[tuple[dt.datetime, int, Amount, int]], zone: ZoneInfo) -> Iterator[Point]:
    days: dict[dt.date, list[tuple[int, Amount, int]]] = defaultdict(list)
    for at, sign, amount, member in changes:
        days[at.astimezone(zone).date()].append((sign, amount, member))
    members: dict[int, int] = defaultdict(int)
    sums = cube.Sums()
    for day, some in sorted(days.items()):
        before = sums.expected
        for sign, amount, member in some:
            members[member] += sign
            sums = sums.plus(_sums(amount)) if sign > 0 else sums.minus(_sums(amount))
        yield Point(day, sums.amount(), sum(1 for count in members.values() if count), sums.expected - before)


def _sums(amount: Amount) -> cube.Sums:
    known = amount.lines - amount.not_known
    return cube.Sums(
        amount.firm,
        amount.expected,
        amount.maximum,
        0 if amount.value is None else int(amount.value * 100),
        known - amount.value_unknown,
        amount.value_unknown,
        amount.not_known,
        amount.lines,
    )


def _versions(session: Session, round_: Round) -> Iterator[_Version]:
    """Every version that was ever accepted, with the span in which it was the current one."""
    query = (
        select(Demand.id, Demand.public_id, Demand.lot_id, Demand.member_id, Demand.state, Demand.accepted_at)
        .where(Demand.round_id == round_.id, Demand.accepted_at.is_not(None))
        .order_by(Demand.lot_id, Demand.member_id, Demand.accepted_at, Demand.id)
    )
    totals = dict(cube.totals(session, (Demand.round_id == round_.id) & Demand.accepted_at.is_not(None)))
    ended = _ends(session, round_)
    found = session.execute(query).all()
    for row, after in zip(found, [*found[1:], None][: len(found)], strict=True):
        replaced = after is not None and (after.lot_id, after.member_id) == (row.lot_id, row.member_id)
        ends = [at for at in (after.accepted_at if replaced and after else None, ended.get(row.public_id)) if at]
        amount = totals[row.id].amount() if row.id in totals else Amount()
        yield _Version(row.lot_id, row.member_id, (row.accepted_at, min(ends, default=None)), amount)


def _ends(session: Session, round_: Round) -> dict[str, dt.datetime]:
    """When accepted versions were taken back or struck."""
    query = select(AuditEvent.subject_id, AuditEvent.at).where(
        AuditEvent.round_id == round_.id,
        AuditEvent.subject_type == Demand.__tablename__,
        AuditEvent.to_state == "withdrawn",
        AuditEvent.outcome == "done",
    )
    return {row.subject_id: row.at for row in session.execute(query)}


def _confirmed(session: Session, round_: Round) -> dict[int, list[Span]]:
    """The spans in which each member was confirmed, as the record tells; before its first event, as it was since its sign-on was confirmed or made."""
    query = select(SignOn.public_id, SignOn.organisation_id, SignOn.state, SignOn.created_at, SignOn.confirmed_at)
    signs = session.execute(query.where(SignOn.round_id == round_.id).order_by(SignOn.id)).all()
    events = (
        select(AuditEvent.subject_id, AuditEvent.at, AuditEvent.from_state, AuditEvent.to_state)
        .where(
            AuditEvent.round_id == round_.id,
            AuditEvent.subject_type == SignOn.__tablename__,
            AuditEvent.to_state != "",
            AuditEvent.outcome == "done",
        )
        .order_by(AuditEvent.seq)
    )
    told: dict[str, list[tuple[dt.datetime, bool]]] = defaultdict(list)
    was: dict[str, str] = {}
    for subject, at, before, state in session.execute(events):
        was.setdefault(subject, before)
        if round_.published_at is None or at <= round_.published_at:
            told[subject].append((at, state in ENTITLED))
    found: dict[int, list[Span]] = defaultdict(list)
    for row in signs:
        since = row.confirmed_at or row.created_at
        moves = [(since, was.get(row.public_id, row.state) in ENTITLED), *told.get(row.public_id, [])]
        found[row.organisation_id] += _spans(moves)
    return found


def _spans(moves: Iterable[tuple[dt.datetime, bool]]) -> Iterator[Span]:
    since: dt.datetime | None = None
    for at, is_entitled in moves:
        if is_entitled and since is None:
            since = at
        elif not is_entitled and since is not None:
            yield since, at
            since = None
    if since is not None:
        yield since, None


def _both(one: Span, others: Iterable[Span]) -> Iterator[Span]:
    """The stretches that lie in a span and in one of others."""
    for other in others:
        since = max(one[0], other[0])
        ends = [end for end in (one[1], other[1]) if end is not None]
        until = min(ends, default=None)
        if until is None or since < until:
            yield since, until


def _snapshots(session: Session, round_: Round) -> Mapping[str, tuple[Kept, ...]]:
    found: dict[str, tuple[Kept, ...]] = defaultdict(tuple)
    query = select(PoolSnapshot).where(PoolSnapshot.round_id == round_.id).order_by(PoolSnapshot.at, PoolSnapshot.id)
    for one in session.scalars(query):
        for lot in one.figures["lots"]:
            total = lot["total"]
            kept = Kept(one.at, total["expected"], total["firm"], total["maximum"], lot["declared"])
            found[lot["lot"]] = (*found[lot["lot"]], kept)
    return found

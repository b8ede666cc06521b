"""States and moves: the table decides, phases register what their moves need and cause; only `move` changes a state."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from framework.ground import audit
from framework.ground.actors import Actor, roles_for
from framework.ground.errors import MoveRefused, NotAllowed, RuleBroken
from framework.ground.labels import state_label
from framework.ground.text import N_

TABLE = Path(__file__).resolve().parents[2] / "data" / "lifecycle.csv"
NEW = ""


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table. `source` is blank for a new record; `who` are the roles, any one of which may act."""

    entity: str
    source: str
    target: str
    act: str
    who: tuple[str, ...]
    four_eyes: bool
    guard: str
    effect: str


@dataclass(slots=True)
class Context:
    """What a guard or an effect may know about the move being made."""

    move: Move
    actor: Actor
    now: dt.datetime
    roles: frozenset[str]
    motive: str = ""
    proposer_id: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def require_motive(self) -> None:
        """Refuse a move that must say why and does not."""
        if not self.motive.strip():
            raise MoveRefused("motive-missing", N_("Say why: a motive is required and stays in the record."))


Guard = Callable[[Session, Any, Context], None]


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a phase registers for one act of one entity."""

    guard: Guard | None = None
    effect: Guard | None = None
    one_person: Callable[[Any], bool] | None = None
    noted: tuple[str, ...] = ()


_hooks: dict[tuple[str, str, str], Hooks] = {}


@cache
def moves() -> tuple[Move, ...]:
    """All rows of the table, in its order."""
    with TABLE.open(encoding="utf-8", newline="") as handle:
        return tuple(
            Move(
                row["entity"],
                row["from"],
                row["to"],
                row["act"],
                tuple(row["who"].split("|")),
                row["four_eyes"] == "yes",
                row["guard"],
                row["effect"],
            )
            for row in csv.DictReader(handle)
        )


@cache
def entities() -> tuple[str, ...]:
    """Names of the entities, in the table's order."""
    return tuple(dict.fromkeys(m.entity for m in moves()))


@cache
def states(entity: str) -> tuple[str, ...]:
    """Every state of an entity, in the order in which the table first names it."""
    named = [state for m in moves() if m.entity == entity for state in (m.source, m.target)]
    return tuple(dict.fromkeys(state for state in named if state != NEW))


def possible(entity: str, source: str) -> tuple[Move, ...]:
    """The moves that lead out of a state."""
    return tuple(m for m in moves() if m.entity == entity and m.source == source)


def register(
    entity: str,
    act: str,
    *,
    source: str = "*",
    guard: Guard | None = None,
    effect: Guard | None = None,
    one_person: Callable[[Any], bool] | None = None,
    noted: tuple[str, ...] = (),
) -> None:
    """Register guard and effect of an act (of one source state, or of all with `*`).

    `one_person(record)` answers whether a setting lifts the four eyes of this act. `noted` names the facts of the move
    that its event carries beside motive and proposer.
    A move whose guard in the table is not blank is refused until something is registered for it.
    """
    _hooks[(entity, act, source)] = Hooks(guard, effect, one_person, noted)
    if noted:
        audit.extend(f"{entity}.{act}", *noted)


def hooks_of(move_: Move) -> Hooks | None:
    """What was registered for a move: for its source state, else for all."""
    return _hooks.get((move_.entity, move_.act, move_.source)) or _hooks.get((move_.entity, move_.act, "*"))


def entity_of(record: object) -> str:
    """The entity whose table a record follows."""
    name = str(getattr(record, "__tablename__", ""))
    return "submission_tender" if name == "submission" else name


def find(entity: str, source: str, act: str, target: str | None = None) -> Move:
    """The listed move; raises MoveRefused naming the possible acts where the pair is not listed."""
    for m in possible(entity, source):
        if m.act == act and target in (None, m.target):
            return m
    raise MoveRefused(
        "move-not-listed",
        N_("“%(act)s” is not possible in state “%(state)s”. Possible: %(possible)s."),
        act=act,
        state=state_label(entity, source),
        possible=", ".join(dict.fromkeys(m.act for m in possible(entity, source))) or "–",
    )


def move(
    session: Session,
    record: Any,
    act: str,
    *,
    actor: Actor,
    now: dt.datetime,
    target: str | None = None,
    motive: str = "",
    proposer_id: int | None = None,
    roles: frozenset[str] | None = None,
    entity: str | None = None,
    **facts: Any,
) -> Move:
    """Make one listed move of `record`, with its guard, effect and audit event; nothing is committed.

    A new record comes with a blank state and outside the session; it is added once its guard holds.

    `proposer_id` is the user who proposed a four-eyes act; `actor` is then the one who confirms.
    `facts` go to guard and effect. Raises MoveRefused or NotAllowed, which name the attempt; then nothing was changed.
    """
    entity = entity or entity_of(record)
    with _attempt(entity, act):
        found = find(entity, record.state or NEW, act, target)
        held = roles_for(session, actor, record) if roles is None else roles
        _move(session, record, Context(found, actor, now, held, motive, proposer_id, facts))
    return found


def check(
    session: Session, record: Any, act: str, *, actor: Actor, now: dt.datetime, motive: str = "", **facts: Any
) -> Move:
    """Ask role and guard of a move without making it, as the first of two persons does when proposing.

    Raises what `move` would raise, save that a second person is needed.
    """
    entity = entity_of(record)
    with _attempt(entity, act):
        found = find(entity, record.state or NEW, act)
        context = Context(found, actor, now, roles_for(session, actor, record), motive, None, facts)
        _check_who(context)
        _check_guard(session, record, context)
    return found


def needs_two(record: Any, move_: Move) -> bool:
    """Whether a second person must confirm this move of this record."""
    hooks = hooks_of(move_)
    lifted = hooks is not None and hooks.one_person is not None and hooks.one_person(record)
    return move_.four_eyes and not lifted


@contextmanager
def _attempt(entity: str, act: str) -> Iterator[None]:
    """Let a refusal name the move that was tried; the outermost one, where a move caused others."""
    try:
        yield
    except RuleBroken as error:
        error.attempt = f"{entity}.{act}"
        raise


def _move(session: Session, record: Any, context: Context) -> None:
    """Check, change the state, let the effect follow and write the event."""
    made = context.move
    _check_who(context)
    _check_four_eyes(record, context)
    _check_guard(session, record, context)
    record.state = made.target
    if made.source == NEW and getattr(record, "__mapper__", None) is not None:
        session.add(record)
    hooks = hooks_of(made)
    if hooks is not None and hooks.effect is not None:
        hooks.effect(session, record, context)
    audit.record(
        session,
        f"{made.entity}.{made.act}",
        actor=context.actor,
        now=context.now,
        subject=record,
        from_state=made.source,
        to_state=made.target,
        motive=context.motive,
        proposer=context.proposer_id,
        **{name: context.facts[name] for name in (hooks.noted if hooks is not None else ())},
    )


def _check_who(context: Context) -> None:
    if not context.roles & frozenset(context.move.who):
        raise NotAllowed(
            "role-missing",
            N_("Only %(who)s may do this."),
            who=", ".join(context.move.who),
        )


def _check_four_eyes(record: Any, context: Context) -> None:
    if context.actor.is_system or not needs_two(record, context.move):
        return
    if context.proposer_id is None:
        raise MoveRefused(
            "second-person-needed", N_("This needs two persons: one proposes, another confirms."), rule="SD1"
        )
    if context.proposer_id == context.actor.user_id:
        raise MoveRefused("same-person", N_("You proposed this yourself. Another person must confirm it."), rule="SD1")


def _check_guard(session: Session, record: Any, context: Context) -> None:
    hooks = hooks_of(context.move)
    if hooks is None and context.move.guard:
        raise MoveRefused(
            "guard-missing", N_("This step is not open yet: its conditions cannot be checked in this version.")
        )
    if hooks is not None and hooks.guard is not None:
        hooks.guard(session, record, context)


for _listed in moves():
    audit.declare(f"{_listed.entity}.{_listed.act}", "motive", "proposer")

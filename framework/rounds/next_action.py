"""What this reader does next in a round, and what others must do before it can go on; every phase adds its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from framework.ground.actors import Actor
from models.rounds import Round


@dataclass(frozen=True, slots=True)
class Step:
    """One sentence (a template with `params`) and the page where it is done; without a page there is nothing to do.

    `page` is the name of a page, `where` what its address needs besides the round. `urgency` orders the steps of one
    reader, highest first: 90 a second person waits, 70 a duty with a date, 50 the ordinary next step, 10 for information.
    `done_on` names more pages on which the reader is at it already, so that they need no button.
    """

    sentence: str
    params: Mapping[str, object] = field(default_factory=dict)
    page: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    label: str = ""
    urgency: int = 50
    done_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the actor, the roles in this round, the time."""

    actor: Actor
    roles: frozenset[str]
    now: dt.datetime


Candidate = Callable[[Session, Round, Reader], Step | None]
Lister = Callable[[Session, Round, Reader], list[Step]]

_candidates: list[tuple[frozenset[str], frozenset[str], Candidate]] = []
_blockers: list[tuple[frozenset[str], Lister]] = []


def candidate(states: str, roles: str) -> Callable[[Candidate], Candidate]:
    """Register a possible next step for readers with one of `roles` while the round is in one of `states` (words)."""

    def keep(function: Candidate) -> Candidate:
        _candidates.append((frozenset(states.split()), frozenset(roles.split()), function))
        return function

    return keep


def blocker(states: str) -> Callable[[Lister], Lister]:
    """Register what others must still do in `states`: a function that lists steps, shown to the lead."""

    def keep(function: Lister) -> Lister:
        _blockers.append((frozenset(states.split()), function))
        return function

    return keep


def next_step(session: Session, round_: Round, reader: Reader) -> Step | None:
    """The most urgent step of this reader; among equals the one registered last (the later phase). None: nothing."""
    found: list[Step] = []
    for states, roles, function in _candidates:
        if round_.state in states and reader.roles & roles:
            step = function(session, round_, reader)
            if step is not None:
                found.append(step)
    return max(reversed(found), key=lambda step: step.urgency, default=None)


def blockers(session: Session, round_: Round, reader: Reader) -> list[Step]:
    """What waits for others, most urgent first."""
    found: list[Step] = []
    for states, function in _blockers:
        if round_.state in states:
            found += function(session, round_, reader)
    return sorted(found, key=lambda step: -step.urgency)

"""Clauses of the library in a round: copied in the lead's language, complete or not, penalties filled in or not (law L16)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy.orm import Session

from framework.ground import clauses as library
from framework.ground.actors import Actor
from framework.rounds import parts
from framework.rounds.settings import all_values, value
from models.rounds import Clause, Round

PENALTY = ("penalty_rate", "penalty_max_weeks")
"""What a penalty step needs: an amount per started week, in the round's currency, and the highest number of weeks."""


def add_set(session: Session, round_: Round, *, language: str, actor: Actor, now: dt.datetime) -> int:
    """Add the clauses of the round's clause set that are not in the round yet, their figures filled in; how many."""
    present = {clause.key for clause in round_.clauses}
    chosen = [c for c in library.clauses_of(str(value(round_, "clause_set"))) if c.key not in present]
    for clause in chosen:
        add_from_library(session, round_, clause.key, language=language, actor=actor, now=now)
    return len(chosen)


def add_from_library(
    session: Session, round_: Round, key: str, *, language: str, actor: Actor, now: dt.datetime
) -> Clause:
    """Copy one clause of the library into the round, to be edited there. KeyError for a key it does not have."""
    found = library.clause_library()[key]
    values = {
        "place": found.place,
        "title": found.title(language),
        "text": found.text(language, all_values(round_)),
        "parameters": {},
    }
    return parts.add_clause(session, round_, key, values, actor=actor, now=now)


def missing_titles(clauses: Iterable[Clause]) -> list[str]:
    """Titles of the required clauses that the round lacks, as templates (readiness R9)."""
    known = library.clause_library()
    return [known[key].titles[0] for key in library.missing_clauses(clause.key for clause in clauses)]


def penalty_blank(clause: Clause) -> bool:
    """Whether a ladder holds a penalty step whose rate or highest number of weeks is blank."""
    given = clause.parameters or {}
    filled = [bool(str(given.get(name) or "").strip()) for name in PENALTY]
    return (bool(given.get("penalty")) or any(filled)) and not all(filled)


def blanks(clause: Clause) -> list[str]:
    """Names of the library's parameters that still stand in the text as `[name]`."""
    found = library.clause_library().get(clause.key)
    return [name for name in found.parameters if f"[{name}]" in clause.text] if found is not None else []

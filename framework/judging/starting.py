"""Start the judging: what must be done first, by whom, and what follows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from framework.ground import conflicts, lifecycle
from framework.ground.actors import SYSTEM, Actor, roles_in
from framework.ground.errors import MoveRefused
from framework.ground.lifecycle import Context
from framework.ground.text import N_, NN_
from framework.judging import assigning, items, judges, selection
from framework.judging import conflicts as statements
from framework.rounds import moves
from models.disclosure import Submission
from models.rounds import Round

WAITING = ("opened", "clarification_asked")
ADMIT, SOMEBODY, NAME, STATE, CHAINS, SHARE = "admit", "somebody", "name", "state", "chains", "share"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that must hold before the judging starts, in words, with whose turn it is; `names` are people who are waited for."""

    key: str
    holds: bool
    sentence: str
    whose: str = ""
    params: Mapping[str, object] = field(default_factory=dict)
    names: tuple[str, ...] = ()


def readiness(session: Session, round_: Round) -> list[Fact]:
    """What must hold, in the order in which it is done. Counts are of all tenders; no tender is named."""
    sent = list(session.scalars(_waiting(round_)))
    decided = selection.selections(session, round_, all_tenders=True)
    undecided = sum(1 for one in sent if one.id not in decided)
    each = assigning.needed(round_)
    panel = judges.panel(session, round_)
    members = {one.member.id for one in panel if "evaluator" in one.roles}
    missing = statements.missing(session, round_)
    listed = items.of_round(session, round_, all_tenders=True)
    lacks = assigning.lacking(listed, assigning.counting(session, round_, all_tenders=True), each)
    return [
        Fact(
            ADMIT,
            not undecided,
            NN_(
                "%(count)s bidder is neither admitted nor excluded.",
                "%(count)s bidders are neither admitted nor excluded.",
            )
            if undecided
            else N_("Every bidder is admitted or excluded."),
            "lead",
            {"count": undecided} if undecided else {},
        ),
        Fact(
            SOMEBODY,
            any(decided[one.id].outcome == "admitted" for one in sent if one.id in decided),
            N_("At least one bidder is admitted."),
            "lead",
        ),
        Fact(
            NAME,
            len(members) >= each,
            N_("Evaluators come from at least %(each)s members; now from %(members)s."),
            "lead",
            {"each": each, "members": len(members)},
        ),
        Fact(
            STATE,
            not missing,
            N_("Everybody who judges, chairs or opened has said where a conflict is."),
            "evaluator",
            names=tuple(user.name for user in missing),
        ),
        Fact(CHAINS, items.is_built(session, round_), N_("The chains are made of the sheets."), "system"),
        Fact(
            SHARE,
            bool(listed) and not lacks,
            NN_("%(count)s item lacks evaluators.", "%(count)s items lack evaluators.")
            if lacks
            else (N_("Every item has its evaluators.") if listed else N_("Nothing is shared out yet.")),
            "lead",
            {"count": len(lacks)} if lacks else {},
        ),
    ]


def start(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> None:
    """Start the judging; every evaluator is told once. Raises MoveRefused naming the first thing that is missing."""
    lifecycle.move(session, round_, "start_judging", actor=actor, now=now)


def _waiting(round_: Round) -> Select[Submission]:
    query = select(Submission).where(Submission.round_id == round_.id, Submission.state.in_(WAITING))
    return query.execution_options(all_tenders=True)


def _may_start(session: Session, round_: Round, context: Context) -> None:
    conflicts.require_stated(session, context.actor, round_, roles_in(session, context.actor, round_))
    if items.is_built(session, round_):
        items.prepare(session, round_, actor=context.actor, now=context.now)
    for fact in readiness(session, round_):
        if not fact.holds:
            params: dict[str, Any] = dict(fact.params)
            raise MoveRefused(f"judging-{fact.key}", fact.sentence, **params)


def _started(session: Session, round_: Round, context: Context) -> None:
    """Admitted tenders come into review; one with a question running follows when its question is closed."""
    decided = selection.selections(session, round_, all_tenders=True)
    for submission in session.scalars(_waiting(round_)):
        if submission.state == "opened" and decided[submission.id].outcome == "admitted":
            lifecycle.move(session, submission, "admit", actor=SYSTEM, now=context.now)
    held = assigning.counting(session, round_, all_tenders=True)
    assigning.tell(session, round_, {one.user_id for one in held}, now=context.now)


moves.register("start_judging", _may_start, _started)

"""One answer for a group of questions, after a preview that says what it does to each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain.matching import acts, moving, questions
from framework.chain.matching.placing import active_site
from framework.chain.matching.questions import WAITING, Asked, Option, Sight
from framework.ground.actors import Actor
from framework.ground.errors import RuleBroken
from framework.ground.place_scores import Guard
from framework.ground.text import N_
from models.chain import Mention, Site
from models.matching import TIES, MatchDecision, MatchQuestion

MOST = 100
TOGETHER = ("same", "different", "neighbour")
"""Answers that can be given to a group; a new name is a fact of one company."""
ONE_BY_ONE = frozenset({Guard.COUNTRY.value, Guard.TWO_IDS.value})


@dataclass(frozen=True, slots=True)
class Line:
    """A question of the group, the site that it would be tied to (None: none), and why it is left out (blank: it is not)."""

    asked: Asked
    option: Option | None
    left_out: str


def preview(session: Session, numbers: Iterable[str], verdict: str, sight: Sight) -> list[Line]:
    """What an answer would do to each question of a group, by public ids; raises RuleBroken for no answer of the list."""
    if verdict not in TOGETHER:
        raise RuleBroken("verdict-unknown", N_("Choose one of the answers."))
    wanted = list(dict.fromkeys(numbers))[:MOST]
    query = select(MatchQuestion).join(Mention, Mention.id == MatchQuestion.mention_id)
    query = query.where(MatchQuestion.public_id.in_(wanted), MatchQuestion.round_id == sight.round.id)
    query = query.where(Mention.submission_id.not_in(sorted(sight.kept_out)))
    order = {public_id: place for place, public_id in enumerate(wanted)}
    found = sorted(session.scalars(query), key=lambda one: order[one.public_id])
    return [_line(one, verdict) for one in questions.look_at(session, found, sight)]


def answer(
    session: Session,
    lines: Sequence[Line],
    expected: dict[str, tuple[int, str]],
    verdict: str,
    *,
    motive: str,
    actor: Actor,
    now: dt.datetime,
) -> list[MatchDecision]:
    """Answer every question that is as the preview showed it: the same version and site by its public id (`expected`).

    The others stay as they are. Each answer is a decision of its own, also for what it settles by the way. Raises RuleBroken where the motive is missing.
    """
    why = moving.said_why(motive)
    done: list[MatchDecision] = []
    for line in lines:
        question, site = line.asked.question, _site(line)
        seen = (question.version, site.public_id if site else "")
        by_the_way = next((one for one in done if one.id == question.decision_id), None)
        if by_the_way is not None:
            done.append(by_the_way)
        elif not line.left_out and expected.get(question.public_id) == seen:
            tied = active_site(session, site.id) if site else None
            done.append(acts.answer(session, question, verdict, site=tied, motive=why, actor=actor, now=now))
    return done


def _line(asked: Asked, verdict: str) -> Line:
    best = asked.options[0] if asked.options else None
    return Line(asked, best if verdict in TIES else None, _left_out(asked, best, verdict))


def _left_out(asked: Asked, best: Option | None, verdict: str) -> str:
    if asked.question.state not in WAITING:
        return N_("answered meanwhile")
    if best is None or asked.hidden:
        return N_("a site in question is described in other rounds only: the lead answers it")
    if verdict in TIES and any(guard.code in ONE_BY_ONE for guard in best.guards):
        return N_("countries or registry numbers differ: answer it by itself")
    return ""


def _site(line: Line) -> Site | None:
    return line.option.site if line.option else None

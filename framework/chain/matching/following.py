"""Questions that an answer settles by the way: two sites are one now, and the rules tie a third description to it.

Where two sites fitted alike a person was asked which; once somebody said that they are one, nothing is left to ask. The
moves belong to the decision on the answer, so taking that back brings these questions back too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from framework.chain.matching import moving, placing, stored
from framework.chain.matching.decide import Band
from framework.ground import audit
from framework.ground.actors import Actor
from models.chain import Mention, Site
from models.disclosure import Submission, SubmissionRow
from models.matching import MatchDecision, MatchQuestion

SETTLED = audit.declare("site.question_settled", "question", "site")
MOST = 50
"""Questions that one answer looks at again."""
MOST_DESCRIPTIONS = 10
"""A site that is described in more ways than so many waits for a person."""


def settle(
    session: Session, site: Site, decision: MatchDecision, *, actor: Actor, now: dt.datetime, state: str = "open"
) -> list[MatchQuestion]:
    """Tie to a site what waits for an answer about it and is held back by nothing any more; the questions settled.

    Only questions of one state, that of the answered one, so that taking the decision back restores each as it was.
    """
    done, touched = [], {site.id}
    for question in _about(session, site, decision.round_id, state):
        if _all_tie(session, question.mention, site):
            left = tie(session, question, site, decision, now=now)
            stored.remove(session, left - {site.id})
            touched |= left
            question.state, question.decision_id = "answered", decision.id
            told = {"question": question.public_id, "site": site.public_id}
            audit.record(session, SETTLED, actor=actor, now=now, subject=question, **told)
            done.append(question)
    if done:
        moving.settle(session, touched, now=now)
    return done


def settled_with(session: Session, decision: MatchDecision) -> int:
    """How many questions an answer settled beside its own."""
    query = select(func.count()).select_from(MatchQuestion).where(MatchQuestion.decision_id == decision.id)
    return max(0, (session.scalar(query) or 0) - 1)


def tie(
    session: Session, question: MatchQuestion, site: Site, decision: MatchDecision, *, now: dt.datetime
) -> set[int]:
    """Move every mention of a question's round that says the same, and all of a site made while it waited; the sites concerned."""
    own = question.mention.site_id
    waited = session.get(Site, own) if own is not None and own != site.id else None
    if waited is not None:
        moving.lock(session, site, waited)
        waited = waited if waited.merged_into_id is None else None  # somebody else ended it meanwhile
    query = select(Mention).join(Submission, Submission.id == Mention.submission_id)
    same = session.scalars(
        query.where(Mention.place_key == question.key, Submission.round_id == question.round_id)
    ).all()
    mentions = {one.id: one for one in [*same, *(moving.mentions_of(session, waited) if waited else ())]}
    before = {one.site_id for one in same if one.site_id is not None}
    moving.move(session, decision, [mentions[number] for number in sorted(mentions)], site)
    if waited is not None:
        moving.end(session, waited, site, now=now)
        decision.other_site_id = decision.other_site_id or waited.id
    return {site.id, *before, *({waited.id} if waited else ())}


def _about(session: Session, site: Site, round_id: int | None, state: str) -> Iterator[MatchQuestion]:
    """Questions of a round in a state in which this site, or one that became part of it, is asked about."""
    parts = set(session.scalars(select(Site.id).where(or_(Site.id == site.id, Site.merged_into_id == site.id))))
    query = select(MatchQuestion.id, MatchQuestion.candidates).where(
        MatchQuestion.round_id == round_id, MatchQuestion.state == state
    )
    numbers = [number for number, asked in session.execute(query.order_by(MatchQuestion.id)) if parts & set(asked)]
    for number in numbers[:MOST]:
        held = select(MatchQuestion).where(MatchQuestion.id == number, MatchQuestion.state == state)
        held = held.with_for_update(skip_locked=True).execution_options(populate_existing=True)
        yield from session.scalars(held)


def _all_tie(session: Session, mention: Mention, site: Site) -> bool:
    """Would the rules tie every description of the site that a mention waits on to this one? Sites are not merged for less."""
    own = mention.site_id
    query = select(Mention, SubmissionRow).join(SubmissionRow, SubmissionRow.id == Mention.row_id)
    query = query.where(Mention.id == mention.id if own is None else Mention.site_id == own)
    described = {one.place_key: (one, row) for one, row in session.execute(query.order_by(Mention.id))}
    return len(described) <= MOST_DESCRIPTIONS and all(
        (verdict := placing.verdict_now(session, one, placing.statement_of(one, row))).band is Band.LINKED
        and verdict.site == site.id
        for one, row in described.values()
    )

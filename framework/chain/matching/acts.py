"""What a person answers to the questions about sites: which descriptions are one site, and which are not.

Every act is one decision that holds each move of a mention, so that undoing restores the state before, exactly. Sites
have no contents of their own: what they show comes from their mentions and changes with them at once; what is counted of
them is counted anew by a job.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain.matching import following, moving, stored
from framework.chain.matching.placing import active_site, statement_of
from framework.chain.matching.reasons import reasons
from framework.ground import audit
from framework.ground.actors import Actor
from framework.ground.errors import RuleBroken
from framework.ground.place_scores import Statement
from framework.ground.places import legal_forms_of
from framework.ground.text import N_
from models.chain import Site
from models.disclosure import SubmissionRow
from models.matching import TIES, VERDICTS, MatchDecision, MatchQuestion, SiteForm

ANSWERED = audit.declare("site.answered", "verdict", "question", "site", "mentions")
PUT_OFF = audit.declare("site.put_off", "question")
SURE = 850
"""From this score on, in tenths, *same* needs no motive."""
VERDICT = "verdict"
"""In the reasons of an answer: what was answered, and the state of the question before."""


def answer(
    session: Session,
    question: MatchQuestion,
    verdict: str,
    *,
    site: Site | None,
    motive: str,
    actor: Actor,
    now: dt.datetime,
) -> MatchDecision:
    """Settle a question: the description is `site` (`same`, `renamed`), or none of those asked (`different`, `neighbour`).

    Remembered on the descriptions, so that the same two are never asked again. Raises RuleBroken where the question is
    settled, the site is not asked, or a motive is missing.
    """
    _hold(session, question)
    asked = moving.active(session, question.candidates)
    tied = _require_answer(question, verdict, site, asked, motive)
    moving.lock(session, *asked)
    decision = moving.decide(
        session,
        "person_same" if tied else "person_different",
        question.round,
        site=tied or active_site(session, question.mention.site_id),
        other=None if tied else (asked[0] if asked else None),
        motive=motive.strip()[: moving.LONGEST_MOTIVE],
        actor=actor,
        now=now,
        mention=question.mention,
    )
    _explain(session, decision, question, verdict, tied or (asked[0] if asked else None))
    moving.remember(session, question.key, [tied] if tied else asked, verdict, decision)
    before, question.state, question.decision_id = question.state, "answered", decision.id
    if tied is not None:
        moving.settle(session, following.tie(session, question, tied, decision, now=now), now=now)
        following.settle(session, tied, decision, actor=actor, now=now, state=before)
    known = tied.public_id if tied else ""
    told = {"verdict": verdict, "question": question.public_id, "site": known}
    audit.record(session, ANSWERED, actor=actor, now=now, subject=question, mentions=len(decision.moves), **told)
    return decision


def put_off(session: Session, question: MatchQuestion, *, actor: Actor, now: dt.datetime) -> None:
    """Let a question stand behind all others. Raises RuleBroken where it is settled."""
    _hold(session, question)
    _require_unsettled(question)
    question.state = "later"
    audit.record(session, PUT_OFF, actor=actor, now=now, subject=question, question=question.public_id)


def _hold(session: Session, question: MatchQuestion) -> None:
    """Hold a question as it is now: of two persons who answer at once the second finds it settled."""
    query = select(MatchQuestion).where(MatchQuestion.id == question.id).with_for_update()
    session.scalars(query.execution_options(populate_existing=True)).one()


def _require_unsettled(question: MatchQuestion) -> None:
    if question.state not in ("open", "later"):
        raise RuleBroken(
            "question-settled",
            N_("This question was answered meanwhile. What was decided stands below; your answer was not kept."),
        )


def _require_answer(
    question: MatchQuestion, verdict: str, site: Site | None, asked: Sequence[Site], motive: str
) -> Site | None:
    """The site that an answer ties to, None where it tells apart. Raises RuleBroken where the answer says too little."""
    _require_unsettled(question)
    if verdict not in VERDICTS:
        raise RuleBroken("verdict-unknown", N_("Choose one of the answers."))
    if verdict in TIES and site not in asked:
        raise RuleBroken("site-not-asked", N_("Choose the site that it is."))
    if not (verdict == "same" and question.score >= SURE):
        moving.said_why(motive)
    return site if verdict in TIES else None


def _explain(
    session: Session, decision: MatchDecision, question: MatchQuestion, verdict: str, site: Site | None
) -> None:
    """Keep with an answer what spoke for and against the site in question."""
    told: list[list[object]] = [[VERDICT, {"verdict": verdict, "before": question.state}]]
    if site is not None:
        said = statement_of(question.mention, session.get_one(SubmissionRow, question.mention.row_id))
        known = session.scalars(select(SiteForm.form).where(SiteForm.site_id == site.id).order_by(SiteForm.id))
        compared = [stored.compare(site.id, said, Statement.from_json(form)) for form in known]
        if compared:
            best = max(compared, key=lambda one: one.likeness.score)
            why = reasons(said, best.other, best.likeness, legal_forms_of(question.mention.name))
            told += [[reason.code, reason.params] for reason in why]
            decision.score = round(best.likeness.score * 10)
    decision.reasons = told

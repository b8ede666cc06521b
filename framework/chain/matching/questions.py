"""The questions of a round about its sites: which wait, in what order, and both descriptions side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.chain.matching import stored
from framework.chain.matching.placing import active_site, statement_of
from framework.chain.matching.reasons import Reason, reasons
from framework.ground.paging import Page, page_of
from framework.ground.place_scores import Statement
from framework.ground.places import legal_forms_of
from models.chain import Mention, Site
from models.disclosure import Submission, SubmissionRow
from models.matching import MatchDecision, MatchQuestion
from models.rounds import Round

PAGE = 20
SHOWN = 50
"""Rows of a site that are looked through for the likest."""
WAITING = ("open", "later")


@dataclass(frozen=True, slots=True)
class Said:
    """One row that describes a place: the mention, its row, and the supplier's submission."""

    mention: Mention
    row: SubmissionRow


@dataclass(frozen=True, slots=True)
class Option:
    """A site that the description may be: its likest row that the lead may see, the score (0 to 100) and why."""

    site: Site
    said: Said
    score: float
    why: tuple[Reason, ...]
    guards: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as a person sees it; `rows` and `files` say for how much the answer counts at once."""

    question: MatchQuestion
    said: Said
    rows: int
    files: int
    options: tuple[Option, ...]


def count(session: Session, round_: Round) -> dict[str, int]:
    """How many questions of a round are in each state."""
    query = select(MatchQuestion.state, func.count()).where(MatchQuestion.round_id == round_.id)
    return {state: n for state, n in session.execute(query.group_by(MatchQuestion.state))}  # noqa: C416


def waiting(session: Session, round_: Round) -> int:
    """How many questions of a round wait, put off ones included."""
    found = count(session, round_)
    return sum(found.get(state, 0) for state in WAITING)


def page(session: Session, round_: Round, *, asked: str | int | None) -> tuple[list[MatchQuestion], Page]:
    """The questions that wait, put off ones last: those about the country first, then the surest."""
    here = (MatchQuestion.round_id == round_.id, MatchQuestion.state.in_(WAITING))
    total = session.scalar(select(func.count()).select_from(MatchQuestion).where(*here)) or 0
    shown = page_of(asked, total, PAGE)
    query = (
        select(MatchQuestion)
        .where(*here)
        .order_by(MatchQuestion.state.desc(), MatchQuestion.rank, MatchQuestion.score.desc(), MatchQuestion.id)
    )
    return list(session.scalars(query.offset(shown.offset).limit(PAGE))), shown


def next_after(session: Session, question: MatchQuestion) -> MatchQuestion | None:
    """The question that comes first once this one is settled."""
    query = select(MatchQuestion).where(
        MatchQuestion.round_id == question.round_id, MatchQuestion.state == "open", MatchQuestion.id != question.id
    )
    return session.scalar(query.order_by(MatchQuestion.rank, MatchQuestion.score.desc(), MatchQuestion.id).limit(1))


def look(session: Session, question: MatchQuestion) -> Asked:
    """A question with both sides; sites that became part of this one's own meanwhile are no longer in it."""
    said = Said(question.mention, session.get_one(SubmissionRow, question.mention.row_id))
    here = statement_of(said.mention, said.row)
    same = (
        select(func.count(), func.count(Mention.submission_id.distinct()))
        .join(Submission, Submission.id == Mention.submission_id)
        .where(Mention.place_key == question.key, Submission.round_id == question.round_id)
    )
    rows, files = session.execute(same).one()
    sites = dict.fromkeys(active_site(session, number) for number in question.candidates)
    own = active_site(session, said.mention.site_id)
    options = [_option(session, said, here, site) for site in sites if site is not None and site is not own]
    found = [one for one in options if one is not None]
    return Asked(question, said, rows, files, tuple(sorted(found, key=lambda one: (-one.score, one.site.id))))


def decisions(session: Session, round_: Round, *, asked: str | int | None) -> tuple[list[MatchDecision], Page]:
    """What persons decided about sites that this round's files name, the newest first."""
    named = select(Mention.site_id).join(Submission, Submission.id == Mention.submission_id)
    here = (
        MatchDecision.actor_id.is_not(None),
        (MatchDecision.site_id.in_(named.where(Submission.round_id == round_.id)))
        | (MatchDecision.id.in_(select(MatchQuestion.decision_id).where(MatchQuestion.round_id == round_.id))),
    )
    total = session.scalar(select(func.count()).select_from(MatchDecision).where(*here)) or 0
    shown = page_of(asked, total, PAGE)
    query = select(MatchDecision).where(*here).order_by(MatchDecision.id.desc())
    return list(session.scalars(query.offset(shown.offset).limit(PAGE))), shown


def is_of(session: Session, round_: Round, decision: MatchDecision) -> bool:
    """Is a decision about a site that this round's files name, or an answer to one of its questions?"""
    if session.scalar(select(MatchQuestion.id).where(MatchQuestion.decision_id == decision.id)) is not None:
        query = select(MatchQuestion.id).where(
            MatchQuestion.decision_id == decision.id, MatchQuestion.round_id == round_.id
        )
        return session.scalar(query) is not None
    named = select(Mention.id).join(Submission, Submission.id == Mention.submission_id)
    here = named.where(Submission.round_id == round_.id, Mention.site_id == decision.site_id)
    return session.scalar(here.limit(1)) is not None


def undone(session: Session, found: Sequence[MatchDecision]) -> frozenset[int]:
    """Numbers of those decisions that were taken back."""
    query = select(MatchDecision.undoes_id).where(MatchDecision.undoes_id.in_([one.id for one in found]))
    return frozenset(number for number in session.scalars(query) if number is not None)


def _option(session: Session, said: Said, here: Statement, site: Site) -> Option | None:
    """The likest description of a site among the rows of the lead's own rounds; None where it may see none."""
    lead = select(Round.organisation_id).join(Submission, Submission.round_id == Round.id)
    query = (
        select(Mention, SubmissionRow)
        .join(SubmissionRow, SubmissionRow.id == Mention.row_id)
        .join(Submission, Submission.id == Mention.submission_id)
        .join(Round, Round.id == Submission.round_id)
        .where(
            Mention.site_id == site.id,
            Round.organisation_id == lead.where(Submission.id == said.mention.submission_id).scalar_subquery(),
        )
        .order_by(Mention.id)
        .limit(SHOWN)
    )
    best: Option | None = None
    for mention, row in session.execute(query):
        one = stored.compare(site.id, here, statement_of(mention, row))
        if best is None or one.likeness.score > best.score:
            told = reasons(here, one.other, one.likeness, legal_forms_of(said.mention.name))
            guards = tuple(reason for reason in told if reason.code.startswith("G"))
            why = tuple(reason for reason in told if reason not in guards)
            best = Option(site, Said(mention, row), one.likeness.score, why, guards)
    return best

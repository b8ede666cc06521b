"""Who decided what about the sites of a round, and why; what each site is called there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from framework.chain.matching.acts import VERDICT
from framework.chain.matching.questions import Sight, says
from framework.disclosure.veil import OPENED
from framework.ground.paging import Page, page_of
from models.chain import Mention
from models.disclosure import Submission
from models.matching import MatchDecision, MatchQuestion
from models.people import User
from models.rounds import Round

PAGE = 20


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of decisions is narrowed to; blank is no limit. `person` is the public id of a user."""

    text: str = ""
    kind: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as a person sees it. `site` and `other` are names, blank where the reader may see no row of them.

    `by` is blank for the program and for another lead, whose motive is not shown either (`is_own`). `may_quote` says
    whether the reader may read the words of both sides: one may be of a file of another round.
    """

    decision: MatchDecision
    site: str
    other: str
    by: str
    motive: str
    is_undone: bool
    is_own: bool
    may_quote: bool

    @property
    def verdict(self) -> str:
        """What was answered to a question; blank for other acts."""
        return next((params.get("verdict", "") for code, params in self.decision.reasons if code == VERDICT), "")


def page(
    session: Session, sight: Sight, filters: Filters = Filters(), *, asked: str | int | None = 1
) -> tuple[list[Decided], Page]:
    """What persons decided about sites that this round's files name, the newest first."""
    query = _of_persons(sight).where(*_narrowed(sight, filters))
    total = session.scalar(query.with_only_columns(func.count())) or 0
    shown = page_of(asked, total, PAGE)
    rows = session.scalars(query.order_by(MatchDecision.id.desc()).offset(shown.offset).limit(PAGE)).all()
    return told(session, rows, sight), shown


def people(session: Session, sight: Sight) -> list[User]:
    """Who decided anything in this round, by name."""
    known = select(MatchDecision.actor_id).where(MatchDecision.round_id == sight.round.id)
    return list(session.scalars(select(User).where(User.id.in_(known)).order_by(User.name, User.id)))


def of_site(
    session: Session, numbers: Collection[int], sight: Sight, *, asked: str | int | None = 1
) -> tuple[list[Decided], Page]:
    """The history of a site, given with the numbers of all that became part of it: the program's decisions too.

    For readers that see every row of the round; what was decided in other rounds is for the lead alone.
    """
    query = select(MatchDecision).where(
        or_(MatchDecision.site_id.in_(numbers), MatchDecision.other_site_id.in_(numbers)),
        or_(_by_person(sight), MatchDecision.mention_id.in_(_readable(sight, Mention.id))),
    )
    total = session.scalar(query.with_only_columns(func.count())) or 0
    shown = page_of(asked, total, PAGE)
    rows = session.scalars(query.order_by(MatchDecision.id.desc()).offset(shown.offset).limit(PAGE)).all()
    return told(session, rows, sight), shown


def is_of(session: Session, decision: MatchDecision, sight: Sight) -> bool:
    """Is a decision of a person about a site that this round's files name, or an answer to one of its questions?"""
    query = _of_persons(sight).where(MatchDecision.id == decision.id)
    return session.scalar(query.with_only_columns(MatchDecision.id)) is not None


def told(session: Session, found: Sequence[MatchDecision], sight: Sight) -> list[Decided]:
    """Decisions with the names of people and sites."""
    people = {one.id: one.name for one in session.scalars(select(User).where(User.id.in_([d.actor_id for d in found])))}
    undone = set(
        session.scalars(select(MatchDecision.undoes_id).where(MatchDecision.undoes_id.in_([d.id for d in found])))
    )
    rounds = select(Round.id, Round.organisation_id).where(Round.id.in_([d.round_id for d in found]))
    leads = {number: lead for number, lead in session.execute(rounds)}  # noqa: C416 - a Row is no pair to mypy
    names = called(session, found, sight)
    return [
        Decided(
            one,
            names.get((one.id, one.site_id), ""),
            names.get((one.id, one.other_site_id), ""),
            people.get(one.actor_id or 0, "") if (own := _is_own(sight, one, leads)) else "",
            one.motive if own else "",
            one.id in undone,
            own,
            own and sight.other_rounds,
        )
        for one in found
    ]


def names(session: Session, sites: Collection[int | None], sight: Sight) -> dict[int, str]:
    """What sites are called here: as the first row that the reader may see names them."""
    first = _readable(sight, func.min(Mention.id)).where(Mention.site_id.in_(sites)).group_by(Mention.site_id)
    return {
        site: name or ""
        for site, name in session.execute(select(Mention.site_id, Mention.name).where(Mention.id.in_(first)))
        if site is not None
    }


def called(session: Session, found: Iterable[MatchDecision], sight: Sight) -> dict[tuple[int, int | None], str]:
    """The names of the sites of decisions, by decision and site; of one that is empty since, the first row that was moved."""
    found = list(found)
    now = names(session, {site for d in found for site in (d.site_id, d.other_site_id) if site is not None}, sight)
    moved = {number for d in found for number in (*(m[0] for m in d.moves[:1]), d.mention_id) if number is not None}
    readable = _readable(sight, Mention.id).where(Mention.id.in_(moved))
    said = select(Mention.id, Mention.name).where(Mention.id.in_(readable))
    texts = {number: name for number, name in session.execute(said)}  # noqa: C416 - a Row is no pair to mypy
    by_site: dict[tuple[int, int | None], str] = {}
    for one in found:
        for site in filter(None, (one.site_id, one.other_site_id)):
            before = next((texts.get(m[0], "") for m in one.moves[:1] if m[1] == site), "")
            by_site[one.id, site] = now.get(site, "") or before or ""
        if one.mention_id in texts and not by_site.get((one.id, one.site_id)):
            by_site[one.id, one.site_id] = texts[one.mention_id]
    return by_site


def _of_persons(sight: Sight) -> Select[Any]:
    here = sight.round.id
    named = select(Mention.site_id).join(Submission, Submission.id == Mention.submission_id)
    named = named.where(Submission.round_id == here, Submission.state.in_(OPENED), Mention.site_id.is_not(None))
    answers = select(MatchQuestion.decision_id).where(
        MatchQuestion.round_id == here, MatchQuestion.decision_id.is_not(None)
    )
    about = or_(MatchDecision.round_id == here, MatchDecision.site_id.in_(named), MatchDecision.id.in_(answers))
    return select(MatchDecision).where(_by_person(sight), about)


def _by_person(sight: Sight) -> ColumnElement[bool]:
    """Which decisions are a person's; those of other rounds are for the lead alone."""
    by_person = MatchDecision.actor_id.is_not(None)
    return by_person if sight.other_rounds else and_(by_person, MatchDecision.round_id == sight.round.id)


def _told_here(sight: Sight) -> ColumnElement[bool]:
    """Of which decisions the reader may know who decided and why, as `_is_own` says of one: only there they are searched."""
    if not sight.other_rounds:
        return MatchDecision.round_id == sight.round.id
    return MatchDecision.round_id.in_(select(Round.id).where(Round.organisation_id == sight.round.organisation_id))


def _is_own(sight: Sight, decision: MatchDecision, leads: dict[int, int]) -> bool:
    """May the reader know who decided and why: in this round, for the lead in any of its rounds?"""
    if not sight.other_rounds:
        return decision.round_id == sight.round.id
    return leads.get(decision.round_id or 0) == sight.round.organisation_id


def _readable(sight: Sight, column: Any) -> Select[Any]:
    """A column of the mentions whose text may be read: of this round, and of the lead's others for the lead."""
    query = select(column).join(Submission, Submission.id == Mention.submission_id).where(Submission.state.in_(OPENED))
    if not sight.other_rounds:
        return query.where(Submission.round_id == sight.round.id)
    return query.join(Round, Round.id == Submission.round_id).where(
        Round.organisation_id == sight.round.organisation_id
    )


def _narrowed(sight: Sight, filters: Filters) -> list[ColumnElement[bool]]:
    limits: list[ColumnElement[bool]] = []
    if filters.kind:
        limits.append(MatchDecision.kind == filters.kind)
    if filters.person:
        limits.append(MatchDecision.actor_id.in_(select(User.id).where(User.public_id == filters.person)))
        limits.append(_told_here(sight))
    if filters.text:
        who = select(User.id).where(User.name.icontains(filters.text, autoescape=True))
        motive = MatchDecision.motive.icontains(filters.text, autoescape=True)
        ways = [and_(_told_here(sight), or_(motive, MatchDecision.actor_id.in_(who)))]
        if sight.covers is None:
            named = _readable(sight, Mention.site_id).where(says(filters.text), Mention.site_id.is_not(None))
            said = _readable(sight, Mention.id).where(says(filters.text))
            ways += [MatchDecision.site_id.in_(named), MatchDecision.mention_id.in_(said)]
        limits.append(or_(*ways))
    return limits

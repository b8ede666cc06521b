"""The questions of a round about its sites: which wait, in what order, and both descriptions side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import Session, joinedload

from framework.chain.matching import forms, stored
from framework.chain.matching.placing import statement_of
from framework.chain.matching.reasons import Reason, reasons
from framework.disclosure.veil import OPENED
from framework.ground.paging import Page, page_of
from framework.ground.place_scores import Statement
from framework.ground.places import legal_forms_of
from models.chain import Mention, Site
from models.disclosure import Submission, SubmissionRow
from models.matching import MatchQuestion
from models.rounds import Round

PAGE = 20
SHOWN = 50
"""Rows of a site that are looked through for the likest."""
WAITING = ("open", "later")
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose pages these are: of a round, with the text of the lead's other rounds or without it.

    `covers` says what a reader may read of a text; None where all of it may be read. `kept_out` are the tenders (numbers)
    that a conflict keeps from the reader, also where an act reads through a session that holds them.
    """

    round: Round
    other_rounds: bool
    covers: Callable[[str], str] | None = None
    kept_out: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of questions is narrowed to; blank is no limit. `supplier` is the public id of a submission."""

    text: str = ""
    supplier: str = ""
    country: str = ""
    kind: str = ""

    @property
    def are_set(self) -> bool:
        """Is anything left out?"""
        return bool(self.text or self.supplier or self.country or self.kind)


@dataclass(frozen=True, slots=True)
class Said:
    """One row that describes a place: the mention, its row, and the supplier's submission."""

    mention: Mention
    row: SubmissionRow
    submission: Submission


@dataclass(frozen=True, slots=True)
class Option:
    """A site that the description may be: its likest row that the reader may see, the score (0 to 100) and why."""

    site: Site
    said: Said
    score: float
    why: tuple[Reason, ...]
    guards: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as a person sees it; `rows` and `files` say for how much the answer counts at once.

    `hidden` counts sites in question of which the reader may see no row.
    """

    question: MatchQuestion
    said: Said
    rows: int
    files: int
    options: tuple[Option, ...]
    hidden: int = 0


def count(session: Session, round_: Round) -> dict[str, int]:
    """How many questions of a round are in each state."""
    query = select(MatchQuestion.state, func.count()).where(MatchQuestion.round_id == round_.id)
    return {state: n for state, n in session.execute(query.group_by(MatchQuestion.state))}  # noqa: C416


def around(numbers: Sequence[int], question: MatchQuestion) -> tuple[int | None, int | None, int]:
    """The numbers before and after a question in a queue, and its place from 1; the first comes next where it is not in it."""
    if question.id not in numbers:
        return None, next(iter(numbers), None), 0
    place = list(numbers).index(question.id)
    after = numbers[place + 1] if place + 1 < len(numbers) else None
    return (numbers[place - 1] if place else None), after, place + 1


def waiting(session: Session, round_: Round) -> int:
    """How many questions of a round wait, put off ones included."""
    found = count(session, round_)
    return sum(found.get(state, 0) for state in WAITING)


def page(
    session: Session, sight: Sight, filters: Filters = Filters(), *, asked: str | int | None = 1
) -> tuple[list[MatchQuestion], Page]:
    """The questions that wait, put off ones last: those about the country, then by what is pooled, then the surest."""
    numbers = queue(session, sight, filters)
    shown = page_of(asked, len(numbers), PAGE)
    return by_number(session, numbers[shown.offset : shown.offset + PAGE]), shown


def queue(session: Session, sight: Sight, filters: Filters = Filters()) -> list[int]:
    """The numbers of all questions that wait, in their order."""
    query = select(MatchQuestion.id).join(Mention, Mention.id == MatchQuestion.mention_id)
    query = query.where(MatchQuestion.round_id == sight.round.id, MatchQuestion.state.in_(WAITING))
    query = query.where(*_narrowed(sight, filters))
    if filters.text and sight.covers is not None:
        query = query.where(MatchQuestion.mention_id.in_(_covered_hits(session, query, sight.covers, filters.text)))
    return list(session.scalars(query.order_by(*_ORDER)))


def by_number(session: Session, numbers: Sequence[int]) -> list[MatchQuestion]:
    """Questions by their numbers, in that order."""
    query = select(MatchQuestion).where(MatchQuestion.id.in_(numbers)).options(joinedload(MatchQuestion.mention))
    found = {one.id: one for one in session.scalars(query)}
    return [found[number] for number in numbers if number in found]


def choices(session: Session, sight: Sight) -> tuple[list[int], list[str], list[str]]:
    """By what the questions that wait can be narrowed: submissions (numbers), countries, kinds of facility."""
    query = (
        select(Mention.submission_id, Mention.country, Mention.facility_type)
        .join(MatchQuestion, MatchQuestion.mention_id == Mention.id)
        .where(MatchQuestion.round_id == sight.round.id, MatchQuestion.state.in_(WAITING))
        .distinct()
    )
    rows = session.execute(query).all()
    submissions = sorted({submission for submission, _country, _kind in rows})
    countries = sorted({country for _submission, country, _kind in rows if country})
    return submissions, countries, sorted({kind for _submission, _country, kind in rows if kind})


def look(session: Session, question: MatchQuestion, sight: Sight) -> Asked:
    """One question with both sides."""
    return look_at(session, [question], sight)[0]


def look_at(session: Session, found: Sequence[MatchQuestion], sight: Sight) -> list[Asked]:
    """Questions with both sides; sites that became part of this one's own meanwhile are no longer in them."""
    looked: list[Asked] = []
    for start in range(0, len(found), AT_ONCE):
        looked += _look_at(session, found[start : start + AT_ONCE], sight)
    return looked


def now_called(session: Session, numbers: Iterable[int | None]) -> dict[int, Site]:
    """The sites of numbers as they are now, by number: what became part of another is that one."""
    wanted = {number for number in numbers if number is not None}
    known: dict[int, Site] = {}
    missing = wanted
    while missing:
        known |= {site.id: site for site in session.scalars(select(Site).where(Site.id.in_(missing)))}
        leads = {site.merged_into_id for site in known.values() if site.merged_into_id is not None}
        missing = leads - known.keys()
    return {number: _survivor(known, number) for number in wanted & known.keys()}


def _look_at(session: Session, found: Sequence[MatchQuestion], sight: Sight) -> list[Asked]:
    said = _said(session, {one.mention_id for one in found})
    sites = now_called(
        session, {n for one in found for n in one.candidates} | {s.mention.site_id for s in said.values()}
    )
    asked = {one.id: _in_question(one, said[one.mention_id].mention, sites) for one in found}
    described = described_rows(session, {site.id for some in asked.values() for site in some}, sight)
    names = {site: [name.text for name in known] for site, known in forms.names_of(session, described).items()}
    rows = _rows_that_say_so(session, {one.key for one in found}, sight.round)
    looked = []
    for one in found:
        here = statement_of(said[one.mention_id].mention, said[one.mention_id].row)
        options = [
            option(here, said[one.mention_id].mention.name, site, described[site.id], names.get(site.id, []))
            for site in asked[one.id]
            if site.id in described
        ]
        options.sort(key=lambda option: (-option.score, option.site.id))
        hidden = len(asked[one.id]) - len(options)
        looked.append(Asked(one, said[one.mention_id], *rows.get(one.key, (0, 0)), tuple(options), hidden))
    return looked


_ORDER = (
    MatchQuestion.state.desc(),
    MatchQuestion.rank,
    MatchQuestion.quantity.is_(None),
    MatchQuestion.quantity.desc(),
    MatchQuestion.score.desc(),
    MatchQuestion.id,
)


def _narrowed(sight: Sight, filters: Filters) -> list[ColumnElement[bool]]:
    limits: list[ColumnElement[bool]] = [Mention.submission_id.not_in(sorted(sight.kept_out))]
    if filters.supplier:
        of = select(Submission.id).where(Submission.public_id == filters.supplier)
        limits.append(Mention.submission_id.in_(of))
    if filters.country:
        limits.append(Mention.country == filters.country)
    if filters.kind:
        limits.append(Mention.facility_type == filters.kind)
    if filters.text and sight.covers is None:
        limits.append(says(filters.text))
    return limits


def says(text: str) -> ColumnElement[bool]:
    """Does a mention hold every word of a search, in its name or its place?"""
    fields = (Mention.name, Mention.address, Mention.city, Mention.region, Mention.parent_company, Mention.os_id)
    limit: ColumnElement[bool] = true()
    for word in text.split():
        limit = limit & or_(*(field.icontains(word, autoescape=True) for field in fields))
    return limit


def _covered_hits(session: Session, query: Select[Any], covers: Callable[[str], str], text: str) -> list[int]:
    """Mentions of a query that hold every word of a search in what this reader may read of them."""
    wanted = text.casefold().split()
    rows = session.execute(
        query.with_only_columns(Mention.id, Mention.name, Mention.address, Mention.city, Mention.region)
    )
    return [
        number
        for number, *texts in rows
        if (shown := covers(" ".join(texts)).casefold()) and all(word in shown for word in wanted)
    ]


def _said(session: Session, mentions: Collection[int] | Select[Any]) -> dict[int, Said]:
    query = (
        select(Mention, SubmissionRow, Submission)
        .join(SubmissionRow, SubmissionRow.id == Mention.row_id)
        .join(Submission, Submission.id == Mention.submission_id)
        .options(joinedload(Submission.supplier), joinedload(Submission.round))
        .where(Mention.id.in_(mentions))
    )
    return {mention.id: Said(mention, row, submission) for mention, row, submission in session.execute(query)}


def _survivor(known: dict[int, Site], number: int) -> Site:
    site = known[number]
    while site.merged_into_id is not None:
        site = known[site.merged_into_id]
    return site


def _in_question(question: MatchQuestion, mention: Mention, sites: dict[int, Site]) -> list[Site]:
    own = sites.get(mention.site_id) if mention.site_id is not None else None
    active = dict.fromkeys(sites[number] for number in question.candidates if number in sites)
    return [site for site in active if site is not own]


def described_rows(session: Session, sites: Collection[int], sight: Sight) -> dict[int, list[Said]]:
    """The first rows of each site that the reader may see; a site without one is absent."""
    place = func.row_number().over(partition_by=Mention.site_id, order_by=Mention.id)
    here = Submission.round_id == sight.round.id
    lead = Round.organisation_id == sight.round.organisation_id
    numbered = (
        select(Mention.id, place.label("place"))
        .join(Submission, Submission.id == Mention.submission_id)
        .join(Round, Round.id == Submission.round_id)
        .where(Mention.site_id.in_(sites), Submission.state.in_(OPENED), lead if sight.other_rounds else here)
        .where(Mention.submission_id.not_in(sorted(sight.kept_out)))
        .subquery()
    )
    first = select(numbered.c.id).where(numbered.c.place <= SHOWN)
    found: dict[int, list[Said]] = defaultdict(list)
    for said in _said(session, first).values():
        found[said.mention.site_id or 0].append(said)
    return dict(found)


def _rows_that_say_so(session: Session, keys: Collection[str], round_: Round) -> dict[str, tuple[int, int]]:
    """How many rows and files of a round say the same, by key."""
    query = (
        select(Mention.place_key, func.count(), func.count(Mention.submission_id.distinct()))
        .join(Submission, Submission.id == Mention.submission_id)
        .where(Mention.place_key.in_(keys), Submission.round_id == round_.id)
        .group_by(Mention.place_key)
    )
    return {key: (rows, files) for key, rows, files in session.execute(query)}


def option(here: Statement, name: str, site: Site, described: Sequence[Said], names: Sequence[str]) -> Option:
    """A site with its likest description, also under the names that were typed for it; `name` is that of `here` as written."""
    compared = []
    for one in sorted(described, key=lambda one: one.mention.id):
        there = statement_of(one.mention, one.row)
        compared += [(stored.compare(site.id, here, form), one) for form in (there, *forms.renamed(there, names))]
    best, likest = max(compared, key=lambda pair: (pair[0].likeness.score, -pair[1].mention.id))
    told = reasons(here, best.other, best.likeness, legal_forms_of(name))
    guards = tuple(reason for reason in told if reason.code.startswith("G"))
    return Option(site, likest, best.likeness.score, tuple(r for r in told if r not in guards), guards)

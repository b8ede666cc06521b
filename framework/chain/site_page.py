"""What the page of one site shows of a round: rows that name it, what is made there, audits, names, ids, its company."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from framework.chain.matching import forms
from framework.chain.matching.placing import statement_of
from framework.chain.sites import may_see, of_round
from framework.disclosure.confidentiality import Reader
from framework.disclosure.veil import OPENED
from framework.ground.paging import Page, page_of
from framework.ground.places import normalise_name
from models.chain import Component, Link, Mention, Product, Site, SiteAudit
from models.disclosure import Submission, SubmissionRow
from models.matching import MatchDecision, SiteAlias, SiteName
from models.rounds import Round

ROWS_PAGE, LINKS_PAGE = 50, 50
LOOKED_AT = 500
"""Rows of a site that are read for its ids, descriptions and company; rows of others that may be of one company."""
SHORTEST_WORD = 3


@dataclass(frozen=True, slots=True)
class Row:
    """A row that names a site, with the program's decision that placed it (None where it came otherwise)."""

    submission: Submission
    mention: Mention
    row: SubmissionRow
    placed: MatchDecision | None


@dataclass(frozen=True, slots=True)
class Description:
    """One way in which a site is described: its first row, and how many rows say the same."""

    submission: Submission
    mention: Mention
    row: SubmissionRow
    rows: int


@dataclass(frozen=True, slots=True)
class Part:
    """A site that became part of another: what it was called, blank where the reader may see no row of it, since when."""

    site: Site
    name: str
    since: dt.datetime | None


def rows_of(
    session: Session, site: Site, round_: Round, reader: Reader, *, asked: str | int | None = 1
) -> tuple[list[Row], Page]:
    """The rows of a round that name a site, in the order of receipt, and why each was placed there."""
    query = _rows(site, round_, reader)
    total = session.scalar(query.with_only_columns(func.count(Mention.id))) or 0
    shown = page_of(asked, total, ROWS_PAGE)
    ordered = query.order_by(Submission.receipt_seq, SubmissionRow.sheet, SubmissionRow.row)
    found = session.execute(ordered.offset(shown.offset).limit(shown.size)).all()
    numbers = [mention.id for _submission, mention, _row in found]
    placed = select(MatchDecision).where(MatchDecision.mention_id.in_(numbers), MatchDecision.actor_id.is_(None))
    why = {decision.mention_id: decision for decision in session.scalars(placed.order_by(MatchDecision.id))}
    return [Row(submission, mention, row, why.get(mention.id)) for submission, mention, row in found], shown


def descriptions(session: Session, site: Site, round_: Round, reader: Reader) -> list[Description]:
    """The distinct descriptions of a site in a round, the most frequent first."""
    query = _rows(site, round_, reader).order_by(Mention.id).limit(LOOKED_AT)
    found: dict[str, tuple[Submission, Mention, SubmissionRow]] = {}
    counted: Counter[str] = Counter()
    for submission, mention, row in session.execute(query):
        found.setdefault(mention.place_key, (submission, mention, row))
        counted[mention.place_key] += 1
    return [Description(*found[key], rows=n) for key, n in counted.most_common()]


def suppliers_of(session: Session, site: Site, round_: Round, reader: Reader) -> int:
    """How many suppliers of a round name a site."""
    query = of_round(select(func.count(Submission.supplier_id.distinct())).select_from(Mention), round_, reader)
    return session.scalar(query.where(Mention.site_id == site.id)) or 0


def ids_of(described: Iterable[Description]) -> list[tuple[str, str]]:
    """The registry ids that these descriptions give: (scheme, value)."""
    return sorted({found for one in described for found in statement_of(one.mention, one.row).ids})


def elsewhere(session: Session, site: Site, round_: Round) -> tuple[int, int]:
    """Rows of the site in other rounds of the same lead, and in rounds of others, which nobody here may see."""
    query = (
        select(Round.organisation_id, func.count(Mention.id))
        .select_from(Mention)
        .join(Submission, Submission.id == Mention.submission_id)
        .join(Round, Round.id == Submission.round_id)
        .where(Mention.site_id == site.id, Submission.state.in_(OPENED), Round.id != round_.id)
        .group_by(Round.organisation_id)
    )
    counted: dict[int, int] = {lead: n for lead, n in session.execute(query)}  # noqa: C416 - a Row is no pair to mypy
    own = counted.pop(round_.organisation_id, 0)
    return own, sum(counted.values())


def links_of(
    session: Session, site: Site, round_: Round, reader: Reader, *, asked: str | int | None = 1
) -> tuple[list[Any], Page]:
    """What is made there: (submission, product, component, link, row), the newest period first."""
    query = (
        select(Submission, Product, Component, Link, SubmissionRow)
        .select_from(Link)
        .join(Mention, Mention.id == Link.mention_id)
        .join(Submission, Submission.id == Link.submission_id)
        .join(Product, Product.id == Link.product_id)
        .join(Component, Component.id == Link.component_id)
        .join(SubmissionRow, SubmissionRow.id == Link.row_id)
        .where(
            Mention.site_id == site.id,
            Submission.round_id == round_.id,
            Submission.state.in_(OPENED),
            may_see(reader, round_),
        )
    )
    total = session.scalar(query.with_only_columns(func.count(Link.id))) or 0
    shown = page_of(asked, total, LINKS_PAGE)
    ordered = query.order_by(Submission.receipt_seq, Product.model_name, Link.id)
    return list(session.execute(ordered.offset(shown.offset).limit(shown.size))), shown


def audits_of(session: Session, site: Site, round_: Round, reader: Reader) -> list[Any]:
    """Audits and certificates that rows of the round give for it: (submission, audit, row), the newest first."""
    query = (
        select(Submission, SiteAudit, SubmissionRow)
        .select_from(SiteAudit)
        .join(Mention, Mention.id == SiteAudit.mention_id)
        .join(Submission, Submission.id == SiteAudit.submission_id)
        .join(SubmissionRow, SubmissionRow.id == SiteAudit.row_id)
        .where(
            Mention.site_id == site.id,
            Submission.round_id == round_.id,
            Submission.state.in_(OPENED),
            may_see(reader, round_),
        )
        .order_by(SiteAudit.audit_date.desc(), SiteAudit.id.desc())
        .limit(LOOKED_AT)
    )
    return list(session.execute(query))


def names_of(session: Session, site: Site) -> list[SiteName]:
    """The names that persons typed for it."""
    return forms.names_of(session, [site.id]).get(site.id, [])


def parts_of(session: Session, site: Site, round_: Round, reader: Reader) -> list[Part]:
    """The sites that became part of it, also by way of another, the latest first."""
    found: dict[int, tuple[Site, dt.datetime | None]] = {}
    fresh = {site.id}
    while fresh:
        query = (
            select(Site, SiteAlias.since)
            .outerjoin(SiteAlias, SiteAlias.public_id == Site.public_id)
            .where(Site.merged_into_id.in_(fresh), Site.id.not_in(list(found)))
        )
        parts = {one.id: (one, since) for one, since in session.execute(query)}
        fresh = set(parts)
        found |= parts
    names = _once_called(session, found, round_, reader) if found else {}
    listed = [Part(one, names.get(one.id, ""), since) for one, since in found.values()]
    return sorted(listed, key=lambda part: (part.since is not None, part.since), reverse=True)


def of_its_company(
    session: Session, site: Site, described: Sequence[Description], round_: Round, reader: Reader
) -> list[tuple[Site, Mention]]:
    """Other sites of the round with its name or its parent company, each with a row that says so; never merged."""
    companies = _companies(one.mention for one in described)
    wanted = [max(name.split(), key=len) for name in companies]
    words = [word for word in dict.fromkeys(wanted) if len(word) >= SHORTEST_WORD]
    if not words:
        return []
    fields = (Mention.name, Mention.parent_company)
    like = or_(*(field.icontains(word, autoescape=True) for word in words for field in fields))
    query = of_round(select(Mention), round_, reader).where(like, Mention.site_id != site.id)
    found: dict[int, Mention] = {}
    for mention in session.scalars(query.order_by(Mention.id).limit(LOOKED_AT)):
        if mention.site_id not in found and companies & _companies([mention]):
            found[mention.site_id or 0] = mention
    sites = {one.id: one for one in session.scalars(select(Site).where(Site.id.in_(found)))}
    return [(sites[number], mention) for number, mention in found.items() if number in sites]


def _once_called(session: Session, sites: Iterable[int], round_: Round, reader: Reader) -> dict[int, str]:
    """What sites were called before they became part of another: as the first row moved away names them."""
    query = select(MatchDecision).where(
        MatchDecision.other_site_id.in_(list(sites)), MatchDecision.actor_id.is_not(None)
    )
    first = {d.other_site_id: d.moves[0][0] for d in session.scalars(query.order_by(MatchDecision.id)) if d.moves}
    texts = of_round(select(Mention.id, Mention.name), round_, reader).where(Mention.id.in_(first.values()))
    known: dict[int, str] = {number: name for number, name in session.execute(texts)}  # noqa: C416
    return {site: known.get(number, "") for site, number in first.items() if site is not None}


def _rows(site: Site, round_: Round, reader: Reader) -> Any:
    query = of_round(select(Submission, Mention, SubmissionRow).select_from(Mention), round_, reader)
    return query.join(SubmissionRow, SubmissionRow.id == Mention.row_id).where(Mention.site_id == site.id)


def _companies(mentions: Iterable[Mention]) -> set[str]:
    """Normalised names and parent companies, without the words of units."""
    texts = {text for one in mentions for text in (one.name, one.parent_company) if text}
    return {name for text in texts if (name := _without_unit(normalise_name(text)))}


def _without_unit(name: str) -> str:
    """A normalised name without what tells one plant of a company from another: its number and the word before."""
    units = {"unit", "factory", "plant", "facility", "branch", "division", "phase", "fab", "no"}
    return " ".join(word for word in name.split() if not word.isdigit() and word not in units)

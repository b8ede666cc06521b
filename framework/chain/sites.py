"""The sites that the opened files of a round name, as one reader may see them: the list, and the page of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true
from sqlalchemy.orm import Session

from framework.chain.matching.placing import active_site
from framework.chain.matching.questions import WAITING, says
from framework.chain.shared import LINKED, is_current
from framework.disclosure.confidentiality import OPEN_LEVELS, Reader
from framework.disclosure.veil import OPENED
from framework.ground.errors import NotFound
from framework.ground.paging import Page, page_of
from framework.ground.text import N_
from models.chain import PRECISIONS, Link, Mention, Product, Site
from models.disclosure import Submission
from models.matching import MatchQuestion, SiteName
from models.rounds import Round

PAGE, AT_ONCE = 50, 5_000
SEVERAL = "several"
PRECISION_LABELS = {
    "site": N_("to the street"),
    "zone": N_("to the zone"),
    "city": N_("to the city"),
    "region": N_("to the region"),
    "country": N_("to the country"),
    "name_only": N_("name only"),
}
SORTS = ("name", "country", "suppliers", "rows", "precision")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list of sites is narrowed to; blank is no limit. `named_by` is `several` or blank."""

    text: str = ""
    country: str = ""
    precision: str = ""
    named_by: str = ""

    @property
    def are_set(self) -> bool:
        """Is anything left out?"""
        return bool(self.text or self.country or self.precision or self.named_by)


@dataclass(frozen=True, slots=True)
class Listed:
    """A site in the list: shown as its first row that the reader may see, with who names it and how exactly."""

    site_id: int
    public_id: str
    mention: Mention
    suppliers: int
    rows: int
    precision: str
    is_asked: bool


def listing(
    session: Session,
    round_: Round,
    reader: Reader,
    filters: Filters = Filters(),
    *,
    sort: str = "",
    asked: str | int | None = 1,
    size: int = PAGE,
    covers: Callable[[str], str] | None = None,
) -> tuple[list[Listed], Page]:
    """The sites of one page, in the order asked for (`key`, `-key`); by name without one."""
    query = _narrowed(session, round_, reader, filters, covers)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    shown = page_of(asked, total, size)
    if covers is None:
        rows = session.execute(query.order_by(*_order(query, sort)).offset(shown.offset).limit(shown.size)).all()
    else:
        rows = _covered(session, query, sort, covers)[shown.offset : shown.offset + shown.size]
    mentions = {row.first: row.Mention for row in rows} if covers is None else _mentions(session, rows)
    waiting = _in_question(session, round_, {row.site_id for row in rows})
    return [
        Listed(
            row.site_id,
            row.public_id,
            mentions[row.first],
            row.suppliers,
            row.rows,
            PRECISIONS[row.best],
            row.site_id in waiting,
        )
        for row in rows
    ], shown


def countries(session: Session, round_: Round, reader: Reader) -> list[str]:
    """The countries that rows of the round name, as codes."""
    query = of_round(select(Mention.country), round_, reader).where(Mention.country != "").distinct()
    return sorted(session.scalars(query))


def unplaced(session: Session, round_: Round, reader: Reader) -> int:
    """How many rows name a place that is no site: too rough to be told from others."""
    query = of_round(select(func.count(Mention.id)), round_, reader, placed=False)
    return session.scalar(query.where(Mention.site_id.is_(None))) or 0


def of_round(query: Any, round_: Round, reader: Reader, *, placed: bool = True) -> Any:
    """A query over mentions, limited to the opened files of a round and to what this reader may see."""
    query = query.join(Submission, Submission.id == Mention.submission_id).where(
        Submission.round_id == round_.id, Submission.state.in_(OPENED), may_see(reader, round_)
    )
    return query.where(Mention.site_id.is_not(None)) if placed else query


def may_see(reader: Reader, round_: Round) -> ColumnElement[bool]:
    """Which mentions of a round a reader may see: open ones, and those tied to a lot of its own by a current link."""
    if reader.sees_all:
        return true()
    lots = [lot.id for lot in round_.lots if lot.code.casefold() in reader.lot_codes]
    tied = select(Link.id).join(Product, Product.id == Link.product_id)
    tied = tied.where(Link.mention_id == Mention.id, Product.lot_id.in_(lots), is_current(round_))
    linked = and_(Mention.confidentiality == LINKED, tied.exists())
    return or_(Mention.confidentiality.in_(OPEN_LEVELS), linked)


def find(session: Session, round_: Round, public_id: str, reader: Reader) -> Site:
    """The site of a public id, or what it became part of; raises NotFound where the reader may see no row of it."""
    known = session.scalar(select(Site).where(Site.public_id == public_id))
    site = active_site(session, known.id) if known is not None else None
    here = of_round(select(Mention.id), round_, reader).where(Mention.site_id == site.id) if site else None
    if site is None or here is None or session.scalar(here.limit(1)) is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return site


def _narrowed(
    session: Session, round_: Round, reader: Reader, filters: Filters, covers: Callable[[str], str] | None
) -> Select[Any]:
    """(site_id, suppliers, rows, best, first, public_id, Mention) of each site that fits."""
    suppliers = func.count(Submission.supplier_id.distinct())
    rank = case({name: place for place, name in enumerate(PRECISIONS)}, value=Mention.precision)
    grouped = of_round(
        select(
            Mention.site_id,
            suppliers.label("suppliers"),
            func.count().label("rows"),
            func.min(rank).label("best"),
            func.min(Mention.id).label("first"),
        ),
        round_,
        reader,
    ).group_by(Mention.site_id)
    if filters.named_by == SEVERAL:
        grouped = grouped.having(suppliers > 1)
    if filters.precision in PRECISIONS:
        grouped = grouped.having(func.min(rank) == PRECISIONS.index(filters.precision))
    found = grouped.subquery()
    query = (
        select(found.c.site_id, found.c.suppliers, found.c.rows, found.c.best, found.c.first, Site.public_id, Mention)
        .join(Mention, Mention.id == found.c.first)
        .join(Site, Site.id == found.c.site_id)
    )
    if filters.country:
        query = query.where(Mention.country == filters.country)
    if filters.text:
        query = query.where(found.c.site_id.in_(_saying(session, round_, reader, filters.text, covers)))
    return query


def _saying(session: Session, round_: Round, reader: Reader, text: str, covers: Callable[[str], str] | None) -> Any:
    """The sites of which a row, or a typed name, holds every word of a search, in what the reader may read of it."""
    if covers is None:
        named = select(SiteName.site_id).where(
            SiteName.ended_id.is_(None), SiteName.text.icontains(text, autoescape=True)
        )
        fits = or_(says(text), Mention.site_id.in_(named))
        return of_round(select(Mention.site_id), round_, reader).where(fits)
    wanted = text.casefold().split()
    rows = session.execute(
        of_round(select(Mention.site_id, Mention.name, Mention.address, Mention.city), round_, reader)
    )
    shown = ((row[0], covers(" ".join(row[1:])).casefold()) for row in rows)
    return [site for site, said in shown if all(word in said for word in wanted)]


def _order(query: Select[Any], sort: str) -> list[Any]:
    key, back = sort.removeprefix("-"), sort.startswith("-")
    columns = query.selected_columns
    by = {
        "name": func.lower(Mention.name),
        "country": Mention.country,
        "suppliers": columns.suppliers,
        "rows": columns.rows,
        "precision": columns.best,
    }
    first = by.get(key, by["name"])
    return [first.desc() if back else first, func.lower(Mention.name), columns.site_id]


def _covered(session: Session, query: Select[Any], sort: str, covers: Callable[[str], str]) -> list[Any]:
    """All sites in the order asked for, by name in what the reader may read of it; without their mentions."""
    key, back = sort.removeprefix("-"), sort.startswith("-")
    key = key if key in SORTS else "name"
    columns = query.selected_columns
    told = (columns.site_id, columns.suppliers, columns.rows, columns.best, columns.first, columns.public_id)
    rows = session.execute(query.with_only_columns(*told, Mention.name, Mention.country.label("country"))).all()
    names = {row.site_id: covers(row.name).casefold() for row in rows}
    value: dict[str, Callable[[Any], Any]] = {
        "name": lambda row: names[row.site_id],
        "country": lambda row: row.country,
        "suppliers": lambda row: row.suppliers,
        "rows": lambda row: row.rows,
        "precision": lambda row: row.best,
    }
    rows = sorted(rows, key=lambda row: (names[row.site_id], row.site_id))
    return sorted(rows, key=value[key], reverse=back)


def _mentions(session: Session, rows: Sequence[Any]) -> dict[int, Mention]:
    """The first mentions of some sites by number."""
    found: dict[int, Mention] = {}
    for start in range(0, len(rows), AT_ONCE):
        numbers = [row.first for row in rows[start : start + AT_ONCE]]
        found |= {one.id: one for one in session.scalars(select(Mention).where(Mention.id.in_(numbers)))}
    return found


def _in_question(session: Session, round_: Round, sites: set[int]) -> set[int]:
    """Which of these sites wait for an answer: their own description is in question."""
    query = (
        select(Mention.site_id)
        .join(MatchQuestion, MatchQuestion.mention_id == Mention.id)
        .where(MatchQuestion.round_id == round_.id, MatchQuestion.state.in_(WAITING), Mention.site_id.in_(sites))
    )
    return {site for site in session.scalars(query) if site is not None}

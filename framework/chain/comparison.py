"""Suppliers and brands of a lot side by side, beside the pooled volume; every figure leads to the rows behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, true
from sqlalchemy.orm import Session, joinedload

from framework.chain import recount
from framework.chain.leverage.figures import Sum
from framework.chain.leverage.reading import ledger_for
from framework.chain.measures.rolling import Rolled
from framework.chain.shared import LINKED, audience_of, is_current, is_seen_by
from framework.chain.sites import of_round
from framework.demand import pool
from framework.demand.pooled import Amount, LotPool
from framework.disclosure.columns import FINAL_ASSEMBLY
from framework.disclosure.confidentiality import LEVELS, OPEN_LEVELS, Reader, bidder_name
from framework.disclosure.veil import OPENED, opened
from framework.ground.errors import NotFound
from framework.ground.paging import Page, page_of
from framework.ground.text import N_
from framework.rounds import settings
from models.chain import ChainBuild, Component, Link, LotFigures, Mention, Product, SharedSite, Site
from models.disclosure import Submission, SubmissionRow
from models.rounds import Lot, Round

LINKS_PAGE = 100
SHARED_PAGE = 25
SHARED_MOST = 10_000
FEW = 3
SITE_COUNTS = ("sites", "audits", "audited_sites", "audits_valid", "audits_expired")


@dataclass(frozen=True, slots=True)
class Line:
    """One supplier and brand in the comparison; `figures` as counted by `framework.chain.figures`.

    `rolled` are its measures (None: not laid beside it), `earlier` is the last version that this reader may read. `countries` of final assembly are those this reader may know.
    `place` numbers the brands of a submission for readers who may not know bidders. `pooled` is what would be bought of it,
    were the offer chosen; where that is None, `unpooled` says why (a template to translate).
    A count of sites below three with confidential ones among them is None for readers that may not see those.
    """

    submission: Submission
    supplier: str
    brand: str
    figures: dict[str, Any]
    place: int | None = None
    countries: tuple[str, ...] = ()
    rolled: Rolled | None = None
    earlier: Submission | None = None
    pooled: Sum | None = None
    unpooled: str = ""

    @property
    def key(self) -> str:
        """What tells the lines of a submission apart in an address: the brand, or a number where it may name the bidder."""
        return self.brand if self.place is None else str(self.place)

    @property
    def assembly(self) -> tuple[int, int]:
        """Models whose final assembly is disclosed, of how many."""
        part, whole = self.figures["kinds"].get(FINAL_ASSEMBLY, (0, 0))
        return part, whole

    @property
    def components(self) -> tuple[int, int]:
        """Required components apart from the final assembly: disclosed, of how many."""
        part, whole = self.assembly
        return self.figures["disclosed"] - part, self.figures["nodes"] - whole

    @property
    def sub_components(self) -> int | None:
        """Models of which a sub-component is disclosed; None where the lot does not ask so deep."""
        found: int | None = self.figures["sub_components"]
        return found


@dataclass(frozen=True, slots=True)
class Shared:
    """A site that several suppliers name, with the pooled expected quantity of the categories tied to it (None = not known).

    `shown` is the first row of the round that the reader may see: the site's own text may be of another lead's file.
    """

    site: SharedSite
    quantity: int | None
    shown: Mention


@dataclass(frozen=True, slots=True)
class Comparison:
    """A lot's comparison: its pool, its lines, what is still being built, the shared sites of one page.

    `holds_money`: the pool has a value which this reader is not told. `is_behind`: sites were settled that it does not know of.
    """

    lot: Lot
    lot_pool: LotPool | None
    lines: tuple[Line, ...]
    waiting: int
    shared: tuple[Shared, ...]
    page: Page
    holds_money: bool = False
    is_behind: bool = False


def compare(session: Session, lot: Lot, reader: Reader, *, page: str | int | None = 1) -> Comparison:
    """The comparison of a lot as this reader may see it; only opened submissions. `page` is one of the shared sites, None all."""
    round_ = lot.round
    submissions = opened(session, round_)
    lot_pool = _pool_for(session, lot, reader)
    total = _shared_total(session, lot, reader)
    part = page_of(page, total, SHARED_PAGE if page is not None else SHARED_MOST)
    waiting, is_behind = _waiting(session, lot.round, submissions)
    return Comparison(
        lot,
        lot_pool,
        tuple(_lines(session, lot, submissions, reader)),
        waiting,
        tuple(_shared(session, lot, reader, part)),
        part,
        holds_money=not reader.inside and not ledger_for(session, lot, reader).tells_money,
        is_behind=is_behind,
    )


def step(part: int, whole: int) -> int | None:
    """Part of a whole in five steps, 0 to 4: none, under a third, under two thirds, under all, all; None where nothing was asked."""
    if not whole:
        return None
    if part >= whole:
        return 4
    return 0 if not part else 1 if part * 3 < whole else 2 if part * 3 < 2 * whole else 3


def lines(session: Session, lot: Lot, reader: Reader, submissions: Sequence[Submission] | None = None) -> list[Line]:
    """The lines of a lot's comparison as this reader may see them; `submissions` where the opened ones are loaded already."""
    return _lines(session, lot, opened(session, lot.round) if submissions is None else submissions, reader)


def line_in(found: Sequence[Line], submission_id: str, key: str) -> Line:
    """One of these lines by its key; raises NotFound."""
    for one in found:
        if one.submission.public_id == submission_id and one.key == key:
            return one
    raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))


def line(session: Session, lot: Lot, submission_id: str, key: str, reader: Reader) -> Line:
    """One line of the comparison by its key; raises NotFound."""
    return line_in(lines(session, lot, reader), submission_id, key)


def shared_site(session: Session, lot: Lot, public_id: str, reader: Reader) -> Shared:
    """A shared site of a lot as this reader may see it; raises NotFound."""
    query = select(SharedSite).join(Site, Site.id == SharedSite.site_id).where(Site.public_id == public_id)
    found = session.scalar(_of_audience(query, lot, reader))
    shown = _shown(session, lot, [found], reader).get(found.site_id) if found is not None else None
    if found is None or shown is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return Shared(found, _quantity(found, _by_category(session, lot, reader)), shown)


def mentions_of(session: Session, lot: Lot, shared: SharedSite, reader: Reader) -> list[Any]:
    """Who names a shared site, and how: (submission, mention, row)."""
    tied = select(Link.mention_id).join(Product, Product.id == Link.product_id).where(Link.mention_id == Mention.id)
    in_lot = tied.where(Product.lot_id == lot.id, is_current(lot.round), is_seen_by(audience_of(reader, lot), lot))
    named_only = and_(Mention.company_wide, true() if reader.sees_all else Mention.confidentiality.in_(OPEN_LEVELS))
    query = (
        select(Submission, Mention, SubmissionRow)
        .join(Mention, Mention.submission_id == Submission.id)
        .join(SubmissionRow, SubmissionRow.id == Mention.row_id)
        .where(
            Submission.round_id == lot.round_id,
            Submission.state.in_(OPENED),
            Mention.site_id == shared.site_id,
            or_(named_only, in_lot.exists()),
        )
        .order_by(Submission.receipt_seq, SubmissionRow.row)
    )
    return list(session.execute(query))


def links_of(
    session: Session, lot: Lot, shared: SharedSite, reader: Reader, *, page: str | int | None = 1
) -> tuple[list[Any], Page]:
    """The models and components that are made at a shared site: (submission, product, component, row), and which page it is."""
    query = (
        select(Submission, Product, Component, SubmissionRow)
        .join(Product, Product.submission_id == Submission.id)
        .join(Link, Link.product_id == Product.id)
        .join(Component, Component.id == Link.component_id)
        .join(Mention, Mention.id == Link.mention_id)
        .join(SubmissionRow, SubmissionRow.id == Link.row_id)
        .where(
            Submission.round_id == lot.round_id,
            Submission.state.in_(OPENED),
            Product.lot_id == lot.id,
            Mention.site_id == shared.site_id,
            is_current(lot.round),
            is_seen_by(audience_of(reader, lot), lot),
        )
    )
    total = session.scalar(select(func.count()).select_from(query.with_only_columns(Link.id).subquery())) or 0
    part = page_of(page, total, LINKS_PAGE)
    ordered = query.order_by(Submission.receipt_seq, SubmissionRow.row)
    return list(session.execute(ordered.offset(part.offset).limit(part.size))), part


def quantities_of(session: Session, lot: Lot, shared: SharedSite, reader: Reader) -> list[tuple[str, int | None]]:
    """The categories whose models a shared site is tied to, each with its pooled expected pieces; None where the pool has none."""
    known = _by_category(session, lot, reader)
    return [(c, known[c].expected if c in known else None) for c in shared.categories]


def _lines(session: Session, lot: Lot, submissions: Sequence[Submission], reader: Reader) -> list[Line]:
    names = {s.id: (s, bidder_name(reader, s, order)) for order, s in enumerate(submissions)}
    query = select(LotFigures).where(LotFigures.lot_id == lot.id, LotFigures.submission_id.in_(list(names)))
    rows = sorted(session.scalars(query), key=lambda f: (names[f.submission_id][0].receipt_seq, f.brand.casefold()))
    numbers = Counter[int]()
    found = []
    for row in rows:
        numbers[row.submission_id] += 1
        place = numbers[row.submission_id] if reader.hides_bidders else None
        figures = _masked(row.figures, reader, lot)
        found.append(Line(*names[row.submission_id], row.brand, figures, place, _countries(figures, reader, lot)))
    return found


def _countries(figures: dict[str, Any], reader: Reader, lot: Lot) -> tuple[str, ...]:
    """Countries of final assembly that some row names which this reader may see."""
    closed = {"all": (), "linked": LEVELS[-1:], "open": (LINKED, *LEVELS[-1:])}[audience_of(reader, lot)]
    return tuple(code for code, level in figures.get("countries", {}).items() if level not in closed)


def _masked(figures: dict[str, Any], reader: Reader, lot: Lot) -> dict[str, Any]:
    """Counts of sites below three with some among them that this reader may not see are None (workbook, section 7)."""
    hidden = {"all": "", "linked": "confidential_to_linked", "open": "confidential"}[audience_of(reader, lot)]
    if not hidden or not figures[hidden]:
        return figures
    few = {name: None for name in SITE_COUNTS if figures[name] < FEW}
    return figures | few | ({"company_wide": None} if 0 < figures["company_wide"] < FEW else {})


def _waiting(session: Session, round_: Round, submissions: Sequence[Submission]) -> tuple[int, bool]:
    """How many submissions are not built yet, and whether sites were settled after the figures were counted."""
    built = select(func.count()).where(ChainBuild.submission_id.in_([s.id for s in submissions])).scalar_subquery()
    done, is_behind = session.execute(select(built, recount.waiting(round_))).one()
    return len(submissions) - done, bool(is_behind)


def _pool(session: Session, lot: Lot) -> LotPool | None:
    return next((p for p in pool.figures(session, lot.round).lots if p.lot_id == lot.id), None)


def _pool_for(session: Session, lot: Lot, reader: Reader) -> LotPool | None:
    """The pool of a lot; a reader outside is told no more of it than on the page of leverage: perhaps no money, or nothing."""
    found = _pool(session, lot)
    if found is None or reader.inside:
        return found
    held = ledger_for(session, lot, reader)
    if found.declared < settings.value(lot.round, "min_cell_members") or not held.is_told:
        return None
    return found if held.tells_money else _without_money(found)


def _without_money(found: LotPool) -> LotPool:
    cells = tuple(replace(cell, amount=_bare(cell.amount)) for cell in found.cells)
    members = {member: _bare(amount) for member, amount in found.by_member.items()}
    return replace(found, total=_bare(found.total), cells=cells, by_member=members)


def _bare(amount: Amount) -> Amount:
    return replace(amount, value=None, value_unknown=0)


def _by_category(session: Session, lot: Lot, reader: Reader) -> dict[str, Amount]:
    """Pooled amounts by category, for a reader outside without those that few members stand behind."""
    found = _pool_for(session, lot, reader)
    if found is None:
        return {}
    shown = None if reader.inside else {group[0] for group in ledger_for(session, lot, reader).groups}
    return {c: amount for (c,), amount in found.by("category").items() if shown is None or c in shown}


def _of_audience(query: Select[Any], lot: Lot, reader: Reader) -> Select[Any]:
    return query.where(SharedSite.lot_id == lot.id, SharedSite.audience == audience_of(reader, lot))


def _shared(session: Session, lot: Lot, reader: Reader, page: Page) -> list[Shared]:
    query = (
        _of_audience(select(SharedSite), lot, reader)
        .options(joinedload(SharedSite.site))
        .order_by(SharedSite.suppliers.desc(), SharedSite.products.desc(), SharedSite.site_id)
    )
    known = _by_category(session, lot, reader)
    found = session.scalars(query.offset(page.offset).limit(page.size)).all()
    shown = _shown(session, lot, found, reader) if found else {}
    return [Shared(site, _quantity(site, known), shown[site.site_id]) for site in found if site.site_id in shown]


def _shown(session: Session, lot: Lot, found: Sequence[SharedSite], reader: Reader) -> dict[int, Mention]:
    """The first row of the round that the reader may see, by site."""
    first = of_round(select(func.min(Mention.id)), lot.round, reader)
    first = first.where(Mention.site_id.in_([one.site_id for one in found])).group_by(Mention.site_id)
    return {one.site_id or 0: one for one in session.scalars(select(Mention).where(Mention.id.in_(first)))}


def _quantity(site: SharedSite, by_category: dict[str, Amount]) -> int | None:
    """Pooled expected pieces of the categories whose models a site is tied to: at most so many come from there."""
    known = [by_category[c].expected for c in site.categories if c in by_category]
    return sum(known) if known else None


def _shared_total(session: Session, lot: Lot, reader: Reader) -> int:
    return session.scalar(_of_audience(select(func.count()).select_from(SharedSite), lot, reader)) or 0

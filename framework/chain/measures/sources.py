"""Who else says so: independent sources that name the same site, smelter or origin for the same brand.

A source counts once whoever repeats it, and not at all where it is the reporting party itself, of the same
registration, the same file, or a row that is equal word for word, its own key included: that is a copy.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from framework.chain.measures.formulas import independent_ones, publishers_beyond
from framework.chain.measures.publishers import Publisher, Publishers
from framework.chain.shared import LINKED, is_current
from framework.disclosure.columns import SUBMISSION
from framework.disclosure.confidentiality import LEVELS, OPEN_LEVELS, deadline_day, reference_day
from framework.ground.text import key_of as key_of
from models.chain import Link, Mention, Product, SiteAudit, SmelterMention
from models.disclosure import SmelterListing, SmelterLoad, Submission, SubmissionRow
from models.rounds import Round
from models.veiled import real

OWN_AUDIT = "brand_own"
NOT_SHARED = ("", "none")
Marks = frozenset[str]
LIMITS = (0, 1, 2)
"""How confidential a row may be to be counted: open ones, those of linked members too, all."""


@dataclass(frozen=True, slots=True)
class Other:
    """A row that may say the same: its marks, how confidential it is (0 to 2), and the lots it is tied to."""

    marks: Marks
    class_: int
    lots: frozenset[int]

    def is_within(self, limit: int, lot: int) -> bool:
        """Whether a reader up to `limit` may know of it; a row for linked members only within a lot it is tied to."""
        return (2 if self.class_ == 1 and lot not in self.lots else self.class_) <= limit


@dataclass(frozen=True, slots=True)
class Backing:
    """How many independent others name a place, and how many rows were left out as copies; both by `LIMITS`.

    `published` are the lists and registries among them, which everybody may know.
    """

    sources: tuple[int, int, int]
    copies: tuple[int, int, int] = (0, 0, 0)
    published: tuple[Publisher, ...] = ()

    @property
    def all(self) -> int:
        """How many others, confidential ones among them."""
        return self.sources[-1]


NOBODY = Backing((0, 0, 0))


class Sources:
    """The other sources of a round about the places of some products, loaded at once."""

    def __init__(self, session: Session, round_: Round, submissions: Sequence[Submission]) -> None:
        self.session, self.round = session, round_
        self.submissions = {submission.id: submission for submission in submissions}
        self.marks = {submission.id: _marks_of(submission) for submission in submissions}
        self.heads, self.levels = _heads(session, sorted(self.submissions))
        self.sites: dict[tuple[int, str], dict[int, Other]] = defaultdict(dict)
        self.smelters: dict[tuple[str, str, str], set[Other]] = defaultdict(set)
        self.origins: dict[tuple[str, str, str], set[Other]] = defaultdict(set)
        self.registries: dict[str, set[str]] = defaultdict(set)
        self.publishers: Publishers | None = None

    def load_sites(self, mentions: Sequence[Mention], products: Sequence[Product]) -> None:
        """Which rows of the round tie these sites to the brands of these products, and what is published of these brands."""
        sites = sorted({one.site_id for one in mentions if one.site_id is not None})
        brands = {key_of(product.brand) for product in products}
        self.publishers = Publishers(self.session, self.round, brands)
        query = (
            select(
                Mention.site_id,
                Mention.id,
                Mention.row_id,
                Mention.submission_id,
                Mention.confidentiality,
                Product.brand,
                Product.lot_id,
            )
            .join(Link, Link.mention_id == Mention.id)
            .join(Product, Product.id == Link.product_id)
            .where(
                Mention.submission_id.in_(sorted(self.submissions)),
                ~Mention.company_wide,
                is_current(self.round),
            )
            .distinct()
        )
        found = []
        for start in range(0, len(sites), 5_000):
            part = query.where(Mention.site_id.in_(sites[start : start + 5_000]))
            found += [row for row in self.session.execute(part) if key_of(row.brand) in brands]
        words = self._words({row.row_id for row in found})
        for row in found:
            named = self.sites[row.site_id, key_of(row.brand)]
            lots = named[row.id].lots if row.id in named else frozenset()
            marks = self.marks[row.submission_id] | {words[row.row_id]}
            named[row.id] = Other(marks, class_of(row.confidentiality, tied=True), lots | {row.lot_id})

    def load_smelters(self, smelters: Sequence[SmelterMention], products: Sequence[Product]) -> None:
        """Who names these minerals' smelters and origins for the brands of these products, and which register lists them."""
        minerals = sorted({smelter.mineral for smelter in smelters if smelter.smelter_name})
        if not minerals:
            return
        brands = {key_of(product.brand) for product in products}
        offered = self._brands_offered(brands)
        found = self.session.execute(_named_smelters(sorted(offered), minerals)).all()
        rows = self._values({row.row_id for row in found}) if self._asks_mines() else {}
        for row in found:
            named = offered[row.submission_id] if row.brand is None else {key_of(row.brand)} & brands
            self._add_smelter(row, named, listed(rows.get(row.row_id, {}).get("mine_or_origin_country")))
        self._load_registries({smelter.smelter_id for smelter in smelters if smelter.smelter_id})

    def _brands_offered(self, brands: set[str]) -> dict[int, set[str]]:
        """Which of these brands each submission offers; one that offers none is left out."""
        offers = select(Product.submission_id, Product.brand).where(Product.submission_id.in_(sorted(self.submissions)))
        found: dict[int, set[str]] = defaultdict(set)
        for submission, brand in self.session.execute(offers.distinct()):
            if key_of(brand) in brands:
                found[submission].add(key_of(brand))
        return found

    def _add_smelter(self, row: Any, brands: Iterable[str], origins: Sequence[str]) -> None:
        """That a row names a smelter and these origins for these brands."""
        class_ = class_of(self.levels.get(row.submission_id, ""), tied=row.brand is not None)
        lots = frozenset() if row.lot_id is None else frozenset({row.lot_id})
        other = Other(self.marks[row.submission_id], class_, lots)
        for brand in brands:
            self.smelters[brand, row.mineral, smelter_key(row)].add(other)
            for origin in origins:
                self.origins[brand, row.mineral, origin].add(other)

    def of_site(self, product: Product, mention: Mention, row: SubmissionRow, audits: Sequence[SiteAudit]) -> Backing:
        """Who else names a mention's site for its brand: other rows, valid audit reports that were shared, and publishers."""
        issued = self.marks[mention.submission_id]
        own = issued | {_words(row.read_values), *_names(product, self.submissions[mention.submission_id])}
        named = self.sites.get((mention.site_id or 0, key_of(product.brand)), {}) if mention.site_id else {}
        told = [other for number, other in named.items() if number != mention.id]
        on = reference_day(self.submissions[mention.submission_id])
        reports = [
            frozenset({f"name:{key_of(one.auditor_body)}"})
            for one in audits
            if one.scheme != OWN_AUDIT
            and one.auditor_body
            and one.report_shared not in NOT_SHARED
            and one.valid_until is not None
            and one.valid_until >= on
        ]
        found = self.publishers.of(mention, row.read_values, key_of(product.brand)) if self.publishers else []
        return _backing(own, issued, told, reports, product.lot_id, found)

    def of_smelter(self, product: Product, smelter: SmelterMention) -> Backing:
        """Who else names a smelter for the brand, registers among them."""
        others = self.smelters.get((key_of(product.brand), smelter.mineral, smelter_key(smelter)), set())
        lists = [frozenset({f"register:{source}"}) for source in sorted(self.registries[smelter.smelter_id])]
        own = self.marks[smelter.submission_id]
        return _backing(own, own, others, lists, product.lot_id)

    def of_origin(self, product: Product, smelter: SmelterMention, origin: str) -> Backing:
        """Who else names the country as an origin of the mineral for the brand."""
        others = self.origins.get((key_of(product.brand), smelter.mineral, origin), set())
        own = self.marks[smelter.submission_id]
        return _backing(own, own, others, [], product.lot_id)

    def _asks_mines(self) -> bool:
        return any(lot.asks_mines for lot in self.round.lots)

    def _load_registries(self, numbers: set[str]) -> None:
        if not numbers:
            return
        day = deadline_day(self.round)
        query = (
            select(SmelterListing.number, SmelterLoad.source)
            .join(SmelterLoad, SmelterLoad.id == SmelterListing.load_id)
            .where(SmelterListing.number.in_(sorted(numbers)))
        )
        for number, source in self.session.execute(query if day is None else query.where(SmelterLoad.day <= day)):
            self.registries[number].add(source)

    def _words(self, numbers: set[int]) -> dict[int, str]:
        return {number: _words(values) for number, values in self._values(numbers).items()}

    def _values(self, numbers: set[int]) -> dict[int, dict[str, Any]]:
        wanted, found = sorted(numbers), dict[int, dict[str, Any]]()
        for start in range(0, len(wanted), 5_000):
            query = select(SubmissionRow.id, SubmissionRow.read_values)
            rows = self.session.execute(query.where(SubmissionRow.id.in_(wanted[start : start + 5_000])))
            found |= {row.id: row.read_values for row in rows}
        return found


def _named_smelters(
    submissions: Sequence[int], minerals: Sequence[str]
) -> Select[str, str, str, str, int, int, str, int]:
    """The rows of these submissions that name a smelter of these minerals, with the product they are about, if any."""
    return (
        select(
            SmelterMention.mineral,
            SmelterMention.smelter_id,
            SmelterMention.smelter_name,
            SmelterMention.country,
            SmelterMention.submission_id,
            SmelterMention.row_id,
            Product.brand,
            Product.lot_id,
        )
        .outerjoin(Product, Product.id == SmelterMention.product_id)
        .where(
            SmelterMention.submission_id.in_(submissions),
            SmelterMention.mineral.in_(minerals),
            SmelterMention.smelter_name != "",
        )
        .distinct()
    )


def _marks_of(submission: Submission) -> Marks:
    """What tells one source from another: who issued it, under which registration, and the file."""
    supplier = submission.supplier
    number = real(supplier.registration_no)
    registered = {f"registered:{supplier.country}:{key_of(number)}"} if number else set()
    return frozenset({f"by:{supplier.id}", f"file:{submission.file.content_sha256}"} | registered)


def _words(values: dict[str, Any]) -> str:
    """The words of a row, blank cells left out."""
    told = {name: said for name, said in values.items() if said not in (None, "", [])}
    text = json.dumps(told, sort_keys=True, default=str, ensure_ascii=False).casefold()
    return f"row:{hashlib.sha256(text.encode()).hexdigest()}"


def _names(product: Product, submission: Submission) -> set[str]:
    """Nobody audits oneself: an auditor of this name is no other source."""
    return {f"name:{key_of(product.brand)}", f"name:{key_of(real(submission.supplier.name))}"}


def _backing(
    own: Marks,
    issued: Marks,
    others: Iterable[Other],
    lists: Sequence[Marks],
    lot: int,
    publishers: Sequence[Publisher] = (),
) -> Backing:
    """`own` are the marks of the row itself, `issued` those of its file: rows that share only the former are copies."""
    found = list(others)
    counts = []
    for limit in LIMITS:
        told = [other.marks for other in found if other.is_within(limit, lot)]
        copies = sum(1 for marks in told if marks & own and not marks & issued)
        ones = independent_ones(own, [*told, *lists])
        beyond = publishers_beyond(own, ones, [(one.identity, one.marks) for one in publishers])
        counts.append((len(ones) + beyond, copies))
    (open_, few), (linked, some), (every, most) = counts
    published = tuple(one for one in publishers if own.isdisjoint(one.marks))
    return Backing((open_, linked, every), (few, some, most), published)


def class_of(level: str, *, tied: bool) -> int:
    """How confidential a row is: 0 for every member, 1 for members linked to it, 2 for lead and monitor."""
    if level in OPEN_LEVELS or not level:
        return 0
    return 1 if level == LINKED and tied else 2


def _heads(
    session: Session, submissions: Sequence[int]
) -> tuple[dict[tuple[int, str], dict[str, Any]], dict[int, str]]:
    """What each file says of its brands, by submission and brand; and the level of its rows that say nothing else.

    The level is the strictest of the file's brands; of a brand that stands twice the first row counts.
    """
    query = select(SubmissionRow.submission_id, SubmissionRow.read_values).where(
        SubmissionRow.submission_id.in_(submissions),
        SubmissionRow.sheet == SUBMISSION,
        SubmissionRow.listed_reason == "",
    )
    heads: dict[tuple[int, str], dict[str, Any]] = {}
    levels: dict[int, str] = {}
    for number, values in session.execute(query.order_by(SubmissionRow.row)):
        heads.setdefault((number, key_of(str(values.get("brand") or ""))), values)
        level = str(values.get("confidentiality_default") or "")
        if level in LEVELS:
            levels[number] = max(level, levels.get(number, level), key=LEVELS.index)
    return heads, levels


def smelter_key(one: Any) -> str:
    """A smelter by its id, else by name and country."""
    return str(one.smelter_id).upper() or f"{key_of(one.smelter_name)}|{one.country}"


def listed(told: Any) -> list[str]:
    """The entries of a list cell."""
    parts = told if isinstance(told, list) else str(told or "").split("|")
    return [str(part).strip() for part in parts if str(part).strip()]

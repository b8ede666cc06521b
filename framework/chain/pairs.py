"""Two lines of the comparison row by row: who names which sites for the same component, and which models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, func, or_, select, true
from sqlalchemy.orm import Session

from framework.chain.behind import lines_products
from framework.chain.comparison import Line
from framework.chain.figures import asked_mineral, required_types
from framework.chain.measures import judged
from framework.chain.measures.product import Figures
from framework.chain.measures.reading import classes_of, sees_products
from framework.chain.measures.sources import class_of, smelter_key
from framework.chain.shared import audience_of, is_current, is_seen_by
from framework.disclosure.confidentiality import Reader, default_level
from framework.ground.paging import Page, page_of
from framework.ground.text import key_of
from models.chain import Component, Link, Mention, Product, SmelterMention
from models.disclosure import SubmissionRow
from models.measures import ProductMeasures
from models.rounds import Lot

PLACES_MOST = 100
"""Places of one component that a page shows; the rest are counted."""
MODELS_PAGE = 50
SAME, ONLY_FIRST, ONLY_SECOND = "same", "only_first", "only_second"


@dataclass(frozen=True, slots=True)
class Named:
    """A place as one side names it: the words of its file, for how many models (None: not of models), and the row."""

    name: str
    where: tuple[str, ...]
    country: str
    models: int | None
    row: SubmissionRow


@dataclass(frozen=True, slots=True)
class Place:
    """One place and what each side says of it; one of the sides names it at least."""

    first: Named | None
    second: Named | None

    @property
    def verdict(self) -> str:
        """Whether both name it."""
        return SAME if self.first and self.second else ONLY_FIRST if self.first else ONLY_SECOND


@dataclass(frozen=True, slots=True)
class Kind:
    """A component type, or a mineral (`is_mineral`), with the places of both sides; `total` of them in all."""

    kind: str
    is_mineral: bool
    places: tuple[Place, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Offer:
    """A model of one side with its stored figures, None while they are counted."""

    product: Product
    figures: Figures | None


@dataclass(frozen=True, slots=True)
class Model:
    """A model by its name, as each side offers it."""

    name: str
    first: Offer | None
    second: Offer | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two lines beside each other. `hides`: by side, whether rows or models are kept from this reader."""

    kinds: tuple[Kind, ...]
    models: tuple[Model, ...]
    page: Page
    hides: tuple[bool, bool]
    hides_models: tuple[bool, bool]


def side_by_side(
    session: Session, lot: Lot, lines: tuple[Line, Line], reader: Reader, *, page: str | int | None = 1
) -> Pair:
    """What two lines say, as this reader may see it."""
    sides = [_places(session, lot, one, reader) for one in lines]
    smelters = [_smelters(session, lot, one, reader) for one in lines]
    kinds = [_kind(kind, sides, is_mineral=False) for kind in required_types(lot)]
    kinds += [_kind(mineral, [found for found, _hides in smelters], is_mineral=True) for mineral in lot.minerals]
    sees = [sees_products(session, one.submission, reader, lot) for one in lines]
    names = _model_names(session, lot, [one for one, seen in zip(lines, sees, strict=True) if seen])
    part = page_of(page, len(names), MODELS_PAGE)
    offers = [
        _offers(session, lot, one, names[part.offset : part.offset + part.size]) if seen else {}
        for one, seen in zip(lines, sees, strict=True)
    ]
    models = [_model(key, *offers) for key in names[part.offset : part.offset + part.size]]
    hides = [_hides(session, lot, one, reader) or smelters[number][1] for number, one in enumerate(lines)]
    return Pair(tuple(kinds), tuple(models), part, (hides[0], hides[1]), (not sees[0], not sees[1]))


Found = dict[str, dict[str, Named]]
"""By component type or mineral, by place."""


def _places(session: Session, lot: Lot, one: Line, reader: Reader) -> Found:
    """The sites of a line by component type, each once."""
    by_place = case((Mention.site_id.is_(None), func.lower(Mention.name) + "|" + Mention.country), else_="")
    groups = (
        select(
            Component.component_type.label("kind"),
            func.max(Mention.id).label("mention"),
            func.max(Link.row_id).label("row"),
            func.count(Product.id.distinct()).label("models"),
        )
        .join(Component, Component.id == Link.component_id)
        .join(Product, Product.id == Link.product_id)
        .join(Mention, Mention.id == Link.mention_id)
        .where(
            *lines_products(one, lot),
            is_current(lot.round),
            is_seen_by(audience_of(reader, lot), lot),
            Component.component_type.in_(required_types(lot)),
        )
        .group_by(Component.component_type, Mention.site_id, by_place)
        .subquery()
    )
    query = (
        select(groups.c.kind, groups.c.models, Mention, SubmissionRow)
        .join(Mention, Mention.id == groups.c.mention)
        .join(SubmissionRow, SubmissionRow.id == groups.c.row)
    )
    found: Found = {}
    for kind, models, mention, row in session.execute(query.order_by(groups.c.models.desc(), Mention.name, Mention.id)):
        key = f"site {mention.site_id}" if mention.site_id else f"name {key_of(mention.name)} {mention.country}"
        city = mention.city if mention.city not in mention.address else ""
        told = Named(mention.name, tuple(filter(None, (mention.address, city))), mention.country, models, row)
        found.setdefault(kind, {}).setdefault(key, told)
    return found


def _smelters(session: Session, lot: Lot, one: Line, reader: Reader) -> tuple[Found, bool]:
    """The smelters of a line by mineral, each once; and whether some are kept from this reader."""
    own = select(Product.id).where(*lines_products(one, lot))
    query = (
        select(SmelterMention, SubmissionRow)
        .join(SubmissionRow, SubmissionRow.id == SmelterMention.row_id)
        .where(
            SmelterMention.submission_id == one.submission.id,
            SmelterMention.smelter_name != "",
            or_(SmelterMention.product_id.is_(None), SmelterMention.product_id.in_(own)),
        )
        .order_by(SmelterMention.smelter_name, SmelterMention.id)
    )
    default, classes = default_level(session, one.submission), classes_of(reader, lot)
    found: Found = {}
    hides = False
    for smelter, row in session.execute(query):
        mineral = asked_mineral(lot, smelter.mineral)
        if not mineral:
            continue
        if class_of(default, tied=smelter.product_id is not None) not in classes:
            hides = True
            continue
        where = tuple(filter(None, (smelter.smelter_id, smelter.city)))
        told = Named(smelter.smelter_name, where, smelter.country, None, row)
        found.setdefault(mineral, {}).setdefault(smelter_key(smelter), told)
    return found, hides


def _hides(session: Session, lot: Lot, one: Line, reader: Reader) -> bool:
    """Whether any current link of a line is kept from this reader."""
    if reader.sees_all:
        return False
    query = (
        select(Link.id)
        .join(Product, Product.id == Link.product_id)
        .join(Mention, Mention.id == Link.mention_id)
        .where(*lines_products(one, lot), is_current(lot.round), ~is_seen_by(audience_of(reader, lot), lot))
    )
    return session.scalar(query.limit(1)) is not None


def _kind(kind: str, sides: Sequence[Found], *, is_mineral: bool) -> Kind:
    """The places of a kind: first those that both name, then those of one side."""
    first, second = (side.get(kind, {}) for side in sides)
    places = [Place(first.get(key), second.get(key)) for key in dict.fromkeys((*first, *second))]
    order = (SAME, ONLY_FIRST, ONLY_SECOND)
    places.sort(key=lambda place: order.index(place.verdict))
    return Kind(kind, is_mineral, tuple(places[:PLACES_MOST]), len(places))


def _model_names(session: Session, lot: Lot, lines: Iterable[Line]) -> list[str]:
    """The names of the models of these lines without case and blanks: those that both offer first."""
    found: dict[str, set[int]] = {}
    for number, one in enumerate(lines):
        query = select(Product.model_name).where(*lines_products(one, lot)).order_by(Product.model_name, Product.id)
        for name in session.scalars(query):
            found.setdefault(key_of(name), set()).add(number)
    return sorted(found, key=lambda key: (-len(found[key]), key))


def _offers(session: Session, lot: Lot, one: Line, keys: Sequence[str]) -> dict[str, Offer]:
    """The models of a line among these, by the key of their name; one that is offered twice stands as it came first."""
    query = select(Product.id, Product.model_name).where(*lines_products(one, lot)).order_by(Product.id)
    wanted, numbers = set(keys), dict[str, int]()
    for number, name in session.execute(query):
        if key_of(name) in wanted:
            numbers.setdefault(key_of(name), number)
    rows = (
        select(Product, ProductMeasures.figures)
        .outerjoin(ProductMeasures, and_(ProductMeasures.product_id == Product.id, true()))
        .where(Product.id.in_(sorted(numbers.values())))
    )
    return {
        key_of(product.model_name): Offer(
            product, Figures.read(judged.figures_of(session, figures) or {}) if figures else None
        )
        for product, figures in session.execute(rows)
    }


def _model(key: str, first: dict[str, Offer], second: dict[str, Offer]) -> Model:
    one: Any = first.get(key) or second.get(key)
    return Model(one.product.model_name, first.get(key), second.get(key))

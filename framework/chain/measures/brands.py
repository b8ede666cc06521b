"""One brand through its several suppliers in a lot: their measures side by side, and where what they tell differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain.comparison import Line
from framework.chain.measures.facts import Said, load
from framework.chain.measures.nodes import Node, Place
from framework.chain.measures.reading import classes_of, groups_of, quantities, rolled
from framework.chain.measures.rolling import Quantities, Rolled
from framework.chain.measures.sources import smelter_key
from framework.disclosure.confidentiality import Reader
from framework.ground.paging import Page, page_of
from framework.ground.text import key_of
from models.chain import Product
from models.disclosure import Submission
from models.rounds import Lot

MODELS_PAGE = 5
AGREE, ONE_TELLS, SOME_TELL, ONE_OFFERS = "agree", "one_tells", "some_tell", "one_offers"
SHARES_DIFFER, SHARE_MISSING = "shares_differ", "share_missing"
"""How suppliers stand to each other about a place: all say the same, one alone or some of them name it, one alone offers the
model; all name it, with other shares, or some without one."""
NAMED, OTHERWISE, UNTOLD, HIDDEN, NO_MODEL = "named", "otherwise", "untold", "hidden", "no_model"
"""What a supplier says of a place: names it, names others for the component, names none, may not be shown, lacks the model."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one supplier says of a place: its state, the place where it is named, and the node it is part of."""

    state: str
    place: Place | None = None
    node: Node | None = None
    said: Said | None = None

    @property
    def share(self) -> Fraction | None:
        """The share it gives, None where it gives none."""
        return None if self.place is None else self.place.share


@dataclass(frozen=True, slots=True)
class Row:
    """A component or mineral and one place named for it, with the cell of each supplier; `place` None: nobody names any."""

    node: Node
    place: Place | None
    said: Said | None
    cells: tuple[Cell, ...]
    verdict: str


@dataclass(frozen=True, slots=True)
class Model:
    """A model and who offers it; rows by component and place."""

    name: str
    offers: tuple[Said | None, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Brand:
    """The lines of a brand with their measures, those of all together, and one page of its models.

    `hides`: some rows are not for this reader.
    """

    lines: tuple[tuple[Line, Rolled], ...]
    together: Rolled
    models: tuple[Model, ...]
    page: Page
    hides: bool


def brand(
    session: Session,
    lot: Lot,
    lines: Sequence[Line],
    one: Line,
    reader: Reader,
    submissions: Sequence[Submission],
    *,
    page: str | int | None = 1,
) -> Brand:
    """The brand of a line through every line of the lot that offers it; the same name in other spelling is the same brand."""
    key = key_of(one.brand)
    own = [line for line in lines if key_of(line.brand) == key]
    groups = [group for group in groups_of(session, lot, submissions) if group.brand_key == key]
    known: Quantities = quantities(session, lot)
    columns = [
        (line, rolled([g for g in groups if (g.submission_id, g.brand) == (line.submission.id, line.brand)], known))
        for line in own
    ]
    names = _models(session, lot, own)
    part = page_of(page, len(names), MODELS_PAGE)
    chosen = list(names.items())[part.offset : part.offset + part.size]
    products = session.scalars(select(Product).where(Product.id.in_([n for _key, some in chosen for n in some]))).all()
    found = load(session, lot.round, products, submissions)
    classes = frozenset(classes_of(reader, lot))
    models = tuple(
        _model(own, [said for said in found if said.product.id in numbers], classes) for _key, numbers in chosen
    )
    shown = tuple(model for model in models if any(offer is not None for offer in model.offers))
    hides = any(said.class_ not in classes for said in found) or any(
        place.class_ not in classes for said in found for node in said.nodes for place in node.places
    )
    return Brand(tuple(columns), rolled(groups, known), shown, part, hides)


def _models(session: Session, lot: Lot, lines: Sequence[Line]) -> dict[str, list[int]]:
    """The numbers of the products of these lines, by the name of the model; in the order of the names."""
    found: dict[str, list[int]] = defaultdict(list)
    wanted = {(line.submission.id, line.brand) for line in lines}
    query = select(Product.id, Product.submission_id, Product.brand, Product.model_name).where(
        Product.lot_id == lot.id, Product.submission_id.in_(sorted({number for number, _brand in wanted}))
    )
    for number, submission, name, model in session.execute(query.order_by(Product.model_name, Product.id)):
        if (submission, name) in wanted:
            found[key_of(model)].append(number)
    return found


def _model(lines: Sequence[Line], found: Sequence[Said], classes: frozenset[int]) -> Model:
    """A model beside its suppliers; one that offers it twice stands with the first."""
    by_line: dict[tuple[int, str], Said] = {}
    for said in sorted(found, key=lambda one: one.product.id):
        by_line.setdefault((said.submission.id, said.product.brand), said)
    offers = [by_line.get((line.submission.id, line.brand)) for line in lines]
    seen = [said if said is not None and said.class_ in classes else None for said in offers]
    hidden = [said is not None and said.class_ not in classes for said in offers]
    name = next((said.product.model_name for said in seen if said is not None), "")
    kinds = dict.fromkeys((node.level, node.kind) for said in seen if said is not None for node in said.nodes)
    rows = [row for level, kind in kinds for row in _rows(level, kind, seen, hidden, classes)]
    return Model(name, tuple(seen), tuple(rows))


def _rows(
    level: str, kind: str, offers: Sequence[Said | None], hidden: Sequence[bool], classes: frozenset[int]
) -> Iterable[Row]:
    nodes = [None if said is None else _node(said, level, kind) for said in offers]
    named: dict[str, dict[int, Place]] = {}
    for column, node in enumerate(nodes):
        for place in node.places if node is not None else ():
            if place.class_ in classes:
                named.setdefault(place_key(place), {}).setdefault(column, place)
    first = next(node for node in nodes if node is not None)
    for by_column in [*named.values()] or [{}]:
        cells = tuple(
            _cell(nodes[number], offers[number], by_column.get(number), classes, is_hidden=hidden[number])
            for number in range(len(offers))
        )
        teller = next(iter(by_column), None)
        one, said = (None, None) if teller is None else (by_column[teller], offers[teller])
        yield Row(first, one, said, cells, _verdict(cells))


def _node(said: Said, level: str, kind: str) -> Node | None:
    return next((node for node in said.nodes if (node.level, node.kind) == (level, kind)), None)


def _cell(
    node: Node | None, said: Said | None, place: Place | None, classes: frozenset[int], *, is_hidden: bool
) -> Cell:
    if node is None:
        return Cell(HIDDEN if is_hidden else NO_MODEL)
    if place is not None:
        return Cell(NAMED, place, node, said)
    if not node.places:
        return Cell(UNTOLD, None, node, said)
    if any(one.class_ not in classes for one in node.places):
        return Cell(HIDDEN, None, node, said)
    return Cell(OTHERWISE, None, node, said)


def _verdict(cells: Sequence[Cell]) -> str:
    """How the suppliers that offer the model stand to each other; what is hidden is left out."""
    told = [cell for cell in cells if cell.state not in (NO_MODEL, HIDDEN)]
    named = [cell for cell in told if cell.state == NAMED]
    if len(told) < 2:
        return ONE_OFFERS
    if len(named) == 1:
        return ONE_TELLS
    if 0 < len(named) < len(told):
        return SOME_TELL
    shares = {cell.share for cell in named}
    if len(shares - {None}) > 1:
        return SHARES_DIFFER
    return SHARE_MISSING if len(shares) > 1 else AGREE


def place_key(place: Place) -> str:
    """What makes two places one: the site, the smelter's id or name, the country of origin."""
    told = place.told
    if told.origin:
        return f"origin {key_of(told.origin)}"
    if told.smelter is not None:
        return f"smelter {smelter_key(told.smelter)}"
    mention = told.mention
    return f"site {mention.site_id}" if mention.site_id else f"name {key_of(mention.name)} {mention.country}"

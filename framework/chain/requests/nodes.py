"""What a supplier's version leaves open: components of models without a site, minerals without a smelter."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from framework.disclosure import sealing
from framework.disclosure.columns import COMPONENTS, FINAL_ASSEMBLY, LINKS, PRODUCTS, SMELTERS
from framework.disclosure.counting import UNDECIDED, standing, versions
from framework.disclosure.models_on_offer import plain
from framework.ground.errors import MoveRefused
from framework.ground.terms import COMPONENT_TYPES, MINERALS
from framework.ground.text import N_
from models.disclosure import Disclosed, Submission, SubmissionRow
from models.requests import RequestRow
from models.rounds import Lot, Round

COMPONENT, MINERAL = "component", "mineral"
READ = (PRODUCTS, COMPONENTS, LINKS, SMELTERS)
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Node:
    """One thing that may be asked: a component of a model, or a mineral of a brand (then there is no model).

    `product_ref` and `component_ref` are the supplier's own keys and stay with it; `said` is the reason its file gives.
    """

    kind: str
    brand: str
    model_name: str = ""
    lot: str = ""
    component_type: str = ""
    other_type: str = ""
    mineral: str = ""
    product_ref: str = ""
    component_ref: str = ""
    said: str = ""

    @property
    def key(self) -> str:
        """The same wherever the same is asked, whoever asks: brand, model, and component or mineral."""
        what = self.mineral if self.kind == MINERAL else f"{self.component_type}/{plain(self.other_type)}"
        parts = "|".join((self.kind, plain(self.brand), plain(self.model_name), what))
        return hashlib.sha256(parts.encode()).hexdigest()

    @property
    def place(self) -> str:
        """What tells it apart within one version, for a form: the supplier's keys are part of it."""
        parts = (self.key, self.lot, self.product_ref, self.component_ref)
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:20]

    def as_row(self, position: int, *, parent_row_id: int | None = None) -> RequestRow:
        """The row of a request that asks for it."""
        return RequestRow(
            position=position,
            kind=self.kind,
            node_key=self.key,
            brand=self.brand,
            model_name=self.model_name,
            lot=self.lot,
            component_type=self.component_type,
            other_type=self.other_type,
            mineral=self.mineral,
            product_ref=self.product_ref,
            component_ref=self.component_ref,
            said=self.said,
            parent_row_id=parent_row_id,
        )


def what(row: RequestRow | Node) -> tuple[str, str]:
    """What of the model is asked, as a label to translate, and the supplier's own word where it is something other."""
    if row.kind == MINERAL:
        return MINERALS.get(row.mineral, row.mineral), ""
    return COMPONENT_TYPES.get(row.component_type, row.component_type), row.other_type


def of_row(row: RequestRow) -> Node:
    """The node that a row asks for, without the reason of the file: that is not told on."""
    names = ("kind", "brand", "model_name", "lot", "component_type", "other_type", "mineral", "product_ref")
    return Node(**{name: getattr(row, name) for name in names}, component_ref=row.component_ref)


def version_to_ask_for(session: Session, round_: Round, supplier_id: int) -> Submission | None:
    """The supplier's version whose open rows may be asked for: the one that stands, else the newest that was read."""
    found = versions(session, round_, supplier_id)
    return standing(found) or next((one for one in found if one.checked_at and one.rows_stored), None)


def require_newest(session: Session, version: Submission) -> None:
    """Refuse to make a next version from one that a newer one may yet replace, or does, as `may_count` decides.

    Asks the database, so that it may be asked again under the lock of the round. Raises MoveRefused.
    """
    is_countable = and_(Submission.state == "checked", Submission.verdict == "countable")
    is_being_read = or_(Submission.state == "staged", and_(Submission.state == "checked", Submission.is_mended))
    query = select(is_being_read).where(
        Submission.round_id == version.round_id,
        Submission.supplier_id == version.supplier_id,
        Submission.version_no > version.version_no,
        or_(Submission.state.in_(UNDECIDED), is_being_read, is_countable),
    )
    later = session.scalars(query).all()
    if any(later):
        raise MoveRefused("newer-unread", N_("A newer version is still being read. Wait until it is, and look again."))
    if later:
        raise MoveRefused("newer-counted", N_("A newer version already counts."))


def open_nodes(
    session: Session, submission: Disclosed, *, with_named: bool = False, lot: Lot | None = None
) -> list[Node]:
    """Everything that a version of our workbook leaves open, in the order of its products; a list names no models.

    `with_named` adds what it names a site or smelter for: that can be asked too, of somebody who is to say it anew.
    With a `lot` only its models are looked at, and those that name no lot.
    """
    sheets = _rows(session, submission)
    if lot is not None:
        sheets[PRODUCTS] = [row for row in sheets[PRODUCTS] if _fold(row, "lot") in ("", lot.code.casefold())]
    of_round = select(Lot).where(Lot.round_id == submission.round_id).order_by(Lot.number)
    lots = [lot] if lot is not None else session.scalars(of_round).all()
    by_code = {lot.code.casefold(): lot for lot in lots}
    only = lots[0] if len(lots) == 1 else None
    products = [(row, by_code.get(_fold(row, "lot")) or only) for row in sheets[PRODUCTS] if row.get("product_ref")]
    components, links = _by_product(sheets[COMPONENTS]), _by_product(sheets[LINKS])
    found = [
        node
        for row, lot in products
        for node in _components(
            row,
            lot,
            components.get(_fold(row, "product_ref"), []),
            links.get(_fold(row, "product_ref"), []),
            with_named=with_named,
        )
    ]
    return found + _minerals(products, sheets[SMELTERS], with_named=with_named)


def _rows(session: Session, submission: Disclosed) -> dict[str, list[Values]]:
    sealing.require_at_hand(submission)
    query = select(SubmissionRow.sheet, SubmissionRow.read_values).where(
        SubmissionRow.submission_id == submission.id, SubmissionRow.sheet.in_(READ), SubmissionRow.listed_reason == ""
    )
    found: dict[str, list[Values]] = {sheet: [] for sheet in READ}
    for sheet, values in session.execute(query.order_by(SubmissionRow.id)):
        found[sheet].append(values)
    return found


def _by_product(rows: Iterable[Values]) -> dict[str, list[Values]]:
    found: dict[str, list[Values]] = {}
    for row in rows:
        found.setdefault(_fold(row, "product_ref"), []).append(row)
    return found


def _components(
    product: Values, lot: Lot | None, mine: Iterable[Values], links: Iterable[Values], *, with_named: bool
) -> list[Node]:
    """The components of one product that no link ties to a site, with those the lot asks for and no row names."""
    linked = {_fold(row, "component_ref") for row in links if row.get("site_ref")}
    common = {
        "kind": COMPONENT,
        "brand": _text(product, "brand", 120),
        "model_name": _text(product, "model_name", 200),
        "lot": lot.code if lot is not None else "",
        "product_ref": _text(product, "product_ref", 40),
    }
    found, named = [], set()
    for row in mine:
        kind = _text(row, "component_type", 30)
        named.add(kind)
        is_assembly = kind == FINAL_ASSEMBLY and "" in linked
        is_open = not is_assembly and _fold(row, "component_ref") not in linked
        if kind and (is_open or with_named):
            own = {
                "component_type": kind,
                "other_type": _text(row, "component_type_other", 80),
                "component_ref": _text(row, "component_ref", 60),
                "said": _text(row, "not_disclosed_reason", 30),
            }
            found.append(Node(**common, **own))
    if "" in linked and not with_named:
        named.add(FINAL_ASSEMBLY)
    wanted = dict.fromkeys((FINAL_ASSEMBLY, *(lot.required_components if lot is not None else ())))
    return found + [Node(**common, component_type=kind) for kind in wanted if kind not in named]


def _minerals(
    products: Iterable[tuple[Values, Lot | None]], smelters: Sequence[Values], *, with_named: bool
) -> list[Node]:
    """The minerals that the lots of a brand ask for and for which no smelter is named, once for each brand."""
    asked: dict[tuple[str, str], None] = {}
    for product, lot in products:
        for mineral in lot.minerals if lot is not None else ():
            asked.setdefault((_text(product, "brand", 120), mineral), None)
    answered = {row.get("mineral") for row in smelters if row.get("smelter_name") or row.get("smelter_id")}
    reasons = {row.get("mineral"): _text(row, "not_disclosed_reason", 30) for row in smelters}
    return [
        Node(MINERAL, brand, mineral=mineral, said=reasons.get(mineral, ""))
        for brand, mineral in asked
        if with_named or mineral not in answered
    ]


def _text(row: Values, name: str, longest: int) -> str:
    value = row.get(name)
    return "" if value is None else str(value)[:longest]


def _fold(row: Values, name: str) -> str:
    return str(row.get(name) or "").strip().casefold()

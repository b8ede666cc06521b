"""Claims that a component or mineral does not apply to a model: what suppliers say, and what the lead accepts (scoring 2).

A claim is one where every row that a file has of the component or mineral gives *not applicable* as the reason and none
names a place. It stays asked, and worth nothing, until the lead accepts it with a reason.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from framework.chain.figures import asked_mineral, required_types
from framework.chain.measures import stored, waived
from framework.chain.measures.facts import rows_of
from framework.chain.measures.waived import COMPONENT, MINERAL
from framework.chain.shared import is_current
from framework.disclosure.veil import opened
from framework.ground import audit, conflicts, permissions
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.text import N_, key_of
from models.chain import Component, Link, Mention, Product, SmelterMention
from models.disclosure import Submission
from models.measures import NotApplicable, ProductMeasures
from models.rounds import Lot, Round

ACCEPTED = audit.declare("not_applicable.accepted", "what", "count", "receipt", "motive")
TAKEN_BACK = audit.declare("not_applicable.undone", "what", "count", "receipt")
REASON = "not_applicable"
LONGEST_MOTIVE = 1_000
AT_ONCE = 1_000
Key = tuple[int, str]
"""A product (number) and a kind: component type or mineral, as `waived.kind_of` says."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One model to which a component or mineral is said not to apply.

    `row_id` and `proof` are of the row that says so. `accepted` is what the lead decided, None while it is open. `named`
    is how many other suppliers name a place for it, for the model of the same brand and name.
    """

    product: Product
    submission: Submission
    kind: str
    row_id: int | None
    proof: str
    accepted: NotApplicable | None
    named: int


@dataclass(frozen=True, slots=True)
class Group:
    """The claims of one tender about one component or mineral."""

    submission: Submission
    kind: str
    claims: tuple[Claim, ...]

    @property
    def waiting(self) -> int:
        """How many nobody has accepted."""
        return sum(1 for one in self.claims if one.accepted is None)

    @property
    def named(self) -> int:
        """For how many models another supplier names a place: what speaks against the claim."""
        return sum(1 for one in self.claims if one.named)


@dataclass(slots=True)
class _Told:
    """What rows say of the nodes of some products: all their reasons, and the first row that gives ours."""

    reasons: dict[Key, set[str]] = field(default_factory=lambda: defaultdict(set))
    first: dict[Key, tuple[int | None, str]] = field(default_factory=dict)
    named: set[Key] = field(default_factory=set)

    def add(self, key: Key, reason: str, row: int | None, proof: str) -> None:
        self.reasons[key].add(reason)
        if reason == REASON:
            self.first.setdefault(key, (row, proof))

    def claimed(self) -> Iterator[Key]:
        """The nodes of which every row says that they do not apply, and none names a place."""
        return (key for key, said in self.reasons.items() if said == {REASON} and key not in self.named)


def groups(session: Session, round_: Round) -> list[Group]:
    """All claims of a round by tender and kind, those that wait first; a number of queries that does not grow with them."""
    submissions = opened(session, round_)
    found = _claims(session, round_, submissions, submissions)
    made = [
        Group(submission, kind, tuple(some))
        for (submission, kind), some in groupby(found, key=lambda one: (one.submission, one.kind))
    ]
    return sorted(made, key=lambda one: (not one.waiting, one.submission.receipt_seq, one.kind))


def group(session: Session, round_: Round, submission: Submission, kind: str) -> Group:
    """The claims of one opened tender about one component or mineral."""
    found = _claims(session, round_, [submission], opened(session, round_))
    return Group(submission, kind, tuple(one for one in found if one.kind == kind))


def accept(
    session: Session,
    submission: Submission,
    kind: str,
    products: Collection[int],
    motive: str,
    *,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """The lead accepts that a kind does not apply to these models (numbers) of a tender; how many.

    Raises NotAllowed, WrongPhase, InvalidInput (none chosen, no reason) and RuleBroken where one is no open claim by now.
    """
    round_ = submission.round
    permissions.require(session, actor, Permission.NOT_APPLICABLE_DECIDE, round_)
    conflicts.require_free(session, actor, submission)
    why = motive.strip()
    if not products:
        raise InvalidInput("claims-missing", N_("Choose at least one model."), field="product")
    if not why:
        message = N_("Say in a few words why, so that others can follow it later.")
        raise InvalidInput("motive-missing", message, field="motive")
    if len(why) > LONGEST_MOTIVE:
        raise InvalidInput("too-long", N_("At most %(limit)s characters."), field="motive", limit=LONGEST_MOTIVE)
    _lock(session, products)
    waiting = {one.product.id for one in group(session, round_, submission, kind).claims if one.accepted is None}
    _require_all(set(products), waiting)
    session.add_all(
        NotApplicable(product_id=number, kind=kind, motive=why, at=now, by_id=actor.user_id)
        for number in sorted(products)
    )
    said: dict[str, Any] = {"what": kind, "count": len(products), "receipt": submission.receipt_number}
    audit.record(session, ACCEPTED, actor=actor, now=now, subject=submission, motive=why, **said)
    stored.products_changed(session, round_, products, now=now)
    return len(products)


def undo(
    session: Session, submission: Submission, kind: str, products: Collection[int], *, actor: Actor, now: dt.datetime
) -> int:
    """The lead takes its acceptance for these models back: they are asked again; how many. Raises as `accept`."""
    round_ = submission.round
    permissions.require(session, actor, Permission.NOT_APPLICABLE_DECIDE, round_)
    conflicts.require_free(session, actor, submission)
    if not products:
        raise InvalidInput("claims-missing", N_("Choose at least one model."), field="product")
    _lock(session, products)
    own = set(session.scalars(select(Product.id).where(Product.submission_id == submission.id)))
    found = {
        number: one
        for (number, of_kind), one in waived.standing(session, own & set(products)).items()
        if of_kind == kind
    }
    _require_all(set(products), set(found))
    for one in found.values():
        one.undone_at, one.undone_by_id = now, actor.user_id
    said: dict[str, Any] = {"what": kind, "count": len(found), "receipt": submission.receipt_number}
    audit.record(session, TAKEN_BACK, actor=actor, now=now, subject=submission, **said)
    stored.products_changed(session, round_, products, now=now)
    return len(found)


def _require_all(chosen: set[int], known: set[int]) -> None:
    if not chosen <= known:
        raise RuleBroken("stale", N_("The list has changed since you looked at it. Look at it again."))


def _lock(session: Session, products: Collection[int]) -> None:
    """Hold the measures of these products until the commit, so that nobody else decides about them meanwhile."""
    query = select(ProductMeasures.product_id).order_by(ProductMeasures.product_id).with_for_update()
    for numbers in _parts(products):
        session.execute(query.where(ProductMeasures.product_id.in_(numbers))).all()


def _claims(
    session: Session, round_: Round, submissions: Sequence[Submission], every: Sequence[Submission]
) -> list[Claim]:
    """The claims of these tenders, by receipt, kind and model; `every` are those that may say otherwise."""
    by_number = {one.id: one for one in submissions}
    products = {one.id: one for one in session.scalars(_with_reason(by_number))}
    told = _Told()
    _read_components(session, round_, products, told)
    _read_smelters(session, round_, products, told)
    keys = [key for key in told.claimed() if products[key[0]].submission_id in by_number]
    decided = waived.standing(session, {number for number, _kind in keys})
    others = _named_by_others(session, round_, [products[number] for number, _kind in keys], every)
    found = []
    for number, kind in keys:
        product = products[number]
        row, proof = told.first[number, kind]
        who = others.get((key_of(product.brand), key_of(product.model_name), kind), set())
        said = len(who - {product.submission_id})
        found.append(
            Claim(product, by_number[product.submission_id], kind, row, proof, decided.get((number, kind)), said)
        )
    return sorted(
        found, key=lambda one: (one.submission.receipt_seq, one.kind, one.product.model_name.casefold(), one.product.id)
    )


def _with_reason(submissions: Collection[int]) -> Select[Product]:
    """The products of these tenders of which some row gives our reason, of the whole file where the row is of that."""
    numbers = sorted(submissions)
    of_component = select(Component.product_id).where(
        Component.submission_id.in_(numbers), Component.not_disclosed_reason == REASON
    )
    smelters = and_(SmelterMention.submission_id.in_(numbers), SmelterMention.not_disclosed_reason == REASON)
    of_product = select(SmelterMention.product_id).where(smelters, SmelterMention.product_id.is_not(None))
    of_file = select(SmelterMention.submission_id).where(smelters, SmelterMention.product_id.is_(None))
    return select(Product).where(
        or_(Product.id.in_(of_component), Product.id.in_(of_product), Product.submission_id.in_(of_file))
    )


def _read_components(session: Session, round_: Round, products: dict[int, Product], told: _Told) -> None:
    asked = {lot.id: set(required_types(lot)) for lot in round_.lots}
    for numbers in _parts(products):
        components = select(Component).where(Component.product_id.in_(numbers)).order_by(Component.id)
        for one in session.scalars(components):
            if one.component_type in asked[products[one.product_id].lot_id]:
                key = one.product_id, f"{COMPONENT}{one.component_type}"
                told.add(key, one.not_disclosed_reason, one.row_id, one.not_disclosed_evidence)
        told.named |= {
            (number, f"{COMPONENT}{code}")
            for number, code in session.execute(_linked(round_).where(Product.id.in_(numbers)))
        }


def _read_smelters(session: Session, round_: Round, products: dict[int, Product], told: _Told) -> None:
    """Those of a product, and those of the whole file for each of its products."""
    lots = {lot.id: lot for lot in round_.lots}
    of_file: dict[int, list[Product]] = defaultdict(list)
    for product in products.values():
        of_file[product.submission_id].append(product)
    query = select(SmelterMention).where(SmelterMention.submission_id.in_(sorted(of_file))).order_by(SmelterMention.id)
    found = list(session.scalars(query))
    rows = rows_of(session, [one.row_id for one in found if one.not_disclosed_reason == REASON])
    for one in found:
        if one.product_id is None:
            concerned = of_file[one.submission_id]
        else:
            concerned = [products[one.product_id]] if one.product_id in products else []
        row = rows.get(one.row_id)
        proof = str(row.read_values.get("not_disclosed_evidence") or "") if row is not None else ""
        for product in concerned:
            mineral = asked_mineral(lots[product.lot_id], one.mineral)
            if mineral and one.smelter_name:
                told.named.add((product.id, f"{MINERAL}{mineral}"))
            elif mineral:
                told.add((product.id, f"{MINERAL}{mineral}"), one.not_disclosed_reason, one.row_id, proof)


def _linked(round_: Round) -> Select[int, str]:
    """Product and component type of every place that a current link names."""
    return (
        select(Product.id, Component.component_type)
        .join(Link, Link.product_id == Product.id)
        .join(Component, Component.id == Link.component_id)
        .join(Mention, Mention.id == Link.mention_id)
        .where(~Mention.company_wide, is_current(round_))
        .distinct()
    )


def _named_by_others(
    session: Session, round_: Round, claimed: Sequence[Product], every: Sequence[Submission]
) -> dict[tuple[str, str, str], set[int]]:
    """Which tenders name a place, by brand, model and kind, for the models that are claimed about, as they are written."""
    numbers = [one.id for one in every]
    names = sorted({one.model_name for one in claimed})
    lots = {lot.id: lot for lot in round_.lots}
    found: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for start in range(0, len(names), AT_ONCE):
        some = names[start : start + AT_ONCE]
        query = select(Product).where(Product.submission_id.in_(numbers), Product.model_name.in_(some))
        products = {one.id: one for one in session.scalars(query)}
        linked = session.execute(
            _linked(round_).where(Product.submission_id.in_(numbers), Product.model_name.in_(some))
        )
        pairs = {(number, f"{COMPONENT}{code}") for number, code in linked}
        pairs |= _named_minerals(session, products, lots)
        for number, kind in pairs:
            one = products[number]
            found[key_of(one.brand), key_of(one.model_name), kind].add(one.submission_id)
    return found


def _named_minerals(session: Session, products: dict[int, Product], lots: dict[int, Lot]) -> set[Key]:
    submissions = sorted({one.submission_id for one in products.values()})
    query = select(SmelterMention.submission_id, SmelterMention.product_id, SmelterMention.mineral).where(
        SmelterMention.submission_id.in_(submissions), SmelterMention.smelter_name != ""
    )
    named: dict[int, list[tuple[int | None, str]]] = defaultdict(list)
    for submission, product, mineral in session.execute(query.distinct()):
        named[submission].append((product, mineral))
    return {
        (number, f"{MINERAL}{asked}")
        for number, one in products.items()
        for product, mineral in named[one.submission_id]
        if product in (None, number) and (asked := asked_mineral(lots[one.lot_id], mineral))
    }


def _parts(products: Collection[int]) -> Iterator[list[int]]:
    numbers = sorted(products)
    return (numbers[start : start + AT_ONCE] for start in range(0, len(numbers), AT_ONCE))

"""The parts of a round that are rows of their own: lots, classes, criteria, clauses and openers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from framework.ground.actors import Actor
from framework.ground.codelists import cpv
from framework.ground.errors import InvalidInput, NotAllowed, RuleBroken
from framework.ground.terms import CATEGORIES, COMPONENT_TYPES, MINERALS, UNITS
from framework.ground.text import N_, key_of
from framework.rounds import editing, opener_keys
from framework.rounds.schedule import contract_years
from models.people import Appointment, Organisation, RoleGrant, User
from models.rounds import CALL_OFF_ROUTES, PLACES, Clause, Criterion, Lot, MemberClass, Round

T = TypeVar("T", Lot, MemberClass, Criterion, Clause)

LOT_FIXED = ("code", "name", "cpv_code", "unit", "categories", "spec_tiers", "years")
LOT_FIGURES = (
    "qty_estimated",
    "qty_maximum",
    "value_estimated",
    "value_maximum",
    "estimate_motive",
    "call_off_route",
)
LOT_SCOPE = ("required_components", "asked_tiers", "minerals", "asks_mines", "product_subset")
CRITERION_FIELDS = (
    "lot_id",
    "name",
    "description",
    "place",
    "weight",
    "formula",
    "parameters",
    "is_label",
    "equivalent_path",
)
CLAUSE_FIELDS = ("place", "title", "text", "notice_reference", "parameters")


def add_lot(session: Session, round_: Round, values: Mapping[str, Any], *, actor: Actor, now: dt.datetime) -> Lot:
    """Add a lot (in set-up and sign-on only). Raises InvalidInput for an unknown CPV code, category or unit."""
    editing.may_edit(session, round_, actor, lots=True)
    number = max((lot.number for lot in round_.lots), default=0) + 1
    lot = Lot(number=number, created_at=now, created_by_id=actor.user_id, name="", cpv_code="", code="")
    fixed = _lot_values(round_, lot, values)
    _changed = editing.apply(lot, fixed)
    lot.round = round_
    return _added(session, round_, lot, "lots", _changed, actor=actor, now=now)


def edit_lot(
    session: Session, lot: Lot, values: Mapping[str, Any], *, version: int, actor: Actor, now: dt.datetime
) -> dict[str, Any]:
    """Change name, code, CPV, unit, categories, tiers or years of a lot (in set-up and sign-on only)."""
    editing.may_edit(session, lot.round, actor, lots=True)
    fixed = _lot_values(lot.round, lot, values)
    return _edited(session, lot, "lots", fixed, version=version, actor=actor, now=now)


def check_lot(round_: Round, values: Mapping[str, Any], figures: Mapping[str, Any]) -> None:
    """Raise the InvalidInput with which a lot of these values and figures would be refused."""
    _lot_values(round_, Lot(number=0, name="", cpv_code="", code=""), values)
    for kind in ("qty", "value"):
        editing.check_pair(figures.get(f"{kind}_estimated"), figures.get(f"{kind}_maximum"), f"{kind}_maximum")


def remove_lot(session: Session, lot: Lot, *, actor: Actor, now: dt.datetime) -> None:
    """Remove a lot (in set-up and sign-on only), with the criteria that stand for it alone."""
    editing.may_edit(session, lot.round, actor, lots=True)
    for criterion in [c for c in lot.round.criteria if c.lot_id == lot.id]:
        _removed(session, criterion.round, criterion, "criteria", criterion.name, actor=actor, now=now)
    session.flush()
    _removed(session, lot.round, lot, "lots", lot.code, actor=actor, now=now)


def edit_figures(
    session: Session, lot: Lot, values: Mapping[str, Any], *, version: int, actor: Actor, now: dt.datetime
) -> dict[str, Any]:
    """Set estimated and maximum quantity and value of a lot (law L05), the motive, and its call-off route (law L20)."""
    editing.may_edit(session, lot.round, actor)
    figures = {name: values[name] for name in LOT_FIGURES if name in values}
    if figures.get("call_off_route") not in (None, *CALL_OFF_ROUTES):
        raise InvalidInput("route-unknown", N_("Choose a call-off route from the list."), field="call_off_route")
    for kind in ("qty", "value"):
        estimated = figures.get(f"{kind}_estimated", getattr(lot, f"{kind}_estimated"))
        maximum = figures.get(f"{kind}_maximum", getattr(lot, f"{kind}_maximum"))
        editing.check_pair(estimated, maximum, f"{kind}_maximum")
    return _edited(session, lot, "figures", figures, version=version, actor=actor, now=now)


def edit_scope(
    session: Session, lot: Lot, values: Mapping[str, Any], *, version: int, actor: Actor, now: dt.datetime
) -> dict[str, Any]:
    """Set what a lot asks suppliers to disclose: component types, tiers, minerals, product subset (law L18)."""
    editing.may_edit(session, lot.round, actor)
    scope = {name: values[name] for name in LOT_SCOPE if name in values}
    _listed(scope.get("required_components", []), COMPONENT_TYPES, "required_components")
    _listed(scope.get("minerals", []), MINERALS, "minerals")
    if scope.get("asked_tiers", 2) not in (1, 2, 3):
        raise InvalidInput("tiers-out-of-range", N_("Ask for one, two or three tiers."), field="asked_tiers")
    return _edited(session, lot, "disclosure", scope, version=version, actor=actor, now=now)


def add_class(
    session: Session, round_: Round, *, name: str, description: str, actor: Actor, now: dt.datetime
) -> MemberClass:
    """Name a class of buyers that may use the framework, with the words by which anybody recognises them (law L03)."""
    editing.may_edit(session, round_, actor)
    cleaned = _text(name, "name", 200)
    if not description.strip():
        raise InvalidInput(
            "description-missing",
            N_("Say how anybody recognises a buyer of this class; the sentence is published (L03)."),
            field="description",
        )
    if cleaned.casefold() in {known.name.casefold() for known in round_.member_classes}:
        raise InvalidInput("class-twice", N_("This class is named already."), field="name")
    named = MemberClass(name=cleaned, description=description.strip(), created_at=now, created_by_id=actor.user_id)
    named.round = round_
    return _added(session, round_, named, "members", {"class": [None, cleaned]}, actor=actor, now=now)


def remove_class(session: Session, named: MemberClass, *, actor: Actor, now: dt.datetime) -> None:
    """Take a named class off the list."""
    editing.may_edit(session, named.round, actor)
    _removed(session, named.round, named, "members", named.name, actor=actor, now=now)


def save_criterion(
    session: Session,
    round_: Round,
    criterion: Criterion | None,
    values: Mapping[str, Any],
    *,
    version: int = 0,
    actor: Actor,
    now: dt.datetime,
) -> Criterion:
    """Add or change a criterion in exactly one of four places (law L14); only award criteria have weight and formula.

    Weights are percentages with at most two decimals, above 0 and at most 100.
    """
    editing.may_edit(session, round_, actor)
    checked = _criterion_values(round_, values)
    if criterion is not None:
        _edited(session, criterion, "criteria", checked, version=version, actor=actor, now=now)
        return criterion
    made = Criterion(name="", place="selection", weight=None, created_at=now, created_by_id=actor.user_id)
    made.position = max((c.position for c in round_.criteria), default=0) + 1
    changes = editing.apply(made, checked)
    made.round = round_
    return _added(session, round_, made, "criteria", changes, actor=actor, now=now)


def remove_criterion(session: Session, criterion: Criterion, *, actor: Actor, now: dt.datetime) -> None:
    """Remove a criterion."""
    editing.may_edit(session, criterion.round, actor)
    _removed(session, criterion.round, criterion, "criteria", criterion.name, actor=actor, now=now)


def add_clause(
    session: Session, round_: Round, key: str, values: Mapping[str, Any], *, actor: Actor, now: dt.datetime
) -> Clause:
    """Add a clause, of the library or the lead's own; `key` tells clauses of one round apart (law L16)."""
    editing.may_edit(session, round_, actor)
    if key in {clause.key for clause in round_.clauses}:
        raise InvalidInput("clause-twice", N_("This clause is in the round already."), field="key")
    made = Clause(key=key, place="performance", title="", text="", created_at=now, created_by_id=actor.user_id)
    made.position = max((c.position for c in round_.clauses), default=0) + 1
    changes = editing.apply(made, _clause_values(values))
    made.round = round_
    return _added(session, round_, made, "clauses", {"key": [None, key], **changes}, actor=actor, now=now)


def edit_clause(
    session: Session, clause: Clause, values: Mapping[str, Any], *, version: int, actor: Actor, now: dt.datetime
) -> dict[str, Any]:
    """Change place, words, notice reference or parameters of a clause."""
    editing.may_edit(session, clause.round, actor)
    return _edited(session, clause, "clauses", _clause_values(values), version=version, actor=actor, now=now)


def remove_clause(session: Session, clause: Clause, *, actor: Actor, now: dt.datetime) -> None:
    """Remove a clause."""
    editing.may_edit(session, clause.round, actor)
    _removed(session, clause.round, clause, "clauses", clause.key, actor=actor, now=now)


def name_opener(session: Session, round_: Round, user: User, *, actor: Actor, now: dt.datetime) -> Appointment:
    """Name a person who may open the tenders, from the lead or a buyer, before publication (law L07c, L07e, SD3)."""
    editing.may_edit(session, round_, actor)
    grants = _grants(session, user)
    if any(organisation.kind == "supplier" for organisation in grants):
        raise NotAllowed(
            "tied-to-a-bidder",
            N_("%(name)s also works for a supplier and cannot open tenders."),
            rule="SD3",
            name=user.name,
        )
    buyers = [organisation for organisation in grants if organisation.kind in ("lead", "buyer")]
    if not buyers:
        raise NotAllowed("not-a-buyer", N_("An opener works for the lead or for a buyer."), rule="SD3")
    own = next((o for o in buyers if o.id == round_.organisation_id), buyers[0])
    return _appointed(session, round_, user, own, actor=actor, now=now)


def withdraw_opener(session: Session, round_: Round, user: User, *, actor: Actor, now: dt.datetime) -> None:
    """Withdraw a person named as opener, with the key chosen for it; at once, on the person's next request."""
    editing.may_edit(session, round_, actor)
    named = _appointment(session, round_, user)
    if named is None or named.withdrawn_at is not None:
        raise RuleBroken("not-an-opener", N_("This person is not named as opener."))
    named.withdrawn_at = now
    opener_keys.remove(session, round_, user, actor=actor, now=now)
    editing.note(session, round_, "openers", {"opener": [user.public_id, None]}, actor=actor, now=now)


def _appointed(
    session: Session, round_: Round, user: User, organisation: Organisation, *, actor: Actor, now: dt.datetime
) -> Appointment:
    named = _appointment(session, round_, user)
    if named is not None and named.withdrawn_at is None:
        raise InvalidInput("opener-twice", N_("This person is named already."), field="user")
    if named is None:
        named = Appointment(
            round_id=round_.id, user_id=user.id, role="opener", created_at=now, created_by_id=actor.user_id
        )
        session.add(named)
    named.organisation_id, named.withdrawn_at = organisation.id, None
    editing.note(session, round_, "openers", {"opener": [None, user.public_id]}, actor=actor, now=now)
    return named


def _appointment(session: Session, round_: Round, user: User) -> Appointment | None:
    return session.scalar(
        select(Appointment).where(
            Appointment.round_id == round_.id, Appointment.user_id == user.id, Appointment.role == "opener"
        )
    )


def _grants(session: Session, user: User) -> list[Organisation]:
    query = (
        select(Organisation)
        .join(RoleGrant, RoleGrant.organisation_id == Organisation.id)
        .where(RoleGrant.user_id == user.id, RoleGrant.withdrawn_at.is_(None))
        .order_by(RoleGrant.id)
    )
    return list(session.scalars(query))


def _lot_values(round_: Round, lot: Lot, values: Mapping[str, Any]) -> dict[str, Any]:
    fixed = {name: values[name] for name in LOT_FIXED if name in values}
    fixed["name"] = _text(fixed.get("name", lot.name), "name", 200)
    fixed["code"] = _text(fixed.get("code") or lot.code or f"L{lot.number}", "code", 40)
    if any(other is not lot and other.code.casefold() == fixed["code"].casefold() for other in round_.lots):
        raise InvalidInput("lot-code-twice", N_("Another lot has this code."), field="code")
    found = cpv(fixed.get("cpv_code", lot.cpv_code))
    if found is None:
        raise InvalidInput("cpv-unknown", N_("Choose a CPV code from the list."), field="cpv_code")
    fixed["cpv_code"] = found.code
    _listed(fixed.get("categories", lot.categories or []), CATEGORIES, "categories")
    if not fixed.get("categories", lot.categories):
        raise InvalidInput("category-missing", N_("Choose at least one category."), field="categories")
    _listed([fixed.get("unit", lot.unit or "piece")], UNITS, "unit")
    if not 1 <= int(fixed.get("years", lot.years or 4)) <= 10:
        raise InvalidInput("years-out-of-range", N_("Demand is declared for 1 to 10 contract years."), field="years")
    term = contract_years(round_)
    if term is not None and int(fixed.get("years", lot.years or 4)) > term:
        raise InvalidInput(
            "years-beyond-the-term",
            N_("The term has %(term)s contract years with its options; demand cannot be declared beyond it."),
            field="years",
            term=term,
        )
    tiers = [key_of(tier) for tier in fixed.get("spec_tiers", ())]
    if len(set(tiers)) < len(tiers):
        raise InvalidInput("tier-twice", N_("A tier is listed twice. Name each once."), field="spec_tiers")
    return fixed


def _criterion_values(round_: Round, values: Mapping[str, Any]) -> dict[str, Any]:
    checked = {name: values[name] for name in CRITERION_FIELDS if name in values}
    checked["name"] = _text(checked.get("name", ""), "name", 200)
    if checked.get("place") not in PLACES:
        raise InvalidInput(
            "place-missing", N_("Put the criterion in one of the four places."), field="place", rule="L14"
        )
    if checked.get("lot_id") not in (None, *(lot.id for lot in round_.lots)):
        raise InvalidInput("lot-unknown", N_("Choose a lot of this round."), field="lot_id")
    if checked["place"] != "award":
        return checked | {"weight": None, "formula": ""}
    _check_weight(checked.get("weight"))
    return checked


def _check_weight(weight: Decimal | None) -> None:
    if weight is None:
        raise InvalidInput("weight-missing", N_("An award criterion needs a weight."), field="weight", rule="L15")
    if not 0 < weight <= 100 or weight != weight.quantize(Decimal("0.01")):
        raise InvalidInput(
            "weight-out-of-range",
            N_("A weight lies above 0 and at most at 100, with two decimals at most."),
            field="weight",
            rule="L15",
        )


def _clause_values(values: Mapping[str, Any]) -> dict[str, Any]:
    checked = {name: values[name] for name in CLAUSE_FIELDS if name in values}
    for name, limit in (("title", 200), ("text", 20_000)):
        if name in checked:
            checked[name] = _text(checked[name], name, limit, lines=True)
    if "notice_reference" in checked:
        checked["notice_reference"] = " ".join((checked["notice_reference"] or "").split())
        if len(checked["notice_reference"]) > 100:
            raise InvalidInput(
                "text-long", N_("Use at most %(limit)s characters."), field="notice_reference", limit=100
            )
    if checked.get("place", "performance") not in PLACES:
        raise InvalidInput("place-missing", N_("Put the clause in one of the four places."), field="place", rule="L14")
    return checked


def _text(value: str, field: str, limit: int, *, lines: bool = False) -> str:
    cleaned = value.strip() if lines else " ".join(value.split())
    if not cleaned:
        raise InvalidInput("text-missing", N_("Fill this in."), field=field)
    if len(cleaned) > limit:
        raise InvalidInput("text-long", N_("Use at most %(limit)s characters."), field=field, limit=limit)
    return cleaned


def _listed(chosen: list[str], known: Mapping[str, Any], field: str) -> None:
    unknown = [key for key in chosen if key not in known]
    if unknown:
        raise InvalidInput("not-listed", N_("“%(value)s” is not in the list."), field=field, value=unknown[0])


def _added(
    session: Session, round_: Round, made: T, part: str, changes: Mapping[str, Any], *, actor: Actor, now: dt.datetime
) -> T:
    session.add(made)
    session.flush()
    _grow(round_)
    editing.note(session, round_, part, {"added": [None, made.public_id], **changes}, actor=actor, now=now)
    return made


def _edited(
    session: Session, record: Any, part: str, values: Mapping[str, Any], *, version: int, actor: Actor, now: dt.datetime
) -> dict[str, Any]:
    editing.check_version(record, version)
    changes = editing.apply(record, values)
    if changes:
        _grow(record.round)
        noted = {"changed": [record.public_id, record.public_id], **changes}
        editing.note(session, record.round, part, noted, actor=actor, now=now)
    return changes


def _removed(
    session: Session, round_: Round, record: Any, part: str, what: str, *, actor: Actor, now: dt.datetime
) -> None:
    session.delete(record)
    _grow(round_)
    editing.note(session, round_, part, {"removed": [what, None]}, actor=actor, now=now)
    session.expire(round_)


def _grow(round_: Round) -> None:
    """Let the round's own version grow with a change of its parts, so that a proposal made before shows as stale."""
    flag_modified(round_, "state")

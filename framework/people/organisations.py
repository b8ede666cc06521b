"""Organisations: added and changed by the operator; doubles are found by folded name and registration number."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from framework.ground import audit, permissions
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, NotFound, RuleBroken, Stale
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.people import roles
from framework.people.addresses import clean_name, fold_name
from models.people import (
    BODY_TYPES,
    ORGANISATION_KINDS,
    SUPPLIER_KINDS,
    Organisation,
    RoleGrant,
)

CREATED = audit.declare("organisation.created", "organisation_kind")
EDITED = audit.declare("organisation.edited", "fields")

KIND_LABELS = {
    "lead": N_("lead of a consortium or central purchasing body"),
    "buyer": N_("buyer"),
    "supplier": N_("supplier"),
    "monitor": N_("monitoring organisation"),
    "operator": N_("operator of this installation"),
}
SUPPLIER_KIND_LABELS = {
    "reseller": N_("reseller"),
    "brand": N_("brand"),
    "agent": N_("agent"),
    "distributor": N_("distributor"),
}
BODY_TYPE_LABELS = {
    "state": N_("state"),
    "region": N_("region"),
    "municipality": N_("municipality"),
    "university": N_("university"),
    "hospital": N_("hospital"),
    "central_purchasing_body": N_("central purchasing body"),
    "body_governed_by_public_law": N_("body governed by public law"),
    "other": N_("other"),
}
SORTS = {
    "name": Organisation.folded_name,
    "kind": Organisation.kind,
    "country": Organisation.country,
}


class LooksDouble(RuleBroken):
    """Another organisation has this name or number; `found` are those."""

    code = "organisation-double"

    def __init__(self, found: list[Organisation]) -> None:
        self.found = found
        super().__init__(
            message=N_("There is already an organisation with this name or number: %(names)s."),
            names=", ".join(o.name for o in found[:5]),
        )


@dataclass(frozen=True, slots=True)
class Details:
    """What is known of an organisation; `country` in two letters (ISO 3166-1)."""

    name: str
    kind: str
    country: str
    supplier_kind: str | None = None
    body_type: str | None = None
    registration_no: str = ""
    jurisdiction: str | None = None
    mail_domain: str = ""


def create(
    session: Session,
    details: Details,
    *,
    actor: Actor,
    now: dt.datetime,
    is_another: bool = False,
    is_invented: bool = False,
) -> Organisation:
    """Add an organisation; raises InvalidInput, or LooksDouble unless `is_another` says that it is a different one."""
    _require_operator(session, actor)
    clean = _checked(details)
    audit.hold(session)  # two who add the same body at once: the second sees the first
    found = similar(session, clean)
    if found and not is_another:
        raise LooksDouble(found)
    made = Organisation(
        **asdict(clean),
        folded_name=fold_name(clean.name),
        is_invented=is_invented,
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(made)
    session.flush()
    audit.record(session, CREATED, actor=actor, now=now, subject=made, organisation_kind=made.kind)
    return made


def edit(
    session: Session,
    organisation: Organisation,
    details: Details,
    *,
    actor: Actor,
    now: dt.datetime,
    version: int,
) -> None:
    """Change what is known of an organisation; raises Stale where somebody changed it since, InvalidInput.

    The kind stays: roles and rounds rest on it.
    """
    _require_operator(session, actor)
    if organisation.version != version:
        raise Stale(
            "stale",
            N_("Somebody else changed this organisation meanwhile. Look at it again."),
        )
    clean = _checked(details)
    if clean.kind != organisation.kind:
        raise InvalidInput(
            "kind-fixed",
            N_("The kind of an organisation cannot be changed."),
            field="kind",
        )
    changed = [name for name, value in asdict(clean).items() if getattr(organisation, name) != value]
    for name in changed:
        setattr(organisation, name, getattr(clean, name))
    organisation.folded_name = fold_name(clean.name)
    if changed:
        audit.record(session, EDITED, actor=actor, now=now, subject=organisation, fields=changed)


def similar(session: Session, details: Details) -> list[Organisation]:
    """Organisations with the same folded name, or the same registration number in the same country."""
    same: list[ColumnElement[bool]] = [Organisation.folded_name == fold_name(details.name)]
    if details.registration_no:
        number = Organisation.registration_no == details.registration_no
        same.append(and_(number, Organisation.country == details.country))
    return list(session.scalars(select(Organisation).where(or_(*same)).order_by(Organisation.id)))


def find(session: Session, public_id: str, *, actor: Actor) -> Organisation:
    """The organisation, where the actor may know it: the own one, all for the operator, the invited ones for a lead."""
    found = session.scalar(select(Organisation).where(Organisation.public_id == public_id))
    if found is None or not may_know(session, found, actor=actor):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def may_know(session: Session, organisation: Organisation, *, actor: Actor) -> bool:
    """Whether the actor may see the page of an organisation."""
    if "operator" in actor.roles or actor.organisation_id == organisation.id:
        return True
    return roles.leads_to(session, actor, organisation)


def search(words: str = "", *, kind: str = "", sort: str = "name") -> Select[Organisation, int]:
    """Organisations with the number of their people, for a list; `sort` is a key of SORTS, with `-` for descending.

    What is typed is text: `%` and `_` are letters (W21). An unknown order is the default order.
    """
    people = (
        select(func.count(func.distinct(RoleGrant.user_id)))
        .where(
            RoleGrant.organisation_id == Organisation.id,
            RoleGrant.withdrawn_at.is_(None),
        )
        .scalar_subquery()
    )
    column = SORTS.get(sort.removeprefix("-"), Organisation.folded_name)
    query = select(Organisation, people.label("people")).order_by(
        column.desc() if sort.startswith("-") else column.asc(), Organisation.id
    )
    if kind in ORGANISATION_KINDS:
        query = query.where(Organisation.kind == kind)
    if words.strip():
        typed = words.strip()[:200]
        query = query.where(
            or_(
                Organisation.folded_name.contains(fold_name(typed), autoescape=True),
                Organisation.registration_no.contains(typed, autoescape=True),
            )
        )
    return query


def _checked(details: Details) -> Details:
    """The details, cleaned; raises InvalidInput naming the field."""
    _require_one_of(details.kind, ORGANISATION_KINDS, "kind")
    if details.kind == "supplier":
        _require_one_of(details.supplier_kind, SUPPLIER_KINDS, "supplier_kind")
    if details.body_type:
        _require_one_of(details.body_type, BODY_TYPES, "body_type")
    country = details.country.strip().upper()
    if len(country) != 2 or not country.isascii() or not country.isalpha():
        raise InvalidInput("country-invalid", N_("Choose a country."), field="country")
    return Details(
        name=clean_name(details.name),
        kind=details.kind,
        country=country,
        supplier_kind=details.supplier_kind if details.kind == "supplier" else None,
        body_type=details.body_type or None,
        registration_no=_optional(details.registration_no, "registration_no", 40),
        jurisdiction=details.jurisdiction or None,
        mail_domain=_optional(details.mail_domain.lower(), "mail_domain", 200),
    )


def _optional(value: str, field: str, longest: int) -> str:
    return clean_name(value, field, longest=longest) if value.strip() else ""


def _require_one_of(value: str | None, allowed: tuple[str, ...], field: str) -> None:
    if value not in allowed:
        raise InvalidInput("choice-missing", N_("Choose one of the list."), field=field)


def _require_operator(session: Session, actor: Actor) -> None:
    if not actor.is_system:
        permissions.require(session, actor, Permission.ORGANISATION_MANAGE)

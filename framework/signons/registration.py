"""Registration after the award: who of the confirmed bodies may call off now, and what each still lacks (the second of two steps).

Entitlement is decided before the notice, by the list that is frozen then; this step comes when the round is in force.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, select
from sqlalchemy.orm import Session, joinedload

from framework.ground import audit, lifecycle, permissions
from framework.ground.actors import Actor, roles_for
from framework.ground.errors import MoveRefused, NotAllowed
from framework.ground.paging import Page, page_of
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.rounds import settings
from framework.signons import eligibility
from models.people import Organisation, User
from models.records import AuditEvent
from models.rounds import Round
from models.signons import EligibilitySnapshot, SignOn

REGISTERED = audit.declare("sign_on.registered", "on")
FORMALITIES = "sign_on.formalities_recorded"
PAGE = 50
AFTER = ("confirmed", "active", "suspended")
"""States of a sign-on that the step is about."""
LACKS: dict[str, tuple[str, str]] = {
    "not-on-frozen-list": (N_("This body is not on the list frozen at publication."), "L03"),
    "not-registered": (N_("The body has not registered for call-offs, which this round requires."), ""),
    "fee-unpaid": (N_("The yearly fee is not paid."), ""),
}
"""Code of what keeps a confirmed body from calling off, in the order in which it is said, to the sentence and its rule."""
READY, MISSING = "ready", "missing"


@dataclass(frozen=True, slots=True)
class Line:
    """A sign-on, what it lacks, and who registered it on which day; blank and None where nobody did or it is not known."""

    sign_on: SignOn
    lacks: tuple[str, ...]
    by: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """One page of lines; `counts` are over the whole round: by state, and of the confirmed ones ready and missing."""

    lines: list[Line]
    counts: dict[str, int]
    page: Page


def is_asked(round_: Round) -> bool:
    """Whether members of this round register separately before they call off."""
    return bool(settings.value(round_, "call_off_registration_required"))


def lacking(session: Session, sign_on: SignOn) -> tuple[str, ...]:
    """What keeps one body from calling off, as codes of LACKS."""
    session.flush()
    row = session.execute(select(*_columns(sign_on.round)).where(SignOn.id == sign_on.id)).one()
    return _codes(row)


def require_ready(session: Session, sign_on: SignOn) -> None:
    """Raise MoveRefused where a body lacks something; the round is asked for elsewhere."""
    for code in lacking(session, sign_on):
        sentence, rule = LACKS[code]
        raise MoveRefused(code, sentence, rule=rule)


def register(session: Session, sign_on: SignOn, *, actor: Actor, now: dt.datetime) -> None:
    """A member registers its body for call-offs, today in the zone of the round.

    Raises NotAllowed for anybody else, MoveRefused where the round asks for none, is not in force, or it was done.
    """
    if "member" not in roles_for(session, actor, sign_on):
        raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who="member")
    round_ = sign_on.round
    if round_.state != "in_force":
        raise MoveRefused("not-in-force", N_("The round is not in force yet."))
    if not is_asked(round_):
        raise MoveRefused(
            "registration-not-asked", N_("This round asks for no separate registration. The lead lets you call off.")
        )
    if sign_on.state != "confirmed":
        raise MoveRefused("not-confirmed", N_("Only a body that is confirmed and not active yet registers."))
    if sign_on.call_off_registered_on is not None:
        raise MoveRefused(
            "registered-already", N_("This body is registered already. Wait until the lead lets it call off.")
        )
    sign_on.call_off_registered_on = now.astimezone(ZoneInfo(round_.zone)).date()
    audit.record(session, REGISTERED, actor=actor, now=now, subject=sign_on, on=sign_on.call_off_registered_on)


def activate_ready(session: Session, round_: Round, *, actor: Actor, now: dt.datetime) -> list[SignOn]:
    """Let every confirmed body call off that lacks nothing; which ones. Raises MoveRefused where none is ready."""
    permissions.require(session, actor, Permission.SIGN_ON_CONFIRM, round_)
    query = select(SignOn).where(SignOn.round_id == round_.id, SignOn.state == "confirmed", not_(_lacks_any(round_)))
    ready = list(session.scalars(query.order_by(SignOn.id).with_for_update()))
    if not ready:
        raise MoveRefused(
            "nobody-ready", N_("No confirmed body has all it needs to call off. The list says what each lacks.")
        )
    for sign_on in ready:
        lifecycle.move(session, sign_on, "activate", actor=actor, now=now)
    return ready


def board(session: Session, round_: Round, *, search: str = "", show: str = "", page: str | int | None = 1) -> Board:
    """Bodies by name, `PAGE` at a time; `show` is a state, `ready` or `missing`, and everything else shows all."""
    conditions = _conditions(round_, search, show)
    count = select(func.count(SignOn.id)).join(Organisation, Organisation.id == SignOn.organisation_id)
    total = session.scalar(count.where(*conditions)) or 0
    part = page_of(page, total, PAGE)
    return Board(_lines(session, round_, conditions, part), counts(session, round_), part)


def everything(session: Session, round_: Round, *, search: str = "", show: str = "") -> list[Line]:
    """All lines that a search finds."""
    return _lines(session, round_, _conditions(round_, search, show), None)


def counts(session: Session, round_: Round) -> dict[str, int]:
    """How many bodies are in each state of the step, and how many confirmed ones are ready and are missing something."""
    confirmed = SignOn.state == "confirmed"
    asked = {state: SignOn.state == state for state in AFTER}
    asked |= {READY: and_(confirmed, not_(_lacks_any(round_))), MISSING: and_(confirmed, _lacks_any(round_))}
    columns = [func.count(SignOn.id).filter(condition).label(name) for name, condition in asked.items()]
    row = session.execute(select(*columns).where(SignOn.round_id == round_.id)).one()
    return dict(row._mapping)


def _lines(
    session: Session, round_: Round, conditions: Collection[ColumnElement[bool]], part: Page | None
) -> list[Line]:
    query = (
        select(SignOn, *_columns(round_))
        .join(Organisation, Organisation.id == SignOn.organisation_id)
        .options(joinedload(SignOn.organisation))
        .where(*conditions)
        .order_by(Organisation.folded_name, SignOn.id)
    )
    if part is not None:
        query = query.limit(part.size).offset(part.offset)
    rows = session.execute(query).all()
    names = _registered_by(session, round_, [row[0].public_id for row in rows])
    return [
        Line(one, _codes(row) if one.state == "confirmed" else (), names.get(_key(one), ""))
        for one, row in ((row[0], row) for row in rows)
    ]


def _key(sign_on: SignOn) -> tuple[str, str]:
    return sign_on.public_id, str(sign_on.call_off_registered_on)


def _registered_by(session: Session, round_: Round, public_ids: list[str]) -> dict[tuple[str, str], str]:
    """Who wrote a registration down first, by public id and day, as the record has it."""
    if not public_ids:
        return {}
    query = (
        select(AuditEvent.subject_id, AuditEvent.data, User.name)
        .join(User, User.id == AuditEvent.actor_id)
        .where(
            AuditEvent.round_id == round_.id,
            AuditEvent.kind.in_((REGISTERED, FORMALITIES)),
            AuditEvent.subject_id.in_(public_ids),
        )
        .order_by(AuditEvent.seq)
    )
    found: dict[tuple[str, str], str] = {}
    for subject, data, name in session.execute(query):
        found.setdefault((subject, str(data.get("on") or data.get("call_off_registered_on"))), name)
    return found


def _conditions(round_: Round, search: str, show: str) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [SignOn.round_id == round_.id, SignOn.state.in_(AFTER)]
    if search.strip():
        found.append(Organisation.folded_name.contains(search.strip().casefold(), autoescape=True))
    if show in AFTER:
        found.append(SignOn.state == show)
    elif show in (READY, MISSING):
        lacks = _lacks_any(round_)
        found += [SignOn.state == "confirmed", lacks if show == MISSING else not_(lacks)]
    return found


def _codes(row: object) -> tuple[str, ...]:
    held = row._mapping  # type: ignore[attr-defined]
    return tuple(code for code in LACKS if held[code])


def _columns(round_: Round) -> list[ColumnElement[bool]]:
    return [condition.label(code) for code, condition in _missing(round_).items()]


def _lacks_any(round_: Round) -> ColumnElement[bool]:
    return or_(*_missing(round_).values())


def _missing(round_: Round) -> dict[str, ColumnElement[bool]]:
    """What a body lacks, as conditions on its sign-on; none of them is ever unknown."""
    frozen = exists().where(
        EligibilitySnapshot.round_id == round_.id, EligibilitySnapshot.organisation_id == SignOn.organisation_id
    )
    unregistered: ColumnElement[bool] = SignOn.call_off_registered_on.is_(None)
    return {
        "not-on-frozen-list": not_(or_(frozen, _may_come_late(round_))),
        "not-registered": unregistered if is_asked(round_) else false(),
        "fee-unpaid": and_(SignOn.fee_rule == "fixed_yearly", SignOn.fee_paid_on.is_(None)),
    }


def _may_come_late(round_: Round) -> ColumnElement[bool]:
    """As `eligibility.is_late_entry_allowed`, as a condition."""
    ways: list[ColumnElement[bool]] = [false()]
    classes = [one.name for one in round_.member_classes if eligibility.may_come_late(round_, by_class=True)]
    if classes:
        ways.append(and_(SignOn.eligibility_basis == "class_in_notice", SignOn.class_name.in_(classes)))
    if eligibility.may_come_late(round_, at_reopening=True):
        ways.append(SignOn.eligibility_basis == "open_framework_reopening")
    return or_(*ways)

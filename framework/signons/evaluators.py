"""Persons whom a body offers to the panel that judges: named at sign-on, changed until the judging starts (records.md 1)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, joinedload

from framework.ground import audit
from framework.ground.actors import Actor, roles_for
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, NotFound
from framework.ground.text import N_
from models.people import RoleGrant, User
from models.rounds import Round
from models.signons import OfferedEvaluator, SignOn

OFFERED = audit.declare("sign_on.evaluator_offered", "user", "capacity", "languages")
TAKEN_BACK = audit.declare("sign_on.evaluator_taken_back", "user")
OFFERING = ("interested", "mandate_pending", "confirmed", "active")
"""States of a sign-on in which a body may offer persons."""
BEFORE_JUDGING = (
    "set_up",
    "sign_on",
    "demand",
    "demand_locked",
    "ready",
    "published",
    "receipt_closed",
    "opened",
)
MOST = 100_000
MOST_LANGUAGES = 10
_CODE = re.compile("[a-z]{2}")


def offer(
    session: Session,
    sign_on: SignOn,
    user: User,
    *,
    capacity: int | None,
    languages: Sequence[str],
    actor: Actor,
    now: dt.datetime,
) -> OfferedEvaluator:
    """Offer a person of the own body, or change how many items (None: an equal part) and languages (none: the account's).

    Raises NotAllowed for anybody but the member, MoveRefused once the judging has started, NotFound for a person who
    does not act for the body, InvalidInput naming the field.
    """
    _hold(session, sign_on)
    _require_open(session, sign_on, actor)
    if user.id not in {one.id for one in people(session, sign_on, now=now)}:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    if capacity is not None and not 0 <= capacity <= MOST:
        raise InvalidInput("capacity", N_("Give a whole number of items, or nothing."), field="capacity")
    if len(languages) > MOST_LANGUAGES or not all(_CODE.fullmatch(code) for code in languages):
        raise InvalidInput(
            "languages", N_("Give languages by their codes of two letters, such as en nl sv."), field="languages"
        )
    found = next((one for one in sign_on.evaluators if one.user_id == user.id), None)
    codes = sorted(set(languages))
    if found is not None and (found.capacity, found.languages) == (capacity, codes):
        return found
    if found is None:
        found = OfferedEvaluator(user_id=user.id, user=user, created_at=now, created_by_id=actor.user_id)
        sign_on.evaluators.append(found)
    found.capacity, found.languages = capacity, codes
    session.flush()
    told: dict[str, Any] = {"user": user.public_id, "capacity": capacity, "languages": codes}
    audit.record(session, OFFERED, actor=actor, now=now, subject=sign_on, **told)
    return found


def take_back(session: Session, sign_on: SignOn, user: User, *, actor: Actor, now: dt.datetime) -> None:
    """Offer a person no longer; who was named to the panel meanwhile stays named. Raises as `offer`."""
    _hold(session, sign_on)
    _require_open(session, sign_on, actor)
    found = next((one for one in sign_on.evaluators if one.user_id == user.id), None)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    sign_on.evaluators.remove(found)
    session.flush()
    audit.record(session, TAKEN_BACK, actor=actor, now=now, subject=sign_on, user=user.public_id)


def is_open(sign_on: SignOn) -> bool:
    """Whether the body may offer persons now."""
    return sign_on.state in OFFERING and sign_on.round.state in BEFORE_JUDGING


def people(session: Session, sign_on: SignOn, *, now: dt.datetime) -> list[User]:
    """Who may be offered: everybody with an account that acts for the body as member, the lead's own people too; by name."""
    query = (
        select(User)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(RoleGrant.organisation_id == sign_on.organisation_id, *_acting(sign_on.round, now))
        .order_by(User.name, User.id)
    )
    return list(dict.fromkeys(session.scalars(query)))


def standing(session: Session, round_: Round, *, now: dt.datetime) -> dict[int, list[OfferedEvaluator]]:
    """Whom each body of a round offers, by number of the sign-on, in the order in which they were offered; one query.

    People whose account is closed or who act for the body no longer are left out.
    """
    query = (
        select(OfferedEvaluator)
        .join(SignOn, SignOn.id == OfferedEvaluator.sign_on_id)
        .join(User, User.id == OfferedEvaluator.user_id)
        .where(SignOn.round_id == round_.id, _still_acts(round_, now))
    )
    found: dict[int, list[OfferedEvaluator]] = {}
    for one in session.scalars(query.order_by(OfferedEvaluator.id)):
        found.setdefault(one.sign_on_id, []).append(one)
    return found


def of(session: Session, sign_on: SignOn, *, now: dt.datetime) -> list[OfferedEvaluator]:
    """Whom one body offers, as in `standing`."""
    return standing(session, sign_on.round, now=now).get(sign_on.id, [])


def offered(session: Session, round_: Round, *, now: dt.datetime) -> list[OfferedEvaluator]:
    """Everybody offered in a round by bodies that take part, as in `standing`, by body and name of the person."""
    query = (
        select(OfferedEvaluator)
        .join(SignOn, SignOn.id == OfferedEvaluator.sign_on_id)
        .join(User, User.id == OfferedEvaluator.user_id)
        .options(joinedload(OfferedEvaluator.sign_on).joinedload(SignOn.organisation))
        .where(SignOn.round_id == round_.id, SignOn.state.in_(OFFERING), _still_acts(round_, now))
    )
    found = session.scalars(query.order_by(OfferedEvaluator.id)).all()
    return sorted(found, key=lambda one: (one.sign_on.organisation.folded_name, one.user.name.casefold(), one.user_id))


def codes_of(text: str) -> list[str]:
    """Codes of languages as typed, with blanks or commas between them."""
    return text.casefold().replace(",", " ").split()


def _acting(round_: Round, now: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    """Where a grant lets its person be offered now: as member, the lead's own people too."""
    is_lead = (RoleGrant.role == "lead") & (RoleGrant.organisation_id == round_.organisation_id)
    return (
        (RoleGrant.role == "member") | is_lead,
        RoleGrant.withdrawn_at.is_(None),
        (RoleGrant.ends_at.is_(None)) | (RoleGrant.ends_at > now),
        User.disabled_at.is_(None),
    )


def _still_acts(round_: Round, now: dt.datetime) -> ColumnElement[bool]:
    """Whether a person that a sign-on offers still acts for its body."""
    grants = exists().where(RoleGrant.user_id == User.id, RoleGrant.organisation_id == SignOn.organisation_id)
    return grants.where(*_acting(round_, now)).correlate(User, SignOn)


def _hold(session: Session, sign_on: SignOn) -> None:
    """Two who offer persons for one body at once wait for each other here; what the first offered is then seen."""
    session.flush()
    session.refresh(sign_on, with_for_update={"of": SignOn})
    session.expire(sign_on, ["evaluators"])


def _require_open(session: Session, sign_on: SignOn, actor: Actor) -> None:
    if "member" not in roles_for(session, actor, sign_on):
        raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who="member")
    if sign_on.state not in OFFERING:
        raise MoveRefused("not-joining", N_("First say that your organisation joins; then you can offer evaluators."))
    if sign_on.round.state not in BEFORE_JUDGING:
        raise MoveRefused("judging-started", N_("The judging has started. Ask the lead to change who judges."))

"""A new round, from nothing or as a copy of an earlier one shifted by a year."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground import jurisdictions, lifecycle
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput
from framework.ground.months import add_months
from framework.ground.text import N_
from framework.rounds.schedule import year_on
from framework.rounds.settings import all_values
from models.base import random_id
from models.people import Organisation
from models.rounds import Clause, Criterion, Lot, MemberClass, Round
from models.signons import SignOn

_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")
ROUND_TERMS = (
    "summary",
    "jurisdiction",
    "mandate_type",
    "cross_border",
    "currency",
    "zone",
    "option_months",
    "duration_justification",
    "open_to_applications",
    "data_agreement",
    "retention_years",
    "template_version",
)
LOT_TERMS = (
    "number",
    "code",
    "name",
    "cpv_code",
    "unit",
    "categories",
    "spec_tiers",
    "years",
    "call_off_route",
    "required_components",
    "asked_tiers",
    "minerals",
    "asks_mines",
    "product_subset",
)
CLAUSE_TERMS = ("position", "key", "place", "title", "text", "parameters")
CRITERION_TERMS = (
    "position",
    "name",
    "description",
    "place",
    "weight",
    "formula",
    "parameters",
    "is_label",
    "equivalent_path",
)

CHOSEN_ANEW = frozenset({"ask_indicative_prices", "show_indicative_prices"})
"""Settings that no new round begins with: they open something to suppliers or members."""


def create(
    session: Session, *, name: str, jurisdiction: str, actor: Actor, now: dt.datetime, public_id: str | None = None
) -> Round:
    """Create a round in set-up for the actor's organisation; the jurisdiction's profile is copied into it.

    `public_id` is random unless given: the demonstration gives it, because its workbooks carry the key of their round.
    Raises InvalidInput (`name-missing`, `jurisdiction-unknown`), NotAllowed or MoveRefused.
    """
    profile = jurisdictions.profile(jurisdiction)
    round_ = _blank(session, name, actor, now)
    round_.public_id = public_id or random_id()
    round_.jurisdiction = profile.key
    round_.currency, round_.zone = profile.currency, profile.zone
    round_.settings = dict(jurisdictions.round_defaults(profile.key))
    lifecycle.move(session, round_, "create", actor=actor, now=now)
    return round_


def copy(session: Session, source: Round, *, name: str, actor: Actor, now: dt.datetime) -> Round:
    """Create a round from an earlier one of the same lead, a year on.

    Lots, classes, clauses, criteria, rules and disclosure scope are copied, dates move by one year, and the members
    that were in the round are invited. Quantities, the notice and where it refers to a clause, openers and
    confirmations are not copied: they belong to the new round. Raises as `create`.
    """
    round_ = _blank(session, name, actor, now)
    round_.copied_from_id = source.id
    _take(source, round_, ROUND_TERMS)
    round_.settings = {key: held for key, held in all_values(source).items() if key not in CHOSEN_ANEW}
    _shift_dates(source, round_)
    lifecycle.move(session, round_, "create", actor=actor, now=now)
    lots = {lot.id: _made(session, Lot, lot, LOT_TERMS, round_, now, actor) for lot in source.lots}
    for clause in source.clauses:
        _made(session, Clause, clause, CLAUSE_TERMS, round_, now, actor)
    for criterion in source.criteria:
        made = _made(session, Criterion, criterion, CRITERION_TERMS, round_, now, actor)
        made.lot = lots[criterion.lot_id] if criterion.lot_id is not None else None
    for named in source.member_classes:
        _made(session, MemberClass, named, ("name", "description"), round_, now, actor)
    session.flush()
    _invite_again(session, source, round_, actor=actor, now=now)
    return round_


def a_year_on(name: str) -> str:
    """The name with every year in it raised by one; the same name where it holds none."""
    return _YEAR.sub(lambda found: str(int(found[0]) + 1), name)


def _blank(session: Session, name: str, actor: Actor, now: dt.datetime) -> Round:
    cleaned = " ".join(name.split())
    if not cleaned:
        raise InvalidInput("name-missing", N_("Give the round a name."), field="name")
    if len(cleaned) > 200:
        raise InvalidInput("name-long", N_("The name is longer than 200 characters."), field="name")
    organisation = session.get(Organisation, actor.organisation_id) if actor.organisation_id else None
    return Round(
        name=cleaned,
        state="",
        organisation=organisation,
        organisation_id=actor.organisation_id,
        settings={},
        created_at=now,
        created_by_id=actor.user_id,
    )


def _take(source: Any, target: Any, names: tuple[str, ...]) -> None:
    for name in names:
        found = getattr(source, name)
        setattr(target, name, found.copy() if isinstance(found, list | dict) else found)


def _made(
    session: Session, table: Any, source: Any, names: tuple[str, ...], round_: Round, now: dt.datetime, actor: Actor
) -> Any:
    made = table(created_at=now, created_by_id=actor.user_id)
    _take(source, made, names)
    session.add(made)
    made.round = round_
    return made


def _shift_dates(source: Round, round_: Round) -> None:
    for name in ("signon_deadline", "demand_deadline", "questions_until", "tender_deadline"):
        setattr(round_, name, year_on(getattr(source, name), source.zone))
    for name in ("planned_publication_on", "term_starts_on", "term_ends_on", "first_audit_on"):
        day = getattr(source, name)
        setattr(round_, name, add_months(day, 12) if day else None)


def _invite_again(session: Session, source: Round, round_: Round, *, actor: Actor, now: dt.datetime) -> None:
    """Invite the members of the earlier round, with the basis and class they had."""
    query = select(SignOn).where(SignOn.round_id == source.id, SignOn.state.not_in(("left", "refused")))
    for earlier in session.scalars(query.order_by(SignOn.id)):
        invited = SignOn(
            round=round_,
            organisation_id=earlier.organisation_id,
            organisation=earlier.organisation,
            affiliated_via_id=earlier.affiliated_via_id,
            eligibility_basis=earlier.eligibility_basis,
            class_name=earlier.class_name,
            state="",
            created_at=now,
            created_by_id=actor.user_id,
        )
        lifecycle.move(session, invited, "invite", actor=actor, now=now)

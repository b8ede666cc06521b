"""Who judges: evaluators and chairs of a round, what each can take on, and the languages each reads."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from framework.ground import audit, conflicts, permissions
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, NotAllowed, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.sides import NOT_SIGNED_ON
from framework.ground.text import N_
from framework.judging.blind import is_judged
from framework.judging.sharing import Evaluator
from framework.judging.taking_out import OUT
from framework.rounds import settings
from framework.signons import evaluators
from models.judging import Assessment, ConflictStatement, EvaluatorProfile
from models.people import Appointment, Organisation, RoleGrant, User
from models.rounds import Round
from models.signons import OfferedEvaluator, SignOn

NAMED = audit.declare("appointment.made", "role", "user")
WITHDRAWN = audit.declare("appointment.withdrawn", "role", "user")
PROFILED = audit.declare("evaluator_profile.changed", "user", "capacity", "languages")
ROLES = ("evaluator", "chair")
MOST = 100_000
_CODE = re.compile("[a-z]{2}")


@dataclass(frozen=True, slots=True)
class Judge:
    """A person named to judge, with what is known: the statement, tenders kept out, capacity, items held and finished."""

    user: User
    member: Organisation
    roles: frozenset[str]
    stated_at: dt.datetime | None
    barred: frozenset[int]
    profile: EvaluatorProfile | None
    held: int
    finished: int

    @property
    def languages(self) -> frozenset[str]:
        """Those of the profile, else that of the account."""
        named = self.profile.languages if self.profile is not None else []
        return frozenset(named or [self.user.language])

    def evaluator(self) -> Evaluator:
        """As the sharing out takes a person."""
        capacity = self.profile.capacity if self.profile is not None else None
        return Evaluator(self.user.id, self.member.id, capacity, self.languages, self.barred, self.held)


def candidates(session: Session, round_: Round) -> list[tuple[User, Organisation]]:
    """Who may be named: people of the members of the round, the lead's included, by organisation and name."""
    signed = select(SignOn.organisation_id).where(SignOn.round_id == round_.id, SignOn.state.not_in(NOT_SIGNED_ON))
    suits = ((RoleGrant.role == "member") & RoleGrant.organisation_id.in_(signed)) | (
        (RoleGrant.role == "lead") & (RoleGrant.organisation_id == round_.organisation_id)
    )
    query = (
        select(User, Organisation)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .join(Organisation, Organisation.id == RoleGrant.organisation_id)
        .where(suits, RoleGrant.withdrawn_at.is_(None), User.disabled_at.is_(None))
        .order_by(Organisation.folded_name, User.name, User.id)
    )
    return [(user, body) for user, body in dict.fromkeys((row[0], row[1]) for row in session.execute(query))]


def name(
    session: Session, round_: Round, user: User, body: Organisation, role: str, *, actor: Actor, now: dt.datetime
) -> Appointment:
    """Name a person as evaluator or chair. Raises NotAllowed for somebody from no member, InvalidInput where named already."""
    permissions.require(session, actor, Permission.JUDGES_NAME, round_)
    if role not in ROLES:
        raise InvalidInput("role-unknown", N_("Choose evaluator or chair."), field="role")
    if (user.id, body.id) not in {(one.id, of.id) for one, of in candidates(session, round_)}:
        raise NotAllowed("not-a-member", N_("Evaluators and chairs come from the members of the round."), rule="SD3")
    query = select(Appointment).where(
        Appointment.round_id == round_.id, Appointment.user_id == user.id, Appointment.role == role
    )
    named = session.scalar(query.with_for_update())
    if named is not None and named.withdrawn_at is None:
        raise InvalidInput("named-already", N_("This person is named already."), field="user")
    if named is None:
        named = Appointment(round_id=round_.id, user_id=user.id, role=role, created_at=now, created_by_id=actor.user_id)
        session.add(named)
    named.organisation_id, named.withdrawn_at = body.id, None
    session.flush()
    audit.record(session, NAMED, actor=actor, now=now, subject=round_, role=role, user=user.public_id)
    return named


def offered(session: Session, round_: Round, *, now: dt.datetime) -> list[OfferedEvaluator]:
    """Whom members offered at sign-on and nobody has named as evaluator yet, by member and name."""
    query = select(Appointment.user_id).where(
        Appointment.round_id == round_.id, Appointment.role == "evaluator", Appointment.withdrawn_at.is_(None)
    )
    named = set(session.scalars(query))
    may_be = {(user.id, body.id) for user, body in candidates(session, round_)}
    return [
        one
        for one in evaluators.offered(session, round_, now=now)
        if one.user_id not in named and (one.user_id, one.sign_on.organisation_id) in may_be
    ]


def take_offered(
    session: Session, round_: Round, wanted: Iterable[OfferedEvaluator], *, actor: Actor, now: dt.datetime
) -> list[User]:
    """Name offered persons as evaluators, with what their members said of capacity and languages where nothing is set yet.

    All or none. Raises as `name`.
    """
    taken = []
    for one in wanted:
        name(session, round_, one.user, one.sign_on.organisation, "evaluator", actor=actor, now=now)
        is_said = one.capacity is not None or one.languages
        known = session.scalar(_profiles(round_).where(EvaluatorProfile.user_id == one.user_id))
        if is_said and known is None:
            change_profile(
                session,
                round_,
                one.user,
                capacity=one.capacity,
                languages=one.languages,
                version=None,
                actor=actor,
                now=now,
            )
        taken.append(one.user)
    return taken


def withdraw(session: Session, round_: Round, user: User, role: str, *, actor: Actor, now: dt.datetime) -> None:
    """Withdraw an evaluator or chair; one who has items gives them up first, so that none is lost from sight."""
    permissions.require(session, actor, Permission.JUDGES_NAME, round_)
    query = select(Appointment).where(
        Appointment.round_id == round_.id,
        Appointment.user_id == user.id,
        Appointment.role == role,
        Appointment.withdrawn_at.is_(None),
    )
    named = session.scalar(query)
    if named is None or role not in ROLES:
        raise RuleBroken("not-named", N_("This person is not named."))
    if role == "evaluator" and _loads(session, round_)[user.id][0]:
        raise RuleBroken("has-items", N_("This person has items. Have the chair give them to others first."))
    named.withdrawn_at = now
    audit.record(session, WITHDRAWN, actor=actor, now=now, subject=round_, role=role, user=user.public_id)


def change_profile(
    session: Session,
    round_: Round,
    user: User,
    *,
    capacity: int | None,
    languages: Sequence[str],
    version: int | None,
    actor: Actor,
    now: dt.datetime,
) -> EvaluatorProfile:
    """Set what an evaluator can take on. `version` is that of the profile as it was shown, None where there was none."""
    permissions.require(session, actor, Permission.JUDGES_NAME, round_)
    if capacity is not None and not 0 <= capacity <= MOST:
        raise InvalidInput("capacity", N_("Give a whole number of items, or nothing."), field="capacity")
    if not all(_CODE.fullmatch(code) for code in languages):
        raise InvalidInput(
            "languages", N_("Give languages by their codes of two letters, such as en nl sv."), field="languages"
        )
    found = session.scalar(_profiles(round_).where(EvaluatorProfile.user_id == user.id).with_for_update())
    if (found.version if found is not None else None) != version:
        raise RuleBroken("stale", N_("The list has changed since you looked at it. Look at it again."))
    if found is None:
        found = EvaluatorProfile(
            round_id=round_.id, user_id=user.id, created_at=now, created_by_id=actor.user_id, languages=[]
        )
        session.add(found)
    found.capacity, found.languages = capacity, sorted(set(languages))
    session.flush()
    told: dict[str, Any] = {"user": user.public_id, "capacity": capacity, "languages": found.languages}
    audit.record(session, PROFILED, actor=actor, now=now, subject=round_, **told)
    return found


def panel(session: Session, round_: Round) -> list[Judge]:
    """Everybody named as evaluator or chair, by member and name, with conflicts and loads."""
    query = (
        select(Appointment)
        .options(joinedload(Appointment.user), joinedload(Appointment.organisation))
        .join(User, User.id == Appointment.user_id)
        .where(
            Appointment.round_id == round_.id,
            Appointment.role.in_(ROLES),
            Appointment.withdrawn_at.is_(None),
            User.disabled_at.is_(None),
        )
    )
    by_user: dict[int, list[Appointment]] = {}
    for one in session.scalars(query.order_by(Appointment.id)):
        by_user.setdefault(one.user_id, []).append(one)
    stated = select(ConflictStatement.user_id, func.max(ConflictStatement.given_at)).where(
        ConflictStatement.round_id == round_.id
    )
    given = {row[0]: row[1] for row in session.execute(stated.group_by(ConflictStatement.user_id))}
    profiles = {one.user_id: one for one in session.scalars(_profiles(round_))}
    loads = _loads(session, round_)
    found = [
        Judge(
            some[0].user,
            next((one.organisation for one in some if one.role == "evaluator"), some[0].organisation),
            frozenset(one.role for one in some),
            given.get(user),
            conflicts.barred(session, user),
            profiles.get(user),
            *loads[user],
        )
        for user, some in by_user.items()
    ]
    return sorted(found, key=lambda one: (one.member.folded_name, one.user.name.casefold(), one.user.id))


def able(session: Session, round_: Round) -> list[Judge]:
    """Those of the panel who may be given items: evaluators who gave their statement, the chair only by the round's rule."""
    chair_too = bool(settings.value(round_, "chair_may_assess"))
    return [
        one
        for one in panel(session, round_)
        if "evaluator" in one.roles and one.stated_at is not None and (chair_too or "chair" not in one.roles)
    ]


def _profiles(round_: Round) -> Select[EvaluatorProfile]:
    return select(EvaluatorProfile).where(EvaluatorProfile.round_id == round_.id)


def _loads(session: Session, round_: Round) -> dict[int, tuple[int, int]]:
    """Items held and finished, by person, over all tenders that are judged."""
    query = (
        select(Assessment.user_id, Assessment.state, func.count())
        .where(Assessment.round_id == round_.id, Assessment.state.not_in(OUT), is_judged())
        .group_by(Assessment.user_id, Assessment.state)
        .execution_options(all_tenders=True)
    )
    found: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for user, state, count in session.execute(query):
        held, finished = found[user]
        found[user] = held + count, finished + (count if state == "final" else 0)
    return found

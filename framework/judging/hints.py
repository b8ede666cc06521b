"""What points to a conflict before a person says so: the same owner, the same mail domain, a former employer.

A hint is no conflict: the person decides. What the records cannot answer is said as well, so that nobody takes silence for no.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground.actors import Actor
from framework.ground.text import N_
from framework.judging.bidders import Bidder
from framework.rounds import settings
from models.people import Organisation, RoleGrant, User
from models.rounds import Round

OWNER, DOMAIN, EMPLOYER = "owner", "domain", "employer"
SENTENCES = {
    OWNER: N_("Has the same registration number as your organisation."),
    DOMAIN: N_("Its people use the same mail domain as you do."),
    EMPLOYER: N_("You worked for it until %(until)s, by the roles you held here."),
}
NOT_KNOWN = (
    N_("Whether a bidder and your organisation have the same owner: only registration numbers are compared."),
    N_("Former employers outside this installation: only roles that were held here are known."),
)
"""What cannot be worked out from the records."""
_COMMON = frozenset({"gmail.com", "outlook.com", "hotmail.com", "icloud.com", "yahoo.com", "proton.me"})


@dataclass(frozen=True, slots=True)
class Hint:
    """One reason to look twice; `until` is the day on which a role ended, for a former employer."""

    kind: str
    until: dt.date | None = None


def hints(
    session: Session, round_: Round, found: Sequence[Bidder], *, actor: Actor, now: dt.datetime
) -> dict[int, list[Hint]]:
    """The hints for a person, by the number of the supplier."""
    user = session.get(User, actor.user_id)
    own = session.get(Organisation, actor.organisation_id)
    suppliers = {one.supplier.id: one.supplier for one in found}
    domains = _domains(session, suppliers)
    worked = _worked(session, round_, suppliers, actor, now)
    made: dict[int, list[Hint]] = defaultdict(list)
    for number, supplier in suppliers.items():
        if own is not None and _number(own) and _number(own) == _number(supplier):
            made[number].append(Hint(OWNER))
        if user is not None and _domain(user.folded_email) in domains[number]:
            made[number].append(Hint(DOMAIN))
        if number in worked:
            made[number].append(Hint(EMPLOYER, worked[number].date()))
    return dict(made)


def _worked(
    session: Session, round_: Round, suppliers: dict[int, Organisation], actor: Actor, now: dt.datetime
) -> dict[int, dt.datetime]:
    """When roles of the person at these suppliers ended, within the years of the round's rules."""
    years = int(settings.value(round_, "conflict_employer_years"))
    since = now - dt.timedelta(days=round(365.25 * years))
    query = select(RoleGrant.organisation_id, RoleGrant.withdrawn_at, RoleGrant.ends_at).where(
        RoleGrant.user_id == actor.user_id, RoleGrant.organisation_id.in_(sorted(suppliers))
    )
    found: dict[int, dt.datetime] = {}
    for number, withdrawn, ends in session.execute(query):
        until = min((at for at in (withdrawn, ends) if at is not None), default=now)
        if until >= since:
            found[number] = max(until, found.get(number, until))
    return found


def _domains(session: Session, suppliers: dict[int, Organisation]) -> dict[int, set[str]]:
    found = {number: {one.mail_domain.casefold()} - {""} for number, one in suppliers.items()}
    query = (
        select(RoleGrant.organisation_id, User.folded_email)
        .join(User, User.id == RoleGrant.user_id)
        .where(RoleGrant.organisation_id.in_(sorted(suppliers)), RoleGrant.withdrawn_at.is_(None))
    )
    for number, email in session.execute(query):
        found[number].add(_domain(email))
    return {number: names - _COMMON for number, names in found.items()}


def _domain(email: str) -> str:
    return email.rpartition("@")[2]


def _number(organisation: Organisation) -> str:
    """A registration number as compared: with its country, without blanks and signs."""
    bare = "".join(sign for sign in organisation.registration_no.casefold() if sign.isalnum())
    return f"{organisation.country} {bare}" if bare else ""

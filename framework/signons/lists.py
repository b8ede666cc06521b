"""The list of sign-ons: searched, filtered, counted."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from framework.ground.paging import page_of
from models.people import Organisation
from models.rounds import Round
from models.signons import SIGN_ON_STATES, SignOn

PAGE = 50


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of sign-ons; `counts` are over the whole round, in the order of the states."""

    rows: list[SignOn]
    total: int
    counts: dict[str, int]
    pages: int
    page: int = 1


def everything(session: Session, round_: Round, *, search: str = "", state: str = "") -> list[SignOn]:
    """All sign-ons of a round that a search finds, by name of the body."""
    return list(session.scalars(_ordered(_found(round_, search, state))))


def listing(
    session: Session, round_: Round, *, search: str = "", state: str = "", page: str | int | None = 1
) -> Listing:
    """Sign-ons of a round by name of the body, `PAGE` at a time."""
    query = _found(round_, search, state)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    part = page_of(page, total, PAGE)
    rows = session.scalars(_ordered(query).limit(part.size).offset(part.offset)).all()
    return Listing(list(rows), total, counts(session, round_), part.pages, part.number)


def counts(session: Session, round_: Round) -> dict[str, int]:
    """How many sign-ons are in each state that occurs, in the order of the lifecycle."""
    query = (
        select(SignOn.state, func.count().label("number")).where(SignOn.round_id == round_.id).group_by(SignOn.state)
    )
    found = {row.state: row.number for row in session.execute(query)}
    return {state: found[state] for state in SIGN_ON_STATES if state in found}


def current(session: Session, round_: Round, organisation_id: int | None) -> SignOn | None:
    """The sign-on of an organisation that counts: not left, not refused."""
    query = select(SignOn).where(
        SignOn.round_id == round_.id,
        SignOn.organisation_id == organisation_id,
        SignOn.state.not_in(("left", "refused")),
    )
    return session.scalar(query)


def consortia(session: Session, sign_on: SignOn) -> list[Organisation]:
    """Bodies through which this one may join: the lead and whoever else is in the round, and what was said before; by name."""
    taking_part = select(SignOn.organisation_id).where(
        SignOn.round_id == sign_on.round_id, SignOn.state.not_in(("left", "refused"))
    )
    said = [number for number in (sign_on.round.organisation_id, sign_on.affiliated_via_id) if number is not None]
    query = select(Organisation).where(
        or_(Organisation.id.in_(taking_part), Organisation.id.in_(said)), Organisation.id != sign_on.organisation_id
    )
    return list(session.scalars(query.order_by(Organisation.folded_name, Organisation.id)))


def invitable(session: Session, round_: Round) -> list[Organisation]:
    """The buyers of this installation that are not on the list, by name."""
    taken = select(SignOn.organisation_id).where(SignOn.round_id == round_.id, SignOn.state.not_in(("left", "refused")))
    query = select(Organisation).where(Organisation.kind.in_(("buyer", "lead")), Organisation.id.not_in(taken))
    return list(session.scalars(query.order_by(Organisation.folded_name)))


def _found(round_: Round, search: str, state: str) -> Select[SignOn]:
    query = (
        select(SignOn).join(Organisation, Organisation.id == SignOn.organisation_id).where(SignOn.round_id == round_.id)
    )
    if search.strip():
        query = query.where(Organisation.folded_name.contains(search.strip().casefold(), autoescape=True))
    return query.where(SignOn.state == state) if state in SIGN_ON_STATES else query


def _ordered(query: Select[SignOn]) -> Select[SignOn]:
    return query.options(joinedload(SignOn.organisation)).order_by(Organisation.folded_name, SignOn.id)

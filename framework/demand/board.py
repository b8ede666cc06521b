"""The lead's board: members × lots, who answered and who did not; and the reminder to those who did not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.demand.declare import require_open
from framework.demand.pool import JOINED
from framework.ground import audit, mail
from framework.ground.actors import Actor, roles_in
from framework.ground.errors import NotAllowed
from framework.ground.text import N_
from framework.rounds import telling
from models.demand import Demand, DemandLine
from models.people import Organisation, RoleGrant, User
from models.rounds import Lot, Round
from models.signons import SignOn

REMINDED = audit.declare("demand.reminded", "members", "mails")
LIVE = ("draft", "submitted", "accepted", "locked")


@dataclass(frozen=True, slots=True)
class Square:
    """A live version of a member and a lot; quantities None where nothing is known.

    `is_private`: never handed in, so that neither its quantities nor its lines are the lead's to see.
    """

    public_id: str
    state: str
    version_no: int
    firm: int | None
    expected: int | None
    maximum: int | None
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One member: `squares` by lot id (none = has not begun), `sign_on` its state."""

    member_id: int
    public_id: str
    name: str
    sign_on: str
    squares: dict[int, tuple[Square, ...]]

    def is_missing(self, lots: Iterable[Lot]) -> bool:
        """Whether a lot is left without an answer: nothing handed in, nothing accepted."""
        return any(
            not {s.state for s in self.squares.get(lot.id, ())} & {"submitted", "accepted", "locked"} for lot in lots
        )


def board(
    session: Session, round_: Round, *, search: str = "", offset: int = 0, limit: int | None = 50
) -> list[BoardRow]:
    """A page of the board, by name (`limit` None: to its end): two queries."""
    query = (
        select(SignOn.organisation_id, SignOn.state, Organisation.public_id, Organisation.name)
        .join(Organisation, Organisation.id == SignOn.organisation_id)
        .where(SignOn.round_id == round_.id, SignOn.state.in_(JOINED))
        .order_by(Organisation.folded_name, Organisation.id)
    )
    if search:
        query = query.where(Organisation.folded_name.contains(search.casefold(), autoescape=True))
    members = session.execute(query.offset(offset).limit(limit)).all()
    squares = _squares(session, round_, [row.organisation_id for row in members])
    return [
        BoardRow(row.organisation_id, row.public_id, row.name, row.state, squares.get(row.organisation_id, {}))
        for row in members
    ]


def count_members(session: Session, round_: Round, *, search: str = "") -> int:
    """How many members joined (with `search`: of that name)."""
    query = (
        select(func.count())
        .select_from(SignOn)
        .join(Organisation, Organisation.id == SignOn.organisation_id)
        .where(SignOn.round_id == round_.id, SignOn.state.in_(JOINED))
    )
    if search:
        query = query.where(Organisation.folded_name.contains(search.casefold(), autoescape=True))
    return session.scalar(query) or 0


def missing_members(session: Session, round_: Round) -> list[int]:
    """Members that joined and have not answered for every lot."""
    answered = (
        select(Demand.member_id, func.count(func.distinct(Demand.lot_id)).label("lots"))
        .where(Demand.round_id == round_.id, Demand.state.in_(("submitted", "accepted", "locked")))
        .group_by(Demand.member_id)
        .subquery()
    )
    lots = session.scalar(select(func.count()).select_from(Lot).where(Lot.round_id == round_.id)) or 0
    query = (
        select(SignOn.organisation_id)
        .outerjoin(answered, answered.c.member_id == SignOn.organisation_id)
        .where(
            SignOn.round_id == round_.id,
            SignOn.state.in_(JOINED),
            func.coalesce(answered.c.lots, 0) < lots,
        )
        .order_by(SignOn.organisation_id)
    )
    return list(session.scalars(query))


def is_private(state: str, submitted_at: dt.datetime | None) -> bool:
    """Whether a version was never handed in: its member's own until then."""
    return state in ("draft", "lapsed", "withdrawn") and submitted_at is None


def remind(session: Session, round_: Round, *, actor: Actor, now: dt.datetime, member_id: int | None = None) -> int:
    """Mail the people of members that have not answered (or of one of them); the number of mails.

    Raises NotAllowed for anybody but the lead, MoveRefused when demand is not open.
    """
    if "lead" not in roles_in(session, actor, round_):
        raise NotAllowed("role-missing", N_("Only %(who)s may do this."), who="lead")
    require_open(round_, now=now)
    missing = [m for m in missing_members(session, round_) if member_id in (None, m)]
    people = _people(session, missing)
    for person in people:
        mail.post(
            session,
            "demand_reminder",
            to=person,
            now=now,
            round_=round_,
            round=round_.name,
            deadline=telling.local_words(round_.demand_deadline, round_.zone),
            path=f"/rounds/{round_.public_id}/demand",
        )
    audit.record(session, REMINDED, actor=actor, now=now, subject=round_, members=len(missing), mails=len(people))
    return len(people)


def _people(session: Session, members: list[int]) -> list[User]:
    query = (
        select(User)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(
            RoleGrant.organisation_id.in_(members),
            RoleGrant.role == "member",
            RoleGrant.withdrawn_at.is_(None),
            User.disabled_at.is_(None),
        )
        .distinct()
        .order_by(User.id)
    )
    return list(session.scalars(query))


def _squares(session: Session, round_: Round, members: list[int]) -> dict[int, dict[int, tuple[Square, ...]]]:
    query = (
        select(
            Demand.member_id,
            Demand.lot_id,
            Demand.public_id,
            Demand.state,
            Demand.version_no,
            Demand.submitted_at,
            func.sum(DemandLine.qty_firm).label("firm"),
            func.sum(DemandLine.qty_expected).label("expected"),
            func.sum(DemandLine.qty_max).label("maximum"),
        )
        .outerjoin(DemandLine, DemandLine.demand_id == Demand.id)
        .where(Demand.round_id == round_.id, Demand.state.in_(LIVE), Demand.member_id.in_(members))
        .group_by(Demand.id)
        .order_by(Demand.version_no.desc())
    )
    found: dict[int, dict[int, tuple[Square, ...]]] = {}
    for row in session.execute(query):
        lots = found.setdefault(row.member_id, {})
        hidden = is_private(row.state, row.submitted_at)
        firm, expected, maximum = (None, None, None) if hidden else (row.firm, row.expected, row.maximum)
        square = Square(row.public_id, row.state, row.version_no, firm, expected, maximum, hidden)
        lots[row.lot_id] = (*lots.get(row.lot_id, ()), square)
    return found

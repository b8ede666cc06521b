"""Lists of what is disclosed under agreements: a contractor's own duties, the board of a round."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from framework.contract import duties, lists, running
from framework.ground.actors import Actor
from framework.ground.errors import NotFound
from framework.ground.text import N_, storable
from models.contract import Agreement
from models.contract_disclosure import CONTRACT_STATES, ContractSubmission, Duty, Gap, Update
from models.rounds import Round
from models.signons import SignOn

T = TypeVar("T")
BOARD_STATES = tuple(state for state in CONTRACT_STATES if state != "superseded")


@dataclass(frozen=True, slots=True)
class Line:
    """A duty by its newest version: the state as the date decides it, and how many gaps are open (None: not counted)."""

    version: ContractSubmission
    state: str
    gaps: int | None

    @property
    def duty(self) -> Duty:
        """What is owed."""
        return self.version.duty


@dataclass(frozen=True, slots=True)
class Filters:
    """What a board shows: a state, an agreement by its public id, a kind of duty; blank for all."""

    state: str = ""
    agreement: str = ""
    kind: str = ""


def of_supplier(session: Session, round_: Round, supplier_id: int, *, now: dt.datetime) -> list[Line]:
    """The duties of one contractor: what is waited for first, by due date; then the others, the newest first."""
    found = _lines(session, round_, now, supplier_id)
    waiting = sorted((one for one in found if one.state in duties.OPEN), key=lambda one: one.version.due_on)
    return waiting + [one for one in found if one.state not in duties.OPEN]


def of_round(session: Session, round_: Round, *, now: dt.datetime) -> list[Line]:
    """The duties of all contractors, overdue ones first, then by due date."""
    found = _lines(session, round_, now, None)
    return sorted(found, key=lambda one: (one.state != "overdue", one.version.due_on, one.version.id))


def fitting(lines: Sequence[Line], filters: Filters) -> list[Line]:
    """The lines that a filter leaves, in their order."""
    return [
        one
        for one in lines
        if filters.state in ("", one.state)
        and filters.kind in ("", one.duty.kind)
        and filters.agreement in ("", one.duty.agreement.public_id)
    ]


def may_read(session: Session, round_: Round, actor: Actor, roles: Collection[str]) -> bool:
    """Whether this reader may know what is disclosed in the round: of the bodies that buy only those whose sign-on is confirmed."""
    if set(roles) & {"lead", "evaluator", "chair", "monitor"}:
        return True
    return "member" in roles and session.scalar(lists.joined(actor).where(SignOn.round_id == round_.id)) is not None


def agreements(
    session: Session, round_: Round, contractor_id: int | None = None, *, now: dt.datetime
) -> list[Agreement]:
    """The agreements of a round that have started by their day, by number; of one contractor where it is given."""
    query = (
        select(Agreement)
        .options(joinedload(Agreement.lot), joinedload(Agreement.contractor))
        .where(Agreement.round_id == round_.id, or_(Agreement.started_at.is_not(None), Agreement.state == "signed"))
    )
    if contractor_id is not None:
        query = query.where(Agreement.contractor_id == contractor_id)
    found = session.scalars(query.order_by(Agreement.number)).all()
    return [one for one in found if running.state_at(one, now=now) != "signed"]


def running_ones(found: Sequence[Agreement], *, now: dt.datetime) -> list[Agreement]:
    """Those that have not ended."""
    return [one for one in found if running.state_at(one, now=now) in running.RUNNING]


def own_duty(session: Session, round_: Round, supplier_id: int, public_id: str) -> Duty:
    """A contractor's own duty; another's is not found."""
    query = (
        select(Duty)
        .join(Agreement, Agreement.id == Duty.agreement_id)
        .options(joinedload(Duty.agreement).joinedload(Agreement.lot))
        .where(Duty.round_id == round_.id, Duty.public_id == storable(public_id))
        .where(Agreement.contractor_id == supplier_id)
    )
    return _found(session.scalar(query))


def versions_of(session: Session, duty: Duty) -> Sequence[ContractSubmission]:
    """All versions of a duty, the newest first."""
    query = (
        select(ContractSubmission)
        .options(joinedload(ContractSubmission.submission).joinedload(Update.file))
        .where(ContractSubmission.duty_id == duty.id)
    )
    return session.scalars(query.order_by(ContractSubmission.version_no.desc())).all()


def version_of(session: Session, round_: Round, public_id: str, supplier_id: int | None = None) -> ContractSubmission:
    """One version of the round by its public id; another supplier's is not found where one is given."""
    query = (
        select(ContractSubmission)
        .options(
            joinedload(ContractSubmission.submission).joinedload(Update.file),
            joinedload(ContractSubmission.duty).joinedload(Duty.agreement).joinedload(Agreement.lot),
            joinedload(ContractSubmission.supplier),
        )
        .where(ContractSubmission.round_id == round_.id, ContractSubmission.public_id == storable(public_id))
    )
    if supplier_id is not None:
        query = query.where(ContractSubmission.supplier_id == supplier_id)
    return _found(session.scalar(query))


def _lines(session: Session, round_: Round, now: dt.datetime, supplier_id: int | None) -> list[Line]:
    last = (
        select(func.max(ContractSubmission.id))
        .where(ContractSubmission.round_id == round_.id)
        .group_by(ContractSubmission.duty_id)
    )
    open_gaps = (
        select(Gap.contract_submission_id, func.count().label("n"))
        .where(Gap.excuse != "not_applicable")
        .group_by(Gap.contract_submission_id)
        .subquery()
    )
    query = (
        select(ContractSubmission, open_gaps.c.n)
        .outerjoin(open_gaps, open_gaps.c.contract_submission_id == ContractSubmission.id)
        .options(
            joinedload(ContractSubmission.submission),
            joinedload(ContractSubmission.supplier),
            joinedload(ContractSubmission.duty).joinedload(Duty.agreement).joinedload(Agreement.lot),
        )
        .where(ContractSubmission.id.in_(last))
        .order_by(ContractSubmission.id.desc())
    )
    if supplier_id is not None:
        query = query.where(ContractSubmission.supplier_id == supplier_id)
    return [
        Line(version, duties.state_now(version, now), _counted(version, number))
        for version, number in session.execute(query)
    ]


def _counted(version: ContractSubmission, number: int | None) -> int | None:
    is_read = version.submission is not None and version.submission.state == "checked"
    return (number or 0) if is_read else None


def _found(record: T | None) -> T:
    if record is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return record

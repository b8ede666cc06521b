"""The contract stage as the reading knows it: what is asked, with what a file is compared, what its receipt says."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.contract import duties, updates
from framework.disclosure import previous, receipts, stages
from framework.disclosure.checked import Checked
from framework.disclosure.columns import PRODUCTS
from framework.disclosure.receiving import scope_of
from framework.disclosure.scope import RoundScope
from framework.ground.errors import MoveRefused
from models.contract import Agreement
from models.contract_disclosure import ContractSubmission, Duty
from models.disclosure import Disclosed

REVIEWED = "as the disclosure under the agreement, once it is read and reviewed; it is not sealed"


def scope(session: Session, agreement: Agreement) -> RoundScope:
    """What an agreement asks: its lot alone, in the contract stage."""
    found = scope_of(session, agreement.round, agreement.contractor)
    lots = tuple(lot for lot in found.lots if lot.code == agreement.lot.code)
    return replace(found, stage="contract", lots=lots)


def accepted_before(session: Session, duty: Duty, at: dt.datetime | None = None) -> ContractSubmission | None:
    """What was accepted last, before `at` where it is given: of the same brand, else of all that is offered."""
    query = (
        select(ContractSubmission)
        .join(Duty, Duty.id == ContractSubmission.duty_id)
        .options(joinedload(ContractSubmission.submission))
        .where(Duty.agreement_id == duty.agreement_id, Duty.brand.in_({"", duty.brand}))
        .where(ContractSubmission.decided_at.is_not(None), ContractSubmission.submission_id.is_not(None))
    )
    if at is not None:
        query = query.where(ContractSubmission.decided_at < at)
    ordered = query.order_by(Duty.brand.desc(), ContractSubmission.decided_at.desc(), ContractSubmission.id.desc())
    return session.scalars(ordered.limit(1)).first()


def rows_to_fill_in(session: Session, duty: Duty) -> previous.Records:
    """The rows that its template brings back: what was returned with gaps, else accepted last, else the opened tender's."""
    query = (
        select(ContractSubmission)
        .options(joinedload(ContractSubmission.submission))
        .where(ContractSubmission.duty_id == duty.id, ContractSubmission.state.in_(updates.REPLACED))
    )
    returned = session.scalars(query.order_by(ContractSubmission.version_no.desc()).limit(1)).first()
    version = returned or accepted_before(session, duty)
    source: Disclosed | None = version.submission if version is not None else duty.agreement.award.submission
    if source is None or not source.rows_stored:
        source = duty.agreement.award.submission
    try:
        rows = previous.rows_of(session, source)
    except MoveRefused:  # a tender whose key never came back
        return {}
    return _of_lot(rows, duty.agreement.lot.code)


def _of_lot(rows: previous.Records, code: str) -> previous.Records:
    """The rows without the models of other lots, and without what they are made of and where."""
    others = {
        str(one["values"].get("product_ref")).casefold()
        for one in rows.get(PRODUCTS, [])
        if str(one["values"].get("lot") or code).strip().casefold() != code.casefold()
    }

    def is_of_lot(one: dict[str, Any]) -> bool:
        return str(one["values"].get("product_ref") or "").casefold() not in others

    return {name: [one for one in found if is_of_lot(one)] for name, found in rows.items()}


def _scope(session: Session, update: Disclosed) -> RoundScope:
    return scope(session, updates.of_update(session, update).duty.agreement)


def _before(session: Session, update: Disclosed) -> Disclosed | None:
    """What was accepted before it arrived, else the opened tender of the contractor, where rows of it are stored."""
    duty = updates.of_update(session, update).duty
    accepted = accepted_before(session, duty, update.received_at)
    found: Disclosed | None = accepted.submission if accepted is not None else duty.agreement.award.submission
    return found if found is not None and found.rows_stored else None


def _was_read(
    session: Session, update: Disclosed, checked: Checked, now: dt.datetime, mail_after: dt.timedelta
) -> None:
    updates.take_result(session, update, now=now)


def _subject(session: Session, update: Disclosed) -> ContractSubmission:
    return updates.of_update(session, update)


def _terms(session: Session, update: Disclosed) -> dict[str, Any]:
    version = updates.of_update(session, update)
    is_owed = version.duty.kind != "change" or version.is_cure
    return {
        "agreement": version.duty.agreement.number,
        "deadline": receipts.utc(duties.ends(version)) if is_owed else None,
        "in_time": update.late_by_seconds is None,
        "late_by_seconds": update.late_by_seconds,
        "counts": REVIEWED,
    }


stages.enter(
    "contract",
    stages.Stage(
        scope=_scope,
        before=_before,
        was_read=_was_read,
        subject=_subject,
        arrivals=("submission_contract.upload", "submission_contract.notify_change"),
        terms=_terms,
    ),
)

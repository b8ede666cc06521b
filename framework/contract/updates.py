"""Receive what a contractor discloses under an agreement: the tender's reading, receipt and checks, and no envelope."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from framework.contract import duties, update_gaps, update_notices
from framework.contract.duties import ENTITY, OPEN, moved
from framework.contract.text import brands_of
from framework.disclosure import receipts
from framework.disclosure.receiving import CHECK_JOB, Clock, lock, receipt_number
from framework.ground import audit, jobs, lifecycle
from framework.ground.actors import SYSTEM, Actor
from framework.ground.errors import InvalidInput, MoveRefused
from framework.ground.files import Blob
from framework.ground.lifecycle import Context
from framework.ground.text import N_, key_of, storable
from models.contract import Agreement
from models.contract_disclosure import ContractSubmission, Duty, Update
from models.disclosure import Disclosed
from models.records import StoredFile

STANDING = ("received", "checked", "in_review")
"""States of a version that is being looked at: its bytes sent again are the same version, others a newer one."""
REPLACED = (*STANDING, "incomplete")
MOST_CHANGES = 20
"""Changes of one agreement that may wait for their review at a time."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What arrived: its durable bytes, the name as sent, and when its first byte came."""

    blob: Blob
    name: str
    first_byte_at: dt.datetime


def receive(session: Session, duty: Duty, sent: Sent, *, actor: Actor, clock: Clock) -> ContractSubmission:
    """Take a file for a duty, with its receipt; the bytes are durable and lie as they came, under no key.

    The round is locked first, then the clock is read once: that is `received_at`. The bytes of the version that is looked
    at sent again give that version back; other bytes are a newer version. Raises NotAllowed and MoveRefused.
    """
    lock(session, duty.round)
    now = clock()
    newest = duties.newest(session, duty)
    session.refresh(newest)
    duties.settle(session, newest, now=now)
    if newest.state in STANDING and _holds(newest, sent.blob):
        return newest
    if newest.state in OPEN:
        return _arrive(session, newest, "upload", sent, actor=actor, now=now)
    if newest.state in STANDING:
        version = duties.new_version(session, duty, actor=actor, now=now, is_cure=newest.is_cure)
        return _arrive(session, version, "notify_change", sent, actor=actor, now=now)
    raise MoveRefused(
        "duty-settled", N_("Nothing is waited for here any more. Report a change instead, with a file of its own.")
    )


def report_change(
    session: Session, agreement: Agreement, sent: Sent, *, brand: str, why: str, actor: Actor, clock: Clock
) -> ContractSubmission:
    """Take a file that nobody asked for, because something changed; the same bytes again give the same version.

    Raises InvalidInput (text, brand), NotAllowed and MoveRefused.
    """
    lock(session, agreement.round)
    now, why = clock(), storable(why).strip()
    duties.settle_term(session, agreement, now=now)
    if not why:
        raise InvalidInput("reason-missing", N_("Say in a sentence what changed."), field="why")
    if len(why) > duties.LONGEST_WHY:
        most = duties.LONGEST_WHY
        raise InvalidInput("text-too-long", N_("Shorten the text to %(most)s characters."), field="why", most=most)
    wanted = {key_of(name): name for name in brands_of(agreement)}
    if brand and key_of(brand) not in wanted:
        raise InvalidInput(
            "brand-unknown", N_("The agreement names no such brand. Choose one of the list."), field="brand"
        )
    waiting = _changes(session, agreement)
    for one in waiting:
        if _holds(one, sent.blob):
            return one
    if len(waiting) >= MOST_CHANGES:
        raise MoveRefused("too-many-changes", N_("Many changes wait for their review already. Wait for that first."))
    duty = duties.reported(agreement, wanted[key_of(brand)] if brand else "", why=why, actor=actor, now=now)
    version = duties.new_version(session, duty, actor=actor, now=now)
    return _arrive(session, version, "notify_change", sent, actor=actor, now=now)


def of_update(session: Session, update: Disclosed) -> ContractSubmission:
    """The version whose file this is."""
    query = select(ContractSubmission).where(ContractSubmission.submission_id == update.id)
    return session.scalars(query.execution_options(all_tenders=True)).one()


def _arrive(
    session: Session, version: ContractSubmission, act: str, sent: Sent, *, actor: Actor, now: dt.datetime
) -> ContractSubmission:
    """File, move, job, receipt and mail of one arrival; older versions of the duty make way."""
    update = _update(session, version, sent, actor, now)
    version.submission = update
    salt = receipts.new_salt()
    commitment = receipts.commitment(salt, sent.blob.content_sha256)
    lifecycle.move(session, version, act, actor=actor, now=now, commitment=commitment)
    session.flush()
    update.job = jobs.enqueue(
        session, CHECK_JOB, now=now, organisation_id=version.supplier_id, submission=update.public_id
    )
    receipts.give(session, update, salt, now=now)
    _replace_older(session, version, now)
    update_notices.was_received(session, version, update, now=now)
    session.flush()
    return version


def _update(session: Session, version: ContractSubmission, sent: Sent, actor: Actor, now: dt.datetime) -> Update:
    if sent.blob.key is not None:
        raise ValueError("nothing under an agreement is sealed")
    seq = audit.next_number(session, "receipt")
    of_supplier = (Disclosed.round_id == version.duty.round.id, Disclosed.supplier_id == version.owner_id)
    last = session.scalar(
        select(func.max(Disclosed.version_no)).where(*of_supplier).execution_options(all_tenders=True)
    )
    stored = StoredFile(
        sha256=sent.blob.sha256,
        size=sent.blob.size,
        name=storable(sent.name)[:255],
        scan=sent.blob.scan,
        purpose="disclosure",
        organisation_id=version.owner_id,
        created_at=now,
        created_by_id=actor.user_id,
    )
    return Update(
        round=version.duty.round,
        supplier=version.supplier,
        version_no=(last or 0) + 1,
        state="staged",
        file=stored,
        receipt_seq=seq,
        receipt_number=receipt_number(seq),
        first_byte_at=sent.first_byte_at,
        received_at=now,
        late_by_seconds=_late_by(version, now),
        created_at=now,
        created_by_id=actor.user_id,
    )


def _late_by(version: ContractSubmission, now: dt.datetime) -> int | None:
    """Whole seconds after the due date, one at least; None in time, or where nothing was owed."""
    if version.state not in OPEN or not duties.is_past(version, now):
        return None
    return max(1, int((now - duties.ends(version)).total_seconds()))


def _replace_older(session: Session, version: ContractSubmission, now: dt.datetime) -> None:
    query = select(ContractSubmission).where(
        ContractSubmission.duty_id == version.duty_id,
        ContractSubmission.version_no < version.version_no,
        ContractSubmission.state.in_(REPLACED),
    )
    for older in session.scalars(query.order_by(ContractSubmission.version_no)).all():
        lifecycle.move(session, older, "supersede", actor=SYSTEM, now=now, newer=version)


def _changes(session: Session, agreement: Agreement) -> list[ContractSubmission]:
    """Changes that were reported and wait for their review."""
    query = (
        select(ContractSubmission)
        .join(Duty, Duty.id == ContractSubmission.duty_id)
        .options(joinedload(ContractSubmission.submission).joinedload(Update.file))
        .where(Duty.agreement_id == agreement.id, Duty.kind == "change", ContractSubmission.state.in_(STANDING))
    )
    return list(session.scalars(query.order_by(ContractSubmission.id)))


def _holds(version: ContractSubmission, blob: Blob) -> bool:
    return version.submission is not None and version.submission.file.content_sha256 == blob.content_sha256


def take_result(session: Session, update: Disclosed, *, now: dt.datetime) -> None:
    """Move on the version whose file was read: refused, or checked with its gaps counted.

    One that a newer version took the place of meanwhile keeps its state; its file counts as read.
    """
    version = of_update(session, update)
    is_refused = update.verdict == "refused"
    if version.state != "received":
        update.state = "refused" if is_refused else "checked"
        return
    lifecycle.move(session, version, "refuse_file" if is_refused else "check", actor=SYSTEM, now=now)
    if is_refused:
        update_notices.was_refused(session, version, now=now)
    else:
        update_notices.is_to_review(session, version, now=now)


def _may_upload(session: Session, version: ContractSubmission, context: Context) -> None:
    if "supplier" not in context.roles:  # a brand sends only rows that were asked of it, by its own link
        raise MoveRefused(
            "brand-by-link", N_("A brand answers by the link of a request. The contractor sends the file.")
        )
    if version.duty.agreement.state == "cancelled":
        raise MoveRefused("agreement-not-running", N_("This agreement has not started, or has ended."))


def _may_notify(session: Session, version: ContractSubmission, context: Context) -> None:
    _may_upload(session, version, context)
    if duties.is_over(version.duty.agreement, context.now):
        raise MoveRefused("agreement-not-running", N_("This agreement has not started, or has ended."))


def _may_refuse(session: Session, version: ContractSubmission, context: Context) -> None:
    if version.submission is None or version.submission.verdict != "refused":
        raise MoveRefused("file-not-refused", N_("The file was not refused."))


def _refused(session: Session, version: ContractSubmission, context: Context) -> None:
    """A duty goes on with the same due date; a change that nobody asked for ends there."""
    moved(session, version, context)
    _read(version, "refused")
    if version.duty.kind != "change" or version.is_cure:
        due_on, is_cure = version.due_on, version.is_cure
        session.flush()
        duties.request(
            session,
            version.duty,
            due_on=due_on,
            actor=SYSTEM,
            now=context.now,
            cause="refused",
            is_cure=is_cure,
            quietly=True,
        )


def _may_check(session: Session, version: ContractSubmission, context: Context) -> None:
    update = version.submission
    if update is None or update.checked_at is None or update.verdict == "refused":
        raise MoveRefused("not-read", N_("The file has not been read."))


def _checked(session: Session, version: ContractSubmission, context: Context) -> None:
    moved(session, version, context)
    _read(version, "checked")
    session.flush()
    if version.submission is not None:
        update_gaps.count(session, version, version.submission)


def _read(version: ContractSubmission, state: str) -> None:
    if version.submission is not None:
        version.submission.state = state


def _may_supersede(session: Session, version: ContractSubmission, context: Context) -> None:
    newer: ContractSubmission | None = context.facts.get("newer")
    if newer is None or newer.submission_id is None or newer.id == version.id:
        raise MoveRefused("no-newer-version", N_("There is no newer version."))
    if version.state in duties.DONE and newer.state not in duties.DONE:
        raise MoveRefused("no-newer-version", N_("There is no newer version."))
    if version.state not in duties.DONE and newer.duty_id != version.duty_id:
        raise MoveRefused("no-newer-version", N_("There is no newer version."))


lifecycle.register(ENTITY, "upload", guard=_may_upload, effect=moved, noted=("commitment",))
lifecycle.register(ENTITY, "notify_change", guard=_may_notify, effect=moved, noted=("commitment",))
lifecycle.register(ENTITY, "refuse_file", guard=_may_refuse, effect=_refused)
lifecycle.register(ENTITY, "check", guard=_may_check, effect=_checked)
lifecycle.register(ENTITY, "supersede", guard=_may_supersede, effect=moved)

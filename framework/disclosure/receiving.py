"""Receive a file: durable bytes, one clock reading under the lock, a receipt; late files are kept and do not count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.disclosure import in_memory, notices, receipts, sealing
from framework.disclosure.confidentiality import deadline_day
from framework.disclosure.scope import LotScope, RoundScope
from framework.ground import audit, jobs, lifecycle
from framework.ground.actors import SUPPLIER_SEES_FROM, SYSTEM, Actor
from framework.ground.errors import MoveRefused
from framework.ground.files import Blob
from framework.ground.text import N_, storable
from framework.rounds import settings
from models.disclosure import Submission
from models.people import Organisation
from models.records import StoredFile
from models.rounds import Lot, Round
from models.sealing import ring

Clock = Callable[[], dt.datetime]
CHECK_JOB = "check_submission"
BUILD_JOB = "build_chain"
"""Makes the chain out of what was read; queued by the opening, or by the reading where that comes later."""
STANDING = ("staged", "checked", "counted")
"""States of a version that is being read or stands: its bytes sent again are the same submission."""


def receive(
    session: Session,
    round_: Round,
    supplier: Organisation,
    blob: Blob,
    name: str,
    *,
    actor: Actor,
    clock: Clock,
    first_byte_at: dt.datetime,
) -> Submission:
    """Make a version of what arrived, with its receipt; the bytes are already durable (trust 4.1).

    The round is locked first, then the clock is read once: that is `received_at`. The bytes of
    the supplier's newest version sent again give that version back while it can still count; else they
    are a new version. In a sealed round the bytes came encrypted, under the key of the blob; where openers hold shares
    that key stays in memory while the sender's session lives. Raises NotAllowed or MoveRefused.
    """
    lock(session, round_)
    now = clock()
    same = newest(session, round_, supplier)
    if (
        same is not None
        and same.state in STANDING
        and not _is_unread_and_away(same)
        and _is_same_file(same, round_, supplier, blob)
    ):
        return same
    submission = _version(session, round_, supplier, blob, name, actor, now, first_byte_at)
    salt = receipts.new_salt()
    _arrive(session, submission, receipts.commitment(salt, blob.content_sha256), actor=actor, now=now)
    if blob.key is not None:
        ring().add(blob.key)
        if sealing.is_by_shares(round_):
            in_memory.keep(submission, blob.key, session_ref=actor.session_ref, now=now)
    receipts.give(session, submission, salt, now=now)
    notices.was_received(session, submission, now=now)
    return submission


def _arrive(session: Session, submission: Submission, commitment: str, *, actor: Actor, now: dt.datetime) -> None:
    """Let a version be read, or keep it as late: the deciding stamp says which."""
    round_ = submission.round
    if is_in_time(round_, received_at=now, first_byte_at=submission.first_byte_at):
        lifecycle.move(session, submission, "stage", actor=actor, now=now, commitment=commitment)
        submission.job = jobs.enqueue(
            session, CHECK_JOB, now=now, organisation_id=submission.supplier.id, submission=submission.public_id
        )
    else:
        deadline = round_.tender_deadline or now
        submission.late_by_seconds = max(1, int((now - deadline).total_seconds()))
        lifecycle.move(session, submission, "store_late", actor=SYSTEM, now=now, commitment=commitment)
    session.flush()


def lock(session: Session, round_: Round) -> None:
    """Hold the round's row until the commit; on SQLite the writing transaction already holds everything."""
    session.execute(select(Round.id).where(Round.id == round_.id).with_for_update())
    session.refresh(round_)


def newest(session: Session, round_: Round, supplier: Organisation) -> Submission | None:
    """The supplier's newest version of the round, whatever became of it."""
    query = select(Submission).where(Submission.round_id == round_.id, Submission.supplier_id == supplier.id)
    return session.scalar(query.order_by(Submission.version_no.desc()).limit(1))


def is_in_time(round_: Round, *, received_at: dt.datetime, first_byte_at: dt.datetime) -> bool:
    """Whether the deciding stamp is at or before the deadline, by the round's printed rule (trust 4.2)."""
    deadline = round_.tender_deadline
    if deadline is None:
        return False
    if settings.value(round_, "late_upload_rule") == "complete":
        return received_at <= deadline
    return first_byte_at <= deadline and received_at <= deadline + grace(round_)


def grace(round_: Round) -> dt.timedelta:
    """How long an upload begun in time may take after the deadline, where the rule is `started`; else nothing."""
    if settings.value(round_, "late_upload_rule") == "complete":
        return dt.timedelta()
    return dt.timedelta(minutes=int(settings.value(round_, "late_upload_grace_minutes")))


def is_past(round_: Round, now: dt.datetime) -> bool:
    """Whether receipt is over, also where the clock job has not run."""
    return round_.tender_deadline is not None and now > round_.tender_deadline + grace(round_)


def receipt_number(seq: int) -> str:
    """Six digits and two check digits (ISO 7064 mod 97-10): a mistyped number is noticed."""
    return f"{seq:06d}-{98 - (seq * 100) % 97:02d}"


def scope_of(session: Session, round_: Round, supplier: Organisation | None) -> RoundScope:
    """What the round asks, as the checks and the template need it."""
    lots = session.scalars(select(Lot).where(Lot.round_id == round_.id).order_by(Lot.number))
    return RoundScope(
        round_id=round_.public_id,
        round_name=round_.name,
        template_version=round_.template_version,
        lots=tuple(_lot_scope(lot) for lot in lots),
        deadline=deadline_day(round_),
        supplier_name=supplier.name if supplier is not None else "",
        supplier_reg_id=supplier.registration_no if supplier is not None else "",
        supplier_role=(supplier.supplier_kind or "") if supplier is not None else "",
        brands=(supplier.name,) if supplier is not None and supplier.supplier_kind == "brand" else (),
        round_names=_public_rounds(session),
    )


def _public_rounds(session: Session) -> dict[str, str]:
    query = select(Round.public_id, Round.name).where(Round.state.in_(SUPPLIER_SEES_FROM))
    return {row.public_id: row.name for row in session.execute(query)}


def _lot_scope(lot: Lot) -> LotScope:
    return LotScope(
        code=lot.code,
        name=lot.name,
        categories=tuple(lot.categories),
        spec_tiers=tuple(lot.spec_tiers),
        component_types=tuple(lot.required_components),
        tiers=tuple(range(1, lot.asked_tiers + 1)),
        minerals=tuple(lot.minerals),
        asks_mines=lot.asks_mines,
    )


def _is_same_file(same: Submission, round_: Round, supplier: Organisation, blob: Blob) -> bool:
    if blob.key is None or not same.file.same_hash:
        return same.file.content_sha256 == blob.content_sha256
    return same.file.same_hash == sealing.same_hash(round_, supplier, blob.content_sha256)


def _is_unread_and_away(same: Submission) -> bool:
    """Whether nobody can read it before the opening, so that its bytes sent again are worth a version that is read."""
    return same.checked_at is None and sealing.is_away(same) and not in_memory.is_kept(same)


def _version(
    session: Session,
    round_: Round,
    supplier: Organisation,
    blob: Blob,
    name: str,
    actor: Actor,
    now: dt.datetime,
    first_byte_at: dt.datetime,
) -> Submission:
    seq = audit.next_number(session, "receipt")
    last = session.scalar(
        select(func.max(Submission.version_no)).where(
            Submission.round_id == round_.id, Submission.supplier_id == supplier.id
        )
    )
    stored = _stored(round_, supplier, blob, name, actor, now)
    session.add(stored)
    return Submission(
        round=round_,
        supplier=supplier,
        version_no=(last or 0) + 1,
        state="",
        file=stored,
        receipt_seq=seq,
        receipt_number=receipt_number(seq),
        first_byte_at=first_byte_at,
        received_at=now,
        seal_id=blob.key.id if blob.key is not None else "",
        created_at=now,
        created_by_id=actor.user_id,
    )


def _stored(round_: Round, supplier: Organisation, blob: Blob, name: str, actor: Actor, now: dt.datetime) -> StoredFile:
    """The record of the bytes; of a sealed version its name and key lie sealed too."""
    if blob.key is None and sealing.is_on(round_):
        raise ValueError("the bytes of a sealed round come encrypted")
    stored = StoredFile(
        sha256=blob.sha256,
        size=blob.size,
        name=sealing.meant(blob.key, storable(name)[:255]),
        purpose="disclosure",
        organisation_id=supplier.id,
        created_at=now,
        created_by_id=actor.user_id,
    )
    sealing.enclose(stored, round_, supplier, blob)
    return stored


def _guard_stage(_session: Session, submission: Submission, context: lifecycle.Context) -> None:
    if submission.round.state != "published" or is_past(submission.round, context.now):
        raise MoveRefused("receipt-closed", N_("Receipt is closed. Nothing more can be counted."), rule="L07a")


def _guard_late(_session: Session, submission: Submission, _context: lifecycle.Context) -> None:
    if submission.round.state not in ("published", "receipt_closed"):
        raise MoveRefused("receipt-over", N_("This round no longer takes files."), rule="L07a")


lifecycle.register("submission_tender", "stage", guard=_guard_stage, noted=("commitment",))
lifecycle.register("submission_tender", "store_late", guard=_guard_late, noted=("commitment",))

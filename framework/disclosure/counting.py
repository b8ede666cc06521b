"""What counts: the newest countable version, whether or not anybody presses anything else."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.disclosure import arriving, corrections, in_memory, notices, receipts, sealing, stopping
from framework.disclosure.receiving import Clock, grace, is_in_time, is_past, lock
from framework.ground import lifecycle
from framework.ground.actors import SYSTEM, Actor
from framework.ground.errors import MoveRefused
from framework.ground.files import FileStore
from framework.ground.text import N_
from framework.rounds import settings
from models.disclosure import Submission, SubmissionIssue
from models.rounds import Round

LIVE = ("staged", "checked", "counted")
UNDECIDED = ("staged", "counted")
"""Beside a version that was checked and can count: states of a newer one that keep an older one from being counted."""


def count(session: Session, submission: Submission, *, actor: Actor, clock: Clock, files: FileStore) -> None:
    """Let this version stand at once; older ones are replaced. Raises MoveRefused with the reason.

    The stored bytes are hashed again inside the serialised transaction.
    """
    lock(session, submission.round)
    session.refresh(submission)
    _count(session, submission, actor, clock(), files)


def withdraw(session: Session, submission: Submission, *, actor: Actor, clock: Clock) -> None:
    """Take a version back before the deadline.

    The one that counts is the supplier's submission: its unread and uncounted versions go with it. Any other version
    goes alone, and what counted before goes on counting (lifecycle 4). Raises NotAllowed or MoveRefused.
    """
    lock(session, submission.round)
    session.refresh(submission)
    now, is_whole = clock(), is_submission(submission)
    _take_back(session, submission, actor, now)
    if is_whole:
        for other in versions(session, submission.round, submission.supplier_id):
            if other.state in LIVE:
                _take_back(session, other, actor, now)
    session.flush()
    notices.was_withdrawn(session, submission, whole=is_whole, now=now)


def _count(session: Session, submission: Submission, actor: Actor, now: dt.datetime, files: FileStore) -> None:
    """Let a version count; its receipt says so before the sender is told."""
    lifecycle.move(session, submission, "count", actor=actor, now=now, files=files)
    receipts.add(session, submission, "count", now=now, is_by_system=actor.is_system)
    notices.was_counted(session, submission, now=now)


def is_submission(submission: Submission) -> bool:
    """Whether this version is the one that counts: taking it back takes the supplier's submission back."""
    return submission.state == "counted"


def _take_back(session: Session, submission: Submission, actor: Actor, now: dt.datetime) -> None:
    act = "withdraw" if submission.state == "counted" else "discard"
    stopping.end(session, submission, now=now)
    lifecycle.move(session, submission, act, actor=actor, now=now)
    submission.withdrawn_at = now
    receipts.add(session, submission, act, now=now, is_by_system=actor.is_system)


def versions(session: Session, round_: Round, supplier_id: int) -> Sequence[Submission]:
    """All versions of one supplier in one round, newest first."""
    query = (
        select(Submission)
        .options(joinedload(Submission.file), joinedload(Submission.supplier))
        .where(Submission.round_id == round_.id, Submission.supplier_id == supplier_id)
        .order_by(Submission.version_no.desc())
    )
    return session.scalars(query).all()


def read_before(found: Sequence[Submission], submission: Submission) -> Submission | None:
    """Of versions newest first, the first that is older than this one and of which rows were stored.

    Against a file that was not recognised every row would seem new.
    """
    older = (one for one in found if one.version_no < submission.version_no)
    return next((one for one in older if one.checked_at and one.rows_stored), None)


def standing(found: Sequence[Submission]) -> Submission | None:
    """The version that counts, or will count at the deadline as things stand: the newest that can."""
    for submission in found:
        if submission.state in ("counted", "opened", "in_review", "scored", "clarification_asked"):
            return submission
        if _is_countable(submission):
            return submission
    return None


def may_count(found: Sequence[Submission], submission: Submission) -> bool:
    """Whether a person may let this version stand now: it can count, and none that came later can or may yet prove to."""
    later = [one for one in found if one.version_no > submission.version_no]
    return _is_countable(submission) and not any(one.state in UNDECIDED or _is_countable(one) for one in later)


def close_receipt(session: Session, round_: Round, *, clock: Clock, files: FileStore) -> None:
    """Close receipt once the deadline is past: fix the set received in time, then count or let lapse."""
    lock(session, round_)
    if round_.state != "published":
        return
    lifecycle.move(session, round_, "close_receipt", actor=SYSTEM, now=clock(), files=files)


def due_rounds(session: Session, *, now: dt.datetime) -> list[Round]:
    """Rounds whose receipt should be closed now."""
    query = select(Round).where(Round.state == "published", Round.tender_deadline < now)
    return [r for r in session.scalars(query) if now > (r.tender_deadline or now) + grace(r)]


def settle(session: Session, round_: Round, supplier_id: int, *, now: dt.datetime, files: FileStore) -> None:
    """After the deadline: count the newest countable version, let the others lapse, once all newer are read."""
    found = [s for s in versions(session, round_, supplier_id) if s.state in LIVE]
    for submission in found:
        if submission.is_being_read and sealing.is_by_shares(round_) and not in_memory.is_kept(submission):
            _give_up(session, submission, now)
    found = [s for s in found if s.state in LIVE]
    for submission in found:
        if submission.is_being_read:
            return
        if submission.state == "counted":
            _lapse(session, found[: found.index(submission)], now)
            return
        if _may_count_itself(round_, submission, files):
            _count(session, submission, SYSTEM, now, files)
            _lapse(session, found[: found.index(submission)], now)
            return
    _lapse(session, found, now)


def give_up(session: Session, submission: Submission, *, clock: Clock, files: FileStore) -> None:
    """A version whose key is away is read after the opening: what passed its pre-flight counts as it is (trust 5.2)."""
    lock(session, submission.round)
    session.refresh(submission)
    if not submission.is_being_read or submission.is_read_late:
        return
    now, round_ = clock(), submission.round
    _give_up(session, submission, now)
    if round_.state == "receipt_closed":
        settle(session, round_, submission.supplier_id, now=now, files=files)


def wait_for_nothing(
    session: Session, round_: Round, *, clock: Clock, files: FileStore, is_opening: bool = False
) -> None:
    """Before an opening by shares: what is still being read is read afterwards, so that no opening waits for it.

    What can still be read, as its sender's session lives, is left to its reading until the tenders are opened (`is_opening`).
    """
    if round_.state != "receipt_closed" or not sealing.is_by_shares(round_):
        return
    lock(session, round_)
    for submission in received_in_time(session, round_):
        if submission.is_being_read and (is_opening or not in_memory.is_kept(submission)):
            give_up(session, submission, clock=clock, files=files)


def _give_up(session: Session, submission: Submission, now: dt.datetime) -> None:
    """Of cells that were just mended the newest act is set aside; what was read before stands."""
    if submission.is_rechecked:
        corrections.set_aside(session, submission, clock=lambda: now)
        return
    is_refused = submission.preflight == arriving.FAILED
    submission.verdict = "refused" if is_refused else "countable"
    lifecycle.move(session, submission, "refuse_file" if is_refused else "check", actor=SYSTEM, now=now)
    if is_refused:
        notices.was_given_up(session, submission, now=now)


def close_if_due(session: Session, round_: Round, *, clock: Clock, files: FileStore) -> None:
    """Close receipt where the deadline is past and the clock job has not come round yet: the date decides."""
    if round_.state == "published" and is_past(round_, clock()):
        close_receipt(session, round_, clock=clock, files=files)


def received_in_time(session: Session, round_: Round) -> list[Submission]:
    """The versions that arrived in time and were not withdrawn: the set that closing fixes."""
    query = select(Submission).options(joinedload(Submission.file)).where(Submission.round_id == round_.id)
    ordered = session.scalars(query.order_by(Submission.receipt_seq))
    return [s for s in ordered if s.state not in ("late", "withdrawn")]


def set_digest(found: Sequence[Submission]) -> str:
    """SHA-256 over receipt number, time and file hash of each version, in order of receipt."""
    lines = (f"{s.receipt_number} {s.received_at.isoformat()} {s.file.sha256}" for s in found)
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()


def _may_count_itself(round_: Round, submission: Submission, files: FileStore) -> bool:
    """Whether a version counts without a click; changed bytes must not keep the whole round from closing."""
    if submission.verdict != "countable" or not settings.value(round_, "auto_count"):
        return False
    return files.is_intact(submission.file.sha256)


def _lapse(session: Session, found: Sequence[Submission], now: dt.datetime) -> None:
    for submission in found:
        if submission.state == "checked":
            submission.reason = _why_not(submission)
            lifecycle.move(session, submission, "lapse", actor=SYSTEM, now=now)
            notices.was_not_counted(session, submission, now=now)


def _why_not(submission: Submission) -> str:
    if submission.verdict != "countable":
        return N_("it holds a problem that blocks it")
    if not settings.value(submission.round, "auto_count"):
        return N_("nobody counted it")
    return N_("the stored file no longer has the hash of its receipt")


def _guard_count(session: Session, submission: Submission, context: lifecycle.Context) -> None:
    round_ = submission.round
    if not is_in_time(round_, received_at=submission.received_at, first_byte_at=submission.first_byte_at):
        raise MoveRefused("late", N_("This version arrived after the deadline and does not count."), rule="L07a")
    if not context.actor.is_system:
        _refuse_after_deadline(round_, context.now)
    blocks = select(SubmissionIssue.id).where(
        SubmissionIssue.submission_id == submission.id, SubmissionIssue.severity == "block"
    )
    if submission.is_rechecked:
        raise MoveRefused("being-read", N_("This version is being checked again. Wait until it is, and look again."))
    if submission.verdict != "countable" or session.scalar(blocks.limit(1)) is not None:
        raise MoveRefused("blocked", N_("This version cannot be counted until its blocking problem is mended."))
    _refuse_older(session, submission, by_hand=not context.actor.is_system)
    files: FileStore = context.facts["files"]
    if not files.is_intact(submission.file.sha256):
        raise MoveRefused(
            "bytes-changed", N_("The stored file no longer has the hash of its receipt. Tell the operator.")
        )


def _refuse_older(session: Session, submission: Submission, *, by_hand: bool) -> None:
    """The newest counts. Only the closing may pass over a newer version, where its stored bytes were changed."""
    found = versions(session, submission.round, submission.supplier_id)
    later = [one for one in found if one.version_no > submission.version_no]
    if any(one.state == "counted" for one in later):
        raise MoveRefused("newer-counted", N_("A newer version already counts."))
    if by_hand and any(one.state == "staged" for one in later):
        raise MoveRefused("newer-unread", N_("A newer version is still being read. Wait until it is, and look again."))
    if by_hand and any(_is_countable(one) for one in later):
        raise MoveRefused(
            "newer-countable",
            N_("A newer version can be counted, and the newest one counts. To return to this file, send it again."),
        )


def _is_countable(submission: Submission) -> bool:
    return submission.state == "checked" and submission.verdict == "countable"


def _refuse_after_deadline(round_: Round, now: dt.datetime) -> None:
    if is_past(round_, now):
        closed = N_("Receipt closed on %(closed)s. Nothing more can be counted or withdrawn.")
        raise MoveRefused("receipt-closed", closed, rule="L07a", closed=round_.tender_deadline)
    if round_.state != "published":
        raise MoveRefused("receipt-closed", N_("Receipt is closed. Nothing more can be counted."), rule="L07a")


def _after_count(session: Session, submission: Submission, context: lifecycle.Context) -> None:
    submission.counted_at = context.now
    with session.no_autoflush:  # one version counts at a time: the older one gives way before this one is written
        found = versions(session, submission.round, submission.supplier_id)
    older = [s for s in found if s.version_no < submission.version_no and s.state in LIVE]
    for other in sorted(older, key=lambda one: one.state != "counted"):
        lifecycle.move(session, other, "replace", actor=SYSTEM, now=context.now)
    session.flush()


def _guard_before_deadline(_session: Session, submission: Submission, context: lifecycle.Context) -> None:
    _refuse_after_deadline(submission.round, context.now)


def _guard_close(_session: Session, round_: Round, context: lifecycle.Context) -> None:
    if not is_past(round_, context.now):
        raise MoveRefused("deadline-ahead", N_("The deadline has not passed yet."), rule="L07b")


def _after_close(session: Session, round_: Round, context: lifecycle.Context) -> None:
    found = received_in_time(session, round_)
    round_.closed_set_digest = set_digest(found)
    stopping.take_up_all(session, round_, now=context.now)
    session.flush()
    for supplier_id in dict.fromkeys(s.supplier_id for s in found):
        settle(session, round_, supplier_id, now=context.now, files=context.facts["files"])


def _guard_lapse(_session: Session, submission: Submission, _context: lifecycle.Context) -> None:
    if submission.round.state != "receipt_closed":
        raise MoveRefused("receipt-open", N_("Receipt is still open."))


lifecycle.register("submission_tender", "count", guard=_guard_count, effect=_after_count)
lifecycle.register("submission_tender", "withdraw", guard=_guard_before_deadline)
lifecycle.register("submission_tender", "discard", guard=_guard_before_deadline)
lifecycle.register("submission_tender", "lapse", guard=_guard_lapse)
lifecycle.register("submission_tender", "replace")
lifecycle.register("round", "close_receipt", guard=_guard_close, effect=_after_close)

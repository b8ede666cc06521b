"""The job that checks a received file: at once for small files, on the worker for large ones."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import current_app
from sqlalchemy import delete, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from framework.disclosure import (
    arriving,
    checking,
    comparisons,
    counting,
    in_memory,
    quarantine,
    receiving,
    sealing,
    smelter_loads,
    storing,
)
from framework.disclosure.checked import Checked
from framework.disclosure.pace import share_done
from framework.disclosure.receiving import CHECK_JOB
from framework.disclosure.smelters import Known, together
from framework.ground import jobs, turns
from framework.ground.deposits import Deposits
from framework.ground.files import FileStore
from framework.ground.sheets.cells import Refusal
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.progress import STORING
from framework.rounds import settings
from models.base import db
from models.disclosure import Disclosed, Submission, SubmissionRow, WaitingRow
from models.records import Job
from models.rounds import Round
from models.sealing import KeyMissing, SealBroken
from views import clock, scanning
from views.settings import Settings
from views.worker import run_job

LONG_LIST = 20_000
"""Rows of a version that stands above which a newer one is compared with it by the worker."""
logger = logging.getLogger(__name__)
SAID_EVERY_S = 1.0
MOST_PATIENCE = 4
Clock = Callable[[], dt.datetime]


def files() -> FileStore:
    """The content store of this installation."""
    store: FileStore = current_app.extensions["files"]
    return store


def run_if_small(job_id: int | None, size: int) -> None:
    """Check a small file at once, in this request, after its receipt is durable; the worker takes the others.

    So it does where enough files are being read already. Whatever this meets, the receipt has been given and is
    answered with; the worker finds the job again.
    """
    if job_id is None:
        return
    _look_through(job_id)
    if size > _settings().inline_mb * 1_000_000:
        return
    asked = scanning.scanner()
    if asked is not None and asked.is_resting:  # it did not answer a moment ago, and a receipt waits for nobody
        return
    db.session.remove()
    try:
        if _has_long_list_before(db.session(), job_id):
            return
        if turns.busy(db.session(), now=clock.now()) >= _settings().workers():
            return
        db.session.remove()
        run_job(current_app._get_current_object(), job_id)  # type: ignore[attr-defined]
    except (*jobs.ENVIRONMENT, SealBroken, KeyMissing) as error:
        logger.error("job %s left to the worker: %s", job_id, jobs.reason(error))


def _look_through(job_id: int) -> None:
    """The pre-flight of a file whose key may soon be away, once its receipt is durable; in a transaction of its own.

    Whatever this meets, the receipt stands.
    """
    db.session.remove()
    try:
        job = db.session.get_one(Job, job_id)
        found = db.session.scalar(select(Disclosed).where(Disclosed.public_id == str(job.payload["submission"])))
        if found is None or not sealing.is_by_shares(found.round) or found.seal_id == "":
            return
        number, file, round_ = found.id, found.file, found.round
        key, limits = sealing.key_of_file(file), _limits(turns.LARGE, round_)
        if key is None:
            return
        db.session.expunge(file)
        db.session.rollback()
        preflight = arriving.look_through(files(), file, key, limits=limits)
        db.session.info["write"] = True
        db.session.execute(update(Disclosed).where(Disclosed.id == number).values(preflight=preflight))
        db.session.commit()
    except (*jobs.ENVIRONMENT, SealBroken, KeyMissing) as error:
        logger.error("no pre-flight for job %s: %s", job_id, jobs.reason(error))
    finally:
        db.session.remove()


def _has_long_list_before(session: Session, job_id: int) -> bool:
    """Whether the version that stands is so long that comparing with it is nothing to wait for."""
    job = session.get_one(Job, job_id)
    asked = session.scalar(select(Disclosed).where(Disclosed.public_id == str(job.payload.get("submission", ""))))
    if asked is None:
        return False
    if not isinstance(asked, Submission):
        before = comparisons.offered(session, asked)
        return before is not None and (before.rows_stored or 0) > LONG_LIST
    others = counting.versions(session, asked.round, asked.supplier_id)
    return any((one.rows_stored or 0) > LONG_LIST for one in others if one.id != asked.id)


@jobs.runner(CHECK_JOB, is_given_up=False)
def check_submission(session: Session, job: Job, clock: Clock) -> None:
    """Scan and read outside any transaction, then store the result: the rows in parts, all that tells of them in one transaction.

    A file that proves too large for the quick lane goes to the worker with a new job (trust 9.4b). What arrived in
    time counts: a fault of the machine never refuses it, so this job is tried until the file has been read.
    """
    submission = session.scalar(select(Disclosed).where(Disclosed.public_id == str(job.payload["submission"])))
    if submission is None or not submission.is_being_read:
        return
    with sealing.for_job(session, submission.supplier_id):
        if isinstance(submission, Submission) and sealing.is_away(
            submission
        ):  # its sender's session ended before it was read
            counting.give_up(session, submission, clock=clock, files=files())
            return
        _check(session, submission, job, clock)


def _check(session: Session, submission: Disclosed, job: Job, clock: Clock) -> None:
    number, watch = submission.id, Watch(session, job.id, job.attempts, clock)
    try:
        found = _read(session, submission, job, watch)
    except SealBroken:
        session.rollback()
        submission = session.get_one(Disclosed, number)
        if files().is_intact(submission.file.sha256):  # something else was changed
            raise
        found = _not_as_it_came(submission)
    if found is not None:
        session.rollback()
        _keep(session, session.get_one(Disclosed, number), *found, watch)


def _not_as_it_came(submission: Disclosed) -> tuple[Checked, int]:
    """What is said of a file whose stored bytes were changed: nobody can read it, and the round must not wait for it."""
    logger.error("the stored bytes of receipt %s were changed, so it was not read", submission.receipt_number)
    return checking.unread(submission, Refusal(checking.CHANGED)), 0


def _read(session: Session, submission: Disclosed, job: Job, watch: Watch) -> tuple[Checked, int] | None:
    """What was found and in how many milliseconds; None where the work ends here. Raises SealBroken and TryAgain."""
    number, job_id = submission.id, job.id
    if _is_in_wrong_lane(job, submission):
        _send_to_large_lane(session, number, watch)
        return None
    if not _is_clean(session, submission, watch, attempts=job.attempts):
        return None
    submission, job = session.get_one(Disclosed, number), session.get_one(Job, job_id)
    limits = _with_patience(_limits(job.lane, submission.round), job.attempts)
    try:
        return checking.read(
            session,
            submission,
            files=files(),
            limits=limits,
            smelters=_smelters(session),
            usual_minerals=_settings().usual_minerals,
            on_progress=watch,
        )
    except checking.NeedsLargeLane:
        _send_to_large_lane(session, number, watch)
        return None
    except checking.ChildLost as lost:
        session.rollback()
        refusal = _judged(session, job_id, lost)
        return checking.unread(session.get_one(Disclosed, number), refusal), 0


def _is_clean(session: Session, submission: Disclosed, watch: Watch, *, attempts: int) -> bool:
    """Whether the file may be read: scanned first where it was not; where something is found, it is put away. Raises TryAgain."""
    if files().may_read(submission.file):
        return True
    number, file_id, found = submission.id, submission.file_id, submission.file.found
    if not found:
        sha256, size, key = submission.file.sha256, submission.file.size, sealing.key_of_file(submission.file)
        session.rollback()  # nobody else may wait for the database while the scanner works
        found = scanning.ask_for_job(sha256, size, key, attempts=attempts)
    if found:
        submission = session.get_one(Disclosed, number)
        receiving.lock(session, submission.round)
        watch.hold()
        quarantine.refuse(session, submission, found, clock=watch.clock, files=files())
    else:
        quarantine.is_clean(session, file_id)
    session.commit()
    return not found


def _keep(session: Session, submission: Disclosed, checked: Checked, milliseconds: int, watch: Watch) -> None:
    """From `hold` to the commit nobody stops the job or takes it over: what is stored is the work of one attempt."""
    number, is_first = submission.id, submission.state == "staged"
    checking.store_rows(session, submission, checked, on_progress=watch)
    receiving.lock(session, submission.round)  # first the round, then the job: as everybody takes them
    watch.hold()
    session.refresh(submission)
    if submission.is_being_read and (submission.state == "staged") != is_first:
        session.rollback()  # it was opened meanwhile: its rows were stored for another place
        raise jobs.TryAgain("opened meanwhile")
    checking.keep(
        session,
        submission,
        checked,
        milliseconds,
        clock=watch.clock,
        files=files(),
        has_rows=True,
        mail_after=dt.timedelta(seconds=_settings().mail_when_longer_s),
    )
    _expect_comparison(session, submission, watch.clock())
    if not is_first:
        session.commit()
        _forget_waiting(session, number)


def _expect_comparison(session: Session, submission: Disclosed, now: dt.datetime) -> None:
    """An older version that does not open is compared with nothing, and keeps no newer one from being read."""
    try:
        comparisons.expect(session, submission, now=now)
    except (SealBroken, KeyMissing) as error:
        logger.error("receipt %s is compared with nothing: %s", submission.receipt_number, error)


def _forget_waiting(session: Session, submission_id: int) -> None:
    """In slices: nobody waits for the database meanwhile."""
    while storing.forget_waiting(session, submission_id):
        session.commit()
    session.commit()


class Watch:
    """Keeps on the job's row how far the work has come, once a second at most, in transactions of its own.

    It survives the page and the worker, and is the heartbeat as well. What was said is never taken back: where a file is read
    a second time in one attempt, nothing new is said until that is further. Where the job was stopped, or another worker
    took it over, the next word of progress raises Stopped, which ends the work and its child.
    """

    def __init__(self, session: Session, job_id: int, attempt: int, clock: Clock) -> None:
        self.session, self.job_id, self.attempt, self.clock = session, job_id, attempt, clock
        self._next = self._furthest = 0.0

    def __call__(self, done: int, total: int, step: str = STORING, /) -> None:
        """Write it down and commit; a database that is busy for a moment does not end the work."""
        if time.monotonic() < self._next:
            if self.session.in_transaction():  # the next part is sealed while nobody waits for the database
                self._write({})
            return
        self._next = time.monotonic() + SAID_EVERY_S
        share = share_done(step, done, total)
        is_further = bool(step) and share >= self._furthest
        progress = {"step": step, "done": done, "total": total or None} if is_further else {}
        self._furthest = max(self._furthest, share)
        if self.session.in_transaction():  # rows were stored in it: they stand or fall together with the word
            self._write(progress)
            return
        try:
            self._write(progress)
        except OperationalError as error:
            self.session.rollback()
            logger.warning("no progress of job %s: %s", self.job_id, jobs.reason(error))

    def hold(self) -> None:
        """Take hold of the job's row until the commit; raises Stopped."""
        jobs.goes_on(self.session, self.job_id, self.attempt, now=self.clock())

    def _write(self, progress: dict[str, Any]) -> None:
        jobs.goes_on(self.session, self.job_id, self.attempt, now=self.clock(), **progress)
        self.session.commit()


def _judged(session: Session, job_id: int, lost: checking.ChildLost) -> Refusal:
    """What to say of the file once its reading broke off so often that it must be the file; else raises TryAgain."""
    if lost.refusal is None:
        raise jobs.TryAgain(lost.reason)
    job = session.get_one(Job, job_id)
    job.faults += 1
    if job.faults < jobs.MAX_FAULTS:
        session.commit()
        raise jobs.TryAgain(lost.reason)
    session.commit()
    return lost.refusal


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def _smelters(session: Session) -> Known | None:
    """The register of the installation: its file, and the lists that were loaded."""
    of_file: Known | None = current_app.extensions["smelters"]
    return together(of_file, smelter_loads.known(session))


def _is_in_wrong_lane(job: Job, submission: Disclosed) -> bool:
    """Whether the very size of a file says that the large lane must read it."""
    beyond = submission.file.size > _settings().upload_mb * 1_000_000
    return beyond and job.lane != turns.LARGE and takes_large(submission.round)


def _limits(lane: str, round_: Round) -> Limits:
    """Where the large lane is off, the quick one is the last, and what it does not take is refused."""
    if not takes_large(round_):
        return _settings().quick_limits(lane=turns.LARGE)
    return _settings().large_limits() if lane == turns.LARGE else _settings().quick_limits()


def _with_patience(limits: Limits, attempts: int) -> Limits:
    """More time on the clock with every attempt, for a machine that was too busy before; no more of a processor."""
    return replace(limits, child_wall_s=limits.child_wall_s * min(attempts, MOST_PATIENCE))


def takes_large(round_: Round) -> bool:
    """Whether files of the large lane are taken: by the installation and by the round."""
    return _settings().large_lane and bool(settings.value(round_, "large_lane"))


def upload_mb(round_: Round) -> int:
    """The largest file that is taken in this round, in MB."""
    return _settings().large_upload_mb if takes_large(round_) else _settings().upload_mb


def comparing_limits() -> Limits:
    """What comparing long versions may ask of us on the worker: nobody waits for it, so three times the time of reading."""
    limits = _settings().large_limits()
    return replace(limits, child_cpu_s=3 * limits.child_cpu_s, child_wall_s=3 * limits.child_wall_s)


def inline_limits() -> Limits:
    """What a file that is read while somebody waits for the page may ask of us here."""
    return _settings().quick_limits(upload_mb=_settings().inline_mb)


def _send_to_large_lane(session: Session, number: int, watch: Watch) -> None:
    """With a new job, which has waited as long as the old one; raises Stopped where the old one was stopped."""
    session.rollback()
    submission = session.get_one(Disclosed, number)
    receiving.lock(session, submission.round)
    watch.hold()
    since = submission.job.queued_at if submission.job is not None else watch.clock()
    submission.job = jobs.enqueue(
        session,
        CHECK_JOB,
        now=since,
        organisation_id=submission.supplier_id,
        lane=turns.LARGE,
        submission=submission.public_id,
    )
    session.commit()


@jobs.periodic("close_due_rounds", every_seconds=5)
def close_due_rounds(session: Session, clock: Clock) -> None:
    """Close the receipt of every round whose deadline is past."""
    for number in [round_.id for round_ in counting.due_rounds(session, now=clock())]:
        try:
            counting.close_receipt(session, session.get_one(Round, number), clock=clock, files=files())
            session.commit()
        except Exception as error:  # one round that cannot be closed must not keep the others open
            session.rollback()
            logger.error("receipt of round %s could not be closed: %s", number, jobs.reason(error))


@jobs.periodic("forget_keys_in_memory", every_seconds=60)
def forget_keys_in_memory(session: Session, clock: Clock) -> None:
    """Keys of tenders go with the session of their sender, where openers hold shares."""
    found: Deposits | None = current_app.extensions["deposits"]
    if found is None:
        return
    idle = dt.timedelta(minutes=_settings().session_idle_minutes)
    in_memory.forget_ended(session, found, now=clock(), idle=idle)
    session.commit()


@jobs.periodic("forget_unfinished_rows", every_seconds=3600)
def forget_unfinished_rows(session: Session, _clock: Clock) -> None:
    """Rows of a version that was taken back while they were being stored belong to nothing; nor do rows that wait in vain."""
    never_read = select(Disclosed.id).where(Disclosed.checked_at.is_(None), Disclosed.state != "staged")
    session.execute(delete(SubmissionRow).where(SubmissionRow.submission_id.in_(never_read)))
    session.commit()
    with_waiting = select(WaitingRow.submission_id).distinct()
    for submission in session.scalars(select(Disclosed).where(Disclosed.id.in_(with_waiting))).all():
        if not submission.is_being_read:
            _forget_waiting(session, submission.id)

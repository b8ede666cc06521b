"""The virus scanner of the installation at work: files on arrival, before they are read, and those from before it was connected."""

from __future__ import annotations

import datetime as dt
import io
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from framework.disclosure import quarantine, sealing
from framework.ground import jobs, turns
from framework.ground.errors import FileRefused
from framework.ground.files import CLEAN, INFECTED, NOT_SCANNED, TYPED, Blob, FileStore, NotScannedYet, Pieces
from framework.ground.scanner import NotTaken, Scanner, ScannerAway
from framework.ground.text import N_
from models.base import db
from models.records import Job, StoredFile
from models.sealing import Key, KeyMissing, SealBroken, WrongMasterKey

logger = logging.getLogger(__name__)
SCAN_JOB = "scan_files"
MOST_PATIENCE = 20
"""So many times the usual patience a job has at most, one time more with each attempt: some files take long to unpack."""
TURNED_AWAY = N_(
    "The virus scanner found something in this file (%(found)s), so it was not taken. Check your computer, and send a clean copy."
)
NOT_NOW = N_(
    "The virus scanner does not answer, so this file was not read. Nothing else is lost. Send it again in some minutes."
)
NOT_COUNTED = TYPED | {"disclosure", "request"}
Clock = Callable[[], dt.datetime]


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a scanner is connected, why it does not answer (blank where it does), and how many files wait and are put away.

    Files of tenders and requests are not counted: their number would tell how many take part in a sealed round.
    """

    is_connected: bool
    reason: str = ""
    waiting: int = 0
    put_away: int = 0


def scanner() -> Scanner | None:
    """The scanner of this installation; None where it has none."""
    found: Scanner | None = current_app.extensions["scanner"]
    return found


def on_arrival(blob: Blob) -> Blob:
    """Scan what just arrived, while nobody waits for the database; where the scanner is away the file is kept and waits.

    Raises FileRefused where something was found: the file is not taken, and its bytes go with the next sweep.
    """
    asked = scanner()
    if asked is None or asked.is_resting:
        return blob
    try:
        found = ask(asked, blob.sha256, blob.size, blob.key)
    except ScannerAway as error:
        logger.warning("a file waits: %s", error.reason)
        return blob
    if found:
        raise FileRefused("file-infected", TURNED_AWAY, found=found)
    return replace(blob, scan=CLEAN)


def before_reading(blob: Blob) -> Blob:
    """As `on_arrival`, for a file that is read at once and not kept: raises FileRefused where the scanner is away, too."""
    scanned = on_arrival(blob)
    if scanner() is not None and scanned.scan != CLEAN:
        raise NotScannedYet(NOT_NOW)
    return scanned


def ask(asked: Scanner, sha256: str, size: int, key: Key | None = None, *, attempts: int = 1) -> str:
    """What the scanner found in a file, blank where nothing; decrypted with its key on the way. Raises ScannerAway, and OSError for the bytes."""
    with io.BufferedReader(Pieces(_files().pieces(sha256, key))) as stream:
        return asked.scan(stream, size, times=min(attempts, MOST_PATIENCE))


def ask_for_job(sha256: str, size: int, key: Key | None = None, *, attempts: int) -> str:
    """The same inside a job, which is tried again with growing pauses and growing patience while there is no answer."""
    asked = scanner()
    if asked is None:
        return ""
    try:
        return ask(asked, sha256, size, key, attempts=attempts)
    except ScannerAway as error:
        raise jobs.TryAgain(error.reason) from error


def health() -> Health:
    """What the operator's page shows; asks the scanner."""
    asked = scanner()
    if asked is None:
        return Health(is_connected=False)
    try:
        asked.ping()
        reason = ""
    except ScannerAway as error:
        reason = error.reason
    kept = select(StoredFile.scan, func.count()).where(StoredFile.scan != CLEAN, StoredFile.purpose.not_in(NOT_COUNTED))
    counted = {row[0]: row[1] for row in db.session.execute(kept.group_by(StoredFile.scan))}
    return Health(True, reason, counted.get(NOT_SCANNED, 0), counted.get(INFECTED, 0))


@jobs.periodic("expect_scans", every_seconds=60)
def expect_scans(session: Session, clock: Clock) -> None:
    """A job for files that nobody has scanned, where there is none: of before the scanner came, or while it was away."""
    if scanner() is None:
        return
    under_way = select(Job.id).where(Job.kind == SCAN_JOB, Job.state.in_(("waiting", "running")))
    if session.scalar(under_way.limit(1)) is None and quarantine.unscanned(session, limit=1):
        jobs.enqueue(session, SCAN_JOB, now=clock(), lane=turns.LARGE)


@jobs.runner(SCAN_JOB, is_given_up=False)
def scan_files(session: Session, job: Job, clock: Clock) -> None:
    """Scan every file that waits, each in a transaction of its own; one that the scanner cannot end keeps no other waiting."""
    last, not_taken, attempts = 0, "", job.attempts
    while scanner() is not None and (numbers := quarantine.unscanned(session, after=last)):
        session.rollback()
        for number in numbers:
            try:
                _scan(session, number, clock, attempts=attempts)
            except NotTaken as error:
                not_taken = error.reason
            except ScannerAway as error:
                _require_there()
                not_taken = error.reason
        last = numbers[-1]
    if not_taken:
        raise jobs.TryAgain(not_taken)


def _require_there() -> None:
    """After a file without an answer: was it the file, or is the scanner away? Raises TryAgain."""
    asked = scanner()
    try:
        if asked is not None:
            asked.ping()
    except ScannerAway as error:
        raise jobs.TryAgain(error.reason) from error


def _scan(session: Session, number: int, clock: Clock, *, attempts: int) -> None:
    """Scan a file with the keys of its sender. Raises NotTaken, also where what is stored of it does not open, and ScannerAway."""
    file, asked = session.get_one(StoredFile, number), scanner()
    try:
        with sealing.for_job(session, file.organisation_id):
            _scan_one(session, file, asked, clock, attempts=attempts)
    except (SealBroken, KeyMissing, WrongMasterKey) as error:
        session.rollback()
        logger.error("file %s cannot be scanned: %s", number, error)
        raise NotTaken(f"file {number} does not open ({type(error).__name__})") from error


def _scan_one(session: Session, file: StoredFile, asked: Scanner | None, clock: Clock, *, attempts: int) -> None:
    number, sha256, size, key = file.id, file.sha256, file.size, sealing.key_of_file(file)
    session.rollback()  # nobody else may wait for the database while the scanner works
    if asked is None:
        return
    try:
        found = ask(asked, sha256, size, key, attempts=attempts)
    except OSError as error:
        raise NotTaken(f"the bytes of file {number} cannot be read ({type(error).__name__})") from error
    if found:
        quarantine.put_away(session, session.get_one(StoredFile, number), found, clock=clock, files=_files())
    else:
        quarantine.is_clean(session, number)
    session.commit()


def _files() -> FileStore:
    store: FileStore = current_app.extensions["files"]
    return store

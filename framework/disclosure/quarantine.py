"""Files in which the virus scanner found something: kept, and no road leads to their bytes any more; the lead is told.

The mark on the file, what becomes of its submission, the event and the mails stand in one transaction. A file is scanned
once; where something is found, other rows of the same bytes are scanned again before anybody reads them.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from framework.disclosure import corrections, notices
from framework.disclosure.checked import BLOCKED
from framework.disclosure.checking import keep, unread
from framework.disclosure.counting import settle
from framework.disclosure.receiving import Clock, lock
from framework.ground import audit
from framework.ground.actors import SYSTEM
from framework.ground.files import CLEAN, INFECTED, NOT_SCANNED, TYPED, FileStore
from framework.ground.issue_catalogue import refusal_issue
from framework.ground.mail import post
from framework.ground.sheets.cells import Refusal
from framework.rounds import telling
from models.demand import Demand
from models.disclosure import Disclosed, Submission, SubmissionIssue
from models.people import Organisation
from models.records import StoredFile
from models.requests import UpstreamRequest
from models.rounds import Round
from models.signons import SignOn

QUARANTINED = audit.declare("file.quarantined")
KEY = "file-infected"
MAIL = "file_quarantined"


def unscanned(session: Session, *, after: int = 0, limit: int = 100) -> list[int]:
    """Numbers of the files that wait for a scanner, oldest first, from a number on.

    Those of versions that are still to be read are not among them: their own jobs have them scanned. Nor are those that
    only shares of the openers open.
    """
    is_by_shares = and_(Disclosed.seal_id != "", Round.seal_public_key != "")
    to_be_read = (
        select(Disclosed.file_id)
        .join(Round, Round.id == Disclosed.round_id)
        .where(or_(Disclosed.state == "staged", is_by_shares))
    )
    query = select(StoredFile.id).where(
        StoredFile.scan == NOT_SCANNED,
        StoredFile.id > after,
        StoredFile.purpose.not_in(TYPED),
        StoredFile.id.not_in(to_be_read),
    )
    return list(session.scalars(query.order_by(StoredFile.id).limit(limit)))


def is_clean(session: Session, file_id: int) -> None:
    """Note that nothing was found in a file."""
    _say(session, StoredFile.id == file_id, NOT_SCANNED, CLEAN)


def put_away(session: Session, file: StoredFile, found: str, *, clock: Clock, files: FileStore) -> None:
    """Put a file into quarantine, whatever it is of; nothing happens where it is there already."""
    submission = session.scalar(select(Disclosed).where(Disclosed.file_id == file.id))
    if submission is not None:
        refuse(session, submission, found, clock=clock, files=files)
    elif file.scan != INFECTED:
        record, round_ = _named_by(session, file)
        _mark(session, file, found, record, clock())
        if round_ is not None:
            sender = "" if isinstance(record, UpstreamRequest) else _name(session, file)
            _tell_leads(session, round_, sender, clock())


def refuse(session: Session, submission: Disclosed, found: str, *, clock: Clock, files: FileStore) -> None:
    """Put the file of a version into quarantine: one that was not read is refused, one that was read can no longer be counted.

    A version that counts already, or was opened, keeps its state and its rows; its file alone is put away.
    """
    lock(session, submission.round)
    session.refresh(submission)
    if submission.file.scan != INFECTED:
        _mark(session, submission.file, found, submission, clock())
        is_known = submission.opened_at is not None or submission.stage != "tender"
        sender = submission.supplier.name if is_known else ""
        _tell_leads(session, submission.round, sender, clock())
    if submission.state == "staged" or submission.is_read_late:
        keep(session, submission, unread(submission, _refusal(found)), 0, clock=clock, files=files)
    elif submission.state == "checked" and isinstance(submission, Submission):
        _block(session, submission, found, clock, files)


def _refusal(found: str) -> Refusal:
    return Refusal(KEY, params={"found": found})


def _block(session: Session, submission: Submission, found: str, clock: Clock, files: FileStore) -> None:
    """What was read stays to be seen; a mending that waits to be read is taken back, since the file is not read again."""
    if submission.is_rechecked:
        corrections.set_aside(session, submission, clock=clock)
    told = select(SubmissionIssue.id).where(
        SubmissionIssue.submission_id == submission.id, SubmissionIssue.cause == KEY
    )
    if session.scalar(told.limit(1)) is None:
        issue = refusal_issue(KEY, params={"found": found})
        row = SubmissionIssue(
            submission_id=submission.id,
            position=submission.issue_count or 0,
            code=issue.code,
            cause=issue.cause,
            severity=issue.severity.value,
            params=issue.params,
        )
        session.add(row)
        counts = submission.issue_counts
        submission.issue_counts = counts | {"block": counts.get("block", 0) + 1}
        submission.issue_count = (submission.issue_count or 0) + 1
        submission.verdict = BLOCKED
        session.flush()
        notices.was_read_again(session, submission, [issue], now=clock(), after=dt.timedelta())
    if submission.round.state == "receipt_closed":
        settle(session, submission.round, submission.supplier_id, now=clock(), files=files)


def _mark(session: Session, file: StoredFile, found: str, subject: object, now: dt.datetime) -> None:
    """Close the road to the bytes and write it down; the record says neither what was found nor the file's name."""
    file.scan, file.found = INFECTED, found
    session.flush()
    same = StoredFile.sha256 == file.sha256
    if file.same_hash:  # encrypted bytes never lie the same
        same |= StoredFile.same_hash == file.same_hash
    _say(session, same & (StoredFile.id != file.id), CLEAN, NOT_SCANNED)
    audit.record(session, QUARANTINED, actor=SYSTEM, now=now, subject=subject)


def _say(session: Session, which: Any, before: str, after: str) -> None:
    """Change what is known of files from one to another, without their versions: nobody writes them at the same time."""
    session.execute(update(StoredFile).where(which, StoredFile.scan == before).values(scan=after))


def _named_by(session: Session, file: StoredFile) -> tuple[object, Round | None]:
    """The record that a file belongs to, and its round; the file itself where nothing names it (any more)."""
    of_sign_on = (SignOn.mandate_file_id == file.id) | (SignOn.class_proof_id == file.id)
    sign_on = session.scalar(select(SignOn).where(of_sign_on).limit(1))
    if sign_on is not None:
        return sign_on, sign_on.round
    request = session.scalar(select(UpstreamRequest).where(UpstreamRequest.proof_id == file.id).limit(1))
    if request is not None:
        return request, request.round
    demand = session.scalar(select(Demand).where(Demand.source_upload_id == file.id).limit(1))
    return (demand, demand.round) if demand is not None else (file, None)


def _name(session: Session, file: StoredFile) -> str:
    sender = session.get(Organisation, file.organisation_id) if file.organisation_id is not None else None
    return sender.name if sender is not None else ""


def _tell_leads(session: Session, round_: Round, sender: str, now: dt.datetime) -> None:
    """One mail to each lead; `sender` is blank where whose file it is must stay sealed (law L07b)."""
    for user in telling.people(session, [round_.organisation_id], "lead", now=now):
        post(
            session,
            MAIL,
            to=user,
            now=now,
            round_=round_,
            recipient=user.name,
            round_name=round_.name,
            sender=sender,
            path=f"/rounds/{round_.public_id}",
        )

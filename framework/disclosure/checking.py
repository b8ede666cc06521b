"""Check a received version: read it in the cage, keep rows and issues, move it on; safe to repeat."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from framework.disclosure import choosing, corrections, facility_choices, notices, returned, sealing, stages, told
from framework.disclosure.caged import NeedsLargeLane, check_path
from framework.disclosure.check_file import check
from framework.disclosure.checked import Checked, SheetAccount
from framework.disclosure.confidentiality import day_of_receipt
from framework.disclosure.counting import settle
from framework.disclosure.previous import rows_before
from framework.disclosure.receiving import BUILD_JOB, Clock, lock, scope_of
from framework.disclosure.scope import RoundScope
from framework.disclosure.smelters import Known
from framework.disclosure.storing import in_parts, kept_name, store_rows, take_place
from framework.ground import jobs, lifecycle
from framework.ground.actors import SYSTEM
from framework.ground.files import FileStore
from framework.ground.issues import Severity
from framework.ground.sheets.cells import Refusal
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.lines import Handed
from framework.ground.sheets.progress import Progress
from framework.ground.sheets.reader import ChildLost
from models.disclosure import Disclosed, Submission, SubmissionIssue
from models.records import StoredFile
from models.sealing import KeyMissing, SealBroken

logger = logging.getLogger(__name__)
CHANGED = "file-changed"
OUT_OF_REACH = frozenset({"time", "memory", "output", "killed", "aborted", CHANGED})
__all__ = ["ChildLost", "NeedsLargeLane", "keep", "read", "store_rows", "unread"]


def read(
    session: Session,
    submission: Disclosed,
    *,
    files: FileStore,
    limits: Limits,
    smelters: Known | None = None,
    usual_minerals: Mapping[str, Sequence[str]] | None = None,
    on_progress: Progress | None = None,
) -> tuple[Checked, int]:
    """Read and check the stored bytes in a child process; milliseconds beside the result. Writes nothing.

    `smelters` is the installation's register, `usual_minerals` what products of a category usually contain.
    `on_progress(done, total)` hears rows. Raises NeedsLargeLane where
    `limits` are too narrow for the file, Quarantined and NotScannedYet, SealBroken where its stored bytes were
    changed, OSError and ChildLost where the reading broke off for a reason that need not lie in the file.
    """
    scope = _scope(session, submission).with_usual(usual_minerals or {})
    file, today, name = submission.file, day_of_receipt(submission), _name(submission.file)
    laid_open = files.readable(file, sealing.key_of_file(file))
    previous = _rows_before(session, submission)
    mended, is_first = corrections.standing(session, submission), submission.state == "staged"
    typed = facility_choices.said_types(session, submission)
    session.rollback()  # nobody else may wait for the database while the child reads
    begun = time.monotonic()
    beside: dict[str, Any] = {
        "today": today,
        "limits": limits,
        "name": name,
        "on_progress": on_progress,
        "smelters": smelters.listed if smelters else None,
        "smelter_names": smelters.names if smelters else (),
        "corrections": mended,
        "said_types": typed,
    }
    with laid_open as path:
        checked = check_path(path, scope, previous=previous, **beside)
        if previous and is_out_of_reach(checked):  # the rows of an older version must not cost a file its reading
            checked = check_path(path, scope, previous=None, **beside)
    if is_first:
        checked.changes = returned.changes(session, submission, checked, files=files, limits=limits)
    return checked, int((time.monotonic() - begun) * 1000)


def _scope(session: Session, submission: Disclosed) -> RoundScope:
    """What is asked of it in its stage."""
    stage = stages.later(submission)
    if stage is not None:
        return stage.scope(session, submission)
    return scope_of(session, submission.round, submission.supplier)


def _rows_before(session: Session, submission: Disclosed) -> Handed | None:
    """An older version that does not open is passed over: a newer one must be read all the same."""
    try:
        return rows_before(session, submission)
    except (SealBroken, KeyMissing) as error:
        logger.error("receipt %s is read without the version before it: %s", submission.receipt_number, error)
        return None


def _name(file: StoredFile) -> str:
    """The name as sent, which helps to read a file; blank where it was changed in the database."""
    try:
        return file.name
    except SealBroken as error:
        logger.error("file %s is read without its name: %s", file.id, error)
        return ""


def is_out_of_reach(checked: Checked) -> bool:
    """Whether the reading ended at a limit on time, memory or room, broke off, or never began: it says little of the file itself."""
    details = {issue.params.get("detail") for issue in checked.issues if issue.code == "file-refused"}
    return checked.verdict == "refused" and bool(details & OUT_OF_REACH)


def unread(submission: Disclosed, refusal: Refusal) -> Checked:
    """What is kept of a version whose file broke the reading off every time it was tried."""
    return check(refusal, None, today=day_of_receipt(submission))


def keep(
    session: Session,
    submission: Disclosed,
    checked: Checked,
    milliseconds: int,
    *,
    clock: Clock,
    files: FileStore,
    has_rows: bool = False,
    mail_after: dt.timedelta = notices.WAIT_FOR_READING,
) -> None:
    """Store what was found and move the version on; nothing happens where it was done before.

    After the deadline the supplier's set is settled as soon as its last version is read. Of a version whose cells
    were mended the new result takes the place of the old one, and its state stays. `has_rows`: `store_rows` stored
    the rows or has them waiting. A reading that took longer than `mail_after` is told by mail. Where what was mended or
    taken back made the file too heavy to read, that is reversed and the result stands that was there before.
    """
    lock(session, submission.round)
    session.refresh(submission)
    if not submission.is_being_read:
        return
    if not isinstance(submission, Submission):
        _keep_later(session, submission, checked, milliseconds, clock(), has_rows=has_rows, mail_after=mail_after)
        return
    now, is_first, is_late = clock(), submission.state == "staged", submission.is_read_late
    if not is_first and not is_late and is_out_of_reach(checked):
        corrections.set_aside(session, submission, clock=clock)
        _settle(session, submission, now=now, files=files)
        return
    _store(session, submission, checked, milliseconds, now)
    if not has_rows:
        store_rows(session, submission, checked, on_progress=_unheard)
    if is_late:
        _late_result(session, submission, now)
        return
    (_first_result if is_first else _new_result)(session, submission, checked, now=now, mail_after=mail_after)
    if submission.state == "checked" and submission.mapping:
        _take_over(session, submission, is_first, clock)
    _settle(session, submission, now=now, files=files)


def _keep_later(
    session: Session,
    submission: Disclosed,
    checked: Checked,
    milliseconds: int,
    now: dt.datetime,
    *,
    has_rows: bool,
    mail_after: dt.timedelta,
) -> None:
    """The same after the tender, where nothing is mended, counted or sealed: the stage says what its reading decides."""
    _store(session, submission, checked, milliseconds, now)
    if not has_rows:
        store_rows(session, submission, checked, on_progress=_unheard)
    _note_origin(session, submission, checked)
    stage = stages.later(submission)
    if stage is not None:
        stage.was_read(session, submission, checked, now, mail_after)


def _first_result(
    session: Session, submission: Submission, checked: Checked, *, now: dt.datetime, mail_after: dt.timedelta
) -> None:
    """What the first reading of a version decides: the copy it was made from, its state, the mail to its sender."""
    _note_origin(session, submission, checked)
    submission.is_mended = False
    _move_on(session, submission, now=now)
    notices.was_read(session, submission, checked.issues, now=now, after=mail_after)


def _note_origin(session: Session, submission: Disclosed, checked: Checked) -> None:
    """Of a returned marked copy: which version it was made from, and what changed since."""
    if checked.copy_of is not None:
        submission.made_from = returned.made_from(session, submission, checked.copy_of)
        submission.returned = {"changes": checked.changes}


def _new_result(
    session: Session, submission: Submission, checked: Checked, *, now: dt.datetime, mail_after: dt.timedelta
) -> None:
    """The rows of a version whose cells were mended take their place; its state stays."""
    take_place(session, submission)
    submission.is_mended = False
    notices.was_read_again(session, submission, checked.issues, now=now, after=mail_after)


def _late_result(session: Session, submission: Submission, now: dt.datetime) -> None:
    """What was opened unread is read: it stays opened whatever was found, and its chain can be made."""
    take_place(session, submission)
    owner = submission.round.organisation_id
    jobs.enqueue(session, BUILD_JOB, now=now, organisation_id=owner, submission=submission.public_id)


def _unheard(_done: int, _total: int, _step: str = "", /) -> None:
    """Nobody asks how far it is."""


def _move_on(session: Session, submission: Submission, *, now: dt.datetime) -> None:
    act = "refuse_file" if submission.verdict == "refused" else "check"
    lifecycle.move(session, submission, act, actor=SYSTEM, now=now)


def _take_over(session: Session, submission: Submission, is_first: bool, clock: Clock) -> None:
    """What the supplier said of such a list before, said again; of its words only once its columns are understood."""
    if not (is_first and choosing.take_over(session, submission, clock=clock)):
        facility_choices.take_over(session, submission, clock=clock)


def _settle(session: Session, submission: Submission, *, now: dt.datetime, files: FileStore) -> None:
    if submission.round.state == "receipt_closed":
        settle(session, submission.round, submission.supplier_id, now=now, files=files)


def _store(session: Session, submission: Disclosed, checked: Checked, milliseconds: int, now: dt.datetime) -> None:
    submission.format, submission.file_kind = checked.format, checked.kind
    submission.verdict = checked.verdict
    submission.refusal_key = next((i.key for i in checked.issues if checked.verdict == "refused"), "")[:60]
    submission.sheets = [_account(checked, sheet) for sheet in checked.sheets]
    submission.rows_in, submission.rows_stored = checked.rows_in, checked.rows_stored
    submission.rows_listed = checked.rows_listed
    submission.issue_count, submission.issue_counts = checked.issue_total, checked.by_severity
    submission.mapping = {"sheets": checked.columns} if checked.columns else {}
    submission.seconds, submission.checked_at = milliseconds, now
    if isinstance(submission, Submission) and submission.seal_id and sealing.is_by_shares(submission.round):
        sealing.tell(submission, told.of(submission, checked))
    session.execute(delete(SubmissionIssue).where(SubmissionIssue.submission_id == submission.id))
    for part in in_parts(_issue_rows(submission, checked)):
        session.execute(insert(SubmissionIssue), part)


def _issue_rows(submission: Disclosed, checked: Checked) -> Iterator[dict[str, object]]:
    key, number = sealing.key_of(submission), submission.id
    for position, issue in enumerate(checked.issues):
        texts = {
            "code": issue.code,
            "cause": issue.cause[:80],
            "severity": Severity(issue.severity).value,
            "sheet": issue.sheet[:100],
            "column": issue.column[:100],
            "value": issue.value[:200],
        }
        yield {
            "submission_id": number,
            "position": position,
            "row": issue.row,
            "params": sealing.object_(key, "submission_issue.params", issue.params),
        } | {name: sealing.text(key, f"submission_issue.{name}", text) for name, text in texts.items()}


def _account(checked: Checked, sheet: SheetAccount) -> dict[str, object]:
    return {
        "name": kept_name(checked, sheet),
        "title": sheet.name,
        "rows_in": sheet.rows_in,
        "rows_stored": sheet.rows_stored,
        "rows_listed": sheet.rows_listed,
    }


lifecycle.register("submission_tender", "refuse_file")
lifecycle.register("submission_tender", "check")

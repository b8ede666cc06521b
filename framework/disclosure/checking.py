"""Check a received version: read it in the cage, keep rows and issues, move it on; safe to repeat."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from framework.disclosure import corrections, facility_choices, notices
from framework.disclosure.caged import NeedsLargeLane, check_path
from framework.disclosure.check_file import Checked, SheetAccount, check
from framework.disclosure.confidentiality import day_of_receipt
from framework.disclosure.counting import settle
from framework.disclosure.previous import rows_before
from framework.disclosure.receiving import Clock, lock, scope_of
from framework.disclosure.recognise import SITE_LIST
from framework.disclosure.smelters import Known
from framework.ground import lifecycle
from framework.ground.actors import SYSTEM
from framework.ground.files import FileStore
from framework.ground.issues import Severity
from framework.ground.sheets.cells import Refusal
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.progress import Progress
from framework.ground.sheets.reader import ChildLost
from models.disclosure import Submission, SubmissionIssue, SubmissionRow

AT_ONCE = 2_000
OUT_OF_REACH = frozenset({"time", "memory", "output", "killed", "aborted"})
__all__ = ["ChildLost", "NeedsLargeLane", "keep", "read", "store_rows", "unread"]


def read(
    session: Session,
    submission: Submission,
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
    `limits` are too narrow for the file, OSError and ChildLost where the reading broke off for a reason that need not
    lie in the file.
    """
    scope = scope_of(session, submission.round, submission.supplier).with_usual(usual_minerals or {})
    path, today, name = files.path(submission.file.sha256), day_of_receipt(submission), submission.file.name
    previous = rows_before(session, submission)
    mended, typed = corrections.standing(session, submission), facility_choices.said_types(session, submission)
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
    checked = check_path(path, scope, previous=previous, **beside)
    if previous and is_out_of_reach(checked):  # the rows of an older version must not cost a file its reading
        checked = check_path(path, scope, previous=None, **beside)
    return checked, int((time.monotonic() - begun) * 1000)


def is_out_of_reach(checked: Checked) -> bool:
    """Whether the reading ended at a limit on time, memory or room, or broke off: it says little about the file itself."""
    details = {issue.params.get("detail") for issue in checked.issues if issue.code == "file-refused"}
    return checked.verdict == "refused" and bool(details & OUT_OF_REACH)


def unread(submission: Submission, refusal: Refusal) -> Checked:
    """What is kept of a version whose file broke the reading off every time it was tried."""
    return check(refusal, None, today=day_of_receipt(submission))


def store_rows(session: Session, submission: Submission, checked: Checked, *, on_progress: Progress) -> None:
    """Store the rows of a version that is read for the first time, ahead of `keep`; nothing shows them before.

    `on_progress(done, total)` hears rows after each part and may commit, so that nobody waits for a hundred thousand of
    them. Rows of a reading that broke off go when the file is read again.
    """
    session.execute(delete(SubmissionRow).where(SubmissionRow.submission_id == submission.id))
    done, total = 0, checked.rows_stored + checked.rows_listed
    for rows in _in_parts(_row_rows(submission, checked)):
        session.execute(insert(SubmissionRow), rows)
        done += len(rows)
        on_progress(done, total)


def keep(
    session: Session,
    submission: Submission,
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
    the rows. A reading that took longer than `mail_after` is told by mail. Where what was mended made the file too
    heavy to read, the newest mending is set aside and the result stands that was there before.
    """
    lock(session, submission.round)
    session.refresh(submission)
    if not submission.is_being_read:
        return
    now, is_first = clock(), submission.state == "staged"
    if not is_first and is_out_of_reach(checked):
        corrections.set_aside(session, submission, clock=clock)
        _settle(session, submission, now=now, files=files)
        return
    _store(session, submission, checked, milliseconds, now)
    if not has_rows:
        session.execute(delete(SubmissionRow).where(SubmissionRow.submission_id == submission.id))
        _insert(session, SubmissionRow, _row_rows(submission, checked))
    submission.is_mended = False
    if is_first:
        _move_on(session, submission, now=now)
        notices.was_read(session, submission, checked.issues, now=now, after=mail_after)
    else:
        notices.was_read_again(session, submission, checked.issues, now=now, after=mail_after)
    if submission.state == "checked" and submission.mapping:
        _take_over(session, submission, is_first, clock)
    _settle(session, submission, now=now, files=files)


def _move_on(session: Session, submission: Submission, *, now: dt.datetime) -> None:
    act = "refuse_file" if submission.verdict == "refused" else "check"
    lifecycle.move(session, submission, act, actor=SYSTEM, now=now)


def _take_over(session: Session, submission: Submission, is_first: bool, clock: Clock) -> None:
    """What the supplier said of such a list before, said again; of its words only once its columns are understood."""
    if not (is_first and corrections.take_over(session, submission, clock=clock)):
        facility_choices.take_over(session, submission, clock=clock)


def _settle(session: Session, submission: Submission, *, now: dt.datetime, files: FileStore) -> None:
    if submission.round.state == "receipt_closed":
        settle(session, submission.round, submission.supplier_id, now=now, files=files)


def _store(session: Session, submission: Submission, checked: Checked, milliseconds: int, now: dt.datetime) -> None:
    submission.format = checked.format
    submission.verdict = checked.verdict
    submission.refusal_key = next((i.key for i in checked.issues if checked.verdict == "refused"), "")[:60]
    submission.sheets = [_account(checked, sheet) for sheet in checked.sheets]
    submission.rows_in, submission.rows_stored = checked.rows_in, checked.rows_stored
    submission.rows_listed = checked.rows_listed
    submission.issue_count, submission.issue_counts = checked.issue_total, checked.by_severity
    submission.mapping = {"sheets": checked.columns} if checked.columns else {}
    submission.seconds, submission.checked_at = milliseconds, now
    session.execute(delete(SubmissionIssue).where(SubmissionIssue.submission_id == submission.id))
    _insert(session, SubmissionIssue, _issue_rows(submission, checked))


def _insert(session: Session, table: type, rows: Iterable[dict[str, object]]) -> None:
    for part in _in_parts(rows):
        session.execute(insert(table), part)


def _in_parts(rows: Iterable[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    """A few thousand at a time: those of a long list are never all at hand."""
    left = iter(rows)
    while part := list(islice(left, AT_ONCE)):
        yield part


def _issue_rows(submission: Submission, checked: Checked) -> Iterator[dict[str, object]]:
    return (
        {
            "submission_id": submission.id,
            "position": position,
            "code": issue.code,
            "cause": issue.cause[:80],
            "severity": Severity(issue.severity).value,
            "sheet": issue.sheet[:100],
            "row": issue.row,
            "column": issue.column[:100],
            "value": issue.value[:200],
            "params": issue.params,
        }
        for position, issue in enumerate(checked.issues)
    )


def _account(checked: Checked, sheet: SheetAccount) -> dict[str, object]:
    return {
        "name": _name(checked, sheet),
        "title": sheet.name,
        "rows_in": sheet.rows_in,
        "rows_stored": sheet.rows_stored,
        "rows_listed": sheet.rows_listed,
    }


def _name(checked: Checked, sheet: SheetAccount) -> str:
    """The name under which a sheet's rows are kept: ours for our workbook, the file's own otherwise."""
    return sheet.target[:100] if sheet.target and checked.format != SITE_LIST else sheet.name[:100]


def _row_rows(submission: Submission, checked: Checked) -> Iterator[dict[str, object]]:
    """Stored and listed rows; those of a list of sites stand in the order of its sheets."""
    number = submission.id  # once: the record is read anew after every commit
    queues = {target: iter(records) for target, records in checked.tables.items()}
    for sheet in checked.sheets:
        name = _name(checked, sheet)
        for record in islice(queues.get(sheet.target, iter(())), sheet.rows_stored):
            yield _row(number, name, record["row"], record["values"], record["found"])
        for one in sheet.listed:
            yield _row(number, name, one.row, {}, {}, one.reason)


def _row(
    submission_id: int,
    sheet: str,
    row: int,
    values: dict[str, object],
    found: dict[str, object],
    listed_reason: str = "",
) -> dict[str, object]:
    return {
        "submission_id": submission_id,
        "sheet": sheet,
        "row": row,
        "read_values": values,
        "found": found,
        "listed_reason": listed_reason[:80],
    }


lifecycle.register("submission_tender", "refuse_file")
lifecycle.register("submission_tender", "check")

"""Store the rows of a version: in slices ahead of its result, beside the rows that stand where it was read before.

The child wrote the rows down as JSON; they go to the database as they are, once looked through.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Integer, String, TableClause, column, delete, func, insert, select, table
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine, UserDefinedType

from framework.disclosure import sealing
from framework.disclosure.checked import Checked, SheetAccount
from framework.disclosure.recognise import SITE_LIST
from framework.ground.sheets.lines import Lines, Written
from framework.ground.sheets.progress import Progress
from models.disclosure import ROW_FOUND, ROW_REASON, ROW_SHEET, ROW_VALUES, Disclosed, SubmissionRow, WaitingRow
from models.sealing import Key

AT_ONCE = 2_000
_COLUMNS = ("submission_id", "sheet", "row", "read_values", "found", "listed_reason")


class AsWritten(UserDefinedType[str]):
    """JSON that is a text already."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        return "JSON"


def _plain(name: str) -> TableClause:
    """A table of rows to which JSON goes as it is written."""
    types: tuple[TypeEngine[Any], ...] = (Integer(), String(), Integer(), AsWritten(), AsWritten(), String())
    return table(name, *(column(*one) for one in zip(_COLUMNS, types, strict=True)))


_STANDING, _WAITING = _plain(SubmissionRow.__tablename__), _plain(WaitingRow.__tablename__)


def store_rows(session: Session, submission: Disclosed, checked: Checked, *, on_progress: Progress) -> None:
    """Store the rows of a version ahead of its result; nothing shows them before.

    Those of a version that is read for the first time go where they stay, those of a version that has rows already wait
    for `take_place`. `on_progress(done, total)` hears rows after each part and may commit, so that nobody waits for a
    hundred thousand of them. Rows of a reading that broke off go when the file is read again.
    """
    model, target = (SubmissionRow, _STANDING) if submission.state == "staged" else (WaitingRow, _WAITING)
    session.execute(delete(model).where(model.submission_id == submission.id))
    done, total = 0, checked.rows_stored + checked.rows_listed
    for rows in in_parts(_rows(submission, checked)):
        session.execute(insert(target), rows)
        done += len(rows)
        on_progress(done, total)


def take_place(session: Session, submission: Disclosed) -> None:
    """Put the waiting rows of a version in the place of those that stand, in the database alone."""
    session.execute(delete(SubmissionRow).where(SubmissionRow.submission_id == submission.id))
    names = [_WAITING.c[name] for name in _COLUMNS]  # as they lie
    waiting = select(*names).where(_WAITING.c.submission_id == submission.id).order_by(column("id", Integer()))
    session.execute(insert(_STANDING).from_select(list(_COLUMNS), waiting))


def forget_waiting(session: Session, submission_id: int) -> bool:
    """Remove some thousand waiting rows of a version; whether there may be more."""
    some = select(WaitingRow.id).where(WaitingRow.submission_id == submission_id).order_by(WaitingRow.id)
    last = session.scalar(select(func.max(some.limit(10 * AT_ONCE).subquery().c.id)))
    if last is not None:
        session.execute(delete(WaitingRow).where(WaitingRow.submission_id == submission_id, WaitingRow.id <= last))
    return last is not None


def in_parts(rows: Iterable[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    """A few thousand at a time: those of a long list are never all at hand."""
    left = iter(rows)
    while part := list(islice(left, AT_ONCE)):
        yield part


def kept_name(checked: Checked, sheet: SheetAccount) -> str:
    """The name under which a sheet's rows are kept: ours for our workbook, the file's own otherwise."""
    return sheet.target[:100] if sheet.target and checked.format != SITE_LIST else sheet.name[:100]


def _rows(submission: Disclosed, checked: Checked) -> Iterator[dict[str, object]]:
    """Stored and listed rows; those of a list of sites stand in the order of its sheets."""
    number, key = submission.id, sealing.key_of(submission)  # once: the record is read anew after every commit
    queues = {target: _written(records) for target, records in checked.tables.items()}
    for sheet in checked.sheets:
        name = kept_name(checked, sheet)
        for one in islice(queues.get(sheet.target, iter(())), sheet.rows_stored):
            yield _row(number, name, one, key=key)
        for left_out in sheet.listed:
            yield _row(number, name, Written(left_out.row, "{}", "{}"), left_out.reason, key=key)


def _written(records: Iterable[dict[str, Any]]) -> Iterator[Written]:
    if isinstance(records, Lines):
        return records.written()
    return (Written(one["row"], json.dumps(one["values"]), json.dumps(one["found"])) for one in records)


def _row(
    submission_id: int, sheet: str, one: Written, listed_reason: str = "", *, key: Key | None
) -> dict[str, object]:
    return {
        "submission_id": submission_id,
        "sheet": sealing.text(key, ROW_SHEET, sheet),
        "row": one.row,
        "read_values": _as_json(key, ROW_VALUES, one.values, one.row),
        "found": _as_json(key, ROW_FOUND, one.found, one.row),
        "listed_reason": sealing.text(key, ROW_REASON, listed_reason[:80]),
    }


def _as_json(key: Key | None, field: str, written: str, row: int) -> str:
    """JSON as it goes to the database; a seal is a text that needs no escapes."""
    return written if key is None else f'"{key.written(field, written, row)}"'

"""What lies sealed is laid open at the opening, and what still lies open in a sealed round is sealed: row by row, exactly.

Both go through the tables of `PARTS`, whose types say which columns are sealed and what each is called under its seal.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import JSON, ColumnElement, Integer, Table, Text, bindparam, delete, select, type_coerce, update
from sqlalchemy.orm import Session

from framework.disclosure import sealing
from framework.disclosure.storing import AsWritten
from models.disclosure import (
    FACTS,
    Comparison,
    ComparisonRow,
    Correction,
    ProductTie,
    Submission,
    SubmissionIssue,
    SubmissionRow,
    WaitingRow,
)
from models.receipts import ReceiptLine
from models.sealing import (
    NO_ROW,
    Key,
    Ring,
    SealBroken,
    SealedObject,
    SealedText,
    holding,
    key_id_of,
    open_text,
    plain_text,
    ring,
    sealed_columns,
)

PARTS = (SubmissionRow, SubmissionIssue, Correction, ProductTie)
_AT_ONCE = 2_000
_BOUND_TO_ROW = frozenset({"read_values", "found"})


def release(session: Session, submission: Submission) -> None:
    """Open a version for all who may know of it, in this transaction. Raises SealBroken, KeyMissing and WrongMasterKey.

    Its rows, remarks, mendings, ties and descriptions lie open from now on; the bytes stay encrypted and their key lies
    beside them. Comparisons with versions that are not opened go, and rows that wait; so does what was changed in a copy
    of such a version, for that tells its cells.
    """
    if not submission.seal_id:
        return
    key = sealing.unwrapped(submission)
    held = Ring(master=ring().master)
    held.add(key)
    with holding(held):
        for part in PARTS:
            _lay_open(session, _table(part), submission.id)
        facts, file = submission.facts(), submission.file
        name, content_sha256 = file.name, file.content_sha256
        statements = [(line, line.statement) for line in _receipt(session, submission)]
    _forget_beside(session, submission)
    if submission.made_from is not None and submission.made_from.opened_at is None:
        facts.pop("returned", None)
    submission.seal_id = submission.sealed_facts = submission.told = ""
    for fact in FACTS:
        if fact in facts:
            setattr(submission, fact, facts[fact])
    file.name, file.content_sha256 = name, content_sha256
    for line, statement in statements:
        line.statement = statement
    file.released_key = base64.b64encode(key.content).decode("ascii")
    session.flush()
    session.expire(submission)


def _receipt(session: Session, submission: Submission) -> list[ReceiptLine]:
    return list(session.scalars(select(ReceiptLine).where(ReceiptLine.submission_id == submission.id)))


def _lay_open(session: Session, table: Table, submission_id: int) -> None:
    """Turn every sealed value of a version in a table into a plain one."""
    columns = sealed_columns(table.columns)
    for rows in _slices(session, table, columns, submission_id):
        session.execute(_change(table, columns), [_opened(row, columns) for row in rows])


def _opened(row: Any, columns: dict[str, SealedText | SealedObject]) -> dict[str, Any]:
    said: dict[str, Any] = {"number": row.id}
    for name, type_ in columns.items():
        stored = getattr(row, name)
        if isinstance(type_, SealedText):
            said[f"new_{name}"] = plain_text(open_text(type_.field, stored))
            continue
        number, written = _written(type_.field, stored)
        if number != (row.row if name in _BOUND_TO_ROW else NO_ROW):
            raise SealBroken(type_.field)
        said[f"new_{name}"] = written
    return said


def _written(field: str, stored: Any) -> tuple[int, str]:
    """The row with which an object was sealed, and the object as JSON; one that lies plain is of no row."""
    if not isinstance(stored, str):
        return NO_ROW, json.dumps(stored)
    row, written = ring().key(key_id_of(stored)).open_written(field, stored)
    return row, written.rstrip(" ")


def take_in(session: Session, submission: Submission, key: Key) -> None:
    """Seal what lies open of a version under a key, in this transaction; its file is encrypted by the caller before."""
    facts = {name: getattr(submission, name) for name in FACTS}
    file_name = submission.file.name
    for part in PARTS:
        table = _table(part)
        columns = sealed_columns(table.columns)
        for rows in _slices(session, table, columns, submission.id):
            session.execute(_change(table, columns), [_sealed(row, columns, key) for row in rows])
    _forget_beside(session, submission)
    for name in FACTS:
        setattr(submission, name, FACTS[name])
    submission.seal_id = key.id
    submission.sealed_facts = key.object("submission.facts", facts)
    submission.file.name = sealing.meant(key, file_name)
    for line in _receipt(session, submission):
        line.statement = sealing.meant(key, line.statement)
    session.flush()
    session.expire(submission)


def _sealed(row: Any, columns: dict[str, SealedText | SealedObject], key: Key) -> dict[str, Any]:
    said: dict[str, Any] = {"number": row.id}
    for name, type_ in columns.items():
        stored = getattr(row, name)
        if isinstance(type_, SealedText):
            said[f"new_{name}"] = str(key.text(type_.field, open_text(type_.field, stored)))
        else:
            sealed = key.object(type_.field, stored, row.row if name in _BOUND_TO_ROW else NO_ROW)
            said[f"new_{name}"] = json.dumps(sealed)
    return said


def _forget_beside(session: Session, submission: Submission) -> None:
    """What was worked out between versions, and rows that wait for a reading to end."""
    theirs = select(Comparison.id).where(
        (Comparison.before_id == submission.id) | (Comparison.after_id == submission.id)
    )
    session.execute(delete(ComparisonRow).where(ComparisonRow.comparison_id.in_(theirs)))
    session.execute(
        delete(Comparison)
        .where((Comparison.before_id == submission.id) | (Comparison.after_id == submission.id))
        .execution_options(synchronize_session="fetch")
    )
    session.execute(delete(WaitingRow).where(WaitingRow.submission_id == submission.id))


def _slices(session: Session, table: Table, columns: dict[str, Any], submission_id: int) -> Iterator[list[Any]]:
    """The rows of a version as they lie, some thousand at a time."""
    session.flush()
    raw = [_raw(table.c[name]).label(name) for name in columns]
    beside = [table.c.row] if "row" in table.c and "row" not in columns else []
    last = 0
    while True:
        query = (
            select(table.c.id, *beside, *raw)
            .where(table.c.submission_id == submission_id, table.c.id > last)
            .order_by(table.c.id)
            .limit(_AT_ONCE)
        )
        rows = list(session.execute(query))
        if not rows:
            return
        yield rows
        last = rows[-1].id


def _change(table: Table, columns: dict[str, Any]) -> Any:
    new = {table.c[name]: bindparam(f"new_{name}", type_=_type_to_write(table.c[name])) for name in columns}
    return update(table).where(table.c.id == bindparam("number", type_=Integer())).values(new)


def _raw(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return type_coerce(column, _plain_type(column))


def _plain_type(column: Any) -> Any:
    return Text() if isinstance(column.type, SealedText) else JSON()


def _type_to_write(column: Any) -> Any:
    return Text() if isinstance(column.type, SealedText) else AsWritten()


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table

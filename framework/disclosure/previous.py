"""What a supplier's earlier versions said: to ask whether a newer one says less (D55), and to fill its template."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import JSON, Text, cast, select, type_coerce
from sqlalchemy.orm import Session

from framework.disclosure import sealing, stages
from framework.disclosure.columns import COMPONENTS, LINKS, PRODUCTS, SITES
from framework.disclosure.counting import standing, versions
from framework.disclosure.recognise import SITE_LIST
from framework.ground.files import FileStore
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.lines import Handed, Written, hand
from framework.ground.sheets.reader import ChildLost, run_in_child
from models.disclosure import ROW_VALUES, Disclosed, Submission, SubmissionIssue, SubmissionRow
from models.people import Organisation
from models.rounds import Round
from models.sealing import MARK, key_id_of, ring

COMPARED = (PRODUCTS, SITES, COMPONENTS, LINKS)
"""The sheets of an earlier version that tell how exactly its sites were known, and what was on offer."""
ON_OFFER = "on_offer"
OFFERING = ("checked", "counted", "replaced", "opened", "clarification_asked", "in_review", "scored")
"""States of a version whose models are still those on offer, where it could count: it was not taken back."""
Records = dict[str, list[dict[str, Any]]]
_AT_ONCE = 2_000


def standing_before(session: Session, submission: Submission) -> Submission | None:
    """The newest version before this one that counts, or would have counted."""
    found = versions(session, submission.round, submission.supplier_id)
    return standing([one for one in found if one.version_no < submission.version_no])


def rows_before(session: Session, submission: Disclosed) -> Handed | None:
    """What a version is compared with, written down for the child; None without an earlier one.

    Of the version that stood: the rows that tell how exactly its sites were known. Under `ON_OFFER`: the models that
    any version still told of, for a list of smelters that came in between names none. They go as the database has them:
    nobody here takes them to pieces or holds all of them. Raises OSError.
    """
    before, models = _standing_and_models(session, submission)
    if before is None and not models:
        return None
    blocks: list[tuple[str, Iterable[Written]]] = [(ON_OFFER, models)]
    if before is not None and before.format == SITE_LIST:
        blocks.append((SITES, _as_written(session, before)))
    elif before is not None:
        blocks += [(sheet, _as_written(session, before, sheet)) for sheet in COMPARED]
    return hand(blocks)


def _standing_and_models(session: Session, submission: Disclosed) -> tuple[Disclosed | None, list[Written]]:
    """The version that stood before, and the models that were on offer; after the tender, those of that version."""
    stage = stages.later(submission)
    if isinstance(submission, Submission):
        return standing_before(session, submission), _on_offer(session, submission)
    before = stage.before(session, submission) if stage is not None else None
    return before, [] if before is None else list(_as_written(session, before, PRODUCTS))


def _as_written(session: Session, submission: Disclosed, sheet: str = "") -> Iterator[Written]:
    """The stored rows of a sheet, of all sheets where it is blank."""
    table = SubmissionRow
    query = select(table.row, cast(type_coerce(table.read_values, JSON()), Text)).where(
        table.submission_id == submission.id, table.listed_reason == ""
    )
    if sheet:
        query = query.where(table.sheet == sheet)
    ordered = query.order_by(table.sheet, table.row).execution_options(yield_per=_AT_ONCE)
    with session.execute(ordered) as found:  # closed where nobody reads to the end
        for row, values in found:
            yield Written(row, _opened(values), "{}")


def _opened(written: str) -> str:
    """The values of a row as JSON, from what lies in the database."""
    if not written.startswith(f'"{MARK}'):
        return written
    sealed = written.strip('"')
    return ring().key(key_id_of(sealed)).open_written(ROW_VALUES, sealed)[1].rstrip(" ")


def _on_offer(session: Session, submission: Submission) -> list[Written]:
    """The models of the supplier's earlier versions of this round that could count and were not taken back, the newest first."""
    table = SubmissionRow
    query = (
        select(table.row, table.read_values)
        .join(Submission, Submission.id == table.submission_id)
        .where(
            Submission.round_id == submission.round_id,
            Submission.supplier_id == submission.supplier_id,
            Submission.version_no < submission.version_no,
            Submission.state.in_(OFFERING),
            Submission.verdict == "countable",
            table.sheet == PRODUCTS,
            table.listed_reason == "",
        )
        .order_by(Submission.version_no.desc(), table.id)
    )
    found = ({"row": row, "values": values, "found": {}} for row, values in session.execute(query))
    return [Written.of(record) for record in found if record["values"].get("category")]


def rows_to_fill_in(
    session: Session, round_: Round, supplier: Organisation, *, files: FileStore, limits: Limits
) -> Records:
    """The rows a template brings back: of the newest version that stands or was refused for its version alone (D02).

    A refused version has no stored rows, so its file is read again, in a child, within `limits`; what goes beyond them,
    or breaks the reading, brings nothing back. Raises OSError and ChildLost where the machine is at fault.
    """
    found = versions(session, round_, supplier.id)
    stands = standing(found)
    for submission in found:
        if sealing.is_away(submission):  # what stands in it nobody can read now
            return {}
        if submission is stands:
            return rows_of(session, submission)
        if submission.state == "refused" and _is_other_version(session, submission):
            return _read_again(submission, files, limits)
    return {}


def rows_of(session: Session, submission: Disclosed) -> Records:
    """The stored rows of a version, as `Checked.tables` has them. Raises MoveRefused where nobody can read them now."""
    sealing.require_at_hand(submission)
    records: Records = {}
    for target, record in _stored(session, submission):
        records.setdefault(target, []).append(record)
    return records


def _stored(session: Session, submission: Disclosed) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name of our sheet and record, as `Checked.tables` has them; the rows of a list are sites."""
    table = SubmissionRow
    query = select(table.sheet, table.row, table.read_values, table.found).where(
        table.submission_id == submission.id, table.listed_reason == ""
    )
    is_list = submission.format == SITE_LIST
    for sheet, row, values, as_found in session.execute(query.order_by(table.id)):
        yield SITES if is_list else sheet, {"row": row, "values": values, "found": as_found}


def _is_other_version(session: Session, submission: Submission) -> bool:
    table = SubmissionIssue
    query = select(table.id).where(table.submission_id == submission.id, table.code == "template-version-wrong")
    return session.scalar(query.limit(1)) is not None


def _read_again(submission: Submission, files: FileStore, limits: Limits) -> Records:
    file = submission.file
    if not files.may_read(file):
        return {}
    task = "framework.disclosure.check_file:rows_task"
    try:
        with files.readable(file, sealing.key_of_file(file)) as path:
            records: Records = run_in_child(path, task, {}, limits, name=file.name).value or {}
    except ChildLost as lost:
        if lost.refusal is None:
            raise
        return {}
    return records

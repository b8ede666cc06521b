"""Comparisons of two versions of one supplier: small ones at once, long ones by the worker, once for each reading of both.

A comparison that is kept holds no values: it names stored rows by their numbers. It ends when either version is read
again, for then its rows have other numbers.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Select, delete, insert, select
from sqlalchemy.orm import Session, aliased

from framework.disclosure import comparing, differences, sealing, stages
from framework.disclosure.columns import SITES
from framework.disclosure.counting import read_before, versions
from framework.disclosure.differences import Change, Difference
from framework.disclosure.receiving import Clock, lock
from framework.disclosure.recognise import SITE_LIST
from framework.ground import audit, jobs, turns
from framework.ground.actors import Actor
from framework.ground.errors import MoveRefused
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.progress import Progress
from framework.ground.sheets.reader import ChildLost, ChildResult
from framework.ground.text import N_
from models.disclosure import Comparison, ComparisonRow, Disclosed, Submission, SubmissionRow
from models.sealing import Key

ASKED = audit.declare("submission_tender.comparison_asked", "with_version")
ASKED_LATER = audit.declare("submission_contract.comparison_asked", "with_version")
COMPARE_JOB = "compare_versions"
AT_ONCE_ROWS = 10_000
"""Rows of both versions up to which they are compared while the person waits; it takes about a second."""
LARGE_ROWS = 60_000
"""Rows of both versions above which comparing them takes a place of the large lane."""
_ROWS_AT_ONCE = 2_000


def rows_of_both(before: Disclosed, after: Disclosed) -> int:
    """The stored rows of two versions together."""
    return (before.rows_stored or 0) + (after.rows_stored or 0)


def is_small(before: Disclosed, after: Disclosed) -> bool:
    """Whether two versions are compared at once."""
    return rows_of_both(before, after) <= AT_ONCE_ROWS


def sites_of(submission: Disclosed) -> int:
    """How many sites a version names."""
    sheets = (one for one in submission.sheets if submission.format == SITE_LIST or one["name"] == SITES)
    return sum(int(one["rows_stored"]) for one in sheets)


def is_beyond(before: Disclosed, after: Disclosed) -> bool:
    """Whether either version has more sites than are compared."""
    return max(sites_of(before), sites_of(after)) > differences.MOST_SITES


def of_pair(session: Session, before: Disclosed, after: Disclosed) -> Comparison | None:
    """What is known or being worked out of two versions as they were read last; None where nobody asked."""
    found = _of_pair(session, before, after)
    return found if found is not None and _is_of_these_readings(found, before, after) else None


def state_of(found: Comparison | None) -> str:
    """`missing`, `waiting` (with the worker, or soon), `broken` (given up), or its outcome."""
    if found is None:
        return "missing"
    if found.outcome:
        return found.outcome
    return "waiting" if found.job is not None and found.job.state in ("waiting", "running") else "broken"


def ask(session: Session, before: Disclosed, after: Disclosed, *, actor: Actor, clock: Clock) -> None:
    """Let the worker compare two versions of one supplier; nothing happens where it does so or did.

    Raises MoveRefused where either was not read or has too many sites.
    """
    lock(session, after.round)
    now = clock()
    if before.checked_at is None or after.checked_at is None:
        raise MoveRefused("not-read", N_("Both versions must be read before they can be compared."))
    if is_beyond(before, after):
        raise MoveRefused(
            "too-many-sites",
            N_("Versions of up to %(most)s sites are compared. One of these has more, so nothing was compared."),
            most=differences.MOST_SITES,
        )
    if _begin(session, before, after, now):
        stage = stages.later(after)
        kind, subject = (ASKED, after) if stage is None else (ASKED_LATER, stage.subject(session, after))
        audit.record(session, kind, actor=actor, now=now, subject=subject, with_version=before.version_no)


def expect(session: Session, submission: Disclosed, *, now: dt.datetime) -> None:
    """A version was read: have it compared with the one that its page offers first, where a person would wait for that.

    The longest wait until somebody asks: they take minutes and a place that the supplier's next file would wait for.
    """
    before = offered(session, submission)
    if submission.state != "checked" or before is None:
        return
    if AT_ONCE_ROWS < rows_of_both(before, submission) <= LARGE_ROWS and not is_beyond(before, submission):
        _begin(session, before, submission, now)


def offered(session: Session, submission: Disclosed) -> Disclosed | None:
    """What a version is compared with unless asked otherwise: what it was made from, or the one read before it.

    After the tender it is what was accepted before.

    None where nobody can read that one now.
    """
    if not isinstance(submission, Submission):
        stage = stages.later(submission)
        return stage.before(session, submission) if stage is not None else None
    earlier = read_before(versions(session, submission.round, submission.supplier_id), submission)
    found = submission.made_from or earlier
    return None if found is not None and sealing.is_away(found) else found


def work_out(session: Session, found: Comparison, *, limits: Limits, on_progress: Progress) -> ChildResult | None:
    """Compare the stored rows in a child process; None where either version was read again meanwhile. Writes nothing.

    The session is given back before the child begins. Raises OSError, ChildLost, and what `on_progress` raises.
    """
    if not _is_of_these_readings(found, found.before, found.after):
        return None
    before, after = (_rows(session, one) for one in (found.before, found.after))
    total = rows_of_both(found.before, found.after)
    try:
        return comparing.compare_in_child(
            before, after, total, limits=limits, on_progress=on_progress, when_written=session.rollback
        )
    except ChildLost as lost:
        if lost.refusal is None:
            raise
        return ChildResult(refusal=lost.refusal)


def store(session: Session, comparison_id: int, result: ChildResult, *, on_progress: Progress) -> Counter[Any]:
    """Store the rows that differ, in parts, each with a word of progress that may commit; how many by sheet and kind."""
    session.execute(delete(ComparisonRow).where(ComparisonRow.comparison_id == comparison_id))
    key = _key_of(session.get_one(Comparison, comparison_id))
    counts: Counter[Any] = Counter()
    if result.lines is None or result.value is None:
        return counts
    found = result.lines.blocks(result.value["blocks"])[comparing.FOUND]
    left = ({"position": line["row"], "comparison_id": comparison_id} | line["values"] for line in found)
    while part := list(islice(left, _ROWS_AT_ONCE)):
        session.execute(insert(ComparisonRow), [_sealed(line, key) for line in part])
        counts.update((line["sheet"], line["kind"]) for line in part)
        on_progress(part[-1]["position"] + 1, len(found))
    return counts


def _key_of(found: Comparison) -> Key | None:
    """The key of the newer version; of the older one where that alone is sealed still."""
    return sealing.key_of(found.after) or sealing.key_of(found.before)


def _sealed(line: dict[str, Any], key: Key | None) -> dict[str, Any]:
    return line | {
        "sheet": sealing.text(key, "comparison_row.sheet", line["sheet"]),
        "kind": sealing.text(key, "comparison_row.kind", line["kind"]),
        "columns": sealing.object_(key, "comparison_row.columns", line["columns"]),
    }


def keep(session: Session, comparison_id: int, result: ChildResult, counts: Counter[Any], *, now: dt.datetime) -> None:
    """The rows are stored: from now on they are shown, unless either version was read again meanwhile."""
    found = session.get_one(Comparison, comparison_id, populate_existing=True)
    if not _is_of_these_readings(found, found.before, found.after):
        return
    value = result.value or {}
    if result.refusal is not None:
        found.outcome = "out_of_reach"
    else:
        found.outcome = "too_many" if value.get("too_many") else "compared"
    found.unchanged = int(value.get("unchanged", 0))
    counted = [[sheet, kind, number] for (sheet, kind), number in counts.items()]
    found.counts = sealing.object_(_key_of(found), "comparison.counts", counted)
    found.compared_at = now


def stored(
    session: Session, found: Comparison, sheet: str = "", kind: str = "", *, offset: int = 0, limit: int | None = None
) -> Iterator[Difference]:
    """The differences that are kept, in their order, all or those of a sheet and kind, with the values of their rows."""
    table, old, new = ComparisonRow, aliased(SubmissionRow), aliased(SubmissionRow)
    query: Select[Any] = (
        select(table.sheet, table.kind, table.columns, old.row, old.read_values, new.row, new.read_values)
        .outerjoin(old, old.id == table.before_row)
        .outerjoin(new, new.id == table.after_row)
        .where(table.comparison_id == found.id)
        .order_by(table.position)
        .offset(offset)
    )
    if sheet:
        query = query.where(table.sheet == sheet, table.kind == kind)
    if limit is not None:
        query = query.limit(limit)
    with session.execute(
        query.execution_options(yield_per=_ROWS_AT_ONCE)
    ) as rows:  # closed where nobody reads to the end
        for row in rows:
            before, after = _record(row[3], row[4]), _record(row[5], row[6])
            if before or after:
                yield Difference(row[0], row[1], before, after, tuple(_changes(row[2], before, after)))


def forget_unfit(session: Session) -> int:
    """Remove comparisons of readings that no longer stand; how many."""
    old, new = aliased(Disclosed), aliased(Disclosed)
    query = (
        select(Comparison.id)
        .join(old, old.id == Comparison.before_id)
        .join(new, new.id == Comparison.after_id)
        .where((old.checked_at != Comparison.before_checked_at) | (new.checked_at != Comparison.after_checked_at))
    )
    numbers = list(session.scalars(query))
    for number in numbers:
        session.execute(delete(ComparisonRow).where(ComparisonRow.comparison_id == number))
        session.execute(delete(Comparison).where(Comparison.id == number))
    return len(numbers)


def _begin(session: Session, before: Disclosed, after: Disclosed, now: dt.datetime) -> bool:
    """Queue the work where it is not done or under way for these readings; whether it was queued."""
    found = _of_pair(session, before, after)
    if found is not None and _is_of_these_readings(found, before, after) and state_of(found) != "broken":
        return False
    if found is None:
        found = Comparison(before=before, after=after, created_at=now)
        session.add(found)
    elif found.job is not None and found.job.state in ("waiting", "running"):
        jobs.cancel(found.job, now=now)
    found.before_checked_at, found.after_checked_at = before.checked_at or now, after.checked_at or now
    found.outcome, found.compared_at, found.unchanged, found.counts = "", None, 0, []
    lane = turns.LARGE if rows_of_both(before, after) > LARGE_ROWS else "quick"
    session.flush()
    found.job = jobs.enqueue(
        session,
        COMPARE_JOB,
        now=now,
        organisation_id=after.supplier_id,
        lane=lane,
        comparison=found.public_id,
    )
    session.flush()
    return True


def _of_pair(session: Session, before: Disclosed, after: Disclosed) -> Comparison | None:
    query = select(Comparison).where(Comparison.before_id == before.id, Comparison.after_id == after.id)
    return session.scalar(query)


def _is_of_these_readings(found: Comparison, before: Disclosed, after: Disclosed) -> bool:
    return (found.before_checked_at, found.after_checked_at) == (before.checked_at, after.checked_at)


def _rows(session: Session, submission: Disclosed) -> Iterator[comparing.Row]:
    """As `previous.rows_of`, with the numbers of the stored rows and never all at hand. Raises MoveRefused as that."""
    sealing.require_at_hand(submission)
    table = SubmissionRow
    query = (
        select(table.sheet, table.id, table.row, table.read_values)
        .where(table.submission_id == submission.id, table.listed_reason == "")
        .order_by(table.id)
    )
    is_list = submission.format == SITE_LIST
    with session.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)) as rows:
        for sheet, number, row, values in rows:
            yield SITES if is_list else sheet, number, row, values


def _record(row: int | None, values: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if row is None else {"row": row, "values": values or {}}


def _changes(columns: Sequence[str], before: dict[str, Any] | None, after: dict[str, Any] | None) -> Iterable[Change]:
    if before is None or after is None:
        return []
    return [Change(name, before["values"].get(name), after["values"].get(name)) for name in columns]

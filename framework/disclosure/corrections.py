"""Mend cells of a version on the spot: recorded on top of the untouched file, who and when and from what to what, and undoable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from framework.disclosure.facility_types import TYPED
from framework.disclosure.groups import of_value
from framework.disclosure.receiving import CHECK_JOB, Clock, is_past, lock
from framework.ground import audit, jobs
from framework.ground.actors import SYSTEM, Actor
from framework.ground.errors import InvalidInput, MoveRefused, NotFound
from framework.ground.text import N_, storable
from models.base import random_id
from models.disclosure import Correction, Disclosed, Submission, SubmissionIssue

MENDED = audit.declare("submission_tender.mended", "cells")
UNDONE = audit.declare("submission_tender.mending_undone", "cells")
SET_ASIDE = audit.declare("submission_tender.mending_set_aside", "cells")
UNDOING_SET_ASIDE = audit.declare("submission_tender.undoing_set_aside", "cells")
MAX_CELLS = 200
MAX_LENGTH = 4_000


CHOSEN = "column-chosen"


class CauseKey(NamedTuple):
    """What makes one cause of remarks: the same code, cause, sheet and column, and the value where one mending serves all."""

    code: str
    cause: str
    sheet: str
    column: str
    value: str


@dataclass(frozen=True, slots=True)
class FaultyCell:
    """A cell that a remark is about. `cell` is its place (C14), `found` what stands in it, cut to 200 characters."""

    sheet: str
    row: int
    cell: str
    found: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What one person mended in one act; `corrections` by sheet, row and column."""

    key: str
    corrections: tuple[Correction, ...]

    @property
    def first(self) -> Correction:
        """The first of them, for what all have in common."""
        return self.corrections[0]

    @property
    def is_of_columns(self) -> bool:
        """Whether it says what columns mean, rather than what cells hold."""
        return self.first.code == CHOSEN

    @property
    def changes(self) -> list[tuple[str, str, list[Correction]]]:
        """From what to what, and in which cells: the same change of many cells is one."""
        gathered: dict[tuple[str, str], list[Correction]] = {}
        for one in self.corrections:
            gathered.setdefault((one.found, one.corrected), []).append(one)
        return [(*texts, cells) for texts, cells in gathered.items()]


def cells_of(session: Session, submission: Submission, cause: CauseKey) -> list[FaultyCell]:
    """The cells of one cause, in the order of the file; remarks about a whole row or sheet have none."""
    table = SubmissionIssue
    query = (
        select(table)
        .where(
            table.submission_id == submission.id,
            table.code == cause.code,
            table.cause == cause.cause,
            table.sheet == cause.sheet,
            table.column == cause.column,
            of_value() == cause.value,
            table.row.is_not(None),
        )
        .order_by(table.row, table.position)
    )
    found: dict[str, FaultyCell] = {}
    for issue in session.scalars(query):
        cell = str(issue.params.get("cell") or "")
        if cell and issue.row is not None:
            found.setdefault(cell, FaultyCell(issue.sheet, issue.row, cell, issue.value))
    return list(found.values())


def mend(
    session: Session,
    submission: Submission,
    cause: CauseKey,
    values: Mapping[str, str],
    *,
    everywhere: str = "",
    actor: Actor,
    clock: Clock,
) -> int:
    """Write other values over the cells of one cause and have the version checked again; the number of cells.

    `everywhere` goes into all of them; else `values` gives the new text by cell (C14), and blank leaves a cell as it
    is. Raises MoveRefused where the version is not open to mending, and InvalidInput where nothing was given.
    """
    hold(session, submission, clock)
    faulty = cells_of(session, submission, cause)
    if not faulty:
        raise MoveRefused("mended-meanwhile", N_("These cells were mended meanwhile. Look at the remarks again."))
    chosen = _chosen(faulty, values, everywhere)
    if not chosen:
        raise InvalidInput("nothing-mended", N_("Give at least one value that differs from what was found."))
    write_over(session, submission, chosen, cause.code, actor, clock)
    return len(chosen)


def letters_of(cell: str) -> str:
    """The letters of a cell that is named with or without its sheet."""
    return cell.rpartition("!")[2].rstrip("0123456789")


def write_over(
    session: Session,
    submission: Submission,
    chosen: Sequence[tuple[FaultyCell, str]],
    code: str,
    actor: Actor,
    clock: Clock,
) -> None:
    """Record what is laid over these cells, as one act, and have the version checked again."""
    now, batch = clock(), random_id()
    for one, text in chosen:
        correction = Correction(
            submission=submission,
            batch=batch,
            sheet=one.sheet,
            row=one.row,
            column=letters_of(one.cell),
            found=one.found[:200],
            corrected=text,
            code=code,
            created_at=now,
            created_by_id=actor.user_id,
        )
        session.add(correction)
    _check_again(session, submission, MENDED, len(chosen), actor, clock)


def undo(session: Session, submission: Submission, batch: str, *, actor: Actor, clock: Clock) -> int:
    """Take one act of mending back: what stood there before stands there again; the number of cells."""
    hold(session, submission, clock)
    query = select(Correction).where(
        Correction.submission_id == submission.id, Correction.batch == batch, Correction.undone_at.is_(None)
    )
    taken_back = session.scalars(query).all()
    if not taken_back:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    if any(_is_under_another(session, one) for one in taken_back):
        raise MoveRefused("mended-meanwhile", N_("Some of these cells were changed again later. Take that back first."))
    for one in taken_back:
        one.undone_at, one.undone_by_id = clock(), actor.user_id
    _check_again(session, submission, UNDONE, len(taken_back), actor, clock)
    return len(taken_back)


def set_aside(session: Session, submission: Submission, *, clock: Clock) -> None:
    """Reverse the newest act because the file could not be read after it; the result before stands, and its rows.

    A mending is taken back; in the table by who did it. A mending that had just been taken back stands again. The record
    says that the program did so.
    """
    now, newest = clock(), _newest_act(session, submission)
    cells, was_undone = (newest.cells, newest.undone > 0) if newest is not None else (0, False)
    if newest is not None:
        reversed_now: dict[str, object] = (
            {"undone_at": None, "undone_by_id": None}
            if was_undone
            else {"undone_at": now, "undone_by_id": Correction.created_by_id}
        )
        theirs = (Correction.submission_id == submission.id, Correction.batch == newest.batch)
        session.execute(
            update(Correction).where(*theirs).values(reversed_now).execution_options(synchronize_session="fetch")
        )
    submission.is_mended = False
    kind = UNDOING_SET_ASIDE if was_undone else SET_ASIDE
    audit.record(session, kind, actor=SYSTEM, now=now, subject=submission, cells=cells)


def _newest_act(session: Session, submission: Submission) -> Any:
    """Of the act that was done or taken back last: batch, number of cells and of those taken back; needs no key of the version."""
    changed = func.max(func.coalesce(Correction.undone_at, Correction.created_at))
    query = (
        select(
            Correction.batch,
            func.count().label("cells"),
            func.count(Correction.undone_at).label("undone"),
        )
        .where(Correction.submission_id == submission.id)
        .group_by(Correction.batch)
        .order_by(changed.desc(), func.min(Correction.id).desc())
    )
    return session.execute(query.limit(1)).first()


def _is_under_another(session: Session, one: Correction) -> bool:
    """Whether a later act that stands lies over the same cell, or says something else of the same words."""
    same = (
        [Correction.code == TYPED, Correction.found == one.found] if one.code == TYPED else [Correction.code != TYPED]
    )
    query = select(Correction.id).where(
        Correction.submission_id == one.submission_id,
        Correction.sheet == one.sheet,
        Correction.row == one.row,
        Correction.column == one.column,
        Correction.batch != one.batch,
        Correction.id > one.id,
        Correction.undone_at.is_(None),
        *same,
    )
    return session.scalars(query.limit(1)).first() is not None


def batches(session: Session, submission: Submission) -> list[Batch]:
    """Every act of mending of a version, newest first, also those taken back."""
    query = (
        select(Correction)
        .options(joinedload(Correction.created_by), joinedload(Correction.undone_by))
        .where(Correction.submission_id == submission.id)
        .order_by(Correction.id)
    )
    gathered: dict[str, list[Correction]] = {}
    for one in session.scalars(query):
        gathered.setdefault(one.batch, []).append(one)
    return [Batch(key, tuple(found)) for key, found in reversed(gathered.items())]


def standing(session: Session, submission: Disclosed) -> list[list[object]]:
    """The corrections to lay over the file, as the reading child takes them (`overlay.Corrections`)."""
    query = select(Correction).where(
        Correction.submission_id == submission.id, Correction.undone_at.is_(None), Correction.code != TYPED
    )
    latest = {(one.sheet, one.row, one.column): one for one in session.scalars(query.order_by(Correction.id))}
    return [[*place, one.corrected, one.code == CHOSEN] for place, one in latest.items()]


def may_mend(submission: Submission, *, clock: Clock) -> bool:
    """Whether a version is open to mending: read, not counted yet, receipt open."""
    is_open = submission.round.state == "published" and not is_past(submission.round, clock())
    return is_open and submission.state == "checked"


def hold(session: Session, submission: Submission, clock: Clock) -> None:
    """Lock the round and make sure that the version is open to mending. Raises MoveRefused."""
    lock(session, submission.round)
    session.refresh(submission)
    if submission.state == "counted":
        message = N_("This version counts and is sealed. Send a newer version, or withdraw it first.")
        raise MoveRefused("counted-and-sealed", message)
    if not may_mend(submission, clock=clock):
        raise MoveRefused(
            "not-open-to-mending",
            N_("This version can no longer be mended. While receipt is open, send a newer version."),
        )
    if submission.is_rechecked:
        raise MoveRefused("being-read", N_("This version is being checked again. Wait until it is, and look again."))


def _chosen(faulty: Sequence[FaultyCell], values: Mapping[str, str], everywhere: str) -> list[tuple[FaultyCell, str]]:
    given = {one.cell: everywhere or values.get(one.cell, "") for one in faulty}
    texts = {cell: storable(text).strip() for cell, text in given.items()}
    if any(len(text) > MAX_LENGTH for text in texts.values()):
        raise InvalidInput("too-long", N_("A value may have at most %(limit)s characters."), limit=MAX_LENGTH)
    return [(one, texts[one.cell]) for one in faulty if texts[one.cell] not in ("", one.found)]


def _check_again(session: Session, submission: Submission, kind: str, cells: int, actor: Actor, clock: Clock) -> None:
    now = clock()
    submission.is_mended = True
    audit.record(session, kind, actor=actor, now=now, subject=submission, cells=cells)
    submission.job = jobs.enqueue(
        session, CHECK_JOB, now=now, organisation_id=submission.supplier_id, submission=submission.public_id
    )
    session.flush()

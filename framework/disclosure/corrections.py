"""Mend cells of a version on the spot: recorded on top of the untouched file, who and when and from what to what, and undoable."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.disclosure.facility_types import TYPED
from framework.disclosure.fields import FIELD_LABELS, FILL_MARK, FILLABLE, SPLIT_MARK, SPLITTABLE, said_header
from framework.disclosure.foreign.recognising import SHIFTS
from framework.disclosure.groups import of_value
from framework.disclosure.guessing import ENOUGH
from framework.disclosure.receiving import CHECK_JOB, Clock, is_past, lock
from framework.ground import audit, jobs
from framework.ground.actors import SYSTEM, Actor
from framework.ground.errors import InvalidInput, MoveRefused, NotFound
from framework.ground.text import N_, storable
from models.base import random_id
from models.disclosure import Correction, Submission, SubmissionIssue

MENDED = audit.declare("submission_tender.mended", "cells")
UNDONE = audit.declare("submission_tender.mending_undone", "cells")
SET_ASIDE = audit.declare("submission_tender.mending_set_aside", "cells")
UNDOING_SET_ASIDE = audit.declare("submission_tender.undoing_set_aside", "cells")
MAX_CELLS = 200
MAX_LENGTH = 4_000


CHOSEN = "column-chosen"


class ShownColumn(NamedTuple):
    """A column as it was understood. `field` is blank where it is not read; `samples` are up to three values.

    `group` is the header above its header; `confidence` lies between 0 and 1. `offer` says what may be done with its
    cells: `fill` (blank, rows) or `is_filled`, `split` (cell, parts) or `is_split`.
    """

    sheet: str
    row: int
    cell: str
    header: str
    field: str
    ground: str
    samples: list[str]
    group: str = ""
    confidence: float = 1.0
    offer: Mapping[str, Any] = MappingProxyType({})

    @property
    def is_guessed(self) -> bool:
        """Whether it is taken for something, but not surely enough to be used without a person where it is asked for."""
        return bool(self.field) and self.confidence < ENOUGH


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


def choose_columns(
    session: Session,
    submission: Submission,
    choices: Mapping[str, str],
    *,
    fill: Collection[str] = (),
    split: Collection[str] = (),
    actor: Actor,
    clock: Clock,
) -> int:
    """Say what columns mean, by the cell of their header: a field of a list of sites, or blank for not read.

    A column that is not among the choices is confirmed where it was only guessed, and stays as it is else. `fill` and
    `split` name the columns whose blank cells take the value above, and whose cells are set apart into values.
    Recorded like any mending, as our name of the field over the header of the column. Returns the number of headers
    that were said. Raises MoveRefused, and InvalidInput where one field is given twice or nothing changed.
    """
    hold(session, submission, clock)
    headers = shown_columns(submission)
    wanted = {cell: choices.get(cell, column.field) for cell, column in headers.items()}
    if any(name and name not in FIELD_LABELS for name in wanted.values()):
        raise InvalidInput("field-unknown", N_("Choose a meaning from the list."))
    given = [name for name in wanted.values() if name]
    twice = next((name for name in given if given.count(name) > 1), "")
    if twice:
        raise InvalidInput("field-twice", N_("Two columns cannot mean the same: choose one of them."))
    said = {
        cell: said_header(name, fill_down=cell in fill and name in FILLABLE, split=cell in split and name in SPLITTABLE)
        for cell, name in wanted.items()
    }
    chosen = [
        (FaultyCell(column.sheet, column.row, cell, column.header), said[cell])
        for cell, column in _to_say(headers, wanted, said).items()
    ]
    if not chosen:
        raise InvalidInput("nothing-mended", N_("Nothing was changed: every column means what it meant before."))
    write_over(session, submission, chosen, CHOSEN, actor, clock)
    return len(chosen)


def shift_of(session: Session, submission: Submission) -> SubmissionIssue | None:
    """The remark that columns of a foreign workbook stand aside, with its preview; None where they do not."""
    query = select(SubmissionIssue).where(
        SubmissionIssue.submission_id == submission.id, SubmissionIssue.code == "columns-shifted"
    )
    return next((issue for issue in session.scalars(query) if issue.params.get("shift")), None)


def confirm_shift(session: Session, submission: Submission, *, actor: Actor, clock: Clock) -> None:
    """Have a foreign workbook read with its columns one place aside, as a person saw it in the preview.

    Recorded like any mending, over the first cell of the sheet. Raises MoveRefused.
    """
    hold(session, submission, clock)
    issue = shift_of(session, submission)
    if issue is None:
        raise MoveRefused("mended-meanwhile", N_("These cells were mended meanwhile. Look at the remarks again."))
    cell = FaultyCell(issue.sheet, 1, "A1", "")
    write_over(session, submission, [(cell, SHIFTS[int(issue.params["shift"])])], issue.code, actor, clock)


def _to_say(
    headers: Mapping[str, ShownColumn], wanted: Mapping[str, str], said: Mapping[str, str]
) -> dict[str, ShownColumn]:
    """The columns over whose headers something is to be laid: those that change or were guessed.

    Below headers of groups all of the sheet, since a header that was said no longer stands in its group.
    """

    def differs(cell: str, column: ShownColumn) -> bool:
        is_marked = (FILL_MARK in said[cell], SPLIT_MARK in said[cell])
        was_marked = (bool(column.offer.get("is_filled")), bool(column.offer.get("is_split")))
        return wanted[cell] != column.field or column.is_guessed or is_marked != was_marked

    found = {cell: column for cell, column in headers.items() if differs(cell, column)}
    grouped = {column.sheet for column in headers.values() if column.group}
    whole = {column.sheet for column in found.values()} & grouped
    return {cell: column for cell, column in headers.items() if cell in found or column.sheet in whole}


def shown_columns(submission: Submission) -> dict[str, ShownColumn]:
    """The columns of a plain list as they were understood, by sheet and cell of the header (Sheet1!C4)."""
    return {
        f"{sheet['sheet']}!{column['cell']}": ShownColumn(sheet["sheet"], sheet["row"], **column)
        for sheet in submission.mapping.get("sheets", [])
        for column in sheet["columns"]
    }


def original_headers(session: Session, submission: Submission) -> dict[str, str]:
    """What stands in the file where a person said what a column means, by sheet and cell of the header."""
    query = select(Correction).where(
        Correction.submission_id == submission.id, Correction.code == CHOSEN, Correction.undone_at.is_(None)
    )
    found: dict[str, str] = {}
    for one in session.scalars(query.order_by(Correction.id)):
        found.setdefault(f"{one.sheet}!{one.column}{one.row}", one.found)
    return found


def take_over(session: Session, submission: Submission, *, clock: Clock) -> bool:
    """Where this supplier said before what the columns of such a list mean, say it again; whether there was such a time.

    Such a list has the same headers in the same columns; the newest of the supplier's own versions decides.
    """
    before = _chosen_before(session, submission)
    if before is None or signature(session, submission) != signature(session, before):
        return False
    query = select(Correction).where(
        Correction.submission_id == before.id, Correction.code == CHOSEN, Correction.undone_at.is_(None)
    )
    places = column_places(before)
    corrections = session.scalars(query.order_by(Correction.id))
    said = {places.get(f"{one.sheet}!{one.column}{one.row}", ""): one.corrected for one in corrections}
    chosen = [
        (FaultyCell(column.sheet, column.row, cell, column.header), said[place])
        for cell, column in shown_columns(submission).items()
        if (place := column_places(submission)[cell]) in said and said[place] != column.header
    ]
    if chosen:
        write_over(session, submission, chosen, CHOSEN, SYSTEM, clock)
    return bool(chosen)


def _chosen_before(session: Session, submission: Submission) -> Submission | None:
    """The supplier's newest other version of which a person said what its columns mean; of a returned copy, its origin."""
    query = (
        select(Submission)
        .join(Correction, Correction.submission_id == Submission.id)
        .where(
            Submission.supplier_id == submission.supplier_id,
            Submission.id != submission.id,
            Correction.code == CHOSEN,
            Correction.undone_at.is_(None),
        )
    )
    is_origin = Submission.id == (submission.made_from_id or 0)
    return session.scalar(query.order_by(is_origin.desc(), Submission.receipt_seq.desc()).limit(1))


def column_places(submission: Submission) -> dict[str, str]:
    """By sheet and cell of the header: the sheet's place in the file and the letters of the column, such as 0:C.

    The names of sheets and the rows of the headers may differ between lists that are read alike.
    """
    return {
        f"{sheet['sheet']}!{column['cell']}": f"{number}:{_letters(column['cell'])}"
        for number, sheet in enumerate(submission.mapping.get("sheets", []))
        for column in sheet["columns"]
    }


def signature(session: Session, submission: Submission) -> str:
    """What tells lists of one form: a hash of the headers of their file by column, without case and outer space."""
    originals = original_headers(session, submission)
    places = column_places(submission)
    headers = {places[cell]: originals.get(cell, column.header) for cell, column in shown_columns(submission).items()}
    groups = {places[cell]: column.group for cell, column in shown_columns(submission).items()}
    texts = {
        place: f"{groups[place] if groups[place] != header else ''}|{header}".strip().casefold()
        for place, header in headers.items()
    }
    return hashlib.sha256(json.dumps(sorted(texts.items())).encode()).hexdigest()


def _letters(cell: str) -> str:
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
            column=_letters(one.cell),
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
    now = clock()
    newest = max(batches(session, submission), key=_last_change, default=None)
    cells = newest.corrections if newest else ()
    was_undone = newest is not None and newest.first.undone_at is not None
    for one in cells:
        one.undone_at, one.undone_by_id = (None, None) if was_undone else (now, one.created_by_id)
    submission.is_mended = False
    kind = UNDOING_SET_ASIDE if was_undone else SET_ASIDE
    audit.record(session, kind, actor=SYSTEM, now=now, subject=submission, cells=len(cells))


def _last_change(act: Batch) -> tuple[dt.datetime, int]:
    """When an act was done or taken back; of acts of one instant the later one."""
    return act.first.undone_at or act.first.created_at, act.first.id


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


def standing(session: Session, submission: Submission) -> list[list[object]]:
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

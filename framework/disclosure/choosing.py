"""Say what the columns of a supplier's own list mean, and that columns stand aside; remembered for the supplier's next list of that form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.disclosure.corrections import CHOSEN, FaultyCell, hold, letters_of, write_over
from framework.disclosure.fields import FIELD_LABELS, FILL_MARK, FILLABLE, SPLIT_MARK, SPLITTABLE, said_header
from framework.disclosure.foreign.recognising import SHIFTS
from framework.disclosure.guessing import ENOUGH
from framework.disclosure.receiving import Clock
from framework.ground.actors import SYSTEM, Actor
from framework.ground.errors import InvalidInput, MoveRefused
from framework.ground.text import N_
from models.disclosure import Correction, Submission, SubmissionIssue


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
        f"{sheet['sheet']}!{column['cell']}": f"{number}:{letters_of(column['cell'])}"
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

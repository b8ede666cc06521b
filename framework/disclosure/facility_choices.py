"""A person's word on what is done at the sites of a list: one choice for all rows with the same words, recorded, undoable, remembered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.disclosure.choosing import signature
from framework.disclosure.corrections import FaultyCell, hold, write_over
from framework.disclosure.facility_types import TYPED, UNKNOWN, wording_key
from framework.disclosure.receiving import Clock
from framework.ground.actors import SYSTEM, Actor
from framework.ground.errors import InvalidInput
from framework.ground.terms import FACILITY_TYPES
from framework.ground.text import N_
from models.disclosure import Correction, Disclosed, Submission


class Wording(NamedTuple):
    """Words of a list for what is done at a site: where they stand first, in how many rows, what they are taken for.

    `proposed` and `said` are types, blank for none; `said` may be UNKNOWN. `words` are those that make the proposal.
    """

    sheet: str
    value: str
    row: int
    cell: str
    rows: int
    proposed: str
    words: list[str]
    said: str


def wordings(submission: Submission) -> dict[str, Wording]:
    """What the list says is done at its sites, most rows first, by the sheet's place in the file and the words (0:EMS)."""
    return {
        f"{number}:{one['value']}": Wording(sheet["sheet"], **one)
        for number, sheet in enumerate(submission.mapping.get("sheets", []))
        for one in sheet.get("types", [])
    }


def waiting(submission: Submission) -> int:
    """How many wordings nobody has said anything about."""
    return sum(1 for one in wordings(submission).values() if not one.said)


def choose(session: Session, submission: Submission, choices: Mapping[str, str], *, actor: Actor, clock: Clock) -> int:
    """Say what wordings mean, by their key: a type of facility, UNKNOWN, or blank to leave one as it is; how many were said.

    Recorded like any mending, once for each wording, and checked again. Raises MoveRefused, and InvalidInput where a
    type is none of ours or nothing changed.
    """
    hold(session, submission, clock)
    known = wordings(submission)
    if any(kind not in {"", UNKNOWN, *FACILITY_TYPES} for kind in choices.values()):
        raise InvalidInput("type-unknown", N_("Choose a type from the list."))
    said = {key: kind for key, kind in choices.items() if key in known and kind not in ("", known[key].said)}
    if not said:
        raise InvalidInput("nothing-mended", N_("Nothing was changed: no type differs from what was said before."))
    cells = [(_cell(known[key]), kind) for key, kind in said.items()]
    write_over(session, submission, cells, TYPED, actor, clock)
    return len(said)


def said_types(session: Session, submission: Disclosed) -> list[list[str]]:
    """What stands of it, as the reading child takes it: sheet, key of the wording, type or UNKNOWN."""
    latest = {(one.sheet, wording_key(one.found)): one.corrected for one in _standing(session, submission)}
    return [[*place, kind] for place, kind in latest.items()]


def take_over(session: Session, submission: Submission, *, clock: Clock) -> bool:
    """Say again what the supplier said of the same words in its newest list with the same columns; whether there was any.

    Never where somebody has said anything about this list, even if it was taken back.
    """
    open_ones = {key: one for key, one in wordings(submission).items() if not one.said}
    if not open_ones or _is_touched(session, submission):
        return False
    before = _said_before(session, submission)
    if before is None or signature(session, submission) != signature(session, before):
        return False
    meant = {wording_key(one.found): one.corrected for one in _standing(session, before)}
    cells = [
        (_cell(one), meant[wording_key(one.value)]) for one in open_ones.values() if wording_key(one.value) in meant
    ]
    if cells:
        write_over(session, submission, cells, TYPED, SYSTEM, clock)
    return bool(cells)


def _cell(one: Wording) -> FaultyCell:
    return FaultyCell(one.sheet, one.row, one.cell, one.value)


def _standing(session: Session, submission: Disclosed) -> list[Correction]:
    return list(session.scalars(_of(submission).where(Correction.undone_at.is_(None)).order_by(Correction.id)))


def _is_touched(session: Session, submission: Submission) -> bool:
    return session.scalars(_of(submission).limit(1)).first() is not None


def _of(submission: Disclosed) -> Any:
    return select(Correction).where(Correction.submission_id == submission.id, Correction.code == TYPED)


def _said_before(session: Session, submission: Submission) -> Submission | None:
    """The supplier's newest other version of which a person said what is done at its sites."""
    query = (
        select(Submission)
        .join(Correction, Correction.submission_id == Submission.id)
        .where(
            Submission.supplier_id == submission.supplier_id,
            Submission.id != submission.id,
            Correction.code == TYPED,
            Correction.undone_at.is_(None),
        )
    )
    return session.scalar(query.order_by(Submission.receipt_seq.desc()).limit(1))

"""Save the grid of two editors at once: what each changed is put together, and nothing of either is overwritten unseen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.demand import declare, department_figures, edits
from framework.demand.cells import FACTS, SUMMED, Cell, Cells, Place, cells_of, facts_of, lines_of
from framework.demand.edits import Edit
from framework.demand.lines import Line, Scope, of_record
from framework.demand.merge import Merged, merge
from framework.ground import proposals
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, MoveRefused, Stale
from framework.ground.text import N_
from models.demand import Demand
from models.rounds import Lot


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page was made of: the version of a draft, or (0) the lines a new version would begin with.

    `demand` is the public id of that draft or of the declaration those lines come from; blank where the page did not say.
    """

    version: int
    demand: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a save: the draft it stands in (None: a page that saves by itself had nothing to begin one with),
    what was put together, and who changed the clashing cells. `after`: what stands now; `is_alone`: nobody saved meanwhile."""

    demand: Demand | None
    merged: Merged
    base: Cells
    others: dict[Cell, Edit]
    after: Cells
    is_alone: bool = False

    @property
    def changed(self) -> set[Place]:
        """The rows in which something stands that the page did not show."""
        cells = {*self.base, *self.after}
        return {cell.place for cell in cells if self.base.get(cell) != self.after.get(cell)}


class Clashing(Stale):
    """Others saved what this editor cannot have seen; nothing was saved. `merged` is what both make together."""

    def __init__(self, merged: Merged, others: dict[Cell, Edit], code: str = "demand-clash", message: str = "") -> None:
        super().__init__(code, message or CLASH)
        self.merged, self.others = merged, others


CLASH = N_(
    "Somebody else saved this declaration while you were working, and changed what you changed. Nothing was overwritten: look at both values, then save again."
)
WAITS = N_(
    "It was submitted and waits for a second person, so this page no longer saves by itself. Save it yourself to change it; it must then be submitted anew."
)
GONE = N_(
    "The draft this page was made from is gone: it was handed in and accepted, or withdrawn. What you typed stands below; save it to begin a new version."
)


def save(
    session: Session,
    lot: Lot,
    mine: Cells,
    *,
    seen: Seen,
    actor: Actor,
    now: dt.datetime,
    rows: Iterable[Place] | None = None,
    apart: bool = False,
) -> Saved:
    """Save the cells an editor has, put together with what others saved since the page was made, as one unit.

    `rows` are the rows that `mine` speaks for (None: all of them); the others stay as they were seen.
    Cells that both changed differently stay as they are saved: with `apart`, a page that saves by itself, the rest is
    taken, else nothing is. Raises MoveRefused where such a page would undo a submission, Clashing, also where the draft is gone, Stale where it is not known which it was, and what `declare.declare` and `declare.edit` raise.
    """
    declare.lock(session, lot.round, actor)
    scope = Scope.of(lot)
    draft = declare.latest(session, lot, actor.organisation_id, states=declare.WAITING, anew=True)
    if apart and draft is not None and proposals.open_proposal(session, draft, "submit", now=now) is not None:
        raise MoveRefused("proposal-waits", WAITS)
    is_alone = draft is not None and (draft.public_id, draft.version) == (seen.demand, seen.version)
    stored = [of_record(one) for one in draft.lines] if draft is not None else []
    theirs = _cells(draft, stored) if draft is not None else {}
    base = theirs if is_alone else _base(session, lot, seen, draft, actor)
    wanted = mine if rows is None else _within(base, mine, set(rows))
    if draft is None and seen.version:
        source = declare.source_of_prefill(session, lot, actor.organisation_id)
        raise Clashing(merge(base, wanted, begun_with(lot, source), scope), {}, "draft-gone", GONE)
    if draft is None and apart and wanted == base:
        return Saved(None, Merged(base, ()), base, {}, base)
    if draft is None:
        draft = declare.declare(session, lot, actor=actor, now=now)
        session.flush()
        stored = [of_record(one) for one in draft.lines]
        theirs = _cells(draft, stored)
    merged = Merged(wanted, ()) if is_alone else merge(base, wanted, theirs, scope)
    _require_departments(session, draft, merged.cells, theirs)
    since = seen.version if seen.demand == draft.public_id else 0
    others = edits.by_cell(edits.since(session, draft, since)) if merged.clashes else {}
    if merged.clashes and not apart:
        raise Clashing(merged, others)
    demand, after = _kept(session, draft, merged, stored, actor=actor, now=now)
    return Saved(demand, merged, base, others, after, is_alone)


def news(session: Session, draft: Demand, seen: Seen, actor: Actor) -> tuple[set[Place], list[Edit]]:
    """The rows that changed after a page of `seen` was made, oneself included, and the last change by others of each cell in them."""
    if draft.public_id == seen.demand and seen.version:
        found = edits.since(session, draft, seen.version)
        rows = {edit.cell.place for edit in found}
    else:
        found = edits.since(session, draft, 0)
        rows = {cell.place for cell in standing(draft)} | {
            cell.place for cell in _base(session, draft.lot, seen, draft, actor)
        }
    others = edits.by_cell(found).values()
    return rows, [edit for edit in others if edit.by_id != actor.user_id]


def before(session: Session, lot: Lot, seen: Seen, actor: Actor) -> Cells:
    """The cells that a page of `seen` showed. Raises Stale where it is not known which draft it was."""
    return _base(session, lot, seen, declare.latest(session, lot, actor.organisation_id, states=declare.WAITING), actor)


def standing(demand: Demand) -> Cells:
    """The cells of a declaration as it stands, its facts included."""
    return _cells(demand, [of_record(one) for one in demand.lines])


def begun_with(lot: Lot, source: Demand | None) -> Cells:
    """The cells that a new version begins with."""
    lines = declare.fitting(source, lot) if source is not None else []
    return cells_of(lines, lot.years) | facts_begun(source, lot)


def facts_begun(source: Demand | None, lot: Lot) -> Cells:
    """The facts of the whole declaration that a new version begins with."""
    found: Cells = {Cell(*FACTS, "baseline_source", 0): declare.baseline_of(source, lot) if source else "none"}
    if source is not None and source.note:
        found[Cell(*FACTS, "note", 0)] = source.note
    return found


def _kept(
    session: Session, draft: Demand, merged: Merged, stored: list[Line], *, actor: Actor, now: dt.datetime
) -> tuple[Demand, Cells]:
    """The draft that holds what was put together, and its cells."""
    lines = lines_of(merged.cells, draft.lot.years, stored)
    facts = {cell.column: str(value) for cell, value in merged.cells.items() if cell.place == FACTS}
    declare.edit(
        session,
        draft,
        lines,
        actor=actor,
        now=now,
        version=draft.version,
        baseline_source=facts.get("baseline_source", "none"),
        note=facts.get("note", ""),
    )
    session.flush()
    if draft.state != "draft":  # one that was handed in once stays as it was: the change began the next version
        draft = declare.latest(session, draft.lot, actor.organisation_id, states=declare.WAITING) or draft
    return draft, standing(draft)


def _cells(demand: Demand, lines: list[Line]) -> Cells:
    return cells_of(lines, demand.lot.years) | facts_of(demand)


def _require_departments(session: Session, draft: Demand, cells: Cells, theirs: Cells) -> None:
    """Raise InvalidInput where a cell that is a sum of departments would say something else, or its row would go."""
    over = {
        key
        for key, total in department_figures.sums(department_figures.of(session, draft)).items()
        for cell in (Cell(*key[:3], column, key[3]) for column in SUMMED)
        if cells.get(cell) != theirs.get(cell) and (total.is_whole or cell in cells)
    }
    if over:
        raise InvalidInput("from-departments", declare.FROM_DEPARTMENTS, count=len(over))


def _base(session: Session, lot: Lot, seen: Seen, draft: Demand | None, actor: Actor) -> Cells:
    """The cells that the page showed."""
    if not seen.version:
        return begun_with(lot, _source(session, lot, seen, draft, actor))
    shown = _own(session, seen.demand, actor) if seen.demand else draft
    if shown is None or shown.lot_id != lot.id:
        raise Stale("draft-gone", N_("The draft this page was made from is gone. Load the page again."))
    since = edits.since(session, shown, seen.version) if shown.version != seen.version else []
    return edits.undone(standing(shown), since)


def _source(session: Session, lot: Lot, seen: Seen, draft: Demand | None, actor: Actor) -> Demand | None:
    if seen.demand:
        return _own(session, seen.demand, actor)
    if draft is None:
        return declare.source_of_prefill(session, lot, actor.organisation_id)
    return session.get(Demand, draft.prefilled_from_id) if draft.prefilled_from_id is not None else None


def _own(session: Session, public_id: str, actor: Actor) -> Demand | None:
    query = select(Demand).where(Demand.public_id == public_id, Demand.member_id == actor.organisation_id)
    return session.scalar(query)


def _within(base: Cells, mine: Cells, rows: set[Place]) -> Cells:
    """What was seen, with the rows of `mine` in place of those it speaks for."""
    return {cell: value for cell, value in base.items() if cell.place not in rows} | mine

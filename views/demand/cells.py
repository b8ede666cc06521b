"""The grid as data, for a page that saves by itself: changed rows in, what others changed out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import g, jsonify, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.demand import declare, grid, rules, saving
from framework.demand.cells import FACTS, Cell, Cells, Place, cells_of
from framework.demand.edits import Edit
from framework.demand.grid import GridRow
from framework.demand.lines import Scope
from framework.demand.saving import Saved, Seen
from framework.ground.errors import InvalidInput, RuleBroken
from framework.ground.issues import Issue
from framework.ground.permissions import Permission
from models.base import db
from models.demand import Demand
from models.rounds import Lot, Round
from views import clock, guard
from views.demand import blueprint, shared
from views.demand.grid import sums_of
from views.guard import actor, permit
from views.i18n import hour, words


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/demand/cells")
@permit(Permission.DEMAND_EDIT)
def cells(round_: Round, lot_id: str) -> Response:
    """What changed since the page that asks was made; nothing to say is an empty answer."""
    g.touch = None  # a page that asks by itself is no visit: the session ends as if nobody sat there
    lot = guard.child(Lot, lot_id, round_)
    seen = shared.seen()
    draft = declare.latest(db.session(), lot, actor().organisation_id, states=("draft",))
    if draft is None and not seen.version:
        return Response(status=204)
    if draft is None:
        return jsonify(over=words(saving.GONE))
    if (draft.public_id, draft.version) == (seen.demand, seen.version):
        return Response(status=204)
    return jsonify(_news(draft, seen))


@blueprint.post("/rounds/<round_id>/lots/<lot_id>/demand/cells")
@permit(Permission.DEMAND_EDIT)
@guard.reads_first
def keep(round_: Round, lot_id: str) -> Any:
    """Save the rows that were changed, as far as they are whole; a row that is not is named and stays on the page.

    What was sent is read before the write lock is taken, and what is answered where nobody else saved is made after it.
    """
    lot = guard.child(Lot, lot_id, round_)
    seen, scope, zone = shared.seen(), Scope.of(lot), round_.zone
    try:
        rows, was = _sent(lot)
        mine, places, wrong = _typed(lot, rows, was, seen)
        guard.write()
        saved = saving.save(
            db.session(), lot, mine, seen=seen, actor=actor(), now=clock.now(), rows=places, apart=True
        )  # fmt: skip
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        return jsonify(error=guard.refused(error)), 422 if isinstance(error, InvalidInput) else 409
    told = _told(saved, seen)
    clashes = _clashes(saved, lot) if saved.merged.clashes else []
    db.session.commit()
    if saved.is_alone:
        told["rows"] = _rows(saved.changed, saved.after, scope)
    kept = {
        row.number: shared.key_of(_place_now(row)) for row in rows if row.number not in {found.row for found in wrong}
    }
    answer = told | {
        "saved": _("Saved %(when)s", when=hour(clock.now(), zone)),
        "kept": kept,
        "wrong": [said | {"field": grid.field_of(i)} for i, said in zip(wrong, shared.said(wrong), strict=True)],
        "clashes": clashes,
    }
    return jsonify(answer)


def _told(saved: Saved, seen: Seen) -> dict[str, Any]:
    """What the page has to know of the draft now; where nobody else saved, nothing is asked for."""
    demand = saved.demand
    if demand is None:
        return _none_yet(seen)
    if not saved.is_alone:
        return _news(demand, seen)
    return {"version": demand.version, "seen": demand.public_id, "facts": _facts(saved.after), "others": []}


def _sent(lot: Lot) -> tuple[list[GridRow], dict[int, Place]]:
    """The rows that were sent, and which row of the declaration each was when the page was made."""
    rows = grid.rows_of_form(request.form, Scope.of(lot))
    sent = [row for row in rows if f"was-{row.number}" in request.form]
    return sent, {row.number: place for row in sent if (place := shared.place_of(request.form[f"was-{row.number}"]))}


def _place_now(row: GridRow) -> Place:
    """The row of the declaration that a row of the page is now; no row where it is blank."""
    return FACTS if row.is_blank else (row.cells["category"], row.cells["tier"], grid.country(row.cells["country"]))


def _typed(lot: Lot, rows: list[GridRow], was: dict[int, Place], seen: Seen) -> tuple[Cells, set[Place], list[Issue]]:
    """The cells of the whole rows, the rows of the declaration they stand for, and what is wrong with the others."""
    lines, issues = grid.read(rows, Scope.of(lot), sign=shared.decimal_sign(), summed=sums_of(lot))
    moved = [row for row in rows if _place_now(row) not in {FACTS, *was.values()}]
    shown = {cell.place for cell in saving.before(db.session(), lot, seen, actor())} if moved else set()
    issues += [rules.issue("row-twice", row.number, "category") for row in moved if _place_now(row) in shown]
    broken = {found.row for found in issues}
    mine = cells_of([line for line in lines if line.row not in broken], lot.years)
    places = {place for number, place in was.items() if number not in broken}
    for name in ("note", "baseline_source"):
        if name in request.form:
            places.add(FACTS)
    if FACTS in places:
        mine |= shared.facts()
    return mine, places, issues


def _news(draft: Demand, seen: Seen) -> dict[str, Any]:
    """Every row that changed since the page was made, as its fields are to stand there, and what others did."""
    places, others = saving.news(db.session(), draft, seen, actor())
    cells = saving.standing(draft)
    return {
        "version": draft.version,
        "seen": draft.public_id,
        "rows": _rows(places, cells, Scope.of(draft.lot)),
        "facts": _facts(cells),
        "others": [_other(edit, draft) for edit in others],
    }


def _rows(places: set[Place], cells: Cells, scope: Scope) -> list[dict[str, Any]]:
    """Rows as their fields are to stand on the page; None for one that is gone."""
    shown = {cell: value for cell, value in cells.items() if cell.place in places}
    rows = grid.rows_of_cells(shown, scope, shared.decimal_sign())
    stand = {(row.cells["category"], row.cells["tier"], row.cells["country"]): row for row in rows}
    return [
        {"was": shared.key_of(place), "fields": _fields(stand[place]) if place in stand else None}
        for place in sorted(places - {FACTS})
    ]


def _facts(cells: Cells) -> dict[str, Any]:
    """The facts of the whole declaration as their fields are to stand."""
    facts = {cell.column: value for cell, value in cells.items() if cell.place == FACTS}
    return {"note": facts.get("note", ""), "baseline_source": facts.get("baseline_source", "none")}


def _none_yet(seen: Seen) -> dict[str, Any]:
    """The answer where no version is begun yet."""
    return {"version": seen.version, "seen": seen.demand, "rows": [], "facts": None, "others": []}


def _fields(row: GridRow) -> dict[str, str]:
    """The fields of a row by their names without its number."""
    found = dict(row.cells)
    for year, cells in row.years.items():
        found |= {f"{name}-{year}": text for name, text in cells.items()}
    return found


def _other(edit: Edit, draft: Demand) -> dict[str, Any]:
    old, new = (shared.cell_shown(value, draft.round.currency) for value in (edit.old, edit.new))
    at = hour(edit.at, draft.round.zone)
    text = _("%(who)s, %(when)s: was %(old)s, now %(new)s", who=edit.by, when=at, old=old, new=new)
    return {"was": shared.key_of(edit.cell.place), "field": _name(edit.cell), "who": edit.by, "at": at, "text": text}


def _clashes(saved: Saved, lot: Lot) -> Iterable[dict[str, Any]]:
    return [
        {"was": shared.key_of(clash.cell.place), "field": _name(clash.cell)}
        | shared.clash_told(clash, saved.others.get(clash.cell), lot)
        for clash in saved.merged.clashes
    ]


def _name(cell: Cell) -> str:
    return f"{cell.column}-{cell.year}" if cell.year else cell.column

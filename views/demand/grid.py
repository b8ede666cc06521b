"""The member's grid of one lot: filled in, saved as one unit, handed in."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.demand import (
    approve,
    declare,
    department_acts,
    department_figures,
    departments,
    earlier,
    edits,
    grid,
    odd,
    saving,
)
from framework.demand.cells import FACTS, SUMMED, Cells, Place, cells_of, facts_of
from framework.demand.declare import LinesBroken
from framework.demand.department_figures import Figure, Sum, Sums
from framework.demand.grid import GridRow
from framework.demand.lines import Line, Scope, of_record
from framework.demand.saving import Clashing, Seen
from framework.ground import proposals
from framework.ground.codelists import countries
from framework.ground.errors import InvalidInput, NotFound, RuleBroken, Stale
from framework.ground.permissions import Permission
from framework.ground.terms import BASELINE_SOURCES, CERTAINTIES
from framework.ground.text import N_
from framework.rounds import settings as round_settings
from models.base import db
from models.demand import Demand
from models.people import Organisation
from models.rounds import Lot, Round
from views import clock, guard
from views.demand import blueprint, shared
from views.guard import actor, permit
from views.i18n import current_language, instant, words

FEWEST_ROWS, MORE_ROWS, EDITS_SHOWN = 3, 5, 30


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/demand")
@permit(Permission.DEMAND_VIEW)
def lot_grid(round_: Round, lot_id: str) -> str | Response:
    """The grid of the own draft, or of what a new version would begin with; read-only elsewhere."""
    lot = guard.child(Lot, lot_id, round_)
    latest = declare.latest(db.session(), lot, actor().organisation_id)
    if not _may_edit(round_) or (latest is not None and latest.state == "submitted"):
        place = url_for("demand.index", round_id=round_.public_id)
        counts = declare.latest(db.session(), lot, actor().organisation_id, states=declare.CURRENT)
        shown = counts if counts is not None and not _may_edit(round_) else latest
        if shown is not None:
            place = url_for("demand.declaration", round_id=round_.public_id, demand_id=shown.public_id)
        return Response(status=303, headers={"Location": place})
    draft, lines = starting_point(lot)
    return _page(lot, draft, grid.rows_of(lines, Scope.of(lot), shared.decimal_sign()))


@blueprint.post("/rounds/<round_id>/lots/<lot_id>/demand")
@permit(Permission.DEMAND_EDIT)
def save(round_: Round, lot_id: str) -> Response | str | tuple[str, int]:
    """Save the grid, save and hand it in, or ask for more rows; what was typed is never lost."""
    lot = guard.child(Lot, lot_id, round_)
    scope = Scope.of(lot)
    try:
        rows = grid.rows_of_form(request.form, scope)
    except InvalidInput as error:
        return shared.told_at(url_for("demand.lot_grid", round_id=round_.public_id, lot_id=lot_id), error)
    if request.form.get("do") == "rows":
        guard.release()
        lot = guard.child(Lot, lot_id, round_)
        return _page(lot, starting_point(lot)[0], rows, more=MORE_ROWS, seen=shared.seen(), typed=shared.facts())
    lines, issues = grid.read(rows, scope, sign=shared.decimal_sign(), summed=sums_of(lot))
    try:
        if issues:
            raise LinesBroken(issues)
        return _keep(lot, lines)
    except Clashing as error:
        return _clashed(round_, lot_id, error)
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        return _again(round_, lot_id, rows, error)


@blueprint.post("/rounds/<round_id>/lots/<lot_id>/demand/aside")
@permit(Permission.DEMAND_EDIT)
def put_aside(round_: Round, lot_id: str) -> Response:
    """Say of a suggestion that the figures are meant as they stand."""
    lot = guard.child(Lot, lot_id, round_)
    back = url_for("demand.lot_grid", round_id=round_.public_id, lot_id=lot_id)
    draft = declare.latest(db.session(), lot, actor().organisation_id, states=("draft",))
    if draft is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    key = request.form.get("suggestion", "")
    return shared.attempt(
        lambda: odd.put_aside(db.session(), draft, key, actor=actor(), now=clock.now()),
        back,
        _("Put aside. It comes back if the figures change."),
    )


def keep_lines(lot: Lot, lines: list[Line], *, source: str, **facts: Any) -> Demand:
    """Put `lines` into the own draft, which is begun here where there is none; raises Stale for an old form."""
    draft = declare.latest(db.session(), lot, actor().organisation_id, states=declare.WAITING)
    if draft is None and shared.version():
        raise Stale("draft-gone", N_("The draft this page was made from is gone. Load the page again."))
    if draft is None:
        draft = declare.declare(db.session(), lot, actor=actor(), now=clock.now())
        db.session.flush()
        version = draft.version
    else:
        version = shared.version()
    declare.edit(db.session(), draft, lines, actor=actor(), now=clock.now(), version=version, source=source, **facts)
    db.session.flush()
    return declare.latest(db.session(), lot, actor().organisation_id, states=declare.WAITING) or draft


def starting_point(lot: Lot) -> tuple[Demand | None, list[Line]]:
    """The own draft and its lines; without a draft, the lines a new version would begin with."""
    draft = declare.latest(db.session(), lot, actor().organisation_id, states=("draft",))
    if draft is not None:
        return draft, [of_record(record) for record in draft.lines]
    source = declare.source_of_prefill(db.session(), lot, actor().organisation_id)
    return None, declare.fitting(source, lot) if source is not None else []


def sums_of(lot: Lot) -> Sums:
    """The lines of the own draft, or of what a new version would begin with, that are sums of departments."""
    return department_figures.sums(department_acts.standing(db.session(), lot, actor())[2])


def _keep(lot: Lot, lines: list[Line]) -> Response:
    mine = cells_of(lines, lot.years) | shared.facts()
    saved = saving.save(db.session(), lot, mine, seen=shared.seen(), actor=actor(), now=clock.now())
    here = url_for("demand.lot_grid", round_id=lot.round.public_id, lot_id=lot.public_id)
    if request.form.get("do") != "submit":
        return guard.done(here, _("Saved as a draft. It does not count until it is submitted and accepted."))
    demand = saved.demand
    assert demand is not None  # only a page that saves by itself may begin none
    nothing = request.form.get("nothing") == "y"
    approve.submit(db.session(), demand, actor=actor(), now=clock.now(), version=demand.version, nothing=nothing)
    there = url_for("demand.declaration", round_id=lot.round.public_id, demand_id=demand.public_id)
    return guard.done(there, shared.submitted_words(demand))


def _again(round_: Round, lot_id: str, rows: list[GridRow], error: RuleBroken) -> tuple[str, int]:
    """The page with what was typed and what is wrong; it stays a page of what its editor saw."""
    message = guard.refused(error)
    lot = guard.child(Lot, lot_id, round_)
    draft, __lines = starting_point(lot)
    issues = error.issues if isinstance(error, LinesBroken) else []
    fields = [grid.field_of(found) for found in issues]
    errors = [said | {"field_id": name} for said, name in zip(shared.said(issues), fields, strict=True)]
    if error.params.get("field"):
        message, errors = "", [{"text": message, "field_id": str(error.params["field"]).replace("_", "-")}]
    seen = None if isinstance(error, Stale) else shared.seen()
    page = _page(
        lot, draft, rows, seen=seen, typed=shared.facts(), message=message, errors=errors, wrong=_wrong(errors)
    )
    return page, error.status


def _clashed(round_: Round, lot_id: str, error: Clashing) -> tuple[str, int]:
    """The page with what both changed, what was typed in the fields in which both changed the same, and both values beside it."""
    message = guard.refused(error)
    lot = guard.child(Lot, lot_id, round_)
    wished = error.merged.wished
    rows = grid.rows_of_cells(wished, Scope.of(lot), shared.decimal_sign())
    fields = grid.fields_of(wished)
    told = [shared.clash_told(clash, error.others.get(clash.cell), lot) for clash in error.merged.clashes]
    errors = [
        {"text": one["text"], "field_id": fields.get(clash.cell, "")}
        for one, clash in zip(told, error.merged.clashes, strict=True)
    ]
    draft, __lines = starting_point(lot)
    page = _page(lot, draft, rows, typed=wished, message=message, errors=errors, wrong=_wrong(errors), clashes=told)
    return page, error.status


def _wrong(errors: list[dict[str, str]]) -> dict[str, str]:
    """What is wrong with each field, in one text, for those who hear the page."""
    texts: dict[str, list[str]] = {}
    for error in errors:
        texts.setdefault(error["field_id"], []).append(error["text"])
    return {name: " ".join(found) for name, found in texts.items()}


def _may_edit(round_: Round) -> bool:
    open_ = round_.state == "demand" and not declare.is_past_deadline(round_, now=clock.now())
    return open_ and "member" in guard.roles(round_)


def _page(
    lot: Lot,
    draft: Demand | None,
    rows: list[GridRow],
    *,
    more: int = 0,
    seen: Seen | None = None,
    typed: Cells | None = None,
    **shown: Any,
) -> str:
    scope = Scope.of(lot)
    own = db.session.get_one(Organisation, actor().organisation_id)
    wanted = max(min(len(rows) + more, grid.MOST_ROWS), len(rows), FEWEST_ROWS)
    country = next((row.cells["country"] for row in rows if row.cells["country"]), own.country)
    rows = rows + [grid.blank_row(n, scope, country=country) for n in range(len(rows) + 1, wanted + 1)]
    current = declare.latest(db.session(), lot, own.id, states=declare.CURRENT) if draft is None else None
    waits = proposals.open_proposal(db.session(), draft, "submit", now=clock.now()) if draft is not None else None
    source = draft.prefilled_from_id if draft is not None else None
    begun = declare.source_of_prefill(db.session(), lot, own.id) if draft is None else None
    is_typed = seen is not None
    if seen is None:
        seen = Seen(draft.version, draft.public_id) if draft else Seen(0, begun.public_id if begun else "")
    if typed is None:
        typed = facts_of(draft) if draft is not None else saving.facts_begun(begun, lot)
    facts = {cell.column: value for cell, value in typed.items() if cell.place == FACTS}
    figures = department_acts.standing(db.session(), lot, actor())[2]
    summed = _put_sums(rows, department_figures.sums(figures))
    if any(number == len(rows) for number, _year in summed) and len(rows) < grid.MOST_ROWS:
        rows.append(grid.blank_row(len(rows) + 1, scope, country=country))
    was, stood = _stood(lot, draft, begun, rows, seen if is_typed else None)
    two_persons = bool(round_settings.value(lot.round, "demand_four_eyes"))
    return render_template(
        "demand/grid.html",
        round_=lot.round,
        lot=lot,
        scope=scope,
        own=own,
        typist=hashlib.sha256(f"{actor().user_id} {own.public_id}".encode()).hexdigest()[:16],
        draft=draft,
        current=current,
        proposal=waits,
        prefilled=source is not None or (draft is None and bool(rows and rows[0].cells["category"])),
        rows=rows,
        was=was,
        stood=stood,
        summed=summed,
        silent=_silent(figures) if summed else 0,
        seen=seen,
        baseline_source=facts.get("baseline_source", "none"),
        note=facts.get("note", ""),
        two_persons=two_persons,
        alone=two_persons and approve.is_alone(db.session(), actor()),
        **_offered(scope),
        nothing=request.form.get("nothing") == "y",
        has_earlier=earlier.is_any(db.session(), lot, own.id),
        suggested=_suggested(lot, draft) if request.method == "GET" else [],
        changed=_changed(draft) if draft is not None else [],
        **({"message": "", "errors": [], "clashes": [], "wrong": {}} | shown),
    )


def _offered(scope: Scope) -> dict[str, Any]:
    """What the fields of the grid offer."""
    return {
        "countries": countries(current_language()),
        "certainties": [(key, shared.certainty_label(key)) for key in CERTAINTIES],
        "categories": [(key, shared.category_label(key)) for key in scope.categories],
        "sources": [(key, _(label)) for key, label in BASELINE_SOURCES.items()],
        "most_rows": grid.MOST_ROWS,
    }


def _suggested(lot: Lot, draft: Demand | None) -> list[dict[str, str]]:
    """What looks odd, as sentences; with a draft each can be put aside."""
    lines = [of_record(one) for one in draft.lines] if draft is not None else starting_point(lot)[1]
    found = odd.open_for(db.session(), lot, draft, lines, actor().organisation_id)
    return [{"key": one.key, "text": words(one.message, **shared.said_of(one.params))} for one in found]


def _silent(figures: list[Figure]) -> int:
    """How many departments have not answered."""
    return len(department_acts.silent(departments.all_of(db.session(), actor=actor()), figures))


def _put_sums(rows: list[GridRow], totals: Sums) -> dict[tuple[int, int], Sum]:
    """The sums of departments by row and contract year; they stand in the fields, whatever was typed there."""
    found: dict[tuple[int, int], Sum] = {}
    for row in rows:
        place = (row.cells["category"], row.cells["tier"], grid.country(row.cells["country"]))
        for year, cells in row.years.items():
            total = totals.get((*place, year))
            if total is not None:
                values = total.quantities if total.is_whole else (None,) * len(SUMMED)
                cells |= {n: "" if v is None else str(v) for n, v in zip(SUMMED, values, strict=True)}
                found[row.number, year] = total
    return found


def _place(row: GridRow) -> Place:
    return row.cells["category"], row.cells["tier"], row.cells["country"]


def _stood(
    lot: Lot, draft: Demand | None, begun: Demand | None, rows: list[GridRow], typed_on: Seen | None
) -> tuple[dict[int, str], dict[str, str]]:
    """Which row of the declaration each row of the page is (blank: none yet), and what is saved in fields that say something else.

    `typed_on`: the page whose rows were typed, which says itself which row each of them was.
    """
    if request.method != "POST":
        return {row.number: shared.key_of(_place(row)) for row in rows if not row.is_blank}, {}
    if typed_on is not None:
        cells = saving.before(db.session(), lot, typed_on, actor())
    else:
        cells = saving.standing(draft) if draft is not None else saving.begun_with(lot, begun)
    scope = Scope.of(lot)
    saved = {_place(row): row for row in grid.rows_of_cells(cells, scope, shared.decimal_sign())}
    was: dict[int, str] = {}
    stood: dict[str, str] = {}
    for row in rows:
        key = request.form.get(f"was-{row.number}", "") if typed_on is not None else ""
        base = saved.pop(shared.place_of(key) or _place(row), None)
        was[row.number] = shared.key_of(_place(base)) if base is not None else ""
        stood |= _differing(row, base or grid.blank_row(row.number, scope, country=row.cells["country"]))
    return was, stood


def _differing(row: GridRow, base: GridRow) -> dict[str, str]:
    """What `base` says in the fields of `row` that say something else."""
    found = {f"{name}-{row.number}": base.cells[name] for name in base.cells if base.cells[name] != row.cells[name]}
    for year, cells in base.years.items():
        for name, text in cells.items():
            if row.years[year][name] != text:
                found[f"{name}-{row.number}-{year}"] = text
    return found


def _changed(draft: Demand) -> list[dict[str, Any]]:
    """The last changes of a draft as rows of a table."""
    currency, zone = draft.round.currency, draft.round.zone
    return [
        shared.cell_named(edit.cell)
        | {
            "old": shared.cell_shown(edit.old, currency),
            "new": shared.cell_shown(edit.new, currency),
            "who": edit.by,
            "at": instant(edit.at, zone),
        }
        for edit in edits.last(db.session(), draft, limit=EDITS_SHOWN)
    ]

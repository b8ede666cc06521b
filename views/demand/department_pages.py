"""What the departments of a member need in one declaration: who has answered, what it adds up to, and each one's figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.demand import declare, department_acts, department_figures, department_grid, departments
from framework.demand.declare import LinesBroken
from framework.demand.department_acts import Undecided
from framework.demand.department_figures import Figure, Sum
from framework.demand.department_grid import FigureRow
from framework.demand.lines import Key, Line, Scope, of_record
from framework.ground import proposals
from framework.ground.codelists import countries, country_name
from framework.ground.errors import InvalidInput, NotFound, RuleBroken
from framework.ground.paging import page_of
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.demand import Demand
from models.departments import Department
from models.people import Organisation
from models.rounds import Lot, Round
from views import clock, guard
from views.demand import blueprint, shared
from views.guard import actor, permit
from views.i18n import current_language

PER_PAGE, MORE_ROWS = 50, 5
UNSHOWN = N_(
    "They saved rows for which this page has no room. Load the page again to see them; this one does not save any more."
)


@dataclass(frozen=True, slots=True)
class Standing:
    """The declaration of a lot as its departments see it: the version (None: none begun), its lines, the figures behind it.

    `is_open`: figures can be changed now.
    """

    lot: Lot
    demand: Demand | None
    lines: list[Line]
    figures: list[Figure]
    is_open: bool


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/demand/departments")
@permit(Permission.DEMAND_VIEW)
def lot_departments(round_: Round, lot_id: str) -> str:
    """Every department with what it needs, who has not answered, and the sums."""
    return _overview(standing(guard.child(Lot, lot_id, round_)))


@blueprint.get("/rounds/<round_id>/demand/<demand_id>/departments")
@permit(Permission.DEMAND_VIEW)
def departments_of(round_: Round, demand_id: str) -> str:
    """The same of one version of the own organisation, for reading."""
    demand = shared.declaration_of(round_, demand_id)
    require_own(round_)
    if demand.member_id != actor().organisation_id:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    figures = department_figures.of(db.session(), demand)
    return _overview(Standing(demand.lot, demand, [of_record(one) for one in demand.lines], figures, is_open=False))


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/demand/departments/<department_id>")
@permit(Permission.DEMAND_VIEW)
def department_figures_of(round_: Round, lot_id: str, department_id: str) -> str:
    """What one department needs, line by line."""
    found = standing(guard.child(Lot, lot_id, round_))
    return _page(found, departments.find(db.session(), department_id, actor=actor()))


@blueprint.post("/rounds/<round_id>/lots/<lot_id>/demand/departments/<department_id>")
@permit(Permission.DEMAND_EDIT)
def department_figures_save(round_: Round, lot_id: str, department_id: str) -> Response | str | tuple[str, int]:
    """Save what one department needs, or ask for more rows; what was typed is never lost."""
    lot = guard.child(Lot, lot_id, round_)
    found, department = standing(lot), departments.find(db.session(), department_id, actor=actor())
    try:
        rows = department_grid.rows_of_form(request.form, keys_of(found))
    except InvalidInput as error:
        return shared.told_at(_address(lot, department), error)
    if request.form.get("do") == "rows":
        return _page(found, department, rows=rows, more=MORE_ROWS, seen=request.form.get("seen", ""))
    figures, issues = department_grid.read(rows, department.id, Scope.of(lot))
    try:
        if issues:
            raise LinesBroken(issues)
        return _saved(lot, department, figures)
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        return _again(round_, lot_id, department_id, rows, error)


def standing(lot: Lot) -> Standing:
    """The declaration of the own organisation as it stands; *not found* for whoever is no member of the round."""
    require_own(lot.round)
    if lot.round.state == "demand" and not declare.is_past_deadline(lot.round, now=clock.now()):
        draft, lines, figures = department_acts.standing(db.session(), lot, actor())
        return Standing(lot, draft, lines, figures, is_open=draft is None or draft.state == "draft")
    member = actor().organisation_id
    shown = declare.latest(db.session(), lot, member, states=declare.CURRENT) or declare.latest(
        db.session(), lot, member
    )
    lines = [of_record(one) for one in shown.lines] if shown is not None else []
    return Standing(lot, shown, lines, department_figures.of(db.session(), shown), is_open=False)


def require_own(round_: Round) -> None:
    """Departments are for the member's own people: who leads a round learns nothing of them."""
    if "member" not in guard.roles(round_):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))


def _saved(lot: Lot, department: Department, figures: list[Figure]) -> Response:
    name = department.name
    demand = department_acts.fill(
        db.session(),
        lot,
        {department.id: figures},
        seen=request.form.get("seen", ""),
        settle=request.form.get("settle", ""),
        rest_name=str(_(departments.REST)),
        actor=actor(),
        now=clock.now(),
    )
    here = url_for("demand.lot_departments", round_id=lot.round.public_id, lot_id=lot.public_id)
    if demand is None:
        return guard.done(here, _("Nothing was changed, so no new version was begun."))
    return guard.done(here, _("Saved: %(name)s. The sums stand in your draft.", name=name))


def _again(round_: Round, lot_id: str, department_id: str, rows: list[FigureRow], error: RuleBroken) -> tuple[str, int]:
    """The page with what was typed and what is wrong; where somebody saved meanwhile, with what they saved beside it."""
    message = guard.refused(error)
    lot = guard.child(Lot, lot_id, round_)
    found, department = standing(lot), departments.find(db.session(), department_id, actor=actor())
    issues = error.issues if isinstance(error, LinesBroken) else []
    fields = [department_grid.field_of(one) for one in issues]
    errors = [told | {"field_id": name} for told, name in zip(shared.said(issues), fields, strict=True)]
    is_stale = error.code == "figures-stale"
    unseen = _unseen(found, department, rows) if is_stale else []
    is_shown = is_stale and len(rows) + len(unseen) <= department_grid.MOST_ROWS
    page = _page(
        found,
        department,
        rows=[*rows, *unseen] if is_shown else rows,
        seen="" if is_shown else request.form.get("seen", "") or "-",
        unseen=unseen,
        is_stale=is_stale,
        errors=[{"text": message}, *([] if is_shown or not is_stale else [{"text": _(UNSHOWN)}]), *errors]
        if not isinstance(error, Undecided)
        else [{"text": message, "field_id": "settle-keep"}],
        wrong={one["field_id"]: one["text"] for one in errors},
        undecided=[line_shown(line) for line in error.lines] if isinstance(error, Undecided) else [],
    )
    return page, error.status


def _unseen(found: Standing, department: Department, rows: list[FigureRow]) -> list[FigureRow]:
    """What the department said meanwhile of lines that the page had no row of, as rows below it."""
    shown = {row.key for row in rows}
    mine = [o for o in found.figures if o.department_id == department.id and o.key not in shown]
    added = department_grid.rows_of(mine, [one.key for one in mine])
    return [replace(row, number=number) for number, row in enumerate(added, start=len(rows) + 1)]


def keys_of(found: Standing) -> list[Key]:
    own = db.session.get_one(Organisation, actor().organisation_id)
    declared = [line.key for line in found.lines]
    return department_grid.offered(declared, found.figures, Scope.of(found.lot), own.country)


def _page(
    found: Standing,
    department: Department,
    *,
    rows: list[FigureRow] | None = None,
    more: int = 0,
    seen: str = "",
    unseen: Iterable[FigureRow] = (),
    is_stale: bool = False,
    **shown: Any,
) -> str:
    scope, keys = Scope.of(found.lot), keys_of(found)
    own = db.session.get_one(Organisation, actor().organisation_id)
    mine = [one for one in found.figures if one.department_id == department.id]
    stored = department_grid.rows_of(mine, keys)
    rows = stored if rows is None else rows
    wanted = min(len(rows) + (more if rows else MORE_ROWS), department_grid.MOST_ROWS)
    rows = rows + [department_grid.blank_row(n, scope, country=own.country) for n in range(len(rows) + 1, wanted + 1)]
    return render_template(
        "demand/department_figures.html",
        round_=found.lot.round,
        lot=found.lot,
        scope=scope,
        own=own,
        found=found,
        waits=_waits(found),
        department=department,
        rows=rows,
        seen=seen or department_figures.seal(mine),
        saved=_differing(rows, stored) | _said(unseen) if is_stale else {},
        totals=department_figures.sums(found.figures),
        typed={line.key: line for line in found.lines},
        categories=[(key, shared.category_label(key)) for key in scope.categories],
        category_label=shared.category_label,
        country_label=lambda code: country_name(code, current_language()),
        countries=countries(current_language()),
        settle=request.form.get("settle", ""),
        **({"errors": [], "wrong": {}, "undecided": []} | shown),
    )


def _differing(rows: Iterable[FigureRow], stored: Iterable[FigureRow]) -> dict[str, str]:
    """What is saved in the fields of rows that say something else, by the name of the field."""
    kept = {row.key: row for row in stored}
    names = (*department_grid.QUANTITY_FIELDS, "note")
    return {
        f"{name}-{row.number}": kept[row.key].cells[name] or str(_("blank"))
        for row in rows
        if row.key in kept
        for name in names
        if kept[row.key].cells[name] != row.cells[name]
    }


def _said(rows: Iterable[FigureRow]) -> dict[str, str]:
    """What stands in the fields of rows, by the name of the field."""
    names = (*department_grid.QUANTITY_FIELDS, "note")
    return {f"{name}-{row.number}": row.cells[name] for row in rows for name in names if row.cells[name]}


def _overview(found: Standing) -> str:
    """The page of all departments; `categories` are the sums over years, tiers and countries, in the unit of the lot."""
    lot, words = found.lot, request.args.get("q", "")[:200]
    everybody = departments.all_of(db.session(), actor=actor())
    own = department_figures.by_department(found.figures)
    asked = [one for one in everybody if one.id in own or not one.is_archived]
    answered = department_acts.answered(found.figures)
    open_ = department_acts.silent(everybody, found.figures)
    listed = open_ if request.args.get("only") == "open" else asked
    wanted = departments.folded(words)
    listed = [one for one in listed if wanted in one.folded_name or wanted in one.code.casefold()]
    page = page_of(request.args.get("page"), len(listed), PER_PAGE)
    categories = [key for key in lot.categories if any(one.category == key for one in found.figures)]
    return render_template(
        "demand/department_overview.html",
        round_=lot.round,
        lot=lot,
        found=found,
        waits=_waits(found),
        rows=[
            {
                "department": one,
                "state": _state(one, own.get(one.id, []), answered),
                "amounts": [_by_category(own.get(one.id, []), key) for key in categories],
            }
            for one in listed[page.offset : page.offset + PER_PAGE]
        ],
        page=page,
        asked=asked,
        answered=[one for one in asked if one.id in answered and not one.is_rest],
        open_=open_,
        categories=[(key, shared.category_label(key)) for key in categories],
        amounts=[_by_category(found.figures, key) for key in categories],
        sums=_sums_shown(found),
        words=words,
        unit=shared.unit_word(lot.unit),
        may_manage=guard.holds(Permission.DEPARTMENT_MANAGE, lot.round),
    )


def _waits(found: Standing) -> bool:
    """Whether a colleague submitted the draft and a second person is asked: a save takes that back."""
    draft = found.demand if found.is_open else None
    return draft is not None and proposals.open_proposal(db.session(), draft, "submit", now=clock.now()) is not None


def _state(department: Department, figures: list[Figure], answered: set[int]) -> str:
    if department.id in answered:
        return "answered"
    return "note" if figures else "rest" if department.is_rest else "open"


def _by_category(figures: Iterable[Figure], category: str) -> Sum | None:
    """The sum of a category over all its lines, None where nothing is said of it."""
    of_it = [one for one in figures if one.category == category]
    if not any(one.is_known for one in of_it):
        return None
    added = department_figures.sums(
        Figure(one.department_id, category, "", "", 0, one.qty_firm, one.qty_expected, one.qty_max) for one in of_it
    )
    return next(iter(added.values()), None)


def _sums_shown(found: Standing) -> list[dict[str, Any]]:
    return [
        {
            "place": shared.place(*key[:3]),
            "year": key[3],
            "sum": total,
        }
        for key, total in sorted(department_figures.sums(found.figures).items())
    ]


def line_shown(line: Line) -> dict[str, Any]:
    return {"place": shared.place(*line.key[:3]), "year": line.year_no, "line": line}


def _address(lot: Lot, department: Department) -> str:
    at = {"round_id": lot.round.public_id, "lot_id": lot.public_id, "department_id": department.public_id}
    return url_for("demand.department_figures_of", **at)  # type: ignore[arg-type]

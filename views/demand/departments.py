"""The departments of the own organisation: the list, one by one or pasted, renamed, put away and back."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from framework.demand import departments
from framework.demand.departments import Named
from framework.ground.errors import InvalidInput, RuleBroken
from framework.ground.paging import page_of
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.departments import Department
from models.people import Organisation
from views import clock, guard
from views.demand import blueprint, shared
from views.guard import actor, permit
from views.i18n import sentence

PER_PAGE = 50


@blueprint.get("/organisation/departments")
@permit(Permission.DEPARTMENT_MANAGE)
def departments_list() -> str:
    """The departments by name: search, those put away, pages."""
    return _page()


@blueprint.post("/organisation/departments")
@permit(Permission.DEPARTMENT_MANAGE)
def department_add() -> Response | tuple[str, int]:
    """Add one."""
    name, code = request.form.get("name", ""), request.form.get("code", "")
    try:
        made = departments.add(db.session(), name, code, actor=actor(), now=clock.now())
    except InvalidInput as error:
        guard.refused(error)
        return _page(error=error, name=name, code=code), error.status
    return guard.done(url_for("demand.departments_list"), _("Added: %(name)s.", name=made.name))


@blueprint.get("/organisation/departments/<department_id>")
@permit(Permission.DEPARTMENT_MANAGE)
def department(department_id: str) -> str:
    """The form to rename a department or put it away."""
    found = departments.find(db.session(), department_id, actor=actor())
    return render_template("demand/department.html", department=found, name=found.name, code=found.code, error=None)


@blueprint.post("/organisation/departments/<department_id>")
@permit(Permission.DEPARTMENT_MANAGE)
def department_edit(department_id: str) -> Response | tuple[str, int]:
    """Rename a department, or change its code."""
    found = departments.find(db.session(), department_id, actor=actor())
    name, code = request.form.get("name", ""), request.form.get("code", "")
    try:
        departments.edit(db.session(), found, name, code, version=shared.version(), actor=actor(), now=clock.now())
    except InvalidInput as error:
        guard.refused(error)
        found = departments.find(db.session(), department_id, actor=actor())
        page = render_template("demand/department.html", department=found, name=name, code=code, error=_told(error))
        return page, error.status
    except RuleBroken as error:
        return shared.told_at(url_for("demand.department", department_id=department_id), error)
    return guard.done(url_for("demand.departments_list"), _("Saved."))


@blueprint.post("/organisation/departments/<department_id>/archive")
@permit(Permission.DEPARTMENT_MANAGE)
def department_archive(department_id: str) -> Response:
    """Put a department away, or take it back."""
    found = departments.find(db.session(), department_id, actor=actor())
    is_archived = request.form.get("archived") == "y"
    return shared.attempt(
        lambda: departments.archive(
            db.session(), found, is_archived=is_archived, version=shared.version(), actor=actor(), now=clock.now()
        ),
        url_for("demand.departments_list"),
        _("Put away. It is not asked any more; what it said stays.") if is_archived else _("Taken back."),
    )


@blueprint.post("/organisation/departments/preview")
@permit(Permission.DEPARTMENT_MANAGE)
def departments_preview() -> Response | str:
    """What a pasted list of names is beside the departments there are; nothing is kept."""
    block = request.form.get("block", "")
    try:
        named = _looked(block)
        if not named:
            raise InvalidInput("name-missing", _EMPTY)
    except InvalidInput as error:
        return shared.told_at(url_for("demand.departments_list"), error)
    return _preview(block, named)


@blueprint.post("/organisation/departments/paste")
@permit(Permission.DEPARTMENT_MANAGE)
def departments_paste() -> Response | str | tuple[str, int]:
    """Add the new names of a pasted list, and of those that look like another one what was said to be new."""
    block = request.form.get("block", "")
    try:
        named = _looked(block)
        if any(one.kind == "near" and _answer(n) not in ("same", "new") for n, one in enumerate(named)):
            return _preview(block, named, message=_("Say of each name that looks like another one what it is.")), 422
        chosen = [
            (one.name, one.code)
            for n, one in enumerate(named)
            if one.kind == "new" or (one.kind == "near" and _answer(n) == "new")
        ]
        made = departments.add_all(db.session(), chosen, actor=actor(), now=clock.now())
    except RuleBroken as error:
        return shared.told_at(url_for("demand.departments_list"), error)
    return guard.done(url_for("demand.departments_list"), _("Departments added: %(count)s.", count=len(made)))


def _answer(number: int) -> str:
    return request.form.get(f"near-{number}", "")


def _looked(block: str) -> list[Named]:
    return departments.look(departments.pasted(block), departments.all_of(db.session(), actor=actor()))


def _preview(block: str, named: list[Named], message: str = "") -> str:
    return render_template(
        "demand/departments_preview.html",
        block=block,
        named=[
            (
                number,
                one,
                [other.name for other in (*one.alike, *(named[place] for place in one.twins))],
                sentence(one.why) if one.why is not None else "",
            )
            for number, one in enumerate(named)
        ],
        counts={kind: sum(1 for one in named if one.kind == kind) for kind in ("new", "known", "near", "refused")},
        message=message,
        said=request.form,
    )


def _page(error: InvalidInput | None = None, **typed: Any) -> str:
    words, is_archived = request.args.get("q", "")[:200], request.args.get("archived") == "y"
    query = departments.search(words, actor=actor(), archived=is_archived)
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    page = page_of(request.args.get("page"), total, PER_PAGE)
    found = db.session.scalars(query.limit(PER_PAGE).offset(page.offset)).all()
    own = Department.organisation_id == actor().organisation_id
    archived = db.session.scalar(select(func.count()).where(own, Department.is_archived)) or 0
    return render_template(
        "demand/departments_list.html",
        own=db.session.get_one(Organisation, actor().organisation_id),
        found=found,
        page=page,
        words=words,
        is_archived=is_archived,
        archived=archived,
        error=_told(error) if error is not None else None,
        **({"name": "", "code": ""} | typed),
    )


def _told(error: InvalidInput) -> dict[str, str]:
    return {"text": sentence(error), "field_id": error.field or "name"}


_EMPTY = N_("Paste at least one name.")

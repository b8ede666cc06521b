"""Organisations: the operator's list and forms, and the page of one with its people and invitations."""

from __future__ import annotations

import math

from flask import current_app, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from framework.ground.errors import InvalidInput, RuleBroken
from framework.ground.labels import ROLE_LABELS
from framework.ground.permissions import Permission
from framework.people import invitations, organisations, roles, second_factor
from framework.people.organisations import Details
from models.base import db
from models.people import Organisation
from views import clock
from views.guard import actor, done, permit, refused
from views.people import blueprint
from views.people.forms import InviteForm, OrganisationForm, at_field, countries

PER_PAGE = 50


@blueprint.get("/organisation")
@permit(Permission.ORGANISATION_VIEW)
def organisation() -> str:
    """The organisation one acts for; a page without one says what to do."""
    own = db.session.get(Organisation, actor().organisation_id) if actor().organisation_id is not None else None
    return page_of(own) if own is not None else render_template("people/no_organisation.html")


@blueprint.get("/organisations", endpoint="organisations")
@permit(Permission.ORGANISATION_MANAGE)
def list_of() -> str:
    """All organisations: search, filter by kind, order, pages."""
    words, kind = request.args.get("q", ""), request.args.get("kind", "")
    query = organisations.search(words, kind=kind, sort=request.args.get("sort", "name"))
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    pages = max(1, math.ceil(total / PER_PAGE))
    page = min(max(_whole(request.args.get("page", "1")), 1), pages)
    found = db.session.execute(query.limit(PER_PAGE).offset((page - 1) * PER_PAGE)).all()
    return render_template(
        "people/organisations.html",
        found=found,
        total=total,
        page=page,
        pages=pages,
        words=words,
        kind=kind,
        kinds=organisations.KIND_LABELS,
    )


@blueprint.get("/organisations/new")
@permit(Permission.ORGANISATION_MANAGE)
def organisation_new() -> str:
    """The form for a new organisation."""
    return render_template("people/organisation_form.html", form=OrganisationForm(), organisation=None, doubles=[])


@blueprint.post("/organisations/new")
@permit(Permission.ORGANISATION_MANAGE)
def organisation_create() -> Response | tuple[str, int]:
    """Add an organisation; a likely double is shown first."""
    form, doubles, status = OrganisationForm(), [], 422
    if form.validate_on_submit():
        try:
            made = organisations.create(
                db.session(), _details(form), actor=actor(), now=clock.now(), is_another=bool(form.is_another.data)
            )
        except InvalidInput as error:
            refused(error)
            at_field(form, error)
        except organisations.LooksDouble as error:
            doubles, status = [(o.name, o.country, o.public_id) for o in error.found], error.status
            db.session.rollback()
        else:
            place = url_for(".organisation_of", organisation_id=made.public_id)
            return done(place, _("The organisation is added. Invite its first person now."))
    return render_template("people/organisation_form.html", form=form, organisation=None, doubles=doubles), status


@blueprint.get("/organisations/<organisation_id>")
@permit(Permission.ORGANISATION_VIEW)
def organisation_of(organisation_id: str) -> str:
    """One organisation, for those who may know it."""
    return page_of(organisations.find(db.session(), organisation_id, actor=actor()))


@blueprint.get("/organisations/<organisation_id>/edit")
@permit(Permission.ORGANISATION_MANAGE)
def organisation_edit(organisation_id: str) -> str:
    """The form to change an organisation."""
    found = organisations.find(db.session(), organisation_id, actor=actor())
    form = OrganisationForm(found)
    return render_template("people/organisation_form.html", form=form, organisation=found, doubles=[])


@blueprint.post("/organisations/<organisation_id>/edit")
@permit(Permission.ORGANISATION_MANAGE)
def organisation_edit_send(organisation_id: str) -> Response | tuple[str, int]:
    """Change an organisation."""
    found = organisations.find(db.session(), organisation_id, actor=actor())
    form, status = OrganisationForm(found), 422
    if form.validate_on_submit():
        try:
            version = _whole(form.version.data or "0")
            organisations.edit(db.session(), found, _details(form), actor=actor(), now=clock.now(), version=version)
        except RuleBroken as error:
            status, message = error.status, refused(error)
            found = organisations.find(db.session(), organisation_id, actor=actor())
            if isinstance(error, InvalidInput):
                at_field(form, error)
            else:
                form.form_errors.append(message)
                form.version.data = form.version.raw_data = None
                form.version.process_data(found.version)
        else:
            return done(url_for(".organisation_of", organisation_id=organisation_id), _("The organisation is changed."))
    return render_template("people/organisation_form.html", form=form, organisation=found, doubles=[]), status


def page_of(found: Organisation, form: InviteForm | None = None) -> str:
    """The page of an organisation: facts, people with their roles, open invitations, the form to invite."""
    who = actor()
    allowed = roles.grantable(db.session(), who, found, now=clock.now())
    return render_template(
        "people/organisation.html",
        organisation=found,
        people=_people(found) if "operator" in who.roles or who.organisation_id == found.id else None,
        pending=invitations.pending(db.session(), found) if allowed else [],
        now=clock.now(),
        form=form or (InviteForm(allowed) if allowed else None),
        allowed=allowed,
        contact_made=not allowed and roles.leads_to(db.session(), who, found),
        may_withdraw=roles.may_withdraw(who, found),
        may_manage="operator" in who.roles,
        labels=ROLE_LABELS,
        country=dict(countries()).get(found.country, found.country),
        kinds=organisations.KIND_LABELS,
        supplier_kinds=organisations.SUPPLIER_KIND_LABELS,
        body_types=organisations.BODY_TYPE_LABELS,
        days=current_app.extensions["settings"].invitation_days,
    )


def _people(found: Organisation) -> list[dict[str, object]]:
    """The people of an organisation, each once, with the roles held."""
    people: dict[int, dict[str, object]] = {}
    for grant in roles.held_in(db.session(), found, now=clock.now()):
        entry = people.setdefault(
            grant.user_id,
            {"user": grant.user, "grants": [], "second_factor": second_factor.is_enrolled(grant.user)},
        )
        entry["grants"].append(grant)  # type: ignore[attr-defined]
    return list(people.values())


def _details(form: OrganisationForm) -> Details:
    return Details(
        name=form.name.data or "",
        kind=form.kind.data or "",
        country=form.country.data or "",
        supplier_kind=form.supplier_kind.data or None,
        body_type=form.body_type.data or None,
        registration_no=form.registration_no.data or "",
        mail_domain=form.mail_domain.data or "",
    )


def _whole(text: str) -> int:
    """A page or version number from outside; 0 for anything else (W32)."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

"""Lots: what is bought, the two figures, the disclosure scope."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from framework.ground import codelists, jurisdictions
from framework.ground.permissions import Permission
from framework.ground.terms import CALL_OFF_ROUTES, CATEGORIES, COMPONENT_TYPES, MANDATE_TYPES, MINERALS, UNITS
from framework.rounds import editing, parts, readiness_facts
from models.base import db
from models.rounds import Lot, Round
from views import clock, guard
from views.guard import actor, permit
from views.i18n import current_language
from views.rounds import blueprint
from views.rounds.forms import DisclosureForm, FiguresForm, LotForm, answer, choices, named
from views.rounds.setup import form_page


@blueprint.get("/rounds/<round_id>/set-up/lots")
@permit(Permission.ROUND_EDIT)
def lots(round_: Round) -> str:
    """Scope in short, and the lots."""
    return render_template(
        "rounds/lots.html",
        round_=round_,
        categories=CATEGORIES,
        units=UNITS,
        laws=jurisdictions.LABELS,
        mandates=MANDATE_TYPES,
        names={lot.cpv_code: codelists.cpv(lot.cpv_code) for lot in round_.lots},
        lots_open=round_.state in editing.LOTS_OPEN,
        language=current_language(),
    )


@blueprint.get("/rounds/<round_id>/set-up/lots/new")
@permit(Permission.ROUND_EDIT)
def new_lot(round_: Round) -> str:
    """An empty lot."""
    form = _lot_form(None)
    form.years.data = form.years.data or 4
    return _lot_page(round_, form, None)


@blueprint.post("/rounds/<round_id>/set-up/lots/new")
@permit(Permission.ROUND_EDIT)
def add_lot(round_: Round) -> Response | tuple[str, int]:
    """Add a lot."""
    form = _lot_form(None)
    return answer(
        form,
        lambda: _add(round_, form),
        lambda: _to("lots", round_),
        _("The lot is added."),
        lambda: _lot_page(round_, form, None),
    )


@blueprint.get("/rounds/<round_id>/set-up/lots/<lot_id>")
@permit(Permission.ROUND_EDIT)
def lot(round_: Round, lot_id: str) -> str:
    """A lot."""
    found = guard.child(Lot, lot_id, round_)
    return _lot_page(round_, _lot_form(found), found)


@blueprint.post("/rounds/<round_id>/set-up/lots/<lot_id>")
@permit(Permission.ROUND_EDIT)
def save_lot(round_: Round, lot_id: str) -> Response | tuple[str, int]:
    """Change a lot."""
    found = guard.child(Lot, lot_id, round_)
    form = _lot_form(found)

    def act() -> None:
        parts.edit_lot(
            db.session(), found, _lot_values(form), version=form.known_version(), actor=actor(), now=clock.now()
        )

    return answer(form, act, lambda: _to("lots", round_), _("Saved."), lambda: _lot_page(round_, form, found))


@blueprint.post("/rounds/<round_id>/set-up/lots/<lot_id>/remove")
@permit(Permission.ROUND_EDIT)
def remove_lot(round_: Round, lot_id: str) -> Response:
    """Remove a lot."""
    parts.remove_lot(db.session(), guard.child(Lot, lot_id, round_), actor=actor(), now=clock.now())
    return guard.done(_to("lots", round_), _("The lot is removed."))


@blueprint.get("/rounds/<round_id>/set-up/figures")
@permit(Permission.ROUND_EDIT)
def figures(round_: Round) -> str:
    """Estimate, maximum and call-off route of every lot, beside the pooled demand."""
    return render_template(
        "rounds/figures.html",
        round_=round_,
        pooled=readiness_facts.pooled_demand(db.session(), round_),
        routes=CALL_OFF_ROUTES,
    )


@blueprint.get("/rounds/<round_id>/set-up/figures/<lot_id>")
@permit(Permission.ROUND_EDIT)
def lot_figures(round_: Round, lot_id: str) -> str:
    """The figures of one lot."""
    found = guard.child(Lot, lot_id, round_)
    return _figures_page(round_, _figures_form(found), found)


@blueprint.post("/rounds/<round_id>/set-up/figures/<lot_id>")
@permit(Permission.ROUND_EDIT)
def save_figures(round_: Round, lot_id: str) -> Response | tuple[str, int]:
    """Change the figures of one lot."""
    found = guard.child(Lot, lot_id, round_)
    form = _figures_form(found)

    def act() -> None:
        values = {name: form[name].data for name in parts.LOT_FIGURES}
        values |= {
            "call_off_route": values["call_off_route"] or None,
            "estimate_motive": values["estimate_motive"] or "",
        }
        parts.edit_figures(db.session(), found, values, version=form.known_version(), actor=actor(), now=clock.now())

    return answer(form, act, lambda: _to("figures", round_), _("Saved."), lambda: _figures_page(round_, form, found))


@blueprint.get("/rounds/<round_id>/set-up/disclosure")
@permit(Permission.ROUND_EDIT)
def scope_list(round_: Round) -> str:
    """What each lot asks suppliers to disclose."""
    return render_template(
        "rounds/disclosure.html", round_=round_, components=COMPONENT_TYPES, minerals=MINERALS, named=named
    )


@blueprint.get("/rounds/<round_id>/set-up/disclosure/<lot_id>")
@permit(Permission.ROUND_EDIT)
def lot_scope(round_: Round, lot_id: str) -> str:
    """The disclosure scope of one lot."""
    found = guard.child(Lot, lot_id, round_)
    return _scope_page(round_, _scope_form(found), found)


@blueprint.post("/rounds/<round_id>/set-up/disclosure/<lot_id>")
@permit(Permission.ROUND_EDIT)
def save_lot_scope(round_: Round, lot_id: str) -> Response | tuple[str, int]:
    """Change the disclosure scope of one lot."""
    found = guard.child(Lot, lot_id, round_)
    form = _scope_form(found)

    def act() -> None:
        values = {name: form[name].data for name in parts.LOT_SCOPE}
        values["product_subset"] = (values["product_subset"] or "").strip()
        parts.edit_scope(db.session(), found, values, version=form.known_version(), actor=actor(), now=clock.now())

    return answer(form, act, lambda: _to("scope_list", round_), _("Saved."), lambda: _scope_page(round_, form, found))


def _lot_form(lot: Lot | None) -> LotForm:
    form = LotForm(obj=lot) if lot is None else LotForm(obj=lot, data={"spec_tiers": "\n".join(lot.spec_tiers)})
    form.categories.choices = choices(CATEGORIES)
    form.unit.choices = choices(UNITS)
    if lot is not None and form.spec_tiers.raw_data is None:
        form.spec_tiers.data = "\n".join(lot.spec_tiers)
    return form


def _lot_values(form: LotForm) -> dict[str, Any]:
    return {
        "code": (form.code.data or "").strip(),
        "name": form.name.data or "",
        "cpv_code": (form.cpv_code.data or "").strip(),
        "categories": form.categories.data or [],
        "unit": form.unit.data,
        "spec_tiers": [line.strip() for line in (form.spec_tiers.data or "").splitlines() if line.strip()],
        "years": form.years.data,
    }


def _add(round_: Round, form: LotForm) -> None:
    """Add it after the lots that somebody else adds at this moment, for its number and its code are its own."""
    editing.hold(db.session(), round_)
    parts.add_lot(db.session(), round_, _lot_values(form), actor=actor(), now=clock.now())


def _lot_page(round_: Round, form: LotForm, lot: Lot | None) -> str:
    return render_template(
        "rounds/lot.html",
        round_=round_,
        form=form,
        lot=lot,
        action=url_for("rounds.save_lot", round_id=round_.public_id, lot_id=lot.public_id)
        if lot is not None
        else _to("add_lot", round_),
        cpv_codes=[(item.code, item.name(current_language())) for item in codelists.cpv_codes().values()],
    )


def _figures_form(lot: Lot) -> FiguresForm:
    form = FiguresForm(obj=lot)
    form.call_off_route.choices = choices(CALL_OFF_ROUTES)
    return form


def _figures_page(round_: Round, form: FiguresForm, lot: Lot) -> str:
    pooled = readiness_facts.pooled_demand(db.session(), round_).get(lot.id)
    return render_template("rounds/lot_figures.html", round_=round_, form=form, lot=lot, pooled=pooled)


def _scope_form(lot: Lot) -> DisclosureForm:
    form = DisclosureForm(obj=lot)
    form.required_components.choices = choices(COMPONENT_TYPES)
    form.minerals.choices = choices(MINERALS)
    form.asked_tiers.choices = [
        SelectChoice(1, _("Final assembly only")),
        SelectChoice(2, _("Final assembly and components")),
        SelectChoice(3, _("One tier deeper: sub-components")),
    ]
    return form


def _scope_page(round_: Round, form: DisclosureForm, lot: Lot) -> str:
    return form_page(
        round_,
        form,
        _("Disclosure scope of lot %(lot)s", lot=lot.code),
        "rounds.save_lot_scope",
        back=_to("scope_list", round_),
        intro=_("Ask for what concerns the models of this lot, and no more than you will judge."),
        lot_id=lot.public_id,
    )


def _to(page: str, round_: Round) -> str:
    return url_for(f"rounds.{page}", round_id=round_.public_id)

"""The public page of a published round, and its preview for the lead."""

from __future__ import annotations

from flask import render_template

from framework.contract import lists as agreements
from framework.demand import briefs
from framework.ground import codelists
from framework.ground.actors import SUPPLIER_SEES_FROM
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.terms import CATEGORIES, COMPONENT_TYPES, MINERALS, PLACES, unit_label
from framework.ground.text import N_
from framework.rounds import deadline, outages, publication, question_lists, schedule, settings
from models.base import db
from models.rounds import Round
from views import clock
from views.guard import permit
from views.i18n import current_language
from views.rounds import blueprint, rule_words
from views.rounds.publishing import terms_links


@blueprint.get("/public/rounds/<round_id>")
@permit(Permission.PUBLIC)
def public(round_: Round) -> str:
    """What a supplier or a visitor may know of a published round, without an account."""
    if round_.published_at is None or round_.state not in SUPPLIER_SEES_FROM | {"cancelled", "archived"}:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return _page(round_, preview=False)


@blueprint.get("/rounds/<round_id>/preview")
@permit(Permission.ROUND_EDIT)
def preview(round_: Round) -> str:
    """The public page as suppliers will see it."""
    return _page(round_, preview=True)


def _page(round_: Round, *, preview: bool) -> str:
    return render_template(
        "rounds/public.html",
        round_=round_,
        preview=preview,
        lots=[_lot(lot, round_) for lot in round_.lots],
        members=[member["organisation"] for member in publication.members(db.session(), round_)],
        contact=settings.value(round_, "question_contact"),
        award=[c for c in round_.criteria if c.place == "award"],
        others=[c for c in round_.criteria if c.place != "award"],
        places=PLACES,
        open_now=schedule.is_tender_open(round_, now=clock.now()),
        outages=outages.during(db.session(), round_),
        changes=deadline.changes(db.session(), round_),
        answered=question_lists.count_of(db.session(), question_lists.published(round_)),
        late_rule=rule_words.late_upload(settings.all_values(round_)),
        agreements=agreements.public(db.session(), round_),
        briefs=briefs.public(db.session(), round_),
        terms_files=terms_links(round_, public=True),
        proof=publication.verify(db.session(), round_) if round_.published_at is not None else None,
    )


def _lot(lot, round_: Round) -> dict[str, object]:  # type: ignore[no-untyped-def]
    shown = bool(settings.value(round_, "publish_pool"))
    code = codelists.cpv(lot.cpv_code)
    return {
        "code": lot.code,
        "name": lot.name,
        "cpv": f"{lot.cpv_code} {code.name(current_language())}" if code is not None else lot.cpv_code,
        "unit": unit_label(lot.unit),
        "categories": [CATEGORIES[key].label for key in lot.categories],
        "qty_estimated": lot.qty_estimated if shown else None,
        "qty_maximum": lot.qty_maximum,
        "value_maximum": lot.value_maximum,
        "components": [COMPONENT_TYPES[key] for key in lot.required_components],
        "minerals": [MINERALS[key] for key in lot.minerals],
    }

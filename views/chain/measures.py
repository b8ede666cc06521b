"""Pages of the measures: those of a line of the comparison, and the rows behind each."""

from __future__ import annotations

from typing import Any

from flask import render_template, request

from framework.chain import comparison
from framework.chain.comparison import Line
from framework.chain.measures import facts, reading
from framework.chain.measures.product import MEASURES
from framework.disclosure import confidentiality
from framework.disclosure.confidentiality import Reader
from framework.disclosure.veil import Veil, veil_for
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission, may
from framework.ground.text import N_
from framework.rounds.settings import value
from models.base import db
from models.rounds import Lot, Round
from views import guard
from views.chain import blueprint, measure_words
from views.chain.ladder import Shower
from views.chain.sight import reader_of
from views.disclosure.bidders import bidder, lettered
from views.guard import actor, permit


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/measures/<submission_id>")
@permit(Permission.COMPARISON_VIEW)
def measures(round_: Round, lot_id: str, submission_id: str) -> str:
    """The five measures of one supplier and brand, what would raise each, and its models."""
    lot = guard.child(Lot, lot_id, round_)
    reader, one, hidden = opening(round_, lot, submission_id)
    sees = reading.sees_products(db.session(), one.submission, reader, lot)
    models, page = reading.models(db.session(), lot, one, page=request.args.get("page")) if sees else ([], None)
    return render_template(
        "chain/measures.html",
        round_=round_,
        lot=lot,
        line=one,
        supplier=bidder(reader, one.supplier),
        brand=hidden.over(one.brand, lettered),
        found=reading.overview(db.session(), lot, one, reader),
        models=[(hidden.over(model.product.model_name, lettered), model) for model in models],
        page=page,
        sees_models=sees,
        sees_quantity=sees_quantity(round_),
        on=confidentiality.reference_day(one.submission),
        said=measure_words,
        names=MEASURES,
    )


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/measures/<submission_id>/<measure>")
@permit(Permission.COMPARISON_VIEW)
def measure_behind(round_: Round, lot_id: str, submission_id: str, measure: str) -> str:
    """What each model's components and minerals are worth of a measure, with the rows of the file that say so."""
    lot = guard.child(Lot, lot_id, round_)
    if measure not in MEASURES:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    reader, one, hidden = opening(round_, lot, submission_id)
    sees = reading.sees_products(db.session(), one.submission, reader, lot)
    found, page = reading.behind(db.session(), lot, one, page=request.args.get("page")) if sees else ([], None)
    shower = Shower(round_, reader, reading.classes_of(reader, lot), hidden, facts.scale(round_))
    return render_template(
        "chain/measure_behind.html",
        round_=round_,
        lot=lot,
        line=one,
        supplier=bidder(reader, one.supplier),
        brand=hidden.over(one.brand, lettered),
        measure=measure,
        models=[
            (hidden.over(told.product.model_name, lettered), told, figures, shower.rungs(told, measure=measure))
            for told, figures in found
        ],
        page=page,
        sees_models=sees,
        on=confidentiality.reference_day(one.submission),
        said=measure_words,
        rules=rules(round_),
    )


def opening(round_: Round, lot: Lot, submission_id: str) -> tuple[Reader, Line, Veil]:
    """The reader, the line that the address names, and what stands over the names of bidders; raises NotFound."""
    reader = reader_of(round_)
    one = comparison.line(db.session(), lot, submission_id, request.args.get("brand", ""), reader)
    return reader, one, veil_for(db.session(), round_, reader)


def sees_quantity(round_: Round) -> bool:
    """Whether the reader may see pooled quantities by category and tier."""
    return may(db.session(), actor(), Permission.POOL_VIEW, round_)


def rules(round_: Round) -> dict[str, Any]:
    """The numbers of the round that the measures stand on."""
    return {name: value(round_, name) for name in ("precision_pct", "freshness_months", "freshness_pct")}

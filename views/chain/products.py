"""The page of one model: its chain from final assembly to the origin of minerals, and the pooled quantity behind it."""

from __future__ import annotations

from flask import render_template

from framework.chain import comparison
from framework.chain.measures import facts, reading
from framework.chain.measures.product import MEASURES
from framework.chain.measures.scale import LEVELS
from framework.disclosure.veil import opened, veil_of
from framework.ground.permissions import Permission
from models.base import db
from models.rounds import Lot, Round
from views import guard
from views.chain import blueprint, measure_words
from views.chain.ladder import Shower
from views.chain.measures import sees_quantity
from views.chain.sight import reader_of
from views.disclosure.bidders import bidder, lettered
from views.guard import permit


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/products/<int:number>")
@permit(Permission.COMPARISON_VIEW)
def product(round_: Round, lot_id: str, number: int) -> str:
    """One model that a supplier offers in a lot."""
    lot = guard.child(Lot, lot_id, round_)
    reader = reader_of(round_)
    submissions = opened(db.session(), round_)
    told, figures, model = reading.product(db.session(), lot, number, reader, submissions)
    hidden = veil_of(db.session(), reader, submissions)
    shower = Shower(round_, reader, reading.classes_of(reader, lot), hidden, facts.scale(round_))
    rungs = shower.rungs(told)
    line = reading.line_of(comparison.lines(db.session(), lot, reader, submissions), told)
    return render_template(
        "chain/product.html",
        round_=round_,
        lot=lot,
        told=told,
        model=model,
        figures=figures,
        line=line,
        supplier=bidder(reader, line.supplier),
        brand=hidden.over(told.product.brand, lettered),
        name=hidden.over(told.product.model_name, lettered),
        row=shower.row(told.submission, told.row),
        levels=[(level, [one for one in rungs if one.level == level]) for level in LEVELS],
        others=shower.rungs(told, nodes=told.others),
        left_out=[(measure_words.kind(one.kind), hidden.over(one.motive, lettered), one.at) for one in told.left_out],
        sees_quantity=sees_quantity(round_),
        said=measure_words,
        names=MEASURES,
        step=comparison.step,
    )

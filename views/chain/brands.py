"""The page of a brand: what its several suppliers in a lot say of the same models, side by side."""

from __future__ import annotations

from flask import render_template, request

from framework.chain import comparison
from framework.chain.measures import brands, facts, reading
from framework.chain.measures.product import MEASURES
from framework.disclosure.veil import opened, veil_of
from framework.ground.permissions import Permission
from models.base import db
from models.rounds import Lot, Round
from views import guard
from views.chain import blueprint, measure_words
from views.chain.ladder import Shower
from views.chain.sight import reader_of
from views.disclosure.bidders import bidder, lettered
from views.guard import permit


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/brands/<submission_id>")
@permit(Permission.COMPARISON_VIEW)
def brand(round_: Round, lot_id: str, submission_id: str) -> str:
    """The brand of a line, through every supplier that offers it in the lot."""
    lot = guard.child(Lot, lot_id, round_)
    reader = reader_of(round_)
    submissions = opened(db.session(), round_)
    lines, hidden = comparison.lines(db.session(), lot, reader, submissions), veil_of(db.session(), reader, submissions)
    one = comparison.line_in(lines, submission_id, request.args.get("brand", ""))
    found = brands.brand(db.session(), lot, lines, one, reader, submissions, page=request.args.get("page"))
    shower = Shower(round_, reader, reading.classes_of(reader, lot), hidden, facts.scale(round_))
    return render_template(
        "chain/brand.html",
        round_=round_,
        lot=lot,
        line=one,
        brand=hidden.over(one.brand, lettered),
        found=found,
        suppliers=[bidder(reader, line.supplier) for line, _rolled in found.lines],
        shower=shower,
        said=measure_words,
        names=MEASURES,
    )

"""Fill a declaration in from an own earlier round: choose it, look at what would come along, take it over."""

from __future__ import annotations

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.demand import declare, earlier
from framework.demand.lines import differences
from framework.ground.errors import RuleBroken
from framework.ground.permissions import Permission
from models.base import db
from models.demand import Demand
from models.rounds import Lot, Round
from views import clock, guard
from views.demand import blueprint, shared
from views.guard import actor, permit

PLACE = "/rounds/<round_id>/lots/<lot_id>/demand/earlier"


@blueprint.get(PLACE)
@permit(Permission.DEMAND_EDIT)
def earlier_list(round_: Round, lot_id: str) -> str:
    """The own declarations of earlier rounds, the nearest first."""
    lot = guard.child(Lot, lot_id, round_)
    found = earlier.sources(db.session(), lot, actor().organisation_id)
    return render_template("demand/earlier.html", round_=round_, lot=lot, found=[_summed(one) for one in found])


@blueprint.get(f"{PLACE}/<demand_id>")
@permit(Permission.DEMAND_EDIT)
def earlier_preview(round_: Round, lot_id: str, demand_id: str) -> str:
    """What would come along of one of them, and what would not and why; nothing is stored."""
    lot = guard.child(Lot, lot_id, round_)
    mine = actor().organisation_id
    chosen = earlier.source(db.session(), lot, mine, demand_id)
    taking = earlier.preview(db.session(), lot, chosen, mine)
    draft = declare.latest(db.session(), lot, mine, states=declare.WAITING)
    changed = differences(taking.present, taking.lines)
    return render_template(
        "demand/earlier_preview.html",
        round_=round_,
        lot=lot,
        chosen=chosen,
        taking=taking,
        version=draft.version if draft is not None else 0,
        changes=shared.changes_shown(changed, round_.currency),
        staying=[shared.place(*line.key[:3]) + f" · {line.year_no}" for line in taking.staying],
        left_out=shared.left_out_told((one.line, one.issues) for one in taking.left_out),
    )


@blueprint.post(f"{PLACE}/<demand_id>")
@permit(Permission.DEMAND_EDIT)
def take_earlier(round_: Round, lot_id: str, demand_id: str) -> Response:
    """Take over what the preview showed."""
    lot = guard.child(Lot, lot_id, round_)
    at = {"round_id": round_.public_id, "lot_id": lot.public_id}
    chosen = earlier.source(db.session(), lot, actor().organisation_id, demand_id)
    seal, name = request.form.get("seal", ""), chosen.round.name
    try:
        earlier.take(db.session(), lot, chosen, seal=seal, version=shared.version(), actor=actor(), now=clock.now())
        said = _("Filled in from “%(round)s”. It is a draft: look it through, then submit it.", round=name)
        return guard.done(url_for("demand.lot_grid", **at), said)
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        flash(guard.refused(error), "error")
        return Response(status=303, headers={"Location": url_for("demand.earlier_preview", **at, demand_id=demand_id)})


def _summed(one: Demand) -> dict[str, object]:
    known = [line.qty_expected for line in one.lines if line.qty_expected is not None and line.year_no == 1]
    return {"demand": one, "lines": len(one.lines), "expected": sum(known) if known else None}

"""What the lead proposes to a member for a lot: shown against the own figures, taken over with one press, or put aside."""

from __future__ import annotations

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.demand import declare
from framework.demand.declare import LinesBroken
from framework.demand.lines import counts, differences
from framework.demand.proposing import acts
from framework.ground.errors import RuleBroken
from framework.ground.permissions import Permission
from models.base import db
from models.rounds import Lot, Round
from views import clock, guard
from views.demand import blueprint, shared
from views.guard import actor, permit


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/demand/proposed/<proposed_id>")
@permit(Permission.DEMAND_EDIT)
def proposed(round_: Round, lot_id: str, proposed_id: str) -> str:
    """The lines of the lead's list, and what taking them over would change."""
    lot = guard.child(Lot, lot_id, round_)
    found = acts.own(db.session(), lot, proposed_id, actor=actor())
    draft = declare.latest(db.session(), lot, actor().organisation_id, states=declare.WAITING)
    stored, totals = acts.stored_lines(db.session(), lot, draft, actor().organisation_id)
    replaces = request.args.get("mode") == "replace"
    lines, stay = acts.lines_for(found, stored, totals, replaces=replaces)
    changes = differences(stored, lines)
    return render_template(
        "demand/proposed.html",
        round_=round_,
        lot=lot,
        proposed=found,
        draft=draft,
        replaces=replaces,
        has_own=bool(stored),
        stay=[f"{shared.place(*line.key[:3])} · {line.year_no}" for line in stay],
        unfit=acts.unfit(lines, lot),
        seal=acts.seal(draft.version if draft is not None else 0, lines, stored),
        counts=counts(changes),
        changes=shared.changes_shown(changes, round_.currency),
        is_open=round_.state == "demand" and not declare.is_past_deadline(round_, now=clock.now()),
    )


@blueprint.post("/rounds/<round_id>/lots/<lot_id>/demand/proposed/<proposed_id>")
@permit(Permission.DEMAND_EDIT)
def answer_proposed(round_: Round, lot_id: str, proposed_id: str) -> Response:
    """Take it over into the own draft exactly as it was shown, or put it aside."""
    lot = guard.child(Lot, lot_id, round_)
    grid = url_for("demand.lot_grid", round_id=round_.public_id, lot_id=lot_id)
    replaces = request.form.get("mode") == "replace"
    here = url_for("demand.proposed", round_id=round_.public_id, lot_id=lot_id, proposed_id=proposed_id, mode="replace" if replaces else None)  # fmt: skip
    given = {"actor": actor(), "now": clock.now()}
    try:
        if request.form.get("do") == "aside":
            acts.put_aside(db.session(), lot, proposed_id, **given)
            return guard.done(grid, _("Put aside. Your own figures stand."))
        acts.take(db.session(), lot, proposed_id, seen=request.form.get("seal", ""), replaces=replaces, **given)
        return guard.done(grid, _("Taken over and saved as a draft. Check the grid, then submit."))
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        message = guard.refused(error)
        more = [x["text"] for x in shared.said(error.issues)][:5] if isinstance(error, LinesBroken) else []
        flash(" ".join([message, *more]), "error")
        return Response(status=303, headers={"Location": here})

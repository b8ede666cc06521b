"""The decision itself: lot by lot, who gets it, and why where the ranking does not say it all."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.award import decision as decisions
from framework.award.decision import Choice, Standing
from framework.ground.errors import RuleBroken
from framework.ground.permissions import Permission
from framework.judging import points
from framework.judging import ranking as rankings
from models.award import AwardDecision
from models.base import db
from models.rounds import Round
from views import clock, guard
from views.award import blueprint
from views.award.common import Wrong, again, is_stale, tied, typed, wrong_of
from views.guard import actor, permit
from views.i18n import words


@blueprint.get("/rounds/<round_id>/award/decision")
@permit(Permission.AWARD_DECIDE)
def choosing(round_: Round) -> str:
    """The lots with their ranking, and what is decided so far; the first places are chosen to begin with."""
    return _page(round_, {})


@blueprint.post("/rounds/<round_id>/award/decision")
@permit(Permission.AWARD_DECIDE)
def choose(round_: Round) -> str | Response | tuple[str, int]:
    """Write the decision."""
    public_id = round_.public_id
    try:
        decisions.draft(db.session(), round_, _chosen(round_), actor=actor(), now=clock.now())
        return guard.done(
            url_for("award.index", round_id=public_id),
            _("The decision is written. It is a draft until it is announced."),
        )
    except RuleBroken as error:
        if is_stale(error):
            raise
        wrong = wrong_of(error)
        return _page(again(public_id), wrong), error.status


def _chosen(round_: Round) -> list[Choice]:
    """What the form says; tenders are named by their public ids, others than those of the round are no choice."""
    ranking = rankings.newest(db.session(), round_)
    found = []
    for standing in decisions.standings(db.session(), ranking) if ranking is not None else []:
        ids = {one.submission.public_id: one.submission_id for one in standing.lines}
        key = standing.lot.public_id
        sent = request.form.getlist(f"winners-{key}")
        winners = tuple(ids.get(one, 0) for one in sent)
        found.append(Choice(standing.lot.id, winners, typed(f"motive-{key}")))
    return found


def _page(round_: Round, wrong: Wrong) -> str:
    ranking = rankings.newest(db.session(), round_)
    known = decisions.current(db.session(), round_)
    keeps_out = tied(round_)
    at = rankings.taken_out_since(db.session(), ranking) if ranking is not None else None
    standings = decisions.standings(db.session(), ranking) if ranking is not None and not keeps_out else []
    return render_template(
        "award/choosing.html",
        round_=round_,
        tied=keeps_out,
        ranking=ranking,
        lots=_lots(standings, known),
        wrong=wrong,
        is_open=round_.state == "award",
        longest=decisions.LONGEST,
        reason=lambda code: words(points.REASONS[code]) if code in points.REASONS else "",
        taken_out=words(rankings.TAKEN_OUT, when=at) if at is not None else "",
        is_read=known is not None and known.announced_at is None and decisions.is_read(db.session(), known),
    )


def _lots(standings: list[Standing], known: AwardDecision | None) -> list[dict[str, Any]]:
    said = decisions.lots(db.session(), known) if known is not None else {}
    given = decisions.awards(db.session(), known) if known is not None else []
    found = []
    for one in standings:
        key = one.lot.public_id
        kept = {each.submission_id for each in given if each.lot_id == one.lot.id} if one.lot.id in said else None
        motive = said[one.lot.id].motive if one.lot.id in said else ""
        chosen = set(one.first) if kept is None else kept
        if request.method == "POST":
            sent = set(request.form.getlist(f"winners-{key}"))
            chosen = {line.submission_id for line in one.lines if line.submission.public_id in sent}
            motive = typed(f"motive-{key}")
        found.append({"standing": one, "key": key, "chosen": chosen, "motive": motive})
    return found

"""An evaluator's own pile, and how far everybody is."""

from __future__ import annotations

from flask import flash, render_template, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from framework.disclosure.veil import opened
from framework.ground.errors import RuleBroken
from framework.ground.permissions import Permission, may
from framework.judging import piles, reminding
from models import veiled
from models.base import db
from models.rounds import Round
from views import clock, guard
from views.assessing import blueprint
from views.chain.sight import names_of, reader_of
from views.guard import actor, permit


@blueprint.get("/rounds/<round_id>/judging/mine")
@permit(Permission.ASSESSMENT_MAKE)
def pile(round_: Round) -> str:
    """What the reader has to judge: how much is done, how long the rest takes, until when, and what is next."""
    submissions = opened(db.session(), round_)
    names = names_of(round_, reader_of(round_))
    return render_template(
        "assessing/pile.html",
        round_=round_,
        pile=piles.pile(db.session(), round_, actor().user_id, submissions),
        submissions={one.id: one for one in submissions},
        names=names,
        by_letters=veiled.names() is not None,
        today=clock.now().date(),
    )


@blueprint.get("/rounds/<round_id>/judging/progress")
@permit(Permission.VERDICT_VIEW)
def progress(round_: Round) -> str:
    """How far each evaluator is, who is missing and when it was reminded: counts and time, no value."""
    may_share = may(db.session(), actor(), Permission.JUDGING_SHARE, round_, roles=guard.roles(round_))
    people = piles.progress(db.session(), round_)
    return render_template(
        "assessing/progress.html",
        round_=round_,
        people=people,
        reminded=reminding.last_of(db.session(), round_),
        may_remind=may_share and round_.state == "judging" and any(one.final < one.count for one in people),
    )


@blueprint.post("/rounds/<round_id>/judging/progress/remind")
@permit(Permission.JUDGING_SHARE)
def remind(round_: Round) -> Response:
    """Remind everybody who has something left to judge, each at most once a day."""
    back = url_for("assessing.progress", round_id=round_.public_id)
    try:
        sent = reminding.remind_missing(db.session(), round_, actor=actor(), now=clock.now())
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        flash(guard.refused(error), "error")
        return Response(status=303, headers={"Location": back})
    return guard.done(back, ngettext("%(num)s reminder leaves by mail.", "%(num)s reminders leave by mail.", sent))

"""An evaluator's own pile, and how far everybody is."""

from __future__ import annotations

from flask import render_template

from framework.disclosure.veil import opened
from framework.ground.permissions import Permission
from framework.judging import piles
from models import veiled
from models.base import db
from models.rounds import Round
from views import clock
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
    """How far each evaluator is, and who is missing: counts and time, no value."""
    return render_template("assessing/progress.html", round_=round_, people=piles.progress(db.session(), round_))

"""What the members say of the decision: each member's own answer, and all of them for the lead."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.award import decision as decisions
from framework.award import mandate as mandates
from framework.award import reasons
from framework.ground.errors import RuleBroken
from framework.ground.permissions import Permission
from models.base import db
from models.rounds import Round
from views import clock, guard
from views.award import blueprint, pages
from views.award.common import Wrong, act_or_told, again, is_stale, require_reader, tied, typed, wrong_of
from views.guard import actor, permit
from views.i18n import words

LONGEST_NUMBER = 6


@blueprint.get("/rounds/<round_id>/award/mandate")
@permit(Permission.AWARD_VIEW)
def mandate(round_: Round) -> str:
    """Every member's answer, and to the lead why it goes on where one is missing or says no."""
    require_reader(round_)
    return _mandate(round_, {})


@blueprint.post("/rounds/<round_id>/award/mandate")
@permit(Permission.AWARD_DECIDE)
def go_on(round_: Round) -> str | Response | tuple[str, int]:
    """Write down why the lead goes on."""
    public_id = round_.public_id
    try:
        mandates.go_on(db.session(), round_, typed("motive"), actor=actor(), now=clock.now())
        return guard.done(url_for("award.index", round_id=public_id), _("Kept. Members read it beside the answers."))
    except RuleBroken as error:
        if is_stale(error):
            raise
        wrong = wrong_of(error)
        return _mandate(again(public_id), wrong), error.status


@blueprint.post("/rounds/<round_id>/award/mandate/ask")
@permit(Permission.AWARD_DECIDE)
def ask_members(round_: Round) -> Response:
    """Mail whoever has not answered."""
    public_id = round_.public_id
    return act_or_told(
        lambda: mandates.ask(db.session(), round_, actor=actor(), now=clock.now()),
        lambda: url_for("award.mandate", round_id=public_id),
        _("Members that have not answered get a mail."),
    )


@blueprint.get("/rounds/<round_id>/award/answer")
@permit(Permission.AWARD_ANSWER)
def answer(round_: Round) -> str:
    """The decision, and the own organisation's answer to it."""
    return _answer(round_, {})


@blueprint.post("/rounds/<round_id>/award/answer")
@permit(Permission.AWARD_ANSWER)
def give_answer(round_: Round) -> str | Response | tuple[str, int]:
    """Answer for the own organisation."""
    public_id = round_.public_id
    number = request.form.get("number", "")
    try:
        mandates.record_mandate_decision(
            db.session(),
            round_,
            request.form.get("answer", ""),
            signed_by_name=typed("signed_by_name"),
            signed_by_title=typed("signed_by_title"),
            motive=typed("motive"),
            number=int(number) if number.isdecimal() and len(number) <= LONGEST_NUMBER else 0,
            read=typed("read"),
            actor=actor(),
            now=clock.now(),
        )
        return guard.done(url_for("award.index", round_id=public_id), _("Your organisation's answer is recorded."))
    except RuleBroken as error:
        if is_stale(error):
            raise
        wrong = wrong_of(error)
        return _answer(again(public_id), wrong), error.status


def _mandate(round_: Round, wrong: Wrong) -> str:
    decision, keeps_out = decisions.current(db.session(), round_), tied(round_)
    return render_template(
        "award/mandate.html",
        round_=round_,
        tied=keeps_out,
        decision=decision,
        count=mandates.count(db.session(), decision) if decision is not None else None,
        answers={key: words(label) for key, label in mandates.ANSWERS.items()},
        may_go_on=guard.holds(Permission.AWARD_DECIDE, round_)
        and decision is not None
        and decision.announced_at is None
        and not keeps_out,
        wrong=wrong,
        longest=mandates.LONGEST,
    )


def _answer(round_: Round, wrong: Wrong) -> str:
    decision = decisions.current(db.session(), round_)
    keeps_out, may_answer = tied(round_), mandates.may_answer(db.session(), round_, actor())
    known = mandates.own(db.session(), decision, actor()) if decision is not None else None
    fields = ("answer", "signed_by_name", "signed_by_title", "motive")
    kept = {one: getattr(known, one, "") or "" for one in fields}
    return render_template(
        "award/answer.html",
        round_=round_,
        decision=decision,
        tied=keeps_out,
        lots=pages.lots_of(decision, reasons.wanted(db.session(), decision))
        if decision is not None and may_answer and not keeps_out
        else [],
        read=decisions.read_digest(db.session(), decision) if decision is not None else "",
        known=known,
        may_answer=may_answer,
        answers={key: words(label) for key, label in mandates.ANSWERS.items()},
        typed={one: typed(one) for one in fields} if request.method == "POST" else kept,
        wrong=wrong,
        longest=mandates.LONGEST,
    )

"""By when evaluators are asked to be done, and the languages of the items of a tender."""

from __future__ import annotations

import datetime as dt

from flask import flash, render_template, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from framework.ground.errors import InvalidInput, NotFound, RuleBroken
from framework.ground.permissions import Permission, may
from framework.ground.text import N_
from framework.judging import judges, planning
from framework.signons import evaluators
from models.base import db
from models.disclosure import Submission
from models.rounds import Round
from views import clock, guard
from views.guard import actor, permit
from views.judging import blueprint


@blueprint.get("/rounds/<round_id>/judging/days")
@permit(Permission.JUDGING_VIEW)
def days(round_: Round) -> str:
    """Until when each evaluator is asked to be done."""
    return _days(round_)


@blueprint.post("/rounds/<round_id>/judging/days")
@permit(Permission.JUDGING_SHARE)
def set_days(round_: Round) -> str | Response | tuple[str, int]:
    """Set the days: one for all, or each apart."""
    public_id = round_.public_id
    try:
        people = {one.user.public_id: one.user.id for one in _people(round_)}
        everybody = request.form.get("all", "").strip()
        wanted, shown = dict[int, dt.date | None](), dict[int, dt.date | None]()
        for key in request.form:
            kind, _sign, person = key.partition("-")
            if kind == "due":
                if person not in people:
                    raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
                wanted[people[person]] = _day(everybody or request.form[key])
                shown[people[person]] = _day(request.form.get(f"had-{person}", ""))
        done = planning.set_days(db.session(), round_, wanted, shown, actor=actor(), now=clock.now())
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        told = guard.refused(error)
        return _days(db.session.query(Round).filter_by(public_id=public_id).one(), told), error.status
    message = ngettext("%(num)s day is set.", "%(num)s days are set.", done)
    return guard.done(url_for("judging.days", round_id=public_id), message)


@blueprint.post("/rounds/<round_id>/judging/tenders/<submission_id>/languages")
@permit(Permission.JUDGING_SHARE)
def set_languages(round_: Round, submission_id: str) -> Response:
    """Set the languages of the items of a tender, so that who reads them is preferred."""
    tender = guard.child(Submission, submission_id, round_)
    here = url_for("judging.tender_board", round_id=round_.public_id, submission_id=submission_id)
    everything = request.form.get("all", "").strip()
    wanted, shown = dict[str, list[str]](), dict[str, list[str]]()
    for key in request.form:
        kind, _sign, item = key.partition("-")
        if kind == "languages":
            wanted[item] = evaluators.codes_of(everything or request.form[key])
            shown[item] = evaluators.codes_of(request.form.get(f"spoken-{item}", ""))
    try:
        done = planning.set_languages(db.session(), tender, wanted, shown, actor=actor(), now=clock.now())
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        flash(guard.refused(error), "error")
        return Response(status=303, headers={"Location": here})
    return guard.done(here, ngettext("%(num)s item is changed.", "%(num)s items are changed.", done))


def _people(round_: Round) -> list[judges.Judge]:
    return [one for one in judges.panel(db.session(), round_) if "evaluator" in one.roles]


def _day(text: str) -> dt.date | None:
    """A day as browsers send it, None for nothing. Raises InvalidInput."""
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput(
            "day-unknown", N_("Give the day as year, month and day, such as 2027-03-31."), field="due"
        ) from None


def _days(round_: Round, error: str = "") -> str:
    return render_template(
        "judging/days.html",
        round_=round_,
        people=_people(round_),
        may_share=may(db.session(), actor(), Permission.JUDGING_SHARE, round_, roles=guard.roles(round_)),
        error=error,
        typed=request.form,
    )

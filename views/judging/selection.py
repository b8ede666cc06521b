"""The lead decides about bidders, one by one, before anything of their offer is judged: admitted, or excluded by two persons."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.disclosure.veil import opened
from framework.ground.errors import InvalidInput, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.text import storable
from framework.judging import selection as deciding
from framework.judging.selection import GROUND_LABELS, Exclusion
from models.base import db
from models.disclosure import Submission
from models.people import User
from models.rounds import Round
from views import clock, guard
from views.guard import actor, permit
from views.i18n import sentence, words
from views.judging import blueprint

FIELDS = ("ground", "motive", "evidence", "heard_on", "heard_words")


@blueprint.get("/rounds/<round_id>/judging/selection")
@permit(Permission.SELECTION_DECIDE)
def selection(round_: Round) -> str:
    """The bidders with what was decided, and the exclusions that wait for a second person."""
    return _page(round_)


@blueprint.get("/rounds/<round_id>/judging/selection/<submission_id>")
@permit(Permission.SELECTION_DECIDE)
def exclusion(round_: Round, submission_id: str) -> str:
    """The form in which an exclusion is proposed."""
    return _form(round_, guard.child(Submission, submission_id, round_))


@blueprint.post("/rounds/<round_id>/judging/selection/<submission_id>")
@permit(Permission.SELECTION_DECIDE)
def decide_selection(round_: Round, submission_id: str) -> str | Response | tuple[str, int]:
    """Admit, propose an exclusion, confirm or withdraw one."""
    tender = guard.child(Submission, submission_id, round_)
    act = request.form.get("act", "")
    try:
        said = _decide(tender, act)
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        public_id, told = round_.public_id, guard.refused(error)
        again = db.session.query(Round).filter_by(public_id=public_id).one()
        if act != "propose":
            return _page(again, told), error.status
        wrong = [error, *error.also] if isinstance(error, InvalidInput) else []
        return _form(again, guard.child(Submission, submission_id, again), told, wrong), error.status
    return guard.done(url_for("judging.selection", round_id=round_.public_id), said)


def _decide(tender: Submission, act: str) -> str:
    session, who, now = db.session(), actor(), clock.now()
    if act == "propose":
        given = Exclusion(*(storable(request.form.get(name, "")).strip() for name in FIELDS))
        deciding.propose_exclusion(session, tender, given, actor=who, now=now)
        return str(_("Proposed. A second person of the lead confirms it."))
    if act == "confirm":
        deciding.confirm_exclusion(session, tender, actor=who, now=now)
        return str(_("The bidder is excluded."))
    if act == "withdraw":
        deciding.withdraw_exclusion(session, tender, actor=who, now=now)
        return str(_("The proposal is withdrawn."))
    deciding.admit(session, tender, "", actor=who, now=now)
    return str(_("The bidder is admitted."))


def _page(round_: Round, error: str = "") -> str:
    sent = opened(db.session(), round_)
    decided = deciding.selections(db.session(), round_)
    waiting = deciding.waiting(db.session(), sent, now=clock.now())
    proposers = {one.proposed_by_id for one in waiting.values()}
    names = {one.id: one.name for one in db.session.query(User).filter(User.id.in_(proposers))}
    return render_template(
        "judging/selection.html",
        round_=round_,
        lines=[(one, decided.get(one.id), waiting.get(one.id)) for one in sent],
        names=names,
        me=actor().user_id,
        grounds={key: words(label) for key, label in GROUND_LABELS.items()},
        error=error,
    )


def _form(round_: Round, tender: Submission, error: str = "", wrong: list[InvalidInput] | None = None) -> str:
    return render_template(
        "judging/exclusion.html",
        round_=round_,
        tender=tender,
        grounds=[(key, words(label)) for key, label in GROUND_LABELS.items()],
        error=error,
        wrong={one.field: sentence(one) for one in wrong or []},
        typed=request.form,
    )

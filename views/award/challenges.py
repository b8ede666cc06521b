"""Challenges: record one, and what its outcome means for the round."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.award import challenges as acts
from framework.award import decision as decisions
from framework.award.challenges import Lodged, Outcome
from framework.ground import uploaded
from framework.ground.errors import InvalidInput, NotFound, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.award import Challenge
from models.base import db
from models.rounds import Round
from views import arriving, clock, guard
from views.award import blueprint
from views.award.common import Wrong, act_or_told, again, is_stale, tied, typed, wrong_of
from views.award.letters import day_of
from views.guard import actor, permit
from views.i18n import words
from views.signons.forms import ACCEPT


@blueprint.get("/rounds/<round_id>/award/challenges")
@permit(Permission.AWARD_DECIDE)
def challenges_page(round_: Round) -> str:
    """Every challenge of the decisions of the round, and the form for another one."""
    return _page(round_, {})


@blueprint.post("/rounds/<round_id>/award/challenges")
@permit(Permission.AWARD_DECIDE)
def record_challenge(round_: Round) -> str | Response | tuple[str, int]:
    """Record a challenge."""
    public_id = round_.public_id
    lodged = Lodged(typed("body"), day_of(request.form.get("lodged_on", "")), request.form.get("suspensive") == "yes")
    try:
        if request.form.get("suspensive") not in ("yes", "no"):
            raise InvalidInput("suspensive-missing", N_("Say whether it stops the signature."), field="suspensive")
        acts.record_challenge(db.session(), round_, lodged, actor=actor(), now=clock.now())
        return guard.done(url_for("award.challenges_page", round_id=public_id), _("The challenge is recorded."))
    except RuleBroken as error:
        if is_stale(error):
            raise
        wrong = wrong_of(error)
        return _page(again(public_id), wrong), error.status


@blueprint.get("/rounds/<round_id>/award/challenges/<challenge_id>")
@permit(Permission.AWARD_DECIDE)
def challenge(round_: Round, challenge_id: str) -> str:
    """One challenge, and the form for its outcome."""
    return _one(round_, acts.find(db.session(), round_, challenge_id))


@blueprint.post("/rounds/<round_id>/award/challenges/<challenge_id>")
@permit(Permission.AWARD_DECIDE)
def end_challenge(round_: Round, challenge_id: str) -> Response:
    """Record the outcome with its document: by itself, or proposed to a second person where the round moves with it."""
    public_id, found = round_.public_id, acts.find(db.session(), round_, challenge_id)
    challenge_id, outcome, day = found.public_id, request.form.get("outcome", ""), request.form.get("last_day", "")
    place = url_for(
        "award.challenge", round_id=public_id, challenge_id=challenge_id, outcome=outcome[:20], last_day=day[:10]
    )
    try:
        if outcome not in acts.OUTCOMES:
            raise InvalidInput("outcome-missing", N_("Choose the outcome."), field="outcome")
        last_day = _last_day(day)
    except RuleBroken as error:
        flash(guard.refused(error), "error")
        return redirect(place, code=303)
    sent = arriving.receive(place)
    if isinstance(sent, Response):
        return sent
    return act_or_told(
        lambda: _end(public_id, challenge_id, sent, outcome, last_day),
        lambda: url_for("award.challenge", round_id=public_id, challenge_id=challenge_id),
        _("The outcome is kept. Where the round moves with it, a second person confirms it on this page."),
        place=place,
    )


@blueprint.post("/rounds/<round_id>/award/challenges/<challenge_id>/confirm")
@permit(Permission.AWARD_DECIDE)
def confirm_outcome(round_: Round, challenge_id: str) -> Response:
    """Confirm what follows from the outcome."""
    public_id, found = round_.public_id, acts.find(db.session(), round_, challenge_id)
    act = _waiting_act(round_, found)
    return act_or_told(
        lambda: acts.confirm(db.session(), round_, act, actor=actor(), now=clock.now()),
        lambda: url_for("award.challenges_page", round_id=public_id),
        _("Done. Whoever it concerns is told."),
    )


@blueprint.post("/rounds/<round_id>/award/challenges/<challenge_id>/take-back")
@permit(Permission.AWARD_DECIDE)
def take_outcome_back(round_: Round, challenge_id: str) -> Response:
    """Take the own proposal back."""
    public_id, found = round_.public_id, acts.find(db.session(), round_, challenge_id)
    act = _waiting_act(round_, found)
    return act_or_told(
        lambda: acts.withdraw_proposal(db.session(), round_, act, actor=actor(), now=clock.now()),
        lambda: url_for("award.challenge", round_id=public_id, challenge_id=challenge_id),
        _("The proposal is taken back."),
    )


@blueprint.get("/rounds/<round_id>/award/challenges/<challenge_id>/document")
@permit(Permission.AWARD_DECIDE)
def outcome_document(round_: Round, challenge_id: str) -> Response:
    """The document of an outcome, recorded or proposed, byte for byte and always as an attachment; not found for whom a tie keeps from the award."""
    found = acts.find(db.session(), round_, challenge_id)
    if tied(round_):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    file = found.outcome_file
    waiting = acts.waiting(db.session(), round_, now=clock.now())
    if file is None and waiting is not None:
        of, ended = acts.proposed(db.session(), round_, waiting)
        file = ended.document if of.id == found.id else None
    if file is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    ending = file.name.rsplit(".", 1)[-1].lower()
    kind = "application/pdf" if ending == "pdf" else "application/octet-stream"
    path = current_app.extensions["files"].path_of(file)
    return send_file(
        path, mimetype=kind, as_attachment=True, download_name=f"outcome-{found.public_id}.{ending}", etag=False
    )


def _end(public_id: str, challenge_id: str, sent: arriving.Sent, outcome: str, last_day: dt.date | None) -> None:
    """Keep the document and record the outcome. Raises InvalidInput for a kind of file that is not taken, and as the acts."""
    round_ = again(public_id)
    if not sent.name.lower().endswith(tuple(ACCEPT.split(","))):
        raise InvalidInput(
            "file-kind", N_("Attach a PDF, a picture or a signed container: %(kinds)s."), field="file", kinds=ACCEPT
        )
    if sent.blob.size == 0:
        raise InvalidInput("file-empty", N_("The file is empty."), field="file")
    name = sent.name.replace("\\", "/").rsplit("/", 1)[-1]
    now = clock.now()
    document = uploaded.keep(db.session(), sent.blob, name, purpose=acts.PURPOSE, actor=actor(), now=now)
    found = acts.find(db.session(), round_, challenge_id)
    ended = Outcome(outcome, document, last_day)
    if acts.is_last(db.session(), round_, found):
        acts.propose(db.session(), found, ended, actor=actor(), now=now)
    else:
        acts.end_challenge(db.session(), found, ended, actor=actor(), now=now)


def _last_day(text: str) -> dt.date | None:
    if not text.strip():
        return None
    found = day_of(text)
    if found is None:
        raise InvalidInput(
            "last-day", N_("Give the last day of the standstill as a date, or leave it blank."), field="last_day"
        )
    return found


def _waiting_act(round_: Round, found: Challenge) -> str:
    """The act that waits about this challenge; one that nobody proposed where none does."""
    waiting = acts.waiting(db.session(), round_, now=clock.now())
    if waiting is not None and acts.proposed(db.session(), round_, waiting)[0].id == found.id:
        return waiting.act
    return "resume_standstill"


def _page(round_: Round, wrong: Wrong) -> str:
    decision = decisions.current(db.session(), round_)
    return render_template(
        "award/challenges.html",
        round_=round_,
        challenges=acts.challenges(db.session(), round_),
        outcomes={key: words(label) for key, label in acts.OUTCOMES.items()},
        is_open=round_.state in acts.RUNNING and decision is not None and decision.announced_at is not None,
        tied=tied(round_),
        typed=request.form,
        wrong=wrong,
    )


def _one(round_: Round, found: Challenge) -> str:
    session = db.session()
    waiting = acts.waiting(session, round_, now=clock.now())
    of, ended = acts.proposed(session, round_, waiting) if waiting is not None else (None, None)
    is_here = of is not None and of.id == found.id
    outcomes: dict[str, Any] = {key: words(label) for key, label in acts.OUTCOMES.items()}
    is_last = acts.is_last(session, round_, found)
    return render_template(
        "award/challenge.html",
        round_=round_,
        challenge=found,
        is_last=is_last,
        outcomes=outcomes if is_last else {key: outcomes[key] for key in ("dismissed", "withdrawn")},
        waiting=waiting if is_here else None,
        ended=ended if is_here else None,
        own=waiting is not None and waiting.proposed_by_id == actor().user_id,
        is_open=round_.state in acts.RUNNING and found.ended_at is None and found.decision.withdrawn_at is None,
        tied=tied(round_),
        typed=request.args,
        accept=ACCEPT,
    )

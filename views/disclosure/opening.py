"""The opening of the tenders, and its record."""

from __future__ import annotations

import datetime as dt
from functools import partial

from flask import render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from framework.disclosure import counting, opening, receiving
from framework.ground import separation, trail
from framework.ground.errors import NotFound, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.people import limits
from models.base import db
from models.disclosure import Opening, Submission
from models.people import Appointment
from models.rounds import Round
from views import clock, guard
from views.disclosure import blueprint, opener_keys, opening_document
from views.disclosure.work import files
from views.guard import actor, permit


@blueprint.get("/rounds/<round_id>/opening")
@permit(Permission.OPENING_VIEW)
def opening_page(round_: Round) -> str:
    """Who may open, when, what stands in the way, the confirmations so far; afterwards the record."""
    return _page(round_)


def _page(round_: Round, problem: str = "") -> str:
    now, session = clock.now(), db.session()
    sealed = round_.state in ("published", "receipt_closed")
    running = opening.live_opening(session, round_, now=now)
    lost = opening.shares_lost(session, running, now=now)
    return render_template(
        "disclosure/opening.html",
        round_=round_,
        openers=_openers(round_),
        needed=opening.persons_needed(round_),
        running=running,
        lost=[given.user.name for given in lost],
        done=opening.record_of(session, round_),
        obstacles=opening.obstacles(session, round_, now=now) if sealed else [],
        is_past=receiving.is_past(round_, now),
        is_opener="opener" in guard.roles(round_),
        confirmed=_has_confirmed(running) and actor().user_id not in {given.user_id for given in lost},
        denied=trail.denied(session, round_),
        received=_received(round_),
        problem=problem,
        needs_code=separation.is_factor_stale(session, round_, actor=actor(), now=now),
        code_field=guard.FRESH_CODE,
    )


@blueprint.post("/rounds/<round_id>/opening")
@permit(Permission.TENDERS_OPEN)
def confirm_opening(round_: Round) -> Response | tuple[str, int, dict[str, str]]:
    """One opener's confirmation; the last one needed opens. Where openers hold shares it comes with a passphrase."""
    private, rows = None, []
    if round_.seal_public_key:
        separation.require_fresh_factor(db.session(), round_, actor=actor(), now=clock.now())
        try:
            private, rows = opener_keys.unlocked(round_)
        except RuleBroken as error:
            return _page(round_, guard.refused(error)), error.status, opener_keys.waiting(error)
        first = guard.resume()
        if first is not None:
            return first
    return _confirmed(round_, private, rows)


def _confirmed(round_: Round, private: bytes | None, rows: list[int]) -> Response:
    session, round_id = db.session(), round_.public_id
    if rows:
        limits.give_back(session, rows)
    counting.close_if_due(session, round_, clock=clock.now, files=files())
    counting.wait_for_nothing(session, round_, clock=clock.now, files=files())
    end_readings = partial(counting.wait_for_nothing, session, round_, clock=clock.now, files=files(), is_opening=True)
    found = opening.confirm(session, round_, actor=actor(), clock=clock.now, private=private, end_readings=end_readings)
    here = url_for("disclosure.opening_page", round_id=round_id)
    if found.opened_at is not None:
        said = _("The tenders are open. Their contents are being prepared for the comparison.")
        answer = guard.done(here, said)
        opening.forget_shares(round_id, now=clock.now())
        return answer
    if opening.shares_lost(session, found, now=clock.now()):
        said = _(
            "Your confirmation is given. A share was lost by a restart: who gave it confirms again within the window."
        )
        return guard.done(here, said)
    return guard.done(here, _("Your confirmation is given. Another opener must confirm within the window."))


@blueprint.get("/rounds/<round_id>/opening/record")
@permit(Permission.OPENING_VIEW)
def opening_record(round_: Round) -> str:
    """The opening record, for paper."""
    found = opening.record_of(db.session(), round_)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return render_template(
        "disclosure/record.html",
        round_=round_,
        record=found.record,
        at=dt.datetime.fromisoformat,
        digest=opening.record_hash(found),
    )


@blueprint.get("/rounds/<round_id>/opening/record-<language>.pdf")
@permit(Permission.OPENING_VIEW)
def opening_record_pdf(round_: Round, language: str) -> Response:
    """The opening record as a PDF."""
    found = opening.record_of(db.session(), round_)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return opening_document.pdf(round_, found, language)


def _openers(round_: Round) -> list[Appointment]:
    query = (
        select(Appointment)
        .options(joinedload(Appointment.user), joinedload(Appointment.organisation))
        .where(Appointment.round_id == round_.id, Appointment.role == "opener", Appointment.withdrawn_at.is_(None))
    )
    return list(db.session.scalars(query))


def _has_confirmed(running: Opening | None) -> bool:
    return running is not None and actor().user_id in {c.user_id for c in running.confirmations}


def _received(round_: Round) -> int | None:
    """Number received, where the frozen rules show it to the lead before the opening; always afterwards."""
    if round_.state in ("published", "receipt_closed") and not round_.settings.get("show_received_count"):
        return None
    query = select(func.count(func.distinct(Submission.supplier_id))).where(Submission.round_id == round_.id)
    return db.session.scalar(query) or 0

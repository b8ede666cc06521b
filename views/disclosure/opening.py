"""The opening of the tenders, and its record."""

from __future__ import annotations

import datetime as dt

from flask import render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from framework.disclosure import counting, opening, receiving
from framework.ground import separation, trail
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.disclosure import Submission
from models.people import Appointment
from models.rounds import Round
from views import clock, guard
from views.disclosure import blueprint, opening_document
from views.disclosure.work import files
from views.guard import actor, permit


@blueprint.get("/rounds/<round_id>/opening")
@permit(Permission.OPENING_VIEW)
def opening_page(round_: Round) -> str:
    """Who may open, when, what stands in the way, the confirmations so far; afterwards the record."""
    now = clock.now()
    sealed = round_.state in ("published", "receipt_closed")
    return render_template(
        "disclosure/opening.html",
        round_=round_,
        openers=_openers(round_),
        needed=opening.persons_needed(round_),
        running=opening.live_opening(db.session(), round_, now=now),
        done=opening.record_of(db.session(), round_),
        obstacles=opening.obstacles(db.session(), round_, now=now) if sealed else [],
        is_past=receiving.is_past(round_, now),
        is_opener="opener" in guard.roles(round_),
        confirmed=_has_confirmed(round_),
        code=guard.FRESH_CODE if separation.is_stale(db.session(), round_, actor=actor(), now=now) else "",
        denied=trail.denied(db.session(), round_),
        received=_received(round_),
    )


@blueprint.post("/rounds/<round_id>/opening")
@permit(Permission.TENDERS_OPEN)
def confirm_opening(round_: Round) -> Response:
    """One opener's confirmation; the last one needed opens."""
    session = db.session()
    counting.close_if_due(session, round_, clock=clock.now, files=files())
    found = opening.confirm(session, round_, actor=actor(), clock=clock.now)
    here = url_for("disclosure.opening_page", round_id=round_.public_id)
    if found.opened_at is not None:
        return guard.done(here, _("The tenders are open. Their contents are being prepared for the comparison."))
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


def _has_confirmed(round_: Round) -> bool:
    running = opening.live_opening(db.session(), round_, now=clock.now())
    return running is not None and actor().user_id in {c.user_id for c in running.confirmations}


def _received(round_: Round) -> int | None:
    """Number received, where the frozen rules show it to the lead before the opening; always afterwards."""
    if round_.state in ("published", "receipt_closed") and not round_.settings.get("show_received_count"):
        return None
    query = select(func.count(func.distinct(Submission.supplier_id))).where(Submission.round_id == round_.id)
    return db.session.scalar(query) or 0

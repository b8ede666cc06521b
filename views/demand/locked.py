"""A grid of demand that came after the phase: what was typed is kept in words, with the way back to the round."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import g, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select

from framework.demand import grid
from framework.demand.lines import Scope
from framework.ground.errors import RuleBroken, WrongPhase
from framework.ground.terms import CERTAINTIES
from models.base import db
from models.records import AuditEvent
from models.rounds import Lot, Round
from views import guard, typed
from views.demand import blueprint, shared
from views.i18n import instant

_QUANTITIES = ("firm", "expected", "max", "value")


@blueprint.errorhandler(WrongPhase)
def wrong_phase(error: WrongPhase) -> tuple[str, int]:
    """The refusal, written down; for a grid or its note, when demand was locked and what was typed in its own form."""
    round_id = g.attempt_round.id
    message = guard.refused(error)
    round_ = db.session.get_one(Round, round_id)
    rows, note = _rows(round_), request.form.get("note", "").strip()
    if not rows and not note:
        return typed.refusal(error.status, message)
    locked_at = _locked_at(round_)
    if locked_at is not None and round_.state != "demand":
        when = instant(locked_at, round_.zone)
        message = _("Demand was locked on %(when)s while you were writing. Your text is kept here.", when=when)
    is_lead = "lead" in guard.roles(round_)
    page = render_template("demand/locked.html", round_=round_, message=message, rows=rows, note=note, is_lead=is_lead)
    return page, error.status


def _locked_at(round_: Round) -> dt.datetime | None:
    query = select(AuditEvent.at).where(AuditEvent.round_id == round_.id, AuditEvent.kind == "round.lock_demand")
    return db.session.scalar(query.order_by(AuditEvent.seq.desc()).limit(1))


def _rows(round_: Round) -> list[dict[str, Any]]:
    """The rows of a grid that was sent, year by year, as typed; none where something else was sent."""
    lot_id = (request.view_args or {}).get("lot_id")
    lot = db.session.scalar(select(Lot).where(Lot.round_id == round_.id, Lot.public_id == lot_id)) if lot_id else None
    if lot is None:
        return []
    try:
        found = grid.rows_of_form(request.form, Scope.of(lot))
    except RuleBroken:
        return []
    return [_row(row, year, cells) for row in found if not row.is_blank for year, cells in sorted(row.years.items())]


def _row(row: grid.GridRow, year: int, cells: dict[str, str]) -> dict[str, Any]:
    certainty = cells.get("certainty", "")
    return {
        "place": shared.place(row.cells["category"], row.cells["tier"], row.cells["country"]),
        "year": year,
        "quantities": [cells.get(name, "") for name in _QUANTITIES],
        "certainty": shared.certainty_label(certainty) if certainty in CERTAINTIES else "",
        "baseline": row.cells["baseline"],
        "reason": row.cells["reason"],
    }

"""How far the pool is complete, the figures of the notice with their reasoning, and how the pool came to be what it is."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.demand import coverage, history, notice
from framework.demand.coverage import SOURCES, WHY, Coverage, Last
from framework.demand.history import History
from framework.ground.permissions import Permission
from models.base import db
from models.rounds import Lot, Round
from views import clock
from views.demand import blueprint, shared
from views.demand.pages import may_see, require_members
from views.demand.tables import Column, Row, Table, book, quantities
from views.downloads import send_workbook
from views.guard import permit
from views.i18n import instant, words

NAMED = 50
"""Members that the page of coverage names for each lot; the workbook names all."""
DAYS = 40


@blueprint.get("/rounds/<round_id>/pool/coverage")
@permit(Permission.POOL_VIEW)
def pool_coverage(round_: Round) -> str:
    """Lot by lot who has answered; apart from it what is expected of the others, for those who may see members."""
    found = coverage.of(db.session(), round_)
    shown = may_see(round_)
    return render_template(
        "demand/coverage.html",
        round_=round_,
        lots=[(one, _estimates(one), _members(one, NAMED), len(one.rest) - NAMED) for one in found],
        members_shown=shown,
        xlsx=url_for("demand.pool_coverage_xlsx", round_id=round_.public_id) if shown else "",
    )


@blueprint.get("/rounds/<round_id>/pool/coverage.xlsx")
@permit(Permission.POOL_VIEW)
def pool_coverage_xlsx(round_: Round) -> Response:
    """The same as a workbook, with every member that is not in the pool."""
    require_members(round_)
    found = coverage.of(db.session(), round_)
    tables = [table for one in found for table in (_estimates(one), _members(one, None))]
    return send_workbook(book(_("Coverage of the pool"), tables, now=clock.now()), "pool-coverage.xlsx")


@blueprint.get("/rounds/<round_id>/pool/notice")
@permit(Permission.DEMAND_BOARD)
def pool_notice(round_: Round) -> str:
    """What the pool proposes for the notice, what is set, and why."""
    found = notice.of(db.session(), round_)
    return render_template("demand/notice.html", round_=round_, lots=found, say=_say)


@blueprint.get("/rounds/<round_id>/pool/history")
@permit(Permission.POOL_VIEW)
def pool_history(round_: Round) -> str:
    """The pool at the end of each day on which it changed, the newest first, and as it was kept."""
    require_members(round_)
    found = _histories(round_)
    return render_template(
        "demand/history.html",
        round_=round_,
        lots=[(lot, _days(lot, one, DAYS), _kept(lot, one, round_), len(one.points) - DAYS) for lot, one in found],
        currency=round_.currency,
        xlsx=url_for("demand.pool_history_xlsx", round_id=round_.public_id),
    )


@blueprint.get("/rounds/<round_id>/pool/history.xlsx")
@permit(Permission.POOL_VIEW)
def pool_history_xlsx(round_: Round) -> Response:
    """Every day of it as a workbook."""
    require_members(round_)
    tables = [t for lot, one in _histories(round_) for t in (_days(lot, one, None), _kept(lot, one, round_))]
    return send_workbook(book(_("History of the pool"), tables, now=clock.now()), "pool-history.xlsx")


def _say(sentence: str, params: dict[str, Any]) -> str:
    return words(sentence, **params)


def _histories(round_: Round) -> list[tuple[Lot, History]]:
    return list(zip(round_.lots, history.of(db.session(), round_), strict=True))


def _estimates(found: Coverage) -> Table:
    """The rest by reason; the sums are an estimate and stand apart from the pool."""
    columns = [
        Column("why", _("Not in the pool because")),
        Column("members", _("Members"), "number"),
        Column("known", _("with last figures"), "number"),
        Column("firm", _("Firm"), "number", hint=_("estimate")),
        Column("expected", _("Expected"), "number", hint=_("estimate")),
        Column("maximum", _("Maximum"), "number", hint=_("estimate")),
        Column("unknown", _("without any figures: unknown"), "number"),
    ]
    rows = [_group(group, words(WHY[group.why])) for group in found.groups()]
    foot = _group(found.together(), _("Together")) if len(rows) > 1 else None
    caption = _("%(lot)s: estimate of the rest (%(unit)s)", lot=found.lot.name, unit=shared.unit_word(found.lot.unit))
    return Table(caption, columns, rows, foot, name=_("%(lot)s estimate", lot=found.lot.code))


def _group(group: coverage.Group, why: str) -> Row:
    row = {"why": why, "members": group.known + group.unknown, "known": group.known, "unknown": group.unknown}
    figures = quantities(group.amount) if group.known else {}
    reasons = {f"{key}_reason": _("no earlier figures") for key in ("firm", "expected", "maximum")}
    return {**figures, **reasons, **row}


def _members(found: Coverage, most: int | None) -> Table:
    columns = [
        Column("name", _("Member")),
        Column("why", _("Not in the pool because")),
        Column("source", _("Last figures")),
        Column("firm", _("Firm"), "number", hint=_("estimate")),
        Column("expected", _("Expected"), "number", hint=_("estimate")),
        Column("maximum", _("Maximum"), "number", hint=_("estimate")),
    ]
    rest = sorted(found.rest, key=lambda one: (-(one.amount.expected if one.amount else -1), one.name))
    caption = _("%(lot)s: members that are not in the pool", lot=found.lot.name)
    rows = [_member(last) for last in rest[:most]]
    return Table(caption, columns, rows, name=_("%(lot)s members", lot=found.lot.code))


def _member(last: Last) -> Row:
    figures = quantities(last.amount) if last.amount is not None else {}
    reasons = {f"{key}_reason": _("no earlier figures") for key in ("firm", "expected", "maximum")}
    return {**figures, **reasons, "name": last.name, "why": words(WHY[last.why]), "source": words(SOURCES[last.source])}


def _days(lot: Lot, found: History, most: int | None) -> Table:
    columns = [
        Column("day", _("Day"), "date"),
        Column("members", _("Members"), "number"),
        Column("firm", _("Firm"), "number"),
        Column("expected", _("Expected"), "number"),
        Column("change", _("Change of expected"), "number"),
        Column("maximum", _("Maximum"), "number"),
        Column("not_known", _("Lines not known yet"), "number"),
    ]
    rows: list[dict[str, Any]] = [
        {**quantities(one.amount), "day": one.day, "members": one.members, "change": one.change}
        for one in reversed(found.points)
    ]
    caption = _("%(lot)s at the end of each day (%(unit)s)", lot=lot.name, unit=shared.unit_word(lot.unit))
    return Table(caption, columns, rows[:most], name=_("%(lot)s days", lot=lot.code))


def _kept(lot: Lot, found: History, round_: Round) -> Table:
    columns = [
        Column("at", _("Kept at")),
        Column("declared", _("Members with a quantity"), "number"),
        Column("firm", _("Firm"), "number"),
        Column("expected", _("Expected"), "number"),
        Column("maximum", _("Maximum"), "number"),
    ]
    rows = [
        {
            "at": str(instant(one.at, round_.zone)),
            "declared": one.declared,
            "firm": one.firm,
            "expected": one.expected,
            "maximum": one.maximum,
        }
        for one in reversed(found.kept)
    ]
    caption = _("%(lot)s as it was kept at each lock (%(unit)s)", lot=lot.name, unit=shared.unit_word(lot.unit))
    return Table(caption, columns, rows, name=_("%(lot)s locks", lot=lot.code))

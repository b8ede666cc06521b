"""Where demand stands: the lead's board of members and lots, and a member's own lots."""

from __future__ import annotations

from flask import flash, render_template, request, url_for
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response

from framework.demand import approve, board_sheet, declare, leverage, pool
from framework.demand import board as boards
from framework.demand.pooled import Pool
from framework.demand.proposing import acts
from framework.ground.errors import RuleBroken
from framework.ground.paging import page_of
from framework.ground.permissions import Permission
from models.base import db
from models.demand import Demand
from models.people import Organisation
from models.rounds import Round
from views import clock, guard
from views.demand import blueprint, live
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import words

PAGE = 50


@blueprint.get("/rounds/<round_id>/demand")
@permit(Permission.DEMAND_VIEW)
def index(round_: Round) -> str | Response:
    """The lead sees the board; a member its own lots, with one lot at once its grid."""
    if "lead" in guard.roles(round_) and request.args.get("view") != "own":
        return _board(round_)
    return _own(round_)


@blueprint.get("/rounds/<round_id>/demand.xlsx")
@permit(Permission.DEMAND_BOARD)
def board_workbook(round_: Round) -> Response:
    """The lead's board as a workbook, as far as the search goes."""
    rows = boards.board(db.session(), round_, search=request.args.get("q", "").strip(), limit=None)
    content = board_sheet.write(round_, rows, now=clock.now(), words=words)
    return send_workbook(content, f"demand-{round_.public_id}.xlsx")


@blueprint.post("/rounds/<round_id>/demand/remind")
@permit(Permission.DEMAND_ACCEPT)
def remind(round_: Round) -> Response:
    """Remind the members that have not answered, or one of them."""
    member = request.form.get("member", "")
    back = url_for("demand.index", round_id=round_.public_id)
    try:
        found = db.session.scalar(select(Organisation.id).where(Organisation.public_id == member)) if member else None
        sent = boards.remind(
            db.session(), round_, actor=actor(), now=clock.now(), member_id=found if not member else found or -1
        )
        return guard.done(back, ngettext("%(num)s reminder leaves by mail.", "%(num)s reminders leave by mail.", sent))
    except RuleBroken as error:
        flash(guard.refused(error), "error")
        return Response(status=303, headers={"Location": back})


def _board(round_: Round) -> str:
    search = request.args.get("q", "").strip()
    total = boards.count_members(db.session(), round_, search=search)
    page = page_of(request.args.get("page"), total, PAGE)
    figures = pool.figures(db.session(), round_)
    rows = boards.board(db.session(), round_, search=search, offset=page.offset, limit=page.size)
    return render_template(
        "demand/board.html",
        round_=round_,
        lots=round_.lots,
        pools={lot.lot_id: lot for lot in figures.lots},
        figures=figures,
        rows=rows,
        live=live.figures(round_),
        missing=len(boards.missing_members(db.session(), round_)),
        longest=_longest(figures, rows),
        search=search,
        page=page,
        is_open=round_.state == "demand" and not declare.is_past_deadline(round_, now=clock.now()),
        is_member="member" in guard.roles(round_),
    )


def _own(round_: Round) -> str | Response:
    own = actor().organisation_id
    found = db.session.scalars(
        select(Demand)
        .where(Demand.round_id == round_.id, Demand.member_id == own)
        .order_by(Demand.version_no)
        .options(selectinload(Demand.lines))
    )
    versions = list(found)
    newest = {demand.lot_id: demand for demand in versions}
    current = {demand.lot_id: demand for demand in versions if demand.state in declare.CURRENT}
    is_open = round_.state == "demand" and not declare.is_past_deadline(round_, now=clock.now())
    if is_open and len(round_.lots) == 1:
        place = url_for("demand.lot_grid", round_id=round_.public_id, lot_id=round_.lots[0].public_id)
        return Response(status=303, headers={"Location": place})
    figures = pool.figures(db.session(), round_)
    return render_template(
        "demand/own.html",
        round_=round_,
        newest=newest,
        current=current,
        proposed=approve.waiting_for_second(db.session(), round_, own, now=clock.now()),
        drafted={demand.lot_id: _expected(demand) for demand in newest.values() if demand.state in declare.WAITING},
        is_open=is_open,
        pools={lot.lot_id: lot for lot in figures.lots},
        own=own,
        offered=acts.waiting_lots(db.session(), round_, own) if is_open else set(),
        members_shown=leverage.may_see_members(db.session(), actor(), round_),
    )


def _expected(demand: Demand) -> int | None:
    """What a version expects in all; None where nothing of it is known."""
    known = [line.qty_expected for line in demand.lines if line.qty_expected is not None]
    return sum(known) if known else None


def _longest(figures: Pool, rows: list[boards.BoardRow]) -> dict[int, int]:
    """The largest quantity of each lot, which the bars of the board are drawn against."""
    found = {lot.lot_id: max((a.expected for a in lot.by_member.values()), default=0) for lot in figures.lots}
    for row in rows:
        for lot_id, squares in row.squares.items():
            found[lot_id] = max(found.get(lot_id, 0), *(square.expected or 0 for square in squares))
    return found

"""Who moved since the last version: the lead's page, and the same as a workbook."""

from __future__ import annotations

from flask import render_template, request
from werkzeug.wrappers import Response

from framework.demand import moves, moves_sheet
from framework.ground.paging import page_of
from framework.ground.permissions import Permission
from models.base import db
from models.rounds import Round
from views import clock
from views.demand import blueprint, shared
from views.downloads import send_workbook
from views.guard import permit
from views.i18n import words

PAGE = 100


@blueprint.get("/rounds/<round_id>/demand/moved")
@permit(Permission.DEMAND_BOARD)
def moved(round_: Round) -> str:
    """Members whose accepted demand changed from one version to the next, the largest change first."""
    chosen = next((lot for lot in round_.lots if lot.public_id == request.args.get("lot")), None)
    found = moves.moves(db.session(), round_, lot_id=chosen.id if chosen is not None else None)
    page = page_of(request.args.get("page"), len(found), PAGE)
    return render_template(
        "demand/moved.html",
        round_=round_,
        lots={lot.id: lot for lot in round_.lots},
        chosen=chosen,
        moves=found[page.offset : page.offset + page.size],
        members=len({one.member for one in found}),
        page=page,
        is_unknown=moves.is_unknown,
        category_label=shared.category_label,
    )


@blueprint.get("/rounds/<round_id>/demand/moved.xlsx")
@permit(Permission.DEMAND_BOARD)
def moved_workbook(round_: Round) -> Response:
    """The same as a workbook, all of it."""
    found = moves.moves(db.session(), round_)
    content = moves_sheet.write(round_, found, now=clock.now(), words=words)
    return send_workbook(content, f"demand-moved-{round_.public_id}.xlsx")

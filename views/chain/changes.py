"""The page of what a supplier says otherwise than in its last version."""

from __future__ import annotations

from flask import render_template, request

from framework.chain import changes, comparison
from framework.disclosure import difference_sheet
from framework.disclosure.differences import KINDS
from framework.disclosure.help_texts import SHEET_TITLES
from framework.ground.errors import NotFound
from framework.ground.paging import page_of
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.rounds import Lot, Round
from views import guard
from views.chain import blueprint
from views.chain.sight import reader_of
from views.guard import actor, permit

FIRST, PAGE = 10, 100


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/changes/<submission_id>")
@permit(Permission.COMPARISON_VIEW)
def since_last(round_: Round, lot_id: str, submission_id: str) -> str:
    """What differs between a supplier's opened file and the one it sent in an earlier round, by sheet and kind."""
    lot, reader, session = guard.child(Lot, lot_id, round_), reader_of(round_), db.session()
    lines = changes.with_earlier(session, round_, comparison.lines(session, lot, reader), reader, actor())
    one = next((one for one in lines if one.submission.public_id == submission_id), None)
    if one is None or one.earlier is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    found = changes.since(session, one.earlier, one.submission, reader, actor())
    asked = request.args.get("sheet", ""), request.args.get("kind", "")
    groups = found.found.groups() if found.found is not None else []
    is_one = "" not in asked
    groups = [group for group in groups if not is_one or (group.sheet, group.kind) == asked]
    page = page_of(request.args.get("page"), sum(len(group.rows) for group in groups), PAGE) if is_one else None
    first, last = (page.offset, page.offset + PAGE) if page is not None else (0, FIRST)
    return render_template(
        "chain/changes.html",
        round_=round_,
        lot=lot,
        line=one,
        supplier=one.supplier,
        found=found,
        groups=[(group, group.rows[first:last]) for group in groups],
        page=page,
        kinds=KINDS,
        titles=SHEET_TITLES,
        named=difference_sheet.named,
        cells=difference_sheet.cells,
        subject=difference_sheet.subject,
    )

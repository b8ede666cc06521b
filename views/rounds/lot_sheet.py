"""Lots added from a sheet: what to send, the preview of every row at its own address, one confirmation."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from framework.ground import uploaded
from framework.ground.blocks import Table, split_block
from framework.ground.errors import FileRefused, InvalidInput, RuleBroken
from framework.ground.files import NotScannedYet
from framework.ground.issue_catalogue import describe, refusal_issue
from framework.ground.permissions import Permission
from framework.ground.quantity_words import norm
from framework.ground.sheets.cells import Refusal
from framework.ground.sheets.reader import read_book
from framework.ground.terms import CATEGORIES, UNITS
from framework.rounds import editing, lot_sheet
from framework.rounds.lot_sheet import LABELS, LotFault, LotRow
from framework.signons.sheet import uploads
from models.base import db
from models.records import StoredFile
from models.rounds import Round
from views import arriving, clock, guard
from views.guard import actor, permit
from views.i18n import sentence, words
from views.rounds import blueprint


@blueprint.get("/rounds/<round_id>/set-up/lots/sheet")
@permit(Permission.ROUND_EDIT)
def lots_sheet(round_: Round) -> str:
    """Where a lead sends a sheet of lots or pastes rows of one."""
    return render_template(
        "rounds/lots_sheet.html",
        round_=round_,
        labels=LABELS,
        categories=CATEGORIES,
        lots_open=round_.state in editing.LOTS_OPEN,
    )


@blueprint.post("/rounds/<round_id>/set-up/lots/sheet")
@permit(Permission.ROUND_EDIT)
def send_lots(round_: Round) -> Response:
    """Keep what was sent or pasted and go to its preview; nobody waits for the database while it arrives and is scanned."""
    public_id = round_.public_id
    sent = arriving.receive(_to("lots_sheet", round_), takes_rows=True)
    if isinstance(sent, Response):
        return sent
    purpose = uploads.BLOCK if sent.is_block else uploads.FILE
    stored = uploaded.keep(db.session(), sent.blob, sent.name, purpose=purpose, actor=actor(), now=clock.now())
    return guard.done(url_for("rounds.lots_preview", round_id=public_id, file_id=stored.public_id))


@blueprint.get("/rounds/<round_id>/set-up/lots/sheet/<file_id>")
@permit(Permission.ROUND_EDIT)
def lots_preview(round_: Round, file_id: str) -> str | Response:
    """Every row with the lot it would become."""
    stored = _own(file_id)
    try:
        rows = _rows(round_, _table(stored))
    except NotScannedYet:
        raise
    except (FileRefused, InvalidInput) as error:
        return _told(_to("lots_sheet", round_), sentence(error))
    return render_template(
        "rounds/lots_preview.html",
        round_=round_,
        stored=stored,
        rows=[_shown(row) for row in rows],
        seal=lot_sheet.seal(rows),
        counts={status: sum(row.status == status for row in rows) for status in ("new", "there", "error")},
        categories=CATEGORIES,
        units=UNITS,
        lots_open=round_.state in editing.LOTS_OPEN,
    )


@blueprint.post("/rounds/<round_id>/set-up/lots/sheet/<file_id>")
@permit(Permission.ROUND_EDIT)
def take_lots(round_: Round, file_id: str) -> Response:
    """Add the lots that the preview showed, as one unit; the sheet is read without the write lock."""
    stored, key = _own(file_id), round_.id
    place = url_for("rounds.lots_preview", round_id=round_.public_id, file_id=file_id)
    sha256 = stored.sha256
    try:
        path, is_block = current_app.extensions["files"].path_of(stored), stored.purpose == uploads.BLOCK
        guard.release()
        table = _table_at(path, is_block=is_block)
        replay = guard.resume()
        if replay is not None:
            return replay
        round_ = db.session.get_one(Round, key)
        editing.hold(db.session(), round_)
        rows = _rows(round_, table)
        if request.form.get("seal") != lot_sheet.seal(rows):
            message = _(
                "Something else is read now than the page showed, or somebody saved meanwhile. Look at it again."
            )
            return guard.done(place, message, "error")
        added = lot_sheet.take(db.session(), round_, rows, sha256=sha256, actor=actor(), now=clock.now())
        return guard.done(_to("lots", round_), ngettext("%(num)s lot added.", "%(num)s lots added.", added))
    except NotScannedYet:
        raise
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        return _told(place, guard.refused(error))


def _own(file_id: str) -> StoredFile:
    return uploaded.own(db.session(), file_id, uploads.FILE, uploads.BLOCK, actor=actor())


def _table(stored: StoredFile) -> Table:
    path = current_app.extensions["files"].path_of(stored)
    return _table_at(path, is_block=stored.purpose == uploads.BLOCK)


def _table_at(path: Any, *, is_block: bool) -> Table:
    """The table of lots in a kept block or file; raises FileRefused, InvalidInput."""
    if is_block:
        return split_block(path.read_text("utf-8"))
    book = read_book(path)
    if isinstance(book, Refusal):
        message, _advice, params = describe(refusal_issue(book.key, book.detail, book.params))
        facts: dict[str, Any] = dict(params)
        raise FileRefused(book.key, message, **facts)
    return lot_sheet.best_table(book) or Table([])


def _rows(round_: Round, table: Table) -> list[LotRow]:
    labels = {f"column {norm(words(label))}": key for key, label in LABELS.items()}
    known = [*((key, one.label) for key, one in CATEGORIES.items()), *((key, one.label) for key, one in UNITS.items())]
    return lot_sheet.read(table, round_, labels | {norm(words(label)): key for key, label in known})


def _shown(row: LotRow) -> dict[str, Any]:
    return {"row": row, "faults": [_said(fault) for fault in row.faults]}


def _said(fault: LotFault) -> str:
    said = words(fault.message, **fault.params)
    return f"{words(fault.at)}: {said}" if fault.at else said


def _told(place: str, message: str) -> Response:
    flash(message, "error")
    return redirect(place, code=303)  # type: ignore[return-value]


def _to(page: str, round_: Round) -> str:
    return url_for(f"rounds.{page}", round_id=round_.public_id)

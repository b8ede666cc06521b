"""Opened submissions for those who may read them: the list, a sheet's rows, one row with its place in the file."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as WerkzeugResponse

from framework.disclosure import confidentiality, groups, shared_columns
from framework.disclosure.checked import REASONS
from framework.disclosure.confidentiality import Levels, Reader
from framework.disclosure.declared import is_of_others
from framework.disclosure.veil import hides_names, opened, sheet_number, veil_for
from framework.ground.errors import NotFound
from framework.ground.issue_catalogue import describe
from framework.ground.paging import page_of
from framework.ground.permissions import Permission, may
from framework.ground.text import N_
from models.base import db
from models.disclosure import Submission, SubmissionIssue, SubmissionRow
from models.rounds import Round
from views import clock, guard
from views.disclosure import blueprint
from views.disclosure.bidders import bidder, lettered, sheet_words
from views.disclosure.upload import send_original
from views.disclosure.work import files
from views.guard import actor, permit
from views.i18n import current_language, words

PAGE = 100


@blueprint.get("/rounds/<round_id>/submissions")
@permit(Permission.SUBMISSION_VIEW_OPENED)
def submissions(round_: Round) -> str:
    """All opened submissions of a round."""
    reader = confidentiality.reader_of(db.session(), round_, actor(), roles=guard.roles(round_))
    found = opened(db.session(), round_)
    hidden = set() if reader.sees_all else confidentiality.with_hidden_rows(db.session(), found)
    return render_template(
        "disclosure/submissions.html",
        round_=round_,
        submissions=[
            (s, bidder(reader, confidentiality.bidder_name(reader, s, i)), s.id not in hidden)
            for i, s in enumerate(found)
        ],
    )


@blueprint.get("/rounds/<round_id>/submissions/<submission_id>")
@permit(Permission.SUBMISSION_VIEW_OPENED)
def opened_version(round_: Round, submission_id: str) -> str:
    """One opened submission: row account, remarks by cause, and the rows of a sheet."""
    submission, name, reader = opened_one(round_, submission_id)
    levels, hidden = levels_for(reader, submission), veil_for(db.session(), round_, reader)
    sheets = _sheets(reader, submission)
    sheet = next((one for one in sheets if one["key"] == request.args.get("sheet")), (sheets or [None])[0])
    name_of_sheet = sheet["name"] if sheet else ""
    numbers, hides = confidentiality.visible_rows(db.session(), submission, name_of_sheet, reader, levels)
    page = page_of(request.args.get("page"), len(numbers), PAGE)
    rows = _rows(numbers[page.offset : page.offset + PAGE])
    return render_template(
        "disclosure/opened.html",
        round_=round_,
        submission=submission,
        name=name,
        told=url_for("disclosure.opened_declared", round_id=round_.public_id, submission_id=submission.public_id)
        if is_of_others(submission.format)
        else "",
        may_download=_gets_file(reader),
        file_is_readable=_gets_file(reader) and files().may_read(submission.file),
        tells_counts=reader.sees_all
        or reader.own
        or submission.id not in confidentiality.with_hidden_rows(db.session(), [submission]),
        account=_account(submission, sheets),
        sheet=sheet,
        sheets=sheets,
        rows=[
            (row, None if reader.is_veiled(row) else hidden.over_all(row.read_values, lettered), _why_listed(row))
            for row in rows
        ],
        columns=_columns(rows),
        hides=hides,
        page=page,
        counts=groups.counts(submission),
        may_share=_leads(round_) and shared_columns.may_share(db.session(), submission),
        is_shared=_leads(round_) and shared_columns.shared_of(db.session(), submission) is not None,
    )


def _leads(round_: Round) -> bool:
    return may(db.session(), actor(), Permission.COLUMNS_SHARE, round_)


@blueprint.get("/rounds/<round_id>/submissions/<submission_id>/rows/<int:row_id>")
@permit(Permission.SUBMISSION_VIEW_OPENED)
def row(round_: Round, submission_id: str, row_id: int) -> str:
    """One row of the file as uploaded: sheet, row, every column as found and as understood, its remarks."""
    submission, name, reader = opened_one(round_, submission_id)
    found = db.session.get(SubmissionRow, row_id) if row_id < 2**31 else None
    if found is None or found.submission_id != submission.id:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    if not reader.may_see(*levels_for(reader, submission).of(found)):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    hidden = veil_for(db.session(), round_, reader)
    remarks = select(SubmissionIssue).where(
        SubmissionIssue.submission_id == submission.id,
        SubmissionIssue.sheet == found.sheet,
        SubmissionIssue.row == found.row,
    )
    return render_template(
        "disclosure/row.html",
        round_=round_,
        submission=submission,
        name=name,
        row=found,
        sheet=next((one for one in _sheets(reader, submission) if one["name"] == found.sheet), None),
        shown=not reader.is_veiled(found),
        values=hidden.over_all(found.read_values, lettered),
        as_found=hidden.over_all(found.read_values | found.found, lettered),
        reason=_why_listed(found),
        issues=[
            (severity, hidden.over(said, lettered))
            for severity, said in map(_said, db.session.scalars(remarks.limit(50)))
        ],
        column=request.args.get("column", ""),
    )


@blueprint.post("/rounds/<round_id>/submissions/<submission_id>/columns")
@permit(Permission.COLUMNS_SHARE)
def share_columns(round_: Round, submission_id: str) -> WerkzeugResponse:
    """Let every supplier know how the columns of such a list are read."""
    submission, _name, _reader = opened_one(round_, submission_id)
    shared_columns.share(db.session(), submission, actor=actor(), now=clock.now())
    return guard.done(_address(round_, submission), _("How the columns of this list are read is shared."))


@blueprint.post("/rounds/<round_id>/submissions/<submission_id>/columns/end")
@permit(Permission.COLUMNS_SHARE)
def unshare_columns(round_: Round, submission_id: str) -> WerkzeugResponse:
    """Offer that to nobody any more."""
    submission, _name, _reader = opened_one(round_, submission_id)
    shared_columns.unshare(db.session(), submission, actor=actor(), now=clock.now())
    return guard.done(_address(round_, submission), _("How the columns of this list are read is no longer shared."))


def _address(round_: Round, submission: Submission) -> str:
    return url_for("disclosure.opened_version", round_id=round_.public_id, submission_id=submission.public_id)


@blueprint.get("/rounds/<round_id>/submissions/<submission_id>/original")
@permit(Permission.SUBMISSION_VIEW_OPENED)
def opened_original(round_: Round, submission_id: str) -> Response:
    """The file as uploaded, for those who may read every row of it."""
    submission, _name, reader = opened_one(round_, submission_id)
    if not _gets_file(reader):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return send_original(submission)


def _gets_file(reader: Reader) -> bool:
    """Whether this reader may have the file itself, where it may be given away at all."""
    return reader.sees_all and not hides_names(reader)


def opened_one(round_: Round, public_id: str) -> tuple[Submission, str, Reader]:
    for order, submission in enumerate(opened(db.session(), round_)):
        if submission.public_id == public_id:
            reader = confidentiality.reader_of(db.session(), round_, actor(), submission)
            return submission, bidder(reader, confidentiality.bidder_name(reader, submission, order)), reader
    guard.child(Submission, public_id, round_)
    raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))


def _sheets(reader: Reader, submission: Submission) -> list[dict[str, Any]]:
    """The sheets with their row accounts, called as this reader may call them; `key` stands in addresses."""
    found = []
    for one in submission.sheets:
        number = sheet_number(reader, submission, one["name"])
        key = one["name"] if number is None else str(number)
        found.append({**one, "key": key, "label": sheet_words(reader, submission, one["name"])})
    return found


def _account(submission: Submission, sheets: list[dict[str, Any]]) -> dict[str, Any]:
    """The row account with its sheets called as this reader may call them."""
    totals = ("rows_in", "rows_stored", "rows_listed", "format", "seconds")
    named = [{**one, "name": one["label"]} for one in sheets]
    return {name: getattr(submission, name) for name in totals} | {"sheets": named}


def _why_listed(row: SubmissionRow) -> str:
    return REASONS.get(row.listed_reason, row.listed_reason)


def _said(stored: SubmissionIssue) -> tuple[str, str]:
    """Severity and sentence of a remark."""
    message, _advice, params = describe(groups.issue_of(stored), language=current_language())
    return stored.severity, words(message, **params)


def levels_for(reader: Reader, submission: Submission) -> Levels:
    """The levels of a submission's rows; not asked for who may see them all."""
    if reader.sees_all or reader.own:
        return Levels("consortium")
    return confidentiality.levels_of(db.session(), submission)


def _rows(numbers: list[int]) -> list[SubmissionRow]:
    query = select(SubmissionRow).where(SubmissionRow.id.in_(numbers)).order_by(SubmissionRow.row)
    return list(db.session.scalars(query))


def _columns(rows: list[SubmissionRow]) -> list[str]:
    return list(dict.fromkeys(name for one in rows for name in one.read_values))

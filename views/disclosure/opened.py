"""Opened submissions for those who may read them: the list, a sheet's rows, one row with its place in the file."""

from __future__ import annotations

from flask import Response, render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from framework.disclosure import confidentiality, groups
from framework.disclosure.check_file import REASONS
from framework.disclosure.confidentiality import Levels, Reader
from framework.ground.errors import NotFound
from framework.ground.issue_catalogue import describe
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.disclosure import Submission, SubmissionIssue, SubmissionRow
from models.rounds import Round
from views import guard
from views.disclosure import blueprint
from views.disclosure.upload import send_original
from views.guard import actor, permit
from views.i18n import current_language, words

OPENED = ("opened", "clarification_asked", "in_review", "scored", "excluded")
PAGE = 100


@blueprint.get("/rounds/<round_id>/submissions")
@permit(Permission.SUBMISSION_VIEW_OPENED)
def submissions(round_: Round) -> str:
    """All opened submissions of a round."""
    reader = confidentiality.reader_of(db.session(), round_, actor())
    found = opened_submissions(round_)
    named = [(s, confidentiality.bidder_name(reader, s, i)) for i, s in enumerate(found)]
    return render_template("disclosure/submissions.html", round_=round_, submissions=named, reader=reader)


@blueprint.get("/rounds/<round_id>/submissions/<submission_id>")
@permit(Permission.SUBMISSION_VIEW_OPENED)
def opened_version(round_: Round, submission_id: str) -> str:
    """One opened submission: row account, remarks by cause, and the rows of a sheet."""
    submission, name, reader = _opened(round_, submission_id)
    sheets = [s["name"] for s in submission.sheets]
    sheet = request.args.get("sheet") if request.args.get("sheet") in sheets else (sheets or [""])[0]
    total = _count_rows(submission, sheet)
    pages = max(1, -(-total // PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    rows = _rows(submission, sheet, page)
    levels = _levels(reader, submission)
    return render_template(
        "disclosure/opened.html",
        round_=round_,
        submission=submission,
        name=name,
        reader=reader,
        may_download=reader.sees_all and not reader.hides_bidders,
        sheet=sheet,
        sheets=sheets,
        rows=[
            (row, reader.may_see_row(row, levels), REASONS.get(row.listed_reason, row.listed_reason)) for row in rows
        ],
        columns=_columns(rows),
        page=page,
        counts=groups.counts(submission),
    )


@blueprint.get("/rounds/<round_id>/submissions/<submission_id>/rows/<int:row_id>")
@permit(Permission.SUBMISSION_VIEW_OPENED)
def row(round_: Round, submission_id: str, row_id: int) -> str:
    """One row of the file as uploaded: sheet, row, every column as found and as understood, its remarks."""
    submission, name, reader = _opened(round_, submission_id)
    found = db.session.get(SubmissionRow, row_id) if row_id < 2**31 else None
    if found is None or found.submission_id != submission.id:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    levels = _levels(reader, submission)
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
        reader=reader,
        row=found,
        shown=reader.may_see_row(found, levels),
        reason=REASONS.get(found.listed_reason, found.listed_reason),
        issues=[_said(r) for r in db.session.scalars(remarks.limit(50))],
        column=request.args.get("column", ""),
    )


@blueprint.get("/rounds/<round_id>/submissions/<submission_id>/original")
@permit(Permission.SUBMISSION_VIEW_OPENED)
def opened_original(round_: Round, submission_id: str) -> Response:
    """The file as uploaded, for those who may read every row of it."""
    submission, _name, reader = _opened(round_, submission_id)
    if not reader.sees_all or reader.hides_bidders:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return send_original(submission)


def opened_submissions(round_: Round) -> list[Submission]:
    """The opened submissions of a round in the order of their receipts; the order decides the letters."""
    query = (
        select(Submission)
        .options(joinedload(Submission.supplier), joinedload(Submission.file))
        .where(Submission.round_id == round_.id, Submission.state.in_(OPENED))
        .order_by(Submission.receipt_seq)
    )
    return list(db.session.scalars(query))


def _opened(round_: Round, public_id: str) -> tuple[Submission, str, Reader]:
    for order, submission in enumerate(opened_submissions(round_)):
        if submission.public_id == public_id:
            reader = confidentiality.reader_of(db.session(), round_, actor(), submission)
            return submission, confidentiality.bidder_name(reader, submission, order), reader
    guard.child(Submission, public_id, round_)
    raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))


def _said(stored: SubmissionIssue) -> tuple[str, str]:
    """Severity and sentence of a remark."""
    message, _advice, params = describe(groups.issue_of(stored), language=current_language())
    return stored.severity, words(message, **params)


def _levels(reader: Reader, submission: Submission) -> Levels:
    """The levels of a submission's rows; not asked for who may see them all."""
    if reader.sees_all or reader.own:
        return Levels("consortium")
    return confidentiality.levels_of(db.session(), submission)


def _rows(submission: Submission, sheet: str | None, page: int) -> list[SubmissionRow]:
    query = select(SubmissionRow).where(SubmissionRow.submission_id == submission.id, SubmissionRow.sheet == sheet)
    return list(db.session.scalars(query.order_by(SubmissionRow.row).offset((page - 1) * PAGE).limit(PAGE)))


def _count_rows(submission: Submission, sheet: str | None) -> int:
    query = select(func.count()).where(SubmissionRow.submission_id == submission.id, SubmissionRow.sheet == sheet)
    return db.session.scalar(query) or 0


def _columns(rows: list[SubmissionRow]) -> list[str]:
    return list(dict.fromkeys(name for one in rows for name in one.read_values))

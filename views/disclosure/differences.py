"""What changed between two versions of a supplier: by sheet and kind, before and after; the same as a workbook."""

from __future__ import annotations

import io

from flask import redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.disclosure import counting, difference_sheet, previous
from framework.disclosure.differences import KINDS, Differences, compare
from framework.disclosure.help_texts import SHEET_TITLES
from framework.ground.paging import page_of
from framework.ground.permissions import Permission
from models.base import db
from models.disclosure import Submission
from models.rounds import Round
from views.disclosure import blueprint
from views.disclosure.upload import address, own_submission
from views.downloads import send_workbook
from views.guard import permit

PAGE = 100
FIRST = 10


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>/differences")
@permit(Permission.SUBMISSION_VIEW_OWN)
def differences(round_: Round, submission_id: str) -> str | Response:
    """What a version says otherwise than another of the same supplier and round, by default what it was made from or the one before."""
    submission = own_submission(round_, submission_id)
    if submission.checked_at is None:
        return redirect(address(submission))
    others = _others(round_, submission)
    other = _other(round_, submission, others)
    found = _compared(other, submission) if other is not None else Differences((), 0)
    asked = request.args.get("sheet", ""), request.args.get("kind", "")
    groups = [one for one in found.groups() if "" in asked or (one.sheet, one.kind) == asked]
    is_one = "" not in asked and len(groups) == 1
    page = page_of(request.args.get("page"), len(groups[0].rows) if is_one else 0, PAGE)
    return render_template(
        "disclosure/differences.html",
        round_=round_,
        submission=submission,
        other=other,
        others=others,
        found=found,
        groups=groups,
        is_one=is_one,
        page=page,
        shown=(page.offset, page.offset + PAGE) if is_one else (0, FIRST),
        kinds=KINDS,
        titles=SHEET_TITLES,
        named=difference_sheet.named,
        cells=difference_sheet.cells,
        subject=difference_sheet.subject,
    )


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>/differences.xlsx")
@permit(Permission.SUBMISSION_VIEW_OWN)
def differences_workbook(round_: Round, submission_id: str) -> Response:
    """Every difference as a row of a workbook."""
    submission = own_submission(round_, submission_id)
    if submission.checked_at is None:
        return redirect(address(submission))
    other = _other(round_, submission, _others(round_, submission))
    found = _compared(other, submission) if other is not None else Differences((), 0)
    target = io.BytesIO()
    difference_sheet.write(target, found, gettext=_)
    return send_workbook(target.getvalue(), f"differences-{submission.receipt_number}.xlsx")


def _others(round_: Round, submission: Submission) -> list[Submission]:
    found = counting.versions(db.session(), round_, submission.supplier_id)
    return [one for one in found if one.id != submission.id and one.checked_at is not None]


def _other(round_: Round, submission: Submission, others: list[Submission]) -> Submission | None:
    """The version asked for; without one that of which this is a returned copy, else the newest before this.

    Another supplier's or round's is *not found*.
    """
    asked = request.args.get("from")
    if asked:
        found = own_submission(round_, asked)
        return found if found.checked_at is not None else None
    return submission.made_from or counting.read_before(others, submission)


def _compared(before: Submission, after: Submission) -> Differences:
    session = db.session()
    return compare(previous.rows_of(session, before), previous.rows_of(session, after))

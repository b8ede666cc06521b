"""What was read of a file in a format of others, with its cells: for its supplier, and after the opening for its readers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from framework.disclosure import choosing, confidentiality, corrections
from framework.disclosure.declared import (
    COMPLETE,
    LISTS,
    MINERALS,
    QUESTIONS,
    SHEETS_READ,
    declared,
    is_of_others,
    titles,
)
from framework.disclosure.groups import LeftOut
from framework.disclosure.veil import veil_for
from framework.ground.codelists import country_name
from framework.ground.errors import NotFound
from framework.ground.paging import page_of
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.disclosure import Submission, SubmissionRow
from models.rounds import Round
from views import clock, guard
from views.disclosure import blueprint
from views.disclosure.bidders import lettered
from views.disclosure.opened import levels_for, opened_one
from views.disclosure.upload import address, own_submission
from views.disclosure.work import run_if_small
from views.guard import actor, permit
from views.i18n import current_language

PAGE = 100


@blueprint.app_template_filter("country")
def country(code: str) -> str:
    """The name of a country in the reader's language."""
    return country_name(code, current_language())


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>/declared")
@permit(Permission.SUBMISSION_VIEW_OWN)
def own_declared(round_: Round, submission_id: str) -> str:
    """What we read of the supplier's own file, answer by answer."""
    submission = own_submission(round_, submission_id)
    rows = [(row, row.read_values) for row in _rows(submission, None)]
    back = url_for("disclosure.version", round_id=round_.public_id, submission_id=submission.public_id)
    return _page(round_, submission, rows, back=back, name=_("Version %(number)s", number=submission.version_no))


@blueprint.get("/rounds/<round_id>/submissions/<submission_id>/declared")
@permit(Permission.SUBMISSION_VIEW_OPENED)
def opened_declared(round_: Round, submission_id: str) -> str:
    """The same for those who may read opened submissions; names of bidders stay hidden where they must."""
    submission, name, reader = opened_one(round_, submission_id)
    levels, hidden = levels_for(reader, submission), veil_for(db.session(), round_, reader)
    numbers = {
        number
        for sheet in SHEETS_READ
        for number in confidentiality.visible_rows(db.session(), submission, sheet, reader, levels)[0]
    }
    rows = [
        (row, hidden.over_all(row.read_values, lettered))
        for row in _rows(submission, numbers)
        if not reader.is_veiled(row)
    ]
    back = url_for("disclosure.opened_version", round_id=round_.public_id, submission_id=submission.public_id)
    return _page(round_, submission, rows, back=back, name=name, links=True)


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>/shift")
@permit(Permission.SUBMISSION_VIEW_OWN)
def ask_shift(round_: Round, submission_id: str) -> str | Response:
    """How a sheet whose columns stand aside would be read."""
    submission = own_submission(round_, submission_id)
    issue = choosing.shift_of(db.session(), submission)
    if issue is None:
        return redirect(address(submission))
    preview: Any = issue.params.get("preview", [])
    return render_template(
        "disclosure/shift.html",
        round_=round_,
        submission=submission,
        sheet=issue.sheet,
        shift=issue.params["shift"],
        preview=preview,
        may_mend=corrections.may_mend(submission, clock=clock.now) and not submission.is_rechecked,
    )


@blueprint.post("/rounds/<round_id>/disclosure/<submission_id>/shift")
@permit(Permission.SUBMISSION_STAGE)
def confirm_shift(round_: Round, submission_id: str) -> Response:
    """Read the sheet as the preview showed it."""
    submission = own_submission(round_, submission_id)
    choosing.confirm_shift(db.session(), submission, actor=actor(), clock=clock.now)
    job_id, size = submission.job.id if submission.job is not None else None, submission.file.size
    answer = guard.done(address(submission) + "#remarks", _("The columns are read as you confirmed."))
    run_if_small(job_id, size)
    return answer


def told_url(round_: Round, submission: Submission) -> str:
    """Where to see what was read of a file of others; blank for other files."""
    if not is_of_others(submission.format) or submission.verdict != "countable":
        return ""
    return url_for("disclosure.own_declared", round_id=round_.public_id, submission_id=submission.public_id)


def shift_url(round_: Round, submission: Submission) -> str:
    """Where to confirm that columns stand aside; blank where they do not."""
    if not is_of_others(submission.format) or choosing.shift_of(db.session(), submission) is None:
        return ""
    return url_for("disclosure.ask_shift", round_id=round_.public_id, submission_id=submission.public_id)


def account(submission: Submission) -> dict[str, Any]:
    """The row account; the sheets of a format of others under the names of the file, each once."""
    totals = ("rows_in", "rows_stored", "rows_listed", "format", "seconds")
    found = {name: getattr(submission, name) for name in totals}
    if not is_of_others(submission.format):
        return found | {"sheets": submission.sheets}
    sheets: dict[str, dict[str, Any]] = {}
    for one in submission.sheets or []:
        title = one.get("title") or one["name"]
        together = sheets.setdefault(title, {"name": title, "rows_in": 0, "rows_stored": 0, "rows_listed": 0})
        for name in ("rows_in", "rows_stored", "rows_listed"):
            together[name] += one[name]
    return found | {"sheets": list(sheets.values())}


def with_titles(submission: Submission, found: Sequence[LeftOut]) -> list[LeftOut]:
    """Rows left out, their sheets under the names of the file."""
    called = titles(submission) if is_of_others(submission.format) else {}
    return [dataclasses.replace(one, sheet=called.get(one.sheet, one.sheet)) for one in found]


def _rows(submission: Submission, numbers: set[int] | None) -> list[SubmissionRow]:
    if not is_of_others(submission.format):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    query = select(SubmissionRow).where(
        SubmissionRow.submission_id == submission.id,
        SubmissionRow.listed_reason == "",
        SubmissionRow.sheet.in_(SHEETS_READ),
    )
    found = db.session.scalars(query.order_by(SubmissionRow.sheet, SubmissionRow.id))
    return [row for row in found if numbers is None or row.id in numbers]


def _page(
    round_: Round,
    submission: Submission,
    rows: Sequence[tuple[SubmissionRow, dict[str, Any]]],
    *,
    back: str,
    name: str,
    links: bool = False,
) -> str:
    found = declared(submission, rows)
    chosen = request.args.get("list", "")
    shown = chosen if found.lists.get(chosen) else next((one for one in LISTS if found.lists.get(one)), "")
    of_it = found.lists.get(shown, [])
    page = page_of(request.args.get("page"), len(of_it), PAGE)
    return render_template(
        "disclosure/declared.html",
        round_=round_,
        submission=submission,
        back=back,
        name=name,
        told=found,
        complete={name: QUESTIONS[name] for name in COMPLETE},
        minerals=MINERALS,
        lists=[one for one in LISTS if found.lists.get(one)],
        counts={one: len(found.lists[one]) for one in found.lists},
        shown=shown,
        entries=of_it[page.offset : page.offset + PAGE],
        page=page,
        links=links,
    )

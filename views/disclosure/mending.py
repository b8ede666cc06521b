"""Mending on the spot: other values over the cells of one cause, in one act, and taking such an act back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from framework.disclosure import choosing, corrections, shared_columns
from framework.disclosure.corrections import MAX_CELLS, CauseKey
from framework.disclosure.fields import FIELD_LABELS
from framework.disclosure.groups import Group, groups
from framework.disclosure.guessing import ENOUGH, GROUNDS, certainty
from framework.disclosure.recognise import KINDS
from framework.ground.errors import InvalidInput
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.disclosure import Submission
from models.rounds import Round
from views import clock, guard
from views.disclosure import blueprint
from views.disclosure.upload import address, own_submission
from views.disclosure.work import run_if_small
from views.guard import actor, permit
from views.i18n import current_language, number

NOT_READ = N_("not read")
NOT_BY_TYPING = frozenset({"cells-merged", "site-duplicate", "row-duplicate"})
"""What another value in the cell does not mend, or would mend at the price of what is right."""


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>/mend")
@permit(Permission.SUBMISSION_STAGE)
def ask_mend(round_: Round, submission_id: str) -> str | Response:
    """The cells of one cause, to be mended together or one by one; the version's page where there are none."""
    submission = own_submission(round_, submission_id)
    return _page(round_, submission, _cause(request.args)) or redirect(address(submission))


@blueprint.post("/rounds/<round_id>/disclosure/<submission_id>/mend")
@permit(Permission.SUBMISSION_STAGE)
def mend(round_: Round, submission_id: str) -> Response | tuple[str, int]:
    """Lay the values over the cells and check the version again."""
    submission, cause = own_submission(round_, submission_id), _cause(request.form)
    everywhere = request.form.get("everywhere", "") if request.form.get("how") == "all" else ""
    values = {name[3:]: text for name, text in request.form.items() if name.startswith("to-") and not everywhere}
    try:
        count = corrections.mend(
            db.session(), submission, cause, values, everywhere=everywhere, actor=actor(), clock=clock.now
        )
    except InvalidInput as error:
        said = guard.refused(error)
        page = _page(round_, submission, cause, error=said, typed=request.form)
        return (page, error.status) if page else redirect(address(submission))
    said = ngettext("%(count)s cell is mended.", "%(count)s cells are mended.", count, count=number(count))
    return checked_again(submission, said)


@blueprint.post("/rounds/<round_id>/disclosure/<submission_id>/mended/<batch>/undo")
@permit(Permission.SUBMISSION_STAGE)
def undo_mending(round_: Round, submission_id: str, batch: str) -> Response:
    """Take one act of mending back."""
    submission = own_submission(round_, submission_id)
    count = corrections.undo(db.session(), submission, batch, actor=actor(), clock=clock.now)
    said = ngettext(
        "%(count)s cell is as you sent it again.",
        "%(count)s cells are as you sent them again.",
        count,
        count=number(count),
    )
    return checked_again(submission, said)


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>/columns")
@permit(Permission.SUBMISSION_VIEW_OWN)
def columns(round_: Round, submission_id: str) -> str | Response:
    """How the columns of a plain list were understood, to be changed while that is open."""
    submission = own_submission(round_, submission_id)
    return _columns_page(round_, submission) if submission.mapping else redirect(address(submission))


@blueprint.post("/rounds/<round_id>/disclosure/<submission_id>/columns")
@permit(Permission.SUBMISSION_STAGE)
def choose_columns(round_: Round, submission_id: str) -> Response | tuple[str, int]:
    """Take what a person says the columns mean, and check the version again."""
    submission = own_submission(round_, submission_id)
    choices = {name[3:]: field for name, field in request.form.items() if name.startswith("is-")}
    fill, split = _ticked("fill-"), _ticked("split-")
    if "as-is" in request.form and not choices:
        shown = choosing.shown_columns(submission)
        fill = {key for key, column in shown.items() if column.offer.get("is_filled")}
        split = {key for key, column in shown.items() if column.offer.get("is_split")}
    try:
        count = choosing.choose_columns(
            db.session(), submission, choices, fill=fill, split=split, actor=actor(), clock=clock.now
        )
    except InvalidInput as error:
        said = guard.refused(error)
        return _columns_page(round_, submission, error=said, chosen=choices, ticked=(fill, split)), error.status
    return checked_again(submission, _read_as_said(count))


@blueprint.post("/rounds/<round_id>/disclosure/<submission_id>/columns/offered")
@permit(Permission.SUBMISSION_STAGE)
def take_offered_columns(round_: Round, submission_id: str) -> Response:
    """Read the list as such a list was read elsewhere, and check the version again."""
    submission = own_submission(round_, submission_id)
    count = shared_columns.take_offered(db.session(), submission, actor=actor(), clock=clock.now)
    return checked_again(submission, _read_as_said(count))


def _ticked(prefix: str) -> set[str]:
    return {name.removeprefix(prefix) for name in request.form if name.startswith(prefix)}


def _read_as_said(count: int) -> str:
    return ngettext(
        "%(count)s column is read as you said.",
        "%(count)s columns are read as you said.",
        count,
        count=number(count),
    )


def _columns_page(
    round_: Round,
    submission: Submission,
    *,
    error: str = "",
    chosen: Mapping[str, str] | None = None,
    ticked: tuple[set[str], set[str]] | None = None,
) -> str:
    shown = choosing.shown_columns(submission)
    of_file = [{key for key, column in shown.items() if column.offer.get(name)} for name in ("is_filled", "is_split")]
    fill, split = ticked or of_file
    may_mend = corrections.may_mend(submission, clock=clock.now) and not submission.is_rechecked
    return render_template(
        "disclosure/columns.html",
        round_=round_,
        submission=submission,
        columns=shown,
        guessed=sum(column.is_guessed for column in shown.values()),
        offered=shared_columns.offered(db.session(), submission) if may_mend else {},
        certainty=certainty,
        grounds=GROUNDS,
        kinds=[KINDS[sheet["kind"]] for sheet in submission.mapping["sheets"] if sheet.get("kind") in KINDS],
        threshold=round(100 * ENOUGH),
        unread=NOT_READ,
        originals=choosing.original_headers(db.session(), submission),
        fields=FIELD_LABELS,
        may_mend=may_mend,
        error=error,
        chosen=chosen or {},
        fill=fill,
        split=split,
    )


def mend_urls(round_: Round, submission: Submission, found: Sequence[Group]) -> dict[int, str]:
    """Where the cells of a group can be mended, by its place among the groups; notes ask for nothing."""
    return {
        place: url_for(
            "disclosure.ask_mend",
            round_id=round_.public_id,
            submission_id=submission.public_id,
            **_key(group)._asdict(),
        )
        for place, group in enumerate(found)
        if group.has_cells and group.severity != "note" and group.issue.code not in NOT_BY_TYPING
    }


def _key(group: Group) -> CauseKey:
    issue = group.issue
    return CauseKey(issue.code, issue.cause, issue.sheet, issue.column, group.of_value)


def _cause(given: Mapping[str, str]) -> CauseKey:
    return CauseKey(*(given.get(name, "") for name in CauseKey._fields))


def checked_again(submission: Submission, said: str) -> Response:
    """Back to the version and its remarks, once what a person said was recorded; a small file is checked at once."""
    job, size = submission.job, submission.file.size
    job_id = job.id if job is not None else None
    answer = guard.done(address(submission) + "#remarks", said)
    run_if_small(job_id, size)
    return answer


def _page(
    round_: Round,
    submission: Submission,
    cause: CauseKey,
    *,
    error: str = "",
    typed: Mapping[str, str] | None = None,
) -> str | None:
    session = db.session()
    cells = corrections.cells_of(session, submission, cause)
    if not cells or not corrections.may_mend(submission, clock=clock.now):
        return None
    group = next(one for one in groups(session, submission, language=current_language()) if _key(one) == cause)
    return render_template(
        "disclosure/mend.html",
        round_=round_,
        submission=submission,
        cause=cause._asdict(),
        cells=cells,
        shown=cells[:MAX_CELLS],
        is_one_value=len({one.found.strip().casefold() for one in cells}) == 1,
        message=group.message,
        advice=group.advice,
        params=group.params,
        proposal=str(group.issue.params.get("nearest") or "").split(", ")[0],
        error=error,
        typed=typed,
    )

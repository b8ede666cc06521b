"""The reading of a version while it lasts: how far it is, stop it, take it up again."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from flask import Response, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse

from framework.disclosure import pace, stopping
from framework.ground import turns
from framework.ground.permissions import Permission
from models.base import db
from models.disclosure import Submission
from models.rounds import Round
from views import clock, guard
from views.disclosure import blueprint
from views.disclosure.sentences import waits_for_scanner
from views.disclosure.upload import address, own_submission
from views.disclosure.work import run_if_small
from views.guard import actor, permit
from views.i18n import instant, number


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>/progress")
@permit(Permission.SUBMISSION_VIEW_OWN)
def progress(round_: Round, submission_id: str) -> Response:
    """The progress block while a file is being read; asks the page to load anew when it is done or stopped."""
    submission = own_submission(round_, submission_id, may_be_away=True)
    page = render_template("disclosure/progress.html", round_=round_, submission=submission, **facts(submission))
    answer = Response(page)
    if not submission.is_being_read or stopping.is_stopped(submission):
        answer.headers["HX-Redirect"] = address(submission)
    return answer


@blueprint.post("/rounds/<round_id>/disclosure/<submission_id>/stop")
@permit(Permission.SUBMISSION_COUNT)
def stop(round_: Round, submission_id: str) -> BaseResponse:
    """Stop the reading; the version keeps its receipt and its right to be counted."""
    submission = own_submission(round_, submission_id, may_be_away=True)
    stopping.stop(db.session(), submission, actor=actor(), clock=clock.now)
    return guard.done(address(submission), _("The reading is stopped. Your receipt stays valid."))


@blueprint.post("/rounds/<round_id>/disclosure/<submission_id>/read")
@permit(Permission.SUBMISSION_COUNT)
def read_now(round_: Round, submission_id: str) -> BaseResponse:
    """Read a version whose reading was stopped, from the beginning."""
    submission = own_submission(round_, submission_id, may_be_away=True)
    job = stopping.take_up(db.session(), submission, actor=actor(), clock=clock.now)
    db.session.flush()
    size, number_of_job, where = submission.file.size, job.id, address(submission)
    answer = guard.done(where, _("The file is being read."))
    run_if_small(number_of_job if job.lane != turns.LARGE else None, size)
    return answer


def facts(submission: Submission) -> dict[str, Any]:
    """What the progress block shows: pace, sentences and whether the reading may be stopped."""
    found = pace.pace(submission.job, now=clock.now())
    return {
        "pace": found,
        "is_stopped": stopping.is_stopped(submission),
        "waits_for_scanner": waits_for_scanner(submission),
        "how_far": _how_far(found),
        "time_left": _time_left(found),
        "in_turn": _in_turn(submission) if found.state == "waiting" else "",
        "may_stop": stopping.may_stop(submission, now=clock.now()),
        "stop_url": _url("stop", submission),
        "read_url": _url("read_now", submission),
        "progress_url": _url("progress", submission),
        "page_url": _url("version", submission),
        "until": instant(submission.round.tender_deadline, submission.round.zone),
    }


def _url(endpoint: str, submission: Submission) -> str:
    name = f"disclosure.{endpoint}"
    return url_for(name, round_id=submission.round.public_id, submission_id=submission.public_id)


def _how_far(found: pace.Pace) -> str:
    counts = {"done": number(found.done), "total": number(found.total or 0)}
    match found.step if found.total else "":
        case "opening":
            percent = number(100 * found.done // (found.total or 1))
            return _("Looking the file through: %(percent)s %% of it.", percent=percent)
        case "reading":
            return _("%(done)s of %(total)s rows read.", **counts)
        case "checking":
            return _("%(done)s of %(total)s rows checked.", **counts)
        case "storing":
            return _("%(done)s of %(total)s rows stored.", **counts)
    return _("Opening the file and reading its rows.")


def _time_left(found: pace.Pace) -> str:
    """In words, and in whole minutes: nobody can tell it more exactly."""
    if found.state != "running":
        return ""
    if found.left is None:
        return _("How much time is left is not known yet.")
    if found.left < dt.timedelta(seconds=45):
        return _("Less than a minute left.")
    minutes = max(1, math.ceil(found.left / dt.timedelta(minutes=1) - 0.25))
    return ngettext("About %(count)s minute left.", "About %(count)s minutes left.", minutes, count=number(minutes))


def _in_turn(submission: Submission) -> str:
    """How many of the supplier's own files come first: how many of others do would tell that they take part (trust 5.1)."""
    places = turns.before(db.session(), submission.job, now=clock.now()) if submission.job is not None else None
    own = places[0] if places else 0
    if not own:
        return _("Files are read in turn, one organisation after the other.")
    return ngettext(
        "%(count)s file of yours is read before this one.",
        "%(count)s files of yours are read before this one.",
        own,
        count=number(own),
    )

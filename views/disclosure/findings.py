"""What became of a version: receipt, row account, issues by cause, progress; the issues as a workbook."""

from __future__ import annotations

import io

from flask import Response, render_template, request, send_file, url_for
from flask_babel import gettext as _

from framework.disclosure import counting, findings, groups, receiving
from framework.ground.permissions import Permission
from models.base import db
from models.disclosure import Submission
from models.rounds import Round
from views import clock
from views.disclosure import blueprint
from views.disclosure.upload import XLSX, own_submission
from views.guard import permit
from views.i18n import current_language, instant, number

GROUPS_FIRST = 12


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>")
@permit(Permission.SUBMISSION_VIEW_OWN)
def version(round_: Round, submission_id: str) -> str:
    """The receipt of a version and what was found in it."""
    submission = own_submission(round_, submission_id)
    everything = request.args.get("all") == "1"
    found = counting.versions(db.session(), round_, submission.supplier_id)
    is_open = round_.state == "published" and not receiving.is_past(round_, clock.now())
    return render_template(
        "disclosure/version.html",
        round_=round_,
        submission=submission,
        said=state_sentence(submission, found),
        groups=groups.groups(db.session(), submission, limit=None if everything else GROUPS_FIRST),
        group_total=groups.total_groups(db.session(), submission),
        counts=groups.counts(db.session(), submission),
        standing=counting.standing(found),
        is_open=is_open,
        everything=everything,
    )


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>/progress")
@permit(Permission.SUBMISSION_VIEW_OWN)
def progress(round_: Round, submission_id: str) -> Response:
    """The progress block while a file is being read; asks the page to load anew when it is done."""
    submission = own_submission(round_, submission_id)
    answer = Response(render_template("disclosure/progress.html", round_=round_, submission=submission))
    if submission.state != "staged":
        answer.headers["HX-Redirect"] = url_for(
            "disclosure.version", round_id=round_.public_id, submission_id=submission.public_id
        )
    return answer


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>/issues.xlsx")
@permit(Permission.SUBMISSION_VIEW_OWN)
def issues_workbook(round_: Round, submission_id: str) -> Response:
    """Every issue with sheet, cell, what was found, what is expected, what to do."""
    submission = own_submission(round_, submission_id)
    target = io.BytesIO()
    found = groups.all_issues(db.session(), submission)
    findings.write_findings(target, found, language=current_language(), gettext=_)
    target.seek(0)
    name = f"findings-{submission.receipt_number}.xlsx"
    return send_file(target, mimetype=XLSX, as_attachment=True, download_name=name)


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>/receipt")
@permit(Permission.SUBMISSION_VIEW_OWN)
def receipt(round_: Round, submission_id: str) -> str:
    """The receipt alone, for paper."""
    submission = own_submission(round_, submission_id)
    return render_template("disclosure/receipt.html", round_=round_, submission=submission)


def state_sentence(submission: Submission, found: list[Submission] | tuple[Submission, ...]) -> str:
    """What stands in the first line: received, read, counted or not, and why (screens: a supplier's file)."""
    deadline = instant(submission.round.tender_deadline, submission.round.zone)
    other = _other_standing(submission, found)
    match submission.state:
        case "staged":
            return _("Received and being read. It will be counted on %(deadline)s.", deadline=deadline)
        case "checked" if submission.verdict == "countable":
            return _checked_sentence(submission, deadline)
        case "checked":
            return _("This file cannot be counted until its blocking problem is mended.") + " " + other
        case "counted":
            return _("Counted and sealed. You can replace or withdraw it until %(deadline)s.", deadline=deadline)
        case "refused":
            return _("We could not read this file.") + " " + other
        case "late":
            return _late_sentence(submission)
        case "withdrawn":
            return _("Withdrawn. It does not count.")
        case "replaced":
            return _("Replaced by a newer version. You can still read it here.")
        case "lapsed":
            return _("Not counted: %(reason)s.", reason=_(submission.reason))
    return _("Opened. The buyers of the round can read it now.")


def _checked_sentence(submission: Submission, deadline: object) -> str:
    if not submission.issue_count:
        return _("Read without a problem. It will be counted on %(deadline)s.", deadline=deadline)
    return _(
        "Read: %(issues)s remarks. It will be counted on %(deadline)s as it is, or better once mended.",
        issues=number(submission.issue_count),
        deadline=deadline,
    )


def _late_sentence(submission: Submission) -> str:
    return _(
        "Received %(seconds)s seconds after the deadline. It is kept, unopened, and marked late. It does not count.",
        seconds=number(submission.late_by_seconds),
    )


def _other_standing(submission: Submission, found: list[Submission] | tuple[Submission, ...]) -> str:
    other = counting.standing([s for s in found if s.id != submission.id])
    if other is None:
        return _("You have no countable file yet.")
    return _("Your file received on %(when)s counts.", when=instant(other.received_at, submission.round.zone))

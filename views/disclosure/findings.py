"""What became of a version: receipt, row account, issues by cause, progress; the issues as a workbook."""

from __future__ import annotations

import io
from collections.abc import Sequence

from flask import Response, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from framework.disclosure import counting, findings, groups, receiving
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.disclosure import Submission
from models.rounds import Round
from views import clock
from views.disclosure import blueprint
from views.disclosure.upload import own_submission
from views.downloads import XLSX
from views.guard import permit
from views.i18n import current_language, day_time, instant, number, words

GROUPS_FIRST = 12
PLAIN = {
    "withdrawn": N_("Withdrawn. It does not count."),
    "replaced": N_("Replaced by a newer version. You can still read it here."),
}
OPENED = N_("Opened. The buyers of the round can read it now.")


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
        left_out=groups.left_out(db.session(), submission),
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


def state_sentence(submission: Submission, found: Sequence[Submission]) -> str:
    """What stands in the first line: received, read, counted or not, and why (screens: a supplier's file)."""
    deadline = instant(submission.round.tender_deadline, submission.round.zone)
    other = _other_standing(submission, found)
    if _is_past(submission.round) and submission.state in ("staged", "checked", "counted"):
        return _past_sentence(submission, other)
    match submission.state:
        case "staged":
            return _staged_sentence(submission, deadline)
        case "checked" if submission.verdict == "countable":
            return _checked_sentence(submission, deadline)
        case "checked":
            return joined_sentences(_("This file cannot be counted until its blocking problem is mended."), other)
        case "counted":
            return _(
                "Counted and sealed on %(when)s. You can replace or withdraw it until %(deadline)s.",
                when=day_time(submission.counted_at, submission.round.zone),
                deadline=deadline,
            )
        case "refused":
            return joined_sentences(_("We could not read this file; the reason stands below."), other)
        case "late":
            return _late_sentence(submission)
        case "lapsed":
            return _("Not counted: %(reason)s.", reason=words(submission.reason))
    return words(PLAIN.get(submission.state, OPENED))


def joined_sentences(*sentences: str) -> str:
    """Whole sentences one after the other; each was translated by itself."""
    return " ".join(one for one in sentences if one)


def _is_past(round_: Round) -> bool:
    return round_.state != "published" or receiving.is_past(round_, clock.now())


def _past_sentence(submission: Submission, other: str) -> str:
    if submission.state == "staged":
        return _("Received in time and still being read. It is counted as soon as it is read, if it can be.")
    if submission.state == "counted":
        return _("Counted and sealed. The openers open it together with the others.")
    if submission.verdict == "countable":
        return _("The deadline has passed. This version is being counted; nothing is left to do.")
    return joined_sentences(_("This file cannot be counted: it holds a problem that blocks it."), other)


def _staged_sentence(submission: Submission, deadline: object) -> str:
    return _(
        "Received %(when)s, receipt %(receipt)s. Being read. It will be counted on %(deadline)s.",
        when=day_time(submission.received_at, submission.round.zone),
        receipt=submission.receipt_number,
        deadline=deadline,
    )


def _checked_sentence(submission: Submission, deadline: object) -> str:
    if not submission.issue_count:
        return _(
            "Read: %(rows)s rows without a problem. It will be counted on %(deadline)s.",
            rows=number(submission.rows_in),
            deadline=deadline,
        )
    return _(
        "Read: %(rows)s rows, %(issues)s remarks. It will be counted on %(deadline)s as it is, or better once mended.",
        rows=number(submission.rows_in),
        issues=number(submission.issue_count),
        deadline=deadline,
    )


def _late_sentence(submission: Submission) -> str:
    return ngettext(
        "We received this file at %(when)s, %(num)s second after the deadline. "
        "It is kept, unopened, and marked late. It does not count.",
        "We received this file at %(when)s, %(num)s seconds after the deadline. "
        "It is kept, unopened, and marked late. It does not count.",
        submission.late_by_seconds or 1,
        when=day_time(submission.received_at, submission.round.zone),
    )


def _other_standing(submission: Submission, found: Sequence[Submission]) -> str:
    other = counting.standing([s for s in found if s.id != submission.id])
    if other is None:
        return _("You have no countable file yet.")
    when = instant(other.received_at, submission.round.zone)
    if other.state == "checked" and not _is_past(submission.round):
        return _("Your file of %(when)s will be counted.", when=when)
    return _("Your file of %(when)s counts.", when=when)

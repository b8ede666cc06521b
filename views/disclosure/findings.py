"""What became of a version: receipt, row account, issues by cause; the issues as a workbook."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from framework.disclosure import (
    choosing,
    corrections,
    counting,
    facility_choices,
    findings,
    groups,
    receipts,
    receiving,
    sealing,
    told,
)
from framework.disclosure.fields import meaning_of
from framework.disclosure.groups import Group
from framework.disclosure.marked import Marked, cannot_before, mark, not_read
from framework.ground.issues import Issue
from framework.ground.permissions import Permission
from models.base import db
from models.disclosure import Disclosed, Submission
from models.rounds import Round
from views import clock
from views.disclosure import blueprint, reading
from views.disclosure.declared import account, shift_url, told_url, with_titles
from views.disclosure.mending import mend_urls
from views.disclosure.own_words import products_url, types_url
from views.disclosure.sentences import not_kept_sentence, state_sentence, version_tag, without_what_was_found
from views.disclosure.upload import address, own_submission
from views.disclosure.work import files, inline_limits
from views.downloads import send_workbook
from views.guard import permit
from views.i18n import current_language
from views.mailing import absolute

GROUPS_FIRST = 12


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>")
@permit(Permission.SUBMISSION_VIEW_OWN)
def version(round_: Round, submission_id: str) -> str:
    """The receipt of a version and what was found in it."""
    submission = own_submission(round_, submission_id, may_be_away=True)
    if sealing.is_away(submission):
        return _away_page(round_, submission)
    everything = request.args.get("all") == "1"
    found = counting.versions(db.session(), round_, submission.supplier_id)
    standing = counting.standing(found)
    is_open = round_.state == "published" and not receiving.is_past(round_, clock.now())
    causes = groups.groups(
        db.session(), submission, language=current_language(), limit=None if everything else GROUPS_FIRST
    )
    return render_template(
        "disclosure/version.html",
        round_=round_,
        submission=submission,
        arrival=receipts.arrival(db.session(), submission),
        said=state_sentence(submission, found, block_of(submission)),
        tag=version_tag(submission, standing),
        groups=causes,
        group_total=groups.total_groups(db.session(), submission),
        counts=groups.counts(submission),
        not_kept=not_kept_sentence(groups.not_kept(submission)),
        may_count=counting.may_count(found, submission) and not submission.is_rechecked,
        told=told_url(round_, submission),
        types_url=types_url(round_, submission),
        products_url=products_url(round_, submission),
        types_waiting=facility_choices.waiting(submission),
        originals=choosing.original_headers(db.session(), submission),
        meaning_of=meaning_of,
        left_out=with_titles(submission, groups.left_out(db.session(), submission)),
        account=account(submission),
        is_open=is_open,
        compared=_compared_with(found, submission),
        everything=everything,
        **_mending(round_, submission, causes),
        **their_file(submission),
        **(reading.facts(submission) if submission.is_being_read else {}),
    )


def _compared_with(found: Sequence[Submission], submission: Submission) -> Submission | None:
    """The version that this one is compared with first, where both can be read."""
    if not submission.rows_stored:
        return None
    other = submission.made_from or counting.read_before(found, submission)
    return None if other is not None and sealing.is_away(other) else other


def _away_page(round_: Round, submission: Submission) -> str:
    """What is told of a version whose key is away until the opening: its receipt, and what was remarked in which rows."""
    found = counting.versions(db.session(), round_, submission.supplier_id)
    is_open = round_.state == "published" and not receiving.is_past(round_, clock.now())
    return render_template(
        "disclosure/away.html",
        round_=round_,
        submission=submission,
        arrival=receipts.arrival(db.session(), submission),
        said=state_sentence(submission, found, None),
        tag=version_tag(submission, counting.standing(found)),
        may_count=counting.may_count(found, submission) and not submission.is_rechecked,
        is_open=is_open,
        remarks=told.remarks_of(submission),
        not_told=max(0, (submission.issue_count or 0) - told.MOST),
        sentence=without_what_was_found,
    )


def _mending(round_: Round, submission: Submission, causes: list[groups.Group]) -> dict[str, object]:
    """What can be mended in the page, and what was."""
    may_mend = corrections.may_mend(submission, clock=clock.now) and not submission.is_rechecked
    return {
        "may_mend": may_mend,
        "mend_urls": mend_urls(round_, submission, causes) if may_mend else {},
        "shifted": shift_url(round_, submission) if may_mend else "",
        "batches": corrections.batches(db.session(), submission),
    }


def their_file(submission: Disclosed) -> dict[str, object]:
    """Whether the file can be had as it was sent, and why not with its faults marked."""
    may_read = files().may_read(submission.file)
    cannot_mark = cannot_before(
        form=submission.format,
        kind=submission.file_kind,
        name=submission.file.name,
        size=submission.file.size,
        is_read=submission.checked_at is not None,
        is_readable=may_read,
    )
    return {"may_download": may_read, "cannot_mark": cannot_mark}


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>/issues.xlsx")
@permit(Permission.SUBMISSION_VIEW_OWN)
def issues_workbook(round_: Round, submission_id: str) -> BaseResponse:
    """Every issue with sheet, cell, what was found, what is expected, what to do."""
    submission = own_submission(round_, submission_id)
    found = groups.all_issues(db.session(), submission)
    note = not_kept_sentence(groups.not_kept(submission))
    return remarks(found, note, "", submission.file.name, submission.receipt_number, address(submission))


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>/marked.xlsx")
@permit(Permission.SUBMISSION_VIEW_OWN)
def marked_workbook(round_: Round, submission_id: str) -> BaseResponse:
    """The supplier's own file, marked up; where a copy would lose anything, the remarks as a workbook that says why.

    Raises Quarantined and NotScannedYet.
    """
    submission = own_submission(round_, submission_id)
    found = groups.all_issues(db.session(), submission)
    note = not_kept_sentence(groups.not_kept(submission))
    number, name, page = submission.receipt_number, submission.file.name, address(submission)
    origin = _(
        "Made from version %(number)s of your disclosure, receipt number %(receipt)s.",
        number=submission.version_no,
        receipt=number,
    )
    copy = marked_copy(submission, found, f"{origin} {note}".strip())
    if copy.content:
        return send_workbook(copy.content, f"marked-{number}.xlsx")
    return remarks(found, note, copy.cannot, name, number, page)


def remarks(found: list[Issue], note: str, top: str, name: str, number: str, page: str) -> BaseResponse:
    """The remarks as a workbook, with links into the file called `name` and to the `page` of the version."""
    target, base = io.BytesIO(), absolute(page)
    findings.write_findings(
        target,
        found,
        language=current_language(),
        gettext=_,
        note=note,
        top=top,
        file_name=name,
        page=lambda issue: f"{base}?all=1#{groups.anchor(issue)}",
    )
    return send_workbook(target.getvalue(), f"remarks-{number}.xlsx")


def block_of(submission: Disclosed) -> Group | None:
    """What blocks a version, told in its first line; None where nothing does."""
    if submission.verdict in ("", "countable"):
        return None
    return groups.first_block(db.session(), submission, language=current_language())


def marked_copy(submission: Disclosed, found: list[Issue], note: str) -> Marked:
    """The copy, made in a child; a file that was not read, such as a late one, stays unopened."""
    language = current_language()
    if submission.checked_at is None:
        return not_read(language=language, gettext=_)
    laid_open = files().readable(submission.file, sealing.key_of_file(submission.file))
    form = submission.format
    mended = corrections.standing(db.session(), submission)
    db.session.rollback()  # nobody else may wait for the database while the child works
    beside: dict[str, Any] = {"form": form, "note": note, "corrections": mended, "limits": inline_limits()}
    with laid_open as path:
        return mark(path, found, language=language, gettext=_, **beside)

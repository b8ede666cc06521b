"""What changed between two versions of a supplier: by sheet and kind, before and after; the same as a workbook.

Small versions are compared at once, long ones by the worker when somebody asks for it.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response as Answer
from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.disclosure import comparisons, counting, difference_sheet, pace, previous, sealing
from framework.disclosure.columns import SITES
from framework.disclosure.differences import KINDS, MOST_SITES, Difference, Differences, compare
from framework.disclosure.help_texts import SHEET_TITLES
from framework.ground.paging import Page, page_of
from framework.ground.permissions import Permission
from models.base import db
from models.disclosure import Comparison, Disclosed, Submission
from models.rounds import Round
from views import clock, guard
from views.disclosure import blueprint
from views.disclosure.upload import address, own_submission
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import number

PAGE = 100
FIRST = 10
READY = "compared"


@dataclass(frozen=True, slots=True)
class Group:
    """One kind of difference in one sheet: how many there are, and those of them that are shown."""

    sheet: str
    kind: str
    count: int
    rows: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows: `state` as in `comparisons.state_of`, and where it is *compared* what was found.

    `page` is set where one kind is asked for, with all of its rows page by page.
    """

    state: str
    counts: Counter[str] = field(default_factory=Counter)
    """Differences of sites by kind."""
    total: int = 0
    """Differences in all."""
    unchanged: int = 0
    groups: Sequence[Group] = ()
    page: Page | None = None


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of a page of differences: all kinds, its workbook, the form that has long versions compared, one kind."""

    here: str
    workbook: str
    compare: str
    of_kind: Callable[[str, str], str]


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>/differences")
@permit(Permission.SUBMISSION_VIEW_OWN)
def differences(round_: Round, submission_id: str) -> str | Response:
    """What a version says otherwise than another of the same supplier and round, by default what it was made from or the one before."""
    submission = own_submission(round_, submission_id)
    if submission.checked_at is None:
        return redirect(address(submission))
    others = _others(round_, submission)
    other = _other(submission)
    found = shown(other, submission) if other is not None else None
    return render_template(
        "disclosure/differences.html",
        round_=round_,
        submission=submission,
        other=other,
        others=others,
        found=found,
        **(_words_of(other, submission) if other is not None else {}),
        **(
            _progress(other, submission) if other is not None and found is not None and found.state == "waiting" else {}
        ),
    )


def page_words(links: Links) -> dict[str, Any]:
    """What `disclosure/difference_rows.html` needs beside what is shown: names, cells and addresses."""
    return {
        "most_sites": MOST_SITES,
        "kinds": KINDS,
        "titles": SHEET_TITLES,
        "named": difference_sheet.named,
        "cells": difference_sheet.cells,
        "subject": difference_sheet.subject,
        "links": links,
    }


def _words_of(other: Disclosed, submission: Disclosed) -> dict[str, Any]:
    def of_kind(sheet: str, kind: str) -> str:
        return _url("differences", other, submission, sheet=sheet, kind=kind)

    places = (_url(name, other, submission) for name in ("differences", "differences_workbook", "compare_now"))
    return page_words(Links(*places, of_kind))


@blueprint.post("/rounds/<round_id>/disclosure/<submission_id>/differences")
@permit(Permission.SUBMISSION_VIEW_OWN)
def compare_now(round_: Round, submission_id: str) -> Response:
    """Have two long versions compared by the worker."""
    submission = own_submission(round_, submission_id)
    other = _other(submission)
    if other is None:
        return redirect(address(submission))
    where = _here(other, submission)
    if not comparisons.is_small(other, submission):
        comparisons.ask(db.session(), other, submission, actor=actor(), clock=clock.now)
    return guard.done(where)


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>/differences/progress")
@permit(Permission.SUBMISSION_VIEW_OWN)
def comparison_progress(round_: Round, submission_id: str) -> Response:
    """How far the comparison is; asks the page to load anew when it is over."""
    submission = own_submission(round_, submission_id)
    other = _other(submission)
    if other is None:
        return redirect(address(submission))
    answer = Answer(render_template("disclosure/comparing.html", **_progress(other, submission)))
    if comparisons.state_of(_kept(other, submission)) != "waiting":
        answer.headers["HX-Redirect"] = _here(other, submission)
    return answer


@blueprint.get("/rounds/<round_id>/disclosure/<submission_id>/differences.xlsx")
@permit(Permission.SUBMISSION_VIEW_OWN)
def differences_workbook(round_: Round, submission_id: str) -> Response:
    """Every difference as a row of a workbook."""
    submission = own_submission(round_, submission_id)
    other = _other(submission) if submission.checked_at is not None else None
    if other is None:
        return redirect(address(submission))
    rows: Iterable[Difference]
    if comparisons.is_small(other, submission):
        rows = _compared(other, submission).found
    else:
        kept = _kept(other, submission)
        if kept is None or comparisons.state_of(kept) != READY:
            return redirect(_here(other, submission))
        rows = comparisons.stored(db.session(), kept)
    target = io.BytesIO()
    difference_sheet.write(target, rows, gettext=_)
    return send_workbook(target.getvalue(), f"differences-{submission.receipt_number}.xlsx")


def _others(round_: Round, submission: Submission) -> list[Submission]:
    found = counting.versions(db.session(), round_, submission.supplier_id)
    return [one for one in found if one.id != submission.id and one.checked_at is not None and not sealing.is_away(one)]


def _other(submission: Submission) -> Submission | None:
    """The version asked for; without one that of which this is a returned copy, else the newest before this.

    Another supplier's or round's is *not found*.
    """
    asked = request.args.get("from")
    if asked:
        found = own_submission(submission.round, asked)
        return found if found.checked_at is not None else None
    return comparisons.offered(db.session(), submission)


def shown(before: Disclosed, after: Disclosed) -> Shown:
    """What differs between two versions that were read, as far as that is known; of one kind where the address asks."""
    asked = request.args.get("sheet", ""), request.args.get("kind", "")
    if comparisons.is_beyond(before, after):
        return Shown("too_many")
    if comparisons.is_small(before, after):
        return _of_now(_compared(before, after), asked)
    kept = _kept(before, after)
    state = comparisons.state_of(kept)
    return _of_kept(kept, asked) if kept is not None and state == READY else Shown(state)


def _of_now(found: Differences, asked: tuple[str, str]) -> Shown:
    groups = [one for one in found.groups() if "" in asked or (one.sheet, one.kind) == asked]
    page = _page(asked, sum(len(one.rows) for one in groups))
    first, last = (page.offset, page.offset + PAGE) if page else (0, FIRST)
    shown = [Group(one.sheet, one.kind, len(one.rows), one.rows[first:last]) for one in groups]
    return Shown(READY, found.counts(), len(found.found), found.unchanged, shown, page)


def _of_kept(kept: Comparison, asked: tuple[str, str]) -> Shown:
    session = db.session()
    groups = [(sheet, kind, count) for sheet, kind, count in kept.counts if "" in asked or (sheet, kind) == asked]
    page = _page(asked, sum(count for _sheet, _kind, count in groups))
    offset, limit = (page.offset, PAGE) if page else (0, FIRST)
    shown = [
        Group(sheet, kind, count, list(comparisons.stored(session, kept, sheet, kind, offset=offset, limit=limit)))
        for sheet, kind, count in groups
    ]
    counts = Counter({kind: count for sheet, kind, count in kept.counts if sheet == SITES})
    total = sum(count for _sheet, _kind, count in kept.counts)
    return Shown(READY, counts, total, kept.unchanged, shown, page)


def _page(asked: tuple[str, str], count: int) -> Page | None:
    return None if "" in asked else page_of(request.args.get("page"), count, PAGE)


def _kept(before: Disclosed, after: Disclosed) -> Comparison | None:
    return comparisons.of_pair(db.session(), before, after)


def _compared(before: Disclosed, after: Disclosed) -> Differences:
    session = db.session()
    return compare(previous.rows_of(session, before), previous.rows_of(session, after))


def _progress(before: Disclosed, after: Disclosed) -> dict[str, Any]:
    return progress_of(
        before, after, here=_here(before, after), progress_url=_url("comparison_progress", before, after)
    )


def progress_of(before: Disclosed, after: Disclosed, *, here: str, progress_url: str) -> dict[str, Any]:
    """What `disclosure/comparing.html` shows: how far the comparison is, where its page and its progress are."""
    kept = _kept(before, after)
    found = pace.pace(kept.job if kept is not None else None, now=clock.now())
    return {"pace": found, "how_far": _how_far(found), "here": here, "progress_url": progress_url}


def _how_far(found: pace.Pace) -> str:
    if found.state == "waiting":
        return _("Waiting for its turn.")
    counts = {"done": number(found.done), "total": number(found.total or 0)}
    match found.step if found.total else "":
        case "reading":
            return _("%(done)s of %(total)s rows read.", **counts)
        case "checking":
            return _("%(done)s of %(total)s rows compared.", **counts)
        case "storing":
            return _("%(done)s of %(total)s differences stored.", **counts)
    return _("Taking up the rows of both versions.")


def _here(before: Disclosed, after: Disclosed) -> str:
    return _url("differences", before, after)


def _url(endpoint: str, before: Disclosed, after: Disclosed, **rest: str) -> str:
    ids = {"round_id": after.round.public_id, "submission_id": after.public_id, "from": before.public_id}
    return url_for(f"disclosure.{endpoint}", **ids, **rest)

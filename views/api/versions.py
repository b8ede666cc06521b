"""Versions of a supplier for programs: ask for state, remarks and receipt; the same as on the pages."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _

from framework.disclosure import calling, counting, groups, receipts
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.rounds import Round
from views.api import schemas
from views.api.answers import Answer, ids, issue_answer, own_versions, receipt_facts, version_answer
from views.api.calls import READ, Call, page_asked, part
from views.disclosure.sentences import version_tag
from views.disclosure.upload import own_submission

ASK_AGAIN_SECONDS = 2
RETRY = {
    "Retry-After": {
        "description": N_("Seconds to wait before asking again; only while the file is being read."),
        "schema": {"type": "integer"},
    }
}


@Call(
    method="GET",
    path="/rounds/<round_id>/submissions",
    permission=Permission.SUBMISSION_VIEW_OWN,
    scope=READ,
    summary=N_("List your versions in a round"),
    description=N_("The versions of the organisation of the token, newest first."),
    answers=schemas.Versions,
    query=schemas.PageQuery,
)
def versions(query: Answer, round_: Round) -> Answer:
    """The supplier's own versions."""
    found = own_versions(round_)
    page = page_asked(query, len(found))
    following = url_for("api.versions", round_id=round_.public_id, page=page.number + 1, per_page=page.size)
    shown = found[page.offset : page.offset + page.size]
    return part(page, following) | {"versions": [version_answer(one, found) for one in shown]}


@Call(
    method="GET",
    path="/rounds/<round_id>/submissions/<submission_id>",
    permission=Permission.SUBMISSION_VIEW_OWN,
    scope=READ,
    summary=N_("Ask what became of a version"),
    description=N_(
        "Its state, the account of its rows, how many remarks it has, and whether it will be counted as things stand."
    ),
    answers=schemas.Version,
    headers=RETRY,
)
def version(round_: Round, submission_id: str) -> Answer | tuple[Answer, int, dict[str, str]]:
    """The state of a version."""
    submission = own_submission(round_, submission_id, may_be_away=True)
    is_awaited = submission.is_being_read and not submission.is_stopped
    answer = version_answer(submission, own_versions(round_))
    return (answer, 200, {"Retry-After": str(ASK_AGAIN_SECONDS)}) if is_awaited else answer


@Call(
    method="GET",
    path="/rounds/<round_id>/submissions/<submission_id>/issues",
    permission=Permission.SUBMISSION_VIEW_OWN,
    scope=READ,
    summary=N_("Read the remarks on a version"),
    description=N_("Each with its place, what was found there, what is wrong and what to do; empty until it is read."),
    answers=schemas.Issues,
    query=schemas.IssueQuery,
)
def issues(query: Answer, round_: Round, submission_id: str) -> Answer:
    """The remarks on a version, a page at a time."""
    submission = own_submission(round_, submission_id)
    chosen = {name: query[name] for name in ("severity", "code") if query[name]}
    offset = (query["page"] - 1) * query["per_page"]
    found, total = calling.issues(db.session(), submission, **chosen, limit=query["per_page"], offset=offset)
    page = page_asked(query, total)
    following = url_for("api.issues", **ids(submission), **chosen, page=page.number + 1, per_page=page.size)
    return part(page, following) | {
        "issues": [issue_answer(one) for one in found],
        "not_listed": groups.not_kept(submission),
    }


@Call(
    method="GET",
    path="/rounds/<round_id>/submissions/<submission_id>/receipt",
    permission=Permission.SUBMISSION_VIEW_OWN,
    scope=READ,
    summary=N_("Read the receipt of a version"),
    description=N_(
        "What arrived, when, from whom, with which hash, and whether it counts; a page for paper is linked."
    ),
    answers=schemas.Receipt,
)
def receipt(round_: Round, submission_id: str) -> Answer:
    """The receipt of a version."""
    submission = own_submission(round_, submission_id, may_be_away=True)
    arrival = receipts.arrival(db.session(), submission)
    return receipt_facts(submission) | {
        "round_name": round_.name,
        "organisation": submission.supplier.name,
        "person": arrival.person,
        "received_at_local": submission.received_at.astimezone(ZoneInfo(round_.zone)).isoformat(),
        "zone": round_.zone,
        "event": arrival.event,
        "terms_sha256": round_.frozen_hash,
        "state": submission.state,
        "state_words": version_tag(submission, counting.standing(own_versions(round_)))[0],
        "counted_at": submission.counted_at,
        "note": _(
            "The newest countable version counts at the deadline without anything further. "
            "This receipt is not a qualified time stamp."
        ),
    }

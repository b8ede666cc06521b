"""The rounds that a token's organisation may send to."""

from __future__ import annotations

from typing import Any

from flask import url_for

from framework.disclosure import calling, receiving
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.rounds import Round
from views import clock
from views.api import schemas
from views.api.calls import READ, Call, page_asked, part
from views.disclosure.sentences import counts_by_itself
from views.guard import actor
from views.i18n import state_words


@Call(
    method="GET",
    path="/rounds",
    permission=Permission.SUBMISSION_VIEW_OWN,
    scope=READ,
    summary=N_("List the rounds you may send to"),
    description=N_("Every published round whose tenders are not opened yet, by deadline."),
    answers=schemas.Rounds,
    query=schemas.PageQuery,
)
def rounds(query: dict[str, Any]) -> dict[str, Any]:
    """The rounds a supplier may send to."""
    offset = (query["page"] - 1) * query["per_page"]
    found, total = calling.rounds_to_send_to(db.session(), actor(), limit=query["per_page"], offset=offset)
    page = page_asked(query, total)
    following = url_for("api.rounds", page=page.number + 1, per_page=page.size)
    return part(page, following) | {"rounds": [_round(one) for one in found]}


def _round(round_: Round) -> dict[str, Any]:
    return {
        "id": round_.public_id,
        "name": round_.name,
        "lead": round_.organisation.name,
        "state": round_.state,
        "state_words": state_words("round", round_.state),
        "deadline": round_.tender_deadline,
        "zone": round_.zone,
        "is_open": round_.state == "published" and not receiving.is_past(round_, clock.now()),
        "counts_by_itself": counts_by_itself(round_),
        "links": {
            "submissions": url_for("api.versions", round_id=round_.public_id),
            "page": url_for("disclosure.own", round_id=round_.public_id),
        },
    }

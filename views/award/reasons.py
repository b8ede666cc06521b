"""The reasons of one tender: for its points on each criterion of each lot, and why it gets the lot or does not."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.award import decision as decisions
from framework.award import reasons
from framework.award.reasons import Wanted
from framework.ground.errors import NotFound, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.judging import points
from framework.judging import ranking as rankings
from models.award import AwardDecision
from models.base import db
from models.disclosure import Submission
from models.ranking import RankingPoints
from models.rounds import Round
from views import clock, guard
from views.award import blueprint
from views.award.common import Wrong, again, is_stale, tied, typed, wrong_of
from views.guard import actor, permit
from views.i18n import words


@blueprint.get("/rounds/<round_id>/award/reasons/<submission_id>")
@permit(Permission.AWARD_DECIDE)
def tender_reasons(round_: Round, submission_id: str) -> str:
    """What is written so far, beside what the evaluators wrote; with `start` blank fields begin with that, to be read and changed."""
    return _page(round_, guard.child(Submission, submission_id, round_), {})


@blueprint.post("/rounds/<round_id>/award/reasons/<submission_id>")
@permit(Permission.AWARD_DECIDE)
def write_reasons(round_: Round, submission_id: str) -> str | Response | tuple[str, int]:
    """Write them."""
    public_id = round_.public_id
    tender = guard.child(Submission, submission_id, round_)
    try:
        texts = {key: typed(_field(key)) for key in _keys(round_, tender) if _field(key) in request.form}
        reasons.write(db.session(), tender, texts, actor=actor(), now=clock.now())
        return guard.done(url_for("award.index", round_id=public_id), _("The reasons are written."))
    except RuleBroken as error:
        if is_stale(error):
            raise
        wrong = wrong_of(error)
        round_ = again(public_id)
        return _page(round_, guard.child(Submission, submission_id, round_), wrong), error.status


def _keys(round_: Round, tender: Submission) -> list[tuple[int, int]]:
    found = decisions.current(db.session(), round_)
    return [one.key for one in reasons.wanted(db.session(), found).get(tender.id, [])] if found is not None else []


def _field(key: tuple[int, int]) -> str:
    return f"reason-{key[0]}-{key[1]}"


def _page(round_: Round, tender: Submission, wrong: Wrong) -> str:
    decision = decisions.current(db.session(), round_)
    listed = reasons.wanted(db.session(), decision).get(tender.id) if decision is not None else None
    if decision is None or listed is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    starts = reasons.starts(db.session(), round_, tender)
    return render_template(
        "award/reasons.html",
        round_=round_,
        tender=tender,
        tied=tied(round_),
        lots=_lots(decision, tender, listed, starts),
        wrong=wrong,
        is_open=round_.state == "award" and decision.announced_at is None,
        has_starts=any(starts.get(one.key) and not one.text for one in listed),
        longest=reasons.LONGEST,
        why=lambda code: words(points.REASONS[code]) if code in points.REASONS else "",
    )


def _lots(
    decision: AwardDecision, tender: Submission, listed: list[Wanted], starts: dict[tuple[int, int], list[str]]
) -> list[dict[str, Any]]:
    won = {one.lot_id for one in decisions.awards(db.session(), decision) if one.submission_id == tender.id}
    tables = {one.lot.id: one for one in rankings.tables(db.session(), decision.ranking)}
    found: dict[int, dict[str, Any]] = {}
    for one in listed:
        lot = found.setdefault(one.lot.id, {"lot": one.lot, "won": one.lot.id in won, "fields": []})
        given = tables[one.lot.id].given.get((tender.id, one.criterion.id)) if one.criterion is not None else None
        lot["fields"].append(_shown(one, given, starts.get(one.key, [])))
    return list(found.values())


def _shown(one: Wanted, given: RankingPoints | None, start: list[str]) -> dict[str, Any]:
    name, text = _field(one.key), one.text
    if name in request.form:
        text = typed(name)
    elif not text and request.args.get("start"):
        text = "\n\n".join(start)
    return {"name": name, "criterion": one.criterion, "text": text, "given": given, "start": start}

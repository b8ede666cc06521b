"""The board: what must be done before the judging starts, how much each evaluator has, and every sheet with who judges it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from framework.disclosure import lettered
from framework.ground.errors import NotFound, RuleBroken
from framework.ground.permissions import Permission, may
from framework.ground.text import N_, storable
from framework.judging import assigning, items, judges, letters, sharing, starting
from framework.judging.assigning import Change
from framework.judging.sharing import Lack
from framework.judging.starting import ADMIT, NAME, SHARE, SOMEBODY, STATE
from models.base import db
from models.disclosure import Submission
from models.judging import Item
from models.rounds import Round
from views import clock, guard
from views.guard import actor, permit
from views.i18n import words
from views.judging import blueprint
from views.judging.closing import facts_of
from views.judging.labels import what

COLUMNS = {
    "fa": N_("Final assembly"),
    "co": N_("Components"),
    "sm": N_("Smelters"),
    "mi": N_("Origins"),
    "": N_("Criteria"),
}
WHOSE = {
    "lead": N_("the lead"),
    "evaluator": N_("those named"),
    "system": N_("the program"),
}
WHY = {
    sharing.NOBODY: N_("nobody may take it: everybody has a conflict there or has not said whether"),
    sharing.MEMBERS: N_("evaluators of too few members may take it"),
    sharing.FULL: N_("those who may take it have no capacity left"),
}
PAGES = {
    ADMIT: "judging.selection",
    SOMEBODY: "judging.selection",
    NAME: "judging.judges",
    STATE: "judging.judges",
    SHARE: "",
}


@dataclass(slots=True)
class Line:
    """One brand of a tender in a lot: items by column, with how many of them have all their evaluators."""

    item: Item
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    filled: dict[str, int] = field(default_factory=lambda: defaultdict(int))


@blueprint.get("/rounds/<round_id>/judging")
@permit(Permission.JUDGING_VIEW)
def board(round_: Round) -> str:
    """Readiness, loads and the table of tenders."""
    return _board(round_)


@blueprint.post("/rounds/<round_id>/judging/share")
@permit(Permission.JUDGING_SHARE)
def share_items(round_: Round) -> str | Response | tuple[str, int]:
    """Let the program give every item the evaluators it lacks."""
    try:
        shares = assigning.share(db.session(), round_, actor=actor(), now=clock.now())
    except RuleBroken as error:
        return _again(round_, error)
    done = ngettext("%(num)s assessment was given out.", "%(num)s assessments were given out.", len(shares.pairs))
    if shares.lacks:
        flash(_lacks(shares.lacks), "error")
    return guard.done(_here(round_), done)


@blueprint.post("/rounds/<round_id>/judging/start")
@permit(Permission.JUDGING_START)
def start_judging(round_: Round) -> str | Response | tuple[str, int]:
    """Start the judging; the evaluators are mailed."""
    try:
        starting.start(db.session(), round_, actor=actor(), now=clock.now())
    except RuleBroken as error:
        return _again(round_, error)
    return guard.done(_here(round_), _("The judging has started. The evaluators are told."))


@blueprint.get("/rounds/<round_id>/judging/tenders/<submission_id>")
@permit(Permission.JUDGING_VIEW)
def tender_board(round_: Round, submission_id: str) -> str:
    """The items of one tender against the evaluators."""
    return _tender(round_, guard.child(Submission, submission_id, round_))


@blueprint.post("/rounds/<round_id>/judging/tenders/<submission_id>")
@permit(Permission.JUDGING_SHARE)
def change_tender(round_: Round, submission_id: str) -> str | Response | tuple[str, int]:
    """Change by hand who judges what of a tender; what was ticked by somebody else meanwhile is not undone unseen."""
    tender = guard.child(Submission, submission_id, round_)
    wanted, shown = set(request.form.getlist("pair")), set(request.form.getlist("had"))
    try:
        changes = _changes(round_, tender, wanted, shown)
        motive = storable(request.form.get("motive", ""))
        done = assigning.apply(db.session(), round_, changes, motive, actor=actor(), now=clock.now())
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        public_id, field_ = round_.public_id, getattr(error, "field", "")
        told = guard.refused(error)
        again = db.session.query(Round).filter_by(public_id=public_id).one()
        return _tender(again, guard.child(Submission, submission_id, again), told, field_, wanted), error.status
    here = url_for("judging.tender_board", round_id=round_.public_id, submission_id=submission_id)
    return guard.done(here, ngettext("%(num)s change is made.", "%(num)s changes are made.", done))


def _changes(round_: Round, tender: Submission, wanted: set[str], shown: set[str]) -> list[Change]:
    """What the form changes against what it showed; pairs are written item:person."""
    listed = {one.public_id: one for one in assigning.of_tender(items.of_round(db.session(), round_), tender)}
    people = {one.user.public_id: one for one in judges.panel(db.session(), round_)}
    found = []
    for pair in sorted(wanted ^ shown):
        item, _sign, person = pair.partition(":")
        if item not in listed or person not in people:
            raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
        found.append(Change(listed[item].id, people[person].user.id, is_added=pair in wanted))
    return found


def _again(round_: Round, error: RuleBroken) -> tuple[str, int]:
    if error.status in (403, 404):
        raise error
    public_id, told = round_.public_id, guard.refused(error)
    return _board(db.session.query(Round).filter_by(public_id=public_id).one(), told), error.status


def _here(round_: Round) -> str:
    return url_for("judging.board", round_id=round_.public_id)


def _lacks(lacks: tuple[Lack, ...]) -> str:
    """Why items stay without enough evaluators, by reason."""
    counts: dict[str, int] = defaultdict(int)
    for one in lacks:
        counts[one.why] += 1
    parts = [
        ngettext("%(num)s item: %(why)s", "%(num)s items: %(why)s", count, why=words(WHY[why]))
        for why, count in sorted(counts.items())
    ]
    return str(_("Not everything could be given out. %(parts)s.", parts="; ".join(parts)))


def _board(round_: Round, error: str = "") -> str:
    session, each = db.session(), assigning.needed(round_)
    listed, held = items.of_round(session, round_), assigning.counting(session, round_)
    lacking = assigning.lacking(listed, held, each)
    lines: dict[tuple[int, int, str], Line] = {}
    for one in listed:
        line = lines.setdefault((one.submission_id, one.lot_id, one.brand_key), Line(one))
        line.counts[one.section] += 1
        line.filled[one.section] += one.id not in lacking
    facts = starting.readiness(session, round_)
    roles = guard.roles(round_)
    return render_template(
        "judging/board.html",
        round_=round_,
        facts=[
            (one, words(one.sentence, **one.params), words(WHOSE[one.whose]), _page_of(round_, one.key))
            for one in facts
        ],
        is_ready=all(one.holds for one in facts),
        panel=[_load(one) for one in judges.panel(session, round_) if "evaluator" in one.roles],
        lines=list(lines.values()),
        columns=[
            (key, words(label)) for key, label in COLUMNS.items() if any(key in one.counts for one in lines.values())
        ],
        lacking=len(lacking),
        each=each,
        letters=letters.letters(session, round_) if lettered.are_in_use(round_) else {},
        may_share=may(session, actor(), Permission.JUDGING_SHARE, round_, roles=roles),
        may_start=may(session, actor(), Permission.JUDGING_START, round_, roles=roles),
        closing=facts_of(round_) if round_.state == "judging" else [],
        may_close=may(session, actor(), Permission.JUDGING_CLOSE, round_, roles=roles),
        may_rank=may(session, actor(), Permission.RANKING_VIEW, round_, roles=roles),
        may_name=may(session, actor(), Permission.JUDGES_NAME, round_, roles=roles),
        error=error,
    )


def _load(one: judges.Judge) -> dict[str, object]:
    return {
        "name": one.user.name,
        "member": one.member.name,
        "held": one.held,
        "finished": one.finished,
        "capacity": one.profile.capacity if one.profile is not None else None,
        "capacity_reason": _("an equal part"),
        "barred": len(one.barred) if one.stated_at is not None else None,
        "barred_reason": _("statement missing"),
    }


def _page_of(round_: Round, key: str) -> str:
    page = PAGES.get(key, "")
    permission = Permission.SELECTION_DECIDE if page == "judging.selection" else Permission.JUDGES_NAME
    allowed = bool(page) and may(db.session(), actor(), permission, round_, roles=guard.roles(round_))
    return url_for(page, round_id=round_.public_id) if allowed else ""


def _tender(
    round_: Round, tender: Submission, error: str = "", field_: str = "", wanted: set[str] | None = None
) -> str:
    session = db.session()
    listed = assigning.of_tender(items.of_round(session, round_), tender)
    held = {(one.item_id, one.user_id): one for one in assigning.counting(session, round_)}
    able = {one.user.id for one in judges.able(session, round_)}
    roles = guard.roles(round_)
    return render_template(
        "judging/tender.html",
        round_=round_,
        tender=tender,
        listed=[(one, what(one)) for one in listed],
        people=[one for one in judges.panel(session, round_) if "evaluator" in one.roles],
        able=able,
        held=held,
        each=assigning.needed(round_),
        may_share=may(session, actor(), Permission.JUDGING_SHARE, round_, roles=roles),
        is_chair="chair" in roles,
        error=error,
        field=field_,
        wanted=wanted,
        typed=request.form,
    )

"""Together: the items by how far values lie apart, what each evaluator found, moderation, and the meeting that follows the chair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import make_response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.disclosure.veil import opened
from framework.ground.errors import NotFound, RuleBroken
from framework.ground.labels import STATE_LABELS
from framework.ground.permissions import Permission, may
from framework.ground.table_files import Sheet, Value, workbook
from framework.ground.text import N_, storable
from framework.judging import assessing, blind, remarks, settling, taking_out, talking, unchanged
from framework.judging.settling import Moderated
from framework.judging.talking import Line
from framework.judging.unchanged import Earlier
from models.base import db
from models.disclosure import Submission
from models.judging import Assessment, Item
from models.rounds import Round
from views import clock, guard
from views.assessing import blueprint, words
from views.assessing.scoring import number_of
from views.assessing.strips import middle_of, strip
from views.chain.sight import names_of, reader_of
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import words as translated

STATES = ("in_moderation", "agreed", "moderated", "open")
FOLLOW_SECONDS = 10
"""How often the page of the meeting asks anew what the chair has before it."""


@blueprint.get("/rounds/<round_id>/judging/discussion")
@permit(Permission.VERDICT_VIEW)
def discussion(round_: Round) -> str:
    """The items that the reader may see, those whose values lie furthest apart first."""
    tenders, names = _seen(round_)
    open_ = _open(round_, tenders)
    state = request.args.get("state", "") if request.args.get("state", "") in STATES else ""
    asked = {one.id for one in tenders if one.public_id == request.args.get("tender", "")}
    numbers = asked & open_ if "tender" in request.args and asked else open_
    lines, page = talking.listed(db.session(), round_, numbers, state=state, number=request.args.get("page"))
    return render_template(
        "assessing/discussion.html",
        round_=round_,
        lines=[_line(round_, line, names) for line in lines],
        page=page,
        before=_before(round_, lines, numbers),
        state=state,
        states=[(one, STATE_LABELS["verdict", one]) for one in STATES],
        tenders=[(one, names[one.id]) for one in tenders],
        tender=request.args.get("tender", ""),
        hidden=len(tenders) - len(open_),
        waiting=[
            (one, names[one.id])
            for one in talking.waiting_tenders(db.session(), round_, actor().user_id)
            if one.id in names and round_.state == "judging"
        ],
        meeting=talking.meeting(db.session(), round_),
        words_of=words,
    )


@blueprint.get("/rounds/<round_id>/judging/discussion.xlsx")
@permit(Permission.VERDICT_VIEW)
def discussion_sheet(round_: Round) -> Response:
    """Everything that the reader may see of what was found, as a workbook: verdicts, and each evaluator's final value."""
    tenders, names = _seen(round_)
    numbers = _open(round_, tenders)
    lines: list[Line] = []
    number, pages = 1, 1
    while number <= pages:
        some, page = talking.listed(db.session(), round_, numbers, number=number)
        lines, pages, number = lines + some, page.pages, number + 1
    heads = [(line, _head(line, names[line.item.submission_id])) for line in lines]
    said = remarks.of_items(db.session(), [line.item.id for line in lines])
    what = [_("Supplier"), _("Lot"), _("Brand"), _("Item")]
    sheets = [
        Sheet(
            _("Verdicts"),
            [*what, _("State"), _("Verdict"), _("Lowest"), _("Highest"), _("Motive"), _("Dissent"), _("Missing")],
            [[*head, *_verdict_cells(line)] for line, head in heads],
            frozen=4,
        ),
        Sheet(
            _("Values"),
            [*what, _("Evaluator"), _("Member"), _("Value"), _("How sure"), _("Motive")],
            [[*head, *cells] for line, head in heads for cells in _value_cells(line)],
            frozen=4,
        ),
        Sheet(
            _("Remarks"),
            [*what, _("Evaluator"), _("Member"), _("Written at (UTC)"), _("Struck through at (UTC)"), _("Remark")],
            [
                [*head, one.user.name, one.member.name, one.at, one.struck_at, one.words]
                for line, head in heads
                for one in said[line.item.id]
            ],
            frozen=4,
        ),
    ]
    return send_workbook(workbook(f"{round_.name} · {_('Discussion')}", sheets, now=clock.now()), "discussion.xlsx")


def _head(line: Line, supplier: str) -> list[Value]:
    """What a row of either sheet is about."""
    return [supplier, line.item.lot.name, line.item.brand, words.item_name(line.item)]


def _verdict_cells(line: Line) -> list[Value]:
    verdict = line.verdict
    return [
        translated(STATE_LABELS["verdict", verdict.state]),
        _sheet_value(verdict.level, verdict.points),
        _sheet_value(verdict.lowest, verdict.points_lowest),
        _sheet_value(verdict.highest, verdict.points_highest),
        verdict.motive,
        "; ".join(f"{one.member.name}: {one.words}" for one in verdict.dissents),
        ", ".join(line.missing),
    ]


def _value_cells(line: Line) -> list[list[Value]]:
    """A row for each evaluator whose value is final."""
    return [
        [one.user.name, one.member.name, _sheet_value(one.level, one.points), one.confidence, one.motive]
        for one in line.finals
    ]


@blueprint.get("/rounds/<round_id>/judging/discussion/<item_id>")
@permit(Permission.VERDICT_VIEW)
def item(round_: Round, item_id: str) -> str:
    """One item: what each evaluator found and why, and the verdict."""
    return _item(round_, guard.child(Item, item_id, round_))


@blueprint.post("/rounds/<round_id>/judging/discussion/<item_id>/moderate")
@permit(Permission.VERDICT_MODERATE)
def moderate(round_: Round, item_id: str) -> str | Response | tuple[str, int]:
    """Write down the value found in discussion, with its motive and who dissents."""
    return _act(round_, item_id, "moderate", _("The value is written down."))


@blueprint.post("/rounds/<round_id>/judging/discussion/<item_id>/call")
@permit(Permission.VERDICT_MODERATE)
def call_moderation(round_: Round, item_id: str) -> str | Response | tuple[str, int]:
    """Have an item talked about although the rule would not ask for it."""
    return _act(round_, item_id, "call", _("The item is to be discussed."))


@blueprint.post("/rounds/<round_id>/judging/discussion/<item_id>/<assessment_id>/<act>")
@permit(Permission.VERDICT_MODERATE)
def reopen_or_void(round_: Round, item_id: str, assessment_id: str, act: str) -> str | Response | tuple[str, int]:
    """Open an assessment again for its evaluator, or take it out; both with a motive."""
    if act not in ("reopen", "void"):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    said = _("The evaluator can mend it now.") if act == "reopen" else _("Taken out. It is kept, and no longer counts.")
    return _act(round_, item_id, act, said, assessment_id)


@blueprint.post("/rounds/<round_id>/judging/discussion/<item_id>/show")
@permit(Permission.VERDICT_MODERATE)
def show_to_all(round_: Round, item_id: str) -> str | Response | tuple[str, int]:
    """Put an item before everybody who follows the meeting."""
    return _act(round_, item_id, "show", _("Everybody who follows the meeting now sees this item."))


@blueprint.post("/rounds/<round_id>/judging/discussion/<item_id>/remarks")
@permit(Permission.REMARK_MAKE)
def remark(round_: Round, item_id: str) -> str | Response | tuple[str, int]:
    """Write a remark to the others."""
    return _remark(round_, item_id, "", _("The remark stands below."))


@blueprint.post("/rounds/<round_id>/judging/discussion/<item_id>/remarks/<remark_id>/strike")
@permit(Permission.REMARK_MAKE)
def strike_remark(round_: Round, item_id: str, remark_id: str) -> str | Response | tuple[str, int]:
    """Strike an own remark through; it stays legible."""
    return _remark(round_, item_id, remark_id, _("The remark is struck through."))


@blueprint.get("/rounds/<round_id>/judging/meeting")
@permit(Permission.VERDICT_VIEW)
def meeting(round_: Round) -> Response:
    """The item that the chair has before it; the page asks anew by itself, unless it is held still."""
    found = talking.meeting(db.session(), round_)
    tenders, names = _seen(round_)
    numbers = _open(round_, tenders)
    shown = found.item if found is not None and found.item is not None else None
    line = None
    if shown is not None and shown.submission_id in numbers:
        line = _line(round_, talking.one(db.session(), shown, numbers), names)
    is_still = "still" in request.args
    page = render_template(
        "assessing/meeting.html",
        round_=round_,
        meeting=found,
        line=line,
        is_hidden=shown is not None and line is None,
        is_still=is_still,
        seconds=FOLLOW_SECONDS,
        words_of=words,
        leads=may(db.session(), actor(), Permission.VERDICT_MODERATE, round_),
    )
    response = make_response(page)
    if not is_still and found is not None:
        response.headers["Refresh"] = str(FOLLOW_SECONDS)
    return response


@blueprint.post("/rounds/<round_id>/judging/meeting/end")
@permit(Permission.VERDICT_MODERATE)
def end_meeting(round_: Round) -> Response:
    """End the meeting."""
    talking.end(db.session(), round_, actor=actor(), now=clock.now())
    return guard.done(url_for("assessing.discussion", round_id=round_.public_id), _("The meeting is over."))


@blueprint.get("/rounds/<round_id>/judging/agreement")
@permit(Permission.VERDICT_VIEW)
def agreement(round_: Round) -> str:
    """How well the panel agrees, by section; over the tenders that the reader may see."""
    tenders, _names = _seen(round_)
    numbers = _open(round_, tenders)
    return render_template(
        "assessing/agreement.html",
        round_=round_,
        sections=talking.agreements(db.session(), round_, numbers),
        hidden=len(tenders) - len(numbers),
        words_of=words,
    )


def _seen(round_: Round) -> tuple[list[Submission], dict[int, str]]:
    """The tenders that are judged, and what the reader calls them."""
    here = opened(db.session(), round_)
    return [one for one in here if one.state != "excluded"], names_of(round_, reader_of(round_), here)


def _open(round_: Round, tenders: list[Submission]) -> frozenset[int]:
    return blind.open_to(db.session(), round_, actor(), guard.roles(round_), [one.id for one in tenders])


def _line(round_: Round, line: Line, names: dict[int, str]) -> dict[str, Any]:
    verdict = line.verdict
    return {
        "line": line,
        "item": line.item,
        "verdict": verdict,
        "name": words.item_name(line.item),
        "supplier": names.get(line.item.submission_id, ""),
        "state": translated(STATE_LABELS["verdict", verdict.state]),
        "strip": strip(line.finals, actor().user_id, middle_of(verdict.level, verdict.points)),
        "value": words.value_of(verdict.level, verdict.points),
        "low": words.value_of(verdict.lowest, verdict.points_lowest),
        "high": words.value_of(verdict.highest, verdict.points_highest),
    }


def _item(round_: Round, found: Item, error: str = "") -> str:
    tenders, names = _seen(round_)
    numbers, roles = _open(round_, tenders), guard.roles(round_)
    line = talking.one(db.session(), found, numbers)
    return render_template(
        "assessing/item.html",
        round_=round_,
        shown=_line(round_, line, names),
        line=line,
        earlier=talking.earlier(db.session(), line.verdict),
        before=_before(round_, [line], numbers).get(found.id),
        levels=[one for one in words.NAMES if line.verdict.lowest <= one <= line.verdict.highest],
        error=error,
        typed=request.form,
        words_of=words,
        leads=may(db.session(), actor(), Permission.VERDICT_MODERATE, round_, roles=roles),
        remarks=remarks.of_items(db.session(), [found.id])[found.id],
        remarks_too=may(db.session(), actor(), Permission.REMARK_MAKE, round_, roles=roles),
        longest=remarks.LONGEST,
        me=actor().user_id,
        state_label=lambda state: translated(STATE_LABELS["verdict", state]),
        members={one.member_id: one.member.name for one in line.finals},
    )


def _before(round_: Round, lines: Sequence[Line], numbers: frozenset[int]) -> dict[int, Earlier]:
    """What was found before on the same evidence, by item, as far as the reader may see it."""
    pairs = [(line.item, line.verdict) for line in lines]
    return unchanged.earlier(db.session(), round_, pairs, numbers, actor=actor())


def _remark(round_: Round, item_id: str, remark_id: str, said: str) -> str | Response | tuple[str, int]:
    """Write a remark, or strike one through, and go back to the item."""
    found = guard.child(Item, item_id, round_)
    try:
        if remark_id:
            mine = remarks.find(db.session(), round_, found, storable(remark_id))
            remarks.strike(db.session(), mine, actor=actor(), now=clock.now())
        else:
            remarks.write(db.session(), found, storable(request.form.get("words", "")), actor=actor(), now=clock.now())
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        public_id, told = round_.public_id, guard.refused(error)
        again = db.session.query(Round).filter_by(public_id=public_id).one()
        return _item(again, guard.child(Item, item_id, again), told), error.status
    there = url_for("assessing.item", round_id=round_.public_id, item_id=item_id)
    return guard.done(f"{there}#remarks", said)


def _act(round_: Round, item_id: str, act: str, said: str, assessment_id: str = "") -> str | Response | tuple[str, int]:
    """Do what the chair asks of an item that it may see, and go back to it."""
    found = guard.child(Item, item_id, round_)
    tenders, _names = _seen(round_)
    line = talking.one(db.session(), found, _open(round_, tenders))
    motive = storable(request.form.get("motive", ""))
    who: dict[str, Any] = {"actor": actor(), "now": clock.now()}
    try:
        if act == "moderate":
            settling.moderate(db.session(), line.verdict, _moderated(line, motive), **who)
        elif act == "call":
            settling.call_moderation(db.session(), line.verdict, motive=motive, **who)
        elif act == "show":
            talking.show_to_all(db.session(), found, **who)
        else:
            one = guard.child(Assessment, assessment_id, round_)
            if one.item_id != found.id:
                raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
            if act == "reopen":
                assessing.reopen(db.session(), one, motive=motive, **who)
            else:
                taking_out.void(db.session(), one, motive, **who)
    except RuleBroken as error:
        if error.status == 404:
            raise
        told = guard.refused(error)
        return _item(guard_round(round_), guard.child(Item, item_id, round_), told), 422
    return guard.done(url_for("assessing.item", round_id=round_.public_id, item_id=item_id), said)


def guard_round(round_: Round) -> Round:
    """The round, loaded anew after what was begun was undone."""
    return db.session.merge(round_)


def _moderated(line: Line, motive: str) -> Moderated:
    form = request.form
    points = form.get("points", "").strip()
    dissents = {
        one.member_id: storable(form.get(f"dissent-{one.member.public_id}", ""))
        for one in line.finals
        if form.get(f"dissents-{one.member.public_id}") or form.get(f"dissent-{one.member.public_id}", "").strip()
    }
    return Moderated(form.get("level", "")[:2], number_of(points) if points else None, motive, dissents)


def _sheet_value(level: str, points: Any) -> Value:
    return points if points is not None else level

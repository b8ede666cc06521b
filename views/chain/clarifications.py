"""Questions to suppliers about their own rows: asked and closed by the lead, seen and answered by the supplier alone."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from framework.chain.clarifications import acts, lists, notices
from framework.chain.clarifications.positions import positions
from framework.chain.contradictions.catalogue import kinds
from framework.disclosure import confidentiality
from framework.ground.errors import NotFound, RuleBroken
from framework.ground.permissions import Permission, may
from framework.ground.text import N_, storable
from models.base import db
from models.contradictions import Clarification, ClarificationItem
from models.rounds import Round
from views import clock, guard
from views.chain import blueprint
from views.chain.contradictions import hidden_kinds, seen, select_people
from views.chain.saying import question_of, title_of
from views.chain.sight import reader_of
from views.disclosure.bidders import bidder, place
from views.guard import actor, permit
from views.seen import note as note_seen

EXAMPLES = 3
DAYS_TO_ANSWER = 14
LAST_YEAR = 2100


@blueprint.get("/rounds/<round_id>/contradictions/ask/<code>")
@permit(Permission.CLARIFICATION_ASK)
def ask_suppliers(round_: Round, code: str) -> str:
    """What would be asked, of whom: every supplier in the same position, each with its own rows."""
    return _asking(round_, _known(round_, code))


@blueprint.post("/rounds/<round_id>/contradictions/ask/<code>")
@permit(Permission.CLARIFICATION_ASK)
def send_questions(round_: Round, code: str) -> str | Response | tuple[str, int]:
    """Send the question to the chosen suppliers."""
    found = positions(db.session(), round_, _known(round_, code))
    chosen = set(request.form.getlist("supplier"))
    day = _day(request.form.get("answer_by", ""))
    try:
        made = acts.ask(
            db.session(),
            round_,
            found,
            chosen=[one.submission.id for one in found if one.submission.public_id in chosen],
            answer_by=acts.end_of(day, round_.zone) if day else None,
            motive=storable(request.form.get("motive", "")),
            actor=actor(),
            now=clock.now(),
        )
    except RuleBroken as error:
        return _asking(round_, code, guard.refused(error)), 422
    message = ngettext("Asked %(num)s supplier.", "Asked %(num)s suppliers.", len(made))
    return guard.done(url_for("chain.clarifications", round_id=round_.public_id), message)


@blueprint.get("/rounds/<round_id>/contradictions/questions")
@permit(Permission.CLARIFICATION_ASK)
def clarifications(round_: Round) -> str:
    """All questions of a round: which wait, which are answered, whose date has passed."""
    found, page = lists.page(db.session(), round_, without=hidden_kinds(round_), asked=request.args.get("page"))
    note_seen(notices.ANSWERED, round_, {one.public_id for one in found})
    return render_template(
        "chain/clarifications.html",
        round_=round_,
        found=_lines(round_, found),
        states=lists.STATES,
        counts=lists.item_counts(db.session(), found),
        page=page,
    )


@blueprint.get("/rounds/<round_id>/contradictions/questions/<clarification_id>")
@permit(Permission.CLARIFICATION_ASK)
def clarification(round_: Round, clarification_id: str) -> str:
    """One question with its answers, as the lead sees it."""
    one = seen(round_, clarification_id, Clarification)
    note_seen(notices.ANSWERED, round_, {one.public_id})
    return _one(round_, one)


@blueprint.post("/rounds/<round_id>/contradictions/questions/<clarification_id>/close")
@permit(Permission.CLARIFICATION_ASK)
def close_clarification(round_: Round, clarification_id: str) -> str | Response | tuple[str, int]:
    """Close a question that is answered, or whose date has passed."""
    one = seen(round_, clarification_id, Clarification)
    here = url_for("chain.clarification", round_id=round_.public_id, clarification_id=one.public_id)
    try:
        acts.close(db.session(), one, actor=actor(), now=clock.now())
    except RuleBroken as error:
        return _one(round_, guard.child(Clarification, clarification_id, round_), guard.refused(error)), 409
    return guard.done(here, _("Closed. The offer is as it was; the answer stands beside it."))


@blueprint.get("/rounds/<round_id>/clarifications")
@permit(Permission.CLARIFICATION_ANSWER)
def own_clarifications(round_: Round) -> str:
    """The questions about the own tender."""
    found, page = lists.page(
        db.session(), round_, supplier=actor().organisation_id or 0, asked=request.args.get("page")
    )
    return render_template(
        "chain/own_clarifications.html",
        round_=round_,
        found=_lines(round_, found),
        states=lists.STATES,
        counts=lists.item_counts(db.session(), found),
        page=page,
    )


@blueprint.get("/rounds/<round_id>/clarifications/<clarification_id>")
@permit(Permission.CLARIFICATION_ANSWER)
def own_clarification(round_: Round, clarification_id: str) -> str:
    """One question about the own tender, and a form for the answer."""
    return _own(round_, _owned(round_, clarification_id))


@blueprint.post("/rounds/<round_id>/clarifications/<clarification_id>")
@permit(Permission.CLARIFICATION_ANSWER)
def answer_clarification(round_: Round, clarification_id: str) -> str | Response | tuple[str, int]:
    """Answer, as often as needed, until the question is closed."""
    one = _owned(round_, clarification_id)
    text, row = storable(request.form.get("text", "")), request.form.get("row", "")
    here = url_for("chain.own_clarification", round_id=round_.public_id, clarification_id=one.public_id)
    try:
        acts.answer(db.session(), one, text, row=row, actor=actor(), now=clock.now())
    except RuleBroken as error:
        return _own(round_, _owned(round_, clarification_id), guard.refused(error)), 422
    return guard.done(here, _("Your answer is here and dated. Your offer is as it was."))


def _owned(round_: Round, public_id: str) -> Clarification:
    """A question to the asker's own organisation; anybody else's is *not found*."""
    one = guard.child(Clarification, public_id, round_)
    if one.supplier_id != actor().organisation_id:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return one


def _known(round_: Round, code: str) -> str:
    """A kind that this reader may see; else *not found*."""
    if code not in kinds() or code in hidden_kinds(round_):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return code


def _asking(round_: Round, code: str, error: str = "") -> str:
    reader = reader_of(round_)
    found = positions(db.session(), round_, code)
    chosen = request.form.getlist("supplier") if request.form else [one.submission.public_id for one in found]
    by = clock.now().date() + dt.timedelta(days=DAYS_TO_ANSWER)
    return render_template(
        "chain/ask.html",
        round_=round_,
        code=code,
        title=title_of(code),
        found=[
            (
                one.submission.public_id,
                bidder(reader, one.submission.supplier.name),
                [question_of(code, item.says) for item in one.items[:EXAMPLES]],
                len(one.items),
            )
            for one in found
        ],
        chosen=chosen,
        answer_by=request.form.get("answer_by", by.isoformat()),
        motive=request.form.get("motive", ""),
        error=error,
        is_lead_to_ask=notices.ASKING.get(round_.state) in guard.roles(round_),
    )


def _one(round_: Round, one: Clarification, error: str = "") -> str:
    reader = reader_of(round_)
    return render_template(
        "chain/clarification.html",
        **_shared(round_, one, error),
        name=bidder(reader, one.supplier.name),
        may_see_contradictions=may(db.session(), actor(), Permission.CONTRADICTIONS_VIEW, round_),
        place=lambda row: place(reader, one.submission, row),
        is_over=bool(one.answers) or clock.now() > one.answer_by,
        may_close=notices.ASKING.get(round_.state) in guard.roles(round_),
    )


def _own(round_: Round, one: Clarification, error: str = "") -> str:
    reader = confidentiality.reader_of(db.session(), round_, actor(), one.submission, roles=guard.roles(round_))
    return render_template(
        "chain/own_clarification.html",
        **_shared(round_, one, error),
        place=lambda row: place(reader, one.submission, row),
        text=request.form.get("text", ""),
        row=request.form.get("row", ""),
        longest=acts.LONGEST_ANSWER,
    )


def _shared(round_: Round, one: Clarification, error: str) -> dict[str, Any]:
    items, page = lists.items(db.session(), one, asked=request.args.get("page"))
    return {
        "round_": round_,
        "one": one,
        "title": title_of(one.code),
        "items": [(item, question_of(one.code, item.says)) for item in items],
        "rows": _rows(items),
        "page": page,
        "state": acts.state_of(one, clock.now()),
        "states": lists.STATES,
        "people": select_people([answer.user_id for answer in one.answers]),
        "error": error,
    }


def _rows(items: list[ClarificationItem]) -> list[Any]:
    """The rows of the own file that an answer may be about, each once."""
    return list({item.row.id: item.row for item in items if item.row is not None}.values())


def _lines(round_: Round, found: list[Clarification]) -> list[tuple[Clarification, str, str, str]]:
    """Question, its title, its state, and what the reader calls the supplier."""
    reader = reader_of(round_)
    now = clock.now()
    return [(one, title_of(one.code), acts.state_of(one, now), bidder(reader, one.supplier.name)) for one in found]


def _day(text: str) -> dt.date | None:
    """A day as a form gives it; none where it is no day, or one that no question waits for."""
    try:
        day = dt.date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if day.year <= LAST_YEAR else None

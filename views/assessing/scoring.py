"""The scoring page: evidence beside the form, item by item; saved while one works, made final in one act."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import jsonify, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from framework.chain.contradictions import listing
from framework.chain.contradictions.catalogue import OF_EARLIER_ROUNDS
from framework.chain.contradictions.listing import Filter
from framework.chain.measures import facts, reading
from framework.disclosure import confidentiality
from framework.disclosure.veil import opened, veil_of
from framework.ground.errors import InvalidInput, NotFound, RuleBroken
from framework.ground.paging import page_of
from framework.ground.permissions import Permission
from framework.ground.text import N_, storable
from framework.judging import assessing, blind, claims, piles
from framework.judging.assessing import Own, Values, lacking, own_of
from framework.judging.claims import Claim
from models.base import db
from models.contradictions import ContradictionRow
from models.disclosure import Submission
from models.judging import Assessment, Item, Verdict
from models.rounds import Round
from views import clock, guard
from views.assessing import blueprint, words
from views.chain.ladder import Shower
from views.chain.saying import sentence_of
from views.chain.sight import names_of, reader_of
from views.disclosure.bidders import bidder
from views.guard import actor, permit
from views.i18n import instant
from views.i18n import words as translated

ITEMS_PAGE = 25
PLACES_SHOWN = 8
"""Places of one item on the page; the weakest come first, and the rest stands behind a link."""


@blueprint.get("/rounds/<round_id>/judging/mine/<submission_id>")
@permit(Permission.ASSESSMENT_MAKE)
def scoring(round_: Round, submission_id: str) -> str:
    """The reader's items of one tender, with the evidence for each."""
    return _scoring(round_, _own(round_, submission_id))


@blueprint.post("/rounds/<round_id>/judging/mine/<submission_id>/save")
@permit(Permission.ASSESSMENT_MAKE)
def save(round_: Round, submission_id: str) -> Any:
    """Save one assessment: as data to a page with scripts, else back to the page at the next item."""
    mine = _own(round_, submission_id)
    one = _asked(mine)
    by_script = request.accept_mimetypes.best == "application/json"
    try:
        assessing.save(db.session(), one, _values(one), actor=actor(), now=clock.now())
    except RuleBroken as error:
        item = request.form.get("assessment", "")
        told = guard.refused(error)
        if by_script:
            return jsonify(error=told), 422
        return _scoring(round_, _own(round_, submission_id), error=(item, told)), 422
    if by_script:
        answer = _saved(mine, one)
        db.session.commit()
        return jsonify(answer)
    there = url_for("assessing.scoring", round_id=round_.public_id, submission_id=submission_id, page=_page_no())
    following = _after(mine, one)
    return guard.done(f"{there}#item-{following.public_id}", _("Saved. Only you see it."))


@blueprint.get("/rounds/<round_id>/judging/mine/<submission_id>/finish")
@permit(Permission.ASSESSMENT_MAKE)
def check(round_: Round, submission_id: str) -> str:
    """All own values of a tender on one page, with what is still lacking, before they become final."""
    return _check(round_, _own(round_, submission_id))


@blueprint.post("/rounds/<round_id>/judging/mine/<submission_id>/finish")
@permit(Permission.ASSESSMENT_MAKE)
def finish(round_: Round, submission_id: str) -> str | Response | tuple[str, int]:
    """Make all own assessments of a tender final in one act."""
    mine = _own(round_, submission_id)
    try:
        count = assessing.finish(db.session(), mine.submission, actor=actor(), now=clock.now())
    except RuleBroken as error:
        return _check(round_, _own(round_, submission_id), guard.refused(error)), 422
    message = ngettext("%(num)s assessment is final.", "%(num)s assessments are final.", count)
    return guard.done(url_for("assessing.pile", round_id=round_.public_id), message)


@blueprint.post("/rounds/<round_id>/judging/mine/<submission_id>/look")
@permit(Permission.ASSESSMENT_MAKE)
def look(round_: Round, submission_id: str) -> Response | tuple[str, int] | str:
    """Show the reader what the others found of a tender; from then on nothing own of it is reopened."""
    mine = _own(round_, submission_id)
    try:
        blind.look(db.session(), mine.submission, actor=actor(), now=clock.now())
    except RuleBroken as error:
        return _check(round_, _own(round_, submission_id), guard.refused(error)), 409
    there = url_for("assessing.discussion", round_id=round_.public_id, tender=submission_id)
    return guard.done(there, _("You now see what the others found of this tender."))


def _own(round_: Round, submission_id: str) -> Own:
    """The reader's assessments of a tender; *not found* where there are none. Every page keeps out what a tie bars."""
    submission = guard.child(Submission, submission_id, round_)
    mine = own_of(db.session(), submission, actor().user_id)
    if not mine.lines:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return mine


def _asked(mine: Own) -> Assessment:
    asked = request.form.get("assessment", "")
    for one, _item, _verdict in mine.lines:
        if one.public_id == asked:
            return one
    raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))


def _after(mine: Own, one: Assessment) -> Assessment:
    """The assessment after this one, or itself where it is the last."""
    every = [each for each, _item, _verdict in mine.lines]
    place = every.index(one)
    return every[min(place + 1, len(every) - 1)]


def _values(one: Assessment) -> Values:
    """What the form says. Raises InvalidInput for what is no number."""
    form = request.form
    points = form.get("points", "").strip()
    seconds = form.get("seconds", "0")
    return Values(
        level=form.get("level", "")[:2],
        points=number_of(points) if points else None,
        confidence=form.get("confidence", "")[:10],
        motive=storable(form.get("motive", "")) or (_guidance(form.get("level", "")) if "take" in form else ""),
        sources=_cells(form.getlist("source")),
        seconds=int(seconds) if seconds.isdecimal() and len(seconds) < 6 else 0,
    )


def _guidance(level: str) -> str:
    """The text of a level, which may be taken as the motive."""
    return translated(words.GUIDANCE[level]) if level in words.GUIDANCE else ""


def number_of(told: str) -> Decimal:
    """Points as somebody types them. Raises InvalidInput for what is no number."""
    try:
        found = Decimal(told.replace(",", "."))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise InvalidInput("points-unknown", N_("Give the points as a number."))
    return found


def _cells(told: list[str]) -> list[list[Any]] | None:
    """The cells that were ticked, as `row:column`; None where none was: then the program notes those of the evidence."""
    found = []
    for cell in told:
        row, _colon, column = cell.partition(":")
        if row.isdecimal() and len(row) < 10 and column.isidentifier():
            found.append([int(row), column[:60]])
    return found or None


def _saved(mine: Own, one: Assessment) -> dict[str, Any]:
    """What a page with scripts is told once an assessment is saved."""
    valued = sum(1 for each, _item, _verdict in mine.lines if each.level or each.points is not None)
    return {
        "saved": _("Saved %(when)s", when=instant(clock.now(), mine.submission.round.zone)),
        "done": _("%(part)s of %(whole)s have a value", part=valued, whole=len(mine.lines)),
        "cells": [f"{row}:{column}" for row, column in one.sources],
    }


def _page_no() -> str | None:
    found = request.values.get("page", "")
    return found if found.isdecimal() and found != "1" else None


def _scoring(round_: Round, mine: Own, error: tuple[str, str] = ("", "")) -> str:
    part = page_of(request.values.get("page"), len(mine.lines), ITEMS_PAGE)
    lines = mine.lines[part.offset : part.offset + part.size]
    submissions = opened(db.session(), round_)
    reader, order = reader_of(round_), [one.id for one in submissions]
    found = claims.load(db.session(), round_, mine.submission, [item for _one, item, _verdict in lines], submissions)
    veil = veil_of(db.session(), reader, submissions)
    position = order.index(mine.submission.id)
    undone = {one.submission_id for one in piles.parts(db.session(), round_, actor().user_id) if not one.is_final}
    later = [one for one in submissions[position + 1 :] if one.id in undone]
    shower = Shower(round_, reader, reading.CLASSES["all"], veil, facts.scale(round_))
    return render_template(
        "assessing/scoring.html",
        round_=round_,
        submission=mine.submission,
        supplier=bidder(reader, confidentiality.bidder_name(reader, mine.submission, position)),
        lines=[_line(shower, *line, found.get(line[1].id)) for line in lines],
        valued=sum(1 for one, _item, _verdict in mine.lines if one.level or one.points is not None),
        count=len(mine.lines),
        is_final=all(one.state == "final" for one, _item, _verdict in mine.lines),
        page=part,
        following=later[0].public_id if later else "",
        error=error,
        words_of=words,
        contradictions=_contradictions(round_, mine.submission, lines, found),
    )


def _contradictions(
    round_: Round,
    submission: Submission,
    lines: Sequence[tuple[Assessment, Item, Verdict | None]],
    found: dict[int, Claim],
) -> dict[str, Any]:
    """The accepted contradictions of a tender: those of rows of an item beside it, the others of the tender as a whole."""
    asked = Filter(state="accepted", without=OF_EARLIER_ROUNDS, among=frozenset({submission.id}))
    listed, _page = listing.page(db.session(), round_, asked, number=1)
    rows = _rows_of(submission, [line.one.id for line in listed])
    told = {
        line.one.id: (
            url_for("chain.judged_contradiction", round_id=round_.public_id, contradiction_id=line.one.public_id),
            sentence_of(line.one.code, line.one.params),
        )
        for line in listed
    }
    by_item, placed = dict[str, list[tuple[str, str]]](), set[int]()
    for one, item, _verdict in lines:
        places = found[item.id].places if item.id in found else ()
        own = {row.id for place in places for row in (place.place.told.row, place.place.told.link_row) if row}
        for number, stated in rows.items():
            if stated & own:
                by_item.setdefault(one.public_id, []).append(told[number])
                placed.add(number)
    return {"by_item": by_item, "general": [each for number, each in told.items() if number not in placed]}


def _rows_of(submission: Submission, contradictions: Sequence[int]) -> dict[int, set[int]]:
    """The rows of a tender that are part of these contradictions."""
    if not contradictions:
        return {}
    query = select(ContradictionRow.contradiction_id, ContradictionRow.row_id).where(
        ContradictionRow.contradiction_id.in_(contradictions), ContradictionRow.submission_id == submission.id
    )
    found: dict[int, set[int]] = {number: set() for number in contradictions}
    for number, row in db.session().execute(query):
        found[number].add(row)
    return found


def _line(shower: Shower, one: Assessment, item: Item, verdict: Verdict | None, claim: Claim | None) -> dict[str, Any]:
    """One item as the page shows it."""
    places = claim.places if claim is not None else ()
    return {
        "one": one,
        "item": item,
        "name": words.item_name(item),
        "brand": shower.over(item.brand),
        "ceiling": claim.ceiling if claim is not None else "",
        "products": item.products,
        "places": [
            (
                place,
                shower.spot(place.said, place.node, place.place, "corroboration"),
                [(words.support(each), each.level, _cell(each.source)) for each in place.supports],
            )
            for place in places[:PLACES_SHOWN]
        ],
        "more": max(0, len(places) - PLACES_SHOWN),
        "cells": {f"{row}:{column}" for row, column in one.sources},
    }


def _cell(source: Any) -> str:
    return f"{source[0]}:{source[1]}" if source is not None else ""


def _check(round_: Round, mine: Own, error: str = "") -> str:
    found = claims.load(db.session(), round_, mine.submission, [item for _one, item, _verdict in mine.lines])
    lines = [
        (
            one,
            item,
            words.item_name(item),
            lacking(one, found[item.id].ceiling if item.id in found else ""),
        )
        for one, item, _verdict in mine.lines
    ]
    return render_template(
        "assessing/finish.html",
        round_=round_,
        submission=mine.submission,
        supplier=names_of(round_, reader_of(round_))[mine.submission.id],
        lines=lines,
        short=sum(1 for _one, _item, _name, lacks in lines if lacks),
        is_final=all(one.state == "final" for one, _item, _verdict in mine.lines),
        unseen=any(one.others_seen_at is None for one, _item, _verdict in mine.lines),
        error=error,
        words_of=words,
    )

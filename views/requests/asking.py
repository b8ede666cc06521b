"""The lead's own requests: about rows of one opened tender, to a brand, factory or maker that offers nothing in the round."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from framework.chain.requests import acts, nodes, notices, reading
from framework.disclosure.veil import opened
from framework.ground.errors import InvalidInput, NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.disclosure import Submission
from models.requests import UpstreamRequest
from models.rounds import Round
from views import clock, seen
from views.guard import actor, permit
from views.i18n import current_language
from views.requests import acting, blueprint, files_of, letter_of, words
from views.requests.supplier import day_of, groups_of

USUAL_DAYS = 21


@blueprint.get("/rounds/<round_id>/upstream/new")
@permit(Permission.REQUEST_ASK_AS_LEAD)
def new_of_lead(round_: Round) -> str:
    """The form: about whose tender, which rows, whom, why, until when."""
    return _form(round_)


@blueprint.post("/rounds/<round_id>/upstream/new")
@permit(Permission.REQUEST_ASK_AS_LEAD)
def ask_as_lead(round_: Round) -> Response | tuple[str, int]:
    """Ask; the mail with the link leaves after the commit."""

    def ask() -> UpstreamRequest:
        tender = _tender(round_)
        if tender is None:
            raise InvalidInput("tender-missing", N_("Choose whose tender it is about."), field="tender")
        ticked = set(request.form.getlist("row"))
        return acts.ask_as_lead(
            db.session(),
            tender,
            [one for one in _nodes(tender) if one.place in ticked],
            acting.party(),
            why=request.form.get("why", ""),
            due_on=day_of("due_on"),
            actor=actor(),
            now=clock.now(),
        )

    return acting.sent(round_, ask, _place, _form)


@blueprint.get("/rounds/<round_id>/upstream/<request_id>")
@permit(Permission.REQUEST_VIEW)
def one_of_lead(round_: Round, request_id: str) -> str:
    """One request: the rows asked beside what the tender says, what came back and through whom, hops, reminders."""
    found = _own(round_, request_id)
    seen.note(notices.NEWS, round_, {found.public_id})
    now = clock.now()
    facts: dict[str, Any] = {
        "round_": round_,
        "request_": found,
        "line": reading.line_of(db.session(), found, now=now),
        "behind": reading.behind(db.session(), found, now=now),
        "about": reading.about(found),
        "open_places": {one.place for one in nodes.open_nodes(db.session(), found.submission)},
        "place_of": lambda row: nodes.of_row(row).place,
        "reminders": reading.reminders_of(db.session(), found),
        "words_": words,
        "letters": words.letter_links(
            lambda language: url_for(
                ".letter_of_lead", round_id=round_.public_id, request_id=found.public_id, language=language
            )
        ),
    }
    return render_template("requests/one_of_lead.html", **facts)


@blueprint.post("/rounds/<round_id>/upstream/<request_id>/withdraw")
@permit(Permission.REQUEST_ASK_AS_LEAD)
def withdraw_of_lead(round_: Round, request_id: str) -> Response:
    """Take a request back."""
    found = _own(round_, request_id)
    return acting.withdrawn(found, _place(found))


@blueprint.post("/rounds/<round_id>/upstream/<request_id>/remind")
@permit(Permission.REQUEST_ASK_AS_LEAD)
def remind_of_lead(round_: Round, request_id: str) -> Response:
    """Remind the one asked."""
    found = _own(round_, request_id)
    return acting.reminded(found, _place(found))


@blueprint.get("/rounds/<round_id>/upstream/<request_id>/refusal")
@permit(Permission.REQUEST_VIEW)
def proof_of_lead(round_: Round, request_id: str) -> Response:
    """The dated answer that refuses, byte for byte."""
    return files_of.send_proof(_own(round_, request_id))


@blueprint.get("/rounds/<round_id>/upstream/<request_id>/letter-<language>")
@permit(Permission.REQUEST_VIEW)
def letter_of_lead(round_: Round, request_id: str, language: str) -> str:
    """The letter of the request for print, in a language."""
    found = _own(round_, request_id)
    return letter_of.page(found, language, back=_place(found))


@blueprint.get("/rounds/<round_id>/upstream/<request_id>/letter-<language>.pdf")
@permit(Permission.REQUEST_VIEW)
def letter_of_lead_pdf(round_: Round, request_id: str, language: str) -> Response:
    """The letter of the request as a PDF, in a language."""
    return letter_of.pdf(_own(round_, request_id), language)


def _own(round_: Round, public_id: str) -> UpstreamRequest:
    return reading.request_of_lead(db.session(), round_, public_id)


def _place(found: UpstreamRequest) -> str:
    return url_for(".one_of_lead", round_id=found.round.public_id, request_id=found.public_id)


def _tender(round_: Round) -> Submission | None:
    """The opened tender that the address or the form names; None where none is named yet."""
    wanted = request.values.get("tender", "")
    if not wanted:
        return None
    found = next((one for one in opened(db.session(), round_) if one.public_id == wanted), None)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def _nodes(tender: Submission) -> list[nodes.Node]:
    """What may be asked about a tender: what it leaves open, and what it names, which somebody else may confirm."""
    return nodes.open_nodes(db.session(), tender, with_named=True)


def _form(round_: Round, errors: list[dict[str, str]] | None = None) -> str:
    tender = _tender(round_)
    every = _nodes(tender) if tender is not None else []
    brands = sorted({one.brand for one in every}, key=str.casefold)
    brand = request.values.get("brand", "")
    brand = brand if brand in brands else ""
    shown = [one for one in every if not brand or one.brand == brand]
    is_open = {one.place for one in nodes.open_nodes(db.session(), tender)} if tender is not None else set()
    return render_template(
        "requests/new_of_lead.html",
        round_=round_,
        tender=tender,
        tenders=[(one.public_id, one.supplier.name) for one in opened(db.session(), round_)],
        groups=groups_of(shown[: acts.MOST_ROWS]),
        total=len(shown),
        most=acts.MOST_ROWS,
        brands=brands,
        brand=brand,
        open_places=is_open,
        waiting=_waiting(round_, tender) if tender is not None else {},
        typed=request.form,
        ticked=set(request.form.getlist("row")),
        errors=errors or [],
        wrong={one["field_id"]: one["text"] for one in errors or []},
        usual_day=clock.now().date() + dt.timedelta(days=USUAL_DAYS),
        words_=words,
        language=current_language(),
    )


def _waiting(round_: Round, tender: Submission) -> dict[str, str]:
    """Which nodes of the tender the lead asked already and wait or came back, and whom."""
    lines = reading.own_of_lead(db.session(), round_, tender, now=clock.now())
    return {row.node_key: one.request.asked_name for one in lines for row in one.request.rows}

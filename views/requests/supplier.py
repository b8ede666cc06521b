"""The supplier's pages of requests: what it asked, one request with what came back, asking, the next version with answers."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from flask import render_template, request, url_for
from flask_babel import force_locale, gettext
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.chain.requests import accepting, acts, nodes, notices, reading
from framework.disclosure import receiving, sealing, workbook
from framework.ground import audit
from framework.ground.errors import InvalidInput, MoveRefused, NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.disclosure import Submission
from models.requests import UpstreamRequest
from models.rounds import Round
from views import clock, guard, seen
from views.disclosure.upload import address, own_organisation
from views.disclosure.work import files, run_if_small, upload_mb
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import current_language
from views.requests import acting, blueprint, files_of, letter_of, words

MADE = audit.declare("request.version_made", "rows")


@blueprint.get("/rounds/<round_id>/requests")
@permit(Permission.REQUEST_VIEW_OWN)
def own(round_: Round) -> str:
    """Everything this supplier asked in the round, with the hops behind, and what it takes over."""
    now, supplier_id = clock.now(), actor().organisation_id or 0
    lines, page = reading.part(reading.own(db.session(), round_, supplier_id, now=now), request.args.get("page"))
    seen.note(notices.NEWS, round_, {one.request.public_id for one in lines})
    version = nodes.version_to_ask_for(db.session(), round_, supplier_id)
    is_away = version is not None and sealing.is_away(version)
    read = None if is_away else version
    taken = accepting.standing(db.session(), round_, supplier_id)
    return render_template(
        "requests/own.html",
        round_=round_,
        lines=lines,
        page=page,
        version=version,
        is_away=is_away,
        away=sealing.AWAY,
        open_rows=len(nodes.open_nodes(db.session(), read)) if read is not None else 0,
        taken=accepting.pending(db.session(), read, taken, now=now) if read is not None else [],
        is_open=_may_send(round_, now),
        words_=words,
        now=now,
    )


@blueprint.get("/rounds/<round_id>/requests/new")
@permit(Permission.REQUEST_ASK)
def new(round_: Round) -> str:
    """The form: which open rows, whom, why, until when."""
    return _form(round_)


@blueprint.post("/rounds/<round_id>/requests/new")
@permit(Permission.REQUEST_ASK)
def ask(round_: Round) -> Response | tuple[str, int]:
    """Ask; the mail with the link leaves after the commit."""

    def send() -> UpstreamRequest:
        version = nodes.version_to_ask_for(db.session(), round_, actor().organisation_id or 0)
        if version is None:
            raise MoveRefused("no-version", N_("Send your disclosure first: the rows that are open come from it."))
        return acts.ask(
            db.session(),
            version,
            _chosen(version),
            acting.party(),
            why=request.form.get("why", ""),
            due_on=day_of("due_on"),
            actor=actor(),
            now=clock.now(),
        )

    return acting.sent(round_, send, _place, _form)


@blueprint.get("/rounds/<round_id>/requests/<request_id>")
@permit(Permission.REQUEST_VIEW_OWN)
def one(round_: Round, request_id: str) -> str:
    """One request: the rows asked beside the own ones, what came back and through whom, the hops behind, reminders."""
    found = _own(round_, request_id)
    seen.note(notices.NEWS, round_, {found.public_id})
    return _page(found)


@blueprint.post("/rounds/<round_id>/requests/<request_id>/withdraw")
@permit(Permission.REQUEST_ASK)
def withdraw(round_: Round, request_id: str) -> Response:
    """Take a request back."""
    found = _own(round_, request_id)
    return acting.withdrawn(found, _place(found))


@blueprint.post("/rounds/<round_id>/requests/<request_id>/remind")
@permit(Permission.REQUEST_ASK)
def remind(round_: Round, request_id: str) -> Response:
    """Remind the one asked."""
    found = _own(round_, request_id)
    return acting.reminded(found, _place(found))


@blueprint.post("/rounds/<round_id>/requests/<request_id>/accept")
@permit(Permission.REQUEST_ASK)
def accept(round_: Round, request_id: str) -> Response | tuple[str, int]:
    """Take the chosen answers over into the own disclosure."""
    found = _own(round_, request_id)
    place = _place(found)
    chosen = {int(text) for text in request.form.getlist("answer") if text.isdecimal() and len(text) < 10}
    try:
        count = accepting.accept(db.session(), found, chosen, actor=actor(), now=clock.now())
    except InvalidInput as error:
        return guard.done(place, guard.refused(error), "error")
    return guard.done(place, gettext("Taken over: %(count)s. They count once your next version is sent.", count=count))


@blueprint.post("/rounds/<round_id>/requests/<request_id>/proof")
@permit(Permission.REQUEST_ASK)
def accept_proof(round_: Round, request_id: str) -> Response:
    """Take a refusal or a silence over as the reason why nothing is named."""
    found = _own(round_, request_id)
    place = _place(found)
    try:
        count = accepting.accept_as_proof(db.session(), found, actor=actor(), now=clock.now())
    except MoveRefused as error:
        return guard.done(place, guard.refused(error), "error")
    return guard.done(place, gettext("Taken over: %(count)s. They count once your next version is sent.", count=count))


@blueprint.post("/rounds/<round_id>/requests/<request_id>/take-back")
@permit(Permission.REQUEST_ASK)
def take_back(round_: Round, request_id: str) -> Response:
    """Take nothing of this request over after all."""
    found = _own(round_, request_id)
    place = _place(found)
    try:
        accepting.take_back(db.session(), found, actor=actor(), now=clock.now())
    except MoveRefused as error:
        return guard.done(place, guard.refused(error), "error")
    return guard.done(place, _("Nothing of this request is taken over now."))


@blueprint.get("/rounds/<round_id>/requests/<request_id>/refusal")
@permit(Permission.REQUEST_VIEW_OWN)
def proof_file(round_: Round, request_id: str) -> Response:
    """The dated answer that refuses, byte for byte."""
    found = _own(round_, request_id)
    return files_of.send_proof(found)


@blueprint.get("/rounds/<round_id>/requests/<request_id>/letter-<language>")
@permit(Permission.REQUEST_VIEW_OWN)
def letter(round_: Round, request_id: str, language: str) -> str:
    """The letter of the request for print, in a language."""
    found = _own(round_, request_id)
    return letter_of.page(found, language, back=_place(found))


@blueprint.get("/rounds/<round_id>/requests/<request_id>/letter-<language>.pdf")
@permit(Permission.REQUEST_VIEW_OWN)
def letter_pdf(round_: Round, request_id: str, language: str) -> Response:
    """The letter of the request as a PDF, in a language."""
    return letter_of.pdf(_own(round_, request_id), language)


@blueprint.get("/rounds/<round_id>/requests/disclosure.xlsx")
@permit(Permission.REQUEST_VIEW_OWN)
def with_answers(round_: Round) -> Response:
    """The own version as our workbook, with what was taken over added."""
    _version, content, _count = _workbook(round_)
    return send_workbook(content, f"hefboom-{round_.public_id}-with-answers.xlsx")


@blueprint.post("/rounds/<round_id>/requests/send")
@permit(Permission.SUBMISSION_STAGE)
def send_version(round_: Round) -> Response:
    """Make that workbook the next version, with receipt and check like any upload."""
    now = clock.now()
    if not _may_send(round_, now):
        raise MoveRefused("receipt-closed", N_("Receipt is closed. Nothing more can be counted."), rule="L07a")
    version, content, count = _workbook(round_)
    nodes.require_newest(db.session(), version)
    if not count:
        raise MoveRefused("nothing-pending", N_("Everything that you took over stands in your newest version already."))
    key = sealing.new_key(round_)
    blob = files().put(io.BytesIO(content), max_bytes=upload_mb(round_) * 1_000_000, key=key)
    receiving.lock(db.session(), round_)
    nodes.require_newest(db.session(), version)
    made = receiving.receive(
        db.session(),
        round_,
        own_organisation(),
        blob,
        "disclosure-with-answers.xlsx",
        actor=actor(),
        clock=clock.now,
        first_byte_at=now,
    )
    audit.record(db.session(), MADE, actor=actor(), now=now, subject=made, rows=count)
    job, size = made.job, made.file.size
    job_id = job.id if job is not None and job.state == "waiting" else None
    said = _("Version %(number)s was made with the answers taken over.", number=made.version_no)
    answer = guard.done(address(made), said)
    run_if_small(job_id, size)
    return answer


def day_of(name: str) -> dt.date | None:
    """The date that a form gives, None for none or nonsense."""
    try:
        return dt.date.fromisoformat(request.form.get(name, "").strip())
    except ValueError:
        return None


def _own(round_: Round, public_id: str) -> UpstreamRequest:
    return reading.own_request(db.session(), round_, actor().organisation_id or 0, public_id)


def _place(found: UpstreamRequest) -> str:
    return url_for(".one", round_id=found.round.public_id, request_id=found.public_id)


def _may_send(round_: Round, now: dt.datetime) -> bool:
    return round_.state == "published" and not receiving.is_past(round_, now)


def _chosen(version: Submission) -> list[nodes.Node]:
    """The open rows that were ticked, or all of the brand that is shown."""
    every = nodes.open_nodes(db.session(), version)
    brand, ticked = request.form.get("brand", ""), set(request.form.getlist("row"))
    if request.form.get("all"):
        return [one for one in every if not brand or one.brand == brand]
    return [one for one in every if one.place in ticked]


def _form(round_: Round, errors: list[dict[str, str]] | None = None) -> str:
    supplier_id = actor().organisation_id or 0
    version = nodes.version_to_ask_for(db.session(), round_, supplier_id)
    every = nodes.open_nodes(db.session(), version) if version is not None else []
    brands = sorted({one.brand for one in every}, key=str.casefold)
    brand = request.values.get("brand", "")
    shown = [one for one in every if not brand or one.brand == brand]
    return render_template(
        "requests/new.html",
        round_=round_,
        version=version,
        groups=groups_of(shown[: acts.MOST_ROWS]),
        total=len(shown),
        most=acts.MOST_ROWS,
        brands=brands,
        brand=brand if brand in brands else "",
        waiting=_waiting(round_, supplier_id),
        typed=request.form,
        ticked=set(request.form.getlist("row")),
        errors=errors or [],
        wrong={one["field_id"]: one["text"] for one in errors or []},
        usual_day=_usual_day(round_, clock.now()),
        closes=round_.tender_deadline if _may_send(round_, clock.now()) else None,
        words_=words,
        language=current_language(),
    )


def _usual_day(round_: Round, now: dt.datetime) -> dt.date:
    """Three weeks from now, or the day before receipt closes where that is sooner; never before tomorrow."""
    usual = now.date() + dt.timedelta(days=21)
    if _may_send(round_, now) and round_.tender_deadline is not None:
        usual = min(usual, round_.tender_deadline.date() - dt.timedelta(days=1))
    return max(usual, now.date() + dt.timedelta(days=1))


def groups_of(shown: list[nodes.Node]) -> list[tuple[str, list[nodes.Node]]]:
    """Open rows by brand and model, in the order of the file."""
    found: dict[str, list[nodes.Node]] = {}
    for one in shown:
        found.setdefault(f"{one.brand} · {one.model_name or _('Minerals')}", []).append(one)
    return list(found.items())


def _waiting(round_: Round, supplier_id: int) -> dict[str, str]:
    """Which nodes were asked already and wait or came back, and whom."""
    lines = reading.own(db.session(), round_, supplier_id, now=clock.now())
    asked = [one for one in lines if one.request.hop == 1 and one.state != "withdrawn"]
    return {row.node_key: one.request.asked_name for one in asked for row in one.request.rows}


def _page(found: UpstreamRequest) -> str:
    now = clock.now()
    taken = accepting.standing(db.session(), found.round, found.owner_id)
    mine = [one for one in taken if one.row.request_id == found.id]
    behind = reading.behind(db.session(), found, now=now)
    line = reading.line_of(db.session(), found, now=now)
    facts: dict[str, Any] = {
        "round_": found.round,
        "request_": found,
        "line": line,
        "behind": behind,
        "taken": {one.answer_id for one in mine},
        "is_proof": any(one.answer_id is None for one in mine),
        "any_taken": bool(mine),
        "reminders": reading.reminders_of(db.session(), found),
        "words_": words,
        "now": now,
        "letters": words.letter_links(
            lambda language: url_for(
                ".letter", round_id=found.round.public_id, request_id=found.public_id, language=language
            )
        ),
    }
    return render_template("requests/one.html", **facts)


def _workbook(round_: Round) -> tuple[Submission, bytes, int]:
    """The version, the bytes of its workbook with answers, how many of them are new in it; raises NotFound without any."""
    session, supplier = db.session(), own_organisation()
    version = nodes.version_to_ask_for(session, round_, supplier.id)
    taken = accepting.standing(session, round_, supplier.id)
    if version is None or not taken:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    rows = accepting.rows_with_answers(session, version, taken, now=clock.now())
    scope, target = receiving.scope_of(session, round_, supplier), io.BytesIO()
    language = current_language()
    with force_locale(language):
        workbook.write_template(target, scope, language=language, gettext=gettext, rows=rows)
    return version, target.getvalue(), len(accepting.pending(session, version, taken, now=clock.now()))

"""The pages of whoever is asked: one link, no account. They show the rows asked of it and nothing else of the round.

Answers to forms lead to a place relative to the address, so that no token is written down with the outcome of a form.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask import current_app, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import refresh
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from framework.chain.requests import acts, answering, links, notices, reading, sheet
from framework.chain.requests.acts import Party
from framework.chain.requests.answering import AnswerBroken
from framework.chain.requests.blocks import CHOICES, FIELDS, MOST_BLOCKS, OF_A_SITE, Block
from framework.chain.requests.due import is_past, state_now
from framework.ground import audit
from framework.ground.errors import FileRefused, InvalidInput, MoveRefused, NotFound, RuleBroken, Stale
from framework.ground.files import Blob
from framework.ground.paging import Page, page_of
from framework.ground.permissions import Permission
from framework.ground.sheets.reader import read_book
from framework.ground.text import N_, storable
from framework.people import limits
from framework.people.links import LinkOver
from models.base import db
from models.records import StoredFile
from models.requests import RequestAnswer, RequestLink, UpstreamRequest
from views import clock, guard, scanning
from views.disclosure.work import inline_limits
from views.downloads import send_workbook
from views.guard import permit
from views.i18n import LANGUAGES, sentence
from views.i18n import words as translated
from views.requests import blueprint, files_of, letter_of, rows_of, words
from views.requests.supplier import day_of

HOME = "./"
ROWS_ON_A_PAGE = 100
PROOF_MB = 10
SENDINGS, HOUR = 60, dt.timedelta(hours=1)
LIBRARY_ASKED = audit.declare("request.library_asked")


@blueprint.get("/requests/<token>/")
@permit(Permission.REQUEST_ANSWER)
def asked(token: str) -> str | tuple[str, int]:
    """What is asked, why, until when, for whom; the draft to go on with."""
    link = link_of(token)
    return over(link) if isinstance(link, LinkOver) else _page(link)


@blueprint.post("/requests/<token>/")
@permit(Permission.REQUEST_ANSWER)
def save_draft(token: str) -> Response | tuple[str, int]:
    """Save what was typed; with “send” answer with it, with “more” show one more site for a row."""
    link = open_link(token)
    typed, by, todo = rows_of.typed(), storable(request.form.get("by", "")), request.form.get("do", "save")
    try:
        kept = answering.save(db.session(), link, typed, by=by, stamp=rows_of.stamp(), now=clock.now())
        if todo == "send":
            return _send(token, link, by)
    except (Stale, InvalidInput, MoveRefused) as error:
        said = guard.refused(error)
        return _page(open_link(token), [{"text": said, "field_id": ""}], typed=typed, by=by), error.status
    if todo.startswith("more-") and todo[5:].isdecimal():
        return guard.done(f"{HOME}?page={rows_of.page_number()}&more={todo[5:]}#row-{todo[5:]}")
    said = _("Saved as a draft: %(rows)s rows say something. Nothing is sent yet.", rows=kept)
    return guard.done(f"{HOME}?page={rows_of.page_number()}", said)


@blueprint.post("/requests/<token>/again")
@permit(Permission.REQUEST_ANSWER)
def give_again(token: str) -> Response:
    """Put what the next hop answered into the draft: the chosen ones."""
    link = open_link(token)
    returned, wanted = _returned(link.request), set(request.form.getlist("row"))
    chosen = {position: found for position, found in returned.items() if str(position) in wanted}
    try:
        count = answering.take_over(db.session(), link, chosen, source="via", now=clock.now())
    except MoveRefused as error:
        return guard.done(HOME, guard.refused(error), "error")
    said = _("Put into the answer below: %(count)s rows. Nothing is sent yet.", count=count)
    return guard.done(f"{HOME}#rows", said if count else _("Choose at least one row."), "success" if count else "error")


@blueprint.post("/requests/<token>/refuse")
@permit(Permission.REQUEST_ANSWER)
def refuse(token: str) -> Response | tuple[str, int]:
    """Say no, with the dated answer attached as a file, or with that of the party that was asked."""
    link = open_link(token)
    name = link.request.asker_name
    try:
        proof, dated = _proof(token, link)
        link = open_link(token)
        acts.refuse(
            db.session(),
            link,
            _stored(proof) if isinstance(proof, tuple) else proof,
            proof_on=dated,
            note=request.form.get("note", ""),
            by=storable(request.form.get("by", "")),
            now=clock.now(),
        )
    except (InvalidInput, MoveRefused, FileRefused) as error:
        return _again(token, error, "refuse")
    return guard.done(HOME, _("Your refusal is sent to %(asker)s, with its proof.", asker=name))


@blueprint.post("/requests/<token>/pass-on")
@permit(Permission.REQUEST_ANSWER)
def pass_on(token: str) -> Response | tuple[str, int]:
    """Ask the next one for the chosen rows; it gets a link of its own."""
    link = open_link(token)
    wanted = set(request.form.getlist("row"))
    rows = [row for row in link.request.rows if str(row.position) in wanted or request.form.get("all")]
    party = Party(
        storable(request.form.get("name", "")),
        request.form.get("email", ""),
        request.form.get("language", "en"),
        is_named=bool(request.form.get("is_named")),
    )
    try:
        child = acts.pass_on(
            db.session(), link, rows, party, why=request.form.get("why", ""), due_on=day_of("due_on"), now=clock.now()
        )
    except (InvalidInput, MoveRefused) as error:
        return _again(token, error, "pass")
    return guard.done(HOME, _("The request to %(party)s is on its way.", party=child.asked_name))


@blueprint.post("/requests/<token>/onward/<request_id>/<act>")
@permit(Permission.REQUEST_ANSWER)
def onward(token: str, request_id: str, act: str) -> Response:
    """Remind the next one, or take the request to it back."""
    link = open_link(token)
    child = next((one for one in acts.children(db.session(), link.request) if one.public_id == request_id), None)
    if child is None or act not in ("remind", "withdraw"):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    do = acts.remind if act == "remind" else acts.withdraw
    home = "../../"
    try:
        do(db.session(), child, actor=acts.by_link(link), now=clock.now(), link=link)
    except MoveRefused as error:
        return guard.done(home, guard.refused(error), "error")
    said = (
        _("A reminder is on its way.") if act == "remind" else _("The request is withdrawn. Its links no longer work.")
    )
    return guard.done(home, said)


@blueprint.post("/requests/<token>/library")
@permit(Permission.REQUEST_ANSWER)
def ask_library(token: str) -> Response:
    """Mail the link to all earlier answers to the address itself: this link may have been handed on."""
    link = open_link(token)
    subject = limits.private(link.request.folded_email)
    limits.take(db.session(), limits.Limit("request_library", subject, 5, dt.timedelta(days=1)), now=clock.now())
    notices.send_library(db.session(), link.request, now=clock.now())
    who = acts.by_link(link)
    audit.record(db.session(), LIBRARY_ASKED, actor=who, now=clock.now(), subject=link.request)
    return guard.done(HOME, _("A link to your earlier answers is on its way to the address that was asked."))


@blueprint.get("/requests/<token>/answers.xlsx")
@permit(Permission.REQUEST_ANSWER)
def template(token: str) -> Response:
    """The rows asked as a workbook, the draft filled in."""
    link = open_link(token)
    draft = answering.draft_of(link.request)
    content = sheet.write(link.request, draft, words=lambda text: translated(text), now=clock.now())
    return send_workbook(content, f"{link.request.reference}.xlsx")


@blueprint.post("/requests/<token>/answers")
@permit(Permission.REQUEST_ANSWER)
def upload(token: str) -> Response | tuple[str, int]:
    """Read a filled workbook in the child process and put it into the draft; what could not be taken is listed."""
    link = open_link(token)
    try:
        blob = _sent(token, "file", current_app.extensions["settings"].upload_mb)
        if blob is None:
            raise InvalidInput("file-missing", N_("Choose a file first."), field="file")
        path = current_app.extensions["files"].path(scanning.before_reading(blob[0]).sha256)
        book = read_book(path, limits=inline_limits())
        replay = guard.resume()
        if replay is not None:
            return replay
        link = open_link(token)
        taken = sheet.read(book, link.request)
        by = str((link.request.draft or {}).get("by", ""))
        answering.save(db.session(), link, taken.blocks, by=by, stamp=answering.stamp_of(link.request), now=clock.now())
    except (InvalidInput, FileRefused, MoveRefused) as error:
        return _again(token, error, "upload")
    said = _("Read into the draft: %(rows)s rows of the file.", rows=taken.rows)
    if not taken.listed:
        return guard.done(f"{HOME}#rows", said)
    left = "; ".join(f"{_('row %(row)s', row=one.row)}: {translated(one.reason)}" for one in taken.listed[:10])
    more = _("Left out: %(count)s rows, first %(rows)s.", count=len(taken.listed), rows=left)
    return guard.done(f"{HOME}#rows", f"{said} {more}", "warning")


@blueprint.get("/requests/<token>/letter-<language>")
@permit(Permission.REQUEST_ANSWER)
def asked_letter(token: str, language: str) -> str:
    """The letter of the request for print."""
    link = open_link(token)
    return letter_of.page(link.request, language, back=url_for(".asked", token=token))


@blueprint.get("/requests/<token>/letter-<language>.pdf")
@permit(Permission.REQUEST_ANSWER)
def asked_letter_pdf(token: str, language: str) -> Response:
    """The letter of the request as a PDF."""
    return letter_of.pdf(open_link(token).request, language)


@blueprint.get("/requests/<token>/onward/<request_id>/refusal")
@permit(Permission.REQUEST_ANSWER)
def onward_proof(token: str, request_id: str) -> Response:
    """The dated answer with which the next one refused."""
    link = open_link(token)
    child = next((one for one in acts.children(db.session(), link.request) if one.public_id == request_id), None)
    if child is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return files_of.send_proof(child)


def link_of(token: str, purpose: str = links.ANSWER) -> RequestLink | LinkOver:
    """The link of a token, or why it no longer works; a token that nobody was given counts as a wrong try of its address."""
    try:
        found = links.find(db.session(), purpose, token[:100], now=clock.now())
    except NotFound:
        _note_wrong()
        raise
    except LinkOver as error:
        return error
    if g.get("user_language") is None:
        g.user_language = found.request.language
        refresh()
    return found


def open_link(token: str, purpose: str = links.ANSWER) -> RequestLink:
    """The link of a token that works; raises NotFound and LinkOver."""
    found = link_of(token, purpose)
    if isinstance(found, LinkOver):
        raise found
    return found


def over(error: LinkOver) -> tuple[str, int]:
    """Why the link no longer works, and whom to ask."""
    return render_template("requests/over.html", message=sentence(error)), error.status


def _note_wrong() -> None:
    """Count the wrong token in a transaction of its own; raises TooManyTries."""
    db.session.rollback()
    most, address = current_app.extensions["settings"].api_wrong_tokens, (request.remote_addr or "")[:100]
    with Session(db.engine.execution_options(write=True), info={"write": True}) as own:
        limits.take(own, limits.Limit("request_link", address, most), now=clock.now())
        own.commit()


def _send(token: str, link: RequestLink, by: str) -> Response | tuple[str, int]:
    """Answer with the saved draft; where it cannot be sent, the draft is kept and every problem shown."""
    db.session.flush()
    saved = db.session.begin_nested()
    try:
        count = answering.answer(db.session(), link, by=by, now=clock.now())
        saved.commit()
    except (InvalidInput, MoveRefused) as error:
        saved.rollback()
        guard.keep_outcome(HOME)
        db.session.commit()
        if isinstance(error, MoveRefused):
            guard.note_denied(error)
        errors = [{"text": sentence(error), "field_id": getattr(error, "field", "")}]
        errors += words.problems_of(error.problems) if isinstance(error, AnswerBroken) else []
        return _page(open_link(token), errors), error.status
    said = _(
        "Thank you. Your answer to %(count)s rows is sent to %(asker)s.", count=count, asker=link.request.asker_name
    )
    return guard.done(HOME, said)


def _again(token: str, error: RuleBroken, part: str) -> tuple[str, int]:
    """The page once more with what is wrong, the part that was sent unfolded and filled as it was."""
    said = guard.refused(error)
    return _page(open_link(token), words.errors_at(error, said, part=part), part=part), error.status


def _sent(token: str, name: str, most_mb: int) -> tuple[Blob, str] | None:
    """The bytes of a file that came along, durable before anything is written; the lock is given back meanwhile."""
    sent = request.files.get(name)
    if sent is None or not sent.filename:
        return None
    number = open_link(token).request_id
    guard.release()
    with Session(db.engine.execution_options(write=True), info={"write": True}) as own:
        limits.take(own, limits.Limit("request_file", str(number), SENDINGS, HOUR), now=clock.now())
        own.commit()
    blob = current_app.extensions["files"].put(sent.stream, max_bytes=most_mb * 1_000_000)
    return blob, storable(sent.filename)[:255]


def _proof(token: str, link: RequestLink) -> tuple[tuple[Blob, str] | StoredFile | None, dt.date | None]:
    """What proves a refusal: the file that came along, or that of a party further on, with its date."""
    chosen = request.form.get("of", "")
    for child in acts.children(db.session(), link.request):
        if child.public_id == chosen and child.state == "refused":
            return child.proof, child.proof_on
    sent = _sent(token, "proof", PROOF_MB)
    if sent is None:
        return None, day_of("proof_on")
    scanned = scanning.on_arrival(sent[0])
    guard.resume()
    return (scanned, sent[1]), day_of("proof_on")


def _stored(sent: tuple[Blob, str]) -> StoredFile:
    blob, name = sent
    return StoredFile(
        sha256=blob.sha256,
        size=blob.size,
        name=name,
        scan=blob.scan,
        purpose="request",
        organisation_id=None,
        created_at=clock.now(),
    )


def _returned(found: UpstreamRequest) -> dict[int, list[RequestAnswer]]:
    """What came back from the next hop, by position."""
    by_row = answering.from_children(db.session(), found)
    return {row.position: by_row[row.id] for row in found.rows if row.id in by_row}


def _page(
    link: RequestLink,
    errors: list[dict[str, str]] | None = None,
    *,
    typed: Mapping[int, list[Block]] | None = None,
    by: str | None = None,
    part: str = "",
) -> str:
    found, now = link.request, clock.now()
    draft = answering.draft_of(found) | dict(typed or {})
    state = state_now(found, now)
    is_open = state in answering.OPEN
    page = page_of(request.values.get("page"), len(found.rows), ROWS_ON_A_PAGE)
    more = request.args.get("more", "")
    rows = found.rows[page.offset : page.offset + page.size]
    facts: dict[str, Any] = {
        "request_": found,
        "state": state,
        "is_open": is_open,
        "is_late": is_past(found, now),
        "rows": [(row, rows_of.blocks_to_show(draft.get(row.position, []), str(row.position) == more)) for row in rows],
        "page": page,
        "stamp": answering.stamp_of(found),
        "shown": _shown(page),
        "by": by if by is not None else str((found.draft or {}).get("by", "")),
        "draft_at": found.draft_at if found.draft else None,
        "returned": sorted(_returned(found).items()) if is_open else [],
        "children": reading.behind_next(db.session(), found, now=now),
        "errors": errors or [],
        "wrong": {one["field_id"]: one["text"] for one in errors or [] if one["field_id"]},
        "part": part,
        "form": request.form if part else {},
        "ticked": set(request.form.getlist("row")) if part else set(),
        "now": now,
        "may_pass_on": state in ("asked", "passed_on", "no_answer"),
        "may_refuse": state in ("asked", "passed_on", "no_answer"),
        "usual_day": min(found.due_on, now.date() + dt.timedelta(days=14)) if not is_past(found, now) else None,
    }
    return render_template("requests/asked.html", **facts, **_fixed())


def _fixed() -> dict[str, Any]:
    """What the page shows of every request alike."""
    return {
        "choices": CHOICES,
        "fields": FIELDS,
        "of_a_site": OF_A_SITE,
        "most_blocks": MOST_BLOCKS,
        "languages_": LANGUAGES,
        "words_": words,
        "letters": words.letter_links(lambda language: f"letter-{language}"),
        "proof_mb": PROOF_MB,
    }


def _shown(page: Page) -> tuple[int, int]:
    """The first and last row of the page, from 1."""
    return page.offset + 1, min(page.offset + page.size, page.total)

"""A contractor's side of disclosure under its agreements: what is owed when, sending it, reporting a change, what was found."""

from __future__ import annotations

import io
from typing import Any

from flask import Response as Answer
from flask import current_app, g, render_template, request, url_for
from flask_babel import force_locale, gettext
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from framework.contract import duties, update_again, update_gaps, update_listing, update_stage
from framework.contract import updates as acts
from framework.contract.text import brands_of
from framework.contract.updates import Sent
from framework.disclosure import comparisons, groups, receipts, workbook
from framework.ground.errors import InvalidInput, MoveRefused, NotFound, RuleBroken
from framework.ground.files import Blob
from framework.ground.paging import page_of
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.contract import Agreement
from models.contract_disclosure import ContractSubmission, Duty, Update
from models.rounds import Round
from views import clock, guard
from views.contract import blueprint, update_words
from views.disclosure import reading
from views.disclosure.declared import account, with_titles
from views.disclosure.findings import GROUPS_FIRST, block_of, their_file
from views.disclosure.sentences import not_kept_sentence
from views.disclosure.taken import limits_of
from views.disclosure.work import files, run_if_small, upload_mb
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import LANGUAGES, current_language, words

PAGE = 50


@blueprint.get("/rounds/<round_id>/duties")
@permit(Permission.UPDATE_VIEW_OWN)
def own_duties(round_: Round) -> str:
    """What the own agreements ask to disclose: what is waited for first, then what was sent."""
    now, supplier_id = clock.now(), actor().organisation_id or 0
    found = update_listing.of_supplier(db.session(), round_, supplier_id, now=now)
    page = page_of(request.args.get("page"), len(found), PAGE)
    agreements = update_listing.agreements(db.session(), round_, supplier_id, now=now)
    return render_template(
        "contract/updates_own.html",
        round_=round_,
        lines=found[page.offset : page.offset + PAGE],
        page=page,
        has_agreement=bool(agreements),
        may_report=bool(update_listing.running_ones(agreements, now=now)),
        words_=update_words,
        now=now,
    )


@blueprint.get("/rounds/<round_id>/duties/<duty_id>")
@permit(Permission.UPDATE_VIEW_OWN)
def own_duty(round_: Round, duty_id: str) -> str:
    """One duty: what to do, the workbook, the form for the file, what was sent."""
    return _duty_page(_own_duty(round_, duty_id))


@blueprint.post("/rounds/<round_id>/duties/<duty_id>")
@permit(Permission.UPDATE_SEND)
def upload_update(round_: Round, duty_id: str) -> Response | tuple[str, int]:
    """Receive a file for a duty: bytes first, then one transaction with receipt, event and job; nothing is sealed."""
    public_id, duty_id = round_.public_id, _own_duty(round_, duty_id).public_id

    def page(error: str) -> str:
        return _duty_page(_own_duty(_again(public_id), duty_id), error=error)

    def receive(sent: Sent) -> ContractSubmission:
        duty = _own_duty(_again(public_id), duty_id)
        return acts.receive(db.session(), duty, sent, actor=actor(), clock=clock.now)

    return _taken(round_, receive, page)


@blueprint.post("/rounds/<round_id>/duties/<duty_id>/again")
@permit(Permission.UPDATE_SEND)
def confirm_update(round_: Round, duty_id: str) -> Response | tuple[str, int]:
    """Send the file that was accepted last once more, because nothing changed."""
    public_id, duty = round_.public_id, _own_duty(round_, duty_id)
    try:
        version = update_again.confirm(db.session(), duty, actor=actor(), clock=clock.now, files=files())
    except MoveRefused as error:
        return _duty_page(_own_duty(_again(public_id), duty_id), error=guard.refused(error)), error.status
    return _received(version)


@blueprint.get("/rounds/<round_id>/duties/change")
@permit(Permission.UPDATE_SEND)
def change_page(round_: Round) -> str:
    """The form with which a change is reported that nobody asked for."""
    return _change_form(round_)


@blueprint.post("/rounds/<round_id>/duties/change")
@permit(Permission.UPDATE_SEND)
def report_change(round_: Round) -> Response | tuple[str, int]:
    """Receive a file because something changed, with what changed in a sentence."""
    public_id = round_.public_id

    def page(error: str) -> str:
        return _change_form(_again(public_id), error=error)

    def receive(sent: Sent) -> ContractSubmission:
        agreement = _chosen_agreement(_again(public_id))
        typed = {"brand": request.form.get("brand", "")[:200], "why": request.form.get("why", "")}
        return acts.report_change(db.session(), agreement, sent, **typed, actor=actor(), clock=clock.now)

    return _taken(round_, receive, page)


@blueprint.get("/rounds/<round_id>/duties/<duty_id>/template-<language>.xlsx")
@permit(Permission.UPDATE_VIEW_OWN)
def update_template(round_: Round, duty_id: str, language: str) -> Response:
    """Our workbook for a duty, filled in with what was returned, accepted last, or said in the tender."""
    if language not in LANGUAGES:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    duty = _own_duty(round_, duty_id)
    scope = update_stage.scope(db.session(), duty.agreement)
    rows = update_stage.rows_to_fill_in(db.session(), duty)
    target = io.BytesIO()
    with force_locale(language):
        workbook.write_template(target, scope, language=language, gettext=gettext, rows=rows)
    return send_workbook(target.getvalue(), f"hefboom-{duty.public_id}-{language}.xlsx")


@blueprint.get("/rounds/<round_id>/updates/<update_id>")
@permit(Permission.UPDATE_VIEW_OWN)
def own_update(round_: Round, update_id: str) -> str:
    """One version: its receipt, what was read, remarks by cause, what is open, what was decided."""
    version = own_version(round_, update_id)
    update = file_of(version)
    everything = request.args.get("all") == "1"
    block = block_of(update)
    causes = groups.groups(
        db.session(), update, language=current_language(), limit=None if everything else GROUPS_FIRST
    )
    return render_template(
        "contract/updates_version.html",
        round_=round_,
        version=version,
        update=update,
        state=duties.state_now(version, clock.now()),
        what=update_words.what_to_do(version, version.state, clock.now()),
        block=words(block.message, **block.params) if block is not None else "",
        arrival=receipts.arrival(db.session(), update),
        groups=causes,
        group_total=groups.total_groups(db.session(), update),
        counts=groups.counts(update),
        not_kept=not_kept_sentence(groups.not_kept(update)),
        left_out=with_titles(update, groups.left_out(db.session(), update)),
        account=account(update),
        gaps=update_gaps.of(db.session(), version),
        compared=comparisons.offered(db.session(), update) if update.checked_at and update.rows_stored else None,
        words_=update_words,
        **their_file(update),
        **(progress_facts(version, update) if update.is_being_read else {}),
    )


@blueprint.get("/rounds/<round_id>/updates/<update_id>/progress")
@permit(Permission.UPDATE_VIEW_OWN)
def update_progress(round_: Round, update_id: str) -> Answer:
    """The progress block while a file is being read; asks the page to load anew when it is done."""
    version = own_version(round_, update_id)
    update = file_of(version)
    facts = progress_facts(version, update)
    answer = Answer(render_template("disclosure/progress.html", round_=round_, submission=update, **facts))
    if not update.is_being_read:
        answer.headers["HX-Redirect"] = address(version)
    return answer


def own_version(round_: Round, public_id: str) -> ContractSubmission:
    """One of the contractor's own versions; another's is *not found*."""
    return update_listing.version_of(db.session(), round_, public_id, actor().organisation_id or 0)


def file_of(version: ContractSubmission) -> Update:
    """The file of a version; *not found* where none came."""
    if version.submission is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return version.submission


def address(version: ContractSubmission) -> str:
    """The contractor's page of a version."""
    return url_for("contract.own_update", round_id=version.round.public_id, update_id=version.public_id)


def progress_facts(version: ContractSubmission, update: Update) -> dict[str, Any]:
    """What the progress block shows of an update: its reading is not stopped by hand."""
    here = {"round_id": version.round.public_id, "update_id": version.public_id}
    return reading.facts(update) | {
        "is_stopped": False,
        "may_stop": False,
        "progress_url": url_for("contract.update_progress", **here),
        "page_url": address(version),
    }


def _own_duty(round_: Round, public_id: str) -> Duty:
    return update_listing.own_duty(db.session(), round_, actor().organisation_id or 0, public_id)


def _again(public_id: str) -> Round:
    return db.session.query(Round).filter_by(public_id=public_id).one()


def _taken(round_: Round, receive: Any, page: Any) -> Response | tuple[str, int]:
    """The bytes of a form, stored while nobody waits for the database, then its act; errors on the page they came from."""
    first_byte_at = getattr(g, "first_byte_at", clock.now())
    most = upload_mb(round_) * 1_000_000
    try:
        sent = _one_file()
    except InvalidInput as error:
        return page(guard.refused(error)), error.status
    guard.release()
    try:
        blob: Blob = files().put(sent.stream, max_bytes=most)
    except RuleBroken as error:
        return page(guard.refused(error)), 413
    replay = guard.resume()
    if replay is not None:
        return replay
    try:
        version = receive(Sent(blob, sent.filename or "", first_byte_at))
    except RuleBroken as error:
        if isinstance(error, NotFound):
            raise
        return page(guard.refused(error)), error.status
    return _received(version)


def _received(version: ContractSubmission) -> Response:
    """Commit the arrival, and read a small file at once."""
    update = file_of(version)
    job, size = update.job, update.file.size
    job_id = job.id if job is not None and job.state == "waiting" else None
    answer = guard.done(address(version))
    run_if_small(job_id, size)
    return answer


def _one_file() -> FileStorage:
    chosen = [sent for sent in request.files.getlist("file") if sent.filename]
    if len(chosen) != 1:
        raise InvalidInput(
            "one-file", N_("Choose one workbook, or the CSV files of one submission in a zip."), field="file"
        )
    return chosen[0]


def _duty_page(duty: Duty, error: str = "") -> str:
    now, versions = clock.now(), update_listing.versions_of(db.session(), duty)
    newest = versions[0]
    state = duties.state_now(newest, now)
    returned = next((one for one in versions if one.state == "incomplete"), None)
    return render_template(
        "contract/updates_duty.html",
        round_=duty.round,
        duty=duty,
        newest=newest,
        state=state,
        versions=versions,
        returned=returned,
        gaps=update_gaps.remaining(db.session(), returned) if returned is not None and state in duties.OPEN else [],
        again=update_again.accepted_file(db.session(), duty) if state in duties.OPEN and not newest.is_cure else None,
        may_send=state in (*duties.OPEN, *acts.STANDING),
        what=update_words.what_to_do(newest, state, now),
        words_=update_words,
        error=error,
        now=now,
        **upload_facts(duty.round),
    )


def upload_facts(round_: Round) -> dict[str, Any]:
    """What a form for a file says of its limits."""
    settings = current_app.extensions["settings"]
    return {"limit_mb": upload_mb(round_), "limits": limits_of(round_), "inline_mb": settings.inline_mb}


def _change_form(round_: Round, error: str = "") -> str:
    found = update_listing.agreements(db.session(), round_, actor().organisation_id or 0, now=clock.now())
    return render_template(
        "contract/updates_change.html",
        round_=round_,
        agreements=update_listing.running_ones(found, now=clock.now()),
        brands_of=brands_of,
        typed=request.form,
        error=error,
        **upload_facts(round_),
    )


def _chosen_agreement(round_: Round) -> Agreement:
    found = update_listing.agreements(db.session(), round_, actor().organisation_id or 0, now=clock.now())
    chosen = next((one for one in found if one.public_id == request.form.get("agreement", "")), None)
    if chosen is None:
        raise InvalidInput("agreement-unknown", N_("Choose the agreement that it is about."), field="agreement")
    return chosen

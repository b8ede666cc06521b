"""The buyers' side of disclosure under agreements: the board, asking, reading, and the review of a chair."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import Response as Answer
from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from framework.contract import duties, update_gaps, update_listing
from framework.contract import update_review as review
from framework.contract.text import brands_of
from framework.contract.update_listing import Filters
from framework.contract.update_review import Document
from framework.disclosure import comparisons, confidentiality, groups
from framework.disclosure.confidentiality import Levels, Reader
from framework.ground.errors import InvalidInput, NotFound, RuleBroken
from framework.ground.paging import page_of
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.rounds import settings
from models.base import db
from models.contract_disclosure import ContractSubmission, Update
from models.disclosure import SubmissionRow
from models.rounds import Round
from views import clock, guard
from views.contract import blueprint, update_compared, update_words
from views.contract.updates import file_of
from views.disclosure.bidders import sheet_words
from views.disclosure.upload import send_original
from views.disclosure.work import files
from views.guard import actor, permit
from views.i18n import number

PLACE = "/rounds/<round_id>/disclosures/<update_id>"
PAGE = 50
ROWS = 100


@blueprint.get("/rounds/<round_id>/disclosures")
@permit(Permission.UPDATE_VIEW)
def board(round_: Round) -> str:
    """Every duty of the round's agreements with its state, overdue ones first."""
    names = ("state", "agreement", "kind")
    asked = Filters(**{name: request.args.get(name, "")[:40] for name in names})
    now = clock.now()
    may_read = _may_read(round_)
    every = update_listing.of_round(db.session(), round_, now=now) if may_read else []
    found = update_listing.fitting(every, asked)
    page = page_of(request.args.get("page"), len(found), PAGE)
    agreements = update_listing.agreements(db.session(), round_, now=now) if may_read else []
    return render_template(
        "contract/updates_board.html",
        round_=round_,
        lines=found[page.offset : page.offset + PAGE],
        page=page,
        total=len(every),
        counts={state: sum(one.state == state for one in every) for state in update_listing.BOARD_STATES},
        states=update_listing.BOARD_STATES,
        agreements=agreements,
        may_ask=bool(update_listing.running_ones(agreements, now=now)),
        shows_gaps=_reader(round_).sees_all,
        words_=update_words,
    )


@blueprint.get("/rounds/<round_id>/disclosures/ask")
@permit(Permission.UPDATE_ASK)
def ask_page(round_: Round) -> str:
    """The form with which the lead asks for a disclosure."""
    return _ask_form(round_)


@blueprint.post("/rounds/<round_id>/disclosures/ask")
@permit(Permission.UPDATE_ASK)
def ask_update(round_: Round) -> Response | tuple[str, int]:
    """Ask; the mail leaves after the commit."""
    public_id = round_.public_id
    try:
        found = update_listing.agreements(db.session(), round_, now=clock.now())
        agreement = next((one for one in found if one.public_id == request.form.get("agreement", "")), None)
        if agreement is None:
            raise InvalidInput("agreement-unknown", N_("Choose the agreement that it is about."), field="agreement")
        version = duties.ask(
            db.session(),
            agreement,
            brand=request.form.get("brand", "")[:200],
            why=request.form.get("why", ""),
            due_on=_day("due_on"),
            actor=actor(),
            now=clock.now(),
        )
    except RuleBroken as error:
        text, field = guard.refused(error), getattr(error, "field", "")
        return _ask_form(db.session.query(Round).filter_by(public_id=public_id).one(), text, field), error.status
    return guard.done(address(version), _("Asked. The contractor gets a mail."))


@blueprint.get(PLACE)
@permit(Permission.UPDATE_VIEW)
def update_page(round_: Round, update_id: str) -> str:
    """One version for its readers: what it discloses as far as each may see it, what is open, what was decided."""
    return _page(_version(round_, update_id))


@blueprint.get(f"{PLACE}/original")
@permit(Permission.UPDATE_VIEW)
def reviewed_original(round_: Round, update_id: str) -> Answer:
    """The file as it came, for those who may read every row of it."""
    update = file_of(_version(round_, update_id))
    if not _reader(round_).sees_all:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return send_original(update)


@blueprint.get(f"{PLACE}/differences")
@permit(Permission.UPDATE_VIEW)
def update_differences(round_: Round, update_id: str) -> str | Response:
    """What it says otherwise than what was accepted last, or than the tender."""
    version = _version(round_, update_id)
    places = _places(version)
    return update_compared.page(version, places, back=address(version), reader=_reader(round_))


@blueprint.get(f"{PLACE}/differences.xlsx")
@permit(Permission.UPDATE_VIEW)
def update_differences_workbook(round_: Round, update_id: str) -> Response:
    """The same as a workbook, for those who may read every row."""
    version = _version(round_, update_id)
    if not _reader(round_).sees_all:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return update_compared.workbook(version, _places(version))


@blueprint.get(f"{PLACE}/differences/progress")
@permit(Permission.UPDATE_VIEW)
def update_comparing(round_: Round, update_id: str) -> Response:
    """How far the comparison of long versions is."""
    version = _version(round_, update_id)
    return update_compared.progress(version, _places(version))


@blueprint.post(f"{PLACE}/differences")
@permit(Permission.UPDATE_REVIEW)
def compare_update(round_: Round, update_id: str) -> Response:
    """Have two long versions compared by the worker."""
    version = _version(round_, update_id)
    where = _places(version).here
    update_compared.ask(version, actor())
    return guard.done(where)


@blueprint.post(f"{PLACE}/cancel")
@permit(Permission.UPDATE_ASK)
def cancel_update(round_: Round, update_id: str) -> Response | tuple[str, int]:
    """Take back what was asked, with a motive."""

    def act(version: ContractSubmission) -> str:
        duties.cancel(db.session(), version, motive=_motive(), actor=actor(), now=clock.now())
        return _("Taken back. The contractor is told.")

    return _acted(round_, update_id, act)


@blueprint.post(f"{PLACE}/review")
@permit(Permission.UPDATE_REVIEW)
def review_update(round_: Round, update_id: str) -> Response | tuple[str, int]:
    """Begin the review, excuse gaps, decide, or take an accepted version into review again."""
    return _acted(round_, update_id, _reviewed)


def _reviewed(version: ContractSubmission) -> str:
    given: dict[str, Any] = {"actor": actor(), "now": clock.now()}
    match request.form.get("act", ""):
        case "start":
            review.start(db.session(), version, **given)
            return _("The review has begun.")
        case "excuse":
            positions = {int(text) for text in request.form.getlist("gap") if text.isdecimal() and len(text) < 9}
            kind, document = request.form.get("excuse", ""), Document(request.form.get("document", ""), _day("dated"))
            count = review.excuse(db.session(), version, positions, kind, motive=_motive(), document=document, **given)
            return ngettext("%(count)s line changed.", "%(count)s lines changed.", count, count=number(count))
        case "accept":
            review.accept(db.session(), version, motive=_motive(), **given)
            return _("Accepted. The contractor is told.")
        case "return":
            cure_on = _day("cure_on", is_checked=True)
            review.return_with_gaps(db.session(), version, motive=_motive(), cure_on=cure_on, **given)
            return _("Returned. The contractor is told what is open and until when.")
        case "chain_refused":
            review.record_chain_refusal(db.session(), version, motive=_motive(), **given)
            return _("Recorded that the chain refused. The contractor is told.")
        case "reopen":
            review.reopen(db.session(), version, motive=_motive(), **given)
            return _("The review is open again.")
    raise InvalidInput("act-unknown", N_("Choose what is to be done."), field="act")


def address(version: ContractSubmission) -> str:
    """The readers' page of a version."""
    return url_for("contract.update_page", round_id=version.round.public_id, update_id=version.public_id)


def _acted(round_: Round, update_id: str, act: Callable[[ContractSubmission], str]) -> Response | tuple[str, int]:
    """Do it and go back to the page; what is refused is said there, with what was typed."""
    public_id = round_.public_id
    version = _version(round_, update_id)
    where = address(version)
    try:
        said = act(version)
    except NotFound:
        raise
    except RuleBroken as error:
        text, field = guard.refused(error), getattr(error, "field", "")
        guard.keep_out_again()
        again = db.session.query(Round).filter_by(public_id=public_id).one()
        version = _version(again, update_id)
        return _page(version, error=text, field=field), error.status
    return guard.done(where, said)


def _may_read(round_: Round) -> bool:
    return update_listing.may_read(db.session(), round_, actor(), guard.roles(round_))


def _version(round_: Round, update_id: str) -> ContractSubmission:
    """The version in the address; *not found* for whoever may know of none."""
    if not _may_read(round_):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return update_listing.version_of(db.session(), round_, update_id)


def _motive() -> str:
    return request.form.get("motive", "")


def _day(name: str, *, is_checked: bool = False) -> dt.date | None:
    """The date of a form, None for none; nonsense raises InvalidInput."""
    text = request.form.get(name, "").strip()
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text[:20])
    except ValueError:
        raise InvalidInput("date-wrong", N_("Give a date as year-month-day, such as 2027-03-01."), field=name) from None


def _reader(round_: Round) -> Reader:
    return confidentiality.reader_of(db.session(), round_, actor(), roles=guard.roles(round_))


def _places(version: ContractSubmission) -> update_compared.Places:
    ids = {"round_id": version.round.public_id, "update_id": version.public_id}
    may_review = guard.holds(Permission.UPDATE_REVIEW, version.round)
    return update_compared.Places(
        here=url_for("contract.update_differences", **ids),
        workbook=url_for("contract.update_differences_workbook", **ids) if _reader(version.round).sees_all else "",
        compare=url_for("contract.compare_update", **ids) if may_review else "",
        progress=url_for("contract.update_comparing", **ids),
    )


def _page(version: ContractSubmission, *, error: str = "", field: str = "") -> str:
    round_, now, update = version.round, clock.now(), version.submission
    reader = _reader(round_)
    levels = Levels("consortium")
    if update is not None and not reader.sees_all:
        levels = confidentiality.levels_of(db.session(), update)
    is_open = reader.sees_all or reader.may_see(levels.default, frozenset())
    gaps = update_gaps.of(db.session(), version)
    return render_template(
        "contract/updates_review.html",
        round_=round_,
        version=version,
        update=update,
        duty=version.duty,
        state=duties.state_now(version, now),
        versions=update_listing.versions_of(db.session(), version.duty),
        gaps=gaps if is_open else [],
        left=len([gap for gap in gaps if gap.excuse != "not_applicable"]),
        shows_gaps=is_open,
        sees_all=reader.sees_all,
        proofs=update_gaps.proofs(db.session(), version) if reader.sees_all else {},
        compared=comparisons.offered(db.session(), update) if update is not None and update.rows_stored else None,
        counts=groups.counts(update) if update is not None else {},
        file_is_readable=update is not None and reader.sees_all and files().may_read(update.file),
        cure_on=duties.local_day(round_, now) + dt.timedelta(days=int(settings.value(round_, "cure_days"))),
        is_chair="chair" in guard.roles(round_),
        is_lead="lead" in guard.roles(round_),
        words_=update_words,
        typed=request.form,
        error=error,
        field=field,
        **_rows(update, reader, levels),
    )


def _rows(update: Update | None, reader: Reader, levels: Levels) -> dict[str, Any]:
    """The rows of one sheet, as far as this reader may see them."""
    sheets = [] if update is None else [one["name"] for one in update.sheets or []]
    if update is None or not sheets or not update.rows_stored:
        return {"sheets": [], "rows": [], "columns": [], "hides": False, "page": page_of(1, 0, ROWS), "sheet": ""}
    asked = request.args.get("sheet", "")
    sheet = asked if asked in sheets else sheets[0]
    numbers, hides = confidentiality.visible_rows(db.session(), update, sheet, reader, levels)
    page = page_of(request.args.get("page"), len(numbers), ROWS)
    some = select(SubmissionRow).where(SubmissionRow.id.in_(numbers[page.offset : page.offset + ROWS]))
    rows = list(db.session.scalars(some.order_by(SubmissionRow.row)))
    return {
        "sheets": [(name, sheet_words(reader, update, name)) for name in sheets],
        "sheet": sheet,
        "rows": rows,
        "columns": list(dict.fromkeys(name for row in rows for name in row.read_values)),
        "hides": hides,
        "page": page,
    }


def _ask_form(round_: Round, error: str = "", field: str = "") -> str:
    now = clock.now()
    agreements = update_listing.running_ones(update_listing.agreements(db.session(), round_, now=now), now=now)
    return render_template(
        "contract/updates_ask.html",
        round_=round_,
        agreements=agreements,
        brands_of=brands_of,
        typed=request.form,
        error=error,
        field=field,
        today=duties.local_day(round_, now),
    )

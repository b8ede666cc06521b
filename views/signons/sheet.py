"""Bodies invited from a sheet: what to send, the preview of every row at its own address, one confirmation, the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from framework.ground import codelists, table_files, uploaded
from framework.ground.blocks import Table, split_block
from framework.ground.codelists import country_code
from framework.ground.errors import FileRefused, InvalidInput, RuleBroken
from framework.ground.files import NotScannedYet
from framework.ground.labels import state_label
from framework.ground.permissions import Permission
from framework.ground.quantity_words import norm
from framework.ground.sheets.cells import Book, Refusal
from framework.ground.sheets.reader import read_book
from framework.ground.terms import BODY_TYPES
from framework.people.doubles import GROUNDS
from framework.rounds import editing, lot_sheet
from framework.signons import eligibility, lists
from framework.signons.sheet import entries, members, plan, taking, uploads
from framework.signons.sheet.entries import Choices, Fault, Sheetful
from framework.signons.sheet.plan import PlanRow
from framework.signons.sheet.words import LABELS
from models.base import db
from models.people import Organisation
from models.records import StoredFile
from models.rounds import Round
from models.signons import BodiesTaken
from views import arriving, clock, guard
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import current_language, sentence, words
from views.signons import blueprint

Content = Table | Book | Refusal

MOST_DIGITS = 9
"""Of the number of a row or column: no sheet has more, and Python reads no number of thousands of digits."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A sheet or a block that was sent: its public id, its name, where its bytes lie, and whether it was pasted."""

    public_id: str
    name: str
    path: Path
    is_block: bool


@blueprint.get("/rounds/<round_id>/sign-ons/sheet")
@permit(Permission.MEMBER_INVITE)
def sheet(round_: Round) -> str:
    """Where a lead sends a sheet of bodies or pastes rows of one."""
    return render_template(
        "signons/sheet.html",
        round_=round_,
        labels=LABELS,
        kinds=BODY_TYPES,
        is_open=eligibility.is_open(round_),
        closed=words(eligibility.list_closed(round_)),
    )


@blueprint.get("/rounds/<round_id>/sign-ons/bodies.xlsx")
@permit(Permission.MEMBER_INVITE)
def bodies_workbook(round_: Round) -> Response:
    """Bodies and lots of the round as a workbook that can be sent back; of a round without any, the one to fill in."""
    found = [one for one in lists.everything(db.session(), round_) if one.state not in ("left", "refused")]
    lots = lot_sheet.sheet(round_, words)
    content = members.write(round_, members.entries_of(found), lots, now=clock.now(), words=words)
    return send_workbook(content, f"bodies-{round_.public_id}.xlsx")


@blueprint.post("/rounds/<round_id>/sign-ons/sheet")
@permit(Permission.MEMBER_INVITE)
def send_sheet(round_: Round) -> Response:
    """Keep what was sent or pasted and go to its preview; nobody waits for the database while it arrives and is scanned."""
    public_id = round_.public_id
    sent = arriving.receive(url_for("signons.sheet", round_id=public_id), takes_rows=True)
    if isinstance(sent, Response):
        return sent
    stored = _keep(sent)
    return guard.done(url_for("signons.sheet_preview", round_id=public_id, file_id=stored.public_id))


@blueprint.get("/rounds/<round_id>/sign-ons/sheet/<file_id>")
@permit(Permission.MEMBER_INVITE)
def sheet_preview(round_: Round, file_id: str) -> str | Response:
    """Every row with what would become of it; once taken over, with what became of it."""
    stored = _own(file_id)
    taken = taking.of_file(db.session(), stored, round_)
    if taken is not None:
        return _outcome_page(round_, stored, taken)
    try:
        content = _content(_kept(stored))
        read = _read(content)
    except NotScannedYet:
        raise
    except (FileRefused, InvalidInput) as error:
        flash(sentence(error), "error")
        return redirect(url_for("signons.sheet", round_id=round_.public_id), code=303)
    return _preview(round_, stored, content, read, {})


def _preview(round_: Round, stored: StoredFile, content: Content, read: Sheetful, decisions: dict[int, str]) -> str:
    """What would become of every row; with answers about doubtful ones, the list that results from them."""
    made = plan.make(db.session(), round_, read.entries, decisions, now=clock.now())
    return render_template(
        "signons/sheet_preview.html",
        round_=round_,
        stored=stored,
        read=read,
        plan=made,
        countries=codelists.countries(current_language()),
        country=_choices().country,
        rows={status: [_shown(row) for row in made.rows if row.status == status] for status in plan.STATUSES},
        doubtful=[_shown(row) for row in made.rows if row.status == "double" or row.decision],
        statuses=plan.STATUSES,
        targets=[("", _("not used")), *((key, words(label)) for key, label in LABELS.items())],
        query=request.args.to_dict(),
        has_lots=_has_new_lots(round_, content),
        answers=_print_of(decisions),
        is_answered=request.method == "POST",
    )


@blueprint.post("/rounds/<round_id>/sign-ons/sheet/<file_id>")
@permit(Permission.MEMBER_INVITE)
def take_sheet(round_: Round, file_id: str) -> Response | str:
    """Invite what the preview showed, as one unit; answers about doubtful rows are shown with what they lead to first.

    The sheet is read without the write lock, the round loaded anew after it.
    """
    kept = _kept(_own(file_id))
    place = url_for("signons.sheet_preview", round_id=round_.public_id, file_id=file_id, **request.args.to_dict())  # type: ignore[arg-type]
    round_key = round_.id
    guard.release()
    try:
        content = _content(kept)
        replay = guard.resume()
        if replay is not None:
            return replay
        round_, read, decisions = db.session.get_one(Round, round_key), _read(content), _decisions()
        stored = _own(file_id)
        is_seen = request.form.get("do") != "show" and request.form.get("answers", "") == _print_of(decisions)
        if not is_seen and taking.of_file(db.session(), stored, round_) is None:
            return _preview(round_, stored, content, read, decisions)
        return _take(round_, file_id, read, place)
    except NotScannedYet:
        raise
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        flash(guard.refused(error), "error")
        return redirect(place, code=303)


def _take(round_: Round, file_id: str, read: Sheetful, place: str) -> Response:
    """Do what the page showed; rows of which something else would become now stay out, other rows are shown again."""
    session = db.session()
    taking.hold(session, round_)
    decided = plan.make(session, round_, read.entries, _decisions(), now=clock.now())
    stored = _own(file_id)
    is_new = taking.of_file(session, stored, round_) is None and request.form.get("seal") != decided.seal
    if is_new and not plan.leave_out_changed(decided, request.form.get("shown", "")):
        message = _("Something else is read now than the page showed, or somebody invited meanwhile. Look at it again.")
        return guard.done(place, message, "error")
    days = current_app.extensions["settings"].invitation_days
    taken = taking.take(session, round_, decided, stored, actor=actor(), now=clock.now(), days=days)
    said = ngettext("%(num)s body invited.", "%(num)s bodies invited.", taken.invited)
    return guard.done(url_for("signons.sheet_preview", round_id=round_.public_id, file_id=file_id), said)


@blueprint.get("/rounds/<round_id>/sign-ons/sheet/<file_id>/outcome.xlsx")
@permit(Permission.MEMBER_INVITE)
def sheet_outcome(round_: Round, file_id: str) -> Response:
    """What became of every row of a sheet, as a workbook; before it is taken over, what would become of it."""
    stored = _own(file_id)
    taken = taking.of_file(db.session(), stored, round_)
    if taken is not None:
        rows = [_outcome_row(row) for row in taken.rows]
    else:
        made = plan.make(db.session(), round_, _read(_content(_kept(stored))).entries, {}, now=clock.now())
        rows = [_planned_row(row) for row in made.rows]
    header = [_("Row"), _("Body"), _("Registration number"), _("Country"), _("What became of it"), _("Reason")]
    table = table_files.Sheet(_("Rows"), header, rows, frozen=2)
    content = table_files.workbook(_("Rows"), [table], now=clock.now())
    return send_workbook(content, f"bodies-{round_.public_id}-outcome.xlsx")


def _keep(sent: arriving.Sent) -> StoredFile:
    purpose = uploads.BLOCK if sent.is_block else uploads.FILE
    return uploaded.keep(db.session(), sent.blob, sent.name, purpose=purpose, actor=actor(), now=clock.now())


def _own(file_id: str) -> StoredFile:
    return uploaded.own(db.session(), file_id, uploads.FILE, uploads.BLOCK, actor=actor())


def _has_new_lots(round_: Round, content: Content) -> bool:
    """Whether a workbook also holds lots, which can be added to the round as it is now."""
    is_open = round_.state in editing.LOTS_OPEN and isinstance(content, Book)
    found = lot_sheet.best_table(content) if is_open and isinstance(content, Book) else None
    return found is not None and len(found.rows) > 1


def _outcome_page(round_: Round, stored: StoredFile, taken: BodiesTaken) -> str:
    left_out = [row for row in taken.rows if row["outcome"] not in (taking.ADDED, taking.ASKED)]
    return render_template(
        "signons/sheet_outcome.html",
        round_=round_,
        stored=stored,
        taken=taken,
        left_out=[row | {"said": words(taking.OUTCOMES[row["outcome"]]), "why": _why(row)} for row in left_out],
        added=sum(row["outcome"] == taking.ADDED for row in taken.rows),
        has_lots=round_.state in editing.LOTS_OPEN and _has_new_lots(round_, _content(_kept(stored))),
    )


def _outcome_row(row: dict[str, Any]) -> list[table_files.Value]:
    said = words(taking.OUTCOMES[row["outcome"]])
    return [row["row"], row["name"], row["registration_no"] or None, row["country"] or None, said, _why(row) or None]


def _planned_row(row: PlanRow) -> list[table_files.Value]:
    shown, entry = _shown(row), row.entry
    why = "\n".join([*shown["faults"], *shown["notes"], *(like["label"] for like in shown["likes"])])
    said = words(plan.STATUSES[row.status])
    return [entry.row, entry.name, entry.registration_no or None, entry.country or None, said, why or None]


def _why(row: dict[str, Any]) -> str:
    """The reasons of a row that stayed out, in words."""
    state = [state_label("sign_on", row["state"])] if row["state"] and row["outcome"] == "listed" else []
    at = [f"{r['at']}: " if r["at"] else "" for r in row["reasons"]]
    said = [words(reason["message"], **reason["params"]) for reason in row["reasons"]]
    return "\n".join([*map(words, state), *(a + s for a, s in zip(at, said, strict=True))])


def _shown(row: PlanRow) -> dict[str, Any]:
    """A row as the preview shows it."""
    entry = row.entry
    return {
        "entry": entry,
        "row": row,
        "kind": words(BODY_TYPES[entry.body_type]) if entry.body_type else "",
        "faults": [_said(fault) for fault in row.faults],
        "notes": [_said(note) for note in row.notes],
        "state": words(state_label("sign_on", row.state)) if row.state else "",
        "likes": [{"key": like.key, "label": _like(like)} for like in row.likes],
    }


def _like(like: plan.Like) -> str:
    why = ", ".join(words(GROUNDS[ground]) for ground in like.grounds)
    name = f"{like.name} ({like.registration_no})" if like.registration_no else like.name
    if like.row:
        return str(_("the same as row %(row)s, %(name)s: %(why)s", row=like.row, name=name, why=why))
    return str(_("the same as %(name)s: %(why)s", name=name, why=why))


def _said(fault: Fault) -> str:
    said = words(fault.message, **fault.params)
    return f"{fault.at}: {said}" if fault.at else said


def _kept(stored: StoredFile) -> Kept:
    path = current_app.extensions["files"].path_of(stored)
    return Kept(stored.public_id, stored.name, path, stored.purpose == uploads.BLOCK)


def _content(kept: Kept) -> Content:
    """The cells of a kept block or sheet; slow for a file, so nobody else may wait for it. Raises InvalidInput."""
    return split_block(kept.path.read_text("utf-8")) if kept.is_block else read_book(kept.path)


def _read(content: Content) -> Sheetful:
    choices = _choices()
    table = content if isinstance(content, Table) else uploads.table_in(content, choices)
    return entries.read(table, choices)


def _choices() -> Choices:
    """What the person chose on the preview; rows without a country are in that of the lead until another is chosen."""
    own = db.session.get_one(Organisation, actor().organisation_id)
    given = request.args.get("country", own.country).strip()
    targets = _numbered(request.args, "target-")
    known = {index: target for index, target in targets.items() if target in LABELS or not target}
    said = [*LABELS.items(), *BODY_TYPES.items()]
    return Choices(known, country_code(given).code or "", {norm(words(label)): key for key, label in said})


def _decisions() -> dict[int, str]:
    """Who the doubtful rows are, as chosen: by row."""
    return {row: said for row, said in _numbered(request.form, "row-").items() if said}


def _print_of(decisions: dict[int, str]) -> str:
    """A hash of answers, so that only answers whose result was shown are acted on; blank for none."""
    return sha256(repr(sorted(decisions.items())).encode()).hexdigest() if decisions else ""


def _numbered(fields: Mapping[str, str], prefix: str) -> dict[int, str]:
    """The fields whose name is `prefix` and a number of a row or column, by it; what no sheet can hold is passed over."""
    told = [(name.removeprefix(prefix), value) for name, value in fields.items() if name.startswith(prefix)]
    return {int(text): value for text, value in told if text.isdecimal() and len(text) <= MOST_DIGITS}

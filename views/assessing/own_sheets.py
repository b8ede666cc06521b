"""Own assessments as a spreadsheet: taken away, filled in anywhere, sent back, looked at, and saved as one unit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from urllib.parse import quote_plus

from flask import current_app, flash, render_template, request, url_for
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.ground.errors import FileRefused, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.sheets.reader import read_book
from framework.ground.text import N_
from framework.judging import own_changes, own_sheet
from framework.judging.own_changes import Change, Refused
from framework.judging.own_sheet import Vocabulary
from models.base import db
from models.judging import CONFIDENCE, Assessment, Item
from models.rounds import Round
from views import clock, guard, scanning
from views.assessing import blueprint, words
from views.chain.sight import names_of, reader_of
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import LANGUAGES
from views.i18n import words as translated

MOST_SHOWN = 500
FOR_THE_REST = 500_000
"""Bytes of a form for what it carries beside the changes: ticks and tokens."""


@blueprint.get("/rounds/<round_id>/judging/mine.xlsx")
@permit(Permission.ASSESSMENT_MAKE)
def own_sheet_download(round_: Round) -> Response:
    """The reader's assessments that are not final, as a workbook to fill in."""
    session = db.session()
    lines = own_changes.open_of(own_changes.own_of_round(session, round_, actor()))
    most = own_changes.ceilings(session, round_, lines)
    content = own_sheet.write(
        round_,
        [(one, item, most.get(item.id, "")) for one, item, _verdict in lines],
        user_id=actor().user_id,
        now=clock.now(),
        names=names_of(round_, reader_of(round_)),
        words=translated,
        confidence={code: translated(words.CONFIDENCE[code]) for code in CONFIDENCE},
        label=words.item_name,
    )
    return send_workbook(content, "assessments.xlsx")


@blueprint.post("/rounds/<round_id>/judging/my-sheet")
@permit(Permission.ASSESSMENT_MAKE)
def send_own_sheet(round_: Round) -> str | Response:
    """Read a filled workbook and show what it would change; nothing is saved yet."""
    sent, public_id = request.files.get("file"), round_.public_id
    here = url_for("assessing.pile", round_id=public_id)
    if sent is None or not sent.filename:
        flash(_("Choose a file first."), "error")
        return guard.done(here)
    guard.release()
    store = current_app.extensions["files"]
    try:
        blob = scanning.on_arrival(
            store.put(sent.stream, max_bytes=current_app.extensions["settings"].upload_mb * 1_000_000)
        )
        book = read_book(store.path(blob.sha256))
        again = guard.resume()
        if again is not None:
            return again
        guard.keep_out_again()
        round_ = db.session.query(Round).filter_by(public_id=public_id).one()
        told = own_sheet.understand(book, round_, actor().user_id, _vocabulary())
        found = own_changes.compare(db.session(), round_, told, actor())
        plan = _plan(found.changes)
    except FileRefused as error:
        flash(guard.refused(error), "error")
        return Response(status=303, headers={"Location": here})
    names = names_of(round_, reader_of(round_))
    plain = [one for one in found.changes if not one.is_conflict]
    return render_template(
        "assessing/own_preview.html",
        round_=round_,
        changes=[_shown(one, names[one.one.submission_id]) for one in plain[:MOST_SHOWN]],
        more=len(plain) - len(plain[:MOST_SHOWN]),
        conflicts=[_shown(one, names[one.one.submission_id]) for one in found.changes if one.is_conflict],
        refused=[_refused(one, names) for one in found.refused[:MOST_SHOWN]],
        more_refused=len(found.refused) - len(found.refused[:MOST_SHOWN]),
        same=found.same,
        plan=plan,
        seal=own_changes.seal(found.changes),
    )


@blueprint.post("/rounds/<round_id>/judging/my-sheet/apply")
@permit(Permission.ASSESSMENT_MAKE)
def apply_own_sheet(round_: Round) -> Response:
    """Save exactly what the preview showed, or nothing where something was changed meanwhile."""
    here = url_for("assessing.pile", round_id=round_.public_id)
    try:
        count = own_changes.apply(
            db.session(),
            round_,
            own_changes.read_plan(request.form.get("plan", "")),
            request.form.get("seal", ""),
            frozenset(request.form.getlist("take")),
            actor=actor(),
            now=clock.now(),
        )
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        flash(guard.refused(error), "error")
        return Response(status=303, headers={"Location": here})
    message = ngettext(
        "%(num)s assessment is saved. Only you see it.", "%(num)s assessments are saved. Only you see them.", count
    )
    return guard.done(here, message)


def _plan(changes: Sequence[Change]) -> str:
    """The changes for the form. Raises FileRefused where it could not carry them: a form is sent encoded."""
    plan = own_changes.write_plan(changes)
    if len(quote_plus(plan)) > current_app.config["MAX_FORM_MEMORY_SIZE"] - FOR_THE_REST:
        raise FileRefused(
            "plan-too-long", N_("This workbook changes more than can be saved at once. Send it in parts.")
        )
    return plan


def _vocabulary() -> Vocabulary:
    """Headers and answers in all languages: a workbook may have been made in another than the one of this page."""
    headers, sure = dict[str, str](), {code: code for code in CONFIDENCE}
    for language in LANGUAGES:
        with force_locale(language):
            headers |= {_folded(translated(name)): key for key, name in own_sheet.COLUMNS.items()}
            sure |= {_folded(translated(words.CONFIDENCE[code])): code for code in CONFIDENCE}
            sure[_folded(translated(words.CONFIDENCE[""]))] = ""
    return Vocabulary(headers, sure)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _shown(change: Change, supplier: str) -> dict[str, object]:
    """A change as the page shows it: what of the item becomes what."""
    one, told = change.one, change.told
    return {
        "id": change.item.public_id,
        "what": _what(change.item, supplier),
        "row": told.row,
        "before": _values(one.level, one.points, one.confidence, one.motive),
        "after": _values(told.level, told.points, told.confidence, told.motive),
        "differs": _differs(one, told.level, told.points, told.confidence, told.motive),
    }


def _differs(one: Assessment, level: str, points: Decimal | None, confidence: str, motive: str) -> list[bool]:
    """Which of value, confidence and motive change."""
    value = (one.level, one.points) != (level, points)
    return [value, one.confidence != confidence, own_sheet.plain(one.motive) != motive]


def _values(level: str, points: Decimal | None, confidence: str, motive: str) -> list[str]:
    return [words.value_of(level, points), translated(words.CONFIDENCE[confidence]), motive]


def _what(item: Item, supplier: str) -> str:
    return " · ".join(filter(None, (supplier, item.lot.name, item.brand, words.item_name(item))))


def _refused(one: Refused, names: dict[int, str]) -> str:
    """A row that is not taken over, in a sentence."""
    about = _what(one.item, names[one.item.submission_id]) if one.item is not None else one.told.item or "–"
    return _("Row %(row)s (%(what)s): %(why)s", row=one.told.row, what=about, why=translated(one.why, **one.params))

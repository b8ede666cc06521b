"""Who judges what as a spreadsheet: taken away, changed, sent back, looked at, and done as one unit."""

from __future__ import annotations

from flask import current_app, flash, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from framework.ground.errors import FileRefused, InvalidInput, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.sheets.reader import read_book
from framework.ground.text import N_, storable
from framework.judging import assigning, items, judges, sheet
from framework.judging.assigning import Change
from models.base import db
from models.rounds import Round
from views import clock, guard, scanning
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import words
from views.judging import blueprint
from views.judging.labels import what

MOST_SHOWN = 500


@blueprint.get("/rounds/<round_id>/judging/assignments.xlsx")
@permit(Permission.JUDGING_VIEW)
def assignments(round_: Round) -> Response:
    """The items with their evaluators as a workbook."""
    session = db.session()
    people = [one for one in judges.panel(session, round_) if "evaluator" in one.roles]
    found, held = items.of_round(session, round_), assigning.counting(session, round_)
    content = sheet.write(round_, found, held, people, now=clock.now(), words=words, label=what)
    return send_workbook(content, "judging.xlsx")


@blueprint.post("/rounds/<round_id>/judging/assignments")
@permit(Permission.JUDGING_SHARE)
def send_assignments(round_: Round) -> str | Response:
    """Read a changed workbook and show what it would do; nothing is done yet."""
    sent, public_id = request.files.get("file"), round_.public_id
    if sent is None or not sent.filename:
        flash(_("Choose a file first."), "error")
        return guard.done(url_for("judging.board", round_id=public_id))
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
        people = [one for one in judges.panel(db.session(), round_) if "evaluator" in one.roles]
        found = items.of_round(db.session(), round_)
        held = assigning.counting(db.session(), round_)
        understood = sheet.understand(book, found, held, people)
    except FileRefused as error:
        flash(guard.refused(error), "error")
        return Response(status=303, headers={"Location": url_for("judging.board", round_id=public_id)})
    names = {one.user.id: one.user.name for one in people}
    labels = {one.id: (one.submission.supplier.name, one.brand, what(one)) for one in found}
    shown = [(one, labels[one.item_id], names[one.user_id]) for one in understood.changes]
    return render_template(
        "judging/preview.html",
        round_=round_,
        shown=shown[:MOST_SHOWN],
        more=len(shown) - len(shown[:MOST_SHOWN]),
        problems=[words(template, **params) for template, params in understood.problems[:MOST_SHOWN]],
        plan="\n".join(f"{one.item_id} {one.user_id} {int(one.is_added)}" for one in understood.changes),
        seal=sheet.seal(understood.changes, held),
        takes_away=any(not one.is_added for one in understood.changes),
    )


@blueprint.post("/rounds/<round_id>/judging/assignments/apply")
@permit(Permission.JUDGING_SHARE)
def apply_assignments(round_: Round) -> Response:
    """Do exactly what the preview showed, or nothing where somebody changed it meanwhile."""
    try:
        changes = _plan(request.form.get("plan", ""))
        held = [one for one in assigning.counting(db.session(), round_) if one.submission_id not in g.kept_out]
        if request.form.get("seal") != sheet.seal(changes, held):
            raise RuleBroken("stale", N_("The list has changed since you looked at it. Look at it again."))
        motive = storable(request.form.get("motive", ""))
        done = assigning.apply(db.session(), round_, changes, motive, actor=actor(), now=clock.now())
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        here = url_for("judging.board", round_id=round_.public_id)
        flash(guard.refused(error), "error")
        return Response(status=303, headers={"Location": here})
    message = ngettext("%(num)s change is made.", "%(num)s changes are made.", done)
    return guard.done(url_for("judging.board", round_id=round_.public_id), message)


def _plan(text: str) -> list[Change]:
    found = []
    for line in text.split("\n"):
        parts = line.split()
        if not parts:
            continue
        if len(parts) != 3 or not all(part.isdecimal() and len(part) < 12 for part in parts):
            raise InvalidInput("plan-unreadable", N_("The list has changed since you looked at it. Look at it again."))
        found.append(Change(int(parts[0]), int(parts[1]), is_added=parts[2] == "1"))
    return found

"""In and out: the workbook, an uploaded sheet, a pasted block; always a preview, kept at its own address, before anything is saved."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.demand import (
    declare,
    department_figures,
    department_tables,
    groups,
    tables,
    uploads,
    vocabulary,
    wordings,
    workbook,
)
from framework.demand.columns import EVERY, Choices, figure_columns
from framework.demand.declare import LinesBroken, require_open
from framework.demand.figures import DecimalSign
from framework.demand.lines import LABELS, Line, Scope, counts, differences, merged
from framework.demand.understood import Understood
from framework.demand.workbook import Reference
from framework.ground import blocks, table_files, uploaded
from framework.ground.blocks import Table
from framework.ground.codelists import country_code
from framework.ground.errors import FileRefused, InvalidInput, RuleBroken
from framework.ground.files import NotScannedYet
from framework.ground.permissions import Permission
from framework.ground.sheets.cells import Book, Refusal
from framework.ground.sheets.reader import read_book
from framework.ground.terms import CATEGORIES, CERTAINTIES
from framework.ground.text import N_
from models.base import db
from models.demand import Demand
from models.people import Organisation
from models.records import StoredFile
from models.rounds import Lot, Round
from views import arriving, clock, guard
from views.demand import answers, blueprint, shared
from views.demand.grid import keep_lines, starting_point, sums_of
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import joined, sentence

DEFAULTS = ("category", "spec_tier", "delivery_country", "year_no")
OPTIONS = ("sign", "add_up", "mode", "count", "keep_totals", "leave_out", "without_unknown", "sheet")
MOST_GROUPS = 12
Content = Table | Book | Refusal


@dataclass(frozen=True, slots=True)
class Kept:
    """A file or a block that was sent: its public id, where its bytes lie, and whether it was pasted."""

    public_id: str
    path: Path
    is_block: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What a kept file says of a lot as the person chose to read it, against what is stored now."""

    found: Understood
    whole: bool
    draft: Demand | None
    stored: list[Line]
    lines: list[Line]

    @property
    def version(self) -> int:
        """The version of the draft it was compared with, 0 where there is none."""
        return self.draft.version if self.draft is not None else 0

    @property
    def may_be_taken(self) -> bool:
        """Whether nothing is left to mend or to answer."""
        return not self.found.issues and not self.found.sign_needed

    @property
    def seal(self) -> str:
        """A hash over everything the preview shows, so that only what was seen is taken over."""
        facts = [self.version, [_plain(line) for line in self.lines], [_plain(line) for line in self.stored]]
        return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/demand.xlsx")
@permit(Permission.DEMAND_VIEW)
def download(round_: Round, lot_id: str) -> Response:
    """The own declaration as a workbook: the draft, else what a new version would begin with."""
    lot = guard.child(Lot, lot_id, round_)
    draft, lines = starting_point(lot)
    content = workbook.write(lines, Scope.of(lot), reference=_here(lot, draft), words=lambda label: str(_(label)))
    return send_workbook(content, f"demand-{lot.code}.xlsx")


@blueprint.post("/rounds/<round_id>/lots/<lot_id>/demand/paste")
@permit(Permission.DEMAND_EDIT)
def paste(round_: Round, lot_id: str) -> Response:
    """Keep a pasted block and go to its preview."""
    lot = guard.child(Lot, lot_id, round_)
    require_open(round_, now=clock.now())
    stored = keep_block()
    if stored is None:
        return back_to_grid(lot, _("Paste the cells into the field first."))
    return guard.done(_preview_address(lot, stored))


@blueprint.post("/rounds/<round_id>/lots/<lot_id>/demand/upload")
@permit(Permission.DEMAND_EDIT)
def upload(round_: Round, lot_id: str) -> Response:
    """Keep a sheet byte for byte and go to its preview; nobody waits for the database while it arrives and is scanned."""
    place = url_for("demand.lot_grid", round_id=round_.public_id, lot_id=lot_id)
    found = keep_file(round_, lot_id, place)
    return found if isinstance(found, Response) else guard.done(_preview_address(*found))


def keep_block() -> StoredFile | None:
    """Keep the pasted block; None where there is none."""
    block = request.form.get("block", "")
    if not block.strip():
        return None
    blob = current_app.extensions["files"].put(io.BytesIO(block.encode()), max_bytes=len(block.encode()))
    return uploaded.keep(db.session(), blob, "", purpose=uploads.BLOCK, actor=actor(), now=clock.now())


def keep_file(round_: Round, lot_id: str, place: str) -> tuple[Lot, StoredFile] | Response:
    """Keep the file that is sent byte for byte, with the lot as it stands afterwards; or the way back to `place`, which says why not."""
    lot = guard.child(Lot, lot_id, round_)
    require_open(lot.round, now=clock.now())
    sent = arriving.receive(place)
    if isinstance(sent, Response):
        return sent
    lot = guard.child(Lot, lot_id, round_)
    require_open(lot.round, now=clock.now())
    stored = uploaded.keep(db.session(), sent.blob, sent.name, purpose=uploads.FILE, actor=actor(), now=clock.now())
    return lot, stored


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/demand/preview/<file_id>")
@permit(Permission.DEMAND_EDIT)
def preview(round_: Round, lot_id: str, file_id: str) -> str | Response:
    """What was understood of a block or a sheet, and what it would change; a file that waits to be scanned keeps its address."""
    lot = guard.child(Lot, lot_id, round_)
    try:
        kept = kept_of(file_id)
        return _page(lot, kept, _read(lot, kept))
    except NotScannedYet:
        raise
    except (FileRefused, InvalidInput) as error:
        return back_to_grid(lot, sentence(error))


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/demand/preview/<file_id>/listed.xlsx")
@permit(Permission.DEMAND_EDIT)
def listed(round_: Round, lot_id: str, file_id: str) -> Response:
    """The rows that cannot be taken over as they are, each with every reason and its cells, as a workbook."""
    lot = guard.child(Lot, lot_id, round_)
    try:
        found = _read(lot, kept_of(file_id)).found
    except NotScannedYet:
        raise
    except (FileRefused, InvalidInput) as error:
        return back_to_grid(lot, sentence(error))
    reasons: dict[int, list[str]] = {}
    for issue, said in zip(found.issues, shared.said(found.issues), strict=True):
        if issue.row is not None:
            reasons.setdefault(issue.row, []).append(said["text"])
    header = [_("Row"), _("Reason"), *(c.header or str(c.index + 1) for c in found.columns)]
    rows = [
        [number, "\n".join(reasons[number]), *(_cell(c) for c in cells)]
        for number, cells in found.rows
        if number in reasons
    ]
    sheet = table_files.Sheet(_("Rows to mend"), header, rows, frozen=2)
    content = table_files.workbook(_("Rows to mend"), [sheet], now=clock.now())
    return send_workbook(content, f"demand-{lot.code}-rows.xlsx")


@blueprint.post("/rounds/<round_id>/lots/<lot_id>/demand/preview/<file_id>")
@permit(Permission.DEMAND_EDIT)
def decide(round_: Round, lot_id: str, file_id: str) -> Response:
    """Go to the preview as chosen, or take over exactly what it showed, as one unit.

    The file is read without the write lock; lot and draft are loaded anew after it.
    """
    lot = guard.child(Lot, lot_id, round_)
    kept = kept_of(file_id)
    if request.form.get("do") != "apply":
        return guard.done(_preview_address(lot, kept, **asked()))
    guard.release()
    try:
        content = content_of(kept)
        replay = guard.resume()
        return replay if replay is not None else _take_over(guard.child(Lot, lot_id, round_), kept, content)
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        message = guard.refused(error)
        more = [x["text"] for x in shared.said(error.issues)] if isinstance(error, LinesBroken) else []
        return back_to_grid(guard.child(Lot, lot_id, round_), " ".join([message, *more[:5]]))


def _take_over(lot: Lot, kept: Kept, content: Content) -> Response:
    """Save what was read where it is what the page showed, else show it again."""
    reading = _understood(lot, kept, content)
    if request.form.get("seal") != reading.seal or not reading.may_be_taken:
        message = _(
            "Something else is read now than the page showed, or somebody saved meanwhile. Look at the changes again."
        )
        return guard.done(_preview_address(lot, kept, **asked()), message, "error")
    stored = uploaded.own(db.session(), kept.public_id, uploads.FILE, uploads.BLOCK, actor=actor())
    source = "paste" if kept.is_block else "upload"
    keep_lines(lot, reading.lines, source=source, source_upload_id=stored.id)
    message = _("Taken over and saved as a draft. Check the grid, then submit.")
    place = url_for("demand.lot_grid", round_id=lot.round.public_id, lot_id=lot.public_id)
    return guard.done(place, message)


def kept_of(file_id: str) -> Kept:
    stored = uploaded.own(db.session(), file_id, uploads.FILE, uploads.BLOCK, actor=actor())
    path = current_app.extensions["files"].path_of(stored)
    return Kept(stored.public_id, path, stored.purpose == uploads.BLOCK)


def _read(lot: Lot, kept: Kept) -> Reading:
    """Read a kept block or file for a lot; raises FileRefused and InvalidInput with what is wrong with it."""
    return _understood(lot, kept, content_of(kept))


def content_of(kept: Kept) -> Content:
    """The cells of a kept block or file; slow for a file, so nobody else may wait for it. Raises InvalidInput."""
    return blocks.split_block(kept.path.read_text("utf-8")) if kept.is_block else read_book(kept.path)


def _understood(lot: Lot, kept: Kept, content: Content) -> Reading:
    """What the cells say of a lot as it stands now; raises FileRefused and InvalidInput."""
    draft, stored = starting_point(lot)
    scope, choices = Scope.of(lot), choices_of(lot)
    if isinstance(content, Book | Refusal):
        found, whole = uploads.understand(content, scope, choices, here=_here(lot, draft), stored=stored)
    else:
        found, whole = tables.understand(content, scope, choices, stored=stored), False
    replaces = whole or answers.given().get("mode") == "replace"
    lines = found.lines if replaces else merged(stored, found.lines)
    totals = sums_of(lot)
    over = department_figures.typed_over(found.lines, totals)
    if over:
        found.notes.append((_SUMS_STAY, {"rows": [str(line.row) for line in over]}))
    lines = department_figures.put_over(lines, totals, stored=stored)
    return Reading(found, whole, draft, stored, lines)


def _here(lot: Lot, draft: Demand | None) -> Reference:
    """The own declaration of a lot as workbooks name it."""
    own = db.session.get_one(Organisation, actor().organisation_id)
    based_on = draft or declare.latest(db.session(), lot, own.id, states=declare.CURRENT)
    stamp = f"{based_on.public_id}/{based_on.version}" if based_on is not None else "-"
    name = f"{lot.round.name} · {lot.name} · {own.name}"
    return Reference(lot.round.public_id, lot.public_id, own.public_id, stamp, name)


def _preview_address(lot: Lot, kept: Kept | StoredFile, **choices: str) -> str:
    db.session.flush()
    place = {"round_id": lot.round.public_id, "lot_id": lot.public_id, "file_id": kept.public_id}
    return answers.address("demand.preview", place, choices)


def asked() -> dict[str, str]:
    """What was chosen on the page, as the query of its address; columns only where it is not what was read there."""
    form = request.form
    targets = {name: value for name, value in form.items() if name.startswith("target-")}
    chosen = {name: value for name, value in targets.items() if form.get(name.replace("target", "read", 1)) != value}
    if form.get("quantity", "").isdecimal():
        chosen[f"target-{form['quantity']}"] = "qty_expected"
    named = (*OPTIONS, *(f"default-{name}" for name in DEFAULTS), *(name for name in form if name.startswith("word-")))
    return chosen | {name: form[name] for name in named if name in form}


def back_to_grid(lot: Lot, message: str) -> Response:
    flash(message, "error")
    place = url_for("demand.lot_grid", round_id=lot.round.public_id, lot_id=lot.public_id)
    return redirect(place, code=303)


def choices_of(lot: Lot) -> Choices:
    """What the person chose on the preview; on the first reading, what can only be one thing."""
    form = answers.given()
    scope = Scope.of(lot)
    single = {
        "category": scope.categories[0] if len(scope.categories) == 1 else "",
        "spec_tier": scope.tiers[0] if len(scope.tiers) == 1 else "",
        "delivery_country": db.session.get_one(Organisation, actor().organisation_id).country,
        "year_no": "1" if scope.years == 1 else "",
    }
    defaults = {name: form.get(f"default-{name}", single[name]).strip() for name in DEFAULTS}
    defaults["delivery_country"] = country_code(defaults["delivery_country"]).code or defaults["delivery_country"]
    targets = {int(k[7:]): v for k, v in form.items() if k.startswith("target-") and k[7:].isdecimal() and len(k) < 17}
    sign = form.get("sign", "")
    return Choices(
        targets=targets,
        defaults=defaults,
        sign=DecimalSign(sign) if sign in (".", ",") else None,
        add_up="add_up" in form,
        count="count" in form,
        keep_totals="keep_totals" in form,
        leave_out="leave_out" in form,
        without_unknown="without_unknown" in form,
        sheet=form.get("sheet", ""),
        wordings={
            k[5:]: v for k, v in form.items() if k.startswith("word-") and v in (wordings.OUT, *scope.categories)
        },
        words=_own_words(),
    )


def _own_words() -> dict[str, str]:
    """Labels in the reader's language, so that a sheet in it is read too."""
    labels = [*LABELS.items(), *((k, c.label) for k, c in CATEGORIES.items()), *CERTAINTIES.items()]
    return {vocabulary.norm(str(_(label))): key for key, label in labels}


def _page(lot: Lot, kept: Kept, reading: Reading) -> str:
    found = reading.found
    changes = differences(reading.stored, reading.lines)
    choices = choices_of(lot)
    together = groups.grouped(found.issues)
    return render_template(
        "demand/preview.html",
        round_=lot.round,
        lot=lot,
        scope=Scope.of(lot),
        found=found,
        reading=reading,
        kept=kept,
        replaces=answers.given().get("mode") == "replace",
        counts=counts(changes),
        changes=shared.changes_shown(changes, lot.round.currency),
        errors=[{"text": shared.said_together(group), "field_id": answered_at(group, found)} for group in together],
        asked={group.code for group in together},
        most_groups=MOST_GROUPS,
        notes=shared.noted(found.notes),
        defaults=choices.defaults,
        choices=choices,
        every=EVERY,
        wordings=[wording_asked(one, lot) for one in found.wordings],
        sign=choices.sign,
        targets=target_choices(lot),
        categories=[(key, shared.category_label(key)) for key in lot.categories],
        quantities=figure_columns(found.columns) if "no-quantities" in {group.code for group in together} else [],
        asks_count=choices.count or any(group.code == "no-quantities" for group in together),
        has_unknown=any(line.not_known_reason for line in found.lines),
        has={c.target.partition(":")[0] for c in found.columns},
        wide=any(":" in c.target for c in found.columns),
        query=_query(),
        by_departments=department_tables.has_departments((c.header for c in found.columns), choices),
    )


def _query() -> dict[str, str]:
    """The choices in this page's address."""
    return {key: value for key, value in request.args.items() if key not in ("round_id", "lot_id", "file_id")}


def answered_at(group: groups.Group, found: Understood) -> str:
    """The field in which a cause can be answered, where there is one."""
    first = group.issues[0]
    if group.code == "column-duplicate":
        return f"target-{first.params['at']}"
    if group.code == "unclear":
        return "sign-comma" if found.sign_needed else ""
    if group.code in ("category-unknown", "category-outside"):
        return next((f"word-{one.key}" for one in found.wordings if first.row in one.rows), "")
    if group.code not in tables.ANSWERED:
        return "leave-out" if found.may_leave_out else ""
    return {
        "line-twice": "add-up",
        "sum-not-known": "without-unknown",
        "year-missing": "default-year",
        "no-quantities": "quantity" if figure_columns(found.columns) else "count",
    }.get(group.code, "")


def wording_asked(one: wordings.Wording, lot: Lot) -> dict[str, Any]:
    """A wording of the sheet with what is chosen or proposed for it, and the lots that buy it where this one does not."""
    elsewhere = [other.name for other in lot.round.lots if one.category and one.category in other.categories]
    chosen = one.said or one.proposal
    return {"key": one.key, "text": one.text, "count": len(one.rows), "chosen": chosen, "lots": joined(elsewhere)}


def _cell(cell: Any) -> table_files.Value:
    """A cell as it leaves in a table; what has no form of its own there leaves as text."""
    is_plain = isinstance(cell, str | int | float | dt.date | None) and not isinstance(cell, bool)
    return cell if is_plain else str(cell)


def target_choices(lot: Lot) -> list[tuple[str, str]]:
    per_year = [
        (f"{name}:{year}", _("%(column)s of year %(year)s", column=_(LABELS[name]), year=year))
        for year in range(1, lot.years + 1)
        for name in ("qty_firm", "qty_expected", "qty_max", "value_expected")
    ]
    plain = [(name, str(_(label))) for name, label in LABELS.items()]
    return [("", _("not used")), *plain, *per_year, (vocabulary.CHANGE, _("a change, not a total"))]


def _plain(line: Line) -> dict[str, Any]:
    names = (*LABELS, "source_sheet", "source_row")
    values = {name: getattr(line, name) for name in names}
    return {k: str(v) if isinstance(v, Decimal) or hasattr(v, "isoformat") else v for k, v in values.items()}


_SUMS_STAY = N_(
    "These rows say other quantities than your departments together; what departments said stays: rows %(rows)s."
)

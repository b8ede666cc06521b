"""In and out: the workbook, an uploaded sheet, a pasted block; always a preview before anything is saved."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import current_app, flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.demand import tables, uploads, vocabulary, workbook
from framework.demand.declare import LinesBroken, require_open
from framework.demand.figures import DecimalSign
from framework.demand.lines import LABELS, Line, Scope, counts, differences, merged
from framework.demand.tables import Choices, Understood
from framework.ground.codelists import country_code
from framework.ground.errors import FileRefused, InvalidInput, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.reading.dates import Order, read_date
from framework.ground.sheets.reader import read_book
from framework.ground.terms import CATEGORIES, CERTAINTIES
from framework.ground.text import N_
from models.base import db
from models.people import Organisation
from models.rounds import Lot, Round
from views import clock, guard
from views.demand import blueprint, shared
from views.demand.grid import keep_lines, starting_point
from views.downloads import send_workbook
from views.guard import actor, permit

DEFAULTS = ("category", "spec_tier", "delivery_country", "year_no")


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/demand.xlsx")
@permit(Permission.DEMAND_VIEW)
def download(round_: Round, lot_id: str) -> Response:
    """The own declaration as a workbook: the draft, else what a new version would begin with."""

    lot = guard.child(Lot, lot_id, round_)
    _draft, lines = starting_point(lot)
    reference = f"{round_.public_id}/{lot.public_id}"
    content = workbook.write(lines, Scope.of(lot), reference=reference, words=lambda label: str(_(label)))
    return send_workbook(content, f"demand-{lot.code}.xlsx")


@blueprint.post("/rounds/<round_id>/lots/<lot_id>/demand/paste")
@permit(Permission.DEMAND_EDIT)
def paste(round_: Round, lot_id: str) -> str | Response:
    """What was understood of a pasted block, and what it would change."""
    guard.release()
    lot = guard.child(Lot, lot_id, round_)
    block = request.form.get("block", "")
    if not block.strip():
        return _back(lot, _("Paste the cells into the field first."))
    found = tables.understand(tables.split_block(block), Scope.of(lot), _choices(lot))
    return _preview(lot, found, source="paste", block=block, whole=False)


@blueprint.post("/rounds/<round_id>/lots/<lot_id>/demand/upload")
@permit(Permission.DEMAND_EDIT)
def upload(round_: Round, lot_id: str) -> str | Response:
    """What was understood of a sheet, and what it would change; the file is kept byte for byte."""
    sent, known = request.files.get("file"), request.form.get("file_id", "")
    require_open(round_, now=clock.now())
    try:
        if known:
            stored = uploads.own_file(db.session(), known, actor=actor())
        elif sent is not None and sent.filename:
            limit = current_app.extensions["settings"].upload_mb * 1_000_000
            blob = current_app.extensions["files"].put(sent.stream, max_bytes=limit)
            stored = uploads.keep(db.session(), blob, sent.filename, actor=actor(), now=clock.now())
        else:
            raise InvalidInput("no-file", N_("Choose a file first."), field="file")
        file_id, sha256 = stored.public_id, stored.sha256
        db.session.commit()
        book = read_book(current_app.extensions["files"].path(sha256))
        lot = guard.child(Lot, lot_id, round_)
        found, ours = uploads.understand(book, Scope.of(lot), _choices(lot))
    except (FileRefused, InvalidInput) as error:
        message = guard.refused(error)
        return _back(guard.child(Lot, lot_id, round_), message)
    return _preview(lot, found, source="upload", file_id=file_id, whole=ours)


@blueprint.post("/rounds/<round_id>/lots/<lot_id>/demand/apply")
@permit(Permission.DEMAND_EDIT)
def apply(round_: Round, lot_id: str) -> Response:
    """Take over what the preview showed, as one unit."""
    lot = guard.child(Lot, lot_id, round_)
    try:
        lines = _lines_sent(request.form.get("lines", ""))
        known = request.form.get("file_id", "")
        upload_id = uploads.own_file(db.session(), known, actor=actor()).id if known else None
        source = "upload" if known else "paste"
        keep_lines(lot, lines, source=source, source_upload_id=upload_id)
        message = _("Taken over and saved as a draft. Check the grid, then submit.")
        return guard.done(url_for("demand.lot_grid", round_id=round_.public_id, lot_id=lot_id), message)
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        message = guard.refused(error)
        more = [x["text"] for x in shared.said(error.issues)] if isinstance(error, LinesBroken) else []
        return _back(guard.child(Lot, lot_id, round_), " ".join([message, *more[:5]]))


def _back(lot: Lot, message: str) -> Response:
    flash(message, "error")
    place = url_for("demand.lot_grid", round_id=lot.round.public_id, lot_id=lot.public_id)
    return Response(status=303, headers={"Location": place})


def _choices(lot: Lot) -> Choices:
    """What the person chose on the preview; on the first reading, what can only be one thing."""
    form = request.form
    scope = Scope.of(lot)
    single = {
        "category": scope.categories[0] if len(scope.categories) == 1 else "",
        "spec_tier": scope.tiers[0] if len(scope.tiers) == 1 else "",
        "delivery_country": db.session.get_one(Organisation, actor().organisation_id).country,
        "year_no": "1" if scope.years == 1 else "",
    }
    defaults = {name: form.get(f"default-{name}", single[name]).strip() for name in DEFAULTS}
    defaults["delivery_country"] = country_code(defaults["delivery_country"]).code or defaults["delivery_country"]
    targets = {int(k[7:]): v for k, v in form.items() if k.startswith("target-") and k[7:].isdecimal()}
    sign = form.get("sign", "")
    return Choices(
        targets=targets,
        defaults=defaults,
        sign=DecimalSign(sign) if sign in (".", ",") else None,
        add_up="add_up" in form,
        words=_own_words(),
    )


def _own_words() -> dict[str, str]:
    """Labels in the reader's language, so that a sheet in it is read too."""
    labels = [*LABELS.items(), *((k, c.label) for k, c in CATEGORIES.items()), *CERTAINTIES.items()]
    return {vocabulary.norm(str(_(label))): key for key, label in labels}


def _preview(lot: Lot, found: Understood, *, source: str, whole: bool, block: str = "", file_id: str = "") -> str:
    draft, stored = starting_point(lot)
    replace_all = whole or request.form.get("mode") == "replace"
    lines = found.lines if replace_all else merged(stored, found.lines)
    changes = differences(stored, lines)
    choices = _choices(lot)
    return render_template(
        "demand/preview.html",
        round_=lot.round,
        lot=lot,
        scope=Scope.of(lot),
        found=found,
        whole=whole,
        replace_all=replace_all,
        source=source,
        block=block,
        file_id=file_id,
        version=draft.version if draft is not None else 0,
        counts=counts(changes),
        changes=shared.changes_shown(changes),
        errors=shared.said(found.issues),
        notes=shared.noted(found.notes),
        defaults=choices.defaults,
        add_up=choices.add_up,
        sign=choices.sign,
        targets=_target_choices(lot),
        categories=[(key, shared.category_label(key)) for key in lot.categories],
        has={c.target.partition(":")[0] for c in found.columns},
        wide=any(":" in c.target for c in found.columns),
        lines=json.dumps([_plain(line) for line in lines], ensure_ascii=False),
    )


def _target_choices(lot: Lot) -> list[tuple[str, str]]:
    per_year = [
        (f"{name}:{year}", _("%(column)s of year %(year)s", column=_(LABELS[name]), year=year))
        for year in range(1, lot.years + 1)
        for name in ("qty_firm", "qty_expected", "qty_max", "value_expected")
    ]
    plain = [(name, str(_(label))) for name, label in LABELS.items()]
    return [("", _("not used")), *plain, *per_year, (vocabulary.CHANGE, _("a change, not a total"))]


def _plain(line: Line) -> dict[str, Any]:
    names = (*LABELS, "source_sheet", "source_row", "row")
    values = {name: getattr(line, name) for name in names}
    return {k: str(v) if isinstance(v, Decimal) or hasattr(v, "isoformat") else v for k, v in values.items()}


def _lines_sent(text: str) -> list[Line]:
    """The lines of the preview's form; anything that is not what we wrote there is refused."""
    try:
        return [_line_sent(found) for found in json.loads(text)]
    except (ValueError, TypeError, KeyError, InvalidOperation) as error:
        raise InvalidInput("preview-lost", N_("The preview could not be read. Paste or upload once more.")) from error


def _line_sent(found: dict[str, Any]) -> Line:
    numbers = {name: found[name] for name in ("year_no", "qty_firm", "qty_expected", "qty_max", "baseline_qty")}
    if any(type(v) not in (int, type(None)) for v in numbers.values()) or numbers["year_no"] is None:
        raise ValueError("a number is not a number")
    words = {
        name: found[name]
        for name in (
            "category",
            "spec_tier",
            "delivery_country",
            "certainty",
            "not_known_reason",
            "delivery_profile",
            "source_sheet",
        )
    }
    if any(type(v) is not str for v in words.values()):
        raise ValueError("a text is not a text")
    value, end = found["value_expected"], found["current_supplier_end"]
    return Line(
        **numbers,
        **words,
        value_expected=None if value is None else _cents(value),
        current_supplier_end=None if end is None else read_date(end, Order.UNCLEAR).value,
        source_row=found["source_row"] if type(found["source_row"]) is int else None,
        row=found["row"] if type(found["row"]) is int else None,
    )


def _cents(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite() or value != value.quantize(Decimal("0.01")):
        raise ValueError("not money")
    return value

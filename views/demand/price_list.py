"""The supplier's own page: its indicative price list by form or workbook, its versions, and taking it back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from framework.demand import price_lists, price_rows, price_sheet, vocabulary
from framework.demand.price_rows import LABELS, PricesRead
from framework.ground import blocks, table_files, uploaded
from framework.ground.errors import FileRefused, InvalidInput, RuleBroken
from framework.ground.files import NotScannedYet
from framework.ground.issue_catalogue import describe, refusal_issue
from framework.ground.issues import Issue
from framework.ground.permissions import Permission
from framework.ground.sheets.cells import Refusal
from framework.ground.sheets.reader import read_book
from framework.ground.terms import CATEGORIES
from framework.ground.text import N_
from models.base import db
from models.prices import PriceList
from models.records import StoredFile
from models.rounds import Round
from views import arriving, clock, guard
from views.demand import blueprint, price_cells, shared
from views.demand.price_cells import MOST
from views.demand.price_forms import HeadForm, head_form
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import sentence, words
from views.rounds.forms import at_field

PURPOSE = "price-list"
BLANK, MORE = 5, 10
_FIELDS = {LABELS["from_qty"]: "from", LABELS["unit_price"]: "price"}


@blueprint.get("/rounds/<round_id>/price-list")
@permit(Permission.PRICES_VIEW_OWN)
def price_list(round_: Round) -> str:
    """The list as it stands, the form to change it, its earlier versions."""
    latest = price_lists.newest_of(db.session(), round_, actor().organisation_id)
    return _page(
        round_, head_form(formdata=None, **price_cells.head_of(round_, latest)), price_cells.rows_of(round_, latest)
    )


@blueprint.post("/rounds/<round_id>/price-list")
@permit(Permission.PRICES_GIVE)
def give_price_list(round_: Round) -> Response | tuple[str, int] | str:
    """Give the list as typed, or show more empty rows."""
    form, rows = head_form(), price_cells.typed()
    if request.form.get("do") == "rows":
        return _page(round_, form, rows, more=MORE)
    read = price_rows.read(
        [(n, price_cells.cells(round_, row)) for n, row in enumerate(rows, start=1)],
        round_.lots,
        currency=form.currency.data or "",
        sign=shared.decimal_sign(),
    )
    errors = [{"text": _said(found), "field_id": _field_of(found)} for found in read.issues]
    errors += [
        {
            "text": _("Row %(row)s names a product without quantity and price. Fill both in, or clear it.", row=number),
            "field_id": f"from-{number}",
        }
        for number in read.without
    ]
    if not form.validate_on_submit() or errors:
        return _page(round_, form, rows, errors=errors), 422
    return _given(round_, form, read, rows)


@blueprint.post("/rounds/<round_id>/price-list/withdraw")
@permit(Permission.PRICES_GIVE)
def withdraw_price_list(round_: Round) -> Response:
    """Take the list back."""
    here = url_for("demand.price_list", round_id=round_.public_id)
    found = guard.child(PriceList, request.form.get("list", ""), round_)
    return shared.attempt(
        lambda: price_lists.withdraw(db.session(), found, actor=actor(), now=clock.now()),
        here,
        _("The list is withdrawn. Nobody sees it any more."),
    )


@blueprint.get("/rounds/<round_id>/price-list/prices.xlsx")
@permit(Permission.PRICES_VIEW_OWN)
def price_list_xlsx(round_: Round) -> Response:
    """The workbook to fill in: the list as it stands, else the products of the round."""
    latest = price_lists.newest_of(db.session(), round_, actor().organisation_id)
    content = price_sheet.template(round_.lots, latest, now=clock.now(), words=words)
    return send_workbook(content, "prices.xlsx")


@blueprint.post("/rounds/<round_id>/price-list/upload")
@permit(Permission.PRICES_GIVE)
def upload_price_list(round_: Round) -> Response:
    """Keep a sheet byte for byte and go to its preview."""
    public_id = round_.public_id
    here = url_for("demand.price_list", round_id=public_id)
    if not price_lists.is_asking(round_):
        return shared.attempt(lambda: price_lists.require_asked(round_), here, "")
    sent = arriving.receive(here)
    if isinstance(sent, Response):
        return sent
    stored = uploaded.keep(db.session(), sent.blob, sent.name, purpose=PURPOSE, actor=actor(), now=clock.now())
    return guard.done(url_for("demand.price_preview", round_id=public_id, file_id=stored.public_id))


@blueprint.get("/rounds/<round_id>/price-list/preview/<file_id>")
@permit(Permission.PRICES_GIVE)
def price_preview(round_: Round, file_id: str) -> str | Response:
    """What a sheet says, row by row: what would be taken and what is left out, with the reasons."""
    stored = _own_file(file_id)
    latest = price_lists.newest_of(db.session(), round_, actor().organisation_id)
    form = head_form(formdata=None, **price_cells.head_of(round_, latest))
    try:
        return _preview(round_, stored, form, _read(round_, stored, form.currency.data))
    except NotScannedYet:
        raise
    except (FileRefused, InvalidInput) as error:
        return _back(round_, error)


@blueprint.post("/rounds/<round_id>/price-list/preview/<file_id>")
@permit(Permission.PRICES_GIVE)
def take_price_sheet(round_: Round, file_id: str) -> Response | tuple[str, int]:
    """Give exactly what the preview showed; the file is read without the write lock."""
    public_id, form = round_.public_id, head_form()
    stored = _own_file(file_id)
    guard.release()
    try:
        read = _read(_again(public_id), _own_file(file_id), form.currency.data or "")
        replay = guard.resume()
        if replay is not None:
            return replay
        round_, stored = _again(public_id), _own_file(file_id)
        if not form.validate_on_submit():
            return _preview(round_, stored, form, read), 422
        if request.form.get("seal") != _seal(read):
            form.form_errors.append(_("With what you chose the sheet is read otherwise than shown. Look at it again."))
            return _preview(round_, stored, form, read), 409
        return _given(round_, form, read, None, stored)
    except NotScannedYet:
        raise
    except (FileRefused, InvalidInput) as error:
        return _back(_again(public_id), error)


@blueprint.get("/rounds/<round_id>/price-list/preview/<file_id>/left-out.xlsx")
@permit(Permission.PRICES_GIVE)
def price_rows_left_out(round_: Round, file_id: str) -> Response:
    """The rows that are not taken, each with its reasons and its cells, as a workbook."""
    currency = request.args.get("currency", round_.currency)
    try:
        read = _read(round_, _own_file(file_id), currency)
    except NotScannedYet:
        raise
    except (FileRefused, InvalidInput) as error:
        return _back(round_, error)
    header = [_("Row"), _("Reason"), *(str(_(label)) for label in LABELS.values())]
    rows = [[one["row"], one["reason"], *map(_cell, read.rows[one["row"]][: len(LABELS)])] for one in _left_out(read)]
    sheet = table_files.Sheet(_("Rows left out"), header, rows, frozen=2)
    return send_workbook(table_files.workbook(_("Rows left out"), [sheet], now=clock.now()), "prices-left-out.xlsx")


def _given(
    round_: Round, form: HeadForm, read: PricesRead, rows: list[dict[str, str]] | None, stored: StoredFile | None = None
) -> Response | tuple[str, int]:
    """Give what was read; with what is wrong, the page it came from again."""
    public_id, file_id = round_.public_id, stored.public_id if stored is not None else ""
    try:
        made = price_lists.give(
            db.session(),
            round_,
            read.taken,
            form.head(),
            based_on=form.seen(),
            actor=actor(),
            now=clock.now(),
            source_upload_id=stored.id if stored is not None else None,
        )
        said = _("Version %(version)s of your price list is given. The lead sees it now.", version=made.version_no)
        return guard.done(url_for("demand.price_list", round_id=public_id), said)
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        message = guard.refused(error)
        if isinstance(error, InvalidInput):
            for one in (error, *error.also):
                at_field(form, one)
        else:
            form.form_errors.append(message)
        round_ = _again(public_id)
        if rows is not None:
            return _page(round_, form, rows), error.status
        return _preview(round_, _own_file(file_id), form, read), error.status


def _page(
    round_: Round, form: HeadForm, rows: list[dict[str, str]], *, errors: Iterable[dict[str, str]] = (), more: int = 0
) -> str:
    versions = price_lists.versions_of(db.session(), round_, actor().organisation_id)
    latest = versions[0] if versions else None
    shown = [row for row in rows if any(row.values())] if not errors else list(rows)
    wanted = max(len(shown) + more, min(len(shown) + BLANK, MOST)) if not errors else len(shown)
    shown += [{"item": "", "from": "", "price": ""}] * (min(wanted, MOST) - len(shown))
    listed = list(errors)
    return render_template(
        "demand/price_list.html",
        round_=round_,
        is_asked=price_lists.is_asking(round_),
        form=form,
        rows=shown,
        most=MOST,
        items=price_cells.items(round_),
        errors=listed,
        wrong={one["field_id"]: one["text"] for one in listed},
        versions=versions,
        current=latest if latest is not None and latest.withdrawn_at is None else None,
        steps=price_cells.shown_steps(latest),
        readings=price_sheet.READINGS,
        price=shared.price_said,
        rising=price_cells.has_rising(latest),
    )


def _preview(round_: Round, stored: StoredFile, form: HeadForm, read: PricesRead) -> str:
    names = {lot.id: price_rows.lot_name(lot) for lot in round_.lots}
    taken = [
        {
            "row": one.row,
            "lot": names[one.lot_id],
            "place": shared.place(one.category, one.spec_tier)
            if one.spec_tier
            else shared.place(one.category, _("all tiers")),
            "from": one.from_qty,
            "price": one.unit_price,
        }
        for one in read.taken
    ]
    return render_template(
        "demand/price_preview.html",
        round_=round_,
        stored=stored,
        form=form,
        taken=taken,
        left_out=_left_out(read),
        warnings=[_said(found) for found in read.warnings],
        without=read.without,
        unused=read.unused,
        seal=_seal(read),
        price=shared.price_said,
    )


def _left_out(read: PricesRead) -> list[dict[str, Any]]:
    reasons: dict[int, list[str]] = {number: [] for number in read.left_out}
    for found in read.issues:
        if found.row in reasons:
            reasons[found.row].append(_said(found))
    return [
        {
            "row": number,
            "reason": " ".join(said),
            "cells": " · ".join(str(c) for c in read.rows[number] if c not in (None, "")),
        }
        for number, said in reasons.items()
    ]


def _read(round_: Round, stored: StoredFile, currency: str) -> PricesRead:
    """What a kept sheet says; raises FileRefused and InvalidInput with what is wrong with the whole of it."""
    book = read_book(current_app.extensions["files"].path_of(stored))
    if isinstance(book, Refusal):
        message, _advice, params = describe(refusal_issue(book.key, book.detail, book.params))
        facts: dict[str, Any] = dict(params)
        raise FileRefused(book.key, message, **facts)
    sheet = blocks.best_sheet(book)
    if sheet is None:
        raise FileRefused("empty", N_("There is nothing in this file. Fill in a sheet and send it again."))
    return price_rows.read_table(
        blocks.table_of(sheet), round_.lots, currency=currency, sign=shared.decimal_sign(), words=_own_words()
    )


def _own_words() -> dict[str, str]:
    """Labels in the reader's language, so that a sheet in it is read too."""
    labels = [*LABELS.items(), *((key, one.label) for key, one in CATEGORIES.items())]
    return {vocabulary.norm(str(_(label))): key for key, label in labels}


def _own_file(public_id: str) -> StoredFile:
    return uploaded.own(db.session(), public_id, PURPOSE, actor=actor())


def _again(public_id: str) -> Round:
    return db.session.scalars(select(Round).where(Round.public_id == public_id)).one()


def _back(round_: Round, error: RuleBroken) -> Response:
    flash(sentence(error), "error")
    return redirect(url_for("demand.price_list", round_id=round_.public_id), code=303)


def _seal(read: PricesRead) -> str:
    """A hash over what the preview shows, so that only what was seen is given."""
    facts = [[*one.item, one.from_qty, str(one.unit_price), one.row] for one in read.taken]
    return hashlib.sha256(json.dumps([facts, read.left_out]).encode()).hexdigest()


def _said(found: Issue) -> str:
    template, params = price_rows.sentence(found)
    column = str(params.get("column", ""))
    params["column"] = str(_(column)) if column in LABELS.values() else column
    params["value"] = shared.category_label(str(params["value"]))
    return words(template, **params)


def _field_of(found: Issue) -> str:
    return f"{_FIELDS.get(found.column, 'from' if found.code in ('step-twice', 'item-incomplete') else 'item')}-{found.row}"


def _cell(cell: Any) -> table_files.Value:
    """A cell as it leaves in a table; what has no form of its own there leaves as text."""
    is_plain = isinstance(cell, str | int | float | None) and not isinstance(cell, bool)
    return cell if is_plain else str(cell)

"""What a contractor takes along of a version: its file, the receipt as page, PDF and signed file, remarks, differences."""

from __future__ import annotations

import json

from flask import Response as Answer
from flask import render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.disclosure import groups, receipts
from framework.ground import heads
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.rounds import Round
from views import guard
from views.contract import blueprint, update_compared, update_words
from views.contract.updates import address, file_of, own_version
from views.disclosure import receipt as receipt_pages
from views.disclosure.findings import marked_copy, remarks
from views.disclosure.sentences import not_kept_sentence
from views.disclosure.upload import send_original
from views.downloads import send_pdf, send_workbook
from views.guard import actor, permit

PLACE = "/rounds/<round_id>/updates/<update_id>"


@blueprint.get(f"{PLACE}/original")
@permit(Permission.UPDATE_VIEW_OWN)
def update_original(round_: Round, update_id: str) -> Answer:
    """The contractor's own file, byte for byte."""
    return send_original(file_of(own_version(round_, update_id)))


@blueprint.get(f"{PLACE}/receipt")
@permit(Permission.UPDATE_VIEW_OWN)
def update_receipt(round_: Round, update_id: str) -> str:
    """The receipt alone, for paper."""
    version = own_version(round_, update_id)
    update = file_of(version)
    lines, came = receipts.lines(db.session(), update), receipts.arrival(db.session(), update)
    head = heads.newest(db.session())
    return render_template(
        "contract/updates_receipt.html",
        round_=round_,
        version=version,
        update=update,
        arrival=came,
        lines=lines,
        arrived=json.loads(lines[0].statement) if lines else {},
        said=[receipt_pages.said(line) for line in lines],
        is_covered=head is not None and came.event is not None and head.size >= came.event,
        words_=update_words,
    )


@blueprint.get(f"{PLACE}/receipt.json")
@permit(Permission.UPDATE_VIEW_OWN)
def update_receipt_file(round_: Round, update_id: str) -> Response:
    """The signed receipt for `verify_receipt`."""
    update = file_of(own_version(round_, update_id))
    text = receipts.as_file(receipt_pages.signed(update), update.file.name)
    return receipt_pages.give(text, f"receipt-{update.receipt_number}.json")


@blueprint.get(f"{PLACE}/receipt-proof.json")
@permit(Permission.UPDATE_VIEW_OWN)
def update_receipt_proof(round_: Round, update_id: str) -> Response:
    """The proof that the newest head of the record covers the arrival of this version."""
    update = file_of(own_version(round_, update_id))
    came = receipts.arrival(db.session(), update)
    proof = heads.inclusion(db.session(), came.event) if came.event is not None else None
    if proof is None:
        raise NotFound("no-head", N_("No head covers this arrival yet. The next one is signed within a day."))
    return receipt_pages.give(json.dumps(proof, sort_keys=True) + "\n", f"receipt-{update.receipt_number}-proof.json")


@blueprint.get(f"{PLACE}/receipt.pdf")
@permit(Permission.UPDATE_VIEW_OWN)
def update_receipt_pdf(round_: Round, update_id: str) -> Response:
    """The signed lines of the receipt as a PDF."""
    update = file_of(own_version(round_, update_id))
    lines = receipt_pages.signed(update)
    title = _("Receipt %(number)s", number=update.receipt_number)
    return send_pdf(
        "receipt",
        receipt_pages.document_values(update, lines),
        name=f"receipt-{update.receipt_number}.pdf",
        title=f"{title} · {round_.name}",
        author="Hefboom",
        created_at=lines[-1].at,
    )


@blueprint.get(f"{PLACE}/issues.xlsx")
@permit(Permission.UPDATE_VIEW_OWN)
def update_issues(round_: Round, update_id: str) -> Response:
    """Every remark with sheet, cell, what was found, what is expected, what to do."""
    version = own_version(round_, update_id)
    update = file_of(version)
    found, note = groups.all_issues(db.session(), update), not_kept_sentence(groups.not_kept(update))
    return remarks(found, note, "", update.file.name, update.receipt_number, address(version))


@blueprint.get(f"{PLACE}/marked.xlsx")
@permit(Permission.UPDATE_VIEW_OWN)
def update_marked(round_: Round, update_id: str) -> Response:
    """The contractor's own file, marked up; where a copy would lose anything, the remarks as a workbook that says why."""
    version = own_version(round_, update_id)
    update = file_of(version)
    found, note = groups.all_issues(db.session(), update), not_kept_sentence(groups.not_kept(update))
    name, number, page = update.file.name, update.receipt_number, address(version)
    copy = marked_copy(update, found, _("Made from the file with receipt number %(receipt)s.", receipt=number))
    if copy.content:
        return send_workbook(copy.content, f"marked-{number}.xlsx")
    return remarks(found, note, copy.cannot, name, number, page)


@blueprint.get(f"{PLACE}/differences")
@permit(Permission.UPDATE_VIEW_OWN)
def own_update_differences(round_: Round, update_id: str) -> str | Response:
    """What a version says otherwise than what was accepted last, or than the tender."""
    return update_compared.page(
        own_version(round_, update_id), _links(round_, update_id), back=_back(round_, update_id)
    )


@blueprint.post(f"{PLACE}/differences")
@permit(Permission.UPDATE_VIEW_OWN)
def own_update_compare(round_: Round, update_id: str) -> Response:
    """Have two long versions compared by the worker."""
    version = own_version(round_, update_id)
    where = _links(round_, update_id).here
    update_compared.ask(version, actor())
    return guard.done(where)


@blueprint.get(f"{PLACE}/differences/progress")
@permit(Permission.UPDATE_VIEW_OWN)
def own_update_comparing(round_: Round, update_id: str) -> Response:
    """How far the comparison is; asks the page to load anew when it is over."""
    return update_compared.progress(own_version(round_, update_id), _links(round_, update_id))


@blueprint.get(f"{PLACE}/differences.xlsx")
@permit(Permission.UPDATE_VIEW_OWN)
def own_update_differences_workbook(round_: Round, update_id: str) -> Response:
    """Every difference as a row of a workbook."""
    return update_compared.workbook(own_version(round_, update_id), _links(round_, update_id))


def _links(round_: Round, update_id: str) -> update_compared.Places:
    ids = {"round_id": round_.public_id, "update_id": update_id}
    return update_compared.Places(
        here=url_for("contract.own_update_differences", **ids),
        workbook=url_for("contract.own_update_differences_workbook", **ids),
        compare=url_for("contract.own_update_compare", **ids),
        progress=url_for("contract.own_update_comparing", **ids),
    )


def _back(round_: Round, update_id: str) -> str:
    return url_for("contract.own_update", round_id=round_.public_id, update_id=update_id)

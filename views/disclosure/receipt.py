"""The receipt of a version: as a page, as a PDF, as the small file that is verified offline, with its proof from the record."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import render_template, send_file
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from framework.disclosure import counting, receipts, sealing
from framework.ground import heads
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.disclosure import Disclosed
from models.receipts import ReceiptLine
from models.rounds import Round
from views.disclosure import blueprint
from views.disclosure.sentences import version_tag
from views.disclosure.upload import own_submission
from views.downloads import send_pdf
from views.guard import permit
from views.i18n import day_time, number

PLACE = "/rounds/<round_id>/disclosure/<submission_id>"


@blueprint.get(f"{PLACE}/receipt")
@permit(Permission.SUBMISSION_VIEW_OWN)
def receipt(round_: Round, submission_id: str) -> str:
    """The receipt alone, for paper."""
    submission = own_submission(round_, submission_id, may_be_away=True)
    found = counting.versions(db.session(), round_, submission.supplier_id)
    is_away = sealing.is_away(submission)
    lines, came, head = receipts.lines(db.session(), submission), _arrival(submission), heads.newest(db.session())
    return render_template(
        "disclosure/receipt.html",
        round_=round_,
        submission=submission,
        arrival=came,
        tag=version_tag(submission, counting.standing(found)),
        lines=lines,
        arrived=json.loads(lines[0].statement) if lines and not is_away else {},
        said=[said(line) for line in lines if not (is_away and line.what == "arrival")],
        is_away=is_away,
        is_covered=head is not None and came.event is not None and head.size >= came.event,
    )


@blueprint.get(f"{PLACE}/receipt.json")
@permit(Permission.SUBMISSION_VIEW_OWN)
def receipt_file(round_: Round, submission_id: str) -> Response:
    """The signed receipt for `verify_receipt`."""
    submission = own_submission(round_, submission_id)
    text = receipts.as_file(signed(submission), submission.file.name)
    return give(text, f"receipt-{submission.receipt_number}.json")


@blueprint.get(f"{PLACE}/receipt-proof.json")
@permit(Permission.SUBMISSION_VIEW_OWN)
def receipt_proof(round_: Round, submission_id: str) -> Response:
    """The proof that the newest head of the record covers the arrival of this version."""
    submission = own_submission(round_, submission_id, may_be_away=True)
    came = _arrival(submission)
    proof = heads.inclusion(db.session(), came.event) if came.event is not None else None
    if proof is None:
        raise NotFound("no-head", N_("No head covers this arrival yet. The next one is signed within a day."))
    return give(json.dumps(proof, sort_keys=True) + "\n", f"receipt-{submission.receipt_number}-proof.json")


@blueprint.get(f"{PLACE}/receipt.pdf")
@permit(Permission.SUBMISSION_VIEW_OWN)
def receipt_pdf(round_: Round, submission_id: str) -> Response:
    """The signed lines of the receipt as a PDF; the same bytes until a line is added."""
    submission = own_submission(round_, submission_id)
    lines = signed(submission)
    title = _("Receipt %(number)s", number=submission.receipt_number)
    return send_pdf(
        "receipt",
        document_values(submission, lines),
        name=f"receipt-{submission.receipt_number}.pdf",
        title=f"{title} · {round_.name}",
        author="Hefboom",
        created_at=lines[-1].at,
    )


def document_values(submission: Disclosed, lines: Sequence[ReceiptLine]) -> dict[str, Any]:
    """What the template sets: facts of the arrival, what became of it, and what proves both."""
    told = json.loads(lines[0].statement)
    size = told["file"]["size"]
    return {
        "heading": _("Receipt %(number)s", number=told["receipt"]),
        "facts": [
            [_("Round"), told["round"]["name"]],
            [_("Received"), str(day_time(submission.received_at, told["zone"]))],
            [_("The same in UTC"), str(day_time(submission.received_at, "UTC"))],
            [_("Sent for"), told["organisation"]["name"]],
            [_("Sent by"), told["person"] or _("not known")],
            [_("File as sent"), submission.file.name],
            [_("Size"), ngettext("%(size)s byte", "%(size)s bytes", size, size=str(number(size)))],
            [_("SHA-256"), told["file"]["sha256"]],
            [_("In time"), _in_time(told)],
            [_("Event in the record"), _("Number %(number)s", number=number(told["log"]["number"]))],
        ],
        "stressed": 1,
        "said_heading": _("What was signed"),
        "said": [said(line) for line in lines],
        "proof": [
            [_("Salt"), told["salt"]],
            [_("Commitment in the record"), told["log"]["commitment"]],
            *([_("Signature of line %(number)s", number=line.number), line.signature] for line in lines),
            [_("Fingerprint of the key"), lines[0].key.fingerprint],
        ],
        "hint": _(
            "The file receipt-%(number)s.json verifies with the file that was sent, without us. This receipt is not a qualified time stamp.",
            number=told["receipt"],
        ),
        "foot": f"{told['receipt']} · {told['round']['name']}\nSHA-256 {told['file']['sha256']}",
    }


def said(line: ReceiptLine) -> str:
    """A signed line as a sentence."""
    told = json.loads(line.statement)
    when = day_time(datetime.fromisoformat(told["at"]) if "at" in told else line.at, told["zone"])
    if line.what == "arrival":
        return _("Arrived on %(when)s. %(counts)s", when=when, counts=_counts(told))
    if line.what == "counted":
        return _("Counted on %(when)s, event %(number)s of the record.", when=when, number=_event(told))
    if line.what == "withdrawn":
        return _("Withdrawn on %(when)s, event %(number)s of the record.", when=when, number=_event(told))
    return _("Discarded on %(when)s, event %(number)s of the record.", when=when, number=_event(told))


def _counts(told: dict[str, Any]) -> str:
    if "agreement" in told:
        return _("Disclosed under agreement %(number)s; it is not sealed.", number=told["agreement"])
    if not told["in_time"]:
        return _("It does not count, as it is late.")
    return _("It counts at the deadline, unless a newer version does, it cannot be read or is withdrawn.")


def _in_time(told: dict[str, Any]) -> str:
    if told["in_time"] and "agreement" in told and told["deadline"] is None:
        return _("Nothing was owed by a day")
    if told["in_time"]:
        return _("Yes")
    late = told["late_by_seconds"]
    return ngettext("No, %(num)s second late", "No, %(num)s seconds late", late)


def _event(told: dict[str, Any]) -> str:
    return str(number(told["log"]["number"]))


def signed(submission: Disclosed) -> Sequence[ReceiptLine]:
    """The signed lines. Raises NotFound where the receipt is older than the signing."""
    found = receipts.lines(db.session(), submission)
    if not found:
        raise NotFound("not-signed", N_("This receipt was given before receipts were signed."))
    return found


def _arrival(submission: Disclosed) -> receipts.Arrival:
    return receipts.arrival(db.session(), submission)


def give(text: str, name: str) -> Response:
    """A small file for verifying, as an attachment."""
    return send_file(
        io.BytesIO(text.encode("utf-8")), mimetype="application/json", as_attachment=True, download_name=name
    )

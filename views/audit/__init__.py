"""The record: of a round for its lead, of the installation for the operator, at the foot of a page for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy import Select, func, select
from werkzeug.wrappers import Response

from framework.ground import sealed, trail
from framework.ground.permissions import Permission
from framework.ground.table_files import Sheet, Value, workbook
from framework.ground.text import N_
from framework.ground.trail import Entry, Filters
from models.base import db
from models.records import AuditEvent
from models.rounds import Round
from views import clock
from views.downloads import send_csv, send_workbook
from views.guard import permit
from views.i18n import instant, words

blueprint = Blueprint("audit", __name__)

COLUMNS = ("seq", "at", "who", "organisation", "kind", "outcome", "what", "motive", "hash")
LABELS = (
    N_("No."),
    N_("When (UTC)"),
    N_("Who"),
    N_("Organisation"),
    N_("Kind of event"),
    N_("Outcome"),
    N_("What"),
    N_("Motive"),
    N_("Hash"),
)


@blueprint.get("/rounds/<round_id>/record")
@permit(Permission.AUDIT_VIEW)
def of_round(round_: Round) -> str:
    """The record of a round, newest first."""
    query = trail.of_round(round_, _filters())
    everything = trail.of_round(round_, Filters())
    return render_template(
        "audit/round.html",
        round_=round_,
        denied=trail.denied(db.session(), round_),
        is_sealed=sealed.is_sealed(round_),
        **_listing(query, everything),
    )


@blueprint.get("/rounds/<round_id>/record.csv")
@permit(Permission.AUDIT_VIEW)
def of_round_csv(round_: Round) -> Response:
    """The record of a round as a table, oldest first."""
    return send_csv(COLUMNS, _rows(trail.of_round(round_, _filters())), f"record-{round_.public_id}.csv")


@blueprint.get("/rounds/<round_id>/record.xlsx")
@permit(Permission.AUDIT_VIEW)
def of_round_xlsx(round_: Round) -> Response:
    """The record of a round as a workbook, oldest first."""
    return _xlsx(trail.of_round(round_, _filters()), round_.name, f"record-{round_.public_id}.xlsx")


@blueprint.get("/record")
@permit(Permission.AUDIT_VIEW_ALL)
def everything() -> str:
    """The record of the installation."""
    return render_template(
        "audit/everything.html",
        is_sealed=db.session.scalar(sealed.rounds().limit(1)) is not None,
        **_listing(trail.of_everything(_filters()), trail.of_everything(Filters())),
    )


@blueprint.get("/record.csv")
@permit(Permission.AUDIT_VIEW_ALL)
def everything_csv() -> Response:
    """The record of the installation as a table, oldest first."""
    return send_csv(COLUMNS, _rows(trail.of_everything(_filters())), "record.csv")


@blueprint.get("/record.xlsx")
@permit(Permission.AUDIT_VIEW_ALL)
def everything_xlsx() -> Response:
    """The record of the installation as a workbook, oldest first."""
    return _xlsx(trail.of_everything(_filters()), _("Record of the installation"), "record.xlsx")


@blueprint.app_template_global("trail_of")
def trail_of(record: Any) -> list[dict[str, Any]]:
    """What `ui.trail` at the foot of a page shows of one record."""
    return [
        {"at": instant(entry.at), "who": who(entry), "what": what(entry)} for entry in trail.trail(db.session(), record)
    ]


def what(entry: Entry) -> str:
    """The event in the reader's language."""
    params = {
        k: words(v) if k in ("label", "source", "state", "role") and isinstance(v, str) else v
        for k, v in entry.params.items()
    }
    return words(entry.template) % params


@blueprint.app_template_global("who_of")
def who(entry: Entry) -> str:
    """Who did it, in words; a bidder of a sealed round has no name."""
    if entry.is_bidder:
        return _("a supplier, named after the opening")
    return entry.who or _("the system")


def _filters() -> Filters:
    return Filters(
        kind=request.args.get("kind", "")[:80],
        outcome=request.args.get("outcome", ""),
        person=request.args.get("q", "")[:100],
    )


def _listing(query: Select[AuditEvent], whole: Select[AuditEvent]) -> dict[str, Any]:
    number = request.args.get("page", 1, type=int) or 1
    entries, total = trail.page(db.session(), query, number)
    return {
        "entries": entries,
        "what": what,
        "total": total,
        "page": number,
        "pages": max(1, -(-total // trail.PAGE)),
        "kinds": trail.kinds(db.session(), whole),
        "chain": _chain(),
    }


def _chain() -> dict[str, Any]:
    """How many events the whole record holds and since when; `verify-log` walks the chain itself."""
    row = db.session.execute(select(func.count(), func.min(AuditEvent.at), func.max(AuditEvent.seq))).one()
    return {"count": row[0], "since": row[1], "gapless": row[0] == (row[2] or 0)}


def _rows(query: Select[AuditEvent]) -> Iterator[list[Value]]:
    """Oldest first; one row an event."""
    events = db.session.scalars(query.order_by(AuditEvent.seq)).all()
    for entry in trail.entries(db.session(), events):
        outcome = "denied" if entry.denied else "done"
        said = (what(entry), entry.motive, entry.hash)
        yield [entry.seq, entry.at, who(entry), entry.organisation, entry.kind, outcome, *said]


def _xlsx(query: Select[AuditEvent], title: str, name: str) -> Response:
    sheet = Sheet(_("Record"), [words(label) for label in LABELS], _rows(query))
    return send_workbook(workbook(title, [sheet], now=clock.now()), name)

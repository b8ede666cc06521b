"""The record: of a round for its lead, of the installation for the operator, at the foot of a page for everybody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from framework.ground import jobs, sealed, trail, verifying
from framework.ground.actors import Actor
from framework.ground.permissions import Permission
from framework.ground.table_files import Sheet, Value, require_room, workbook
from framework.ground.text import N_
from framework.ground.trail import Filters
from framework.judging import blind
from models.base import db
from models.records import AuditEvent, Job
from models.rounds import Round
from views import clock
from views.audit.record_words import kind_words, what, who
from views.downloads import send_csv, send_workbook
from views.guard import actor, done, permit, roles
from views.i18n import instant, words

blueprint = Blueprint("audit", __name__)
blueprint.add_app_template_global(who, "who_of")

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
    hidden = unseen(round_)
    query = trail.of_round(round_, _filters(), hidden)
    everything = trail.of_round(round_, Filters(), hidden)
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
    return send_csv(
        COLUMNS, _rows(trail.of_round(round_, _filters(), unseen(round_))), f"record-{round_.public_id}.csv"
    )


@blueprint.get("/rounds/<round_id>/record.xlsx")
@permit(Permission.AUDIT_VIEW)
def of_round_xlsx(round_: Round) -> Response:
    """The record of a round as a workbook, oldest first."""
    return _xlsx(trail.of_round(round_, _filters(), unseen(round_)), round_.name, f"record-{round_.public_id}.xlsx")


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


@blueprint.post("/rounds/<round_id>/record/verify")
@permit(Permission.AUDIT_VIEW)
def verify_of_round(round_: Round) -> Response:
    """Check the chain of the record, from the page of a round."""
    return _verified(url_for("audit.of_round", round_id=round_.public_id))


@blueprint.post("/record/verify")
@permit(Permission.AUDIT_VIEW_ALL)
def verify_everything() -> Response:
    """Check the chain of the record."""
    return _verified(url_for("audit.everything"))


@jobs.runner(verifying.VERIFY_JOB)
def verify_record(session: Session, job: Job, clock: Callable[[], dt.datetime]) -> None:
    """Check a long record for the person who asked."""
    asked_by = Actor(job.payload["user"], job.payload["organisation"], frozenset())
    verifying.verify(session, actor=asked_by, now=clock())


@blueprint.app_template_global("trail_of")
def trail_of(record: Any, but_proposed: str = "") -> list[dict[str, Any]]:
    """What `ui.trail` at the foot of a page shows of one record, without proposals of the act `but_proposed`."""
    return [
        {"at": instant(entry.at), "who": who(entry), "what": what(entry)}
        for entry in trail.trail(db.session(), record, but_proposed=but_proposed)
    ]


def unseen(round_: Round) -> ColumnElement[bool] | None:
    """What of the record is kept from a reader who still judges blind: what others found, and why; None where nothing is."""
    if blind.sees_verdicts(db.session(), round_, actor(), roles(round_)):
        return None
    return blind.kept_from(actor())


def _filters() -> Filters:
    return Filters(
        kind=request.args.get("kind", "")[:80],
        outcome=request.args.get("outcome", ""),
        person=request.args.get("q", "")[:100],
    )


def _listing(query: Select[AuditEvent], whole: Select[AuditEvent]) -> dict[str, Any]:
    entries, page = trail.page(db.session(), query, request.args.get("page"))
    kinds = [(kind, kind_words(kind)) for kind in trail.kinds(db.session(), whole)]
    return {
        "entries": entries,
        "what": what,
        "page": page,
        "kinds": sorted(kinds, key=lambda pair: pair[1].casefold()),
        "chain": standing.facts(),
        "sizes": proofs.sizes(),
    }


def _verified(location: str) -> Response:
    if verifying.ask(db.session(), actor=actor(), now=clock.now()):
        return done(location)
    return done(location, _("The record is long: it is being checked. Load the page again in a moment."))


def _rows(query: Select[AuditEvent]) -> Iterator[list[Value]]:
    """Oldest first; one row an event."""
    for entry in trail.in_order(db.session(), query):
        outcome = "denied" if entry.denied else "done"
        said = (what(entry), entry.motive, entry.hash)
        yield [entry.seq, entry.at, who(entry), entry.organisation, entry.kind, outcome, *said]


def _xlsx(query: Select[AuditEvent], title: str, name: str) -> Response:
    require_room(trail.count(db.session(), query))
    sheet = Sheet(_("Record"), [words(label) for label in LABELS], _rows(query))
    return send_workbook(workbook(title, [sheet], now=clock.now()), name)


from views.audit import outside, proofs, standing  # noqa: E402 - the routes hang on the blueprint

__all__ = ["blueprint", "outside", "proofs", "standing"]

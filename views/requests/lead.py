"""The lead's list after the opening: its own requests and those of suppliers, who is silent, who was reminded how often."""

from __future__ import annotations

from collections.abc import Iterator

from flask import render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.chain.requests import notices, reading
from framework.chain.requests.reading import Filters, Line
from framework.ground.permissions import Permission
from framework.ground.table_files import Sheet, Value, require_room, workbook
from models.base import db
from models.rounds import Round
from views import clock, seen
from views.downloads import send_workbook
from views.guard import permit
from views.i18n import state_words
from views.requests import blueprint, words


@blueprint.get("/rounds/<round_id>/upstream")
@permit(Permission.REQUEST_VIEW)
def silence(round_: Round) -> str:
    """The lead's own requests and every hop of the tenders that were opened, the longest silence first."""
    every = reading.of_lead(db.session(), round_, Filters(), now=clock.now())
    lines, page = reading.part(_chosen(round_), request.args.get("page"))
    seen.note(notices.NEWS, round_, {one.request.public_id for one in lines})
    suppliers = {one.public_id: one.name for one in (reading.about(line.request) for line in every)}
    return render_template(
        "requests/silence.html",
        round_=round_,
        lines=lines,
        page=page,
        total=len(every),
        silent=sum(one.state == "no_answer" for one in every),
        suppliers=sorted(suppliers.items(), key=lambda pair: pair[1].casefold()),
        states=reading.STATES,
        words_=words,
        about=reading.about,
    )


@blueprint.get("/rounds/<round_id>/upstream.xlsx")
@permit(Permission.REQUEST_VIEW)
def silence_workbook(round_: Round) -> Response:
    """The list as it is filtered and sorted, as a workbook."""
    lines = _chosen(round_)
    require_room(len(lines))
    sheet = Sheet(_("Requests upstream"), _header(), _rows(lines), frozen=2)
    content = workbook(_("Requests upstream"), [sheet], now=clock.now())
    return send_workbook(content, f"requests-{round_.public_id}.xlsx")


def _chosen(round_: Round) -> list[Line]:
    asked = Filters(
        state=request.args.get("state", "")[:20],
        supplier=request.args.get("supplier", "")[:20],
        text=request.args.get("q", "")[:100],
        sort=request.args.get("sort", "")[:20],
    )
    return reading.of_lead(db.session(), round_, asked, now=clock.now())


def _header() -> list[str]:
    return [
        _("Reference"),
        _("Supplier"),
        _("Hop"),
        _("Who asks"),
        _("Who is asked"),
        _("State"),
        _("Since (UTC)"),
        _("Asked (UTC)"),
        _("Answer until"),
        _("Days of silence"),
        _("Reminders"),
        _("Last reminder (UTC)"),
        _("Rows asked"),
        _("Rows answered"),
    ]


def _rows(lines: list[Line]) -> Iterator[list[Value]]:
    for one in lines:
        yield [
            one.request.reference,
            reading.about(one.request).name,
            one.request.hop,
            words.asker_of(one.request),
            words.party_of(one.request),
            state_words("request", one.state),
            one.since,
            one.request.asked_at,
            one.request.due_on,
            one.days,
            one.reminders,
            one.last_reminder,
            one.rows,
            one.answered,
        ]

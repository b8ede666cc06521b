"""The dates of a round for calendars: a private link for each person, and the public dates of a tender (RFC 5545)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Response, current_app, render_template, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from icalendar import Alarm, Calendar, Event
from werkzeug.wrappers import Response as AnyResponse

from framework.ground.actors import SUPPLIER_SEES_FROM
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.rounds import calendar_feeds
from framework.rounds.calendar_feeds import Entry
from models.base import db
from models.rounds import Round
from views import clock, guard, letters
from views.guard import actor, permit
from views.i18n import instant, number, words
from views.i18n import zone as own_zone
from views.mailing import absolute
from views.rounds import blueprint

MADE_BY = "-//Hefboom//Dates of a round//EN"
HOUR = dt.timedelta(hours=1)
REFRESH = HOUR


@blueprint.get("/rounds/<round_id>/calendar")
@permit(Permission.CALENDAR_USE)
def calendar(round_: Round) -> str:
    """The dates that concern this reader, and the private link for the own calendar."""
    feed = calendar_feeds.of_person(db.session(), round_, actor())
    address = ""
    if feed is not None:
        address = absolute(url_for("rounds.feed", token=calendar_feeds.token(feed, _secret())))
    return render_template(
        "rounds/calendar.html",
        round_=round_,
        entries=calendar_feeds.entries(db.session(), round_, actor()),
        address=address,
        subscribe=f"webcal://{address.partition('://')[2]}" if address else "",
        made_at=feed.created_at if feed is not None else None,
        hours=[str(number(before // HOUR)) for before in calendar_feeds.alarms(round_)],
        zone=str(own_zone()),
    )


@blueprint.post("/rounds/<round_id>/calendar")
@permit(Permission.CALENDAR_USE)
def make_calendar(round_: Round) -> AnyResponse:
    """Make the private link."""
    calendar_feeds.make(db.session(), round_, actor=actor(), now=clock.now())
    return guard.done(_here(round_), _("The link is made. Add it to your calendar."))


@blueprint.post("/rounds/<round_id>/calendar/revoke")
@permit(Permission.CALENDAR_USE)
def revoke_calendar(round_: Round) -> AnyResponse:
    """End the private link at once."""
    calendar_feeds.revoke(db.session(), round_, actor=actor(), now=clock.now())
    return guard.done(_here(round_), _("The link is revoked. Whoever has it finds nothing from now on."))


@blueprint.get("/calendar/<token>.ics")
@permit(Permission.PUBLIC)
def feed(token: str) -> Response:
    """The calendar behind a private link, in the language and zone of its person; 404 once it is revoked."""
    found, who = calendar_feeds.find(db.session(), token, _secret(), now=clock.now())
    letters.put_on(Permission.PUBLIC, found.round, who.user_id)
    entries = calendar_feeds.entries(db.session(), found.round, who)
    with force_locale(found.user.language):
        content = _calendar(found.round, entries, zone=found.user.zone, inside=True)
    answer = _sent(content, f"{found.round.public_id}.ics")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@blueprint.get("/public/rounds/<round_id>/deadlines.ics")
@permit(Permission.PUBLIC)
def public_deadlines(round_: Round) -> Response:
    """The dates of a published tender that everybody may know, for a calendar."""
    if round_.published_at is None or round_.state not in SUPPLIER_SEES_FROM | {"cancelled", "archived"}:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    entries = calendar_feeds.public_entries(db.session(), round_)
    return _sent(_calendar(round_, entries, zone=round_.zone, inside=False), f"{round_.public_id}.ics")


def _calendar(round_: Round, entries: Iterable[Entry], *, zone: str, inside: bool) -> bytes:
    """Instants are in UTC, which no change of clocks can shift; the reader's zone says how to show them."""
    made = Calendar()
    made.add("prodid", MADE_BY)
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", f"{round_.name} · {round_.organisation.name}")
    made.add("x-wr-timezone", zone)
    made.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", "PT1H")
    for entry in entries:
        made.add_component(_event(round_, entry, zone, inside))
    return made.to_ical()


def _event(round_: Round, entry: Entry, zone: str, inside: bool) -> Event:
    made = Event()
    title = words(entry.title)
    made.add("uid", f"{entry.uid}@{_host()}")
    made.add("dtstamp", clock.now())
    made.add("dtstart", entry.at)
    made.add("dtend", entry.at + entry.lasts)
    made.add("sequence", entry.sequence)
    made.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    made.add("summary", f"{title} · {round_.name}")
    made.add("transp", "OPAQUE" if entry.lasts else "TRANSPARENT")
    page = entry.page if inside else "rounds.public"
    address = absolute(url_for(page, round_id=round_.public_id))
    made.add("url", address)
    made.add("description", f"{title}: {_when(entry.at, round_.zone, zone)}\n{round_.organisation.name}\n{address}")
    if not entry.is_cancelled:
        for before in calendar_feeds.alarms(round_):
            made.add_component(_alarm(title, before))
    return made


def _alarm(title: str, before: dt.timedelta) -> Alarm:
    made = Alarm()
    made.add("action", "DISPLAY")
    made.add("description", title)
    made.add("trigger", -before)
    return made


def _when(at: dt.datetime, zone: str, own: str) -> str:
    """The instant in the zone of the round, and in the reader's where that is another."""
    told = str(instant(at, zone))
    return told if own == zone else f"{told} ({instant(at, own)})"


def _sent(content: bytes, name: str) -> Response:
    answer = Response(content, mimetype="text/calendar")
    answer.headers["Content-Disposition"] = f"inline; filename={name}"
    return answer


def _host() -> str:
    """The name of this installation, which identifiers of events end with."""
    return urlsplit(absolute("/")).hostname or "localhost"


def _secret() -> str:
    secret: str = current_app.extensions["settings"].secret()
    return secret


def _here(round_: Round) -> str:
    return url_for("rounds.calendar", round_id=round_.public_id)

"""Calendar feeds, read back with the library: stable identifiers, rising sequence, cancelled events, zones, revocation."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import icalendar
import pytest
from sqlalchemy import select

from framework.ground.zones import local_instant
from framework.rounds import calendar_feeds
from models.people import RoleGrant
from models.questions import Question
from models.rounds import CalendarFeed
from tests.rounds.asking import Tendering

ZONES = ("Europe/Stockholm", "Europe/Amsterdam", "Europe/London")
SECRET = "test" * 10


@pytest.fixture
def tendering(build):
    made = Tendering(build)
    yield made
    made.session.close()


@pytest.fixture
def link(tendering):
    """`link(actor)` makes the private link of a person and gives its address."""

    def make(actor):
        feed = calendar_feeds.make(tendering.session, tendering.round, actor=actor, now=tendering.clock())
        tendering.session.commit()
        return f"/calendar/{calendar_feeds.token(feed, SECRET)}.ics"

    return make


def events(browser, address):
    """The events of a feed by the last part of their identifier."""
    answer = browser.get(address)
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    calendar = icalendar.Calendar.from_ical(answer.data)
    assert calendar["version"] == "2.0"
    return {str(one["uid"]).partition("@")[0].rpartition("-")[2]: one for one in calendar.walk("VEVENT")}


def test_each_role_has_its_own_dates_and_the_title_says_the_act(tendering, link, client):
    tendering.round.signon_deadline = tendering.clock() - dt.timedelta(days=30)
    lead, supplier, member = (link(one) for one in (tendering.first, tendering.asker, tendering.buyer))
    opener = link(tendering.build.actor(tendering.opener, tendering.lead))

    found = {
        who: events(client, address) for who, address in zip("lsmo", (lead, supplier, member, opener), strict=True)
    }

    assert {who: sorted(kinds) for who, kinds in found.items()} == {
        "l": ["opening", "questions", "signon", "tender"],
        "s": ["questions", "tender"],
        "m": ["signon", "tender"],
        "o": ["opening", "questions", "signon", "tender"],
    }
    assert str(found["s"]["tender"]["summary"]).startswith("Send the disclosure")
    assert str(found["o"]["opening"]["summary"]).startswith("Open the tenders together")
    assert found["o"]["opening"].duration == dt.timedelta(minutes=10)
    assert found["s"]["tender"]["url"].endswith(tendering.here)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "day", [dt.date(2027, 3, 27), dt.date(2027, 3, 28), dt.date(2027, 10, 30), dt.date(2027, 10, 31)]
)
def test_the_hour_is_right_across_a_change_of_clocks(tendering, link, client, zone, day):
    tendering.round.zone = zone
    tendering.round.tender_deadline = local_instant(day, dt.time(12, 0), zone)
    tendering.user(tendering.asker).zone = zone
    address = link(tendering.asker)

    calendar = icalendar.Calendar.from_ical(client.get(address).data)
    (event,) = (one for one in calendar.walk("VEVENT") if "-tender@" in one["uid"])

    assert calendar["x-wr-timezone"] == zone
    assert event.start.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == dt.datetime.combine(day, dt.time(12, 0))
    assert "12:00" in event["description"]


def test_an_identifier_stays_and_its_sequence_rises_with_each_change(tendering, link, client):
    address = link(tendering.asker)
    first = events(client, address)
    tendering.write()
    for days in (1, 2):
        tendering.round.tender_deadline += dt.timedelta(days=days)
        tendering.session.commit()
    tendering.round.name = "Another name"
    tendering.session.commit()
    after = events(client, address)

    assert after["tender"]["uid"] == first["tender"]["uid"]
    assert (first["tender"]["sequence"], after["tender"]["sequence"]) == (0, 2)
    assert (first["questions"]["sequence"], after["questions"]["sequence"]) == (0, 0)
    assert after["tender"].start == tendering.round.tender_deadline


def test_a_date_taken_away_is_sent_as_cancelled_and_comes_back(tendering, link, client):
    address = link(tendering.asker)
    until = tendering.round.questions_until
    tendering.round.questions_until = None
    tendering.session.commit()
    gone = events(client, address)["questions"]
    tendering.write()
    tendering.round.questions_until = until
    tendering.session.commit()
    back = events(client, address)["questions"]

    assert (gone["status"], gone["sequence"], gone.start) == ("CANCELLED", 1, until)
    assert gone.walk("VALARM") == []
    assert (back["status"], back["sequence"]) == ("CONFIRMED", 2)


def test_the_dates_of_a_cancelled_round_are_sent_as_cancelled(tendering, link, client):
    tendering.invite(tendering.supplier)
    address = link(tendering.asker)
    tendering.round.state, tendering.round.cancelled_reason = "cancelled", "No money."
    tendering.session.commit()
    found = events(client, address)

    assert {str(one["status"]) for one in found.values()} == {"CANCELLED"}
    assert {one["sequence"] for one in found.values()} == {1}


def test_alarms_follow_the_setting(tendering, link, client):
    address = link(tendering.asker)
    usual = events(client, address)["tender"].walk("VALARM")
    tendering.write()
    tendering.round.settings = {"calendar_alarm_hours": [3]}
    tendering.session.commit()
    changed = events(client, address)["tender"].walk("VALARM")

    assert [alarm["trigger"].dt for alarm in usual] == [
        -dt.timedelta(days=7),
        -dt.timedelta(days=1),
        -dt.timedelta(hours=2),
    ]
    assert [alarm["trigger"].dt for alarm in changed] == [-dt.timedelta(hours=3)]


def test_a_revoked_link_is_not_found_at_once_and_a_new_one_is_another(tendering, sign_in, client, session):
    browser = sign_in(tendering.user(tendering.asker), tendering.supplier)
    page = f"{tendering.here}/calendar"
    browser.send(page)
    session.expire_all()
    feed = session.scalars(select(CalendarFeed)).one()
    old = f"/calendar/{calendar_feeds.token(feed, SECRET)}.ics"
    assert old in browser.page(page).text
    assert client.get(old).status_code == 200
    browser.send(f"{page}/revoke")
    assert client.get(old).status_code == 404
    browser.send(f"{page}/revoke", status=404)
    browser.send(page)
    session.expire_all()
    feeds = session.scalars(select(CalendarFeed).order_by(CalendarFeed.id)).all()

    assert [one.revoked_at is None for one in feeds] == [False, True]
    assert client.get(old).status_code == 404
    assert client.get(f"/calendar/{calendar_feeds.token(feeds[1], SECRET)}.ics").status_code == 200


def test_two_clicks_make_one_link(tendering):
    made = [
        calendar_feeds.make(tendering.session, tendering.round, actor=tendering.asker, now=tendering.clock())
        for _click in range(2)
    ]

    assert made[0] is made[1]


@pytest.mark.parametrize("change", ["letter", "short", "other", "blank", "nul"])
def test_a_link_that_is_not_quite_right_finds_nothing(tendering, link, client, change):
    address = link(tendering.asker)
    token = address.removeprefix("/calendar/").removesuffix(".ics")
    wrong = {
        "letter": token[:-1] + ("0" if token[-1] != "0" else "1"),
        "short": token[:-1],
        "other": f"{'a' * 16}-{token.partition('-')[2]}",
        "blank": token.partition("-")[0],
        "nul": "%00" + token,
    }[change]

    assert client.get(f"/calendar/{wrong}.ics").status_code == 404


@pytest.mark.parametrize("left", ["account", "role"])
def test_whoever_leaves_loses_the_feed_at_once(tendering, link, client, left):
    address = link(tendering.buyer)
    assert client.get(address).status_code == 200
    session = tendering.session
    tendering.write()
    if left == "account":
        tendering.user(tendering.buyer).disabled_at = tendering.clock()
    else:
        grant = session.scalars(select(RoleGrant).where(RoleGrant.user_id == tendering.buyer.user_id)).one()
        grant.withdrawn_at = tendering.clock()
    session.commit()

    assert client.get(address).status_code == 404


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_page_and_feed_speak_the_language_of_their_person(tendering, link, sign_in, client, language):
    tendering.user(tendering.asker).language = language
    address = link(tendering.asker)
    browser = sign_in(tendering.user(tendering.asker), tendering.supplier)

    title = str(events(client, address)["tender"]["summary"]).partition(" · ")[0]

    assert title in browser.page(f"{tendering.here}/calendar").text
    assert (title == "Send the disclosure: last moment") is (language == "en")


def test_the_public_dates_are_those_of_the_private_feed(tendering, link, client):
    private, public = events(client, link(tendering.asker)), events(client, f"{tendering.public}/deadlines.ics")

    assert {key: one["uid"] for key, one in public.items()} == {key: one["uid"] for key, one in private.items()}


def test_dates_before_publication_are_not_public(build, client):
    round_ = build.round(state="demand", tender_deadline=build.clock() + dt.timedelta(days=60))
    build.session.commit()

    assert client.get(f"/public/rounds/{round_.public_id}/deadlines.ics").status_code == 404


def test_strangers_have_no_calendar_of_the_round(tendering, build, sign_in):
    stranger = build.organisation("lead")
    browser = sign_in(build.user(stranger), stranger)

    browser.page(f"{tendering.here}/calendar", status=404)
    browser.send(f"{tendering.here}/calendar", status=404)


def test_no_word_of_a_question_or_a_tender_stands_in_a_feed(tendering, link, client):
    address = link(tendering.first)
    question = Question(
        round=tendering.round,
        supplier_id=tendering.supplier.id,
        user_id=tendering.asker.user_id,
        text="A secret of Zeewind",
        created_at=tendering.clock(),
    )
    tendering.build.add(question)
    tendering.session.commit()
    said = client.get(address).get_data(as_text=True)

    assert "Zeewind" not in said
    assert "secret" not in said

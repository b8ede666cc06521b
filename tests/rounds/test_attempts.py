"""One mail a day to a lead of refused attempts in its rounds, only if any, and only what a lead may know."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from framework.ground import audit
from framework.ground.errors import MoveRefused, NotAllowed
from framework.rounds import attempts
from models.records import Mail
from tests.memory import remembered
from views import mailing


class Days:
    """Two rounds of one lead with two people, a round of another lead, and digests that have begun."""

    @remembered
    def __init__(self, session, build, clock) -> None:
        self.session, self.clock = session, clock
        self.first = build.round(state="demand", name="Laptops")
        lead = self.first.organisation
        self.second = build.round(lead, state="demand", name="Phones")
        self.other = build.round(state="demand", name="Servers")
        self.people = [build.user(lead), build.user(lead)]
        self.stranger = build.user(self.other.organisation)
        self.member = build.person(build.organisation("buyer"))
        session.flush()
        clock.now = clock.now.replace(hour=6)
        self.go()

    def refuse(self, round_, error=None) -> None:
        wrong = error or NotAllowed("role-missing", "Only %(who)s may do this.", who="lead")
        audit.record_denied(self.session, "demand:accept", wrong, actor=self.member, now=self.clock(), subject=round_)

    def go(self) -> int:
        return attempts.send_due(self.session, now=self.clock())

    def mails(self) -> list[tuple[str, list[tuple[str, int]], str]]:
        query = select(Mail).where(Mail.template == "attempts_denied").order_by(Mail.id)
        return [
            (one.recipient, [(i["round"], i["count"]) for i in one.params["items"]], one.params["path"])
            for one in self.session.scalars(query)
        ]


@pytest.fixture
@remembered
def days(session, build, clock) -> Days:
    return Days(session, build, clock)


def test_a_day_without_refused_attempts_brings_no_mail(days):
    days.clock.forward(days=1)

    assert days.go() == 0
    assert days.mails() == []


def test_each_person_of_the_lead_gets_one_mail_over_all_its_rounds(days):
    days.refuse(days.first)
    days.refuse(days.first)
    days.refuse(days.second)
    days.clock.forward(days=1)

    assert days.go() == 2

    told = [("Laptops", 2), ("Phones", 1)]
    assert days.mails() == [(one.email, told, "/rounds") for one in days.people]
    assert days.go() == 0, "once a day"


def test_the_link_of_one_round_leads_to_its_refused_attempts(days):
    days.refuse(days.other)
    days.clock.forward(days=1)

    days.go()

    place = f"/rounds/{days.other.public_id}/record?outcome=denied"
    assert days.mails() == [(days.stranger.email, [("Servers", 1)], place)]


def test_what_was_told_is_not_told_again(days):
    days.refuse(days.first)
    days.clock.forward(days=1)
    days.go()
    days.clock.forward(days=1)
    assert days.go() == 0
    days.refuse(days.second)
    days.clock.forward(days=1)

    assert days.go() == 2
    assert [told for _to, told, _path in days.mails()[2:]] == [[("Phones", 1)]] * 2


def test_before_the_hour_nothing_leaves(days):
    days.refuse(days.first)
    days.clock.now = (days.clock.now + dt.timedelta(days=1)).replace(hour=attempts.HOUR - 1, minute=59)
    assert days.go() == 0
    days.clock.forward(minutes=1)

    assert days.go() == 2


def test_a_form_that_was_stale_is_no_attempt(days):
    stale = MoveRefused("stale", "Somebody changed it.")
    stale.is_attempt = False
    days.refuse(days.first, stale)
    days.clock.forward(days=1)

    assert days.go() == 0


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "1 refused attempt in your rounds"), ("nl", "1 geweigerde poging"), ("sv", "1 avvisat försök")],
)
def test_the_mail_is_in_the_language_of_its_reader_and_names_nobody(app, days, language, said):
    days.people[0].language = language
    days.refuse(days.first)
    days.clock.forward(days=1)
    days.go()
    row = days.session.scalars(select(Mail).where(Mail.recipient == days.people[0].email)).one()

    subject, text, page = mailing.render(row)

    assert said in subject
    assert f"/rounds/{days.first.public_id}/record?outcome=denied" in text
    assert days.member.name not in text + page

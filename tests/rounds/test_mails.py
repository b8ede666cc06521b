"""The notices of deadlines, outages and answers, rendered in every language: subject, reason, link, and nothing that identifies."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from framework.ground.actors import SYSTEM
from framework.rounds import deadline, outages, questions
from models.records import Mail
from tests.rounds.asking import Tendering
from views import mailing

TEMPLATES = ("outage_warning", "outage_recorded", "deadline_extended", "deadline_moved", "question_answered")


@pytest.fixture
def backend() -> str:
    """Mails are the same from either database."""
    return "sqlite"


@pytest.fixture
def tendering(build):
    made = Tendering(build, tender_deadline=build.clock() + dt.timedelta(minutes=50))
    yield made
    made.session.close()


def everything_happens(here):
    """A question answered and corrected, an outage, an extension because of it, and one more change of the deadline."""
    session, now = here.session, here.clock()
    asked = questions.ask(session, here.round, "A question of Zeewind?", actor=here.asker, now=now)
    answer = questions.draft(session, here.round, [asked], actor=here.first, now=now)
    for text, reason in (("Yes.", ""), ("No.", "Mistaken.")):
        questions.save(
            session, answer, question="A question?", text=text, version=answer.version, actor=here.first, now=now
        )
        session.flush()
        questions.publish(session, answer, version=answer.version, reason=reason, actor=here.first, now=now)
        session.flush()
        session.expire_all()
    minute = dt.timedelta(minutes=1)
    found = outages.record(
        session, started_at=now - 9 * minute, ended_at=now - minute, note="Power.", actor=SYSTEM, now=now
    )
    for ground in (found, None):
        later = here.round.tender_deadline + dt.timedelta(days=1)
        deadline.propose(session, here.round, later, motive="A reason.", outage=ground, actor=here.first, now=now)
        deadline.confirm(session, here.round, actor=here.second, clock=here.clock)
    session.flush()


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_every_notice_says_its_reason_and_links_to_its_page(tendering, language):
    everything_happens(tendering)
    mails = tendering.session.scalars(select(Mail).where(Mail.template.in_(TEMPLATES))).all()
    assert {mail.template for mail in mails} == set(TEMPLATES)
    for mail in mails:
        mail.language = language
        subject, text, page = mailing.render(mail)
        link = tendering.public if mail.template == "question_answered" else tendering.here
        assert tendering.round.name in subject
        for half in (text, page):
            assert link in half
            assert "Zeewind" not in half
            assert ("A reason." in half) is mail.template.startswith("deadline_")
    ends = {"outage_warning": "/extend", "question_answered": "/questions"}
    for template, end in ends.items():
        paths = {mail.params["path"] for mail in mails if mail.template == template}
        assert {path.endswith(end) for path in paths} == {True}

"""Reminders to evaluators: by the clock before their day, by lead or chair on the page, and none once nothing is left."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from framework.ground.errors import MoveRefused, NotAllowed, RuleBroken
from framework.judging import piles, planning, reminding
from models.judging import JudgingReminder
from models.people import User
from models.records import AuditEvent, Mail
from tests.judging.test_scoring_page import browsers
from tests.memory import remembered
from views import mailing

LANGUAGES = ("en", "nl", "sv")


@pytest.fixture
@remembered
def waiting(judged):
    """A tender with four items for two evaluators, of whom the first is to be done in ten days."""
    submission, items = judged.tender(name="Northern IT")
    anna = judged.evaluators[0]
    set_day(judged, anna, judged.clock().date() + dt.timedelta(days=10))
    return judged, submission, items, anna


def set_day(judged, actor, day, shown=None):
    planning.set_days(
        judged.session,
        judged.round,
        {actor.user_id: day},
        {actor.user_id: shown},
        actor=judged.chair,
        now=judged.clock(),
    )


def beat(judged):
    return reminding.go_round(judged.session, judged.clock)


def press(judged, actor=None):
    return reminding.remind_missing(judged.session, judged.round, actor=actor or judged.chair, now=judged.clock())


def mails(judged, state="waiting"):
    query = select(Mail).where(Mail.template == "judging_reminder", Mail.state == state).order_by(Mail.id)
    return list(judged.session.scalars(query.execution_options(populate_existing=True)))


def steps(judged):
    return list(judged.session.scalars(select(JudgingReminder.step_hours).order_by(JudgingReminder.id)))


def finish_all(judged, submission, items, actor):
    judged.all_say(submission, items, actor, ["E1"] * len(items))


def test_each_step_before_the_day_is_one_mail_to_whoever_has_a_day(waiting):
    judged, _submission, items, anna = waiting
    assert beat(judged) == 0
    judged.clock.forward(days=4)
    assert (beat(judged), beat(judged)) == (1, 0)
    judged.clock.forward(days=5)
    assert (beat(judged), beat(judged)) == (1, 0)
    judged.clock.forward(days=1, hours=3)
    while judged.clock().astimezone(dt.UTC).hour < 20:
        judged.clock.forward(hours=1)
    assert (beat(judged), beat(judged)) == (1, 0)
    judged.clock.forward(days=2)
    assert beat(judged) == 0, "the day is over"

    assert steps(judged) == [168, 48, 4]
    told = mails(judged)
    assert {one.recipient for one in told} == {judged.session.get_one(User, anna.user_id).email}
    assert {one.params["count"] for one in told} == {len(items)}
    assert {one.params["path"] for one in told} == {f"/rounds/{judged.round.public_id}/judging/mine"}
    events = judged.session.scalars(
        select(AuditEvent).where(AuditEvent.kind == "judging.reminded").order_by(AuditEvent.seq)
    ).all()
    assert [one.data["step"] for one in events] == ["168 h", "48 h", "4 h"]


def test_what_the_worker_missed_while_it_was_off_is_one_mail(waiting):
    judged, *_others = waiting
    judged.clock.forward(days=9, hours=1)

    assert (beat(judged), beat(judged)) == (1, 0)
    assert steps(judged) == [48]


def test_a_step_that_was_over_when_the_day_was_set_is_left_out_and_a_day_that_moves_begins_anew(waiting):
    judged, _submission, _items, anna = waiting
    first = judged.clock().date() + dt.timedelta(days=10)
    near = judged.clock().date() + dt.timedelta(days=5)
    set_day(judged, anna, near, first)
    assert beat(judged) == 0, "seven days before had passed when the day was set"
    judged.clock.forward(days=4)
    assert beat(judged) == 1
    set_day(judged, anna, near + dt.timedelta(days=9), near)
    assert beat(judged) == 0
    judged.clock.forward(days=4)
    assert beat(judged) == 1

    assert steps(judged) == [48, 168]


def test_who_is_done_gets_none_and_one_that_waits_is_dropped(waiting):
    judged, submission, items, anna = waiting
    judged.clock.forward(days=4)
    beat(judged)
    assert press(judged) == 1, "the other has no day, and was not reminded yet"
    finish_all(judged, submission, items, anna)
    assert [one.recipient for one in mails(judged, "dropped")] == [judged.session.get_one(User, anna.user_id).email]
    assert len(mails(judged)) == 1, "the other still has all to do"
    judged.clock.forward(days=5)
    assert beat(judged) == 0
    assert press(judged) == 1


def test_what_waits_is_taken_back_when_the_work_ends_another_way(waiting):
    judged, submission, _items, _anna = waiting
    press(judged)
    assert len(mails(judged)) == 2
    submission.state = "excluded"
    judged.session.flush()
    beat(judged)

    assert mails(judged) == []
    assert len(mails(judged, "dropped")) == 2
    submission.state = "in_review"
    judged.session.flush()
    assert press(judged) == 2, "what was taken back reminded nobody"


def test_lead_and_chair_remind_who_is_missing_once_a_day_and_nobody_else_does(waiting):
    judged, submission, items, anna = waiting
    finish_all(judged, submission, items, anna)
    lead = judged.build.person(judged.round.organisation)
    judged.states_no_tie(judged.session.get_one(User, lead.user_id), judged.round.organisation)
    with pytest.raises(NotAllowed):
        press(judged, anna)
    assert press(judged, lead) == 1
    with pytest.raises(MoveRefused) as refused:
        press(judged)
    assert refused.value.code == "reminded-already"
    judged.clock.forward(days=1)
    assert press(judged) == 1
    finish_all(judged, submission, items, judged.evaluators[1])
    judged.clock.forward(days=1)
    with pytest.raises(MoveRefused) as refused:
        press(judged)
    assert refused.value.code == "nobody-missing"
    events = judged.session.scalars(
        select(AuditEvent).where(AuditEvent.kind == "judging.reminded").order_by(AuditEvent.seq)
    ).all()
    assert [one.actor_id is not None for one in events] == [True, True]


def test_nothing_is_sent_before_the_judging_and_after_it(waiting):
    judged, *_others = waiting
    judged.clock.forward(days=9)
    for state in ("opened", "award"):
        judged.round.state = state
        judged.session.flush()
        assert beat(judged) == 0
        with pytest.raises(RuleBroken) as refused:
            press(judged)
        assert refused.value.code in ("not-judging", "wrong-phase")


def test_the_progress_page_reminds_and_says_when(waiting, sign_in, session):
    judged, _submission, _items, anna = waiting
    people = browsers(judged, sign_in, session, {"anna": anna, "chair": judged.chair})
    session.commit()
    here = f"/rounds/{judged.round.public_id}/judging/progress"
    assert "Remind who is missing" not in people["anna"].get(here).text
    assert people["anna"].post(f"{here}/remind").status_code == 403
    page = people["chair"].get(here).text
    assert "Remind who is missing" in page
    assert page.count(">never<") == 2
    sent = people["chair"].post(f"{here}/remind", follow_redirects=True).text
    assert "2 reminders leave by mail." in sent
    assert ">never<" not in sent
    assert "less than a day ago" in people["chair"].post(f"{here}/remind", follow_redirects=True).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mail_names_the_day_and_leads_to_the_own_assessments(waiting, app, language):
    judged, _submission, items, _anna = waiting
    day = (judged.clock().date() + dt.timedelta(days=10)).isoformat()
    judged.clock.forward(days=4)
    beat(judged)
    press(judged)
    with_day, without = mails(judged)
    for one in (with_day, without):
        one.language = language
        with app.app_context():
            subject, text, page = mailing.render(one)
        assert judged.round.name in subject
        for half in (text, page):
            assert f"/rounds/{judged.round.public_id}/judging/mine" in half
            assert str(len(items)) in half
            assert (day in half) == (one is with_day)
            assert "Northern IT" not in half


def test_who_is_missing_counts_neither_tenders_left_out_nor_people_who_left(waiting):
    judged, submission, _items, _anna = waiting
    for one in judged.evaluators:
        judged.session.get_one(User, one.user_id).disabled_at = judged.clock()
    with pytest.raises(MoveRefused) as refused:
        press(judged)
    assert refused.value.code == "nobody-missing", "nobody was reminded today"

    submission.state = "excluded"
    judged.session.flush()
    assert piles.progress(judged.session, judged.round) == []

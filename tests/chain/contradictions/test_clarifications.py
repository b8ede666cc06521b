"""Questions to suppliers: the moves of the lifecycle table, equal treatment, and nothing of anybody else in a question."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from framework.chain.clarifications import acts, lists
from framework.chain.clarifications.positions import positions
from framework.chain.contradictions import finding, review
from framework.chain.contradictions.states import states_of
from framework.ground import lifecycle
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, NotFound, RuleBroken
from models.contradictions import Clarification, ClarificationItem, Contradiction
from models.disclosure import SubmissionRow
from models.people import User
from models.records import AuditEvent, Mail
from tests.chain.opened import hand_counted
from views import mailing

KIND = "audit-expired"


@pytest.fixture
def asking(opened):
    """Two suppliers in the same position, a lead, and a date."""
    opened.suppliers = [opened.built(hand_counted(), name=name) for name in ("Northern IT", "Southern IT")]
    opened.people = [opened.build.person(one.supplier, "supplier") for one in opened.suppliers]
    finding.find(opened.session, opened.round, now=opened.clock())
    opened.lead = opened.build.person(opened.round.organisation, "lead")
    user = opened.build.user(opened.member)
    opened.build.appoint(opened.round, user, opened.member, "chair")
    opened.chair = opened.build.actor(user, opened.member)
    opened.by = opened.clock() + dt.timedelta(days=14)
    opened.found = lambda code=KIND: positions(opened.session, opened.round, code)

    def ask(*, chosen=None, motive="", answer_by=..., actor=None, code=KIND):
        numbers = [one.id for one in opened.suppliers] if chosen is None else chosen
        return acts.ask(
            opened.session,
            opened.round,
            opened.found(code),
            chosen=numbers,
            answer_by=opened.by if answer_by is ... else answer_by,
            motive=motive,
            actor=actor or opened.lead,
            now=opened.clock(),
        )

    opened.ask = ask
    return opened


def refusal(act, kind=RuleBroken):
    with pytest.raises(kind) as refused:
        act()
    return refused.value.code


def test_all_in_the_same_position_are_asked_and_each_submission_moves(asking):
    made = asking.ask()
    assert [one.submission.state for one in made] == ["clarification_asked", "clarification_asked"]
    assert len({one.batch for one in made}) == 1
    states = states_of(
        asking.session, asking.session.scalars(select(Contradiction).where(Contradiction.code == KIND)).all()
    )
    assert set(states.values()) == {"asked"}
    assert asking.found() == [], "nothing is asked twice"
    events = asking.session.scalars(select(AuditEvent.kind)).all()
    assert (events.count("submission_tender.ask_clarification"), events.count("clarification.asked")) == (2, 2)


def test_leaving_one_out_needs_a_reason(asking):
    only = [asking.suppliers[0].id]
    assert refusal(lambda: asking.ask(chosen=only), MoveRefused) == "same-position"
    assert asking.session.scalars(select(Clarification)).all() == []
    (one,) = asking.ask(chosen=only, motive="answered by mail before the opening")
    assert one.motive == "answered by mail before the opening"
    assert asking.suppliers[1].state == "opened"


@pytest.mark.parametrize("days", [None, -1, 0])
def test_a_question_needs_a_later_date(asking, days):
    by = None if days is None else asking.clock() + dt.timedelta(days=days)
    assert refusal(lambda: asking.ask(answer_by=by), MoveRefused) == "date-missing"


def test_nobody_chosen_is_refused(asking):
    assert refusal(lambda: asking.ask(chosen=[]), MoveRefused) == "nobody-chosen"


def test_what_was_dismissed_or_belongs_to_nobody_left_is_not_asked(asking):
    one = asking.session.scalars(select(Contradiction).where(Contradiction.code == KIND)).first()
    review.dismiss(asking.session, one, "seen", actor=asking.lead, now=asking.clock())
    assert len(asking.found()) == 1


@pytest.mark.parametrize(("state", "who"), [("opened", "chair"), ("judging", "lead"), ("award", "lead")])
def test_others_than_the_table_names_may_not_ask(asking, state, who):
    asking.round.state = state
    if state == "judging":
        for one in asking.suppliers:
            one.state = "in_review"
    with pytest.raises((NotAllowed, MoveRefused)):
        asking.ask(actor=getattr(asking, who))
    assert asking.session.scalars(select(Clarification)).all() == []


def test_a_guard_of_the_table_holds_for_the_move_alone(asking):
    (one, _other) = asking.suppliers
    move = lambda **facts: lifecycle.move(  # noqa: E731
        asking.session, one, "ask_clarification", actor=asking.lead, now=asking.clock(), **facts
    )
    assert refusal(move, MoveRefused) == "date-missing"
    assert refusal(lambda: move(answer_by=asking.by, left_out=1), MoveRefused) == "same-position"


def test_a_supplier_answers_until_the_lead_closes_and_the_offer_stays(asking):
    one, other = asking.ask()
    before = {row.id: dict(row.read_values) for row in asking.session.scalars(select(SubmissionRow))}
    close = lambda which=one: acts.close(asking.session, which, actor=asking.lead, now=asking.clock())  # noqa: E731
    assert refusal(close, MoveRefused) == "not-yet"
    item = asking.session.scalars(select(ClarificationItem).where(ClarificationItem.clarification_id == one.id)).one()
    say = lambda text, row="", who=0: acts.answer(  # noqa: E731
        asking.session, one, text, row=row, actor=asking.people[who], now=asking.clock()
    )
    say("The newer report is of March.", str(item.row_id))
    say("It is attached to our letter.")
    assert refusal(lambda: say("mine?", who=1), NotFound) == "not-found"
    assert refusal(lambda: say("  "), InvalidInput) == "answer-missing"
    assert refusal(lambda: say("x" * 4001), InvalidInput) == "answer-too-long"
    assert refusal(lambda: say("x", "999999"), InvalidInput) == "row-not-asked"
    assert refusal(lambda: say("x", "0 or 1"), InvalidInput) == "row-not-asked"
    close()
    assert (one.submission.state, acts.state_of(one, asking.clock())) == ("opened", "closed")
    assert other.submission.state == "clarification_asked"
    assert refusal(lambda: say("too late"), MoveRefused) == "already-closed"
    assert refusal(close, MoveRefused) == "already-closed"
    assert {row.id: dict(row.read_values) for row in asking.session.scalars(select(SubmissionRow))} == before


def test_silence_is_shown_and_closed_after_the_date(asking):
    one, _other = asking.ask()
    late = asking.by + dt.timedelta(minutes=1)
    assert [acts.state_of(one, when) for when in (asking.by, late)] == ["waiting", "overdue"]
    assert lists.to_close(asking.session, asking.round, now=late) == 2
    made = acts.answer(asking.session, one, "Sorry.", row="", actor=asking.people[0], now=late)
    assert made.at > one.answer_by
    acts.close(asking.session, one, actor=asking.lead, now=late)
    assert one.submission.state == "opened"


def test_two_questions_to_one_supplier_are_closed_one_by_one(asking):
    first = asking.ask()[0]
    second = asking.ask(code="no-final-assembly") if asking.found("no-final-assembly") else None
    if second is None:
        made = asking.session.scalars(select(Contradiction).where(Contradiction.code == KIND)).first()
        asking.session.add(
            Clarification(
                round_id=asking.round.id,
                submission_id=first.submission_id,
                supplier_id=first.supplier_id,
                code=made.code,
                batch="x",
                answer_by=asking.by,
                created_at=asking.clock(),
            )
        )
        asking.session.flush()
    acts.answer(asking.session, first, "Yes.", row="", actor=asking.people[0], now=asking.clock())
    acts.close(asking.session, first, actor=asking.lead, now=asking.clock())
    assert first.submission.state == "clarification_asked", "another question is running"


def test_while_the_members_judge_the_chair_asks_and_closes(asking):
    asking.round.state = "judging"
    for one in asking.suppliers:
        one.state = "in_review"
    one, _other = asking.ask(actor=asking.chair)
    acts.answer(asking.session, one, "Yes.", row="", actor=asking.people[0], now=asking.clock())
    assert refusal(lambda: acts.close(asking.session, one, actor=asking.lead, now=asking.clock()), NotAllowed)
    acts.close(asking.session, one, actor=asking.chair, now=asking.clock())
    assert one.submission.state == "in_review"


def test_a_mail_holds_nothing_of_any_file(asking):
    asking.build.user(asking.suppliers[0].supplier, "supplier")
    asking.ask()
    mails = asking.session.scalars(select(Mail).where(Mail.template == "clarification_asked")).all()
    assert mails
    for mail in mails:
        told = str(mail.params)
        assert not any(word in told for word in ("Harbour", "Lakeside", "rba_vap", "A2", "6_audits", "Southern"))


def test_two_leads_who_ask_at_once_ask_once(asking):
    seen = asking.found()
    asking.ask()
    again = lambda: acts.ask(  # noqa: E731
        asking.session,
        asking.round,
        seen,
        chosen=[one.submission.id for one in seen],
        answer_by=asking.by,
        motive="",
        actor=asking.lead,
        now=asking.clock(),
    )
    assert refusal(again) == "stale"
    assert len(asking.session.scalars(select(Clarification)).all()) == 2


# -- the mail about an answer -----------------------------------------------


def answered_mails(asking):
    query = select(Mail).where(Mail.template == "clarification_answered")
    return list(asking.session.scalars(query.execution_options(populate_existing=True)))


def say(asking, made):
    for one, person in zip(made, asking.people, strict=True):
        acts.answer(asking.session, one, "So it is.", row="", actor=person, now=asking.clock())


def test_answers_of_a_while_are_one_mail_to_each_of_the_lead_and_none_once_seen(asking, sign_in):
    user = asking.session.get_one(User, asking.lead.user_id)
    made = asking.ask()
    say(asking, made)
    (mail,) = answered_mails(asking)
    place = f"/rounds/{asking.round.public_id}/contradictions/questions"
    first, second = (one.public_id for one in made)
    assert (mail.recipient, len(mail.params["items"]), mail.params["path"]) == (user.email, 2, place)
    asking.session.commit()
    browser = sign_in(user, asking.round.organisation)
    asking.session.rollback()
    browser.page(f"{place}/{first}")
    asking.session.rollback()
    assert [item["key"] for item in answered_mails(asking)[0].params["items"]] == [second]
    asking.session.rollback()
    browser.page(place)
    asking.session.rollback()
    assert [one.state for one in answered_mails(asking)] == ["dropped"]


def test_while_members_judge_the_chair_is_told_and_afterwards_nobody(asking):
    made = asking.ask()
    asking.round.state = "judging"
    acts.answer(asking.session, made[0], "So it is.", row="", actor=asking.people[0], now=asking.clock())
    chair = asking.session.get_one(User, asking.chair.user_id)
    assert [one.recipient for one in answered_mails(asking)] == [chair.email]
    asking.round.state = "award"
    acts.answer(asking.session, made[1], "So it is.", row="", actor=asking.people[1], now=asking.clock())
    assert [len(one.params["items"]) for one in answered_mails(asking)] == [1]


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_the_mail_about_answers_names_nobody_and_quotes_nothing(app, asking, language):
    say(asking, asking.ask())
    (mail,) = answered_mails(asking)
    mail.language = language
    text = "\n".join(mailing.render(mail))
    for canary in ("Northern IT", "Southern IT", "So it is.", "Lakeside"):
        assert canary not in text
    assert f"/rounds/{asking.round.public_id}/contradictions/questions" in text

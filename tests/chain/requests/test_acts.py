"""Asking, passing on, answering, refusing, withdrawing: who may, in which state, and what is left behind."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from framework.chain.requests import acts, answering, due, links
from framework.chain.requests.acts import Party
from framework.ground import lifecycle
from framework.ground.actors import SYSTEM
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, NotFound, RuleBroken
from framework.people.links import LinkOver
from models.records import AuditEvent, Mail
from models.requests import REQUEST_STATES, RequestAnswer, RequestReminder, UpstreamRequest
from tests.chain.requests.asking import BRAND, MAKER, SITE


def test_the_rows_that_a_version_leaves_open_are_those_without_a_site_or_smelter(asking):
    found = [(one.kind, one.model_name, one.component_type or one.mineral, one.said) for one in asking.open]

    assert found == [
        ("component", "One", "mainboard_pcba", "trade_secret"),
        ("component", "One", "battery", ""),
        ("component", "Two", "mainboard_pcba", "supplier_refused"),
        ("component", "Two", "battery", ""),
        ("mineral", "", "gold", "unknown"),
    ]


def test_asking_makes_a_dated_request_with_its_rows_a_sealed_letter_and_one_mail(asking):
    made = asking.ask(lambda one: one.component_type == "battery")
    mail = asking.session.scalars(select(Mail)).one()

    assert (made.state, made.hop, made.asker_name, made.supplier_id) == ("asked", 1, "Northern IT", asking.supplier.id)
    assert [row.model_name for row in made.rows] == ["One", "Two"]
    assert made.letter["rows"][0]["component"] == "battery"
    assert len(made.letter_sha256) == 64
    assert (mail.template, mail.recipient, mail.language) == ("request_asked", BRAND.email, "en")
    assert mail.secret.startswith("/requests/")
    assert asking.token(made) not in str(mail.params)


def test_the_letter_holds_nothing_of_the_supplier_that_was_not_asked(asking):
    letter = str(asking.ask(lambda one: one.component_type == "battery").letter)

    for secret in ("P1-BA", "Lakeside", "trade_secret", "mainboard", "supplier_refused"):
        assert secret not in letter


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"which": lambda one: False}, "rows-missing"),
        ({"due": 0}, "due-date-past"),
        ({"due": 400}, "due-date-far"),
        ({"to": Party("Acme", "not an address")}, "email-invalid"),
        ({"to": Party("", "a@example.org")}, "name-missing"),
        ({"to": Party("A\nB", "a@example.org")}, "name-line-break"),
        ({"why": "x" * 3000}, "too-long"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_leaves_nothing(asking, change, code):
    asking.clock.forward(hours=14, minutes=1)  # 24:00 of this day in Stockholm is past
    with pytest.raises(InvalidInput) as refused:
        asking.ask(**change)

    assert refused.value.code == code


def test_only_a_supplier_of_the_round_may_ask(asking):
    lead = asking.build.person(asking.round.organisation)

    with pytest.raises(NotAllowed):
        asking.ask(actor=lead)


# -- states -----------------------------------------------------------------


def brought_to(asking, state):
    """A request in a state, by its own acts."""
    request = asking.ask()
    if state == "passed_on":
        asking.pass_on(request)
    elif state == "answered":
        asking.answer(request)
    elif state == "refused":
        asking.refuse(request)
    elif state == "no_answer":
        asking.clock.forward(days=20)
        acts.hold(asking.session, request, asking.clock.now)
    elif state == "withdrawn":
        acts.withdraw(asking.session, request, actor=asking.actor, now=asking.clock.now)
    asking.session.flush()
    assert request.state == state
    return request


ACTS = {
    "pass_on": lambda asking, request, link: acts.pass_on(
        asking.session,
        link,
        request.rows,
        MAKER,
        why="",
        due_on=later(asking, 30 if request.state == "no_answer" else 5),
        now=asking.clock.now,
    ),
    "answer": lambda asking, request, link: act_of_answer(asking, request, link),
    "refuse": lambda asking, request, link: acts.refuse(
        asking.session, link, asking.proof(), proof_on=asking.clock.now.date(), note="", by="A", now=asking.clock.now
    ),
    "withdraw": lambda asking, request, link: acts.withdraw(
        asking.session, request, actor=asking.actor, now=asking.clock.now
    ),
    "pass_due_date": lambda asking, request, link: lifecycle.move(
        asking.session, request, "pass_due_date", actor=SYSTEM, now=asking.clock.forward(days=60)
    ),
}


def later(asking, days):
    return (asking.clock.now + dt.timedelta(days=days)).date()


def act_of_answer(asking, request, link):
    if request.state in answering.OPEN:
        answering.save(
            asking.session, link, {1: [SITE]}, by="A", stamp=answering.stamp_of(request), now=asking.clock.now
        )
    answering.answer(asking.session, link, by="A", now=asking.clock.now)


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", REQUEST_STATES)
def test_exactly_the_listed_acts_are_possible_in_each_state(asking, state, act):
    first = asking.ask()  # its link serves where the state of the other has revoked its own
    request = brought_to(asking, state)
    link = asking.session.scalars(
        select(links.RequestLink).where(links.RequestLink.request_id == request.id).order_by(links.RequestLink.id)
    ).first()
    assert first.id != request.id
    listed = {(m.source, m.act): m.target for m in lifecycle.moves() if m.entity == "request" and m.source}

    if (state, act) in listed:
        ACTS[act](asking, request, link)
        assert request.state == listed[state, act]
    elif (state, act) == ("passed_on", "pass_on"):
        ACTS[act](asking, request, link)  # another child; the state stays
        assert request.state == "passed_on"
    else:
        with pytest.raises(MoveRefused):
            ACTS[act](asking, request, link)
        assert request.state == state


@pytest.mark.parametrize("act", ["answer", "refuse", "pass_on"])
def test_the_asker_cannot_act_for_the_one_asked_nor_by_the_link_of_another_request(asking, act):
    request, other = asking.ask(), asking.ask(to=MAKER)

    facts = {"answers": [(1, None, {})], "by": "x", "note": ""}
    for link in (None, asking.link(other)):
        with pytest.raises(NotAllowed):
            lifecycle.move(
                asking.session,
                request,
                act,
                actor=asking.actor,
                now=asking.clock.now,
                roles=acts.UPSTREAM,
                link=link,
                **facts,
            )
    assert request.state == "asked"


@pytest.mark.parametrize("do", [acts.withdraw, acts.remind])
def test_another_supplier_neither_withdraws_nor_reminds(asking, do):
    request = asking.ask()
    _supplier, _user, other, _version = asking.add_supplier("Southern IT")
    asking.clock.forward(days=2)

    with pytest.raises(NotAllowed):
        do(asking.session, request, actor=other, now=asking.clock.now)


def test_every_act_leaves_one_event_in_the_record(asking):
    request = asking.ask()
    child = asking.pass_on(request)
    asking.answer(child)
    asking.answer(request)
    kinds = asking.session.scalars(
        select(AuditEvent.kind).where(AuditEvent.subject_type == "request").order_by(AuditEvent.seq)
    ).all()

    assert kinds == [
        "request.ask",
        "request.ask",
        "request.pass_on",
        "request.draft_saved",
        "request.answer",
        "request.draft_saved",
        "request.answer",
    ]


# -- passing on -------------------------------------------------------------


def test_a_child_asks_for_rows_of_its_parent_and_its_answer_comes_back_to_the_one_who_passed_it_on(asking):
    request = asking.ask()
    child = asking.pass_on(request, rows=request.rows[:2])
    asking.answer(child, by="M. Maker")

    returned = answering.from_children(asking.session, request)
    assert set(returned) == {row.id for row in request.rows[:2]}
    assert (child.parent, child.hop, child.asker_name, request.state) == (request, 2, BRAND.name, "passed_on")
    told = asking.session.scalars(select(Mail).where(Mail.template == "request_told")).one()
    assert told.recipient == BRAND.email

    link = asking.link(request)
    answering.take_over(asking.session, link, {1: returned[request.rows[0].id]}, source="via", now=asking.clock.now)
    answering.answer(asking.session, link, by="A. Brand", now=asking.clock.now)

    passed_back = request.rows[0].answers[0]
    assert passed_back.via.answered_by == "M. Maker"
    assert passed_back.answered_by == "A. Brand"
    assert request.rows[1].answers == []


def test_an_answer_that_was_changed_after_it_came_back_is_the_askers_own(asking):
    request = asking.ask()
    child = asking.pass_on(request)
    asking.answer(child)
    link, returned = asking.link(request), answering.from_children(asking.session, request)
    answering.take_over(asking.session, link, {1: returned[request.rows[0].id]}, source="via", now=asking.clock.now)
    block = answering.draft_of(request)[1][0]

    changed = {"answer": "site", **block, "city": "Da Nang"}
    answering.save(
        asking.session, link, {1: [changed]}, by="A", stamp=answering.stamp_of(request), now=asking.clock.now
    )

    assert "via" in block
    assert "via" not in answering.draft_of(request)[1][0]


def test_a_child_is_due_before_its_parent_unless_that_is_over(asking):
    request = asking.ask(due=10)
    with pytest.raises(InvalidInput) as refused:
        asking.pass_on(request, due=11)
    assert refused.value.code == "due-date-after-yours"

    asking.clock.forward(days=12)
    child = asking.pass_on(request, due=11)

    assert (request.state, child.state) == ("passed_on", "asked")


def test_nobody_passes_a_request_on_to_itself_or_for_ever(asking):
    request = asking.ask()
    with pytest.raises(InvalidInput):
        asking.pass_on(request, Party("Acme again", "CHAIN@acme.example"))
    for number in range(acts.MOST_HOPS - 1):
        request = asking.pass_on(request, Party(f"Hop {number}", f"hop{number}@example.org"))
    with pytest.raises(MoveRefused):
        asking.pass_on(request)


def test_withdrawing_takes_back_what_was_passed_on_and_ends_every_link(asking):
    request = asking.ask()
    child = asking.pass_on(request)
    tokens = [asking.token(request), asking.token(child)]

    acts.withdraw(asking.session, request, actor=asking.actor, now=asking.clock.now)

    assert (request.state, child.state) == ("withdrawn", "withdrawn")
    for token in tokens:
        with pytest.raises(LinkOver):
            links.find(asking.session, "answer", token, now=asking.clock.now)


def test_an_answer_takes_back_what_still_waits_further_on(asking):
    request = asking.ask()
    child = asking.pass_on(request)

    asking.answer(request)

    assert (request.state, child.state) == ("answered", "withdrawn")


@pytest.mark.parametrize("end", ["withdraw", "answer"])
def test_what_stayed_silent_further_on_loses_its_link_and_what_waits_behind_it_is_taken_back(asking, end):
    request = asking.ask()
    child = asking.pass_on(request, due=2)
    asking.clock.forward(days=3)
    last = asking.pass_on(child, Party("Further", "further@example.org"), due=5)
    tokens, link = [asking.token(child), asking.token(last)], asking.link(request)

    if end == "withdraw":
        acts.withdraw(asking.session, request, actor=asking.actor, now=asking.clock.now)
    else:
        asking.answer(request)

    assert (child.state, last.state) == ("no_answer", "withdrawn")
    for token in tokens:
        with pytest.raises(LinkOver):
            links.find(asking.session, "answer", token, now=asking.clock.now)
    asking.clock.forward(days=2)
    with pytest.raises(MoveRefused) as refused:
        acts.remind(asking.session, child, actor=acts.by_link(link), link=link, now=asking.clock.now)
    assert refused.value.code == "nothing-waits"


def test_a_withdrawn_party_gets_no_new_link(asking):
    request = asking.ask()
    child = asking.pass_on(request)
    asking.refuse(child)
    acts.withdraw(asking.session, request, actor=asking.actor, now=asking.clock.now)

    asking.answer(child)  # late, by the link that the refusal left open

    is_open = (links.RequestLink.request_id == request.id) & links.RequestLink.revoked_at.is_(None)
    assert asking.session.scalars(select(links.RequestLink).where(is_open)).all() == []


# -- answers ----------------------------------------------------------------


def test_an_answer_is_stored_as_understood_with_who_and_when(asking):
    request = asking.ask(lambda one: one.component_type == "battery")
    asking.answer(request, {1: [SITE], 2: [{"answer": "trade_secret", "note": "By contract."}]})
    one, two = asking.session.scalars(select(RequestAnswer).order_by(RequestAnswer.id))

    assert one.told["country"] == "VN"
    assert (one.told["share"], one.told["valid_from"]) == ("62.5", "2024-03-01")
    assert (one.answered_by, one.answered_at) == ("A. Brand", asking.clock.now)
    assert (two.reason, two.told, two.note) == ("trade_secret", {}, "By contract.")
    assert request.draft == {}


@pytest.mark.parametrize(
    ("block", "field"),
    [
        ({"answer": "site"}, "name"),
        ({"name": "A", "country": "Atlantis"}, "country"),
        ({"name": "A", "share": "101"}, "share"),
        ({"name": "A", "share": "NaN"}, "share"),
        ({"name": "A", "valid_from": "03/04/2024"}, "valid_from"),
        ({"name": "A", "valid_from": "2199-01-01"}, "valid_from"),
        ({"answer": "unknown", "name": "A"}, "answer"),
        ({"note": "Later."}, "answer"),
        ({"name": "x" * 201}, "name"),
    ],
)
def test_what_cannot_be_sent_is_said_at_its_field_and_kept_in_the_draft(asking, block, field):
    request = asking.ask()
    with pytest.raises(answering.AnswerBroken) as broken:
        asking.answer(request, {1: [block]})

    assert [(one.position, one.number, one.field) for one in broken.value.problems] == [(1, 1, field)]
    assert answering.draft_of(request)[1][0].get("name") == block.get("name")
    assert request.state == "asked"


def test_shares_of_one_row_are_at_most_all_of_it_and_a_reason_stands_alone(asking):
    request = asking.ask()
    with pytest.raises(answering.AnswerBroken) as broken:
        asking.answer(request, {1: [{"name": "A", "share": "60"}, {"name": "B", "share": "60"}]})
    assert broken.value.problems[0].params["total"] == 120

    with pytest.raises(answering.AnswerBroken):
        asking.answer(request, {1: [{"name": "A"}, {"answer": "unknown"}]})


def test_an_empty_answer_is_none(asking):
    request = asking.ask()
    with pytest.raises(MoveRefused) as refused:
        asking.answer(request, {})
    assert refused.value.code == "nothing-answered"


def test_a_refusal_needs_a_dated_answer_and_may_be_followed_by_an_answer(asking):
    request = asking.ask()
    for wrong in ({"proof": None}, {"proof_on": None}, {"proof_on": dt.date(2199, 1, 1)}):
        with pytest.raises(InvalidInput):
            asking.refuse(request, **wrong)

    asking.refuse(request)
    assert (request.state, request.answered_by) == ("refused", "A. Brand")

    asking.answer(request)
    assert request.state == "answered"


# -- time -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "end"),
    [
        ("Europe/Stockholm", dt.date(2026, 12, 7), dt.datetime(2026, 12, 7, 23, 0, tzinfo=dt.UTC)),
        ("Europe/Stockholm", dt.date(2027, 3, 28), dt.datetime(2027, 3, 28, 22, 0, tzinfo=dt.UTC)),
        ("America/New_York", dt.date(2026, 12, 7), dt.datetime(2026, 12, 8, 5, 0, tzinfo=dt.UTC)),
        ("Asia/Shanghai", dt.date(2026, 12, 7), dt.datetime(2026, 12, 7, 16, 0, tzinfo=dt.UTC)),
        ("America/Santiago", dt.date(2027, 9, 4), dt.datetime(2027, 9, 5, 4, 0, tzinfo=dt.UTC)),
    ],
)
def test_a_due_date_ends_at_midnight_in_its_zone(zone, day, end):
    assert due.end_of(day, zone) == end


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)),
    st.sampled_from(["Europe/Amsterdam", "Asia/Kolkata", "Pacific/Apia"]),
)
def test_a_later_due_date_never_ends_earlier(day, zone):
    assert due.end_of(day, zone) < due.end_of(day + dt.timedelta(days=1), zone)


@pytest.mark.parametrize("is_noted", [True, False])
@pytest.mark.parametrize(("seconds", "state"), [(-1, "asked"), (0, "asked"), (1, "no_answer")])
def test_time_decides_whether_or_not_the_job_has_run(asking, seconds, state, is_noted):
    request = asking.ask(due=3)
    asking.clock.now = due.ends(request) + dt.timedelta(seconds=seconds)
    if is_noted:
        due.settle(asking.session, request, asking.clock.now)

    assert due.state_now(request, asking.clock.now) == state
    assert (request.state == "no_answer") is (is_noted and state == "no_answer")
    if state == "no_answer":
        assert due.since(request, asking.clock.now) == due.ends(request)
        with pytest.raises(MoveRefused):
            acts.withdraw(asking.session, request, actor=asking.actor, now=asking.clock.now)


def test_a_late_answer_is_taken_from_no_answer(asking):
    request = asking.ask(due=3)
    asking.clock.forward(days=10)

    asking.answer(request)

    moves = asking.session.scalars(
        select(AuditEvent.kind).where(AuditEvent.kind.like("request.%")).order_by(AuditEvent.seq)
    )
    assert [kind for kind in moves if "draft" not in kind] == ["request.ask", "request.pass_due_date", "request.answer"]


# -- links ------------------------------------------------------------------


def test_a_token_of_another_purpose_a_guess_or_a_hash_opens_nothing(asking):
    request = asking.ask()
    token = asking.token(request)
    stored = asking.session.scalars(select(links.RequestLink.token_hash)).first()

    for purpose, wrong in (("library", token), ("answer", "a" * 32), ("answer", stored), ("answer", "")):
        with pytest.raises(NotFound):
            links.find(asking.session, purpose, wrong, now=asking.clock.now)
    assert token not in stored


def test_a_link_ends_sixty_days_after_the_due_date(asking):
    request = asking.ask()
    token = asking.token(request)
    end = due.ends(request) + due.LATE_ANSWER

    assert links.find(asking.session, "answer", token, now=end - dt.timedelta(seconds=1))
    with pytest.raises(LinkOver):
        links.find(asking.session, "answer", token, now=end)


# -- random walks -----------------------------------------------------------


def test_random_acts_never_reach_a_state_by_an_unlisted_pair(asking):
    import random

    chance = random.Random("requests")
    listed = {(m.source, m.target) for m in lifecycle.moves() if m.entity == "request"}
    for _walk in range(12):
        request = asking.ask(due=chance.randint(2, 20))
        for _step in range(8):
            before = request.state
            link = asking.session.scalars(
                select(links.RequestLink).where(links.RequestLink.request_id == request.id)
            ).first()
            asking.clock.forward(hours=chance.randint(0, 60))
            saved = asking.session.begin_nested()
            try:
                ACTS[chance.choice(["pass_on", "answer", "refuse", "withdraw"])](asking, request, link)
                saved.commit()
            except RuleBroken:
                saved.rollback()
                asking.session.refresh(request)
            steps = {(before, request.state), ("no_answer", request.state)}
            assert before == request.state or steps & listed


def test_reminders_are_logged_once_a_day_at_most(asking):
    request = asking.ask()
    with pytest.raises(MoveRefused):
        acts.remind(asking.session, request, actor=asking.actor, now=asking.clock.now)
    asking.clock.forward(days=1, seconds=1)

    acts.remind(asking.session, request, actor=asking.actor, now=asking.clock.now)

    logged = asking.session.scalars(select(RequestReminder)).one()
    assert (logged.step_hours, logged.mail.template) == (None, "request_reminder")
    assert links.find(asking.session, "answer", asking.token(request), now=asking.clock.now)
    assert isinstance(request, UpstreamRequest)

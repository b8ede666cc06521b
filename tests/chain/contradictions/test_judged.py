"""What evaluators read of contradictions: accepted ones of the suppliers they judge, with what these answered; they decide nothing."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from framework.chain.clarifications import acts
from framework.chain.clarifications.positions import positions
from framework.chain.contradictions import finding, review
from framework.chain.contradictions.catalogue import OF_EARLIER_ROUNDS
from models.contradictions import Contradiction
from tests.chain.opened import hand_counted
from tests.memory import remembered

KIND = "audit-expired"
ANSWER = "The audit was renewed in May."


@pytest.fixture
@remembered
def world(opened, sign_in):
    """Two judged suppliers and an excluded one, one accepted contradiction of each, a question with its answer; browsers."""
    opened.suppliers = [
        opened.built(hand_counted(), name=name) for name in ("Northern IT", "Southern IT", "Excluded Trading")
    ]
    finding.find(opened.session, opened.round, now=opened.clock())
    opened.lead = opened.build.person(opened.round.organisation, "lead")
    asked = acts.ask(
        opened.session,
        opened.round,
        positions(opened.session, opened.round, KIND),
        chosen=[one.id for one in opened.suppliers],
        answer_by=opened.clock() + dt.timedelta(days=9),
        motive="why somebody is left out",
        actor=opened.lead,
        now=opened.clock(),
    )
    for one in asked:
        person = opened.build.person(one.supplier, "supplier")
        acts.answer(opened.session, one, ANSWER, row="", actor=person, now=opened.clock())
        acts.close(opened.session, one, actor=opened.lead, now=opened.clock())
    opened.accepted = of(opened, KIND)
    for one in opened.accepted:
        review.accept(opened.session, one, actor=opened.lead, now=opened.clock())
    opened.round.state = "judging"
    for one, state in zip(opened.suppliers, ("in_review", "in_review", "excluded"), strict=True):
        one.state = state
    bodies = {
        "lead": opened.round.organisation,
        "member": opened.member,
        "monitor": opened.build.organisation("monitor"),
        "supplier": opened.suppliers[0].supplier,
        "operator": opened.build.organisation("operator"),
        "stranger": opened.build.organisation("buyer"),
    }
    users = {who: (opened.build.user(body), body) for who, body in bodies.items()}
    for who in ("evaluator", "chair"):
        users[who] = (opened.build.user(opened.member), opened.member)
        opened.build.appoint(opened.round, users[who][0], opened.member, who)
    opened.session.commit()
    opened.browsers = {who: sign_in(*one) for who, one in users.items()}
    opened.here = f"/rounds/{opened.round.public_id}"
    opened.there = f"{opened.here}/judging/contradictions"
    return opened


def of(opened, code):
    query = select(Contradiction).where(Contradiction.code == code).order_by(Contradiction.id)
    return opened.session.scalars(query).all()


def test_an_evaluator_reads_accepted_contradictions_of_the_suppliers_it_judges(world):
    page = world.browsers["evaluator"].page(world.there)

    assert "2 contradictions" in page.text
    assert "Northern IT" in page.text
    assert "Southern IT" in page.text
    assert "Excluded Trading" not in page.text
    for control in ("Accept", "Dismiss", "Ask all suppliers"):
        assert f"{control}:" not in page.text


def test_one_shows_its_rows_and_the_answer_and_nothing_to_decide(world):
    browser = world.browsers["evaluator"]
    page = browser.page(f"{world.there}/{numbers(world)[0]}")

    assert ANSWER in page.text
    assert "The lead accepted it on" in page.text
    assert "why somebody is left out" not in page.text
    assert "Your decision" not in page.text


def test_the_questions_stand_together_with_their_answers(world):
    page = world.browsers["evaluator"].page(f"{world.here}/judging/questions")

    assert page.text.count(ANSWER) == 2
    assert "Excluded Trading" not in page.text


def numbers(world):
    """The public ids of the contradictions that the list leads to."""
    page = world.browsers["evaluator"].get(world.there).get_data(as_text=True)
    return [one.public_id for one in world.accepted if one.public_id in page]


def test_what_is_not_accepted_or_of_nobody_judged_is_not_found(world):
    browser = world.browsers["evaluator"]
    listed = set(numbers(world))
    others = [one.public_id for one in world.session.scalars(select(Contradiction)) if one.public_id not in listed]

    assert len(listed) == 2
    assert len(others) == 1
    assert {browser.get(f"{world.there}/{one}").status_code for one in (*others, "nobody", "%00")} == {404}


def test_what_is_taken_back_or_settled_is_gone_from_the_list(world):
    first, second = numbers(world)
    for found in world.session.scalars(select(Contradiction).where(Contradiction.public_id.in_([first, second]))):
        if found.public_id == first:
            world.session.info["write"] = True
            review.undo(world.session, found, actor=world.lead, now=world.clock())
    world.session.commit()

    assert numbers(world) == [second]


def test_kinds_about_earlier_rounds_are_for_the_lead_alone(world):
    world.session.info["write"] = True
    for one in world.accepted:
        one.code = sorted(OF_EARLIER_ROUNDS)[0]
    listed = [one.public_id for one in world.accepted]
    world.session.commit()
    browser = world.browsers["evaluator"]

    assert "has accepted no contradiction" in browser.page(world.there).text
    assert {browser.get(f"{world.there}/{one}").status_code for one in listed} == {404}


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("member", 403),
        ("monitor", 403),
        ("lead", 403),
        ("chair", 403),
        ("operator", 403),
        ("supplier", 403),
        ("stranger", 404),
    ],
)
def test_nobody_else_reads_these_pages(world, who, status):
    one = numbers(world)[0]

    for path in (world.there, f"{world.there}/{one}", f"{world.here}/judging/questions"):
        assert world.browsers[who].get(path).status_code == status


def test_an_evaluator_neither_sees_nor_changes_the_leads_pages(world):
    browser, one = world.browsers["evaluator"], numbers(world)[0]
    place = f"{world.here}/contradictions"

    for path in (place, f"{place}.xlsx", f"{place}/{one}", f"{place}/questions", f"{place}/ask/{KIND}"):
        assert browser.get(path).status_code == 403
    for path in (f"{place}/{one}", f"{place}/accept", f"{place}/ask/{KIND}"):
        assert browser.post(path, data={"act": "accept"}).status_code == 403


@pytest.mark.parametrize(("state", "status"), [("opened", 409), ("award", 200), ("in_force", 200)])
def test_the_phase_decides_when_it_can_be_read(world, state, status):
    world.session.info["write"] = True
    world.round.state = state
    world.session.commit()

    assert world.browsers["evaluator"].get(world.there).status_code == status


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_the_pages_are_whole_in_every_language(world, language):
    browser, one = world.browsers["evaluator"], numbers(world)[0]
    browser.get(f"/language/{language}")

    for path in (world.there, f"{world.there}/{one}", f"{world.here}/judging/questions"):
        assert f'lang="{language}"' in browser.get(path).get_data(as_text=True)
        browser.page(path)

"""Scoring in a browser: seven keystrokes a supplier, nothing lost without network or session, and the same without scripts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.chain.measures import facts
from framework.disclosure.veil import opened
from framework.ground.text import key_of
from models.base import db
from models.chain import Product
from models.disclosure import Submission
from models.judging import Assessment, ConflictStatement, Item, Verdict
from models.people import Appointment, User
from models.rounds import Criterion, Round
from tests.journeys.conftest import Served

pytestmark = [pytest.mark.browser, pytest.mark.slow]

KEY = "demolaptops2026"
HERE = f"/rounds/{KEY}/judging/mine"
EVALUATOR = "evaluator@westerlicht.example"
SECTIONS = 6


@contextmanager
def stage(served: Served) -> Iterator[Session]:
    """The database of the demonstration, to be written to."""
    with served.app.app_context():
        session = db.session()
        session.info["write"] = True
        yield session
        session.commit()
        db.session.remove()


@pytest.fixture(scope="module")
def tenders(served_demo: Served) -> list[str]:
    """The tenders of the demonstration of which the evaluator has six items each, by their public ids."""
    with stage(served_demo) as session:
        round_ = session.scalars(select(Round).where(Round.public_id == KEY)).one()
        round_.state = "judging"
        person = session.scalars(select(User).where(User.email == EVALUATOR)).one()
        query = select(Appointment).where(Appointment.user_id == person.id, Appointment.round_id == round_.id)
        member = session.scalars(query).first().organisation_id
        now = served_demo.clock()
        given = {"given_at": now, "created_at": now, "shown": [], "undertaking": "x"}
        session.add(ConflictStatement(round=round_, user=person, organisation_id=member, **given))
        found = []
        for submission in opened(session, round_):
            submission.state = "in_review"
            nodes = disclosed(session, round_, submission)
            if len(nodes) < SECTIONS:
                continue
            for place, node in enumerate(nodes[:SECTIONS]):
                assign(session, round_, submission, place, node, person, member, now)
            found.append(submission.public_id)
        return found


def disclosed(session, round_, submission):
    """The sections of the first brand of a tender that name a place: lot, brand, level, kind."""
    query = select(Product).where(Product.submission_id == submission.id).order_by(Product.id)
    products = session.scalars(query).all()[:40]
    keys = [
        (said.lot.id, said.product.brand, node.level, node.kind)
        for said in facts.load(session, round_, products, [submission])
        for node in said.nodes
        if node.is_disclosed
    ]
    return list(dict.fromkeys(keys))


def assign(session, round_, submission, place, node, person, member, now):
    lot, brand, section, kind = node
    item = Item(
        round=round_, submission=submission, lot_id=lot, position=place, brand=brand, brand_key=key_of(brand),
        section=section, kind=kind, created_at=now,
    )  # fmt: skip
    session.add(item)
    session.flush()
    shared = {"round": round_, "item_id": item.id, "submission_id": submission.id, "scale_max": 0, "created_at": now}
    session.add(Verdict(state="open", **shared))
    session.add(Assessment(user=person, member_id=member, state="assigned", assigned_at=now, **shared))


def values(served: Served, tender: str) -> list[tuple[str, str]]:
    """Level and motive of each assessment of a tender, in the order of the items, as they are stored."""
    with stage(served) as session:
        query = select(Assessment, Item).join(Item, Item.id == Assessment.item_id).order_by(Item.position)
        return [(one.level, one.motive) for one, item in session.execute(query) if item.submission.public_id == tender]


def shoot(walker, name):
    """Keep a picture of the page where a folder for them is named."""
    if folder := os.environ.get("HEFBOOM_PICTURES"):
        walker.page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_a_supplier_takes_seven_keystrokes(served_demo: Served, tenders: list[str]) -> None:
    first = tenders[0]
    with served_demo.walk(EVALUATOR) as evaluator:
        assert evaluator.visit(HERE) == 200
        shoot(evaluator, "pile")
        assert evaluator.visit(f"{HERE}/{first}") == 200
        page = evaluator.page
        page.wait_for_selector(".judge--now")
        for _key in range(SECTIONS):
            page.keyboard.press("0")
        with page.expect_navigation():
            page.keyboard.press("j")
        assert page.url.endswith("/finish"), page.url
        page.wait_for_timeout(1_500)
        stored = values(served_demo, first)
        assert [level for level, _motive in stored] == ["E0"] * SECTIONS
        assert all("contradicts" in motive for _level, motive in stored)
        page.reload()
        evaluator.inspect()
        shoot(evaluator, "finish")
        assert page.locator("form[action$='/finish'] button").count() == 1
        evaluator.visit(f"{HERE}/{first}")
        shoot(evaluator, "scoring")


def test_what_is_typed_without_network_is_sent_when_it_is_back(served_demo: Served, tenders: list[str]) -> None:
    with served_demo.walk(EVALUATOR) as evaluator:
        evaluator.visit(f"{HERE}/{tenders[1]}")
        page = evaluator.page
        page.wait_for_selector(".judge--now")
        page.context.set_offline(True)
        page.keyboard.press("0")
        page.locator("textarea[name=motive]").first.fill("Typed on the train.")
        page.get_by_text("No connection").first.wait_for()
        page.context.set_offline(False)
        page.wait_for_selector(".judge--unsent", state="detached", timeout=15_000)
        assert values(served_demo, tenders[1])[0] == ("E0", "Typed on the train.")


def test_what_is_typed_after_the_session_lapsed_is_kept_and_sent(served_demo: Served, tenders: list[str]) -> None:
    with served_demo.walk(EVALUATOR) as evaluator:
        evaluator.visit(f"{HERE}/{tenders[1]}")
        page = evaluator.page
        page.wait_for_selector(".judge--now")
        cookies = page.context.cookies()
        page.context.clear_cookies()
        page.locator("textarea[name=motive]").nth(1).fill("Typed after lunch.")
        page.get_by_text("no longer signed in").first.wait_for()
        page.context.add_cookies(cookies)
        page.wait_for_selector(".judge--unsent", state="detached", timeout=20_000)
        assert values(served_demo, tenders[1])[1][1] == "Typed after lunch."


def test_a_refusal_is_no_lost_sign_in_and_is_not_repeated(served_demo: Served, tenders: list[str]) -> None:
    with served_demo.walk(EVALUATOR) as evaluator:
        evaluator.visit(f"{HERE}/{tenders[1]}")
        page, sent = evaluator.page, []
        page.wait_for_selector(".judge--now")
        page.route("**/save", lambda route: (sent.append(1), route.fulfill(status=404, body="gone")))
        field = page.locator("textarea[name=motive]").nth(1)
        field.fill("Typed too late.")
        page.get_by_text("no longer yours to change").first.wait_for()
        page.wait_for_timeout(6_000)
        assert (len(sent), field.input_value()) == (1, "Typed too late.")
        assert page.locator(".judge--unsent").count() == 0
        page.unroute("**/save")
        page.route("**/save", lambda route: route.fulfill(status=503, body="busy"))
        field.fill("Typed while it was busy.")
        page.get_by_text("kept on this device and is sent").first.wait_for()
        page.unroute("**/save")
        page.wait_for_selector(".judge--unsent", state="detached", timeout=15_000)
        assert values(served_demo, tenders[1])[1][1] == "Typed while it was busy."


def test_it_works_as_a_plain_form(served_demo: Served, tenders: list[str]) -> None:
    with served_demo.walk(EVALUATOR, script=False) as evaluator:
        evaluator.visit(f"{HERE}/{tenders[-1]}")
        page = evaluator.page
        form = page.locator("form.judge__form").first
        form.locator("input[value=E0]").check()
        form.locator("input[name=take]").check()
        with page.expect_navigation():
            form.locator("button").click()
        assert re.search(r"#item-[a-z2-7]{16}$", page.url)
        assert values(served_demo, tenders[-1])[0][0] == "E0"


def test_it_fits_a_telephone(served_demo: Served, tenders: list[str]) -> None:
    with served_demo.walk(EVALUATOR, width=320) as evaluator:
        for path in (HERE, f"{HERE}/{tenders[0]}", f"{HERE}/{tenders[0]}/finish"):
            assert evaluator.visit(path) == 200
            assert evaluator.page.evaluate("document.documentElement.scrollWidth") <= 320, path
        shoot(evaluator, "narrow")


def test_the_discussion_opens_once_the_own_is_final(served_demo: Served, tenders: list[str]) -> None:
    first = tenders[0]
    with stage(served_demo) as session:
        second_opinion(session, first, served_demo.clock())
    with served_demo.walk(EVALUATOR) as evaluator:
        evaluator.visit("/rounds/" + KEY + "/judging/discussion")
        assert "Second opinion" not in evaluator.text()
        evaluator.visit(f"{HERE}/{first}/finish")
        evaluator.send("/finish")
        evaluator.visit(f"{HERE}/{first}/finish")
        evaluator.send("/look")
        assert evaluator.page.locator("svg.strip").count() == SECTIONS
        shoot(evaluator, "discussion")
        evaluator.page.locator("tbody th a").first.click()
        evaluator.inspect()
        assert "Second opinion" in evaluator.text()
        shoot(evaluator, "item")
        for page in ("meeting", "agreement", "progress"):
            assert evaluator.visit(f"/rounds/{KEY}/judging/{page}") == 200
            shoot(evaluator, page)


def test_points_above_nine_are_typed_in_their_field(served_demo: Served, tenders: list[str]) -> None:
    with stage(served_demo) as session:
        item = mark_to_give(session, tenders[1], 20, served_demo.clock())
    with served_demo.walk(EVALUATOR) as evaluator:
        evaluator.visit(f"{HERE}/{tenders[1]}#item-{item}")
        page = evaluator.page
        page.wait_for_selector(".judge--now input[name=points]")
        page.keyboard.type("15")
        assert page.locator(".judge--now input[name=points]").input_value() == "15"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.name") == "motive"
        page.evaluate("localStorage.setItem('hefboom-keys-off', 'yes')")
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.name") == "motive", "keys that are switched off do nothing"
        page.evaluate("localStorage.removeItem('hefboom-keys-off')")


def test_another_file_is_sent_while_the_first_is_under_way(served_demo: Served) -> None:
    with served_demo.walk("supplier@zeewind.example") as supplier:
        supplier.visit("/rounds/demodesktops2027/disclosure")
        page, sent = supplier.page, []

        def keep(route):
            """Leave the page where it is, as a sending does that is under way."""
            if route.request.method != "POST":
                return route.continue_()
            sent.append(route.request.url)
            return route.fulfill(status=204)

        page.route("**/*", keep)
        field = page.locator("form[data-sends-what-is-chosen] input[type=file]")
        for name in ("first.csv", "second.csv"):
            field.set_input_files({"name": name, "mimeType": "text/csv", "buffer": b"a;b"})
            page.wait_for_timeout(300)
        page.keyboard.press("Escape")
        assert len(sent) == 2
        assert page.locator("form[data-sent]").count() == 0


def mark_to_give(session, tender, most, now):
    """An item with points up to `most` for the evaluator, of a criterion of its own; the public id of the assessment."""
    submission = session.scalars(select(Submission).where(Submission.public_id == tender)).one()
    mine = session.scalars(
        select(Assessment)
        .join(Assessment.user)
        .where(Assessment.submission_id == submission.id, User.email == EVALUATOR)
    ).first()
    lot_id = session.get_one(Item, mine.item_id).lot_id
    criterion = Criterion(
        round_id=submission.round_id, position=99, name="Spare parts", place="award", weight=10, formula="points",
        parameters={"scale": str(most)}, created_at=now,
    )  # fmt: skip
    session.add(criterion)
    session.flush()
    item = Item(
        round_id=submission.round_id, submission_id=submission.id, lot_id=lot_id, position=99,
        brand="", brand_key="", section="", kind="", criterion=criterion, scale_max=most, created_at=now,
    )  # fmt: skip
    session.add(item)
    session.flush()
    shared = {
        "round_id": item.round_id, "item_id": item.id, "submission_id": submission.id, "scale_max": most, "created_at": now,
    }  # fmt: skip
    session.add(Verdict(state="open", **shared))
    given = Assessment(user=mine.user, member_id=mine.member_id, state="assigned", assigned_at=now, **shared)
    session.add(given)
    session.flush()
    return given.public_id


def second_opinion(session, tender, now):
    """Another member's final assessments of a tender: E2 for the first item, E1 for the others."""
    query = select(Item).join(Submission, Submission.id == Item.submission_id).where(Submission.public_id == tender)
    person = session.scalars(select(User).where(User.email == "lead@waterpoort.example")).one()
    for number, item in enumerate(session.scalars(query.order_by(Item.position))):
        session.add(
            Assessment(
                round_id=item.round_id, item_id=item.id, submission_id=item.submission_id, scale_max=0, user=person,
                member_id=item.round.organisation_id, state="final", assigned_at=now, started_at=now, finished_at=now,
                created_at=now, level="E1" if number else "E2", motive="Second opinion.", confidence="high",
            )
        )  # fmt: skip

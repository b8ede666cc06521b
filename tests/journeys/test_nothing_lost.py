"""A hundred texts typed while the network is gone or the session has ended: all hundred are stored afterwards, word for word."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from framework.disclosure.veil import opened
from framework.people import sessions
from models.judging import ConflictStatement
from models.people import Appointment, User
from models.rounds import Round
from tests.journeys.conftest import Served, Walker
from tests.journeys.test_judging import EVALUATOR, HERE, KEY, assign, disclosed, stage, values
from views.demo import cast

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WANTED = 100
SAVED_WITHIN = 1_000
"""Milliseconds from the last key in a field to its sending; the page's clock is the test's."""


@pytest.fixture
def desk(served_demo: Served) -> Iterator[Desk]:
    """An evaluator with every item of one tender before it, on a page whose clock the test moves."""
    with stage(served_demo) as session:
        round_ = session.scalars(select(Round).where(Round.public_id == KEY)).one()
        round_.state = "judging"
        person = session.scalars(select(User).where(User.email == EVALUATOR)).one()
        query = select(Appointment).where(Appointment.user_id == person.id, Appointment.round_id == round_.id)
        member, now = session.scalars(query).first().organisation_id, served_demo.clock()
        given = {"given_at": now, "created_at": now, "shown": [], "undertaking": "x"}
        session.add(ConflictStatement(round=round_, user=person, organisation_id=member, **given))
        submission = opened(session, round_)[0]
        submission.state = "in_review"
        for place, node in enumerate(disclosed(session, round_, submission)):
            assign(session, round_, submission, place, node, person, member, now)
        tender = submission.public_id
    with served_demo.walk(EVALUATOR) as walker:
        yield Desk(served_demo, walker, tender)


def test_a_hundred_of_a_hundred_survive(desk: Desk) -> None:
    ways = (desk.without_network, desk.without_session, desk.with_the_page_closed)
    survived = 0
    while survived < WANTED:
        survived += desk.lose(ways[desk.turns % len(ways)], WANTED - survived)

    assert survived == WANTED
    assert desk.turns >= 2 * len(ways)


class Desk:
    """One evaluator at the judging page."""

    def __init__(self, served: Served, walker: Walker, tender: str) -> None:
        self.served, self.walker, self.tender, self.turns = served, walker, tender, 0
        walker.page.clock.install(time=served.clock())
        self.come(walker.page)

    def come(self, page: Page) -> None:
        """Go to the page; from then on its clock stands still."""
        page.goto(f"{self.served.address}{HERE}/{self.tender}")
        page.wait_for_selector(".judge--now")
        page.clock.pause_at(self.served.clock.forward(minutes=1))

    def lose(self, way: Callable[[list[str]], None], most: int) -> int:
        """Type into the motives, in a way that loses network or session; how many of the texts are stored afterwards."""
        self.turns += 1
        count = min(self.walker.page.locator("textarea[name=motive]").count(), most)
        texts = [f"Turn {self.turns}, item {number}: “typed” in one go, å & ü." for number in range(count)]
        way(texts)
        self.walker.page.wait_for_selector(".judge--unsent", state="detached")
        stored = [motive for _level, motive in values(self.served, self.tender)]
        return sum(1 for text, found in zip(texts, stored, strict=False) if text == found)

    def type(self, texts: list[str], told: str) -> None:
        """Type each, let a second pass, and see that the page says of each that it is kept."""
        page = self.walker.page
        fields = page.locator("textarea[name=motive]")
        for number, text in enumerate(texts):
            fields.nth(number).fill(text)
        page.clock.run_for(SAVED_WITHIN)
        expect(page.locator("[data-saved]", has_text=told)).to_have_count(len(texts))

    def without_network(self, texts: list[str]) -> None:
        """The train goes into a tunnel, and comes out."""
        context = self.walker.page.context
        context.set_offline(True)
        self.type(texts, "No connection")
        context.set_offline(False)

    def without_session(self, texts: list[str]) -> None:
        """The session has ended; the evaluator signs in again in another tab, and comes back to this one."""
        self.end_the_session()
        self.type(texts, "no longer signed in")
        other = self.walker.page.context.new_page()
        self.sign_in(other)
        other.close()
        self.walker.page.clock.run_for(5_000)

    def with_the_page_closed(self, texts: list[str]) -> None:
        """The session has ended and the page is left; the evaluator signs in and opens the tender anew."""
        self.end_the_session()
        self.type(texts, "no longer signed in")
        page = self.walker.page
        self.sign_in(page)
        self.come(page)

    def end_the_session(self) -> None:
        """End every session of the evaluator on the server."""
        with stage(self.served) as session:
            person = session.scalars(select(User).where(User.email == EVALUATOR)).one()
            sessions.end_all(session, person, now=self.served.clock())

    def sign_in(self, page: Page) -> None:
        """Sign in as one does."""
        page.goto(f"{self.served.address}/sign-in")
        page.fill("#email", EVALUATOR)
        page.fill("#password", cast.PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_url(lambda url: not url.endswith("/sign-in"))

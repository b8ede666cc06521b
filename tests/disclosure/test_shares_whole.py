"""A round sealed with shares on its whole road: passphrases, files, sessions that end, two openers, the chain."""

from __future__ import annotations

import pytest
from flask import current_app
from sqlalchemy import select

from framework.disclosure import counting, opening
from framework.ground import shares
from models.base import db
from models.chain import Mention
from models.disclosure import Submission, SubmissionRow
from models.people import User
from models.rounds import Round
from models.sealing import KeyMissing
from tests.conftest import hash_cheaply
from tests.disclosure.sharing import CHEAP
from tests.disclosure.test_pages import Tender, with_faults
from tests.disclosure.test_shares_pages import World
from tests.memory import remembered
from views.keyring import with_master
from views.worker import work_off


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    monkeypatch.setattr(shares, "COST", CHEAP)
    with hash_cheaply():
        yield


class Road(Tender):
    """A supplier of a round whose openers hold shares."""

    @remembered
    def __init__(self, world, build):
        session = world.session
        build.session = session
        self._build, self.clock = build, world.clock
        self.here, self.home = world.here, f"{world.here}/disclosure"
        supplier = build.organisation("supplier", name="Example Reseller")
        user = build.user(supplier)
        self._ids = (world.round_id, supplier.id)
        session.commit()
        self.browser = world.enter(session, user, supplier)


@pytest.fixture
@remembered
def world(session, build, clock):
    made = World(session, build, clock)
    for who in made.people:
        made.choose(who)
    made.publish()
    return made


@pytest.fixture
@remembered
def road(world, build):
    return Road(world, build)


def close(world, road):
    world.clock.forward(hours=2)
    session = world.session
    with with_master(current_app):
        counting.close_receipt(session, world.round, clock=world.clock, files=current_app.extensions["files"])
    session.commit()
    for who in world.people:
        who.browser = world.enter(
            session, session.get_one(User, who.user_id), session.get_one(Round, world.round_id).organisation
        )


def test_what_was_sent_is_read_in_its_session_and_opened_by_two_of_three(world, road):
    road.send(road.workbook(with_faults(road.tables())))
    road.browser.send("/sign-out")
    with pytest.raises(KeyMissing):
        _ = road.submissions()[0].file.name
    close(world, road)

    first = world.confirm(world.people[2])
    second = world.confirm(world.people[0], world.people[0].code)

    one = road.submissions()[0]
    assert "Another opener must confirm" in first
    assert "The tenders are open" in second
    assert (one.state, one.seal_id, one.told, one.file.name) == ("opened", "", "", "disclosure.xlsx")
    assert road.session.scalars(select(SubmissionRow.sheet)).first()
    db.session.remove()
    work_off(current_app)
    assert road.session.scalars(select(Mention)).first() is not None


def test_the_opening_waits_for_no_reading(world, road):
    settings = current_app.extensions["settings"]
    before, settings.inline_mb = settings.inline_mb, 0
    road.send()
    settings.inline_mb = before
    close(world, road)
    assert [one.state for one in road.submissions()] == ["staged"]
    page = world.people[1].browser.page(f"{world.here}/opening")
    assert "still being read" not in page.text

    world.confirm(world.people[1])
    assert [one.state for one in road.submissions()] == ["staged"]  # its session lives, and it may yet be read
    world.confirm(world.people[2])
    assert [(one.state, one.verdict, one.checked_at) for one in road.submissions()] == [("opened", "countable", None)]
    db.session.remove()
    work_off(current_app)

    assert road.submissions()[0].rows_stored
    assert road.session.scalars(select(Mention)).first() is not None


def test_who_may_read_the_machine_before_the_opening_finds_no_way_in(world, road):
    road.send()
    road.browser.send("/sign-out")
    close(world, road)
    session = road.session
    with with_master(current_app) as ring, pytest.raises(KeyMissing):
        opening.releasing.release(session, session.scalars(select(Submission)).one())
    assert ring.boxes == {}
    world.confirm(world.people[0])
    with with_master(current_app), pytest.raises(KeyMissing):
        opening.releasing.release(session, session.scalars(select(Submission)).one())


def test_what_was_left_unread_is_given_up_at_the_first_confirmation(world, road):
    settings = current_app.extensions["settings"]
    before, settings.inline_mb = settings.inline_mb, 0
    road.send()
    settings.inline_mb = before
    road.browser.send("/sign-out")
    close(world, road)

    world.confirm(world.people[1])

    assert [(one.state, one.checked_at) for one in road.submissions()] == [("counted", None)]

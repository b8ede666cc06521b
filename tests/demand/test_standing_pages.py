"""Pages that say where demand stands: the pool's pictures, own lots, the board, a form that came too late, the print."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from framework.demand import approve
from framework.demand.record import digest
from framework.ground import audit
from framework.ground.actors import SYSTEM
from models.records import AuditEvent
from tests.demand.conftest import World, line
from tests.demand.test_pages import address, form, grid_address, row, stored
from tests.memory import remembered


def pictures(browser, path: str) -> list[str]:
    """The pictures of a page, as SVG text."""
    html = browser.get(path).get_data(as_text=True)
    return [browser.get(src).get_data(as_text=True) for src in re.findall(r'src="(/rounds/[^"]+\.svg)"', html)]


def test_the_pictures_of_the_pool_carry_their_figures_title_and_description(world: World, people):
    world.accepted(line(1, qty=30_000, qty_firm=15_000, qty_max=45_000), member=0)
    world.session.commit()

    members, years = pictures(people["first"], address(world, "/pool"))

    assert "Gemeente A (us) 30,000" in members
    assert "firm 15,000" in years
    assert "rest of expected 15,000" in years
    assert "up to maximum 15,000" in years
    assert '<desc id="desc">Year 1: firm 15,000, expected 30,000, maximum 45,000.</desc>' in years
    assert members.index("<title") < members.index("<g")


def test_without_us_the_pictures_are_drawn_anew_and_not_left_out(world: World, people):
    world.accepted(line(1, qty=30_000), member=0)
    world.accepted(line(1, qty=7_000), member=1)
    world.session.commit()

    members, years = pictures(people["first"], address(world, "/pool?without=us"))

    assert "Gemeente B 7,000" in members
    assert "Gemeente A" not in members
    assert "37,000" not in members + years


def test_the_pool_says_how_many_lines_of_how_many_members_are_not_known(world: World, people):
    world.accepted(line(1, qty=30), line(2, qty=None, not_known_reason="budget"), member=0)
    world.accepted(line(1, qty=None, not_known_reason="later"), member=1)
    world.session.commit()

    page = people["lead"].page(address(world, "/pool"))

    assert "2 lines of 2 members are not known yet" in page.text


def test_who_has_not_answered_is_shown_as_squares(world: World, people):
    world.accepted(line(), member=0)
    world.session.commit()

    html = people["lead"].get(address(world, "/pool")).get_data(as_text=True)

    assert re.findall(r"answered--(\w+)", html) == ["missing", "counts"]
    assert "To the demand board, to remind" in html


@pytest.fixture
@remembered
def locked(world: World) -> None:
    """Demand was locked a moment ago, as the record says."""
    world.lock()
    facts = {"actor": SYSTEM, "now": world.clock(), "subject": world.round, "motive": "", "proposer": None}
    audit.record(world.session, "round.lock_demand", **facts)
    world.session.commit()


@pytest.mark.usefixtures("locked")
def test_a_grid_that_comes_after_the_lock_is_kept_in_words_with_the_way_back(world: World, people):
    page = people["first"].send(grid_address(world), form(**row(qty="98765")), status=409)

    assert "Demand was locked on" in page.text
    assert "Your text is kept here" in page.text
    assert "98765" in page.text
    assert "Laptop · standard · Netherlands" in page.text
    assert "no permission" not in page.text
    assert "Ask the lead to open demand again" in page.text


@pytest.mark.usefixtures("locked")
def test_a_note_that_comes_after_the_lock_is_kept(world: World, people):
    page = people["first"].send(grid_address(world), form(note="Two schools close."), status=409)

    assert "Your text is kept here" in page.text
    assert "Two schools close." in page.text


@pytest.mark.usefixtures("locked")
def test_a_lead_who_also_declares_is_not_told_to_ask_the_lead(world: World, people, build):
    build.sign_on(world.round, world.lead, state="confirmed")
    build.grant(world.lead_user, world.lead, "member")
    world.session.commit()

    page = people["lead"].send(grid_address(world), form(**row()), status=409)

    assert "Open demand again if it must still count" in page.text
    assert "Ask the lead" not in page.text


@pytest.mark.usefixtures("locked")
def test_a_block_that_comes_after_the_lock_is_shown_whole(world: World, people):
    page = people["first"].send(grid_address(world, "/paste"), {"block": "laptop\t98765"}, status=409)

    assert "This is not possible now" in page.text
    assert "What you typed" in page.text
    assert "98765" in page.text
    assert "while you were writing" not in page.text


def test_a_page_that_is_opened_after_the_lock_speaks_of_no_text(world: World, people):
    sent = people["first"].post(grid_address(world, "/paste"), data={"block": "laptop"})
    world.lock()
    world.session.commit()

    page = people["first"].page(sent.headers["Location"], status=409)

    assert "This is not possible now" in page.text
    assert "Your text is kept" not in page.text


def test_a_motive_that_comes_after_the_phase_is_shown_and_the_lead_is_not_told_to_ask_the_lead(world: World, people):
    demand = world.accepted()
    world.round.state = "set_up"
    world.session.commit()
    place = address(world, f"/demand/{demand.public_id}")

    withdrawn = people["first"].send(f"{place}/withdraw", {"motive": "We moved."}, status=409)
    returned = people["lead"].send(f"{place}/return", {"motive": "Year 2 is missing."}, status=409)

    assert "We moved." in withdrawn.text
    assert "Year 2 is missing." in returned.text
    for page in (withdrawn, returned):
        assert "What you typed" in page.text
        assert "while you were writing" not in page.text
        assert "Ask the lead" not in page.text


def test_only_attempts_at_what_is_not_open_are_counted_for_the_lead(world: World, people):
    demand = world.submitted()
    world.session.commit()
    people["lead"].post(address(world, f"/demand/{demand.public_id}/accept"), data={"version": demand.version})
    world.round.state = "demand_locked"
    world.session.commit()

    people["first"].post(grid_address(world), data=form(**row()))

    assert "attempts denied: 1" in people["lead"].page(address(world)).text
    kinds = world.session.scalars(select(AuditEvent.kind).where(AuditEvent.outcome == "denied")).all()
    assert len(kinds) == 2


def test_after_the_lock_the_version_that_counts_stands_before_a_lapsed_one(world: World, people):
    world.accepted(line(qty=420))
    world.draft(line(qty=500))
    world.lock()
    world.session.commit()

    page = people["first"].page(address(world, "/demand"))
    grid = people["first"].get(grid_address(world), follow_redirects=True).get_data(as_text=True)

    assert page.text.index("Version 1 Locked") < page.text.index("Version 2 Lapsed")
    assert "Locked: it counts in the published pool." in grid


def test_a_draft_shows_its_own_figure_as_not_counted(world: World, people, build):
    build.lot(world.round, categories=["laptop"])
    world.draft(line(qty=340))
    world.session.commit()

    page = people["first"].page(address(world, "/demand"))

    assert "340 not counted" in page.text


def test_a_returned_version_shows_the_motive_on_the_grid_and_the_declaration(world: World, people):
    demand = world.submitted()
    approve.return_(world.session, demand, actor=world.lead_actor, now=world.clock(), motive="Year 2 is missing.")
    world.session.commit()

    grid = people["first"].page(grid_address(world))
    own = people["first"].page(address(world, f"/demand/{demand.public_id}"))

    for page in (grid, own):
        assert "The lead returned version 1 on" in page.text
        assert page.text.count("Year 2 is missing.") >= 2


def test_the_grid_saves_a_returned_version_as_the_next_one(world: World, people):
    demand = world.submitted(line(qty=420))
    approve.return_(world.session, demand, actor=world.lead_actor, now=world.clock(), motive="Too much.")
    world.session.commit()

    people["first"].send(grid_address(world), form(version=demand.version, do="submit", **row(qty="300")))

    assert stored(world) == [(1, "withdrawn", [(1, 420)]), (2, "draft", [(1, 300)])]


def test_the_lead_may_not_open_a_draft_before_it_is_handed_in(world: World, people):
    demand = world.draft(line(qty=76_543))
    world.session.commit()

    board = people["lead"].page(address(world, "/demand"))

    assert "76,543" not in board.text
    assert people["lead"].get(address(world, f"/demand/{demand.public_id}")).status_code == 404


def test_the_board_links_to_locking_and_the_phase_page_says_what_is_left_behind(world: World, people):
    world.draft(line())
    world.session.commit()

    board = people["lead"].get(address(world, "/demand")).get_data(as_text=True)
    phase = people["lead"].page(address(world, "/phase"))

    assert f'href="{address(world, "/phase")}"' in board
    assert f"1 draft lapses: Gemeente A · {world.lot.name}." in phase.text
    assert "2 members have not answered for every lot: Gemeente A and Gemeente B." in phase.text


def test_the_printed_statement_carries_its_hash_and_says_why_something_is_not_known(world: World, people):
    demand = world.accepted(line(1, qty=5), line(2, qty=None, not_known_reason="budget not decided"))
    world.session.commit()

    page = people["first"].page(address(world, f"/demand/{demand.public_id}"))

    assert f"SHA-256 {digest(demand)}" in page.text
    assert "budget not decided" in page.text


@pytest.mark.parametrize(("count", "said"), [(1, "1 declaration waits for you"), (2, "2 declarations wait for you")])
def test_what_waits_is_said_in_the_right_number(world: World, people, count: int, said: str):
    for member in range(count):
        world.submitted(member=member)
    world.session.commit()

    assert said in people["lead"].page(address(world)).text


@pytest.mark.parametrize("lots", [1, 2])
def test_the_grid_and_the_preview_do_not_point_back_to_declaring(world: World, people, build, lots: int):
    for number in range(2, lots + 1):
        build.lot(world.round, code=f"L{number}", categories=["laptop"])
    world.session.commit()
    sent = people["first"].post(grid_address(world, "/paste"), data={"block": "laptop\tstandard\tNL\t1\t1\t2\t3"})

    pages = [address(world), grid_address(world), sent.headers["Location"]]
    shown = ["Declare demand</a>" in people["first"].get(page).get_data(as_text=True) for page in pages]

    assert shown == [True, False, False]

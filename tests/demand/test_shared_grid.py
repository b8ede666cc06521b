"""The grid with two editors: what both change is put together, what they change differently is shown side by side."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import select

from framework.demand import declare, edits
from models.demand import Demand, DemandEdit
from tests.demand.conftest import World, line
from tests.demand.test_pages import address, form, grid_address, row, stored
from tests.memory import remembered


def fields_of(browser, world: World) -> dict[str, str]:
    """What a browser would send of the grid's page as it stands."""
    return read(browser.get(grid_address(world)).get_data(as_text=True))


def read(html: str) -> dict[str, str]:
    part = html[html.index('id="demand-form"') : html.index('id="import"')]
    found = {}
    for tag, body in re.findall(r"<(input [^>]*)>|(<select .*?</select>)", part, re.DOTALL):
        name = re.search(r' name="([^"]+)"', tag or body)
        if name is None or 'type="checkbox"' in tag:
            continue
        value = re.search(r' value="([^"]*)"', tag) if tag else re.search(r'value="([^"]*)" selected', body)
        found[name[1]] = value[1] if value else ""
    found["note"] = re.search(r"<textarea[^>]*name=\"note\"[^>]*>([^<]*)<", part)[1]
    return {name: unescape(value) for name, value in found.items() if name not in ("csrf_token", "once")} | {
        "do": "save"
    }


@pytest.fixture
@remembered
def shared(world: World) -> World:
    world.draft(line(qty=10, qty_max=90), line(2, qty=20))
    world.session.commit()
    return world


def figures(world: World) -> list[tuple]:
    world.session.expire_all()
    draft = world.session.scalars(select(Demand)).one()
    return [(x.year_no, x.qty_firm, x.qty_expected, x.qty_max) for x in draft.lines]


def test_two_editors_of_different_cells_both_find_their_figures(shared: World, people):
    mine, theirs = fields_of(people["first"], shared), fields_of(people["second"], shared)

    people["second"].send(grid_address(shared), theirs | {"firm-1-1": "5"})
    page = people["first"].send(grid_address(shared), mine | {"max-1-2": "25"})

    assert "Saved as a draft" in page.text
    assert figures(shared) == [(1, 5, 10, 90), (2, 20, 20, 25)]


def test_the_same_cell_is_shown_with_both_values_and_saving_again_decides(shared: World, people):
    mine, theirs = fields_of(people["first"], shared), fields_of(people["second"], shared)
    people["second"].send(grid_address(shared), theirs | {"expected-1-1": "33", "firm-1-1": "5"})

    answer = people["first"].post(grid_address(shared), data=mine | {"expected-1-1": "44"})
    html = answer.get_data(as_text=True)
    again = read(html)

    assert answer.status_code == 409
    assert "data-url=" not in html.split("data-saving", 1)[1].split(">", 1)[0], "nothing is sent before a person chose"
    assert figures(shared)[0] == (1, 5, 33, 90)
    name = shared.users[shared.members[0].id][1].name
    assert f"Expected quantity of year 1: your page says 44, {name} saved 33." in html
    assert 'href="#expected-1-1"' in html
    assert (again["expected-1-1"], again["firm-1-1"]) == ("44", "5")
    people["first"].send(grid_address(shared), again)
    assert figures(shared)[0] == (1, 5, 44, 90)


def test_a_page_with_a_mistake_still_knows_what_its_editor_saw(shared: World, people):
    mine, theirs = fields_of(people["first"], shared), fields_of(people["second"], shared)
    people["second"].send(grid_address(shared), theirs | {"firm-1-1": "5"})

    wrong = people["first"].post(grid_address(shared), data=mine | {"max-1-2": "x", "note": "Ask Anna"})
    mended = read(wrong.get_data(as_text=True))
    people["first"].send(grid_address(shared), mended | {"max-1-2": "25"})

    assert wrong.status_code == 422
    assert mended["note"] == "Ask Anna"
    assert figures(shared) == [(1, 5, 10, 90), (2, 20, 20, 25)]


def test_two_who_begin_a_version_at_once_share_it(world: World, people):
    mine, theirs = fields_of(people["first"], world), fields_of(people["second"], world)

    people["second"].send(grid_address(world), theirs | row(1, qty="7"))
    people["first"].send(grid_address(world), mine | row(1, qty="8", **{"category-1": "monitor"}))

    assert stored(world) == [(1, "draft", [(1, 7), (1, 8)])]


def test_a_note_that_both_wrote_is_not_overwritten(shared: World, people):
    mine, theirs = fields_of(people["first"], shared), fields_of(people["second"], shared)
    people["second"].send(grid_address(shared), theirs | {"note": "Theirs"})

    page = people["first"].send(grid_address(shared), mine | {"note": "Mine"}, status=409)

    assert "Note for the lead: your page says Mine" in page.text
    assert shared.session.scalars(select(Demand.note)).all() == ["Theirs"]


def test_a_draft_that_was_accepted_meanwhile_gives_what_was_typed_back(shared: World, people):
    mine = fields_of(people["first"], shared)
    draft = shared.session.scalars(select(Demand)).one()
    here = address(shared, f"/demand/{draft.public_id}")
    for person, act in (("second", "submit"), ("first", "approve"), ("lead", "accept")):
        shared.session.refresh(draft)
        people[person].send(f"{here}/{act}", {"version": draft.version, "seen": "y"})

    answer = people["first"].post(grid_address(shared), data=mine | {"max-1-2": "25"})
    again = read(answer.get_data(as_text=True))

    assert answer.status_code == 409
    assert "was handed in and accepted, or withdrawn" in answer.get_data(as_text=True)
    assert [state for __, state, __ in stored(shared)] == ["accepted"]
    people["first"].send(grid_address(shared), again)
    assert [(state, lines[1]) for __, state, lines in stored(shared)] == [("accepted", (2, 20)), ("draft", (2, 20))]
    assert shared.session.scalars(select(Demand).where(Demand.state == "draft")).one().lines[1].qty_max == 25


def test_a_page_of_another_members_draft_is_not_read(shared: World, people):
    other = shared.draft(line(qty=1), member=1)
    shared.session.commit()

    answer = people["first"].post(grid_address(shared), data=form(other.version, seen=other.public_id, **row()))

    assert answer.status_code == 409
    assert figures_of(shared, 0) == [(1, 10), (2, 20)]


def figures_of(world: World, member: int) -> list[tuple]:
    world.session.expire_all()
    query = select(Demand).where(Demand.member_id == world.members[member].id)
    return [(x.year_no, x.qty_expected) for x in world.session.scalars(query).one().lines]


def test_who_changed_what_is_kept_and_told(shared: World, people):
    mine = fields_of(people["first"], shared)
    people["first"].send(grid_address(shared), mine | {"max-1-2": "25"})

    page = people["second"].page(grid_address(shared))

    name = shared.users[shared.members[0].id][0].name
    assert "Who changed what" in page.text
    assert re.search(rf"{re.escape(name)} Laptop.*?Maximum quantity of year 2 20 25", page.text)


def test_the_page_of_an_earlier_version_is_found_again_from_the_changes(shared: World):
    from framework.demand.saving import standing

    draft = declare.latest(shared.session, shared.lot, shared.members[0].id)
    before, version = standing(draft), draft.version
    for lines in ([line(qty=1)], [], [line(qty=3, category="monitor"), line(2, None, not_known_reason="later")]):
        declare.edit(
            shared.session, draft, lines, actor=shared.actor(), now=shared.clock(), version=draft.version, note="n"
        )
        shared.session.flush()

    assert edits.undone(standing(draft), edits.since(shared.session, draft, version)) == before
    assert shared.session.scalars(select(DemandEdit.by_id).distinct()).all() == [shared.actor().user_id]

"""What a page with scripts sends by itself and hears of others: whole rows are saved, clashes named, nothing overwritten."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from models.demand import Demand, DemandEdit
from models.people import UserSession
from tests.demand.conftest import World, line
from tests.demand.test_pages import address, grid_address, stored
from tests.demand.test_shared_grid import fields_of, figures
from tests.memory import remembered

LAPTOPS = json.dumps(["laptop", "standard", "NL"])


@pytest.fixture
@remembered
def shared(world: World) -> World:
    world.draft(line(qty=10, qty_max=90), line(1, qty=3, category="monitor"))
    world.session.commit()
    return world


def place(world: World) -> str:
    return grid_address(world, "/cells")


def row_of(page: dict[str, str], number: int) -> dict[str, str]:
    """What the page would send of one row."""
    head = {name: page[name] for name in ("version", "seen", "rows")}
    return head | {name: value for name, value in page.items() if name.split("-")[1:2] == [str(number)]}


def keep(browser, world: World, data: dict[str, str], status: int = 200) -> dict:
    answer = browser.post(place(world), data=data)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def test_a_row_is_saved_alone_and_says_when(shared: World, people, clock):
    page = fields_of(people["first"], shared)

    told = keep(people["first"], shared, row_of(page, 1) | {"firm-1-1": "5"})

    assert told["saved"].startswith("Saved ")
    assert told["kept"] == {"1": LAPTOPS}
    assert (told["wrong"], told["clashes"], told["others"]) == ([], [], [])
    assert figures(shared) == [(1, 5, 10, 90), (1, 3, 3, 3)]


def test_a_row_that_is_not_whole_is_named_and_the_others_are_saved(shared: World, people):
    page = fields_of(people["first"], shared)
    data = row_of(page, 1) | {"firm-1-1": ""} | row_of(page, 2) | {"firm-2-1": "2"}

    told = keep(people["first"], shared, data)

    assert [one["field"] for one in told["wrong"]] == ["firm-1-1"]
    assert figures(shared) == [(1, 10, 10, 90), (1, 2, 3, 3)]


def test_what_others_changed_comes_with_who_and_when(shared: World, people):
    mine, theirs = fields_of(people["first"], shared), fields_of(people["second"], shared)
    keep(people["second"], shared, row_of(theirs, 1) | {"firm-1-1": "5"})

    heard = people["first"].get(place(shared), query_string={n: mine[n] for n in ("version", "seen")}).get_json()

    name = shared.users[shared.members[0].id][1].name
    assert [(one["was"], one["field"], one["who"]) for one in heard["others"]] == [(LAPTOPS, "firm-1", name)]
    assert heard["rows"][0]["fields"]["firm-1"] == "5"
    assert "was 10, now 5" in heard["others"][0]["text"]
    same = {"version": heard["version"], "seen": heard["seen"]}
    assert people["first"].get(place(shared), query_string=same).status_code == 204


def test_a_cell_that_both_changed_stays_as_saved_and_the_rest_is_taken(shared: World, people):
    mine, theirs = fields_of(people["first"], shared), fields_of(people["second"], shared)
    keep(people["second"], shared, row_of(theirs, 1) | {"expected-1-1": "33"})

    told = keep(people["first"], shared, row_of(mine, 1) | {"expected-1-1": "44", "firm-1-1": "1"})
    after = figures(shared)
    again = row_of(mine, 1) | {"expected-1-1": "44", "firm-1-1": "1", "version": told["version"]}
    keep(people["first"], shared, again)

    assert [(one["was"], one["field"], one["mine"], one["theirs"]) for one in told["clashes"]] == [
        (LAPTOPS, "expected-1", "44", "33")
    ]
    assert after[0] == (1, 1, 33, 90)
    assert figures(shared)[0] == (1, 1, 44, 90)


def test_a_row_that_is_renamed_or_emptied_goes(shared: World, people):
    page = fields_of(people["first"], shared)
    blank = {n: "" for n in row_of(page, 2) if n.endswith(("-2", "-2-1")) and not n.startswith("was")}

    told = keep(people["first"], shared, row_of(page, 1) | {"tier-1": "power"} | row_of(page, 2) | blank)

    assert told["kept"] == {"1": json.dumps(["laptop", "power", "NL"]), "2": ""}
    assert {one["was"]: one["fields"] is None for one in told["rows"]}[LAPTOPS]
    draft = shared.session.scalars(select(Demand)).one()
    assert [(x.category, x.spec_tier) for x in draft.lines] == [("laptop", "power")]


def test_a_second_row_of_the_same_kind_replaces_nothing(shared: World, people):
    page = fields_of(people["first"], shared)
    data = {n: page[n] for n in ("version", "seen")} | {"rows": "3", "was-3": ""}
    data |= {name.replace("-1", "-3", 1): value for name, value in row_of(page, 1).items() if "-1" in name}

    told = keep(people["first"], shared, data | {"was-3": "", "expected-3-1": "50"})

    assert [(one["field"], "same category" in one["text"]) for one in told["wrong"]] == [("category-3", True)]
    assert figures(shared) == [(1, 10, 10, 90), (1, 3, 3, 3)]


def test_the_first_key_begins_a_version(world: World, people):
    page = fields_of(people["first"], world)
    data = row_of(page, 1) | {"category-1": "laptop", "tier-1": "power", "firm-1-2": "1", "expected-1-2": "1"}

    told = keep(people["first"], world, data | {"max-1-2": "1"})

    assert stored(world) == [(1, "draft", [(2, 1)])]
    assert told["seen"] == world.session.scalars(select(Demand.public_id)).one()


def test_a_row_that_is_not_whole_begins_no_version(world: World, people):
    page = fields_of(people["first"], world)

    told = keep(people["first"], world, row_of(page, 1) | {"category-1": "laptop", "firm-1-2": "1"})

    assert (told["version"], stored(world)) == (0, [])
    assert "firm-1-2" not in [one["field"] for one in told["wrong"]]


def test_the_note_is_saved_with_its_author(shared: World, people):
    page = fields_of(people["first"], shared)
    head = {name: page[name] for name in ("version", "seen", "baseline_source")}

    keep(people["first"], shared, head | {"rows": "0", "note": "Council decides in May"})

    edit = shared.session.scalars(select(DemandEdit).where(DemandEdit.column == "note")).one()
    assert (edit.new, edit.by_id) == ("Council decides in May", shared.actor().user_id)


def test_a_page_does_not_undo_a_submission_by_itself(shared: World, people):
    page = fields_of(people["first"], shared)
    draft = shared.session.scalars(select(Demand)).one()
    people["second"].send(address(shared, f"/demand/{draft.public_id}/submit"), {"version": draft.version})

    told = keep(people["first"], shared, row_of(page, 1) | {"firm-1-1": "5"}, status=409)

    assert "waits for a second person" in told["error"]
    assert figures(shared)[0] == (1, 10, 10, 90)
    people["first"].send(grid_address(shared), page | {"firm-1-1": "5"})
    assert figures(shared)[0] == (1, 5, 10, 90)


def test_a_draft_that_is_gone_is_told(shared: World, people):
    page = fields_of(people["first"], shared)
    draft = shared.session.scalars(select(Demand)).one()
    people["second"].send(address(shared, f"/demand/{draft.public_id}/withdraw"), {"version": draft.version})

    heard = people["first"].get(place(shared), query_string={n: page[n] for n in ("version", "seen")}).get_json()
    told = keep(people["first"], shared, row_of(page, 1) | {"firm-1-1": "5"}, status=409)

    assert "or withdrawn" in heard["over"]
    assert "or withdrawn" in told["error"]
    assert [state for __, state, __ in stored(shared)] == ["withdrawn"]


@pytest.mark.parametrize("was", ["x", "[]", '["a"]', '{"a": 1}', "[1, 2, 3]", "null", '["laptop", "standard", "SE"]'])
def test_a_row_that_a_page_names_wrongly_replaces_nothing(shared: World, people, was: str):
    page = fields_of(people["first"], shared)

    keep(people["first"], shared, row_of(page, 1) | {"was-1": was, "tier-1": "power"})

    assert sorted(figures(shared)) == [(1, 3, 3, 3), (1, 10, 10, 90), (1, 10, 10, 90)]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"version": "x"},
        {"rows": "401"},
        {"version": "9", "seen": "nothing"},
        {"version": "9", "seen": "no\0thing", "note": "a\0b"},
        {"rows": "1", "was-1": "[" * 30_000},
    ],
)
def test_a_question_that_makes_no_sense_is_answered_and_changes_nothing(shared: World, people, data: dict[str, str]):
    answer = people["first"].post(place(shared), data=data)

    assert answer.status_code in (200, 409, 422)
    assert figures(shared) == [(1, 10, 10, 90), (1, 3, 3, 3)]


def test_a_page_that_asks_by_itself_keeps_no_session_alive(shared: World, people, clock):
    page = fields_of(people["first"], shared)
    shared.session.expire_all()
    before = dict(shared.session.execute(select(UserSession.id, UserSession.last_seen_at)).all())
    clock.forward(minutes=20)

    people["first"].get(place(shared), query_string={n: page[n] for n in ("version", "seen")})

    shared.session.expire_all()
    assert dict(shared.session.execute(select(UserSession.id, UserSession.last_seen_at)).all()) == before

"""Who moved since the last version: accepted against accepted, per category, never over lots, unknown never 0."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook
from sqlalchemy import event

from framework.demand import declare, moves
from framework.demand.lines import Line
from models.base import db
from tests.demand.conftest import World, line
from tests.demand.test_pages import address
from tests.memory import remembered


def versions(world: World, *versions: list[Line], member: int = 0) -> None:
    for lines in versions:
        world.accepted(*lines, member=member)


def told(world: World) -> list[tuple]:
    found = moves.moves(world.session, world.round)
    return [(one.member, one.category, one.before[1], one.after[1], one.expected) for one in found]


def test_the_largest_change_comes_first_and_who_stayed_is_left_out(world: World):
    versions(world, [line(qty=10), line(2, qty=5)], [line(qty=12), line(2, qty=5)])
    versions(world, [line(qty=100), line(qty=7, category="monitor")], [line(qty=7, category="monitor")], member=1)

    assert told(world) == [("Gemeente B", "laptop", 100, 0, -100), ("Gemeente A", "laptop", 15, 17, 2)]


def test_a_first_version_has_not_moved_and_a_draft_does_not_count(world: World):
    versions(world, [line(qty=10)])
    world.draft(line(qty=99))

    assert told(world) == []


def test_only_the_last_two_accepted_versions_are_compared(world: World):
    versions(world, [line(qty=1)], [line(qty=50)], [line(qty=60)])

    assert told(world) == [("Gemeente A", "laptop", 50, 60, 10)]


def test_an_accepted_version_that_was_withdrawn_moved_to_nothing(world: World):
    versions(world, [line(qty=10)])
    current = declare.latest(world.session, world.lot, world.members[0].id)
    declare.withdraw(world.session, current, actor=world.actor(), now=world.clock())
    world.session.flush()

    assert told(world) == [("Gemeente A", "laptop", 10, 0, -10)]
    assert moves.moves(world.session, world.round)[0].new == moves.GONE


def test_more_versions_than_one_statement_takes_are_added_up(world: World):
    demand = world.accepted(line(qty=10))
    numbers = set(range(demand.id, demand.id + 70_000))

    assert moves._sums(world.session, numbers) == {demand.id: {"laptop": (10, 10, 10, 0)}}


def test_what_is_not_known_yet_is_no_change_to_zero(world: World):
    versions(world, [line(qty=10)], [line(1, None, not_known_reason="later")])

    (one,) = moves.moves(world.session, world.round)

    assert one.expected is None
    assert one.is_partial


@pytest.fixture
@remembered
def moved(world: World) -> World:
    versions(world, [line(qty=1000)], [line(qty=1420)])
    versions(world, [line(qty=8)], [line(1, None, not_known_reason="later")], member=1)
    world.session.commit()
    return world


def test_the_lead_reads_who_moved_and_takes_it_away(moved: World, people):
    page = people["lead"].page(address(moved, "/demand/moved"))
    answer = people["lead"].get(address(moved, "/demand/moved.xlsx"))
    rows = list(load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True))

    assert "2 members changed what was accepted before" in page.text
    assert "1,000 1,420 +420" in page.text
    at = rows[0].index("Expected before")
    assert [row[at : at + 3] for row in rows[1:] if row[0]] == [(8, None, None), (1000, 1420, 420)]
    assert "Who moved since the last version" in people["lead"].page(address(moved, "/demand")).text


@pytest.mark.parametrize("path", ["/demand/moved", "/demand/moved.xlsx"])
def test_members_do_not_read_who_moved(moved: World, people, path: str):
    answer = people["first"].get(address(moved, path))

    assert answer.status_code == 403
    assert b"1,420" not in answer.data


def test_one_lot_is_read_alone(moved: World, people):
    page = people["lead"].page(address(moved, f"/demand/moved?lot={moved.lot.public_id}"))
    other = people["lead"].page(address(moved, "/demand/moved?lot=nothing"))

    assert "+420" in page.text
    assert "+420" in other.text


def test_the_page_takes_few_queries(moved: World, people):
    people["lead"].page(address(moved, "/demand/moved"))
    seen: list[str] = []

    def count(_c, _cur, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", count)
    people["lead"].page(address(moved, "/demand/moved"))
    event.remove(db.engine, "before_cursor_execute", count)

    assert len([one for one in seen if one.lstrip().upper().startswith("SELECT")]) <= 25

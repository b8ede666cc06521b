"""Many windows that save figures of departments at the same moment: each department keeps its own, nobody overwrites another unseen."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.demand import Demand
from models.departments import Department
from tests.demand.conftest import World
from tests.demand.test_at_once import sent_again
from tests.demand.test_department_acts import LAPTOP, lines_of, named
from tests.demand.test_department_pages import LIST, number_of, page_of, shown
from tests.memory import remembered
from tests.test_guard import at_once, twin_of

WINDOWS = 6


@pytest.fixture
@remembered
def made(world: World) -> list[Department]:
    found = named(world, *(f"Department {n}" for n in range(WINDOWS)))
    world.session.commit()
    return found


@pytest.fixture
@remembered
def windows(world: World, people, app, made) -> list:
    return [twin_of(people["first" if number % 2 else "second"], app) for number in range(WINDOWS)]


def saved_by(world: World, windows: list, places: list[str], fields: list[dict[str, str]]) -> list[int]:
    """Every window saves its page; the answers."""
    sent = {id(window): (place, data) for window, place, data in zip(windows, places, fields, strict=True)}
    world.session.close()
    return at_once(windows, lambda window: sent_again(window, *sent[id(window)]).status_code)


def typed(page: dict[str, str], number: int) -> dict[str, str]:
    n = number_of(page)
    return page | {f"firm-{n}": "0", f"expected-{n}": str(number), f"max-{n}": str(2 * number)}


def test_windows_on_different_departments_all_keep_what_they_saved_in_one_new_version(world, people, windows, made):
    places = [page_of(world, one) for one in made]
    page = shown(people["first"], places[0])

    answers = saved_by(world, windows, places, [typed(page, number) for number in range(1, WINDOWS + 1)])

    assert answers == [303] * WINDOWS
    demand = world.session.scalars(select(Demand)).one()
    assert lines_of(demand) == {LAPTOP: (0, 21, 42, "")}


def test_of_windows_on_one_department_one_saves_and_the_others_are_shown_it(world, people, windows, made):
    places = [page_of(world, made[0])] * WINDOWS
    page = shown(people["first"], places[0])

    answers = saved_by(world, windows, places, [typed(page, number) for number in range(1, WINDOWS + 1)])

    assert sorted(answers) == [303] + [409] * (WINDOWS - 1)
    [(firm, expected, most, _why)] = lines_of(world.session.scalars(select(Demand)).one()).values()
    assert (firm, most) == (0, 2 * expected)


def test_one_name_added_in_many_windows_stands_once(world, windows, made):
    answers = saved_by(world, windows, [LIST] * WINDOWS, [{"name": "Harbour"}] * WINDOWS)

    assert sorted(answers) == [303] + [422] * (WINDOWS - 1)
    assert len(world.session.scalars(select(Department).where(Department.name == "Harbour")).all()) == 1

"""Many windows that save one declaration at the same moment: every cell of its own is kept, of one cell one value stands."""

from __future__ import annotations

import pytest

from tests.demand.conftest import World, line
from tests.demand.test_pages import grid_address
from tests.demand.test_saved_while_typing import row_of
from tests.demand.test_shared_grid import fields_of, figures
from tests.memory import remembered
from tests.test_guard import at_once, twin_of

WINDOWS = 8
KINDS = [(category, tier, country) for category in ("laptop", "monitor") for tier in ("standard", "power") for country in ("NL", "BE")]  # fmt: skip


@pytest.fixture
@remembered
def windows(world: World, people, app) -> list:
    """Windows of two people, and a draft with a row for each."""
    lines = [line(1, 5, category=c, spec_tier=t, delivery_country=place) for c, t, place in KINDS]
    world.draft(*lines)
    world.session.commit()
    return [twin_of(people["first" if number % 2 else "second"], app) for number in range(WINDOWS)]


def sent_again(window, place: str, data: dict[str, str]):
    """The answer; a page sends again where the database was busy and nothing was saved."""
    answer = window.post(place, data=data)
    for _attempt in range(20):
        if answer.status_code != 503:
            break
        answer = window.post(place, data=data)
    return answer


def test_every_window_keeps_the_cell_it_changed(world: World, people, windows: list):
    page = fields_of(people["first"], world)
    sent = {id(window): number for number, window in enumerate(windows, start=1)}

    place = grid_address(world, "/cells")

    def save(window) -> int:
        number = sent[id(window)]
        data = row_of(page, number) | {f"max-{number}-1": str(100 + number)}
        return sent_again(window, place, data).status_code

    world.session.close()
    answers = at_once(windows, save)

    assert answers == [200] * WINDOWS
    assert [most for *__, most in figures(world)] == [100 + number for number in range(1, WINDOWS + 1)]


def test_of_one_cell_one_value_stands_and_everybody_else_is_told_which(world: World, people, windows: list):
    page = fields_of(people["first"], world)
    sent = {id(window): str(100 + number) for number, window in enumerate(windows)}

    place = grid_address(world, "/cells")

    def save(window) -> dict:
        data = row_of(page, 1) | {"max-1-1": sent[id(window)]}
        return sent_again(window, place, data).get_json()

    world.session.close()
    answers = at_once(windows, save)

    stands = str(figures(world)[0][3])
    told = [one["clashes"][0]["theirs"] for one in answers if one["clashes"]]
    assert stands in sent.values()
    assert told == [stands] * (WINDOWS - 1)

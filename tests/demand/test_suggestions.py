"""Suggestions in the own grid: flagged with their reason, never applied, put aside for the figures they are about."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import event, select

from framework.demand import declare
from framework.demand.lines import Line
from framework.demand.suggestions import suggestions
from models.base import db
from models.demand import Demand, DemandAside
from models.records import AuditEvent
from tests.demand.conftest import World, line
from tests.demand.test_pages import address, grid_address, stored
from tests.memory import remembered

BOTH = ("laptop", "monitor")


def keys(
    *lines: Line, others: tuple[Line, ...] = (), categories: tuple[str, ...] = BOTH, asked: tuple[str, ...] = BOTH
) -> list[str]:
    return [one.key.partition("|")[0] for one in suggestions(lines, others, categories, set(asked))]


MONITOR = line(qty=1, category="monitor")


@pytest.mark.parametrize(
    ("expected", "baseline", "found"),
    [
        (1200, 400, ["last-year"]),
        (1199, 400, []),
        (133, 400, ["last-year"]),
        (134, 400, []),
        (0, 400, ["last-year"]),
        (400, None, []),
        (400, 0, []),
        (None, 400, []),
    ],
)
def test_year_one_is_held_against_last_year(expected: int | None, baseline: int | None, found: list[str]):
    assert keys(line(qty=expected, baseline_qty=baseline), MONITOR) == found


def test_later_years_are_not_held_against_last_year():
    assert keys(line(1, 10, baseline_qty=10), line(2, 40), MONITOR) == []


@pytest.mark.parametrize(
    ("expected", "most", "found"),
    [(20, 100, ["maximum"]), (20, 99, []), (5, 54, []), (0, 50, ["maximum"]), (0, 49, [])],
)
def test_a_maximum_far_above_what_is_expected_is_flagged(expected: int, most: int, found: list[str]):
    assert keys(line(2, 0, qty_expected=expected, qty_max=most), MONITOR) == found


@pytest.mark.parametrize(
    ("lines", "more", "found"),
    [
        ([line(qty=800)], {}, ["missing"]),
        ([line(qty=49)], {}, []),
        ([line(1, 30), line(1, 30, spec_tier="power")], {}, ["missing"]),
        ([line(1, 30), line(2, 30)], {}, []),
        ([line(qty=800), line(qty=0, category="monitor")], {}, ["missing"]),
        ([line(qty=800), MONITOR], {}, []),
        ([line(qty=800)], {"others": (MONITOR,)}, []),
        ([line(qty=800)], {"asked": ("laptop",), "categories": ("laptop",)}, []),
        ([line(qty=800)], {"categories": ("laptop",)}, ["missing"]),
        ([], {"others": (line(qty=800),), "categories": ("monitor",)}, ["missing"]),
        ([], {"others": (line(qty=800),), "categories": ("tablet",), "asked": (*BOTH, "tablet")}, []),
    ],
)
def test_no_monitors_while_many_laptops_are_flagged_where_the_round_asks_both(
    lines: list[Line], more: dict, found: list[str]
):
    assert keys(*lines, **more) == found


@pytest.fixture
@remembered
def odd(world: World) -> World:
    world.draft(line(qty=800, baseline_qty=200))
    world.session.commit()
    return world


def buttons(browser, world: World) -> list[str]:
    return re.findall(r'name="suggestion" value="([^"]+)"', browser.get(grid_address(world)).get_data(as_text=True))


def test_the_grid_tells_what_looks_odd_and_changes_nothing(odd: World, people):
    page = people["first"].page(grid_address(odd))

    assert "Row 1, Laptop: 800 in year 1 is 4 times last year's 200. Is that meant?" in page.text
    assert "You declare no Monitor, but 800 of Laptop in a year." in page.text
    assert stored(odd) == [(1, "draft", [(1, 800)])]


def test_what_is_meant_is_put_aside_until_its_figures_change(odd: World, people):
    first, second = buttons(people["first"], odd)

    page = people["first"].send(grid_address(odd, "/aside"), {"suggestion": first})

    assert "Put aside" in page.text
    assert buttons(people["second"], odd) == [second]
    written = odd.session.scalars(select(AuditEvent).where(AuditEvent.kind == "demand.suggestion_put_aside")).one()
    assert written.data == {"suggestion": first}
    assert stored(odd) == [(1, "draft", [(1, 800)])]
    draft = odd.session.scalars(select(Demand)).one()
    odd.session.rollback()
    odd.session.info["write"] = True
    declare.edit(
        odd.session, draft, [line(qty=900, baseline_qty=200)], actor=odd.actor(), now=odd.clock(), version=draft.version
    )
    odd.session.commit()
    assert len(buttons(people["first"], odd)) == 2


def test_what_is_not_suggested_cannot_be_put_aside(odd: World, people):
    page = people["first"].send(grid_address(odd, "/aside"), {"suggestion": "x" * 500})

    assert "not suggested any more" in page.text
    assert odd.session.scalars(select(DemandAside)).all() == []


def test_nobody_else_puts_aside(odd: World, people):
    (key, __) = buttons(people["first"], odd)

    assert people["other"].post(grid_address(odd, "/aside"), data={"suggestion": key}).status_code == 404
    assert people["lead"].post(grid_address(odd, "/aside"), data={"suggestion": key}).status_code == 403
    assert people["other"].get(address(odd, "/demand?view=own")).status_code in (200, 303)
    assert odd.session.scalars(select(DemandAside)).all() == []


def test_the_grid_takes_few_queries_whatever_the_number_of_lots(odd: World, build, people):
    for number in range(6):
        lot = build.lot(odd.round, code=f"Z{number}", categories=["monitor"])
        odd.draft(line(qty=1, category="monitor", spec_tier=lot.spec_tiers[0] if lot.spec_tiers else ""), lot=lot)
    odd.session.commit()
    people["first"].page(grid_address(odd))
    seen: list[str] = []

    def count(_c, _cur, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", count)
    people["first"].page(grid_address(odd))
    event.remove(db.engine, "before_cursor_execute", count)

    assert len([one for one in seen if one.lstrip().upper().startswith("SELECT")]) <= 25

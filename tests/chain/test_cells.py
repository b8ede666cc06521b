"""The cells of the comparison: what a figure says where it is whole, part, masked, refused or not asked, and where it leads."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st

from framework.chain.comparison import Line, step
from views.chain.cells import Cell, Cells

COUNTED = {
    "products": 1200,
    "nodes": 6,
    "disclosed": 4,
    "precise": 1,
    "reasons": {"trade_secret": 1, "unknown": 1},
    "kinds": {"final_assembly": [2, 2], "battery": [1, 2]},
    "refused_kinds": ["battery"],
    "sub_components": None,
    "sites": 3,
    "company_wide": 0,
    "audits_valid": 1,
    "audits_expired": 2,
    "minerals_asked": 2,
    "minerals_answered": 0,
    "smelters": 1,
    "due_diligence": {"full": 7},
}


@pytest.fixture
def cells(app):
    with app.test_request_context(), force_locale("en"):
        yield Cells(SimpleNamespace(public_id="round"), SimpleNamespace(public_id="lot"))


def line(brand="North & South", **others):
    return Line(SimpleNamespace(public_id="sub"), "Reseller", brand, COUNTED | others)


def said(found):
    return [cell and (cell.text, cell.level, cell.note) for cell in found]


def test_each_figure_says_its_part_its_step_and_what_else_there_is_to_say(cells):
    assert said(cells.disclosed(line())) == [
        ("4 of 6", 3, ""),
        ("1 of 6", 1, ""),
        ("2 of 2", 4, ""),
        ("2 of 4", 2, ""),
        None,
        ("0 of 2", 0, "1 smelter"),
        ("1 of 3", None, "2 expired"),
        ("7 of 7", 4, ""),
        ("2", None, "1 unknown, 1 trade secret"),
    ]


def test_a_figure_leads_to_the_rows_of_its_line(cells):
    assert cells.models(line()) == Cell(
        "/rounds/round/lots/lot/comparison/sub/products?brand=North+%26+South", "1,200", None
    )


def test_what_a_lot_does_not_ask_for_has_no_figure(cells):
    only_assembly = {"nodes": 2, "disclosed": 2, "kinds": {"final_assembly": [2, 2]}, "minerals_asked": 0}

    found = cells.disclosed(line(**only_assembly))

    assert [cell is None for cell in found] == [False, False, False, True, True, True, False, False, False]


def test_sub_components_are_counted_by_model_where_the_lot_asks_so_deep(cells):
    assert said(cells.disclosed(line(products=2, sub_components=1)))[4] == ("1 of 2", 2, "")


@pytest.mark.parametrize(
    ("masked", "text"),
    [
        ({"audits_valid": None, "audits_expired": None}, "fewer than 3"),
        ({"sites": None, "audits_valid": 0, "audits_expired": 0}, "0 of fewer than 3"),
    ],
)
def test_a_masked_count_says_only_that_it_is_small(cells, masked, text):
    assert said(cells.disclosed(line(**masked)))[6] == (text, None, "")


@pytest.mark.parametrize(
    ("sites", "text", "note"),
    [
        (None, "fewer than 3", ""),
        (1, "1 site", "says nothing about the models"),
        (4, "4 sites", "says nothing about the models"),
    ],
)
def test_a_company_wide_list_is_told_apart(cells, sites, text, note):
    found = cells.company_wide(line(company_wide=sites))

    assert (found.text, found.note) == (text, note)


def test_without_a_company_wide_list_there_is_no_figure(cells):
    assert cells.company_wide(line()) is None


def test_a_kind_refused_with_proof_has_no_step(cells):
    found = cells.by_component(line(), ["final_assembly", "battery", "camera_module"])

    assert [(cell.text, cell.level, cell.refused) for cell in found] == [
        ("2 of 2", 4, False),
        ("1 of 2", None, True),
        ("0 of 0", None, False),
    ]


@given(whole=st.integers(1, 400), part=st.integers(0, 400))
def test_a_step_is_empty_only_at_nothing_and_full_only_at_all(whole, part):
    found = step(part, whole)

    assert (found == 0) == (part == 0)
    assert (found == 4) == (part >= whole)
    assert found <= step(part + 1, whole)
    assert step(part, 0) is None

"""The cells of the comparison: what a figure says where it is whole, part, masked, refused or not asked, and where it leads."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import pytest
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st

from framework.chain.columns import columns
from framework.chain.comparison import Line, step
from framework.chain.measures.product import MEASURES
from framework.chain.measures.rolling import Value
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


LOT = SimpleNamespace(
    public_id="lot", asked_tiers=3, required_components=["battery"], minerals=["tin", "gold"], asks_mines=True
)
EVERY = columns(LOT)


@pytest.fixture
def cells(app):
    with app.test_request_context(), force_locale("en"):
        yield Cells(SimpleNamespace(public_id="round"), LOT)


def line(brand="North & South", countries=(), **others):
    figures = COUNTED | {"sub_components": 0} | others
    return Line(SimpleNamespace(public_id="sub"), "Reseller", brand, figures, countries=countries)


def rolled(value, reason="", unknown=None):
    return SimpleNamespace(values=dict.fromkeys(MEASURES, Value(value, unknown, reason)))


def said(cell):
    return cell.text, cell.level, cell.note, cell.sign


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("products", ("1,200", None, "", "")),
        ("disclosed", ("4 of 6", 3, "", "")),
        ("precise", ("1 of 6", 1, "", "")),
        ("assembly", ("2 of 2", 4, "", "")),
        ("components", ("2 of 4", 2, "", "")),
        ("sub_components", ("0 of 1,200", 0, "", "")),
        ("minerals", ("0 of 2", 0, "1 smelter", "")),
        ("origins", ("", None, "", "not_asked")),
        ("audits", ("1 of 3", None, "2 expired", "")),
        ("due_diligence", ("7 of 7", 4, "", "")),
        ("not_disclosed", ("2", None, "1 unknown, 1 trade secret", "")),
        ("countries", ("", None, "no country is told, or not to you", "unknown")),
        ("company_wide", ("", None, "no such list sent", "unknown")),
        ("completeness", ("", None, "being counted", "unknown")),
        ("battery", ("1 of 2", None, "", "refused")),
        ("changes", ("", None, "no earlier version is open to you", "unknown")),
        (
            "ladder",
            (
                "final assembly 2 of 2, components 2 of 4, sub-components 0 of 1,200, smelters 0 of 2",
                None,
                "",
                "",
            ),
        ),
    ],
)
def test_each_column_says_its_part_its_step_and_what_else_there_is_to_say(cells, key, told):
    assert said(cells.of(line(), EVERY[key])) == told


def test_every_column_of_a_lot_has_a_cell(cells):
    assert [bool(cells.html(line(), column)) for column in EVERY.values()] == [True] * len(EVERY)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (rolled(Fraction(0)), ("0.0 %", 0, "", "")),
        (rolled(Fraction(2, 3), unknown=Fraction(1, 5)), ("66.7 %", 3, "unknown for 20.0 % of the volume", "")),
        (rolled(Fraction(1)), ("100.0 %", 4, "", "")),
        (rolled(None, "not_judged"), ("", None, "not judged yet", "unknown")),
    ],
)
def test_a_measure_is_a_step_and_a_figure_or_unknown_with_its_reason(cells, value, told):
    cell = cells.of(replace(line(), rolled=value), EVERY["completeness"])

    found = (cell.text.replace("\u202f", " ").replace("\xa0", " "), *cell[2:])
    assert (found[0], found[1], found[2].replace("\xa0", " "), found[3]) == told
    assert cell.url == "/rounds/round/lots/lot/measures/sub/completeness?brand=North+%26+South"


def test_a_figure_leads_to_the_rows_of_its_line(cells):
    assert cells.of(line(), EVERY["products"]) == Cell(
        "/rounds/round/lots/lot/comparison/sub/products?brand=North+%26+South", "1,200"
    )


def test_what_a_lot_does_not_ask_for_is_no_column():
    lot = SimpleNamespace(asked_tiers=1, required_components=["battery"], minerals=[], asks_mines=False)

    assert not {"components", "sub_components", "minerals", "origins", "battery"} & set(columns(lot))


def test_a_line_without_models_is_unknown_but_for_its_list(cells):
    found = line(products=0, company_wide=4)

    assert cells.of(found, EVERY["assembly"]).note == "lists no models of this lot"
    assert (cells.of(found, EVERY["company_wide"]).text) == "4 sites"
    assert EVERY["assembly"].value(found) is None


@pytest.mark.parametrize(
    ("masked", "text"),
    [
        ({"audits_valid": None, "audits_expired": None}, "fewer than 3"),
        ({"sites": None, "audits_valid": 0, "audits_expired": 0}, "0 of fewer than 3"),
    ],
)
def test_a_masked_count_says_only_that_it_is_small(cells, masked, text):
    assert said(cells.of(line(**masked), EVERY["audits"])) == (text, None, "", "")


@pytest.mark.parametrize(
    ("sites", "text", "note"),
    [
        (None, "fewer than 3", ""),
        (1, "1 site", "says nothing about the models"),
        (4, "4 sites", "says nothing about the models"),
    ],
)
def test_a_company_wide_list_is_told_apart(cells, sites, text, note):
    found = cells.of(line(company_wide=sites), EVERY["company_wide"])

    assert (found.text, found.note) == (text, note)


def test_texts_of_a_file_are_escaped(cells):
    html = cells.html(line(countries=("<b>",)), EVERY["countries"])

    assert "<b>" not in html
    assert "&lt;b&gt;" in html


def test_the_ladder_draws_a_bar_for_each_tier_asked_and_says_it_in_words(cells):
    drawn = str(cells.html(line(), EVERY["ladder"]))

    assert drawn.count('class="tier"') == 4
    assert drawn.count("tier--known") == 2
    assert "<title>Tiers that are known</title><desc>final assembly 2 of 2, components 2 of 4" in drawn


@given(whole=st.integers(1, 400), part=st.integers(0, 400))
def test_a_step_is_empty_only_at_nothing_and_full_only_at_all(whole, part):
    found = step(part, whole)

    assert (found == 0) == (part == 0)
    assert (found == 4) == (part >= whole)
    assert found <= step(part + 1, whole)
    assert step(part, 0) is None

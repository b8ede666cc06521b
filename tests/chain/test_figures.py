"""What the figures count: only what holds on the day, what the lot asks, and each thing once."""

from __future__ import annotations

import datetime as dt

import pytest

from framework.chain import behind, comparison
from framework.chain.build import build as build_chain
from framework.chain.figures import required_types
from framework.disclosure.confidentiality import reference_day
from models.chain import Component, SharedSite, SmelterMention
from tests.chain.opened import BAT, FA, MB, STREET, hand_counted


def facts_behind(opened, measure):
    lead = opened.reader(opened.round.organisation)
    line = comparison.compare(opened.session, opened.lot, lead).lines[0]
    return behind.rows_behind(opened.session, line, opened.lot, measure, lead).facts


def test_what_is_not_disclosed_has_as_many_rows_behind_it_as_the_figure_says(opened):
    found = opened.figures(opened.built(hand_counted()))

    facts = facts_behind(opened, "not_disclosed")

    assert found["nodes"] - found["disclosed"] == 2
    assert [(f.row.sheet, f.label, f.part, f.code) for f in facts] == [
        ("1_products", "Two", BAT, behind.ABSENT),
        ("2_components", "Two", MB, "unknown"),
    ]


def test_behind_a_component_stand_its_sites_and_what_is_not_told_of_it(opened):
    opened.built(hand_counted())

    facts = facts_behind(opened, MB)

    assert {(f.label, f.detail, f.code) for f in facts} == {("One", "Harbour Ltd", ""), ("Two", "", "unknown")}


@pytest.mark.parametrize("measure", ["nonsense", "camera"])
def test_a_measure_that_the_lot_does_not_ask_has_no_name(opened, measure):
    assert behind.title(opened.lot, measure) == ""


@pytest.mark.parametrize(("asked", "types", "sub"), [(1, (FA,), None), (2, (FA, MB, BAT), None), (3, (FA, MB, BAT), 1)])
def test_a_lot_asks_as_deep_as_it_says(opened, asked, types, sub):
    opened.lot.asked_tiers = asked
    rows = [
        *hand_counted(),
        ("2_components", {"component_ref": "P1-X", "product_ref": "P1", "component_type": "other", "tier": 3}),
        ("4_links", {"product_ref": "P1", "component_ref": "P1-X", "site_ref": "S2"}),
    ]

    found = opened.figures(opened.built(rows))

    assert required_types(opened.lot) == types
    assert (found["nodes"], found["sub_components"]) == (2 * len(types), sub)


def test_a_component_refused_with_proof_for_every_model_is_told_apart(opened):
    rows = [
        ("1_products", {"product_ref": "P1", "lot": "L1", "brand": "Acme", "model_name": "One", "category": "laptop"}),
        (
            "2_components",
            {
                "component_ref": "M",
                "product_ref": "P1",
                "component_type": MB,
                "not_disclosed_reason": "supplier_refused",
                "not_disclosed_evidence": "letter",
            },
        ),
    ]

    assert opened.figures(opened.built(rows))["refused_kinds"] == [MB]


def test_only_minerals_that_the_lot_asks_are_counted_and_listed(opened):
    opened.lot.minerals = ["tin"]
    smelters = [
        ("5_smelters", {"mineral": mineral, "smelter_name": f"{mineral} works", "applies_to": "company"})
        for mineral in ("tin", "cobalt", "tungsten")
    ]

    found = opened.figures(opened.built([*hand_counted()[:3], *smelters]))

    assert (found["minerals_answered"], found["smelters"]) == (1, 1)
    assert [f.part for f in facts_behind(opened, "minerals")] == ["tin"]


def test_a_mineral_we_do_not_list_answers_for_other(opened):
    opened.lot.minerals = ["other"]
    row = {"mineral": "other", "mineral_other": "lithium", "smelter_name": "Works", "applies_to": "company"}

    found = opened.figures(opened.built([*hand_counted()[:3], ("5_smelters", row)]))

    assert found["minerals_answered"] == 1
    assert [f.part for f in facts_behind(opened, "minerals")] == ["lithium"]


@pytest.mark.parametrize(("applies_to", "stored"), [("company", 1), ("P1", 1), ("P9", 0)])
def test_a_smelter_of_a_product_that_is_not_there_is_not_the_whole_companys(opened, applies_to, stored):
    row = {"mineral": "tin", "smelter_name": "Works", "applies_to": applies_to}

    opened.built([*hand_counted()[:3], ("5_smelters", row)])

    assert opened.session.query(SmelterMention).count() == stored


def test_an_assembly_made_by_us_takes_no_row_of_another_product(opened):
    rows = [
        *hand_counted()[:3],
        ("2_components", {"component_ref": "P1-FA", "product_ref": "P2", "component_type": MB, "tier": 2}),
        ("3_sites", {"site_ref": "S1"} | STREET),
        ("4_links", {"product_ref": "P2", "component_ref": "P1-FA", "site_ref": "S1"}),
    ]

    found = opened.figures(opened.built(rows))

    assert found["kinds"][MB] == [1, 2]
    assert opened.session.query(Component).filter_by(component_type=FA).count() == 2


@pytest.mark.parametrize(("zone", "day"), [("Europe/Brussels", 11), ("UTC", 10), ("America/New_York", 10)])
def test_validity_is_read_on_the_day_of_the_deadline_where_the_round_is_held(opened, zone, day):
    opened.round.tender_deadline = dt.datetime(2026, 9, 10, 22, 30, tzinfo=dt.UTC)
    opened.round.zone = zone

    assert reference_day(opened.supplier(hand_counted())) == dt.date(2026, 9, day)


def test_a_requirement_answered_twice_counts_once_with_the_lesser_answer(opened):
    rows = [
        *hand_counted()[:3],
        *(("7_due_diligence", {"process_requirement": "policy", "self_score": s}) for s in ("full", "partial", "full")),
    ]

    assert opened.figures(opened.built(rows))["due_diligence"] == {"partial": 1}


def test_a_supplier_without_models_in_the_lot_has_a_line(opened):
    opened.built([("0_submission", {"brand": "Acme", "scope": "contract_models"})])

    found = comparison.compare(opened.session, opened.lot, opened.reader(opened.round.organisation))

    assert [(one.brand, one.figures["products"], one.figures["nodes"]) for one in found.lines] == [("", 0, 0)]


def test_a_site_whose_links_have_ended_is_not_shared(opened):
    for _supplier in range(2):
        rows = hand_counted()
        for sheet, values in rows:
            if sheet == "4_links" and values["site_ref"] == "S2":
                values["valid_to"] = "2025-01-01"
        opened.built(rows)

    names = {shared.site.name for shared in opened.session.query(SharedSite).all()}

    assert names == {"Lakeside Ltd"}


@pytest.mark.parametrize(("category", "quantity"), [("laptop", 420), ("server", None)])
def test_a_quantity_that_nobody_pooled_is_unknown_and_not_zero(opened, category, quantity):
    for _supplier in range(2):
        rows = hand_counted()
        for sheet, values in rows:
            if sheet == "1_products":
                values["category"] = category
        submission = opened.supplier(rows)
        build_chain(opened.session, submission, now=opened.clock())

    found = comparison.compare(opened.session, opened.lot, opened.reader(opened.round.organisation))

    assert {one.quantity for one in found.shared} == {quantity}

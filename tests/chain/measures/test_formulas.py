"""The formulas of the measures against worked examples, and the settings they stand on."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest

from framework.chain import shares
from framework.chain.measures import formulas
from framework.chain.measures.nodes import Node, is_whole, required, weights
from framework.chain.measures.product import NO_DATE, NOT_JUDGED, NOTHING_ASKED, NOTHING_TOLD, Figures, Gap, measure
from framework.chain.measures.scale import scale_of
from framework.ground.months import add_months
from framework.ground.round_settings import defaults
from tests.chain.measures.worked import FRESH, ON, SCALE, named, place, product_a

HALF = Fraction(1, 2)


def exact(value):
    return Fraction(value)


def test_several_sites_of_a_node_are_worth_their_shares_and_what_is_untold_is_worth_nothing():
    parts, assumed = shares.of_places([exact(60), exact(30)])

    assert parts[0] * exact("0.60") + parts[1] * exact("0.40") == exact("0.48")
    assert not assumed


@pytest.mark.parametrize(
    ("given_shares", "parts", "assumed"),
    [
        ([100], ["1"], False),
        ([None], ["1"], True),
        ([None, None], ["1/2", "1/2"], True),
        ([60, None, None], ["3/5", "1/5", "1/5"], True),
        ([100, None], ["1", "0"], True),
        ([70, 70], ["1/2", "1/2"], True),
        ([90], ["9/10"], False),
    ],
)
def test_blank_shares_divide_what_is_left_and_contradicting_ones_are_read_as_not_told(given_shares, parts, assumed):
    told = [None if share is None else Fraction(share) for share in given_shares]

    assert shares.of_places(told) == ([Fraction(part) for part in parts], assumed)


@pytest.mark.parametrize(
    ("level", "missing", "parts", "expected"),
    [
        ("fa", (), {}, "1"),
        ("co", ("parent", "function"), {}, "0.70"),
        ("fa", (), {"share": HALF, "workforce": Fraction(3, 5)}, "0.91"),
        ("sm", ("registry",), {}, "65/85"),
        ("deep", (), {}, "1"),
        ("mi", ("function",), {}, "25/40"),
    ],
)
def test_completeness_of_a_place_is_the_weight_of_what_is_answered(level, missing, parts, expected):
    assert formulas.place_completeness(place(level, *missing, parts=parts), level, SCALE) == exact(expected)


def test_a_smelter_without_its_id_is_shown_with_four_decimals():
    assert formulas.rounded(Fraction(65, 85), 4) == Decimal("0.7647")


@pytest.mark.parametrize(
    ("as_of", "worth"),
    [
        ("2025-12-30", "1.00"),
        ("2025-12-29", "0.90"),
        ("2025-06-30", "0.90"),
        ("2025-06-29", "0.75"),
        ("2024-06-30", "0.75"),
        ("2024-06-29", "0.50"),
        ("2026-06-30", "1.00"),
    ],
)
def test_freshness_steps_by_calendar_months(as_of, worth):
    assert formulas.age_step(dt.date.fromisoformat(as_of), ON, SCALE) == exact(worth)


@pytest.mark.parametrize("as_of", [None, dt.date(2026, 7, 1)])
def test_no_date_or_a_later_one_is_unknown(as_of):
    assert formulas.age_step(as_of, ON, SCALE) is None


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [("2026-08-31", 6, "2026-02-28"), ("2028-08-31", 6, "2028-02-29"), ("2026-01-31", 2, "2025-11-30")],
)
def test_the_end_of_a_month_is_clipped(day, months, before):
    assert add_months(dt.date.fromisoformat(day), -months) == dt.date.fromisoformat(before)


def test_the_worked_example():
    found = measure(product_a(), ON, SCALE)

    assert found.values["completeness"] == exact("0.69875")
    assert found.values["precision"] == exact("0.80")
    assert found.values["freshness"] == exact("0.875")
    assert formulas.rounded(found.values["corroboration"], 4) == Decimal("0.8333")
    assert found.values["reliability"] == exact("0.60")
    assert found.weakest == "E1"
    assert (found.counts["disclosed"], found.counts["required"]) == (6, 13)
    assert formulas.rounded(Fraction(600, 13), 1) == Decimal("46.2")


def test_points_for_transparency_of_the_worked_example():
    nodes = product_a()

    assert formulas.award_value(nodes, ON, SCALE) == exact("0.4645")
    without_mines = [node for node in nodes if node.level != "mi"]
    assert formulas.rounded(formulas.award_value(without_mines, ON, SCALE), 4) == Decimal("0.4889")
    assert formulas.rounded(formulas.award_value(nodes, ON, SCALE) * 15, 2) == Decimal("6.97")
    assert formulas.award_value([], ON, SCALE) is None


def test_without_a_verdict_reliability_is_unknown_and_points_are_not_given():
    nodes = [named("fa", "final_assembly")]

    found = measure(nodes, ON, SCALE)

    assert (found.values["reliability"], found.reasons["reliability"]) == (None, NOT_JUDGED)
    assert formulas.award_value(nodes, ON, SCALE) is None


def test_an_empty_set_is_unknown_and_never_a_number():
    nothing, untold = measure([], ON, SCALE), measure([Node("fa", "final_assembly")], ON, SCALE)

    assert set(nothing.values.values()) == {None}
    assert set(nothing.reasons.values()) == {NOTHING_ASKED}
    assert untold.values["completeness"] == 0
    assert [untold.reasons[name] for name in ("precision", "freshness", "corroboration")] == [NOTHING_TOLD] * 3
    assert measure([named("fa", "final_assembly", as_of=None)], ON, SCALE).reasons["freshness"] == NO_DATE


def test_a_level_that_is_not_asked_gives_its_weight_to_the_others():
    nodes = [named("fa", "final_assembly"), Node("sm", "tin")]

    assert formulas.completeness(nodes, SCALE) == Fraction(40, 60)


def test_required_nodes_follow_the_scope_and_lose_what_is_accepted_as_not_applicable():
    asked = required(["battery", "final_assembly"], ["tin"], asks_mines=True, left_out=[("co", "battery")])

    assert asked == [("fa", "final_assembly"), ("sm", "tin"), ("mi", "tin")]
    assert required([], ["tin"], asks_mines=False) == [("fa", "final_assembly"), ("sm", "tin")]


def test_places_without_a_date_leave_the_formula_and_what_is_untold_counts_nothing():
    node = Node("fa", "final_assembly", (place(share=exact(60)), place(share=exact(30), as_of=None)))

    assert formulas.node_freshness(node, ON, SCALE) == Fraction(6, 7)


def test_component_rows_of_one_type_divide_the_node():
    node = Node("co", "battery", (place("co", part="B1", share=exact(100)), place("co", part="B2", share=exact(50))))

    assert weights(node).parts == (HALF, Fraction(1, 4))
    assert weights(node).assumed


@pytest.mark.parametrize(
    ("shares", "street", "whole", "known"),
    [
        ([60, 40], True, False, True),
        (["99.99"], True, False, True),
        ([60, 30], True, False, False),
        ([60, 40], False, False, False),
        ([None], True, True, True),
        ([None], True, False, False),
        ([None, None], True, True, False),
        ([], True, True, False),
    ],
)
def test_an_assembly_is_known_by_its_shares_or_by_its_one_maker(shares, street, whole, known):
    places = tuple(
        place(share=None if share is None else Fraction(share), street=street, whole=whole) for share in shares
    )

    assert is_whole(Node("fa", "final_assembly", places)) is known


@pytest.mark.parametrize(
    ("others", "count"),
    [
        ([], 0),
        ([{"by:2", "file:b", "row:x"}], 1),
        ([{"by:1", "file:b"}], 0),
        ([{"by:2", "file:a"}], 0),
        ([{"by:2", "row:r"}], 0),
        ([{"by:2", "row:x"}, {"by:3", "row:x"}], 1),
        ([{"by:2", "row:x"}, {"by:3", "row:y"}], 2),
        ([{"by:2", "row:x"}, {"by:3", "row:y"}, {"by:2", "row:y"}], 1),
        ([{"by:2", "row:r"}, {"by:2", "row:x"}, {"by:3", "row:x"}], 0),
    ],
)
def test_sources_count_once_and_copies_not_at_all(others, count):
    own = {"by:1", "file:a", "row:r"}

    assert formulas.independent(own, others) == count
    assert formulas.independent(own, list(reversed(others))) == count


def test_what_a_gap_is_worth_adds_up_to_what_is_missing():
    found = measure(product_a(), ON, SCALE)
    worth = {name: Fraction(0) for name in ("completeness", "precision", "freshness", "corroboration")}
    for gap, value in found.gaps.items():
        worth[gap.measure] += value

    assert {name: 1 - found.values[name] for name in worth} == worth
    assert found.gaps[Gap("completeness", "co", "storage", "node", 0)] == exact("0.0875")


def test_figures_survive_being_stored():
    found = measure(product_a(), ON, SCALE)

    assert Figures.read(found.plain()) == found


def test_a_round_may_set_other_numbers():
    scale = scale_of(defaults() | {"level_weights_pct": [10, 10, 10, 70], "precision_pct": [100, 50, 50, 40, 20, 0]})

    assert formulas.completeness([named("fa", "final_assembly"), Node("mi", "tin")], scale) == Fraction(1, 8)
    assert formulas.node_precision(named("fa", "final_assembly", precision="city"), scale) == HALF
    assert formulas.age_step(FRESH, ON, scale) == 1

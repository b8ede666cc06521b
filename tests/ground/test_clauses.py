"""The clause library and the templates of criteria."""

from __future__ import annotations

from decimal import Decimal

import pytest

from framework.ground.clauses import (
    CLAUSE_SETS,
    THEMES,
    clause_library,
    clauses_of,
    criteria_templates,
    missing_clauses,
    required_clauses,
)
from framework.ground.round_settings import round_settings
from framework.ground.terms import PLACES

LADDER_FIGURES = {"penalty_rate", "penalty_max_weeks", "notice_days"}


def test_the_clauses_of_readiness_are_the_five_of_the_rule() -> None:
    assert required_clauses() == (
        "disclosure_duty",
        "change_notice",
        "severe_deviation_report",
        "right_to_inspect",
        "sanction_ladder",
    )


@pytest.mark.parametrize("clause_set", sorted(CLAUSE_SETS))
def test_every_clause_set_is_complete_for_readiness(clause_set: str) -> None:
    keys = [clause.key for clause in clauses_of(clause_set)]

    assert missing_clauses(keys) == ()


def test_a_missing_clause_is_named() -> None:
    assert missing_clauses(["disclosure_duty", "change_notice"]) == (
        "severe_deviation_report",
        "right_to_inspect",
        "sanction_ladder",
    )


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_every_clause_has_title_and_text_in_every_language(language: str) -> None:
    texts = {clause.text(language) for clause in clause_library().values()}
    titles = {clause.title(language) for clause in clause_library().values()}

    assert len(texts) == len(titles) == len(clause_library())
    assert all("%(" not in text for text in texts)


def test_every_clause_stands_in_one_known_place_set_and_theme() -> None:
    for clause in clause_library().values():
        assert clause.place in PLACES
        assert clause.theme in THEMES
        assert clause.sets
        assert clause.sets <= set(CLAUSE_SETS)


def test_parameters_are_settings_of_the_round_or_figures_of_the_ladder() -> None:
    named = {name for clause in clause_library().values() for name in clause.parameters}

    assert named <= set(round_settings()) | LADDER_FIGURES


def test_a_figure_is_filled_into_the_text_and_an_open_one_stays_visible() -> None:
    clause = clause_library()["change_notice"]

    assert "every 12 months" in clause.text("en", {"confirm_every_months": 12})
    assert "every [confirm_every_months] months" in clause.text("en", {"confirm_every_months": None})


def test_only_award_templates_carry_weight_and_formula() -> None:
    for template in criteria_templates().values():
        assert (template.place == "award") == (template.weight is not None)
        assert (template.place == "award") == bool(template.formula)
        assert template.place in PLACES


def test_the_default_weights_add_to_a_hundred() -> None:
    weights = [t.weight for key, t in criteria_templates().items() if t.weight and key != "life_cycle_cost"]

    assert sum(weights) == Decimal(100)


def test_price_bounds_are_left_for_the_lead_to_fill_in() -> None:
    assert criteria_templates()["price"].parameters == {"p_low": None, "p_high": None}

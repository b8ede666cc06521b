"""Which model on offer a product of a list may be: by number, by name, in part; several are none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.disclosure.models_on_offer import NAME, NUMBER, PART, REASONS, SEVERAL, models_of, propose


def row(ref, name, brand="Acme", **numbers):
    return {"product_ref": ref, "brand": brand, "model_name": name, **numbers}


MODELS = models_of(
    [
        row("P1", "ProBook 450 G11", manufacturer_part_no="9C-2270.EA"),
        row("P2", "ProBook 650 G11", gtin="4006381333931"),
        row("P3", "Tower 14"),
        row("P4", "Tower 14", lot="B"),
        row("P5", "Tower 140"),
        row("P6", "", brand="Nameless"),
    ]
)


@pytest.mark.parametrize(
    ("product", "key", "reason"),
    [
        ("9c 2270 ea", "acme/probook450g11", NUMBER),
        ("4006381333931", "acme/probook650g11", NUMBER),
        ("p3", "acme/tower14", NUMBER),
        ("ACME ProBook-450 G11", "acme/probook450g11", NAME),
        ("probook 650g11", "acme/probook650g11", NAME),
        ("Tower 14", "acme/tower14", NAME),
        ("ProBook 450 G11 notebook 16 GB", "acme/probook450g11", PART),
        ("450 G11", "acme/probook450g11", PART),
        ("ProBook", "", ""),
        ("G11", "", ""),
        ("Tower", "", ""),
        ("Tower 1400", "", ""),
        ("Slate 7", "", ""),
        ("-", "", ""),
    ],
)
def test_a_product_is_proposed_by_number_then_by_name_then_in_part(product, key, reason):
    found = propose(product, MODELS)

    assert (found.key, found.reason) == (key, reason)


def test_where_several_models_fit_none_is_proposed():
    models = models_of([row("A1", "Slate 7 Pro"), row("A2", "Slate 7 Air")])

    assert propose("Slate 7", models) == ("", SEVERAL, "")


def test_a_model_in_two_lots_is_one_model_with_two_rows():
    [tower] = [model for model in MODELS if model.name == "Tower 14"]

    assert [one["product_ref"] for one in tower.rows] == ["P3", "P4"]
    assert len(MODELS) == 4


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_whatever_a_list_names_a_proposal_is_a_model_with_a_reason_or_none(product):
    found = propose(product, MODELS)

    assert found.key in {"", *(model.key for model in MODELS)}
    assert found.reason in REASONS
    assert bool(found.key) == (found.reason in {NUMBER, NAME, PART})

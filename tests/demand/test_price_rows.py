"""Rows of a price list: each becomes a step or is left out with its reasons, and none is lost."""

from __future__ import annotations

import string
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framework.demand import price_rows
from framework.demand.figures import DecimalSign
from framework.demand.price_rows import read, read_table
from framework.ground.blocks import Table
from framework.ground.errors import InvalidInput

LOTS = [
    SimpleNamespace(
        id=1, code="L1", name="Laptops", categories=["laptop", "monitor"], spec_tiers=["standard", "power"]
    ),
    SimpleNamespace(id=2, code="L2", name="Phones", categories=["smartphone"], spec_tiers=[]),
]
GOOD = {"lot": "L1", "category": "laptop", "spec_tier": "", "from_qty": "1", "unit_price": "700"}


def one(lots=LOTS, sign=DecimalSign.UNCLEAR, **cells):
    return read([(7, GOOD | cells)], lots, currency="EUR", sign=sign)


def codes(found):
    return [issue.code for issue in found.issues]


@pytest.mark.parametrize(
    ("cells", "value"),
    [
        ({}, (1, "laptop", "", 1, Decimal(700))),
        ({"lot": "laptops"}, (1, "laptop", "", 1, Decimal(700))),
        ({"lot": "L1 · Laptops"}, (1, "laptop", "", 1, Decimal(700))),
        ({"category": "Notebooks"}, (1, "laptop", "", 1, Decimal(700))),
        ({"spec_tier": "Power"}, (1, "laptop", "power", 1, Decimal(700))),
        ({"lot": "L2", "category": ""}, (2, "smartphone", "", 1, Decimal(700))),
        ({"from_qty": 1000, "unit_price": 650.25}, (1, "laptop", "", 1000, Decimal("650.25"))),
        ({"from_qty": "1 000", "unit_price": "€ 650,2575"}, (1, "laptop", "", 1000, Decimal("650.2575"))),
        ({"from_qty": "1.000", "unit_price": "1.234,50"}, (1, "laptop", "", 1000, Decimal("1234.50"))),
    ],
)
def test_a_row_as_people_write_it_becomes_a_step(cells, value):
    found = one(**cells)

    assert codes(found) == []
    assert [(*step.item, step.from_qty, step.unit_price) for step in found.taken] == [value]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"lot": ""}, "lot-missing"),
        ({"lot": "L9"}, "lot-unknown"),
        ({"category": ""}, "category-missing"),
        ({"category": "sofa"}, "category-unknown"),
        ({"category": "server"}, "category-outside"),
        ({"spec_tier": "golden"}, "tier-outside"),
        ({"from_qty": ""}, "from-missing"),
        ({"from_qty": "0"}, "from-nothing"),
        ({"from_qty": "-5"}, "negative"),
        ({"from_qty": "10,5"}, "not-whole"),
        ({"from_qty": "ca. 500"}, "approximate"),
        ({"from_qty": "500-1000"}, "range"),
        ({"from_qty": 10**9}, "too-large"),
        ({"from_qty": True}, "not-a-number"),
        ({"unit_price": ""}, "price-missing"),
        ({"unit_price": "0"}, "price-of-nothing"),
        ({"unit_price": 0}, "price-of-nothing"),
        ({"unit_price": "-3"}, "negative"),
        ({"unit_price": "5 %"}, "percent"),
        ({"unit_price": "SEK 700"}, "other-price-currency"),
        ({"unit_price": "7.123456"}, "too-many-places"),
        ({"unit_price": 0.123456}, "too-many-places"),
        ({"unit_price": "1.234"}, "unclear"),
        ({"unit_price": "ask us"}, "not-a-number"),
        ({"unit_price": float("nan")}, "not-a-number"),
        ({"unit_price": 1e15}, "too-large"),
    ],
)
def test_what_cannot_be_read_is_left_out_with_its_reason_and_its_row(cells, code):
    found = one(**cells)

    assert codes(found) == [code]
    assert found.issues[0].row == 7
    assert found.left_out == [7]
    template, params = price_rows.sentence(found.issues[0])
    assert str(7) in template % params


def test_the_reader_s_own_sign_decides_where_a_column_does_not_show_it():
    assert one(unit_price="1.234", sign=DecimalSign.COMMA).taken[0].unit_price == 1234


def test_one_wrong_row_leaves_out_the_steps_of_its_product_alone():
    rows = [
        (1, GOOD),
        (2, GOOD | {"from_qty": "1000", "unit_price": "cheap"}),
        (3, GOOD | {"category": "monitor"}),
        (4, GOOD | {"spec_tier": "power"}),
    ]
    found = read(rows, LOTS, currency="EUR")

    assert [step.row for step in found.taken] == [3, 4]
    assert [(issue.row, issue.code) for issue in found.issues] == [(1, "item-incomplete"), (2, "not-a-number")]


def test_a_quantity_named_twice_leaves_out_both_rows():
    found = read([(1, GOOD), (2, GOOD | {"unit_price": "650"})], LOTS, currency="EUR")

    assert found.taken == []
    assert codes(found) == ["item-incomplete", "step-twice"]


def test_a_price_that_rises_is_taken_with_a_warning():
    found = read([(2, GOOD | {"from_qty": "500", "unit_price": "710"}), (1, GOOD)], LOTS, currency="EUR")

    assert len(found.taken) == 2
    assert [(issue.code, issue.row) for issue in found.warnings] == [("price-rises", 2)]


def test_rows_above_the_header_and_rows_without_a_price_are_named():
    table = Table(
        [
            (1, ["Our prices 2027"]),
            (2, []),
            (3, ["Perceel", "Categorie", "Vanaf aantal", "Stukprijs", "Opmerking"]),
            (4, ["L1", "laptop", 1, 700, "net"]),
            (5, ["L1", "monitor", None, None, None]),
            (6, [None, None, None, None, "see above"]),
            (7, []),
        ]
    )

    found = read_table(table, LOTS, currency="EUR")

    assert [step.row for step in found.taken] == [4]
    assert [(issue.row, issue.code) for issue in found.issues] == [(1, "above-header")]
    assert found.without == [5, 6]
    assert found.unused == ["Opmerking"]


def test_a_broken_cell_is_told_where_it_stands():
    table = Table([(1, ["Category", "From", "Price"]), (2, ["monitor", 1, None])], refused={(2, 2): "cell-error"})

    found = read_table(table, LOTS[:1], currency="EUR")

    assert [(issue.row, issue.code, issue.column) for issue in found.issues] == [
        (2, "cell-error", price_rows.LABELS["unit_price"])
    ]


@pytest.mark.parametrize("rows", [[], [(1, [])], [(1, ["Category", "Price"])], [(1, [1, 2, 3])]])
def test_a_table_without_the_two_columns_is_refused_with_what_to_do(rows):
    with pytest.raises(InvalidInput) as refused:
        read_table(Table(rows), LOTS, currency="EUR")

    assert refused.value.code == "no-price-columns"


def test_too_many_rows_are_refused_and_none_is_left_out_in_silence():
    rows = [(1, ["Category", "From", "Price"]), *((n, ["monitor", n, 7]) for n in range(2, 2003))]

    with pytest.raises(InvalidInput) as refused:
        read_table(Table(rows), LOTS[:1], currency="EUR")

    assert refused.value.code == "too-many-rows"


cells = st.one_of(
    st.none(),
    st.sampled_from(["L1", "L2", "laptop", "monitor", "power", "1", "1000", "700", "1.234", "€ 5", "  "]),
    st.text(string.printable, max_size=6),
    st.integers(-5, 10**13),
    st.floats(),
    st.booleans(),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(cells, max_size=6), max_size=12))
def test_every_row_of_a_sheet_is_a_step_or_is_named(body):
    header = ["Lot", "Category", "Specification tier", "From quantity", "Price per piece, net"]
    rows = [(1, header), *enumerate(body, start=2)]

    found = read_table(Table(rows), LOTS, currency="EUR")

    filled = {number for number, row in rows[1:] if any(cell not in (None, "") for cell in row)}
    blank = {n for n, row in rows[1:] if all(c is None or (isinstance(c, str) and not c.split()) for c in row)}
    taken, named = {step.row for step in found.taken}, {issue.row for issue in found.issues}
    assert taken & named == set()
    assert filled - blank <= taken | named | set(found.without)
    assert set(found.left_out) == named
    starts = [(step.item, step.from_qty) for step in found.taken]
    assert len(starts) == len(set(starts))
    assert all(step.unit_price > 0 and step.from_qty >= 1 for step in found.taken)

"""The grid: what it shows it reads back unchanged, and what it does not show it keeps."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.demand import grid, rules
from framework.demand.figures import DecimalSign
from framework.demand.lines import Line, Scope, differences
from framework.ground.errors import InvalidInput
from tests.demand.conftest import line
from tests.demand.test_tables import SCOPE, some_lines


def form_of(rows: list[grid.GridRow]) -> dict[str, str]:
    """What a browser sends when nothing was touched."""
    form = {"rows": str(len(rows))}
    for row in rows:
        form |= {f"{name}-{row.number}": value for name, value in row.cells.items()}
        for year, cells in row.years.items():
            form |= {f"{name}-{row.number}-{year}": value for name, value in cells.items()}
    return form


def sent_back(lines: list[Line], scope: Scope = SCOPE, sign: DecimalSign = DecimalSign.POINT) -> list[Line]:
    rows = grid.rows_of_form(form_of(grid.rows_of(lines, scope, sign)), scope)
    found, issues = grid.read(rows, scope, stored=lines, sign=sign)
    assert issues == []
    return found


@settings(max_examples=100, deadline=None)
@given(some_lines(), st.sampled_from([DecimalSign.POINT, DecimalSign.COMMA]))
def test_a_grid_sent_back_untouched_changes_nothing_known(lines: list[Line], sign: DecimalSign):
    known = [x for x in lines if x.is_known]

    assert differences(known, sent_back(known, sign=sign)) == []


def test_what_the_grid_does_not_show_is_kept():
    hidden = line(current_supplier_end=dt.date(2027, 3, 31), delivery_profile="ramp", baseline_qty=7)

    assert sent_back([hidden]) == [hidden]


def test_blank_rows_are_no_lines():
    rows = [grid.blank_row(n, SCOPE, country="NL") for n in (1, 2, 3)]

    assert grid.read(grid.rows_of_form(form_of(rows), SCOPE), SCOPE) == ([], [])


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        ({"firm-1-1": "1", "expected-1-1": "2", "max-1-1": "3"}, []),
        ({"firm-1-1": "5", "expected-1-1": "2", "max-1-1": "3"}, ["quantity-order"]),
        ({"expected-1-1": "2"}, ["quantity-missing"]),
        ({"value-1-1": "100"}, ["quantity-missing"]),
        ({}, ["quantity-missing"]),
        ({"reason-1": "later"}, []),
        ({"expected-1-1": "-2"}, ["negative"]),
        ({"expected-1-1": "1.234", "firm-1-1": "0", "max-1-1": "9999"}, []),
        ({"expected-1-1": "1.500", "firm-1-1": "0.0", "max-1-1": "9999", "value-1-1": "1.500"}, ["unclear"]),
        ({"expected-1-1": "1.234", "firm-1-1": "0", "max-1-1": "9999", "value-1-1": "1,5"}, []),
        ({"expected-1-1": "x", "firm-1-1": "y", "max-1-1": "9", "firm-1-2": "9"}, ["not-a-number", "not-a-number", "quantity-missing"]),
        ({"firm-1-1": "1", "expected-1-1": "2", "max-1-1": "3", "certainty-1-1": "sure"}, ["certainty-unknown"]),
        ({"firm-1-1": "1", "expected-1-1": "2", "max-1-1": "99999999"}, ["too-large"]),
        ({"reason-1": "x" * 201}, ["text-too-long"] * 4),
    ],
)  # fmt: skip
def test_every_fault_of_a_row_is_told(cells: dict[str, str], codes: list[str]):
    form = {"rows": "1", "category-1": "laptop", "tier-1": "standard", "country-1": "NL"} | cells

    _lines, issues = grid.read(grid.rows_of_form(form, SCOPE), SCOPE)

    assert [issue.code for issue in issues] == codes


def test_the_same_line_twice_names_both_rows():
    one = line(row=1)
    other = line(row=4)

    found = rules.check([one, other], SCOPE)

    assert [(i.code, i.row, i.params["other"]) for i in found] == [("line-twice", 4, 1)]


def test_a_country_may_be_typed_by_its_name():
    form = form_of(grid.rows_of([line()], SCOPE)) | {"country-1": "Nederland"}

    found, _issues = grid.read(grid.rows_of_form(form, SCOPE), SCOPE)

    assert found[0].delivery_country == "NL"


@pytest.mark.parametrize("sign", DecimalSign)
@pytest.mark.parametrize(
    ("value", "read"),
    [("1.500", {",": "1500"}), ("1,500", {".": "1500"}), ("99.50", {",": "99.50", ".": "99.50", "?": "99.50"})],
)
def test_thousands_of_pieces_and_money_typed_in_one_row_are_read_by_their_own_columns(
    sign: DecimalSign, value: str, read: dict[str, str]
):
    form = {"rows": "1", "category-1": "laptop", "tier-1": "standard", "country-1": "NL"}
    form |= {"firm-1-1": "1.000", "expected-1-1": "2.000", "max-1-1": "3.000", "value-1-1": value}

    lines, issues = grid.read(grid.rows_of_form(form, SCOPE), SCOPE, sign=sign)

    amount = read.get(sign.value)
    assert (lines[0].qty_firm, lines[0].qty_expected, lines[0].qty_max) == (1000, 2000, 3000)
    assert lines[0].value_expected == (Decimal(amount) if amount else None)
    assert [i.code for i in issues] == ([] if amount else ["unclear"])


def test_more_rows_than_a_form_may_send_are_refused_by_their_number():
    with pytest.raises(InvalidInput) as refused:
        grid.rows_of_form({"rows": "401"}, SCOPE)

    assert refused.value.params == {"rows": 401, "limit": grid.MOST_ROWS}
    assert grid.rows_of_form({"rows": "-1"}, SCOPE) == []


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"firm-1-2": "x", "expected-1-2": "1", "max-1-2": "1"}, "firm-1-2"),
        ({"firm-1-1": "5", "expected-1-1": "2", "max-1-1": "3"}, "expected-1-1"),
        ({"firm-1-3": "1", "expected-1-3": "2", "max-1-3": "99999999"}, "max-1-3"),
        ({"baseline-1": "-1", "reason-1": "later"}, "baseline-1"),
        ({"country-1": "Narnia", "reason-1": "later"}, "country-1"),
        ({"category-1": "", "reason-1": "later"}, "category-1"),
    ],
)
def test_an_issue_names_the_field_it_is_about(cells: dict[str, str], field: str):
    form = {"rows": "1", "category-1": "laptop", "tier-1": "standard", "country-1": "NL"} | cells

    _lines, issues = grid.read(grid.rows_of_form(form, SCOPE), SCOPE)

    assert grid.field_of(issues[0]) == field


def test_a_row_says_which_years_it_leaves_empty():
    row = grid.rows_of([line(1, qty=5)], SCOPE)[0]

    assert row.empty_years == [2, 3, 4]
    assert grid.blank_row(1, SCOPE).empty_years == []


def test_money_is_shown_without_exponent():
    row = grid.rows_of([line(value_expected=Decimal("1000000"))], SCOPE)[0]

    assert row.years[1]["value"] == "1000000"


def test_money_is_shown_with_the_decimal_sign_of_its_reader():
    row = grid.rows_of([line(value_expected=Decimal("1234.50"))], SCOPE, DecimalSign.COMMA)[0]

    assert row.years[1]["value"] == "1234,50"

"""The grid: what it shows it reads back unchanged, and what it does not show it keeps."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given, settings

from framework.demand import grid, rules
from framework.demand.lines import Line, Scope, differences
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


def sent_back(lines: list[Line], scope: Scope = SCOPE) -> list[Line]:
    rows = grid.rows_of_form(form_of(grid.rows_of(lines, scope)), scope)
    found, issues = grid.read(rows, scope, stored=lines)
    assert issues == []
    return found


@settings(max_examples=100, deadline=None)
@given(some_lines())
def test_a_grid_sent_back_untouched_changes_nothing_known(lines: list[Line]):
    known = [x for x in lines if x.is_known]

    assert differences(known, sent_back(known)) == []


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
        ({"expected-1-1": "1.234", "firm-1-1": "0", "max-1-1": "9999"}, ["unclear"]),
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


def test_the_number_of_rows_a_form_may_send_is_limited():
    assert len(grid.rows_of_form({"rows": "999999"}, SCOPE)) == grid.MOST_ROWS
    assert grid.rows_of_form({"rows": "-1"}, SCOPE) == []


def test_money_is_shown_without_exponent():
    row = grid.rows_of([line(value_expected=Decimal("1000000"))], SCOPE)[0]

    assert row.years[1]["value"] == "1000000"

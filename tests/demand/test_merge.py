"""Two editors of one grid put together: every change of either is in the result or named as a clash, and none is overwritten."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.demand import rules
from framework.demand.cells import FACTS, Cell, Cells, cells_of, lines_of
from framework.demand.lines import Line
from framework.demand.merge import Clash, merge
from tests.demand.conftest import line
from tests.demand.test_tables import SCOPE, some_lines

LAPTOPS = ("laptop", "standard", "NL")
EXPECTED = Cell(*LAPTOPS, "expected", 1)


def cells(*lines: Line) -> Cells:
    return cells_of(lines, SCOPE.years)


def as_shown(lines: list[Line]) -> Cells:
    """The cells of a grid that keeps the rules."""
    return cells(*lines_of(cells(*lines), SCOPE.years))


grids = some_lines().map(as_shown)
notes = st.sampled_from(["", "First", "Second"])


@settings(max_examples=200, deadline=None)
@given(grids, grids, grids)
def test_a_change_of_either_editor_stands_or_is_a_clash(base: Cells, mine: Cells, theirs: Cells):
    merged = merge(base, mine, theirs, SCOPE)

    clashing = {clash.cell: clash for clash in merged.clashes}
    for cell in {*base, *mine, *theirs}:
        own, other, value = mine.get(cell), theirs.get(cell), merged.cells.get(cell)
        if own != base.get(cell):
            assert value == own or clashing[cell] == Clash(cell, own, other)
        if other != base.get(cell):
            assert value == other


@settings(max_examples=200, deadline=None)
@given(grids, grids, grids)
def test_what_two_editors_make_together_keeps_the_rules_and_loses_no_cell(base: Cells, mine: Cells, theirs: Cells):
    merged = merge(base, mine, theirs, SCOPE)

    lines = lines_of(merged.cells, SCOPE.years)
    assert rules.check(lines, SCOPE) == []
    kept = cells_of(lines, SCOPE.years)
    assert [c for c in merged.cells if c not in kept and merged.cells[c] != base.get(c)] == []


def test_a_reason_that_one_takes_away_stays_where_the_other_fills_in_a_value_of_its_year():
    certainty, reason = Cell(*LAPTOPS, "certainty", 1), Cell(*LAPTOPS, "reason", 0)
    zeros = {Cell(*LAPTOPS, name, 2): 0 for name in ("firm", "expected", "max")}
    base: Cells = {certainty: "budgeted", reason: "because"}
    theirs: Cells = base | {Cell(*LAPTOPS, "value", 1): Decimal("0.00")}

    merged = merge(base, zeros | {Cell(*LAPTOPS, "certainty", 2): "budgeted"}, theirs, SCOPE)

    assert rules.check(lines_of(merged.cells, SCOPE.years), SCOPE) == []
    assert merged.cells == theirs
    assert {clash.cell for clash in merged.clashes} >= {certainty, reason, *zeros}


@settings(max_examples=300, deadline=None)
@given(grids, grids, grids)
def test_what_is_stored_overwrites_nothing_unseen_and_loses_nothing_unsaid(base: Cells, mine: Cells, theirs: Cells):
    merged = merge(base, mine, theirs, SCOPE)

    stored = lines_of(merged.cells, SCOPE.years, lines_of(theirs, SCOPE.years))
    after, clashing = cells_of(stored, SCOPE.years), {clash.cell for clash in merged.clashes}
    for cell in {*base, *mine, *theirs, *after}:
        assert after.get(cell) == theirs.get(cell) or theirs.get(cell) == base.get(cell)
        if mine.get(cell) not in (base.get(cell), after.get(cell)):
            assert cell in clashing


@settings(max_examples=100, deadline=None)
@given(grids, grids)
def test_one_editor_alone_changes_what_it_likes(base: Cells, changed: Cells):
    assert merge(base, changed, base, SCOPE).cells == changed
    assert merge(base, base, changed, SCOPE).cells == changed
    assert merge(base, changed, changed, SCOPE).clashes == ()


@settings(max_examples=100, deadline=None)
@given(grids, grids, grids)
def test_who_saves_again_after_a_clash_gets_what_was_wished(base: Cells, mine: Cells, theirs: Cells):
    first = merge(base, mine, theirs, SCOPE)

    again = merge(first.cells, first.wished, first.cells, SCOPE)

    assert again.clashes == ()
    assert again.cells == first.wished


@settings(max_examples=100, deadline=None)
@given(some_lines())
def test_lines_come_back_from_their_cells(lines: list[Line]):
    shown = as_shown(lines)

    assert cells(*lines_of(shown, SCOPE.years)) == shown


def test_two_columns_of_one_year_are_put_together():
    base = line(qty=10, value_expected=None)
    mine, theirs = replace(base, qty_max=30), replace(base, qty_firm=5)

    merged = merge(cells(base), cells(mine), cells(theirs), SCOPE)

    assert merged.clashes == ()
    assert lines_of(merged.cells, SCOPE.years) == [replace(base, qty_firm=5, qty_max=30)]


def test_the_same_cell_changed_by_both_is_a_clash_and_the_saved_value_stays():
    base, mine, theirs = (line(qty=10, qty_max=99, qty_firm=0, qty_expected=n) for n in (10, 11, 12))

    merged = merge(cells(base), cells(mine), cells(theirs), SCOPE)

    assert merged.clashes == (Clash(EXPECTED, 11, 12),)
    assert merged.cells[EXPECTED] == 12
    assert merged.wished[EXPECTED] == 11


def test_a_mix_that_breaks_the_order_of_quantities_clashes():
    base = line(qty_firm=10, qty_expected=50, qty_max=100)
    mine, theirs = replace(base, qty_firm=45), replace(base, qty_expected=20)

    merged = merge(cells(base), cells(mine), cells(theirs), SCOPE)

    assert {(c.cell.column, c.mine, c.theirs) for c in merged.clashes} == {("firm", 45, 10), ("expected", 50, 20)}
    assert lines_of(merged.cells, SCOPE.years) == [theirs]


@pytest.mark.parametrize("is_mine_emptied", [True, False])
def test_a_row_that_one_emptied_and_the_other_changed_clashes_whole(is_mine_emptied: bool):
    base, changed = line(qty=10), line(qty=10, qty_max=12)
    mine, theirs = ((), (changed,)) if is_mine_emptied else ((changed,), ())

    merged = merge(cells(base), cells(*mine), cells(*theirs), SCOPE)

    assert {clash.cell for clash in merged.clashes} == set(cells(changed))
    assert lines_of(merged.cells, SCOPE.years) == list(theirs)


def test_a_year_that_one_emptied_and_the_other_changed_keeps_the_certainty_of_the_other():
    base = cells(replace(line(1), certainty="planned"), replace(line(2), certainty="planned"))
    mine = cells(replace(line(1), certainty="planned"))
    theirs = cells(replace(line(1), certainty="planned"), replace(line(2, 7), certainty="planned"))

    merged = merge(base, mine, theirs, SCOPE)

    certainty = Cell(*LAPTOPS, "certainty", 2)
    assert merged.cells[certainty] == "planned"
    assert Clash(certainty, None, "planned") in merged.clashes


def test_the_reason_of_a_row_and_a_year_that_becomes_known_are_put_together():
    base = [line(year, None, not_known_reason="Budget") for year in range(1, SCOPE.years + 1)]
    mine = [replace(one, not_known_reason="Council") for one in base]
    theirs = [line(1, 5), *base[1:]]

    merged = merge(cells(*base), cells(*mine), cells(*theirs), SCOPE)

    assert merged.clashes == ()
    found = lines_of(merged.cells, SCOPE.years)
    assert [(x.qty_expected, x.not_known_reason) for x in found] == [(5, ""), *[(None, "Council")] * 3]


def test_facts_of_the_declaration_are_cells_like_others():
    note = Cell(*FACTS, "note", 0)

    merged = merge({}, {note: "Mine"}, {note: "Theirs"}, SCOPE)

    assert merged.clashes == (Clash(note, "Mine", "Theirs"),)

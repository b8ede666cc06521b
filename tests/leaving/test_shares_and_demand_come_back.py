"""Entered shares of joint costs and the demand of all members leave and come back the same, five hundred drawn cases in full."""

from __future__ import annotations

import datetime as dt
import os
import random
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.demand import cost_paste, cost_sheet
from framework.demand.columns import Choices
from framework.demand.cost_reading import Member as Sharer
from framework.demand.lines import LABELS, Scope
from framework.demand.proposing import reading, sheet
from framework.demand.proposing.members import Member, Members
from framework.demand.proposing.reading import LotSaid
from framework.ground.blocks import Table, table_of
from framework.ground.reading.numbers import Habit
from framework.ground.table_files import csv_text
from framework.ground.terms import CATEGORIES
from framework.ground.text import key_of
from framework.people.doubles import name_key
from models.costs import CostItem, CostProposal, CostShare
from models.rounds import Round
from tests.leaving import chance
from tests.leaving.test_round_trips import read

CASES = 500 if os.environ.get("HEFBOOM_BARS") else 50
NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
SCOPE = Scope(tuple(CATEGORIES), chance.TIERS, years=4, currency="EUR")
LOTS = [LotSaid(1, 1, "A", "Laptops", SCOPE), LotSaid(2, 2, "B", "=1+1", SCOPE)]
WORDS = {"auditor": "An auditor", "entered": "Entered shares"}
percents = st.one_of(st.none(), st.decimals(0, 100, places=2))


@st.composite
def sharers(draw) -> dict[str, Decimal | None]:  # type: ignore[no-untyped-def]
    """Members by name with a share in per cent, or none said."""
    drawn = random.Random(draw(st.integers(0, 2**32)))
    names = {key_of(name): name for name in (chance.text(drawn, 100) for _ in range(draw(st.integers(1, 12))))}
    return {name: draw(percents) for key, name in names.items() if key not in ("", "member")}


@pytest.mark.parametrize("habit", [Habit.POINT, Habit.COMMA])
@settings(max_examples=CASES // 2)
@given(shares=sharers())
def test_entered_shares_come_back_the_same_from_the_workbook_of_a_draft(
    habit: Habit, shares: dict[str, Decimal | None]
) -> None:
    members = [Sharer(number, f"m{number}", name) for number, name in enumerate(shares, start=1)]
    draft = CostProposal(title="Costs", round=Round(name="Laptops"))
    item = CostItem(position=1, label="Auditor", kind="auditor", rule="entered", amount=Decimal(100), currency="EUR")
    item.shares = [CostShare(member_id=one.number, percent=shares[one.name]) for one in members]
    draft.items = [item]
    content = cost_sheet.write_draft(draft, members, WORDS, now=NOW)

    with tempfile.TemporaryDirectory() as folder:
        book = read(content, Path(folder), "draft.xlsx")
    copied = [[_copied(cell, habit) for cell in row.cells] for row in book.sheets[-1].rows]
    found = cost_paste.read(csv_text(copied[0], copied[1:], delimiter="\t"), {m.number: m.name for m in members}, habit)

    assert found.problems == []
    assert found.percents == {one.number: share for one in members if (share := shares[one.name]) is not None}


def _copied(cell: object, habit: Habit) -> str:
    """A cell as a spreadsheet puts it on the clipboard for a reader of this habit."""
    if isinstance(cell, int | float):
        return f"{cell:.2f}".replace(".", habit.value)
    return "" if cell is None else str(cell)


@settings(max_examples=CASES)
@given(seed=st.integers(0, 2**32))
def test_the_demand_of_all_members_comes_back_the_same_from_workbook_and_csv(seed: int) -> None:
    drawn = random.Random(seed)
    members = _members(drawn)
    places = [(one, lot) for one in members for lot in LOTS if drawn.random() < 0.8]
    said = {(one.id, lot.id): chance.lines(drawn) for one, lot in places}
    rows = [
        (one.name, one.registration_no, one.public_id, lot.name, *(getattr(line, name) for name in LABELS))
        for one, lot in places
        for line in said[one.id, lot.id]
    ]
    table = sheet.table(rows)
    content = sheet.write(Round(name="Laptops"), rows, now=NOW)
    text = csv_text(table.header, list(sheet.table(rows).rows), delimiter=",;\t"[seed % 3])

    with tempfile.TemporaryDirectory() as folder:
        books = [read(content, Path(folder), "all.xlsx"), read(text.encode(), Path(folder), "all.csv")]
    for book in books if rows else ():
        found = reading.read(_table(book), LOTS, Members(members), Choices())

        assert found.asks == (), seed
        assert [issue for part in found.parts for issue in part.issues] == [], seed
        assert {(p.match.member.id, p.lot.id): p.lines for p in found.parts if p.match.member and p.lot} == said, seed
        assert found.rows == len(rows), seed


def _table(book: object) -> Table:
    return table_of(book.sheets[0])  # type: ignore[attr-defined]


def _members(drawn: random.Random) -> list[Member]:
    names = {name_key(name): name for name in (chance.text(drawn) for _ in range(drawn.randint(1, 5)))}
    return [
        Member(number, f"ref{number}x{drawn.randint(0, 9)}", name, drawn.choice(("", f"{number}{drawn.randint(10**6, 10**7)}")), drawn.choice(("NL", "SE", "BE")))
        for number, name in enumerate((name for key, name in names.items() if key), start=1)
    ]  # fmt: skip

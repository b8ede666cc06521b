"""The state of the comparison in its address: what goes in comes out, filters leave, unknown stands last."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from framework.chain.columns import Column, arranged
from views.chain import state as state_module
from views.chain.state import Shown, State

EVERY = {
    "completeness": Column("completeness", "Completeness", sort=lambda one: one.figures["value"], usual=True),
    "ladder": Column("ladder", "Tiers", usual=True),
    "countries": Column("countries", "Assembled in", sort=lambda one: ", ".join(one.countries) or None),
}


def line(supplier, brand="Acme", value=None, countries=()):
    found = SimpleNamespace(
        submission=SimpleNamespace(public_id=supplier.casefold()),
        figures={"products": 1, "value": value},
        countries=countries,
    )
    return Shown(supplier, brand, found)


def names(asked, lines):
    return [one.supplier for one in State.read(MultiDict(asked), EVERY).apply(lines, EVERY, str)]


@given(
    columns=st.lists(st.sampled_from([*EVERY, "nonsense"])),
    sort=st.sampled_from(["", "supplier", "-brand", "completeness", "-completeness", "ladder", "nonsense", "--brand"]),
    texts=st.fixed_dictionaries({name: st.text(max_size=30) for name in ("q", "supplier", "brand", "country")}),
)
def test_an_address_written_anew_says_the_same(columns, sort, texts):
    asked = [*texts.items(), ("sort", sort), *(("column", one) for one in columns)]

    found = State.read(MultiDict(asked), EVERY)

    assert State.read(MultiDict(found.args()), EVERY) == found
    assert found.sort in ("", "supplier", "-brand", "completeness", "-completeness")
    assert set(found.columns) <= set(EVERY)


def test_the_usual_columns_are_not_spelled_out():
    asked = MultiDict([("column", "completeness"), ("column", "ladder")])

    assert State.read(asked, EVERY).args() == []
    assert [one.key for one in State().shown_columns(EVERY)] == ["completeness", "ladder"]


@given(values=st.lists(st.none() | st.fractions(0, 1), max_size=12), downward=st.booleans())
def test_what_is_unknown_stands_last_both_ways(values, downward):
    found = arranged(values, lambda value: value, downward=downward)

    known = [value for value in found if value is not None]
    assert found == known + [None] * values.count(None)
    assert known == sorted((value for value in values if value is not None), reverse=downward)


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ({}, ["North", "South", "East"]),
        ({"q": "sou"}, ["South"]),
        ({"q": "acme cn"}, ["North"]),
        ({"q": "nobody"}, []),
        ({"supplier": "east"}, ["East"]),
        ({"brand": "AC ME"}, ["North", "East"]),
        ({"country": "vn"}, ["South", "East"]),
        ({"sort": "completeness"}, ["South", "North", "East"]),
        ({"sort": "-completeness"}, ["North", "South", "East"]),
        ({"sort": "-supplier"}, ["South", "North", "East"]),
    ],
)
def test_filters_and_orders(asked, left):
    lines = [
        line("North", value=Fraction(2, 3), countries=("CN",)),
        line("South", "Other", Fraction(0), ("VN",)),
        line("East", value=None, countries=("VN",)),
    ]

    assert names(asked, lines) == left


def test_a_filter_of_yes_or_no_can_be_hung_in(monkeypatch):
    monkeypatch.setitem(state_module.FLAGS, "odd", ("Odd ones", lambda one: one.figures["value"] == 1))
    lines = [line("North", value=1), line("South", value=2)]

    assert names({"odd": "yes"}, lines) == ["North"]
    assert names({"odd": "no"}, lines) == ["North", "South"]
    assert State.read(MultiDict({"odd": "yes"}), EVERY).args() == [("odd", "yes")]

"""Statements in little memory come back as they were; a base kept in memory serves list after list as one list does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import factories
from framework.chain.matching.batch import Base, match
from framework.chain.matching.packed import Packed
from framework.ground.place_scores import statement

TEXT = st.text("ab1 公ü,-/", max_size=12)
STATEMENTS = st.builds(
    statement,
    TEXT,
    TEXT,
    local_name=st.sampled_from(["", "新宝光学有限公司", "株式会社ミナト"]),
    city=TEXT,
    country=st.sampled_from(["", "CN", "VN"]),
    ids=st.frozensets(st.tuples(st.sampled_from(["os", "cid"]), st.sampled_from(["A1", "B22"]))),
    kind=st.sampled_from(["", "mine"]),
    pin=st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
)


@given(st.lists(STATEMENTS, max_size=2))
def test_what_is_packed_comes_back(said):
    packed = Packed(said)
    assert len(packed) == len(said)
    assert list(packed) == said
    assert packed[-1:] == said[-1:]
    with pytest.raises(IndexError):
        packed[len(said)]


def test_a_base_in_memory_serves_several_lists_as_a_list_does():
    places = list(factories.base(400))
    numbers = factories.chosen(400, 100)
    rows = [one.place.said() for one in factories.queries([places[n] for n in numbers], numbers)]
    known = [one.said() for one in (*places, places[0])]
    base = Base(known)
    for some in (rows[:60], rows[60:], rows):
        once, kept = match(some, known), match(some, base)
        assert [(v.band, v.rule, v.site, v.asked) for v in kept.verdicts] == [
            (v.band, v.rule, v.site, v.asked) for v in once.verdicts
        ]
        assert kept.sites.of(len(some)) == kept.sites.of(len(some) + 400)

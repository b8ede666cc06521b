"""A list in a base of a million sites: the bars in full with the bars; else a small base, for what it does, never for how fast."""

from __future__ import annotations

import os
from itertools import islice

import pytest

from benchmarks import factories, million

IN_FULL = os.environ.get("HEFBOOM_BARS") == "1"
TIMES = ("s", "ms")
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("large")]


def test_a_list_is_recognised_in_a_base_and_nothing_is_tied_wrongly():
    result = million.run() if IN_FULL else million.run(5_000, 500)
    assert [one.what for one in result.figures if not one.passes and (IN_FULL or one.unit not in TIMES)] == []
    told = [text for name, text in result.facts.items() if name.startswith("rows, index")]
    assert len(told) == 2
    assert all("tied wrongly 0" in text and "taken for new 0" in text for text in told) or IN_FULL


def test_a_base_and_its_queries_are_always_the_same():
    places = list(islice(factories.base(300), 300))
    assert places == list(factories.base(300))
    assert len({(one.name, one.address, one.country) for one in places}) == 300
    numbers = factories.chosen(300, 100)
    asked = factories.queries([places[n] for n in numbers], numbers)
    assert asked == factories.queries([places[n] for n in numbers], numbers)
    decoys = [one for one in asked if one.truth is None]
    assert 15 <= len(decoys) <= 45
    by_number = dict(zip(numbers, asked, strict=True))
    for number, query in by_number.items():
        if query.truth is None:
            assert query.place.name == places[number].name
            assert query.place.address != places[number].address


def test_without_published_lists_every_site_is_invented(monkeypatch, tmp_path):
    monkeypatch.setenv("HEFBOOM_SITE_LISTS", str(tmp_path))
    factories._lists.cache_clear()
    try:
        places = list(factories.base(200))
    finally:
        factories._lists.cache_clear()
    assert len(places) == 200
    assert all(place.city for place in places)

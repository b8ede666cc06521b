"""The highest level that evidence allows: each row of the table, and what holds for all evidence."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.judging.evidence import (
    BY_BRAND,
    EXPIRED,
    NO_ACCESS,
    NO_END,
    NO_FILE,
    NOT_MATCHED,
    NOT_SIGNED,
    PARTIAL,
    VERIFICATION,
    VISIT,
    Audit,
    Check,
    Listing,
    Told,
    allows,
    ceiling,
)

ON = dt.date(2026, 12, 3)
FULL = Audit("rba_vap", "initial", ON, has_file=True)
SIGNED = Told(is_signed=True)


@pytest.mark.parametrize(
    ("told", "level", "reason"),
    [
        (Told(is_signed=False), "E0", NOT_SIGNED),
        (SIGNED, "E1", ""),
        (replace(SIGNED, listings=[Listing("RMAP", is_matched=True)]), "E2", ""),
        (replace(SIGNED, listings=[Listing("RMAP", is_matched=False)]), "E1", NOT_MATCHED),
        (replace(SIGNED, audits=[FULL]), "E3", ""),
        (replace(SIGNED, audits=[replace(FULL, valid_until=ON - dt.timedelta(1))]), "E2", EXPIRED),
        (replace(SIGNED, audits=[replace(FULL, valid_until=None)]), "E2", NO_END),
        (replace(SIGNED, audits=[replace(FULL, type_="cma_ama")]), "E2", PARTIAL),
        (replace(SIGNED, audits=[replace(FULL, scheme="brand_own")]), "E1", BY_BRAND),
        (replace(SIGNED, audits=[replace(FULL, has_file=False)]), "E1", NO_FILE),
        (replace(SIGNED, checks=[Check(VERIFICATION, confirms=True, had_access=True)]), "E4", ""),
        (replace(SIGNED, checks=[Check(VISIT, confirms=True, had_access=False)]), "E1", NO_ACCESS),
    ],
)
def test_what_each_kind_of_evidence_allows(told: Told, level: str, reason: str) -> None:
    found = ceiling([told], ON)
    assert found.level == level
    assert {one.reason for one in found.places[0]} >= {reason}


def test_a_claim_without_a_place_allows_nothing() -> None:
    assert ceiling([], ON).level == "E0"


def test_a_claim_of_two_places_has_the_lower_of_their_levels() -> None:
    assert ceiling([replace(SIGNED, audits=[FULL]), SIGNED], ON).level == "E1"


def test_only_levels_up_to_the_ceiling_may_be_given() -> None:
    found = ceiling([replace(SIGNED, listings=[Listing("RMAP", is_matched=True)])], ON)
    assert [level for level in ("E0", "E1", "E2", "E3", "E4", "E5", "") if allows(found, level)] == ["E0", "E1", "E2"]


audits = st.builds(
    Audit,
    st.sampled_from(["rba_vap", "sa8000", "brand_own"]),
    st.sampled_from(["initial", "cma_ama"]),
    st.none() | st.dates(dt.date(2025, 1, 1), dt.date(2028, 1, 1)),
    st.booleans(),
)
told = st.builds(
    Told,
    st.booleans(),
    st.lists(audits, max_size=3),
    st.lists(st.builds(Listing, st.just("RMAP"), st.booleans()), max_size=2),
    st.lists(st.builds(Check, st.sampled_from([VERIFICATION, VISIT]), st.booleans(), st.booleans()), max_size=2),
)


@given(st.lists(told, min_size=1, max_size=4), audits, st.dates(dt.date(2025, 1, 1), dt.date(2028, 1, 1)))
def test_more_evidence_never_allows_less_and_more_places_never_more(
    places: list[Told], more: Audit, on: dt.date
) -> None:
    found = ceiling(places, on)
    first, *others = places
    assert ceiling([replace(first, audits=[*first.audits, more]), *others], on).level >= found.level
    assert ceiling([*places, SIGNED], on).level <= found.level
    assert len(found.places) == len(places)


@given(st.lists(told, min_size=1, max_size=3), st.dates(dt.date(2025, 1, 1), dt.date(2027, 1, 1)), st.integers(1, 400))
def test_time_alone_only_lowers(places: list[Told], on: dt.date, days: int) -> None:
    assert ceiling(places, on + dt.timedelta(days)).level <= ceiling(places, on).level

"""What differs between two versions: after matching, whatever their form."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.disclosure import differences, site_candidates
from framework.disclosure.columns import LINKS, SITES
from framework.disclosure.differences import compare
from framework.ground.codelists import country_by_name

APPLE = Path("../shared/data/sites/apple_suppliers_2012_2022.csv")
NAMES = ("Lakeside", "Harbour", "Jinlong", "Voltara", "Nordlicht", "Pinewood", "Sungrove", "Redstone")


def site(number, **values):
    name = f"{NAMES[number % len(NAMES)]} Electronics {chr(97 + number)}x Co., Ltd."
    line = f"{number + 11} {NAMES[(number * 3 + 1) % len(NAMES)]} Road, Block {chr(65 + number)}"
    plain = {
        "site_ref": f"S{number}",
        "site_legal_name": name,
        "address_line": line,
        "city": "Kunshan",
        "country": "CN",
    }
    return plain | values


def records(*rows, **sheets):
    tables = {SITES: list(rows)} | sheets
    return {name: [{"row": i + 2, "values": row, "found": {}} for i, row in enumerate(t)] for name, t in tables.items()}


def kinds(before, after):
    return dict(compare(before, after).counts())


def reworded(row):
    """The same site in other words and in another column order of its address."""
    name, line = row["site_legal_name"], row["address_line"]
    return row | {
        "site_legal_name": name.upper().replace("CO., LTD.", "Company  Limited"),
        "address_line": ", ".join(reversed(line.replace("Road", "Rd.").split(", "))).lower(),
    }


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 20), st.randoms(use_true_random=False))
def test_reformatting_and_shuffling_is_no_difference(size, chance):
    rows = [site(n) for n in range(size)]
    other = [reworded(row) for row in rows]
    chance.shuffle(other)

    found = compare(records(*rows), records(*other))

    assert (found.found, found.unchanged) == ((), size)


@settings(max_examples=20, deadline=None)
@given(st.sets(st.integers(0, 19)), st.sets(st.integers(0, 19)))
def test_what_is_removed_has_gone_and_what_is_new_was_added(before, after):
    old, new = (records(*(site(n) for n in sorted(numbers))) for numbers in (before, after))

    there, back = compare(old, new), compare(new, old)

    assert len(there.of(SITES, "gone")) == len(back.of(SITES, "added"))
    if before >= after or after >= before:
        assert there.counts().total() == len(before ^ after)
        assert [d.before["values"]["site_ref"] for d in there.of(SITES, "gone")] == [
            f"S{n}" for n in sorted(before - after)
        ]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"address_line": "900 Entirely Elsewhere Avenue", "city": "Chengdu"}, "moved"),
        ({"site_legal_name": "Brightwater Assembly"}, "renamed"),
        ({"address_line": None}, "less_precise"),
        ({"workers_total": 40}, "changed"),
    ],
)
def test_a_site_keeps_its_identity_and_says_what_became_of_it(values, kind):
    assert kinds(records(site(1), site(2)), records(site(2), site(1, **values))) == {kind: 1}


def test_a_zone_somewhere_else_is_a_move_and_no_loss_of_precision():
    old = site(1, address_line="168 Daqiao Road", city="Shanghai")
    new = site(1, address_line="Kai Sheng Industrial Zone", city="Yancheng")

    assert kinds(records(old), records(new)) == {"moved": 1}


def test_like_names_in_one_region_are_not_one_site():
    old, new = (
        site(1, site_legal_name=name, address_line=None, city=None, region="Jiangsu")
        for name in ("Advanced Semiconductor Engineering", "ON Semiconductor Corporation")
    )

    assert kinds(records(old), records(new)) == {"gone": 1, "added": 1}


def test_plants_of_one_company_in_one_street_are_told_apart_by_their_numbers():
    one, two = (site(1, address_line=f"{n} Harbour Road") for n in (11, 33))

    found = compare(records(one, two), records(two | {"workers_total": 5}, one))

    assert [d.before["values"]["address_line"] for d in found.of(SITES, "changed")] == ["33 Harbour Road"]
    assert found.counts().total() == 1


def test_renumbered_site_refs_change_no_link():
    links = [{"product_ref": "P", "component_ref": "C", "site_ref": f"S{n}"} for n in (1, 2)]
    again = [{"product_ref": "P", "component_ref": "C", "site_ref": f"T{n}"} for n in (1, 2)]
    base = {"1_products": [{"product_ref": "P"}], "2_components": [{"component_ref": "C", "product_ref": "P"}]}
    old = records(site(1), site(2), **base, **{LINKS: links})
    new = records(site(1, site_ref="T1"), site(2, site_ref="T2"), **base, **{LINKS: again})

    assert compare(old, new).found == ()


def test_answers_and_organisations_of_other_formats_are_compared_too():
    def declared(value, rows=()):
        answers = [{"question": "added", "subject": "tin", "value": value, "cell": "D26"}]
        return records(answers=answers, organisations=list(rows))

    changed = compare(declared("yes"), declared("no"))
    added = compare(declared("yes"), declared("yes", [{"organisation_name": "Acme"}]))

    assert [(one.sheet, one.kind) for one in changed.found] == [("answers", "changed")]
    assert [(one.sheet, one.kind) for one in added.found] == [("organisations", "added")]
    assert compare(declared("yes"), declared("yes")).found == ()


def test_versions_too_large_to_compare_in_time_say_so_instead_of_nothing_changed(monkeypatch):
    monkeypatch.setattr(differences, "MOST_SITES", 2)

    small = compare(records(site(1), site(2)), records(site(1)))
    large = compare(records(site(1)), records(site(1), site(2), site(3)))

    assert not small.too_many
    assert (large.too_many, large.found, large.unchanged) == (True, (), 0)


def apple(year):
    with APPLE.open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["year"] == str(year)]
    return [
        {
            "site_legal_name": row["supplier_name"],
            "address_line": row["supplier_address"],
            "country": country_by_name(row["country"]) or row["country"],
        }
        for row in rows
    ]


@pytest.mark.skipif(not APPLE.exists(), reason="the published lists are not on this machine")
@pytest.mark.parametrize("year", [2012, 2013, 2014, 2015, 2016, 2017, 2020, 2021])
def test_most_sites_of_consecutive_published_lists_are_recognised(year):
    before, after = apple(year), apple(year + 1)
    lines = {tuple(row.values()) for row in before}
    naive = sum(tuple(row.values()) not in lines for row in after)

    found = compare(records(*before), records(*after))

    counts = found.counts()
    assert counts["added"] < 0.5 * len(after)
    assert counts["added"] <= naive
    assert len(after) == found.unchanged + counts.total() - counts["gone"]


KNOWN = {
    2012: (297, 297),
    2013: (217, 174),
    2014: (125, 143),
    2015: (127, 118),
    2016: (168, 177),
    2017: (125, 156),
    2020: (79, 214),
    2021: (206, 171),
}
"""Gone and added between the list of a year and the next: no more than these."""


@pytest.mark.skipif(not APPLE.exists(), reason="the published lists are not on this machine")
@pytest.mark.parametrize(("year", "known"), KNOWN.items())
def test_no_fewer_sites_of_the_published_lists_are_recognised_than_ever(year, known):
    counts = compare(records(*apple(year)), records(*apple(year + 1))).counts()

    assert counts["gone"] <= known[0]
    assert counts["added"] <= known[1]


@pytest.mark.parametrize("lost", ["before", "after"])
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"site_legal_name": "Harbor Electronic bx"},
        {"address_line": "900 Entirely Elsewhere Avenue", "city": "Chengdu"},
        {"site_legal_name": "Brightwater Assembly"},
    ],
)
def test_a_site_without_a_country_is_looked_for_in_all_countries(lost, values):
    others = [site(n, country="VN") for n in range(5, 9)]
    old, new = site(1), site(1, **values)
    (old if lost == "before" else new)["country"] = None

    found = compare(records(old, *others), records(*others, new))

    assert found.counts().total() == 1
    assert {"gone", "added"}.isdisjoint(found.counts())


def test_the_country_in_an_address_is_its_country():
    rows = [site(n) for n in range(4)]
    told = [row | {"country": None, "address_line": f"{row['address_line']}, Kunshan, China"} for row in rows]

    found = compare(records(*rows), records(*told))

    assert {"gone", "added", "moved"}.isdisjoint(found.counts())


def test_sites_of_two_countries_are_two_sites():
    old, new = site(1, address_line="11 Harbour Road", city=None), site(1, address_line="11 Harbour Road", city=None)

    assert kinds(records(old), records(new | {"country": "VN"})) == {"gone": 1, "added": 1}


def test_the_pairs_that_are_looked_at_are_bounded_and_the_rarest_words_go_first(monkeypatch):
    monkeypatch.setattr(site_candidates, "MOST_PAIRS", 10)
    few, many = ([1], [1, 2]), ([1, 2, 3], [4, 5, 6])

    assert site_candidates.affordable([many, few, many, few]) == [few, few]
    assert site_candidates.affordable([many]) == [many]


def test_doubled_rows_that_change_places_are_no_difference():
    link = {"product_ref": "P", "component_ref": "C", "site_ref": "S1"}
    base = {"1_products": [{"product_ref": "P"}], "2_components": [{"component_ref": "C", "product_ref": "P"}]}
    twins = [site(1), site(1, site_ref="S2")]

    found = compare(records(*twins, **base, **{LINKS: [link]}), records(*reversed(twins), **base, **{LINKS: [link]}))

    assert found.found == ()

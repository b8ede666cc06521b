"""Each cross-check fires on what contradicts, keeps quiet on what does not, and does not care about the order of rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.chain.contradictions.catalogue import kinds
from framework.chain.contradictions.checks import CHECKS, found_by
from framework.chain.contradictions.facts import (
    Earlier,
    Facts,
    Making,
    Model,
    Part,
    Party,
    Place,
    Proof,
    Smelting,
    Stated,
)
from framework.chain.contradictions.found import key_of
from framework.ground.generated import contradictions_table

DAY = dt.date(2026, 6, 30)
OLD, NEW = dt.date(2025, 1, 1), dt.date(2027, 1, 1)
FA = "final_assembly"
NORTH, SOUTH, MAKER = 1, 2, 3


def parties():
    return {
        NORTH: Party(NORTH, "north", "reseller", DAY, frozenset({"northern it", "acme"}), 101),
        SOUTH: Party(SOUTH, "south", "reseller", DAY, frozenset({"southern it", "acme"}), 201),
        MAKER: Party(MAKER, "maker", "brand", DAY, frozenset({"acme"}), 301),
    }


def place(number, submission=NORTH, **values):
    known = {"site": number, "name": "Lakeside Ltd", "address": "58 First Avenue", "city": "Kunshan", "country": "CN"}
    return Place(number, submission, submission * 1000 + number, key=f"k{number}", **known | values)


def model(number=1, submission=NORTH, **values):
    known = {"lot": 1, "ref": f"P{number}", "brand": "Acme", "name": f"Book {number}", "category": "laptop"}
    return Model(number, submission, submission * 1000 + 500 + number, **known | values)


def making(place_number, model_number=1, submission=NORTH, part=1, **values):
    return Making(submission, submission * 1000 + 700 + place_number, model_number, part, place_number, **values)


def proof(place_number, submission=NORTH, **values):
    known = {"scheme": "rba_vap", "date": dt.date(2025, 3, 1), "until": NEW, "body": "Auditors"}
    return Proof(submission, submission * 1000 + 900 + place_number, place_number, **known | values)


def facts(**values):
    return Facts(parties=parties(), **values)


def codes(found_in):
    return [one.code for check in CHECKS.values() for one in found_by(check, found_in)]


TWO = {"places": (place(1, site=9), place(2, SOUTH, site=9, address="60 First Avenue"))}
MADE = {"models": (model(),), "parts": (Part(1, 1, "P1-FA", FA),)}
BOTH_PLACES = (place(1, site=9), place(2, SOUTH, site=9))
EARLIER = Earlier(77, "Laptops 2022", (place(5, 77, site=5, name="Redstone Battery", address="7 Mill Lane"),))
MANY = Earlier(77, "Laptops 2022", tuple(place(n, 77, site=n, name=f"Maker {n}") for n in range(10, 16)))


FIRES = {
    "house numbers of one site": ("site-two-addresses", TWO),
    "streets of one site": (
        "site-two-addresses",
        {"places": (place(1, site=9), place(2, site=9, address="58 Dragonfly Road"))},
    ),
    "brand names other sites": (
        "brand-list-lacks-site",
        MADE | {"places": (place(1), place(2, MAKER, name="Harbour Ltd")), "makings": (making(1),)},
    ),
    "shares of one component": (
        "shares-above-100",
        MADE
        | {
            "places": (place(1), place(2)),
            "makings": (making(1, share=Decimal(70)), making(2, share=Decimal("30.5"))),
        },
    ),
    "last audit over": ("audit-expired", {"places": (place(1),), "proofs": (proof(1, until=OLD),)}),
    "one number, two sites": (
        "audit-at-other-site",
        {
            "places": (place(1), place(2, SOUTH)),
            "proofs": (proof(1, reference="VAP-20251"), proof(2, SOUTH, reference="vap-20251")),
        },
    ),
    "one report, two sites": (
        "audit-at-other-site",
        {"places": (place(1), place(2)), "proofs": (proof(1, report="report.pdf"), proof(2, report="Report.pdf"))},
    ),
    "two ends of one audit": (
        "audit-dates-differ",
        {"places": BOTH_PLACES, "proofs": (proof(1), proof(2, SOUTH, until=dt.date(2028, 1, 1)))},
    ),
    "certificate of a site without link": (
        "certificate-without-link",
        MADE | {"places": (place(1), place(2)), "makings": (making(1),), "proofs": (proof(2),)},
    ),
    "address ends abroad": ("country-against-address", {"places": (place(1, address="58 First Avenue, Vietnam"),)}),
    "made elsewhere": (
        "country-against-assembly",
        {
            "models": (model(country="CZ"),),
            "parts": (Part(1, 1, "P1-FA", FA),),
            "places": (place(1),),
            "makings": (making(1),),
        },
    ),
    "site of the last round": ("site-gone", {"places": (place(1),), "earlier": {NORTH: EARLIER}}),
    "most sites of the last round": ("sites-gone", {"places": (place(1),), "earlier": {NORTH: MANY}}),
    "street no longer told": (
        "less-precise",
        {
            "places": (place(1, site=None, name="Redstone Battery", address="", precision="city"), place(2)),
            "earlier": {NORTH: Earlier(77, "L", (*EARLIER.places, place(2, 77), place(3, 77, site=2)))},
        },
    ),
    "no street told in the whole list": (
        "less-precise-list",
        {
            "places": tuple(place(n, site=None, name=f"Maker {n}", precision="region") for n in range(10, 16)),
            "earlier": {NORTH: MANY},
        },
    ),
    "nobody assembles": ("no-final-assembly", MADE),
    "assembly ended": ("no-final-assembly", MADE | {"places": (place(1),), "makings": (making(1, until=OLD),)}),
    "threefold workers": (
        "workers-differ",
        {"places": (place(1, site=9, workers=(900, 1000)), place(2, SOUTH, site=9, workers=(3000, 3000)))},
    ),
    "smelter dropped": (
        "smelter-not-listed",
        {"smeltings": (Smelting(NORTH, 1, None, "CID000001", "Example Tin"),), "ended": {"CID000001": OLD}},
    ),
    "data of long ago": ("data-old", {"stated": (Stated(NORTH, 101, "Acme", dt.date(2024, 6, 29)),)}),
    "links of long ago": (
        "rows-old",
        MADE | {"places": (place(1),), "makings": (making(1, confirmed=dt.date(2024, 6, 29)),)},
    ),
}

QUIET = {
    "one address in two spellings": {
        "places": (place(1, site=9), place(2, SOUTH, site=9, address="No. 58 First Ave., Kunshan"))
    },
    "two addresses of two sites": {"places": (place(1), place(2, SOUTH, address="60 First Avenue"))},
    "a rough description": {"places": (place(1, site=9), place(2, site=9, address="", precision="city"))},
    "brand names the site": MADE | {"places": (place(1, site=9), place(2, MAKER, site=9)), "makings": (making(1),)},
    "brand names it roughly": MADE
    | {"places": (place(1), place(2, MAKER, site=None, precision="city")), "makings": (making(1),)},
    "brand of another name": MADE
    | {
        "models": (model(brand="Other"),),
        "places": (place(1), place(2, MAKER, name="Harbour")),
        "makings": (making(1),),
    },
    "shares of the whole": MADE
    | {
        "places": (place(1), place(2)),
        "makings": (making(1, share=Decimal("66.67")), making(2, share=Decimal("33.33"))),
    },
    "a share that ended": MADE
    | {
        "places": (place(1), place(2)),
        "makings": (making(1, share=Decimal(70)), making(2, share=Decimal(60), until=OLD)),
    },
    "audit until the very day": {"places": (place(1),), "proofs": (proof(1, until=DAY),)},
    "a newer audit beside it": {"places": (place(1),), "proofs": (proof(1, date=OLD, until=OLD), proof(1))},
    "an audit without end": {"places": (place(1),), "proofs": (proof(1, until=None),)},
    "short keys of two suppliers": {
        "places": (place(1), place(2, SOUTH)),
        "proofs": (proof(1, reference="AUD-1"), proof(2, SOUTH, reference="AUD-1")),
    },
    "one report at one site": {
        "places": BOTH_PLACES,
        "proofs": (proof(1, report="report.pdf"), proof(2, report="report.pdf")),
    },
    "mainland and its regions": {"places": (place(1, address="58 First Avenue, Hong Kong"),)},
    "one of two assembly countries": {
        "models": (model(country="VN"),),
        "parts": (Part(1, 1, "P1-FA", FA),),
        "places": (place(1), place(2, country="VN")),
        "makings": (making(1), making(2)),
    },
    "named again by another name of the row": {
        "places": (place(5, name="Redstone Energy"),),
        "earlier": {NORTH: EARLIER},
    },
    "a reason for no assembly": {"models": (model(),), "parts": (Part(1, 1, "P1-FA", FA, "trade_secret"),)},
    "ranges that are near": {
        "places": (place(1, site=9, workers=(900, 1100)), place(2, SOUTH, site=9, workers=(3000, 3200)))
    },
    "two rows of one supplier": {
        "places": (place(1, site=9, workers=(100, 100)), place(2, site=9, workers=(900, 900)))
    },
    "no list of smelters": {"smeltings": (Smelting(NORTH, 1, None, "CID000001", "Example Tin"),), "ended": None},
    "a smelter that is listed": {"smeltings": (Smelting(NORTH, 1, None, "CID000001", "Example Tin"),), "ended": {}},
    "data of the very day": {"stated": (Stated(NORTH, 101, "Acme", dt.date(2024, 6, 30)),)},
    "data without date": {"stated": (Stated(NORTH, 101, "Acme", None),)},
    "nothing at all": {},
}


@pytest.mark.parametrize("name", FIRES)
def test_a_check_fires(name):
    code, values = FIRES[name]

    found = codes(facts(**values))

    assert code in found, found


@pytest.mark.parametrize("name", QUIET)
def test_a_check_keeps_quiet(name):
    assert codes(facts(**QUIET[name])) == []


def test_every_kind_of_the_catalogue_fires_in_some_case():
    assert {code for code, _values in FIRES.values()} == set(kinds()) == {code for some in CHECKS for code in some}


def test_a_question_needs_nothing_but_what_its_own_row_says():
    for name, (_code, values) in FIRES.items():
        for check in CHECKS.values():
            for one in found_by(check, facts(**values)):
                kinds()[one.code].sentence % one.params
                for said in one.said:
                    if said.is_asked:
                        assert kinds()[one.code].question % said.says, name


def test_worth_counts_each_category_and_tier_once_and_never_adds_units():
    models = (model(1), model(2), model(3, tier="power"), model(4, category="monitor"), model(5, lot=2))
    pooled = {(1, "laptop", ""): 100, (1, "laptop", "power"): 40, (2, "laptop", ""): 7}.get
    here = facts(models=models, units={1: "piece", 2: "set"}, pooled=lambda *group: pooled(group))

    assert here.worth([1, 2]) == 100
    assert here.worth([3]) == 40
    assert here.worth([1, 3]) == 100, "a tier is part of its whole category"
    assert here.worth([4]) is None
    assert here.worth([1, 5]) is None
    assert here.worth([]) is None


WHOLE = Facts(
    parties=parties(),
    places=tuple(
        replace(one, id=number * 100 + one.id, site=one.site and number * 100 + one.site, key=f"{number} {one.key}")
        for number, (_code, values) in enumerate(FIRES.values())
        for one in values.get("places", ())
    ),
    proofs=tuple(
        replace(one, place=number * 100 + one.place)
        for number, (_code, values) in enumerate(FIRES.values())
        for one in values.get("proofs", ())
    ),
    models=(model(),),
    parts=(Part(1, 1, "P1-FA", FA),),
    makings=tuple(
        replace(one, place=number * 100 + one.place)
        for number, (_code, values) in enumerate(FIRES.values())
        for one in values.get("makings", ())
    ),
    smeltings=tuple(Smelting(NORTH, n, None, "CID000001", f"Tin {n}") for n in range(4)),
    ended={"CID000001": OLD},
    earlier={NORTH: MANY},
)


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(random):
    shuffled = {
        name: tuple(random.sample(getattr(WHOLE, name), len(getattr(WHOLE, name))))
        for name in ("places", "proofs", "makings", "smeltings", "models", "parts")
    }

    found = [[*found_by(check, replace(WHOLE, **shuffled))] for check in CHECKS.values()]

    assert found == [[*found_by(check, WHOLE)] for check in CHECKS.values()]


@given(st.lists(st.text(), min_size=1), st.randoms(use_true_random=False))
def test_a_key_depends_on_what_it_is_about_and_on_nothing_else(about, random):
    assert key_of("x", about) == key_of("x", random.sample(about, len(about)))
    assert key_of("x", about) != key_of("y", about) != key_of("y", [*about, "more"])


def test_the_page_holds_the_table_of_the_catalogue():
    page = (Path(__file__).resolve().parents[3] / "docs" / "contradictions.md").read_text(encoding="utf-8")

    assert page.endswith(f"-->\n{contradictions_table()}\n")

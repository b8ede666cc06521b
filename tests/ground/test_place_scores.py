"""How alike two statements are: the worked pairs, symmetry, what can never raise a score, every guard fires."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.ground.place_scores import CAP, Guard, distance_km, likeness, statement

WORDS = st.lists(
    st.sampled_from(
        ["xinbo", "optical", "Luoshan", "harbour", "Kunshan", "Mercury", "plant", "zone", "北京", "12", "7b"]
    ),
    max_size=6,
).map(" ".join)
STATEMENTS = st.builds(
    lambda name, address, city, country: statement(name, address, city=city, country=country),
    WORDS,
    WORDS,
    st.sampled_from(["", "Gumi", "Kunshan"]),
    st.sampled_from(["", "CN", "VN", "TW"]),
)


def compared(one, other, country="CN"):
    return likeness(statement(*one, country=country), statement(*other, country=country))


WORKED = [
    (
        ("Xin Bo Optical Co., Ltd.", "No. 18 Luoshan Rd., Kunshan, Jiangsu"),
        ("XINBO OPTICAL COMPANY LIMITED", "18 Luoshan Road, Kunshan, Jiangsu"),
        (100, 100, 100),
        set(),
    ),
    (
        ("Xinbo Optical", "No. 33 Honghai North Road, Huai'an, Jiangsu"),
        ("Xinbo Optical", "No. 11 Honghai North Rd, Huaian, Jiangsu"),
        (100, 94.4, CAP),
        {Guard.NUMBERS},
    ),
    (
        ("Xinbo Optical Unit 1", "18 Luoshan Road, Kunshan"),
        ("Xinbo Optical Unit 2", "18 Luoshan Road, Kunshan"),
        (95, 100, CAP),
        {Guard.UNITS},
    ),
    (
        ("Xinbo Optical Vietnam", "Yen Phong I Industrial Zone, Bac Ninh"),
        ("Xinbo Optical Vietnam", "Yen Phong I IZ, Bac Ninh"),
        (100, 100, 100),
        {Guard.COARSE},
    ),
    (
        ("Lakeside Refining", "Plot 21, Sector 25, Korangi, Karachi"),
        ("Lakeside Refining (Pvt) Ltd", "Plot No. 21 Sector 25 Korangi Karachi 74900"),
        (100, 100, 100),
        set(),
    ),
    (
        ("M e r c u r y O p tics", "7 Harbour Street, Gumi"),
        ("Mercury Optics", "7 Harbour Street, Gumi"),
        (100, 100, 100),
        set(),
    ),
    (
        ("Mercury Optics Plant II", "7 Harbour Street, Gumi"),
        ("Mercury Optics Plant 2", "7 Harbour Street, Gumi"),
        (93.3, 100, 96.7),
        set(),
    ),
    (
        ("Mercury Optics", "54A Harbour Street, Gumi"),
        ("Mercury Optics", "54-B Harbour Street, Gumi"),
        (100, 95.8, CAP),
        {Guard.NUMBERS, Guard.WORDS},
    ),
]


@pytest.mark.parametrize(("one", "other", "parts", "guards"), WORKED)
def test_worked_pairs_have_their_parts_and_guards(one, other, parts, guards):
    found = compared(one, other)
    assert (found.name, found.address, found.score) == pytest.approx(parts, abs=0.06)
    assert set(found.guards) == guards


@pytest.mark.parametrize(
    ("guard", "one", "other"),
    [
        (Guard.NUMBER_MISSING, {"address": "7 Harbour Street"}, {"address": "Harbour Street"}),
        (Guard.COUNTRY, {"country": "CN"}, {"country": "VN"}),
        (Guard.COUNTRY, {"address": "7 Harbour Street, Hanoi, Vietnam"}, {"country": "CN"}),
        (Guard.OTHER_PLANT, {"address": "18 Luoshan Road"}, {"address": "Block 7 Shiyan Street"}),
        (Guard.OTHER_COMPANY, {"name": "Xinbo Optical"}, {"name": "Redstone Battery"}),
        (Guard.PINS, {"pin": (31.2, 121.4)}, {"pin": (22.5, 114.0)}),
        (Guard.PINS, {"pin": (0.0, 0.0)}, {"pin": (0.0, 0.0)}),
        (Guard.TWO_IDS, {"ids": frozenset({("os", "CN1")})}, {"ids": frozenset({("os", "CN2")})}),
        (
            Guard.ID_AGAINST_WORDS,
            {"ids": frozenset({("os", "CN1")}), "name": "Redstone", "address": "3 Mill Lane"},
            {"ids": frozenset({("os", "CN1")})},
        ),
        (Guard.KIND, {"kind": "office"}, {"kind": "factory"}),
        (Guard.WORDS, {"address": "7 Harbour North Road"}, {"address": "7 Harbour South Road"}),
        (Guard.WORDS, {"address": "7 Tengfei Road"}, {"address": "7 Luoshan Road"}),
        (Guard.WORDS, {"address": "7 Harbour Road, Zone A"}, {"address": "7 Harbour Road, Zone B"}),
        (Guard.WORDS, {"name": "Mercury Display"}, {"name": "Mercury Battery"}),
        (Guard.WORDS, {"name": "QLG Optical Castings"}, {"name": "VY Optical Castings"}),
        (
            Guard.WORDS,
            {"address": "7 Minchang Road, Minxi Town, Miangsu"},
            {"address": "7 Baisheng Road, Minxi Town, Miangsu"},
        ),
    ],
)
def test_every_guard_fires(guard, one, other):
    plain = {"name": "Mercury Optics", "address": "7 Harbour Street", "city": "Gumi", "country": "CN"}
    assert guard in likeness(statement(**plain | one), statement(**plain | other)).guards
    assert guard not in likeness(statement(**plain), statement(**plain)).guards


def test_equal_names_in_their_own_script_are_evidence_of_their_own():
    found = compared(("鸿海精密工业股份有限公司", "7 Harbour Street"), ("Hon Hai (鸿海精密工业)", "7 Harbour Street"))
    assert found.name == 100


def test_a_brand_is_no_other_company_than_one_that_begins_with_its_name():
    place, company = "7 Harbour Street, Gumi", "Lakeside Electronics Kunshan"
    brand = compared(("Lakeside", place), (company, place))
    assert (brand.name_set, brand.guards) == (70, frozenset())
    assert brand.name < 60, "no tie by itself"
    for word in ("Electronics", "Lakes", "La"):
        assert Guard.OTHER_COMPANY in compared((word, place), (company, place)).guards


@given(STATEMENTS, STATEMENTS)
def test_the_order_of_a_pair_makes_no_difference(one, other):
    assert likeness(one, other) == likeness(other, one)


@given(STATEMENTS)
def test_a_statement_is_wholly_like_itself(one):
    found = likeness(one, one)
    assert not found.guards & {Guard.NUMBERS, Guard.UNITS, Guard.TWO_IDS, Guard.WORDS, Guard.KIND}
    assert found.name == (100 if one.names else 0)


@given(WORDS, WORDS)
def test_order_of_words_case_and_legal_forms_change_nothing(name, address):
    one = statement(f"{name} Optica", f"12 {address}", country="CN")
    turned = " ".join(reversed(name.split()))
    other = statement(f"Optica {turned}".upper() + " GmbH", f"12 {address}".upper(), country="CN")
    if one.units == other.units:
        assert likeness(one, other).name == 100


@given(STATEMENTS, st.integers(1000, 4999))
def test_numbers_that_contradict_never_raise_the_score(one, number):
    plain = statement(one.name, f"99 {one.address}", country=one.country)
    other = statement(one.name, f"{number} {one.address}", country=one.country)
    assert likeness(plain, other).score <= likeness(plain, plain).score
    assert likeness(plain, other).score <= CAP


def test_distance_is_along_the_surface():
    assert distance_km((52.37, 4.9), (59.33, 18.07)) == pytest.approx(1127, rel=0.01)

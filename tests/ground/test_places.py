"""Names and addresses made comparable, their precision, and the key of a mention."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.ground import places
from framework.ground.address_country import country_in_address
from framework.ground.place_scores import statement
from framework.ground.places import (
    Precision,
    address_numbers,
    is_po_box,
    normalise_address,
    normalise_name,
    precision,
    several_addresses,
    split_aliases,
    unit_markers,
)

SITES = Path(__file__).resolve().parents[3] / "shared" / "data" / "sites"
WORDS = st.lists(st.from_regex(r"[a-z]{2,8}|[0-9]{1,4}", fullmatch=True), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Hon Hai Precision Industry Co., Ltd.", "hon hai precision industry"),
        ("S.p.A. Ottica Lago", "ottica lago"),
        ("Công ty TNHH Quang Học Xanh", "quang hoc xanh"),
        ("Lakeside Metals (Pvt.) Ltd. Unit-7", "lakeside metals unit 7"),
        ("Co., Ltd.", "co ltd"),
        ("Foo S.A. de C.V.", "foo"),
        ("Bar Sp. z o.o.", "bar"),
        ("AB Lampa", "lampa"),
        ("Xinbo GmbH & Co. KG", "xinbo"),
        ("ООО Завод", "zavod"),
        ("株式会社東芝", "dong zhi"),
        ("昆山光学有限公司", "kun shan guang xue"),
        ("Huai’an Optical", "huaian optical"),
        ("", ""),
    ],
)
def test_names_lose_case_script_and_legal_form(text: str, normal: str) -> None:
    assert normalise_name(text) == normal


@given(st.text(max_size=60))
def test_normalising_a_name_twice_changes_nothing(text: str) -> None:
    once = normalise_name(text)

    assert normalise_name(once) == once
    assert once.isascii()


@given(st.text(max_size=60))
def test_normalising_an_address_twice_changes_nothing(text: str) -> None:
    once = normalise_address(text)

    assert normalise_address(once) == once


@given(WORDS, st.sampled_from([" ", "  ", ", ", " - ", ". ", "\t", " / "]))
def test_case_blanks_and_punctuation_do_not_matter(words: list[str], between: str) -> None:
    plain, dressed = " ".join(words), between.join(words).upper()

    assert normalise_name(dressed) == normalise_name(plain)
    assert normalise_address(dressed) == normalise_address(plain)


@pytest.mark.parametrize(
    ("text", "country", "normal"),
    [
        ("No. 18 Luoshan Rd., Kunshan, Jiangsu", "", "18 luoshan road kunshan jiangsu"),
        ("58 First Ave, Kunshan, People’s Republic Of China", "CN", "58 first avenue kunshan"),
        ("1 Main St, Austin, U.S.A.", "US", "1 main street austin"),
        ("Yen Phong I IZ, Bac Ninh", "", "yen phong i industrial zone bac ninh"),
        ("KCN Yên Phong, Bắc Ninh, Việt Nam", "VN", "industrial zone yen phong bac ninh"),
        ("11650Katunayake", "", "11650 katunayake"),
        ("江苏省昆山市洛山路18号", "CN", "jiang su sheng kun shan shi luo shan road 18"),
    ],
)
def test_addresses_lose_abbreviations_and_their_country(text: str, country: str, normal: str) -> None:
    assert normalise_address(text, country) == normal


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Plot #54A Sector28, Korangi", {"54a", "28"}),
        ("B-12/3 Harbour St.", {"b12", "3"}),
        ("7 km off 22 km Ferozpur Road", {"7", "22"}),
        ("54-B Harbour Street", {"54b"}),
        ("No. 007 Road, Karachi 74900", {"7"}),
        ("12455 Research Blvd, Austin", {"12455"}),
        ("71400 Autun", set()),
        ("Jiangsu", set()),
    ],
)
def test_house_and_plot_numbers_are_found_and_postcodes_are_not(text: str, numbers: set[str]) -> None:
    assert address_numbers(text) == numbers


@pytest.mark.parametrize(
    ("name", "markers"),
    [
        ("Mercury Optics Plant II", {"2"}),
        ("Mercury Optics Plant 2", {"2"}),
        ("Lakeside Metals Ltd. Unit-7", {"7"}),
        ("Vitamin V Works", set()),
        ("Xinbo Optical III", {"3"}),
        ("Xinbo Optical II Co., Ltd.", {"2"}),
    ],
)
def test_units_of_a_company_are_told_apart(name: str, markers: set[str]) -> None:
    assert unit_markers(name) == markers


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Garuda International a/k/a Zhen Ding", ("Garuda International", "Zhen Ding")),
        ("Xinbo Optical (formerly Luoshan Glass)", ("Xinbo Optical", "Luoshan Glass")),
        ("Lakeside Metals (Pvt.)", ("Lakeside Metals (Pvt.)",)),
        ("Blue Lake Optics / Red Hill Optics", ("Blue Lake Optics", "Red Hill Optics")),
        ("Lake 1/2", ("Lake 1/2",)),
        ("", ()),
    ],
)
def test_other_names_are_split_off(name: str, parts: tuple[str, ...]) -> None:
    assert split_aliases(name) == parts


@pytest.mark.parametrize(
    ("address", "city", "country", "expected"),
    [
        ("No. 18 Luoshan Rd.", "Kunshan", "CN", Precision.SITE),
        ("No 11 Honghai North Road Huaian Jiangsu China", "", "CN", Precision.SITE),
        ("12455 Research Blvd", "Austin", "US", Precision.SITE),
        ("Building 7", "Suzhou", "CN", Precision.SITE),
        ("Storgatan 5", "Umeå", "SE", Precision.SITE),
        ("洛山路18号", "昆山", "CN", Precision.SITE),
        ("Storgatan", "Umeå", "SE", Precision.ZONE),
        ("Yen Phong I Industrial Zone", "Bac Ninh", "VN", Precision.ZONE),
        ("12", "Kunshan", "CN", Precision.CITY),
        ("PO Box 12", "Kunshan", "CN", Precision.CITY),
        ("Postbus 12, 1000 AA Amsterdam", "", "", Precision.CITY),
        ("Postbus 12, 1000 AA Amsterdam", "Amsterdam", "NL", Precision.CITY),
        ("1000 AA Amsterdam", "", "NL", Precision.CITY),
        ("Keizersgracht 12, 1000 AA Amsterdam", "", "NL", Precision.SITE),
        ("Postbus 12, Hoofdweg 8", "Amsterdam", "NL", Precision.SITE),
        ("Wuhan", "", "CN", Precision.CITY),
        ("", "Wuhan", "CN", Precision.CITY),
        ("Jiangsu", "", "CN", Precision.REGION),
        ("Guangdong 510000, China", "", "CN", Precision.REGION),
        ("Texas, USA", "", "US", Precision.REGION),
        ("China", "", "CN", Precision.COUNTRY),
        ("", "", "CN", Precision.COUNTRY),
        ("", "", "", Precision.NAME_ONLY),
    ],
)
def test_precision_says_how_exactly_a_place_is_named(
    address: str, city: str, country: str, expected: Precision
) -> None:
    assert precision(address, city, country) is expected


def test_a_registry_id_is_a_site_by_itself() -> None:
    assert precision("", "", "", has_registry_id=True) is Precision.SITE


def test_a_region_column_alone_gives_a_region() -> None:
    assert precision("", "", "CN", region="Jiangsu") is Precision.REGION


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("58 First Avenue, Kunshan, Jiangsu, People’s Republic Of China", "CN"),
        ("Vientiane, Lao PDR", "LA"),
        ("Tecate, C.P. Mexico", "MX"),
        ("VAWAL MIRZAPUR,GAZIPUR,BANGLADESH;", "BD"),
        ("Singapore 139962", "SG"),
        ("1 Road, Kowloon, Hong Kong, China", "HK"),
        ("Hsinchu, Taiwan, R.O.C.", "TW"),
        ("Taoyuan, Taiwan, Province of China", "TW"),
        ("Belfast, Northern Ireland", "GB"),
        ("Kunshan\nChina", "CN"),
        ("深圳市, 中国", "CN"),
        ("Albuquerque, New Mexico", None),
        ("Albuquerque, New\nMexico", None),
        ("Sydney, New South Wales", None),
        ("Atlanta, Georgia", None),
        ("Holland Road", None),
        ("Toronto, CA", None),
        ("", None),
    ],
)
def test_the_country_at_the_end_of_an_address_is_read(text: str, code: str | None) -> None:
    assert country_in_address(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "PO Box 12",
        "P.O.Box 7, Dhaka",
        "Post Office Box 2",
        "Postbus 99, 3500 AB Utrecht",
        "Box 123, Umeå",
        "Postfach 12 34",
        "B.P. 71",
        "Boîte postale 5",
        "Apartado Postal 5",
        "邮政信箱 12",
    ],
)
def test_a_post_box_is_recognised(text: str) -> None:
    assert is_po_box(text)


@pytest.mark.parametrize("text", ["12 Main St, PO Box 9", "18 Box Hill Road", "Boxmeer 12", "Boxvägen 3", ""])
def test_a_street_is_no_post_box(text: str) -> None:
    assert not is_po_box(text)


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ("18 Luoshan Road, Kunshan; 33 Honghai North Road, Huaian", True),
        ("1) 5 Harbour Street, Gumi 2) 6 Station Street, Busan", True),
        ("18 Luoshan Road, Kunshan City\n33 Honghai North Road, Huaian", True),
        ("No. 18 Luoshan Road\nBuilding 7, Kunshan", False),
        ("18 Luoshan Road; Kunshan; Jiangsu", False),
        ("Gazipur, Bangladesh;", False),
    ],
)
def test_several_addresses_in_one_cell_are_seen(text: str, several: bool) -> None:
    assert several_addresses(text) is several


def key_of(name: str, address: str, city: str, country: str) -> tuple[str, str, str, tuple[str, ...]]:
    return statement(name, address, city=city, country=country).key


def test_the_same_statement_in_other_dress_has_the_same_key() -> None:
    one = key_of("Xinbo Optical Co., Ltd.", "No. 18 Luoshan Rd., Kunshan, China", "Kunshan", "CN")
    other = key_of("XINBO OPTICAL COMPANY LIMITED", "18 Luoshan Road, Kunshan", "", "CN")

    assert one == other


@pytest.mark.parametrize(
    ("name", "address", "city", "country"),
    [
        ("Xinbo Optical", "33 Luoshan Road", "Kunshan", "CN"),
        ("Xinbo Optical", "18A Luoshan Road", "Kunshan", "CN"),
        ("Xinbo Optical", "18 Luoshan Road", "Suzhou", "CN"),
        ("Xinbo Optical", "18 Luoshan Road", "Kunshan", "TW"),
        ("Xinbo Glass", "18 Luoshan Road", "Kunshan", "CN"),
        ("Xinbo Optical", "Luoshan Road", "Kunshan", "CN"),
        ("Xinbo Optical", "", "Kunshan", "CN"),
    ],
)
def test_another_number_name_or_place_is_another_key(name: str, address: str, city: str, country: str) -> None:
    known = key_of("Xinbo Optical", "18 Luoshan Road", "Kunshan", "CN")

    assert key_of(name, address, city, country) != known


@given(WORDS, st.lists(st.integers(1, 9999), min_size=2, max_size=2, unique=True))
def test_unequal_house_numbers_never_share_a_key(words: list[str], numbers: list[int]) -> None:
    street = " ".join(words)

    keys = {key_of("Acme", f"{number} {street}", "Kunshan", "CN") for number in numbers}

    assert len(keys) == 2


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=60))
def test_any_text_can_be_placed(name: str, address: str, city: str) -> None:
    assert key_of(name, address, city, "CN")[0] == "CN"
    assert precision(address, city, "CN") in Precision
    assert isinstance(several_addresses(address) or is_po_box(address), bool)


@given(
    st.lists(
        st.sampled_from(["12", "007", "12345", "Elm Road", "Box", "PO Box", "B-", "No.", "10117", "2511 CV", ", "]),
        max_size=5,
    ),
    st.sampled_from(["", "Kunshan", "Sector 28"]),
    st.sampled_from(["", "CN", "NL"]),
)
def test_which_digits_an_address_has_says_nothing_of_its_precision(parts: list[str], city: str, country: str) -> None:
    address = " ".join(parts)

    assert precision(address, city, country) == places._precision.__wrapped__(address, city, country, "")


@given(st.text(st.sampled_from("pobxstfagandwruemcilky .-,;\n'1"), max_size=30))
def test_the_cheap_look_for_a_post_box_misses_none(text: str) -> None:
    plain = places._ascii(text)

    assert not places._PO_BOX.search(plain) or places._MAY_BE_PO_BOX.search(plain)


@pytest.mark.parametrize(
    "text",
    "p.o. box 1|postal office box 1|gpo box 2|postbus 3|antwoordnummer 4|postfach 5|pf 6|boite postale 7|b.p. 8|bp 9|"
    "case postale 1|casella postale 2|apartado de correos 3|apdo 4|skrytka pocztowa 5|caixa postal 6|private bag 7|"
    "locked bag 8|you zheng xin xiang 9|box 10".split("|"),
)
def test_every_kind_of_post_box_passes_the_cheap_look(text: str) -> None:
    assert places._PO_BOX.search(text)
    assert places._MAY_BE_PO_BOX.search(text)


def test_a_published_list_that_fell_to_regions_shows_it() -> None:
    path = SITES / "apple_suppliers_2012_2022.csv"
    if not path.exists():
        pytest.skip("the shared site lists are not on this machine")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))

    exact = {year: _share_of_sites([r for r in rows if r["year"] == year]) for year in ("2018", "2020")}

    assert exact["2018"] > 0.85
    assert exact["2020"] == 0


def _share_of_sites(rows: list[dict[str, str]]) -> float:
    found = [precision(row["supplier_address"], "", "") for row in rows]
    return found.count(Precision.SITE) / len(found)

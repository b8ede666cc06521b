"""Addresses and identifiers: precision, PO boxes, countries, several sites in a cell, check characters."""

from __future__ import annotations

import pytest

from framework.disclosure import geography, identifiers


@pytest.mark.parametrize(
    ("address", "city", "country", "level"),
    [
        ("58 First Avenue", "Kunshan", "CN", "site"),
        ("58 First Avenue, Kunshan, Jiangsu, China", "", "CN", "site"),
        ("北京市海淀区中关村大街27号", "", "CN", "site"),
        ("Que Vo Industrial Zone, Bac Ninh", "", "VN", "zone"),
        ("Lakeside Park 215300", "Kunshan", "CN", "zone"),
        ("", "Kunshan", "CN", "city"),
        ("Guangdong", "", "CN", "region"),
        ("", "", "CN", "country"),
        ("", "", "", "name_only"),
    ],
)
def test_an_address_is_as_precise_as_it_says(address: str, city: str, country: str, level: str):
    assert geography.precision(address, city, None, country) == level


@pytest.mark.parametrize(
    ("address", "is_box"),
    [
        ("PO Box 12, Shenzhen", True),
        ("P.O. Box 7", True),
        ("Postbus 12, 1000 AA Utrecht", True),
        ("Box 123, 101 23 Stockholm", True),
        ("560 Husova Street, PO-Box 42, Trhove Sviny, 37401", False),
        ("12 Box Road", False),
        ("58 First Avenue", False),
    ],
)
def test_a_po_box_is_no_physical_address_but_a_street_beside_it_is(address: str, is_box: bool):
    assert geography.po_boxes([address, "58 First Avenue"]) == ({address} if is_box else set())


@pytest.mark.parametrize(
    ("address", "country", "other"),
    [
        ("1 Quay Road, Hanoi, Vietnam", "CN", "VN"),
        ("1 Quay Road, Hanoi, Vietnam", "VN", ""),
        ("1 Quay Road, Kowloon, Hong Kong", "CN", ""),
        ("5 Peach Street, Atlanta, Georgia", "US", ""),
        ("1 Quay Road", "CN", ""),
    ],
)
def test_an_address_that_names_another_country_is_noticed(address: str, country: str, other: str):
    assert geography.contradicts(address, country) == other


@pytest.mark.parametrize(
    ("cell", "several"),
    [
        ("12 Quay Road, Hanoi; 14 Hill Road, Hanoi", True),
        ("12 Quay Road, Hanoi\n14 Hill Road, Hanoi", True),
        ("VAWAL MIRZAPUR, GAZIPUR, BANGLADESH;", False),
        ("12 Quay Road\nHanoi 100000", False),
        ("12 Quay Road, Hanoi", False),
    ],
)
def test_several_addresses_in_one_cell_are_noticed(cell: str, several: bool):
    assert geography.several_sites([cell, "58 First Avenue"]) == ({cell} if several else set())


def test_check_characters_of_the_published_vectors():
    assert identifiers.is_os_id("NL2026001ABCDE1")
    assert identifiers.is_os_id("SE 2026326-ZZZZZ8")
    assert identifiers.is_lei("HEFB00DEMO0000000018")
    assert identifiers.is_gln("7319999000001")


@pytest.mark.parametrize("wrong", ["NL2026001ABCDE2", "NL2026001ABCDEI", "NL2026001", ""])
def test_a_wrong_hub_id_is_told(wrong: str):
    assert not identifiers.is_os_id(wrong)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("lei:HEFB00DEMO0000000018", ""),
        ("lei:HEFB00DEMO0000000019", "LEI"),
        ("gln:7319999000002", "GLN"),
        ("duns:12345678", "DUNS"),
        ("own:anything", ""),
        ("without scheme", ""),
    ],
)
def test_registry_ids_are_checked_by_their_scheme(text: str, problem: str):
    assert identifiers.registry_problem(text) == problem


def test_smelter_ids_have_a_present_and_an_older_form():
    forms = [identifiers.smelter_form(text) for text in ("CID000001", "1JPN005", "CID1", "x")]

    assert forms == ["now", "old", "", ""]

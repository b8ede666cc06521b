"""Organisations that may be one: what is found and why, what is told apart, and that search stays quick."""

from __future__ import annotations

import random
import time

import pytest

from framework.people.doubles import Body, Doubles, core_of, domain_of, number_key


def grounds(known: Body, typed: Body, *, domain: str = "") -> tuple[str, ...]:
    found = Doubles([known]).find(typed, domain=domain)
    return found[0].grounds if found else ()


@pytest.mark.parametrize(
    ("country", "one", "other"),
    [
        ("NL", "Gemeente Utrecht", "Utrecht"),
        ("NL", "Gemeente Utrecht", "GEMEENTE UTRECHT (gemeentebestuur)"),
        ("NL", "Stichting Ziekenhuis De Lelie", "Ziekenhuis De Lelie B.V."),
        ("NL", "Regio Twente", "Twente regio"),
        ("BE", "Stad Gent", "Gemeente Gent"),
        ("BE", "Universiteit Gent", "Ghent University".replace("Ghent", "Gent")),
        ("BE", "Commune de Liège", "Liege"),
        ("SE", "Göteborgs stad", "Göteborgs kommun"),
        ("SE", "Göteborgs kommun", "Goteborg"),
        ("SE", "Region Skåne", "Skåne region"),
        ("SE", "Nystads kommuns inköp AB", "Nystads kommuns inköp aktiebolag"),
        ("GB", "The City of Newlyn", "Newlyn Council"),
    ],
)
def test_the_same_name_in_another_form_is_found(country, one, other):
    assert grounds(Body("a", one, country=country), Body("b", other, country=country)) == ("core",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Gemeente Utrecht", "Universiteit Utrecht"),
        ("Gemeente Utrecht", "Provincie Utrecht"),
        ("Region Stockholm", "Stockholms stad"),
        ("Gemeente Bergen", "Gemeente Bergeijk"),
        ("Gemeente Ede", "Gemeente Epe"),
        ("Stichting Alfa", "Stichting Beta"),
    ],
)
def test_bodies_of_another_kind_or_place_are_told_apart(one, other):
    assert grounds(Body("a", one, country="NL"), Body("b", other, country="NL")) == ()


def test_a_letter_or_two_in_a_long_name_are_found_in_the_same_country_and_the_whole_name_in_any():
    known = Body("a", "Gemeente Steenwijkerland", country="NL")

    assert grounds(known, Body("b", "Gemeente Steenwijkerlant", country="NL")) == ("letters",)
    assert grounds(known, Body("b", "Gemeente Steenwijkerlant", country="BE")) == ()
    (double,) = Doubles([known]).find(Body("b", "Gemeente Steenwijkerland", country="BE"))
    assert (double.grounds, double.is_certain) == (("elsewhere",), False), (
        "the country may be the slip: somebody is asked"
    )
    (double,) = Doubles([known]).find(Body("b", "Gemeente Steenwijkerland"))
    assert double.grounds == ("elsewhere",)


@pytest.mark.parametrize(
    ("country", "one", "other"),
    [
        ("BE", "0207.500.123", "BE 207500123"),
        ("SE", "212000-0142", "SE212000014201"),
        ("SE", "212000-0142", "162120000142"),
        ("NL", "KvK 01234567".removeprefix("KvK "), "1234567"),
    ],
)
def test_a_registration_number_is_the_same_in_every_writing(country, one, other):
    assert number_key(one, country) == number_key(other, country)
    assert grounds(Body("a", "Alfa", one, country), Body("b", "Omega", other, country)) == ("number",)


def test_certain_is_only_what_nothing_speaks_against():
    known = Doubles([Body("a", "Gemeente Utrecht", "123", "NL")])

    same = known.find(Body("b", "gemeente  utrecht", "0123", "NL"))[0]
    without = known.find(Body("b", "Gemeente Utrecht", "", "NL"))[0]
    other_number = known.find(Body("b", "Gemeente Utrecht", "999", "NL"))[0]
    other_name = known.find(Body("b", "Gemeente Houten", "123", "NL"))[0]

    assert [one.is_certain for one in (same, without, other_number, other_name)] == [True, True, False, False]


def test_a_mail_domain_speaks_only_where_one_body_has_it():
    one = Body("a", "Alfa", country="NL", mail_domain="shared.example")
    other = Body("b", "Beta", country="NL", mail_domain="shared.example")
    typed = Body("", "Omega", country="NL")

    assert [x.grounds for x in Doubles([one]).find(typed, domain="shared.example")] == [("domain",)]
    assert Doubles([one, other]).find(typed, domain="shared.example") == []
    assert domain_of("person@gmail.com") == ""


def test_no_name_is_lost_in_a_name_of_forms_only():
    assert core_of("De Gemeente").text == ""
    assert grounds(Body("a", "Gemeente", country="NL"), Body("b", "Stad", country="NL")) == ()


def test_three_hundred_are_compared_with_ten_thousand_within_seconds():
    chance = random.Random(1)
    names = ["".join(chance.choices("abcdefghijklmnoprstuvw", k=12)) for _ in range(10_000)]
    known = Doubles(Body(str(n), f"Gemeente {name}", str(n + 10_000), "NL") for n, name in enumerate(names))

    started = time.process_time()
    found = [known.find(Body("", f"{name} stad", "", "NL")) for name in names[:300]]

    assert all(any(one.key == str(n) for one in found[n]) for n in range(300))
    assert time.process_time() - started < 10

"""Names of departments: once whatever their case, asked about where nearly equal, kept by those who declare demand."""

from __future__ import annotations

import pytest

from framework.demand import departments
from framework.ground.errors import InvalidInput, NotAllowed, Stale
from tests.demand.conftest import World
from tests.demand.test_department_acts import named


def test_only_people_who_declare_demand_keep_departments(world: World, build):
    supplier = build.organisation("supplier")
    actor = build.actor(build.user(supplier), supplier)

    with pytest.raises(NotAllowed):
        departments.add(world.session, "Parks", actor=actor, now=world.clock())


def test_a_name_stands_once_whatever_its_case(world: World):
    named(world, "Parks  and Roads")

    with pytest.raises(InvalidInput) as caught:
        named(world, "PARKS and roads")

    assert caught.value.code == "name-taken"
    assert named(world, "Parks and roads", member=1)


def test_names_that_differ_in_a_number_or_a_letter_are_not_asked_about(world: World):
    known = named(world, "School 1", "Team A", "Public library (HQ)")

    found = departments.look([("School 2", ""), ("Team B", ""), ("Public library – HQ", "")], known)

    assert [one.kind for one in found] == ["new", "new", "near"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "Totaal", "\x00" * 60])
def test_what_is_no_name_is_refused(world: World, name):
    with pytest.raises(InvalidInput):
        named(world, name)


def test_a_pasted_list_says_what_is_new_known_and_nearly_the_same(world: World):
    known = named(world, "Public library", "Parks")

    found = departments.look(departments.pasted("parks\nPublic libary\nSchools;S1\nschools\nTotal"), known)

    assert [(one.name, one.kind, one.code) for one in found] == [
        ("parks", "known", ""),
        ("Public libary", "near", ""),
        ("Schools", "new", "S1"),
        ("Total", "refused", ""),
    ]


def test_two_names_of_one_list_that_are_nearly_the_same_are_asked_about(world: World):
    found = departments.look([("Public library", ""), ("Public libary", "")], [])

    assert [(one.kind, one.twins) for one in found] == [("new", ()), ("near", (0,))]


def test_a_list_that_is_too_long_is_refused(world: World):
    with pytest.raises(InvalidInput) as caught:
        departments.look([(f"Department {n}", "") for n in range(departments.MOST + 1)], [])

    assert caught.value.code == "too-many-departments"


def test_renaming_is_watched_by_its_version(world: World):
    (parks,) = named(world, "Parks")
    departments.edit(world.session, parks, "Green", "G", version=parks.version, actor=world.actor(), now=world.clock())
    world.session.flush()

    with pytest.raises(Stale):
        departments.edit(world.session, parks, "Red", "", version=1, actor=world.actor(), now=world.clock())
    assert (parks.name, parks.code) == ("Green", "G")

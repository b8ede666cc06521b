"""Pages of departments: the list, who has answered, one department's figures, sheets in and out; nobody else sees them."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest
from openpyxl import load_workbook
from sqlalchemy import event, select

from framework.demand import approve, department_figures, department_grid, departments
from framework.ground.database import writing
from models.base import db
from models.demand import Demand
from models.departments import Department
from tests.demand.conftest import World, line
from tests.demand.test_department_acts import LAPTOP, accept, figure, fill, lines_of, named, submit
from tests.demand.test_pages import address, form, grid_address, row

LIST = "/organisation/departments"


def page_of(world: World, department: Department | None = None, path: str = "") -> str:
    return grid_address(world, "/departments" + (f"/{department.public_id}" if department is not None else "") + path)


def shown(browser, place: str) -> dict[str, str]:
    """What a browser would send of the first form to save that a page has, as it stands."""
    return fields_in(browser.get(place).get_data(as_text=True))


def fields_in(html: str) -> dict[str, str]:
    """The same of a page at hand; of a choice, what is chosen."""
    found = {}
    for name, body in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', body)
        found[name] = chosen[1] if chosen else ""
    for tag in re.findall(r"<input [^>]*>", html):
        name, value = re.search(r' name="([^"]+)"', tag), re.search(r' value="([^"]*)"', tag)
        if name is not None and 'type="radio"' not in tag and 'type="checkbox"' not in tag:
            found[name[1]] = unescape(value[1]) if value else ""
    return {name: value for name, value in found.items() if name not in ("csrf_token", "once", "q")} | {"do": "save"}


def number_of(fields: dict[str, str], category: str = "laptop", tier: str = "standard", year: str = "1") -> str:
    """The row of the form that is about a line."""
    return next(
        name.removeprefix("category-")
        for name, value in fields.items()
        if name.startswith("category-")
        and value == category
        and fields[f"tier-{name.removeprefix('category-')}"] == tier
        and fields[f"year-{name.removeprefix('category-')}"] == year
    )


def stored(world: World) -> dict[tuple, tuple]:
    world.session.expire_all()
    demand = world.session.scalars(select(Demand).order_by(Demand.id.desc())).first()
    return lines_of(demand) if demand is not None else {}


def saved(world: World, *names: str, member: int = 0) -> list[Department]:
    made = named(world, *names, member=member)
    world.session.commit()
    return made


def test_departments_are_added_renamed_and_put_away(world: World, people):
    browser = people["first"]

    page = browser.send(LIST, {"name": "Parks", "code": "P1"})
    assert "Added: Parks." in page.text
    parks = world.session.scalars(select(Department)).one()
    page = browser.send(f"{LIST}/{parks.public_id}", {"name": "Green", "code": "G", "version": "1"})
    assert "Green" in page.text
    page = browser.send(f"{LIST}/{parks.public_id}/archive", {"archived": "y", "version": "2"})

    assert "Put away" in page.text
    assert "Green" in browser.page(f"{LIST}?archived=y").text


def test_a_name_that_is_taken_is_told_at_its_field(world: World, people):
    saved(world, "Parks")

    page = people["first"].send(LIST, {"name": "parks"}, status=422)

    assert "There is a department “parks” already" in page.text


def test_a_pasted_list_is_shown_before_it_is_added(world: World, people):
    saved(world, "Public library")
    block = "Public library\nPublic libary\nSchools;S1"

    page = people["first"].send(f"{LIST}/preview", {"block": block})
    assert "the same as Public library" in page.text
    assert len(world.session.scalars(select(Department)).all()) == 1
    page = people["first"].send(f"{LIST}/paste", {"block": block}, status=422)
    assert "Say of each name" in page.text
    people["first"].send(f"{LIST}/paste", {"block": block, "near-1": "same"})

    names = world.session.scalars(select(Department.name).order_by(Department.name)).all()
    assert names == ["Public library", "Schools"]


def test_many_departments_come_in_pages_and_are_searched(world: World, people):
    saved(world, *(f"Department {n:03}" for n in range(120)))

    assert "Page 1 of 3" in people["first"].page(LIST).text
    page = people["first"].page(f"{LIST}?q=department+119")

    assert "Department 119" in page.text
    assert "Department 118" not in page.text


def test_a_department_fills_in_its_page_and_the_line_is_the_sum(world: World, people):
    parks, roads = saved(world, "Parks", "Roads")
    for department, quantity in ((parks, "5"), (roads, "10")):
        fields = shown(people["first"], page_of(world, department))
        n = number_of(fields)
        typed = {f"firm-{n}": "1", f"expected-{n}": quantity, f"max-{n}": "20", f"note-{n}": "as asked"}
        page = people["first"].send(page_of(world, department), fields | typed)

    assert "Saved: Roads." in page.text
    assert "from 2 departments" in page.text
    assert stored(world) == {LAPTOP: (2, 15, 40, "")}


def test_what_cannot_be_read_is_told_and_stays_on_the_page(world: World, people):
    (parks,) = saved(world, "Parks")
    fields = shown(people["first"], page_of(world, parks))
    n = number_of(fields)

    answer = people["first"].send(page_of(world, parks), fields | {f"expected-{n}": "many"}, status=422)

    assert "“many” is not a number" in answer.text
    assert stored(world) == {}


def test_a_typed_figure_is_asked_about_on_the_page(world: World, people):
    world.draft(line(qty=40))
    (parks,) = saved(world, "Parks")
    fields = shown(people["first"], page_of(world, parks))
    n = number_of(fields)
    typed = fields | {f"firm-{n}": "1", f"expected-{n}": "2", f"max-{n}": "3"}

    page = people["first"].send(page_of(world, parks), typed, status=409)
    assert "What shall become of the figures" in page.text
    assert stored(world)[LAPTOP] == (40, 40, 40, "")
    people["first"].send(page_of(world, parks), typed | {"settle": "keep"})

    assert stored(world)[LAPTOP] == (41, 42, 43, "")


def test_two_people_on_one_page_see_what_the_other_saved(world: World, people):
    (parks,) = saved(world, "Parks")
    mine, theirs = (shown(people[who], page_of(world, parks)) for who in ("first", "second"))
    n = number_of(mine)
    people["second"].send(page_of(world, parks), theirs | {f"firm-{n}": "1", f"expected-{n}": "2", f"max-{n}": "3"})

    typed = {f"firm-{n}": "7", f"expected-{n}": "8", f"max-{n}": "9"}
    page = people["first"].send(page_of(world, parks), mine | typed, status=409)

    assert "Somebody else saved figures of this department" in page.text
    assert "saved: 2" in page.text
    assert stored(world)[LAPTOP] == (1, 2, 3, "")


def test_a_row_that_somebody_else_added_meanwhile_is_shown_and_stays(world: World, people):
    (parks,) = saved(world, "Parks")
    mine, theirs = (shown(people[who], page_of(world, parks)) for who in ("first", "second"))
    n, last = number_of(mine), theirs["rows"]
    added = {f"country-{last}": "BE", f"category-{last}": "laptop", f"tier-{last}": "standard", f"year-{last}": "1"}
    people["second"].send(page_of(world, parks), theirs | added | {f"expected-{last}": "222"})
    belgium = ("laptop", "standard", "BE", 1)

    typed = mine | {f"firm-{n}": "7", f"expected-{n}": "8", f"max-{n}": "9"}
    html = people["first"].post(page_of(world, parks), data=typed).get_data(as_text=True)
    assert "saved: 222" in html
    again = fields_in(html)
    people["first"].send(page_of(world, parks), again)

    assert stored(world)[LAPTOP] == (7, 8, 9, "")
    world.session.expire_all()
    demand = world.session.scalars(select(Demand)).one()
    kept = {one.key: one.qty_expected for one in department_figures.of(world.session, demand)}
    assert kept == {LAPTOP: 8, belgium: 222}


def test_what_cannot_be_shown_is_not_overwritten_by_saving_again(world: World, people, monkeypatch):
    (parks,) = saved(world, "Parks")
    mine, theirs = (shown(people[who], page_of(world, parks)) for who in ("first", "second"))
    n, last = number_of(mine), theirs["rows"]
    added = {f"country-{last}": "BE", f"category-{last}": "laptop", f"tier-{last}": "standard", f"year-{last}": "1"}
    people["second"].send(page_of(world, parks), theirs | added | {f"expected-{last}": "222"})
    monkeypatch.setattr(department_grid, "MOST_ROWS", int(mine["rows"]))

    typed = mine | {f"expected-{n}": "8"}
    answer = people["first"].post(page_of(world, parks), data=typed)
    assert answer.status_code == 409
    assert "for which this page has no room" in answer.get_data(as_text=True)
    again = fields_in(answer.get_data(as_text=True))

    people["first"].send(page_of(world, parks), again, status=409)


@pytest.mark.parametrize("rows", [{}, {"rows": ""}, {"rows": "many"}, {"rows": "9" * 40}], ids=str)
def test_a_form_without_rows_takes_nothing_away(world: World, people, rows):
    (parks,) = named(world, "Parks")
    fill(world, figure(parks, 1, 2, 3))
    world.session.commit()
    fields = shown(people["first"], page_of(world, parks))

    page = people["first"].send(page_of(world, parks), {"seen": fields["seen"], "do": "save"} | rows)

    assert "did not say how many rows" in page.text
    assert stored(world) == {LAPTOP: (1, 2, 3, "")}


def test_a_save_without_a_change_says_that_no_version_was_begun(world: World, people):
    (parks,) = named(world, "Parks")
    accept(world, fill(world, figure(parks, 1, 2, 3)))
    world.session.commit()

    page = people["first"].send(page_of(world, parks), shown(people["first"], page_of(world, parks)))

    assert "no new version was begun" in page.text
    assert [one.version_no for one in world.session.scalars(select(Demand))] == [1]


@pytest.mark.parametrize("moved", ["DE", ""], ids=["moved", "removed"])
def test_the_row_of_a_sum_is_neither_moved_nor_removed(world: World, people, moved):
    (parks,) = named(world, "Parks")
    fill(world, figure(parks, 1, 2, 3))
    world.session.commit()
    from tests.demand.test_shared_grid import fields_of

    fields = fields_of(people["first"], world)
    emptied = {name: "" for name in fields if name.endswith(("-1", "-1-1", "-1-2", "-1-3", "-1-4"))}
    change = {"country-1": moved} if moved else emptied
    page = people["first"].send(grid_address(world), fields | change, status=422)

    assert "sum of what your departments said" in page.text
    assert stored(world) == {LAPTOP: (1, 2, 3, "")}


def test_how_many_have_not_answered_is_told_where_one_submits(world: World, people):
    parks, _roads = named(world, "Parks", "Roads")
    demand = fill(world, figure(parks, 1, 2, 3))
    world.session.commit()
    words = "1 department has not answered yet and does not count in the sums."

    assert words in people["first"].page(grid_address(world)).text
    assert words in people["first"].page(address(world, f"/demand/{demand.public_id}")).text
    with writing(world.session):
        submit(world, world.session.get_one(Demand, demand.id))
        world.session.commit()

    assert words in people["first"].page(address(world, f"/demand/{demand.public_id}")).text
    assert words not in people["lead"].page(address(world, f"/demand/{demand.public_id}")).text


def test_the_grid_shows_a_sum_and_does_not_take_another(world: World, people):
    (parks,) = named(world, "Parks")
    fill(world, figure(parks, 1, 2, 3))
    world.session.commit()

    html = people["first"].get(grid_address(world)).get_data(as_text=True)
    assert "from 1 department" in html
    assert re.search(r'<input[^>]*name="expected-1-1"[^>]*value="2"[^>]*readonly', html)
    demand = world.session.scalars(select(Demand)).one()
    page = people["first"].send(
        grid_address(world), form(demand.version, seen=demand.public_id, **row(qty="9")), status=422
    )

    assert "sum of what your departments said" in page.text
    assert stored(world)[LAPTOP] == (1, 2, 3, "")


def test_the_grid_saves_what_stands_beside_a_sum(world: World, people):
    (parks,) = named(world, "Parks")
    fill(world, figure(parks, 1, 2, 3), figure(parks, expected=5, year=2))
    world.session.commit()
    from tests.demand.test_shared_grid import fields_of

    fields = fields_of(people["first"], world)
    people["first"].send(
        grid_address(world), fields | {"value-1-1": "700", "firm-1-3": "4", "expected-1-3": "4", "max-1-3": "4"}
    )

    found = stored(world)
    assert found[LAPTOP] == (1, 2, 3, "")
    assert found["laptop", "standard", "NL", 3] == (4, 4, 4, "")
    assert found["laptop", "standard", "NL", 2][3] != ""


def test_a_page_from_before_the_sum_does_not_undo_it(world: World, people):
    world.draft(line(qty=40), line(2, qty=7))
    (parks,) = saved(world, "Parks")
    from tests.demand.test_shared_grid import fields_of

    old = fields_of(people["first"], world)
    with writing(world.session):
        fill(world, figure(parks, 1, 2, 3), settle="replace")
        world.session.commit()
    people["first"].send(grid_address(world), old | {"max-1-2": "9"})

    found = stored(world)
    assert (found[LAPTOP], found["laptop", "standard", "NL", 2]) == ((1, 2, 3, ""), (7, 7, 9, ""))


def words_of(answer) -> str:
    """All that an answer says, a workbook's cells too."""
    if answer.status_code != 200 or "spreadsheet" not in answer.content_type:
        return answer.get_data(as_text=True)
    sheets = load_workbook(io.BytesIO(answer.data)).worksheets
    return repr([row for one in sheets for row in one.iter_rows(values_only=True)])


@pytest.mark.parametrize("who", ["lead", "other", "supplier"])
def test_nobody_else_sees_departments(world: World, people, build, sign_in, who):
    (parks,) = named(world, "Secret department")
    demand = fill(world, figure(parks, 1, 2, 3))
    submit(world, demand)
    supplier = build.organisation("supplier")
    world.session.commit()
    browser = people.get(who) or sign_in(build.user(supplier), supplier)
    places = [
        page_of(world),
        page_of(world, parks),
        grid_address(world, "/departments.xlsx"),
        address(world, f"/demand/{demand.public_id}/departments"),
        address(world, f"/demand/{demand.public_id}"),
        f"{LIST}/{parks.public_id}",
        LIST,
        address(world, "/pool"),
    ]

    answers = {place: browser.get(place, follow_redirects=True) for place in places}

    assert all("Secret department" not in words_of(one) for one in answers.values())
    assert answers[address(world, f"/demand/{demand.public_id}/departments")].status_code == 404
    assert answers[page_of(world, parks)].status_code == 404


def test_the_lead_sees_the_sum(world: World, people):
    (parks, roads) = named(world, "Parks", "Roads")
    demand = fill(world, figure(parks, 1, 200, 300), figure(roads, 1, 33, 40))
    submit(world, demand)
    world.session.commit()

    page = people["lead"].page(address(world, f"/demand/{demand.public_id}"))

    assert "233" in page.text
    assert "200" not in page.text


def test_a_locked_declaration_is_for_reading(world: World, people):
    (parks,) = named(world, "Parks")
    demand = fill(world, figure(parks, 1, 2, 3))
    accept(world, demand)
    world.lock()
    world.session.commit()

    page = people["first"].page(page_of(world))
    assert "for reading" in page.text
    answer = people["first"].post(page_of(world, parks), data={"rows": "0", "seen": "", "do": "save"})

    assert answer.status_code == 409
    assert stored(world) == {LAPTOP: (1, 2, 3, "")}


@pytest.mark.parametrize("value", ["\x00", "9" * 40, "-1", "1e9", "٣", "🙂" * 50])
def test_nonsense_is_refused_with_a_message(world: World, people, value):
    (parks,) = saved(world, "Parks")
    fields = shown(people["first"], page_of(world, parks))
    n = number_of(fields)

    for typed in ({f"expected-{n}": value}, {f"year-{n}": value, f"expected-{n}": "1"}, {f"note-{n}": value * 60}):
        answer = people["first"].post(page_of(world, parks), data=fields | typed, follow_redirects=True)
        assert answer.status_code in (200, 422), typed
    assert people["first"].post(LIST, data={"name": value * 9, "code": value}).status_code in (303, 422)
    assert people["first"].get(f"{LIST}?q={value}&page={value}").status_code == 200


def test_the_pages_of_many_departments_ask_the_database_few_questions(world: World, people):
    made = named(world, *(f"Department {n:02}" for n in range(40)))
    fill(world, *(figure(one, 1, 2, 3, year=year) for one in made for year in (1, 2, 3)))
    world.session.commit()
    counted = []

    def count(*_all) -> None:
        counted.append(1)

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        for place in (page_of(world), page_of(world, made[0]), LIST, grid_address(world)):
            counted.clear()
            people["first"].page(place)
            assert len(counted) <= 25, (place, len(counted))
    finally:
        event.remove(db.engine, "before_cursor_execute", count)


def test_a_put_away_department_keeps_what_it_said_and_is_asked_no_more(world: World, people):
    parks, roads = named(world, "Parks", "Roads")
    demand = fill(world, figure(parks, 1, 2, 3))
    for one in (parks, roads):
        departments.archive(
            world.session, one, is_archived=True, version=one.version, actor=world.actor(), now=world.clock()
        )
    world.session.commit()

    page = people["first"].page(page_of(world))

    assert "Parks" in page.text
    assert "Roads" not in page.text
    assert len(department_figures.of(world.session, demand)) == 1


def test_a_handed_in_declaration_shows_its_departments_for_reading(world: World, people):
    (parks,) = named(world, "Parks")
    demand = fill(world, figure(parks, 1, 2, 3))
    submit(world, demand)
    world.session.commit()

    assert "was handed in: nothing can be changed here" in people["first"].page(page_of(world)).text
    page = people["first"].page(page_of(world, parks))
    assert "For reading" in page.text
    answer = people["first"].post(page_of(world, parks), data={"rows": "0", "seen": "", "do": "save"})

    assert answer.status_code == 409


def test_the_next_version_begins_with_the_figures_and_the_old_one_keeps_its_own(world: World, people):
    (parks,) = named(world, "Parks")
    first = fill(world, figure(parks, 1, 2, 3))
    accept(world, first)
    world.session.commit()
    fields = shown(people["first"], page_of(world, parks))
    n = number_of(fields)
    assert fields[f"expected-{n}"] == "2"

    people["first"].send(page_of(world, parks), fields | {f"expected-{n}": "3"})

    assert stored(world) == {LAPTOP: (1, 3, 3, "")}
    old = people["first"].page(address(world, f"/demand/{first.public_id}/departments"))
    assert "Version 1, for reading" in old.text


@pytest.mark.parametrize(
    ("language", "words"), [("nl", "Nog niet alle afdelingen"), ("sv", "Alla avdelningar har inte uppgett")]
)
def test_why_a_sum_is_not_known_is_said_in_the_readers_language(world: World, build, sign_in, language, words):
    (parks,) = named(world, "Parks")
    demand = fill(world, figure(parks, expected=2))
    reader = build.user(world.members[0])
    reader.language = language
    world.session.commit()

    page = sign_in(reader, world.members[0]).page(address(world, f"/demand/{demand.public_id}"))

    assert words in page.text


def test_a_save_takes_a_submission_back_that_waits_for_a_second_person_and_the_page_says_so(world: World, people):
    (parks,) = named(world, "Parks")
    demand = fill(world, figure(parks, 1, 2, 3))
    approve.submit(world.session, demand, actor=world.actor(0, 1), now=world.clock(), version=demand.version)
    world.session.commit()

    assert "it must be submitted anew" in people["first"].page(page_of(world)).text
    fields = shown(people["first"], page_of(world, parks))
    n = number_of(fields)
    people["first"].send(page_of(world, parks), fields | {f"max-{n}": "4"})

    assert "it must be submitted anew" not in people["first"].page(page_of(world)).text
    assert stored(world) == {LAPTOP: (1, 2, 4, "")}

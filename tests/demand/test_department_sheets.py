"""Sheets of departments on their pages: previewed, asked about, taken over as one unit, and the one that leaves comes back the same."""

from __future__ import annotations

import io
import re

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from framework.demand import department_figures
from framework.ground.database import writing
from models.base import db
from models.demand import Demand
from models.departments import Department, DepartmentFigure
from tests.demand.conftest import World, line
from tests.demand.test_department_acts import LAPTOP, figure, fill, named
from tests.demand.test_department_pages import page_of, saved, stored
from tests.demand.test_pages import grid_address
from views.demand import department_imports


def sheet(*rows: tuple) -> dict:
    book = Workbook()
    for one in rows:
        book.active.append(one)
    content = io.BytesIO()
    book.save(content)
    return {"file": (io.BytesIO(content.getvalue()), "departments.xlsx")}


HEADER = ("Department", "Category", "Tier", "Country", "Year", "Firm", "Expected", "Maximum", "Note")


def test_a_sheet_with_a_column_of_departments_fills_them_as_one_unit(world: World, people):
    saved(world, "Parks", "Public library")
    rows = [
        ("parks", "Laptop", "standard", "NL", 1, 1, 5, 9, "x"),
        ("Public libary", "Laptop", "standard", "NL", 1, 2, 10, 20, None),
        ("Schools", "Monitor", "power", "NL", 2, 0, 1, 2, None),
    ]

    library = world.session.scalars(select(Department).where(Department.name == "Public library")).one().public_id
    place = people["first"].post(page_of(world, path="/upload"), data=sheet(HEADER, *rows)).headers["Location"]
    assert "new 1, known 1, to be answered 1" in people["first"].page(place).text
    read = people["first"].post(place, data={"do": "read", "name-1": library}).headers["Location"]
    html = people["first"].get(read).get_data(as_text=True)
    assert "What it adds up to" in html
    assert world.session.scalars(select(DepartmentFigure)).all() == []
    people["first"].send(place, applied(html) | {"name-1": library})

    assert stored(world) == {LAPTOP: (3, 15, 29, ""), ("monitor", "power", "NL", 2): (0, 1, 2, "")}
    assert len(world.session.scalars(select(Department)).all()) == 3


def applied(html: str) -> dict[str, str]:
    seal = re.search(r'name="seal" value="([^"]+)"', html)[1]
    return {"do": "apply", "seal": seal}


def test_a_sheet_without_such_a_column_is_asked_for_it(world: World, people):
    page = people["first"].send(page_of(world, path="/upload"), sheet(("Category", "Expected"), ("Laptop", 4)))

    assert "No column was recognised as the name of a department" in page.text


def test_a_sheet_without_quantities_offers_what_its_error_names(world: World, people):
    rows = [("Parks", "Laptop", "standard", "NL", 1), ("Parks", "Laptop", "standard", "NL", 1)]
    place = people["first"].post(page_of(world, path="/upload"), data=sheet(HEADER[:5], *rows)).headers["Location"]

    asked = people["first"].get(place).get_data(as_text=True)
    assert "or that each row is one piece" in asked
    assert 'id="count"' in asked
    answer = people["first"].post(place, data={"do": "read", "count": "y", "add_up": "y"}).headers["Location"]

    people["first"].send(
        place, applied(people["first"].get(answer).get_data(as_text=True)) | {"count": "y", "add_up": "y"}
    )
    assert stored(world)[LAPTOP][1] == 2


def test_an_ordinary_sheet_with_departments_is_offered_to_be_read_so(world: World, people):
    rows = [("Parks", "Laptop", "standard", "NL", 1, 1, 5, 9, None)]

    page = people["first"].send(grid_address(world, "/upload"), sheet(HEADER, *rows))

    assert "Read it as figures of departments" in page.text


def test_an_ordinary_sheet_does_not_change_a_sum_and_says_so(world: World, people):
    (parks,) = named(world, "Parks")
    fill(world, figure(parks, 1, 2, 3))
    world.session.commit()

    rows = [("Laptop", "standard", "NL", 1, 7, 8, 9)]
    page = people["first"].send(grid_address(world, "/upload"), sheet(HEADER[1:-1], *rows))

    assert "what departments said stays: rows 2" in page.text
    assert "Nothing would change" in page.text


def test_what_leaves_as_a_sheet_comes_back_the_same(world: World, people):
    parks, roads, _silent = named(world, "=Parks", "Roads", "Silent")
    fill(world, figure(parks, 1, 2, 3, note="-5"), figure(roads, expected=7, year=2))
    world.session.commit()

    content = people["first"].get(grid_address(world, "/departments.xlsx")).data
    page = people["first"].send(page_of(world, path="/upload"), {"file": (io.BytesIO(content), "x.xlsx")})

    assert "Nothing would change" in page.text
    names = [cells[0] for cells in load_workbook(io.BytesIO(content)).active.iter_rows(min_row=2, values_only=True)]
    assert names.count("Silent") > 1


def preview_of(world: World, browser, *rows: tuple) -> str:
    """The address of the preview of a sheet that was sent."""
    return browser.post(page_of(world, path="/upload"), data=sheet(HEADER, *rows)).headers["Location"]


def test_a_sheet_is_not_taken_over_where_somebody_saved_meanwhile(world: World, people):
    parks, roads = saved(world, "Parks", "Roads")
    place = preview_of(world, people["first"], ("Parks", "Laptop", "standard", "NL", 1, 1, 5, 9, None))
    html = people["first"].get(place).get_data(as_text=True)
    with writing(world.session):
        fill(world, figure(roads, 1, 2, 3))
        world.session.commit()

    page = people["first"].send(place, applied(html))

    assert "Something else is read now than the page showed" in page.text
    assert stored(world) == {LAPTOP: (1, 2, 3, "")}
    assert parks.id not in {one.department_id for one in department_figures.of(world.session, draft_of(world))}


def draft_of(world: World) -> Demand:
    return world.session.scalars(select(Demand).order_by(Demand.id.desc())).first()


def test_a_sheet_asks_what_becomes_of_typed_figures_and_does_nothing_before(world: World, people):
    world.draft(line(qty=40))
    saved(world, "Parks")
    place = preview_of(world, people["first"], ("Parks", "Laptop", "standard", "NL", 1, 1, 5, 9, None))
    html = people["first"].get(place).get_data(as_text=True)
    assert "What shall become of the figures" in html

    page = people["first"].send(place, applied(html))
    assert "Say what shall become of the figures" in page.text
    assert stored(world)[LAPTOP] == (40, 40, 40, "")
    people["first"].send(place, applied(html) | {"settle": "keep"})

    assert stored(world)[LAPTOP] == (41, 45, 49, "")


def test_a_pasted_block_is_read_like_a_sheet(world: World, people):
    saved(world, "Parks")
    block = (
        "Afdeling\tCategorie\tNiveau\tLand\tJaar\tVast\tVerwacht\tMaximaal\nParks\tLaptop\tstandard\tNL\t1\t1\t5\t9\n"
    )

    place = people["first"].post(page_of(world, path="/paste"), data={"block": block}).headers["Location"]
    people["first"].send(place, applied(people["first"].get(place).get_data(as_text=True)))

    assert stored(world) == {LAPTOP: (1, 5, 9, "")}


def test_a_sheet_with_a_mistake_is_not_taken_over(world: World, people):
    saved(world, "Parks")
    rows = [
        ("Parks", "Laptop", "standard", "NL", 1, 1, 5, 9, None),
        ("Parks", "Laptop", "standard", "NL", 2, 9, 5, 1, None),
    ]
    place = preview_of(world, people["first"], *rows)
    html = people["first"].get(place).get_data(as_text=True)
    assert "firm must not be more than expected" in html

    people["first"].post(place, data=applied(html))

    assert world.session.scalars(select(Demand)).all() == []


@pytest.mark.parametrize("who", ["other", "lead"])
def test_what_one_member_sent_is_nobody_elses(world: World, people, who):
    place = preview_of(world, people["first"], ("Parks", "Laptop", "standard", "NL", 1, 1, 5, 9, None))

    assert people[who].get(place).status_code in (403, 404)
    assert people[who].post(place, data={"do": "apply", "seal": ""}).status_code in (403, 404)


def test_of_several_sheets_it_is_told_which_was_read_and_another_can_be_chosen(world: World, people):
    saved(world, "Parks")
    book = Workbook()
    book.active.title = "North"
    for one in (HEADER, *(("Parks", "Laptop", "standard", "NL", year, 1, 5, 9, None) for year in (1, 2))):
        book.active.append(one)
    for one in (HEADER, ("Parks", "Laptop", "standard", "NL", 3, 1, 6, 9, None)):
        (book["South"] if "South" in book.sheetnames else book.create_sheet("South")).append(one)
    content = io.BytesIO()
    book.save(content)
    sent = {"file": (io.BytesIO(content.getvalue()), "departments.xlsx")}

    place = people["first"].post(page_of(world, path="/upload"), data=sent).headers["Location"]
    page = people["first"].page(place)
    assert "The sheet “North” was read. Not read: South." in page.text
    read = people["first"].post(place, data={"do": "read", "sheet": "South"}).headers["Location"]
    html = people["first"].get(read).get_data(as_text=True)
    people["first"].send(place, applied(html) | {"sheet": "South"})

    assert stored(world) == {("laptop", "standard", "NL", 3): (1, 6, 9, "")}


def test_a_sheet_is_understood_without_the_write_lock_and_what_changes_meanwhile_is_noticed(
    world: World, people, monkeypatch
):
    roads = saved(world, "Parks", "Roads")[1].id
    place = preview_of(world, people["first"], ("Parks", "Laptop", "standard", "NL", 1, 1, 5, 9, None))
    html = people["first"].get(place).get_data(as_text=True)
    understood = department_imports._understood

    def slow(*given):
        """Somebody saves while the sheet is read; with the write lock held, they would wait in vain."""
        found = understood(*given)
        with Session(db.engine.execution_options(write=True), info={"write": True}) as other:
            other.execute(update(Department).where(Department.id == roads).values(code="R", version=2))
            other.commit()
        return found

    world.session.close()
    monkeypatch.setattr(department_imports, "_understood", slow)
    page = people["first"].send(place, applied(html))

    assert "somebody saved meanwhile" in page.text
    assert stored(world) == {}

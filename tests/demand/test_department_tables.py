"""Sheets of departments: every row becomes a figure or is told; what leaves comes back the same; lines stay independent sums."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from framework.demand import declare, department_acts, department_figures, department_tables, departments, saving
from framework.demand.cells import Cell
from framework.demand.columns import Choices
from framework.demand.department_acts import Undecided
from framework.demand.department_figures import Figure, seal
from framework.demand.lines import Scope, of_record, one_line
from framework.demand.rules import DEPARTMENTS_UNSAID
from framework.demand.saving import Seen
from framework.ground.blocks import split_block, table_of
from framework.ground.errors import InvalidInput
from framework.ground.sheets.reader import read_book
from models.demand import Demand
from models.departments import Department, DepartmentFigure
from tests.demand.conftest import World
from tests.demand.test_department_acts import accept, named

SCOPE = Scope(("laptop", "monitor"), ("standard", "power"), 4)
HEAD = "Department\tCategory\tTier\tCountry\tYear\tFirm\tExpected\tMaximum\tNote\n"


def known(*names: str) -> list[Department]:
    return [
        Department(
            id=n,
            public_id=f"d{n}",
            name=name,
            folded_name=departments.folded(name),
            code="",
            is_rest=False,
            is_archived=False,
        )
        for n, name in enumerate(names, start=1)
    ]


def read(text: str, *names: str, **choices: object) -> department_tables.Read:
    return department_tables.read(split_block(text), SCOPE, Choices(**choices), known(*names))  # type: ignore[arg-type]


def codes(found: department_tables.Read) -> list[str]:
    return [issue.code for issue in found.found.issues]


def said(figures) -> list[tuple]:
    return [(one.department_id, one.key, one.quantities, one.note) for one in figures]


LAPTOP = ("laptop", "standard", "NL", 1)


def test_rows_become_figures_of_their_departments():
    found = read(
        HEAD + "parks\tLaptop\tstandard\tNL\t1\t1\t5\t9\tsoon\nRoads\tLaptop\tstandard\tNL\t1\t2\t3\t\t\n", "Parks"
    )

    assert codes(found) == []
    assert [(one.name, one.kind) for one in found.names] == [("parks", "known"), ("Roads", "new")]
    assert said(found.figures) == [(0, LAPTOP, (1, 5, 9), "soon"), (1, LAPTOP, (2, 3, None), "")]


def test_contract_years_may_stand_side_by_side():
    found = read(
        "Afdeling\tCategorie\tNiveau\tLand\tVerwacht jaar 1\tVerwacht jaar 2\nParks\tLaptop\tstandard\tNL\t5\t6\n",
        "Parks",
    )

    made = department_tables.plan(found, [], {}, SCOPE)

    assert codes(found) == []
    assert [(one.key[3], one.quantities) for one in made.figures] == [(1, (0, 5, 5)), (2, (0, 6, 6))]


def test_totals_and_rows_that_say_nothing_are_told_and_change_nothing():
    found = read(HEAD + "Parks\tLaptop\tstandard\tNL\t1\t\t\t\t\nTotal\t\t\t\t\t1\t1\t1\t\n", "Parks")

    assert found.figures == []
    assert found.found.totals == [3]
    assert found.blank == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Category\tExpected\nlaptop\t4\n", "no-department"),
        (HEAD + "\tLaptop\tstandard\tNL\t1\t1\t1\t1\t\n", "department-missing"),
        (HEAD + "Parks\tLaptop\tstandard\tNL\t1\t5\t4\t9\t\n", "quantity-order"),
        (HEAD + "Parks\tBoat\tstandard\tNL\t1\t1\t4\t9\t\n", "category-unknown"),
        (HEAD + "Parks\tLaptop\tstandard\tNL\t7\t1\t4\t9\t\n", "year-outside"),
        (HEAD + "Parks\tLaptop\tstandard\tNL\t1\tsome\t4\t9\t\n", "not-a-number"),
        (HEAD + "Parks\tLaptop\tstandard\tNL\t1\t1\t4\t9\t\nparks\tLaptop\tstandard\tNL\t1\t1\t4\t9\t\n", "line-twice"),
        (HEAD + "x" * 201 + "\tLaptop\tstandard\tNL\t1\t1\t4\t9\t\n", "department-refused"),
    ],
    ids=lambda value: value if len(value) < 30 else "",
)
def test_what_cannot_be_taken_is_listed(text, code):
    assert code in codes(read(text, "Parks"))


def test_rows_of_one_department_and_line_are_added_up_when_asked():
    rows = "Parks\tLaptop\tstandard\tNL\t1\t1\t4\t9\tone\nparks\tLaptop\tstandard\tNL\t1\t2\t3\t\ttwo\n"

    found = read(HEAD + rows, "Parks", add_up=True)

    assert codes(found) == []
    assert said(found.figures) == [(0, LAPTOP, (3, 7, None), "one; two")]


def test_a_name_that_is_nearly_anothers_is_asked_and_not_guessed():
    found = read(HEAD + "Public libary\tLaptop\tstandard\tNL\t1\t1\t4\t9\t\n", "Public library")

    assert department_tables.plan(found, [], {}, SCOPE).asked == (0,)
    assert said(department_tables.plan(found, [], {0: "d1"}, SCOPE).figures) == [(1, LAPTOP, (1, 4, 9), "")]
    assert department_tables.plan(found, [], {0: department_tables.NEW}, SCOPE).added == {0: ("Public libary", "")}


def test_two_new_names_of_a_sheet_that_are_nearly_the_same_are_asked_about():
    rows = "Public library\tLaptop\tstandard\tNL\t1\t1\t4\t9\t\nPublic libary\tLaptop\tstandard\tNL\t2\t2\t5\t9\t\n"
    found = read(HEAD + rows)

    assert department_tables.plan(found, [], {}, SCOPE).asked == (1,)
    made = department_tables.plan(found, [], {1: "=0"}, SCOPE)
    assert (made.added, {one.department_id for one in made.figures}) == ({0: ("Public library", "")}, {-1})
    assert department_tables.plan(found, [], {1: "=7"}, SCOPE).asked == (1,)


def test_two_names_that_are_said_to_be_one_do_not_overwrite_each_other():
    rows = "Public library\tLaptop\tstandard\tNL\t1\t1\t4\t9\t\nPublic libary\tLaptop\tstandard\tNL\t1\t2\t5\t9\t\n"
    found = read(HEAD + rows, "Public library")

    made = department_tables.plan(found, [], {1: "d1"}, SCOPE)

    assert [issue.code for issue in made.issues] == ["line-twice"]


def test_what_a_sheet_has_no_column_for_stays():
    found = read("Department\tCategory\tTier\tCountry\tYear\tExpected\nParks\tLaptop\tstandard\tNL\t1\t6\n", "Parks")

    made = department_tables.plan(found, [Figure(1, *LAPTOP, 2, 5, 9, "old")], {}, SCOPE)

    assert said(made.figures) == [(1, LAPTOP, (2, 6, 9), "old")]


def test_what_then_does_not_fit_is_told():
    found = read("Department\tCategory\tTier\tCountry\tYear\tExpected\nParks\tLaptop\tstandard\tNL\t1\t60\n", "Parks")

    made = department_tables.plan(found, [Figure(1, *LAPTOP, 2, 5, 9)], {}, SCOPE)

    assert [issue.code for issue in made.issues] == ["quantity-order"]


@pytest.mark.parametrize(("replaces", "left"), [(False, [1, 2, 2]), (True, [1, 2])])
def test_departments_of_the_sheet_may_keep_only_what_it_says(replaces, left):
    stood = [Figure(1, *LAPTOP, 1, 1, 1), Figure(2, *LAPTOP, 1, 1, 1), Figure(2, "monitor", "power", "NL", 1, 1, 1, 1)]
    found = read(HEAD + "Roads\tLaptop\tstandard\tNL\t1\t1\t4\t9\t\n", "Parks", "Roads")

    made = department_tables.plan(found, stood, {}, SCOPE, replaces=replaces)

    assert sorted(one.department_id for one in made.figures) == left


def test_rows_of_two_names_that_are_one_department_are_added_up_when_asked():
    rows = (
        "Public library\tLaptop\tstandard\tNL\t1\t1\t4\t9\tone\nPublic libary\tLaptop\tstandard\tNL\t1\t2\t5\t9\ttwo\n"
    )
    found = read(HEAD + rows, "Public library", add_up=True)

    made = department_tables.plan(found, [], {1: "d1"}, SCOPE)

    assert made.issues == []
    assert said(made.figures) == [(1, LAPTOP, (3, 9, 18), "one; two")]


def test_a_row_that_only_says_why_it_is_not_known_keeps_no_old_quantity():
    text = "Department\tCategory\tTier\tCountry\tYear\tExpected\tNote\nParks\tLaptop\tstandard\tNL\t1\t\tIn spring\n"

    made = department_tables.plan(read(text, "Parks"), [Figure(1, *LAPTOP, 2, 5, 9, "old")], {}, SCOPE)

    assert said(made.figures) == [(1, LAPTOP, (None, None, None), "In spring")]


@pytest.mark.parametrize(("replaces", "words"), [(False, "change nothing"), (True, "what stood in these lines goes")])
def test_what_becomes_of_rows_that_say_nothing_is_told_as_it_is(replaces, words):
    rows = "Parks\tLaptop\tstandard\tNL\t1\t\t\t\t\nParks\tLaptop\tstandard\tNL\t2\t1\t1\t1\t\n"
    found = department_tables.read(split_block(HEAD + rows), SCOPE, Choices(), known("Parks"), replaces=replaces)

    made = department_tables.plan(found, [Figure(1, *LAPTOP, 1, 1, 1)], {}, SCOPE, replaces=replaces)

    assert any(words in message for message, _params in found.found.notes)
    assert (LAPTOP in {one.key for one in made.figures}) is not replaces


def test_a_code_of_two_departments_is_asked_about():
    two = known("Parks", "Roads")
    for one in two:
        one.code = "P1"
    found = department_tables.read(
        split_block(HEAD + "p1\tLaptop\tstandard\tNL\t1\t1\t4\t9\t\n"), SCOPE, Choices(), two
    )

    assert department_tables.plan(found, [], {}, SCOPE).asked == (0,)
    assert said(department_tables.plan(found, [], {0: "d1"}, SCOPE).figures) == [(1, LAPTOP, (1, 4, 9), "")]


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30)
QUANTITIES = st.one_of(st.none(), st.integers(0, 10_000_000))


def _named(text: str) -> str | None:
    try:
        return departments.clean(text)
    except InvalidInput:
        return None


@st.composite
def stood(draw) -> tuple[list[Department], list[Figure]]:
    names = {departments.folded(n): n for n in filter(None, map(_named, draw(st.lists(NAMES, max_size=6))))}
    everybody = known(*names.values())
    keys = st.tuples(
        st.sampled_from(SCOPE.categories),
        st.sampled_from(SCOPE.tiers),
        st.sampled_from(["NL", "SE"]),
        st.integers(1, 4),
    )
    figures = []
    for one in everybody:
        for key in sorted(draw(st.sets(keys, max_size=4))):
            ordered = sorted(draw(st.lists(st.integers(0, 10_000_000), min_size=3, max_size=3)))
            blanks = draw(st.lists(st.booleans(), min_size=3, max_size=3))
            note = one_line(draw(NAMES))[:200]
            quantities = [None if blank else value for value, blank in zip(ordered, blanks, strict=True)]
            figures.append(Figure(one.id, *key, *quantities, note))
    return everybody, [one for one in figures if not one.is_blank]


AWKWARD = known("=1+1", "'quoted", "007", "12", "-5", "TRUE", "Category", "1.234", "2026-01-01", "#N/A", "50%")


@example(data=(AWKWARD, [Figure(one.id, *LAPTOP, 0, None, 3, one.name) for one in AWKWARD]))
@given(data=stood())
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_what_leaves_as_a_sheet_comes_back_as_the_same_figures(tmp_path, data):
    everybody, figures = data
    keys = sorted({one.key for one in figures} | {LAPTOP})
    path = tmp_path / "departments.xlsx"
    path.write_bytes(department_tables.write(figures, everybody, keys, name="x", now=datetime(2026, 1, 1, tzinfo=UTC)))

    book = read_book(path)
    found = department_tables.read(table_of(book.sheets[0]), SCOPE, Choices(), everybody)
    made = department_tables.plan(found, figures, {}, SCOPE, replaces=True)

    assert codes(found) == []
    assert (made.added, made.asked, made.issues) == ({}, (), [])
    assert seal(made.figures) == seal(figures)
    assert seal(department_tables.plan(found, [], {}, SCOPE).figures) == seal(figures)


CATEGORIES, TIERS = ("laptop", "monitor"), ("standard", "power")


@pytest.mark.parametrize("seed", range(6))
def test_lines_equal_an_independent_sum_after_any_edits(world: World, seed: int):
    chance = random.Random(seed)
    made = named(world, *"ABCDE")
    for _step in range(25):
        act = chance.random()
        if act < 0.6:
            _of_one_department(world, chance, chance.choice(made))
        elif act < 0.9:
            _in_the_grid(world, chance)
        else:
            _next_version(world)
        world.session.flush()
        world.session.expire_all()
        _require_independent_sums(world)


def _of_one_department(world: World, chance: random.Random, department: Department) -> None:
    """The page of a department is saved: some rows changed, some emptied, some left as they were."""
    actor = world.actor(0, chance.randrange(2))
    figures = department_acts.standing(world.session, world.lot, actor)[2]
    own = {one.key: one for one in figures if one.department_id == department.id}
    for _ in range(chance.randint(1, 3)):
        key = (chance.choice(CATEGORIES), chance.choice(TIERS), "NL", chance.randint(1, 2))
        own.pop(key, None)
        if chance.random() < 0.8:
            quantities = [None if chance.random() < 0.15 else q for q in sorted(chance.choices(range(50), k=3))]
            own[key] = Figure(department.id, *key, *quantities, note=chance.choice(["", "x"]))
    wanted = {department.id: list(own.values())}
    seen = seal(department_acts.of_departments(figures, wanted))
    facts = {"seen": seen, "actor": actor, "now": world.clock()}
    try:
        department_acts.fill(world.session, world.lot, wanted, **facts)
    except Undecided:
        # the act is refused before anything of it is kept; what the person answers is as good as either
        try:
            department_acts.fill(world.session, world.lot, wanted, settle=chance.choice(["keep", "replace"]), **facts)
        except InvalidInput as error:
            if error.code != "rest-said":
                raise
            department_acts.fill(world.session, world.lot, wanted, settle="replace", **facts)


def _in_the_grid(world: World, chance: random.Random) -> None:
    """The grid is saved: a line that no department says anything of is typed, changed or emptied."""
    actor = world.actor()
    draft = declare.latest(world.session, world.lot, actor.organisation_id, states=("draft",), anew=True)
    if draft is None:
        return
    cells = dict(saving.standing(draft))
    said = {one.key for one in department_figures.of(world.session, draft)}
    key = (chance.choice(CATEGORIES), chance.choice(TIERS), "NL", chance.randint(1, 2))
    if key in said:
        return
    for cell in [cell for cell in cells if cell[:3] == key[:3] and cell.year == key[3]]:
        del cells[cell]
    if chance.random() < 0.8:
        quantities = zip(("firm", "expected", "max"), sorted(chance.choices(range(50), k=3)), strict=True)
        cells |= {Cell(*key[:3], column, key[3]): value for column, value in quantities}
        cells[Cell(*key[:3], "certainty", key[3])] = "planned"
    seen = Seen(draft.version, draft.public_id)
    saving.save(world.session, world.lot, cells, seen=seen, actor=actor, now=world.clock())


def _next_version(world: World) -> None:
    draft = declare.latest(world.session, world.lot, world.members[0].id, states=("draft",))
    if draft is not None and draft.lines:
        accept(world, draft)


def _require_independent_sums(world: World) -> None:
    """Every version: its lines that departments say are their sums, counted here from the rows alone."""
    for demand in world.session.scalars(select(Demand).order_by(Demand.id)):
        rows = world.session.scalars(select(DepartmentFigure).where(DepartmentFigure.demand_id == demand.id)).all()
        columns: dict[tuple, list[tuple]] = defaultdict(list)
        for one in rows:
            key = (one.category, one.spec_tier, one.delivery_country, one.year_no)
            columns[key].append((one.qty_firm, one.qty_expected, one.qty_max))
        lines = {line.key: line for line in map(of_record, demand.lines)}
        assert columns.keys() <= lines.keys()
        for key, values in columns.items():
            is_whole = all(v is not None for row in values for v in row)
            firm, expected, most = (sum(column) if is_whole else None for column in zip(*values, strict=True))
            line = lines[key]
            assert (line.qty_firm, line.qty_expected, line.qty_max) == (firm, expected, most)
            assert (line.not_known_reason == DEPARTMENTS_UNSAID) == (firm is None)
        assert all(line.not_known_reason != DEPARTMENTS_UNSAID for key, line in lines.items() if key not in columns)

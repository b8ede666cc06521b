"""Departments of a member: kept by its own people, their figures add up to the lines, and only they see them."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from framework.demand import approve, declare, department_acts, department_figures, departments, pool
from framework.demand.declare import LinesBroken
from framework.demand.department_acts import Undecided
from framework.demand.department_figures import Figure, seal
from framework.demand.lines import of_record
from framework.demand.rules import DEPARTMENTS_UNSAID
from framework.ground.errors import InvalidInput, MoveRefused, NotFound, Stale
from models.demand import Demand
from models.departments import Department, DepartmentFigure
from models.records import AuditEvent
from tests.demand.conftest import World, line


def named(world: World, *names: str, member: int = 0) -> list[Department]:
    actor = world.actor(member)
    return departments.add_all(world.session, [(n, "") for n in names], actor=actor, now=world.clock())


def figure(department: Department, firm=None, expected=None, most=None, *, year: int = 1, **facts) -> Figure:
    place = {"category": "laptop", "spec_tier": "standard", "delivery_country": "NL"} | facts
    return Figure(department.id, year_no=year, qty_firm=firm, qty_expected=expected, qty_max=most, **place)


def fill(world: World, *figures: Figure, of: list[Department] = (), settle: str = "", member: int = 0) -> Demand:
    """Save what these departments say, as one who looked at it just now."""
    actor = world.actor(member)
    wanted = {one.id: [] for one in of} | {one.department_id: [] for one in figures}
    for one in figures:
        wanted[one.department_id].append(one)
    stood = department_acts.standing(world.session, world.lot, actor)[2]
    seen = seal(department_acts.of_departments(stood, wanted))
    found = department_acts.fill(
        world.session, world.lot, wanted, seen=seen, settle=settle, actor=actor, now=world.clock()
    )
    world.session.flush()
    world.session.expire_all()
    return found


def lines_of(demand: Demand) -> dict[tuple, tuple]:
    found = map(of_record, demand.lines)
    return {one.key: (one.qty_firm, one.qty_expected, one.qty_max, one.not_known_reason) for one in found}


LAPTOP = ("laptop", "standard", "NL", 1)


def test_a_line_is_the_sum_of_what_departments_say(world: World):
    parks, roads = named(world, "Parks", "Roads")

    demand = fill(world, figure(parks, 1, 5, 9), figure(roads, 2, 10, 20))

    assert lines_of(demand) == {LAPTOP: (3, 15, 29, "")}


def test_what_a_department_does_not_know_is_no_zero(world: World):
    parks, roads = named(world, "Parks", "Roads")

    demand = fill(world, figure(parks, 1, 5, 9), figure(roads, expected=3))

    assert lines_of(demand) == {LAPTOP: (None, None, None, DEPARTMENTS_UNSAID)}
    total = department_figures.sums(department_figures.of(world.session, demand))[LAPTOP]
    assert (total.departments, total.partly, total.quantities) == (2, 1, (1, 8, 9))


def test_a_department_that_gave_only_a_note_leaves_the_line_not_known_and_a_silent_one_does_not(world: World):
    parks, roads, _silent = named(world, "Parks", "Roads", "Silent")

    noted = fill(world, figure(parks, 1, 5, 9), figure(roads, note="don't know"))
    assert lines_of(noted) == {LAPTOP: (None, None, None, DEPARTMENTS_UNSAID)}

    assert lines_of(fill(world, of=[roads])) == {LAPTOP: (1, 5, 9, "")}


def test_a_save_that_changes_nothing_begins_no_version(world: World):
    (parks,) = named(world, "Parks")
    first = fill(world, figure(parks, 1, 2, 3))
    accept(world, first)

    assert fill(world, figure(parks, 1, 2, 3)) is None

    assert [one.version_no for one in world.session.scalars(select(Demand).order_by(Demand.id))] == [1]


@pytest.mark.parametrize("said", [(3, 3, 3), (None, 3, None)], ids=["whole", "part"])
def test_figures_come_along_where_a_tier_is_written_otherwise(world: World, build, said):
    (parks,) = named(world, "Parks")
    earlier = build.round(world.lead, state="in_force")
    old_lot = build.lot(earlier, code=world.lot.code, spec_tiers=["Stan dard"], categories=["laptop"])
    line_ = {"spec_tier": "Stan dard", "qty": 3 if None not in said else None}
    unsaid = {"not_known_reason": DEPARTMENTS_UNSAID} if None in said else {}
    old = build.demand(old_lot, world.members[0], line_ | unsaid, state="locked")
    department_figures.put(world.session, old, [figure(parks, *said, spec_tier="Stan dard")])
    world.round.copied_from_id = earlier.id
    world.session.flush()

    demand = declare.declare(world.session, world.lot, actor=world.actor(), now=world.clock())
    world.session.flush()

    found = department_figures.of(world.session, demand)
    assert [(one.spec_tier, one.quantities) for one in found] == [("standard", said)]
    assert list(lines_of(demand)) == [LAPTOP]


def test_a_line_without_all_figures_and_without_departments_does_not_vanish(world: World, build):
    (parks,) = named(world, "Parks")
    unsaid = {"spec_tier": "standard", "qty": None, "not_known_reason": DEPARTMENTS_UNSAID}
    build.demand(world.lot, world.members[0], unsaid)

    demand = fill(world, figure(parks, 1, 2, 3, year=2))

    assert LAPTOP in lines_of(demand)


@pytest.mark.parametrize(
    "said", [[(None, 5, None)], [(1, 5, 6), (None, 4, None)], [(None, None, None)]], ids=["part", "order", "note"]
)
def test_a_sum_that_cannot_stand_as_a_line_stands_as_not_known(world: World, said):
    made = named(world, "Parks", "Roads")

    demand = fill(world, *(figure(d, *q, note="Asked in May") for d, q in zip(made, said, strict=False)))

    assert lines_of(demand) == {LAPTOP: (None, None, None, DEPARTMENTS_UNSAID)}


def test_a_line_without_figures_of_departments_stays_as_it_was_typed(world: World):
    (parks,) = named(world, "Parks")
    world.draft(line(2, qty=40))

    demand = fill(world, figure(parks, 1, 1, 1))

    assert lines_of(demand)["laptop", "standard", "NL", 2] == (40, 40, 40, "")


def test_a_typed_figure_is_asked_about_and_kept_as_what_belongs_to_none(world: World):
    (parks,) = named(world, "Parks")
    world.draft(line(qty=40))

    with pytest.raises(Undecided) as caught:
        fill(world, figure(parks, 1, 2, 3))
    demand = fill(world, figure(parks, 1, 2, 3), settle="keep")

    assert [one.key for one in caught.value.lines] == [LAPTOP]
    assert lines_of(demand) == {LAPTOP: (41, 42, 43, "")}
    rest = world.session.scalars(select(Department).where(Department.is_rest)).one()
    kept = world.session.scalars(select(DepartmentFigure).where(DepartmentFigure.department_id == rest.id)).one()
    assert (rest.name, kept.qty_expected) == ("Not assigned", 40)


def test_a_typed_figure_may_be_replaced_and_its_value_stays(world: World):
    (parks,) = named(world, "Parks")
    world.draft(line(qty=40))

    demand = fill(world, figure(parks, 1, 2, 3), settle="replace")

    assert lines_of(demand) == {LAPTOP: (1, 2, 3, "")}
    assert demand.lines[0].value_expected == 28000


def test_a_reason_why_it_is_not_known_is_kept_as_a_note(world: World):
    (parks,) = named(world, "Parks")
    world.draft(line(qty=None, not_known_reason="Budget in spring"))

    fill(world, figure(parks, 1, 2, 3), settle="keep")

    notes = world.session.scalars(select(DepartmentFigure.note).where(DepartmentFigure.note != "")).all()
    assert notes == ["Budget in spring"]


def test_a_line_goes_with_its_last_figure_and_the_history_says_so(world: World):
    (parks,) = named(world, "Parks")
    fill(world, figure(parks, 1, 2, 3))

    demand = fill(world, of=[parks])

    assert lines_of(demand) == {}
    kinds = world.session.scalars(select(AuditEvent.kind).order_by(AuditEvent.seq)).all()
    assert kinds.count("department.figures_saved") == 2


def test_the_grid_cannot_type_over_a_sum(world: World):
    (parks,) = named(world, "Parks")
    demand = fill(world, figure(parks, 1, 2, 3))

    with pytest.raises(InvalidInput) as caught:
        declare.edit(
            world.session, demand, [line(qty=9)], actor=world.actor(), now=world.clock(), version=demand.version
        )

    assert caught.value.code == "from-departments"


def test_an_edit_that_leaves_a_sum_out_does_not_take_it_away(world: World):
    (parks,) = named(world, "Parks")
    demand = fill(world, figure(parks, 1, 2, 3))

    declare.edit(
        world.session, demand, [line(2, qty=9)], actor=world.actor(), now=world.clock(), version=demand.version
    )
    world.session.flush()

    assert lines_of(demand)[LAPTOP] == (1, 2, 3, "")


def test_two_people_on_one_department_do_not_overwrite_each_other(world: World):
    (parks,) = named(world, "Parks")
    fill(world, figure(parks, 1, 2, 3))
    other_page = seal(
        department_acts.of_departments(department_acts.standing(world.session, world.lot, world.actor())[2], [parks.id])
    )
    fill(world, figure(parks, 4, 5, 6))

    with pytest.raises(Stale):
        department_acts.fill(
            world.session,
            world.lot,
            {parks.id: [figure(parks, 7, 8, 9)]},
            seen=other_page,
            actor=world.actor(0, 1),
            now=world.clock(),
        )


def test_two_people_on_two_departments_do_not_disturb_each_other(world: World):
    parks, roads = named(world, "Parks", "Roads")
    empty = seal([])
    for department in (parks, roads):
        demand = department_acts.fill(
            world.session,
            world.lot,
            {department.id: [figure(department, 1, 2, 3)]},
            seen=empty,
            actor=world.actor(),
            now=world.clock(),
        )

    assert lines_of(demand) == {LAPTOP: (2, 4, 6, "")}


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"firm": -1}, "negative"),
        ({"firm": 5, "expected": 3}, "quantity-order"),
        ({"most": 10**9}, "too-large"),
        ({"expected": 1, "category": "server"}, "category-outside"),
        ({"expected": 1, "year": 9}, "year-outside"),
        ({"expected": 1, "note": "x" * 201}, "text-too-long"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_figures_that_break_a_rule_are_refused(world: World, facts, code):
    (parks,) = named(world, "Parks")

    with pytest.raises(LinesBroken) as caught:
        fill(world, figure(parks, **facts))

    assert code in {one.code for one in caught.value.issues}


def test_a_sum_beyond_the_limit_is_refused(world: World):
    parks, roads = named(world, "Parks", "Roads")

    with pytest.raises(InvalidInput) as caught:
        fill(world, figure(parks, 0, 0, 9_999_999), figure(roads, 0, 0, 9_999_999))

    assert caught.value.code == "sum-too-large"


def test_the_next_version_has_the_figures_too(world: World):
    (parks,) = named(world, "Parks")
    first = fill(world, figure(parks, 1, 2, 3))
    accept(world, first)

    second = fill(world, figure(parks, 4, 5, 6))

    assert (second.version_no, lines_of(second)) == (2, {LAPTOP: (4, 5, 6, "")})
    assert [one.qty_expected for one in department_figures.of(world.session, first)] == [2]


def test_a_version_that_came_back_keeps_what_it_said(world: World):
    (parks,) = named(world, "Parks")
    first = fill(world, figure(parks, 1, 2, 3))
    submit(world, first)
    approve.recall(world.session, first, actor=world.actor(), now=world.clock())
    world.session.flush()

    second = fill(world, figure(parks, 4, 5, 6))

    assert second.version_no == 2
    assert [one.qty_expected for one in department_figures.of(world.session, first)] == [2]
    assert [one.qty_expected for one in department_figures.of(world.session, second)] == [5]


def test_an_edit_in_the_grid_of_a_version_that_came_back_takes_the_figures_along(world: World):
    (parks,) = named(world, "Parks")
    first = fill(world, figure(parks, 1, 2, 3))
    submit(world, first)
    approve.recall(world.session, first, actor=world.actor(), now=world.clock())
    world.session.flush()

    lines = [*map(of_record, first.lines), line(2, qty=7)]
    declare.edit(world.session, first, lines, actor=world.actor(), now=world.clock(), version=first.version)
    world.session.flush()

    second = declare.latest(world.session, world.lot, world.members[0].id)
    assert second.version_no == 2
    assert [one.qty_expected for one in department_figures.of(world.session, second)] == [2]
    assert lines_of(second)[LAPTOP] == (1, 2, 3, "")


def test_figures_of_last_years_round_come_along_where_the_lot_still_allows_them(world: World, build):
    (parks,) = named(world, "Parks")
    earlier = build.round(world.lead, state="in_force")
    old_lot = build.lot(earlier, code=world.lot.code, spec_tiers=["standard", "gone"], categories=["laptop"])
    old = build.demand(
        old_lot, world.members[0], {"spec_tier": "standard", "qty": 3}, {"spec_tier": "gone"}, state="locked"
    )
    department_figures.put(world.session, old, [figure(parks, 3, 3, 3), figure(parks, 1, 1, 1, spec_tier="gone")])
    world.round.copied_from_id = earlier.id
    world.session.flush()

    demand = fill(world, figure(parks, 3, 4, 5), figure(parks, 0, 1, 1, year=2))

    assert [(one.spec_tier, one.year_no, one.qty_expected) for one in department_figures.of(world.session, demand)] == [
        ("standard", 1, 4),
        ("standard", 2, 1),
    ]


def submit(world: World, demand: Demand) -> None:
    approve.submit(world.session, demand, actor=world.actor(), now=world.clock(), version=demand.version)
    world.session.flush()
    approve.approve(world.session, demand, actor=world.actor(0, 1), now=world.clock(), version=demand.version)
    world.session.flush()


def accept(world: World, demand: Demand) -> None:
    submit(world, demand)
    approve.accept(world.session, demand, actor=world.lead_actor, now=world.clock(), version=demand.version, seen=True)
    world.session.flush()


def test_a_locked_or_late_declaration_takes_no_figures(world: World, clock):
    (parks,) = named(world, "Parks")
    first = fill(world, figure(parks, 1, 2, 3))
    accept(world, first)
    world.lock()

    with pytest.raises(MoveRefused):
        fill_unseen(world, parks)

    world.round.state = "demand"
    world.round.demand_deadline = clock() - dt.timedelta(hours=1)
    with pytest.raises(MoveRefused):
        fill_unseen(world, parks)


def fill_unseen(world: World, department: Department) -> None:
    department_acts.fill(
        world.session,
        world.lot,
        {department.id: [figure(department, 4, 5, 6)]},
        seen="",
        actor=world.actor(),
        now=world.clock(),
    )


def test_a_handed_in_declaration_takes_no_figures(world: World):
    (parks,) = named(world, "Parks")
    submit(world, fill(world, figure(parks, 1, 2, 3)))

    with pytest.raises(MoveRefused):
        fill_unseen(world, parks)


def test_a_department_of_another_organisation_does_not_exist(world: World):
    (theirs,) = named(world, "Parks", member=1)

    with pytest.raises(NotFound):
        fill(world, figure(theirs, 1, 2, 3))
    with pytest.raises(NotFound):
        departments.find(world.session, theirs.public_id, actor=world.actor())
    with pytest.raises(NotFound):
        departments.edit(world.session, theirs, "X", "", version=1, actor=world.actor(), now=world.clock())


def test_what_departments_do_is_written_in_no_round(world: World):
    parks, roads = named(world, "Parks", "Roads")
    fill(world, figure(parks, 1, 2, 3), figure(roads, 1, 2, 3))
    fill(world, figure(parks, 1, 2, 4))

    events = world.session.scalars(
        select(AuditEvent).where(AuditEvent.kind.startswith("department.")).order_by(AuditEvent.seq)
    ).all()

    told = [(one.kind, one.subject_id) for one in events[1:]]
    assert told == [("department.figures_saved", one.public_id) for one in (parks, roads, parks)]
    assert {one.round_id for one in events} == {None}
    assert "Parks" not in str([one.data for one in events])


def test_what_departments_say_reaches_the_pool_as_their_sum(world: World):
    parks, roads = named(world, "Parks", "Roads")
    accept(world, fill(world, figure(parks, 1, 5, 9), figure(roads, 2, 10, 20)))

    found = pool.figures(world.session, world.round)

    assert [lot.total.expected for lot in found.lots] == [15]

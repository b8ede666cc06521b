"""What was handed in stays as it was: returned versions, what a new one begins with, and its hash on paper."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from framework.demand import approve, board, declare, lock, next_steps, record
from framework.ground.errors import Stale
from framework.rounds.next_action import Reader
from models.demand import Demand
from tests.demand.conftest import World, line


def give_back(world: World, motive: str = "Year 2 is missing.") -> Demand:
    """A version that was handed in and that the lead returned."""
    demand = world.submitted(line(qty=420))
    approve.return_(world.session, demand, actor=world.lead_actor, now=world.clock(), motive=motive)
    world.session.flush()
    return demand


def edit(world: World, demand: Demand, *lines, person: int = 0, **facts) -> Demand:
    """The lines put into a draft; the version they are in then."""
    actor = world.actor(person=person)
    declare.edit(world.session, demand, list(lines), actor=actor, now=world.clock(), version=demand.version, **facts)
    world.session.flush()
    found = declare.latest(world.session, world.lot, actor.organisation_id, states=declare.WAITING)
    assert found is not None
    return found


def test_editing_a_returned_version_begins_the_next_one_and_keeps_what_was_handed_in(world: World):
    first = give_back(world)

    second = edit(world, first, line(qty=500))

    assert [(d.version_no, d.state, d.lines[0].qty_expected) for d in (first, second)] == [
        (1, "withdrawn", 420),
        (2, "draft", 500),
    ]
    assert first.submitted_by_id == world.actor().user_id
    assert second.prefilled_from_id == first.id


@pytest.mark.parametrize("facts", [{"note": "Budget is decided."}, {"baseline_source": "erp"}])
def test_a_new_note_of_a_returned_version_begins_the_next_one_too(world: World, facts: dict[str, str]):
    first = give_back(world)

    second = edit(world, first, line(qty=420), **facts)

    assert (first.state, second.version_no) == ("withdrawn", 2)
    assert first.note == ""


def test_saving_a_returned_version_without_a_change_changes_nothing(world: World):
    first = give_back(world)

    same = edit(world, first, line(qty=420))

    assert (same.id, same.state) == (first.id, "draft")


def test_a_recalled_version_is_kept_like_a_returned_one(world: World):
    first = world.submitted(line(qty=420))
    approve.recall(world.session, first, actor=world.actor(), now=world.clock())

    second = edit(world, first, line(qty=500))

    assert (first.state, first.lines[0].qty_expected, second.version_no) == ("withdrawn", 420, 2)
    assert declare.returned_before(world.session, second) is None


def test_the_motive_of_the_lead_follows_into_the_version_that_mends_it(world: World):
    first = give_back(world)
    second = edit(world, first, line(qty=500))

    found = declare.returned_before(world.session, second)

    assert found is not None
    assert (found.version_no, found.return_motive) == (1, "Year 2 is missing.")


def test_the_next_step_of_a_member_says_why_the_lead_returned_its_demand(world: World):
    give_back(world)

    step = next_steps.declare_step(world.session, world.round, Reader(world.actor(), frozenset(), world.clock()))

    assert step is not None
    assert (step.page, step.params["motive"]) == ("demand.lot_grid", "Year 2 is missing.")


def test_a_draft_that_lapsed_is_offered_again_after_demand_is_reopened(world: World):
    world.draft(line(qty=33))
    world.lock()
    world.round.state = "demand"
    world.session.flush()

    again = world.draft()

    assert (again.version_no, [x.qty_expected for x in again.lines]) == (2, [33])


def test_figures_of_an_earlier_round_are_the_baseline_of_the_same_year(world: World, build):
    earlier = build.round(world.lead, state="in_force")
    old_lot = build.lot(earlier, code=world.lot.code, spec_tiers=["standard", "gone"], categories=["laptop"])
    build.demand(
        old_lot,
        world.members[0],
        {"spec_tier": "standard", "qty": 77},
        {"spec_tier": "standard", "qty": 55, "year_no": 2},
        {"spec_tier": "gone"},
        state="locked",
        note="Two schools close.",
    )
    world.round.copied_from_id = earlier.id

    demand = world.draft()
    source = declare.source_of_prefill(world.session, world.lot, world.members[0].id)

    assert [(x.year_no, x.baseline_qty) for x in demand.lines] == [(1, 77), (2, 55)]
    assert (demand.note, demand.baseline_source) == ("Two schools close.", "estimate")
    assert source is not None
    assert [x.spec_tier for x in declare.left_out(source, world.lot)] == ["gone"]


@pytest.mark.parametrize(("person", "said"), [(0, "yourself"), (1, "Somebody else")])
def test_a_stale_form_says_whether_it_was_oneself(world: World, person: int, said: str):
    demand = world.draft(line(qty=5))
    old = demand.version
    edit(world, demand, line(qty=6), person=person)

    with pytest.raises(Stale) as stale:
        declare.edit(world.session, demand, [line(qty=7)], actor=world.actor(), now=world.clock(), version=old)

    assert said in stale.value.message


def test_the_lead_is_told_before_locking_what_would_be_left_behind(world: World):
    world.draft(line())

    found = lock.unfinished(world.session, world.round)

    assert found.drafts == [("Gemeente A", world.lot.name)]
    assert found.missing == ["Gemeente A", "Gemeente B"]


def test_who_has_not_answered_waits_for_others_by_name(world: World):
    world.accepted(line())

    reader = Reader(world.lead_actor, frozenset({"lead"}), world.clock())
    steps = next_steps.unanswered(world.session, world.round, reader)

    assert [step.params for step in steps] == [{"count": 1, "names": ["Gemeente B"]}]


def test_a_draft_shows_the_lead_no_quantities_before_it_is_handed_in(world: World):
    world.draft(line(qty=420), member=0)
    world.submitted(line(qty=77), member=1)

    rows = board.board(world.session, world.round)

    found = [(s.state, s.expected, s.is_private) for row in rows for s in row.squares[world.lot.id]]
    assert found == [("draft", None, True), ("submitted", 77, False)]


def test_a_returned_draft_stays_readable_for_the_lead(world: World):
    demand = give_back(world)

    assert board.is_private(demand.state, demand.submitted_at) is False


def test_the_hash_of_a_record_follows_everything_it_says(world: World):
    demand = world.submitted(line(qty=420))
    before = record.digest(demand)

    demand.lines[0].qty_expected = demand.lines[0].qty_max = 421
    after = record.digest(demand)
    demand.submitted_at = world.clock() + dt.timedelta(seconds=1)

    assert len({before, after, record.digest(demand)}) == 3
    assert len(before) == 64


def test_a_record_says_the_same_however_its_letters_are_composed(world: World):
    demand = world.submitted(line(qty=420))
    demand.note = "Malmo\u0308"
    apart = record.digest(demand)

    demand.note = "Malm\u00f6"

    assert record.digest(demand) == apart


def test_every_version_of_a_member_is_still_there(world: World):
    first = give_back(world)
    edit(world, first, line(qty=500))

    found = world.session.scalars(select(Demand.version_no).order_by(Demand.version_no)).all()

    assert found == [1, 2]

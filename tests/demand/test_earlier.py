"""A declaration filled in from an own earlier round: chosen, seen, then taken over; what does not fit is named with its reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import select

from framework.demand import declare, department_figures, departments, earlier
from framework.demand.department_figures import Figure
from framework.demand.lines import of_record
from framework.ground.errors import MoveRefused, NotFound, Stale
from models.demand import Demand
from tests.demand.conftest import World, line
from tests.demand.test_pages import address, grid_address
from tests.memory import remembered


class Before:
    """Two earlier rounds of the lead in which the first member declared, the older of them copied into this one."""

    @remembered
    def __init__(self, world: World, build, clock) -> None:
        self.world, self.build, self.clock = world, build, clock
        self.oldest = self.declared("Long ago", years=3, qty=30, spec_tier="STANDARD")
        self.newer = self.declared("Last time", years=1, qty=50, spec_tier="standard")
        world.session.flush()

    def declared(self, name: str, *, years: int, qty: int, spec_tier: str, member: int = 0, **facts) -> Demand:
        made = self.clock() - dt.timedelta(days=365 * years)
        round_ = self.build.round(self.world.lead, state="in_force", name=name)
        round_.created_at = made
        lot = self.build.lot(round_, categories=["laptop", "tablet"], spec_tiers=[spec_tier, "gone"])
        told = [
            {"spec_tier": spec_tier, "qty": qty},
            {"spec_tier": "gone", "qty": 5},
            {"spec_tier": spec_tier, "category": "tablet", "qty": 7},
        ]
        state = facts.pop("state", "locked")
        return self.build.demand(
            lot, self.world.members[member], *told, state=state, accepted_at=made, baseline_source="erp", **facts
        )

    def sources(self, member: int = 0) -> list[Demand]:
        return earlier.sources(self.world.session, self.world.lot, self.world.members[member].id)

    def preview(self, chosen: Demand) -> earlier.Taking:
        return earlier.preview(self.world.session, self.world.lot, chosen, self.world.members[0].id)

    def take(self, chosen: Demand, *, version: int = 0, seal: str = "") -> Demand:
        return earlier.take(
            self.world.session,
            self.world.lot,
            chosen,
            seal=seal or self.preview(chosen).seal,
            version=version,
            actor=self.world.actor(),
            now=self.clock(),
        )


@pytest.fixture
@remembered
def before(world: World, build, clock) -> Before:
    return Before(world, build, clock)


def test_the_latest_stands_first_and_what_was_copied_from_before_it(before, world):
    assert [one.round.name for one in before.sources()] == ["Last time", "Long ago"]

    world.round.copied_from_id = before.oldest.round_id

    assert [one.round.name for one in before.sources()] == ["Long ago", "Last time"]


@pytest.mark.parametrize("state", ["draft", "withdrawn", "superseded", "lapsed"])
def test_only_accepted_and_locked_figures_are_offered(before, world, state):
    before.newer.state = state
    world.session.flush()

    assert [one.round.name for one in before.sources()] == ["Long ago"]


def test_figures_of_other_members_and_of_this_round_are_never_offered(before, world):
    before.declared("Of another", years=1, qty=9, spec_tier="standard", member=1)
    world.accepted(line(qty=3))

    assert [one.round.name for one in before.sources()] == ["Last time", "Long ago"]
    with pytest.raises(NotFound):
        earlier.source(world.session, world.lot, world.members[0].id, before.sources(1)[0].public_id)


def test_a_lot_that_buys_nothing_of_it_offers_nothing(before, build, world):
    lot = build.lot(world.round, code="Z9", categories=["server"])

    assert earlier.sources(world.session, lot, world.members[0].id) == []
    assert not earlier.is_any(world.session, lot, world.members[0].id)
    assert earlier.is_any(world.session, world.lot, world.members[0].id)


def test_tiers_are_found_again_by_their_key_and_what_does_not_fit_is_named_with_its_reason(before):
    found = before.preview(before.oldest)

    assert [(one.category, one.spec_tier, one.qty_expected, one.baseline_qty) for one in found.added] == [
        ("laptop", "standard", 30, 30)
    ]
    assert [(one.line.category, [issue.code for issue in one.issues]) for one in found.left_out] == [
        ("laptop", ["tier-outside"]),
        ("tablet", ["category-outside"]),
    ]


def test_a_preview_stores_nothing(before, world):
    before.preview(before.newer)

    world.session.flush()
    query = select(Demand).where(Demand.round_id == world.round.id)
    assert world.session.scalars(query).all() == []


def test_what_was_seen_becomes_a_draft_with_its_source_marked(before, world):
    draft = before.take(before.newer)

    assert (draft.state, draft.prefilled_from_id, draft.baseline_source) == ("draft", before.newer.id, "estimate")
    assert [(x.qty_expected, x.baseline_qty) for x in map(of_record, draft.lines)] == [(50, 50)]


def test_own_lines_stay_and_take_last_years_quantity_along(before, world):
    draft = world.draft(line(qty=11), line(qty=4, spec_tier="power"))
    found = before.preview(before.newer)

    taken = before.take(before.newer, version=draft.version) if found.lines != found.present else draft

    assert found.added == ()
    assert [(one.spec_tier, one.qty_expected) for one in found.staying] == [("standard", 11)]
    told = {x.spec_tier: (x.qty_expected, x.baseline_qty) for x in map(of_record, taken.lines)}
    assert told == {"standard": (11, 50), "power": (4, None)}


def test_nothing_to_take_over_is_refused(before, world):
    draft = before.take(before.newer)

    with pytest.raises(MoveRefused, match="nothing-to-repeat"):
        before.take(before.newer, version=draft.version)


def test_what_changed_since_it_was_shown_is_shown_again(before, world):
    seal = before.preview(before.newer).seal
    world.draft(line(qty=11))

    with pytest.raises(Stale):
        before.take(before.newer, seal=seal)
    with pytest.raises(Stale):
        before.take(before.newer, seal="x")


def test_the_accepted_version_of_this_round_stays_the_beginning_of_the_next(before, world):
    first = world.accepted(line(qty=2, spec_tier="power"))

    draft = before.take(before.newer)

    assert (draft.version_no, draft.prefilled_from_id) == (2, first.id)
    assert {(x.spec_tier, x.qty_expected) for x in draft.lines} == {("power", 2), ("standard", 50)}


def test_after_the_deadline_nothing_is_taken_over(before, world):
    seal = before.preview(before.newer).seal
    before.clock.now = world.round.demand_deadline + dt.timedelta(seconds=1)

    with pytest.raises(MoveRefused, match="after-deadline"):
        before.take(before.newer, seal=seal)


def test_a_member_chooses_looks_and_takes_over(before, world, people):
    world.session.commit()
    place = grid_address(world, "/earlier")

    grid = people["first"].page(grid_address(world))
    listed = people["first"].page(place)
    shown = people["first"].get(f"{place}/{before.oldest.public_id}").get_data(as_text=True)
    page = people["first"].page(f"{place}/{before.oldest.public_id}")
    seal = shown.split('name="seal" value="')[1][:64]
    done = people["first"].send(f"{place}/{before.oldest.public_id}", {"seal": seal, "version": "0"})

    assert "Fill in from one of your own earlier declarations" in grid.text
    assert listed.text.index("Last time") < listed.text.index("Long ago")
    assert "Lines that come along: 1." in page.text
    assert "Laptop · gone · Netherlands, years 1: this lot has no specification tier “gone”" in page.text
    assert "this lot does not buy Tablet" in page.text
    assert "Filled in from “Long ago”. It is a draft" in done.text
    world.session.rollback()
    draft = declare.latest(world.session, world.lot, world.members[0].id)
    assert [x.qty_expected for x in draft.lines] == [30]


def test_nobody_else_sees_it(before, world, people):
    world.session.commit()
    place = f"{grid_address(world, '/earlier')}/{before.newer.public_id}"

    assert people["other"].get(place).status_code == 404
    assert people["other"].post(place, data={"seal": "x"}).status_code == 404
    assert people["lead"].get(place).status_code == 403
    assert people["first"].get(f"{grid_address(world, '/earlier')}/a%00b").status_code == 404
    assert address(world, "/demand")


def test_in_another_phase_there_is_no_such_page(before, world, people):
    world.round.state = "demand_locked"
    world.session.commit()

    assert people["first"].get(grid_address(world, "/earlier")).status_code == 409


def behind(before: Before, chosen: Demand, *said: tuple[int | None, int | None, int | None]) -> list[Figure]:
    """Figures of as many departments behind the first line of an earlier declaration, which becomes their sum."""
    actor = before.world.actor()
    names = [(f"Department {number}", "") for number in range(len(said))]
    own = departments.add_all(before.world.session, names, actor=actor, now=before.clock())
    first = of_record(chosen.lines[0])
    figures = [Figure(one.id, *first.key, *quantities) for one, quantities in zip(own, said, strict=True)]
    whole = department_figures.put_over([first], department_figures.sums(figures))[0]
    for name in ("qty_firm", "qty_expected", "qty_max", "not_known_reason"):
        setattr(chosen.lines[0], name, getattr(whole, name))
    department_figures.put(before.world.session, chosen, figures)
    before.world.session.flush()
    return figures


@pytest.mark.parametrize("said", [((1, 2, 3), (4, 5, 6)), ((1, 2, 3), (None, 5, None))], ids=["whole", "unsaid"])
def test_figures_of_departments_come_along_and_nothing_promised_is_missing(before, world, said):
    figures = behind(before, before.oldest, *said)
    promised = before.preview(before.oldest)

    draft = before.take(before.oldest)

    world.session.expire_all()
    assert [of_record(one).key for one in draft.lines] == [one.key for one in promised.lines]
    kept = department_figures.of(world.session, draft)
    assert [(one.department_id, one.quantities) for one in kept] == [(o.department_id, o.quantities) for o in figures]
    assert {one.key for one in kept} == {promised.added[0].key}


def test_figures_of_departments_that_stand_stay_when_others_come_along(before, world):
    behind(before, before.newer, (1, 2, 3))
    draft = world.draft(line(year=2))
    other = departments.add_all(world.session, [("Other", "")], actor=world.actor(), now=before.clock())[0]
    department_figures.put(world.session, draft, [Figure(other.id, "laptop", "standard", "NL", 2, 10, 10, 10)])
    world.session.flush()

    before.take(before.newer, version=draft.version)

    world.session.expire_all()
    kept = department_figures.of(world.session, draft)
    assert [(one.year_no, one.quantities) for one in kept] == [(1, (1, 2, 3)), (2, (10, 10, 10))]


def test_a_figure_that_changed_since_the_preview_is_not_taken_over_unseen(before, world):
    figures = behind(before, before.newer, (1, 2, 3), (4, 5, 6))
    seen = before.preview(before.newer).seal
    swapped = [replace(one, note="Meant otherwise") for one in figures]
    department_figures.put(world.session, before.newer, swapped)

    with pytest.raises(Stale):
        before.take(before.newer, seal=seen)


def test_the_page_says_that_departments_come_along(before, world, people):
    behind(before, before.newer, (1, 2, 3))
    place, plain = (grid_address(world, f"/earlier/{one.public_id}") for one in (before.newer, before.oldest))
    world.session.commit()

    assert "What your departments said of these lines comes along." in people["first"].page(place).text
    assert "What your departments said" not in people["first"].page(plain).text


def test_figures_counted_in_another_unit_are_never_offered(before, world):
    before.newer.lot.unit = "hour"
    world.round.copied_from_id = before.newer.round_id
    world.session.flush()

    assert [one.round.name for one in before.sources()] == ["Long ago"]
    assert declare.source_of_prefill(world.session, world.lot, world.members[0].id) is None
    before.oldest.lot.unit = "hour"
    world.session.flush()
    assert not earlier.is_any(world.session, world.lot, world.members[0].id)

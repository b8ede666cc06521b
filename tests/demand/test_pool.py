"""The pool against an independent sum; who counts; what the lever strip says to whom."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from framework.demand import cube, declare, leverage, pool, pool_sheet
from framework.ground.database import writing
from models.base import _face, db
from models.demand import Demand, DemandLine
from models.rounds import Round
from models.signons import SignOn
from tests.demand.conftest import World, line


@pytest.mark.parametrize("seed", range(3))
def test_the_pool_equals_an_independent_sum(world: World, build, seed: int):
    chance = random.Random(seed)
    second = build.lot(world.round, categories=["laptop", "monitor"], spec_tiers=["standard", "power"])
    rows = []
    for number in range(6):
        member = build.organisation("buyer")
        build.sign_on(world.round, member, state="confirmed" if number else "interested")
        for lot in (world.lot, second):
            keys = chance.sample(
                [(c, t, y) for c in ("laptop", "monitor") for t in ("standard", "power") for y in (1, 2, 3, 4)], 5
            )
            lines = []
            for category, tier, year in keys:
                known = chance.random() > 0.2
                firm = chance.randrange(0, 100)
                facts = {
                    "category": category,
                    "spec_tier": tier,
                    "year_no": year,
                    "certainty": chance.choice(["budgeted", "planned", "indicative"]),
                    "qty_firm": firm if known else None,
                    "qty_expected": firm + 5 if known else None,
                    "qty_max": firm + 9 if known else None,
                    "value_expected": Decimal(chance.randrange(1, 10**6)).scaleb(-2)
                    if known and chance.random() > 0.3
                    else None,
                    "not_known_reason": "" if known else "later",
                }
                lines.append(facts)
                rows.append(facts | {"lot": lot.id, "member": member.id, "counts": number > 0})
            build.demand(lot, member, *lines, state="accepted")
    table = pd.DataFrame(rows)
    table = table[table["counts"]]

    found = pool.compute(world.session, world.round)

    for lot in found.lots:
        mine = table[table["lot"] == lot.lot_id]
        for name, part in (("qty_firm", "firm"), ("qty_expected", "expected"), ("qty_max", "maximum")):
            assert getattr(lot.total, part) == int(mine[name].sum())
            by_year = {k[0]: getattr(a, part) for k, a in lot.by("year_no").items()}
            assert by_year == {int(k): int(v) for k, v in mine.groupby("year_no")[name].sum().items()}
            by_member = {m: getattr(a, part) for m, a in lot.by_member.items()}
            assert by_member == {int(k): int(v) for k, v in mine.groupby("member")[name].sum().items()}
        assert lot.total.value == sum((v for v in mine["value_expected"] if isinstance(v, Decimal)), Decimal(0))
        assert lot.total.value_unknown == int((mine["qty_expected"].notna() & mine["value_expected"].isna()).sum())
        assert lot.total.not_known == int(mine["qty_expected"].isna().sum())
        assert len(lot.unconfirmed) == 1


def test_declared_nothing_not_known_and_waiting_and_no_answer_are_five_things(world: World, build):
    for lines in (
        [{"qty": 5, "spec_tier": "standard"}],
        [{"qty": 0, "spec_tier": "standard"}],
        [{"qty": None, "not_known_reason": "later", "spec_tier": "standard"}],
    ):
        member = build.organisation("buyer")
        build.sign_on(world.round, member, state="confirmed")
        build.demand(world.lot, member, *lines, state="accepted")

    world.submitted(line(), member=0)

    lot = pool.compute(world.session, world.round).lots[0]

    assert (lot.declared, lot.nothing, lot.not_known, len(lot.waiting), len(lot.missing)) == (1, 1, 1, 1, 1)


def test_without_any_value_the_sum_is_unknown_and_not_zero(world: World):
    world.accepted(line(qty=5, value_expected=None))

    found = pool.compute(world.session, world.round)

    assert (found.value, found.value_unknown) == (None, 1)


def test_after_reopening_a_locked_version_counts_until_a_newer_one_is_accepted(world: World):
    world.accepted(line(qty=10))
    world.lock()
    world.round.state = "demand"
    world.session.flush()
    before = pool.compute(world.session, world.round).lots[0].total.expected

    world.accepted(line(qty=20))

    assert (before, pool.compute(world.session, world.round).lots[0].total.expected) == (10, 20)


@pytest.mark.parametrize("state", ["published", "in_force"])
def test_from_publication_on_the_pool_stays_as_frozen(world: World, state: str):
    world.accepted(line(qty=10))
    world.lock()
    world.round.frozen_hash, world.round.frozen_text = "f" * 64, "{}"
    world.round.published_at = world.round.tender_deadline = world.clock()
    world.round.state = state
    world.session.execute(update(SignOn).values(state="left", version=SignOn.version + 1))
    world.session.flush()

    assert pool.compute(world.session, world.round).lots[0].total.expected == 10


def read_total(world: World) -> int:
    """The expected total as a page reads it, in a transaction of its own."""
    world.session.commit()
    world.session.info["write"] = False
    found = pool.figures(world.session, world.round).lots[0].total.expected
    world.session.rollback()
    world.session.info["write"] = True
    return found


def test_the_kept_figures_follow_every_change(world: World):
    found = [read_total(world)]
    demand = world.accepted(line(qty=10))
    found.append(read_total(world))
    world.accepted(line(qty=25))
    found.append(read_total(world))
    sign_on = world.session.query(SignOn).filter_by(organisation_id=demand.member_id).one()
    sign_on.state = "mandate_pending"
    found.append(read_total(world))

    assert found == [0, 10, 25, 0]


def test_a_member_that_is_renamed_has_its_new_name_in_the_pool(world: World):
    demand = world.accepted(line(qty=10))
    read_total(world)
    demand.member.name = "Gemeente Nieuw"

    read_total(world)
    world.session.info["write"] = False
    names = pool.figures(world.session, world.round).names
    world.session.rollback()
    world.session.info["write"] = True

    assert names[demand.member_id] == "Gemeente Nieuw"


def test_figures_of_a_transaction_that_is_undone_are_not_kept(world: World):
    before = read_total(world)
    world.accepted(line(qty=10))
    inside = pool.figures(world.session, world.round).lots[0].total.expected
    world.session.rollback()

    world.accepted(line(qty=77))

    assert (before, inside, read_total(world)) == (0, 10, 77)


def test_a_page_never_mixes_two_states_of_the_database(world: World, monkeypatch):
    """A member doubles its quantity between two sums of one page: all of it is from before, the next page from after."""
    world.accepted(line(qty=10))
    world.session.commit()
    world.session.info["write"] = False
    cells = cube._cells

    def while_somebody_writes(*told):
        with Session(db.engine.execution_options(write=True)) as other:
            other.execute(update(DemandLine).values(qty_firm=77, qty_expected=77, qty_max=77))
            other.execute(update(Demand).values(version=Demand.version + 1))
            other.commit()
        return cells(*told)

    monkeypatch.setattr(cube, "_cells", while_somebody_writes)
    (mixed,) = pool.figures(world.session, world.round).lots
    monkeypatch.undo()
    world.session.rollback()
    (after,) = pool.figures(world.session, world.round).lots
    world.session.rollback()
    world.session.info["write"] = True

    for lot, quantity in ((mixed, 10), (after, 77)):
        assert (lot.total.expected, sum(cell.amount.expected for cell in lot.cells)) == (quantity, quantity)


def assert_whole(found: cube.Cube, session: Session, world: World) -> None:
    """The cube is the one that is added up now."""
    anew = cube.rebuilt(session, session.get_one(Round, world.round.id))
    assert (found.cells, found.whose, found.amounts) == (anew.cells, anew.whose, anew.amounts)


@pytest.fixture
def pages(world: World) -> Iterator[list[Session]]:
    """Three sessions that read, as those of three pages in threads of one process."""
    with ExitStack() as stack:
        yield [stack.enter_context(Session(_face(db.engine, write=False))) for _ in range(3)]


@pytest.mark.parametrize("year", [1, 2])
def test_a_page_that_sees_an_older_state_than_the_kept_one_leaves_it_as_it_is(world: World, pages, year: int):
    """A draft is changed and accepted while a page is made: its lines are not those that the page sees."""
    world.accepted(line(qty=7), member=1)
    draft = world.draft(line(year, qty=10))
    world.session.commit()
    number = world.round.id
    page, later, last = pages
    seen = page.get_one(Round, number)  # from here on the page sees this state

    with writing(world.session):
        declare.edit(
            world.session,
            world.session.merge(draft),
            [line(qty=25)],
            actor=world.actor(),
            now=world.clock(),
            version=draft.version,
        )
        world.session.flush()
        draft.state, draft.accepted_at = "accepted", world.clock()
        world.session.commit()
    newer = cube.of(later, later.get_one(Round, number))
    older = cube.of(page, seen)
    again = cube.of(last, last.get_one(Round, number))

    assert [sums.expected for sums in newer.cells.values()] == [32]
    assert [sums.expected for sums in older.cells.values()] == [7]
    assert again is newer
    assert_whole(older, page, world)
    assert_whole(again, last, world)


def test_where_the_kept_figures_lack_what_left_all_is_added_up_anew(world: World):
    demand = world.accepted(line(qty=7), member=1)
    world.accepted(line(qty=10))
    read_total(world)
    key = world.round.public_id
    kept = cube._kept.get(key)
    cube._kept.put(key, replace(kept, cells={}))
    demand.state = "withdrawn"

    assert read_total(world) == 10


@pytest.mark.parametrize("write", [True, False])
def test_a_writing_transaction_sees_what_was_committed_meanwhile_and_a_reading_one_does_not(world: World, write: bool):
    """On SQLite nobody else commits while somebody writes."""
    if write and db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    world.accepted(line(qty=10))
    world.session.commit()
    world.session.info["write"] = write
    query = select(DemandLine.qty_expected)
    found = [world.session.scalar(query)]

    with Session(db.engine.execution_options(write=True)) as other:
        other.execute(update(DemandLine).values(qty_firm=77, qty_expected=77, qty_max=77))
        other.commit()
    found.append(world.session.scalar(query))
    world.session.rollback()
    world.session.info["write"] = True

    assert found == [10, 77 if write else 10]


def test_what_pooling_means_is_one_hundred_and_thirty_nine_times(world: World):
    world.accepted(line(qty=57_960), member=1)
    world.accepted(line(qty=420), member=0)

    lever = leverage.lever_strip(world.session, world.round, world.actor())

    assert lever is not None
    assert lever.best is not None
    assert (lever.best.quantity, lever.best.own, lever.best.factor, lever.members) == (58_380, 420, 139, 2)
    assert lever.best.share == Decimal(420) * 100 / 58_380


def publish(world: World) -> None:
    world.lock()
    world.round.frozen_hash, world.round.frozen_text = "f" * 64, "{}"
    world.round.published_at = world.round.tender_deadline = world.clock()
    world.round.state = "published"
    world.session.flush()


def test_a_supplier_sees_no_figure_with_fewer_than_three_members_behind_it(world: World, build):
    world.accepted(line(qty=10), member=0)
    world.accepted(line(qty=20), member=1)
    publish(world)
    supplier = build.person(build.organisation("supplier"))

    assert leverage.lever_strip(world.session, world.round, supplier) is None


@pytest.mark.parametrize(("published", "quantity"), [(True, 60), (False, None)])
def test_a_supplier_sees_the_pool_where_the_lead_publishes_it(
    world: World, build, published: bool, quantity: int | None
):
    for number in (10, 20, 30):
        member = build.organisation("buyer")
        build.sign_on(world.round, member, state="confirmed")
        build.demand(world.lot, member, {"qty": number, "spec_tier": "standard"}, state="accepted")
    world.round.settings = {"publish_pool": published}
    publish(world)
    supplier = build.person(build.organisation("supplier"))

    lever = leverage.lever_strip(world.session, world.round, supplier)

    assert (lever.lots[0].quantity if lever else None) == quantity
    assert lever is None or (lever.best is None and lever.lots[0].own is None)


def test_large_quantities_are_added_exactly(world: World, build):
    for _number in range(3):
        member = build.organisation("buyer")
        build.sign_on(world.round, member, state="confirmed")
        facts = {"qty": 10_000_000, "value_expected": Decimal("999999999999.99"), "spec_tier": "standard"}
        build.demand(world.lot, member, *[facts | {"year_no": y} for y in (1, 2, 3, 4)], state="accepted")

    total = pool.compute(world.session, world.round).lots[0].total

    assert (total.expected, total.value) == (120_000_000, Decimal("11999999999999.88"))


def two_members(world: World) -> None:
    """A member with 30 and a line not known yet, and one that knows nothing at all."""
    world.accepted(line(1, qty=30), line(2, qty=None, not_known_reason="budget"), member=0)
    world.accepted(line(1, qty=None, not_known_reason="later"), member=1)


def test_lines_not_known_yet_are_counted_beside_the_sums_and_are_never_zero(world: World):
    two_members(world)

    lot = pool.compute(world.session, world.round).lots[0]

    assert (lot.total.expected, lot.total.not_known, lot.not_knowing) == (30, 2, 2)
    assert lot.total.is_known
    assert not lot.by_member[world.members[1].id].is_known


def test_the_workbook_leaves_unknown_quantities_empty_and_counts_their_lines(world: World):
    two_members(world)
    found = pool.compute(world.session, world.round)

    book = load_workbook(io.BytesIO(pool_sheet.write(found, set(found.names), now=world.clock())))

    members = {row[2]: row[3:] for row in book["Members"].iter_rows(min_row=2, values_only=True)}
    assert members == {
        "Gemeente A": (100, 30, 30, 30, 21_000, 0, 1),
        "Gemeente B": (None, None, None, None, None, 0, 1),
    }
    years = [row[2:8] for row in book["By contract year"].iter_rows(min_row=2, values_only=True)]
    assert years == [(1, 30, 0, 0, 30, 30), (2, None, None, None, None, None)]


def test_the_pool_without_a_member_equals_the_pool_of_the_others(world: World):
    world.accepted(line(1, qty=30), line(2, qty=20), member=0)
    others = pool.compute(world.session, world.round)
    world.accepted(line(1, qty=5, value_expected=None), member=1)
    whole = pool.compute(world.session, world.round)

    found = pool.without(world.session, world.round, whole, world.members[1].id)

    assert (found.value, found.value_unknown, found.contributing) == (others.value, 0, 1)
    mine, theirs = found.lots[0], others.lots[0]
    assert (mine.total, mine.cells, mine.declared) == (theirs.total, theirs.cells, theirs.declared)


def test_each_member_has_one_answer_for_each_lot(world: World, build):
    late = build.organisation("buyer")
    build.sign_on(world.round, late, state="interested")
    build.demand(world.lot, late, {"spec_tier": "standard"}, state="accepted")
    world.accepted(line(), member=0)

    answers = pool.compute(world.session, world.round).lots[0].answers()

    assert answers == {world.members[0].id: "counts", world.members[1].id: "missing", late.id: "unconfirmed"}

"""The pool cut by what its lines say: equal to an independent sum after every change, on the page and as a workbook."""

from __future__ import annotations

import io
import os
import random
from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from framework.demand import breakdown, cube, pool
from framework.demand.breakdown import DIMENSIONS, Asked
from framework.demand.pooled import LotPool, Pool
from framework.ground.errors import InvalidInput, NotAllowed
from models.demand import Demand, DemandLine
from models.people import Organisation
from models.rounds import Lot
from models.signons import SignOn
from tests.demand.conftest import World, line
from tests.memory import remembered

EDITS, LOOKS = (10_000, 100) if os.environ.get("HEFBOOM_BARS") else (1_000, 20)
FIGURES = ["qty_firm", "qty_expected", "qty_max"]


@pytest.fixture
def reading(world: World):
    """Read as a page does, in a transaction of its own."""

    def read(look):
        world.session.commit()
        world.session.info["write"] = False
        found = look()
        world.session.rollback()
        world.session.info["write"] = True
        return found

    return read


def independent(world: World) -> pd.DataFrame:
    """Every line that counts, read by pandas from the tables alone."""
    with world.session.no_autoflush:
        connection = world.session.connection()
        demand = pd.read_sql(select(Demand.id, Demand.lot_id, Demand.member_id, Demand.state), connection)
        lines = pd.read_sql(
            select(DemandLine.__table__), connection, coerce_float=False, dtype=dict.fromkeys(FIGURES, "Int64")
        )
        signs = pd.read_sql(select(SignOn.organisation_id, SignOn.state, SignOn.class_name), connection)
        bodies = pd.read_sql(select(Organisation.id, Organisation.body_type), connection)
    confirmed = signs[signs["state"] == "confirmed"]
    counts = demand[(demand["state"] == "accepted") & demand["member_id"].isin(confirmed["organisation_id"])]
    found = lines.merge(counts, left_on="demand_id", right_on="id", suffixes=("", "_demand"))
    found = found.merge(confirmed, left_on="member_id", right_on="organisation_id", suffixes=("", "_sign_on"))
    found = found.merge(bodies, left_on="member_id", right_on="id", suffixes=("", "_member"))
    return found.rename(columns={"spec_tier": "tier", "year_no": "year", "delivery_country": "country"}).rename(
        columns={"class_name": "member_class", "body_type": "body"}
    )


def random_lines(build, chance: random.Random) -> list[DemandLine]:
    keys = [
        (c, t, y, n)
        for c in ("laptop", "monitor")
        for t in ("standard", "power")
        for y in (1, 2, 3, 4)
        for n in ("NL", "SE")
    ]
    found = []
    for position, (category, tier, year, country) in enumerate(chance.sample(keys, chance.randrange(0, 5))):
        firm = chance.randrange(0, 1000)
        known = chance.random() > 0.2
        value = Decimal(chance.randrange(0, 10**9)).scaleb(-2) if known and chance.random() > 0.3 else None
        figures = {
            "qty_firm": firm,
            "qty_expected": firm + chance.randrange(9),
            "qty_max": firm + 10 + chance.randrange(9),
        }
        found.append(
            DemandLine(
                position=position,
                category=category,
                spec_tier=tier,
                year_no=year,
                delivery_country=country,
                certainty=chance.choice(["budgeted", "planned", "indicative"]),
                value_expected=value,
                not_known_reason="" if known else "later",
                **(figures if known else dict.fromkeys(FIGURES)),
            )
        )
    return found


class Edits:
    """Random changes of the pool, each as the acts leave the tables: versions rise, what was counted stays as it was."""

    @remembered
    def __init__(self, world: World, build, seed: int, members: int = 12) -> None:
        self.world, self.build, self.chance = world, build, random.Random(seed)
        second = build.lot(world.round, categories=["laptop", "monitor"], spec_tiers=["standard", "power"])
        self.lots: list[Lot] = [world.lot, second]
        self.members = [build.organisation("buyer", body_type=self.body()) for _ in range(members)]
        self.signs = [build.sign_on(world.round, m, state="confirmed", class_name=self.klass()) for m in self.members]
        self.newest: dict[tuple[int, int], Demand] = {}

    def body(self) -> str | None:
        return self.chance.choice(["state", "region", "hospital", None])

    def klass(self) -> str:
        return self.chance.choice(["", "Hospitals", "Regions"])

    def once(self) -> None:
        """One change: mostly a new accepted version, else one withdrawn, a member confirmed or not, another class or body."""
        place = self.chance.randrange(len(self.members))
        which = self.chance.random()
        if which < 0.05:
            sign = self.signs[place]
            sign.state = "mandate_pending" if sign.state == "confirmed" else "confirmed"
        elif which < 0.08:
            self.signs[place].class_name = self.klass()
        elif which < 0.1:
            self.members[place].body_type = self.body()
        else:
            self.accept(self.members[place], self.chance.choice(self.lots), only_withdraw=which < 0.15)
        self.world.session.flush()

    def accept(self, member: Organisation, lot: Lot, *, only_withdraw: bool) -> None:
        before = self.newest.pop((member.id, lot.id), None)
        if before is not None:
            before.state = "withdrawn" if only_withdraw else "superseded"
            self.world.session.flush()
        if only_withdraw:
            return
        number = before.version_no + 1 if before is not None else self.chance.randrange(10**6)
        demand = Demand(
            round=self.world.round,
            lot=lot,
            member=member,
            version_no=number,
            state="accepted",
            created_at=self.world.clock(),
            lines=random_lines(self.build, self.chance),
        )
        self.newest[member.id, lot.id] = self.build.add(demand)


def ordered(found: Pool) -> list[LotPool]:
    """The lots, with those who are not confirmed in one order."""
    return [replace(lot, unconfirmed=tuple(sorted(lot.unconfirmed))) for lot in found.lots]


def assert_equal(found: breakdown.Breakdown, table: pd.DataFrame) -> None:
    """Every figure of every group and of every lot is that of the table, to the unit."""
    fields = [DIMENSIONS[name].field for name in found.asked.by]
    table = table.fillna({"body": "", "member_class": ""})
    assert {rows.lot.id for rows in found.lots} == set(table["lot_id"])
    for rows in found.lots:
        mine = table[table["lot_id"] == rows.lot.id]
        groups = dict(iter(mine.groupby(fields)))
        assert {row.key for row in rows.rows} == {tuple(key) for key in groups}
        for row, some in [(rows.total, mine), *((row, groups[row.key]) for row in rows.rows)]:
            amount = row.amount
            sums = [int(some[name].sum()) for name in FIGURES]
            assert [amount.firm, amount.expected, amount.maximum] == sums
            values = [value for value in some["value_expected"] if isinstance(value, Decimal)]
            assert amount.value == (sum(values, Decimal(0)) if values else None)
            assert amount.not_known == int(some["qty_expected"].isna().sum())
            assert amount.value_unknown == len(some) - amount.not_known - len(values)
            certain = {k: int(v) for k, v in some.groupby("certainty")["qty_expected"].sum().items()}
            assert {k: v for k, v in row.certain.items() if v} == {k: v for k, v in certain.items() if v}


@pytest.mark.slow
def test_after_random_edits_every_cut_equals_an_independent_sum(world: World, build, reading):
    """And what is kept between requests equals what is added up anew."""
    edits = Edits(world, build, seed=26)
    cuts = [("year",), ("tier", "year"), ("country",), ("class",), ("body", "country"), ("category", "certainty")]
    for number in range(LOOKS):
        for _ in range(EDITS // LOOKS):
            edits.once()
        asked = Asked(cuts[number % len(cuts)])

        found = reading(lambda: breakdown.of(world.session, world.round, asked, may_see_members=True))  # noqa: B023

        assert_equal(found, independent(world))
        kept, anew = reading(lambda: (cube.of(world.session, world.round), cube.rebuilt(world.session, world.round)))
        assert (kept.cells, kept.whose, kept.amounts) == (anew.cells, anew.whose, anew.amounts)
        figures, computed = reading(
            lambda: (pool.figures(world.session, world.round), pool.compute(world.session, world.round))
        )
        assert (ordered(figures), figures.value) == (ordered(computed), computed.value)


def cell(world: World, build, **facts: object) -> None:
    """An accepted declaration of a new confirmed member with one line."""
    told = {name: facts.pop(name) for name in ("class_name",) if name in facts}
    member = build.organisation("buyer", body_type=facts.pop("body_type", None))
    build.sign_on(world.round, member, state="confirmed", **told)
    build.demand(facts.pop("lot", world.lot), member, {"spec_tier": "standard", **facts}, state="accepted")


def rows_of(content: bytes) -> list[list[tuple]]:
    return [list(sheet.iter_rows(values_only=True)) for sheet in load_workbook(io.BytesIO(content)).worksheets]


def test_lots_stay_apart_and_firm_stands_beside_soft(world: World, build, people):
    cell(world, build, qty_firm=10, qty_expected=15, qty_max=20, certainty="budgeted")
    cell(world, build, qty_firm=1, qty_expected=2, qty_max=3, year_no=2)
    other = build.lot(world.round, unit="month", spec_tiers=["standard"])
    cell(world, build, lot=other, qty=7)
    world.session.commit()

    page = people["lead"].page(f"/rounds/{world.round.public_id}/pool/by?by=year")
    book = people["lead"].get(f"/rounds/{world.round.public_id}/pool/by.xlsx?by=year").data

    assert "Lot 1 (piece)" in page.text
    assert "Lot 2 (month)" in page.text
    first, second = rows_of(book)
    assert first[1][:8] == (1, 10, 5, 15, 20, 15, 0, 0)
    assert first[2][:5] == (2, 1, 1, 2, 3)
    assert first[3][:5] == ("Together", 11, 6, 17, 23)
    assert second[1][:5] == (1, 7, 0, 7, 7)


def test_filters_and_order_are_what_the_address_says(world: World, build, people):
    for country, tier, qty in (("NL", "standard", 5), ("SE", "standard", 9), ("SE", "power", 400)):
        cell(world, build, delivery_country=country, spec_tier=tier, qty=qty)
    world.session.commit()
    place = f"/rounds/{world.round.public_id}/pool/by.xlsx"

    found = {
        query: [row[:2] for row in rows_of(people["lead"].get(f"{place}?{query}").data)[0][1:-1]]
        for query in (
            "by=country&sort=expected",
            "by=country&sort=-expected",
            "by=country&tier=standard&sort=-expected",
        )
    }

    assert found == {
        "by=country&sort=expected": [("Netherlands", 5), ("Sweden", 409)],
        "by=country&sort=-expected": [("Sweden", 409), ("Netherlands", 5)],
        "by=country&tier=standard&sort=-expected": [("Sweden", 9), ("Netherlands", 5)],
    }


def test_what_is_not_known_is_a_dash_and_is_counted(world: World, build, people):
    cell(world, build, qty=None, not_known_reason="later", body_type="region")
    cell(world, build, qty=4, body_type="state")
    world.session.commit()

    (rows,) = rows_of(people["lead"].get(f"/rounds/{world.round.public_id}/pool/by.xlsx?by=body").data)
    page = people["lead"].page(f"/rounds/{world.round.public_id}/pool/by?by=body")

    assert [row[:5] for row in rows[1:]] == [
        ("State authority", 4, 0, 4, 4),
        ("Region or province", None, None, None, None),
        ("Together", 4, 0, 4, 4),
    ]
    assert [row[-1] for row in rows[1:]] == [0, 1, 1]
    assert "not known yet" in page.text


def test_a_blank_class_can_be_asked_for(world: World, build):
    cell(world, build, qty=4, class_name="Hospitals")
    cell(world, build, qty=6)

    found = breakdown.of(
        world.session, world.round, Asked(("class",), {"class": breakdown.BLANK}), may_see_members=True
    )

    assert [(row.key, row.amount.expected) for row in found.lots[0].rows] == [(("",), 6)]


@pytest.mark.parametrize("query", ["by=country", "by=class", "by=body", "by=year&country=NL", "then=body"])
def test_where_volumes_are_not_shared_members_do_not_cut_by_what_one_member_may_stand_behind(
    world: World, build, people, query
):
    world.round.settings = {"share_member_volumes": "lead"}
    cell(world, build, qty=4)
    world.session.commit()
    place = f"/rounds/{world.round.public_id}/pool/by"

    assert people["first"].get(f"{place}?{query}").status_code == 403
    assert people["lead"].get(f"{place}?{query}").status_code == 200
    assert "Delivery country" not in people["first"].page(f"{place}?by=tier").text


@pytest.mark.parametrize("query", ["by=colour", "sort=colour", "by=year&then=colour"])
def test_what_is_not_there_to_cut_or_sort_by_is_said(world: World, people, query):
    world.session.commit()

    answer = people["lead"].get(f"/rounds/{world.round.public_id}/pool/by?{query}")

    assert answer.status_code == 422
    assert "colour" in answer.get_data(as_text=True)


def test_a_choice_that_nothing_fits_is_said_and_not_shown_as_zero(world: World, build, people):
    cell(world, build, qty=4)
    world.session.commit()

    page = people["lead"].page(f"/rounds/{world.round.public_id}/pool/by?by=year&country=SE")

    assert "Nothing in the pool fits this choice." in page.text


def test_a_draft_being_typed_leaves_the_kept_figures_as_they_are(world: World, reading):
    world.accepted(line(qty=10))
    before = reading(lambda: pool.figures(world.session, world.round))
    world.draft(line(qty=99), member=1)
    after = reading(lambda: pool.figures(world.session, world.round))

    assert after.stamp == before.stamp


def test_a_version_handed_in_and_taken_back_is_told_as_waiting_and_no_more(world: World, reading):
    demand = world.submitted(line(qty=10))
    handed = reading(lambda: pool.figures(world.session, world.round).lots[0].waiting)
    demand.state, demand.returned_at = "draft", world.clock()
    world.session.flush()
    back = reading(lambda: pool.figures(world.session, world.round).lots[0].waiting)

    assert (handed, back) == ((demand.member_id,), ())


def test_lines_that_somebody_changes_under_a_counted_version_are_read_again(world: World, reading):
    world.accepted(line(qty=10))
    reading(lambda: cube.of(world.session, world.round))
    world.session.execute(update(DemandLine).values(qty_firm=77, qty_expected=77, qty_max=77))
    world.session.execute(update(Demand).values(version=Demand.version + 1))

    found = reading(lambda: cube.of(world.session, world.round))

    assert [sums.expected for sums in found.cells.values()] == [77]


def test_one_dimension_that_tells_of_members_is_refused_by_the_rule_itself():
    with pytest.raises(NotAllowed):
        breakdown.require_offered(Asked(("country",)), may_see_members=False)
    with pytest.raises(InvalidInput):
        breakdown.require_offered(Asked(("year",), sort="-colour"), may_see_members=True)

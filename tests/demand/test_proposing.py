"""The lead's workbook with the demand of many members: read, shown, proposed as one unit; each member takes its own over."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from decimal import Decimal

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import selectinload

from framework.demand import department_figures, departments
from framework.demand.columns import Choices
from framework.demand.department_figures import Figure
from framework.demand.lines import Scope, of_record
from framework.demand.proposing import acts, kept, reading
from framework.demand.proposing.members import OUT, Member, Members, Said
from framework.demand.proposing.reading import LotSaid
from framework.ground.blocks import Table
from framework.ground.errors import InvalidInput
from framework.ground.table_files import Sheet
from framework.ground.table_files import workbook as write
from models.base import db
from models.demand import Demand, DemandLine
from models.proposed import DemandSheet, ProposedDemand
from models.records import AuditEvent, Job, Mail
from models.rounds import Lot, Round
from models.signons import SignOn
from tests.conftest import NOW
from tests.demand.conftest import line
from tests.memory import remembered
from views.worker import run_job

HEAD = ["Member", "Registration number", "Lot", "Category", "Specification tier", "Delivery country", "Contract year", "Firm", "Expected", "Maximum"]  # fmt: skip
LAPTOPS = LotSaid(1, 1, "L1", "Laptops", Scope(("laptop", "tablet"), ("standard", "power"), 4))
SCREENS = LotSaid(2, 2, "L2", "Screens", Scope(("monitor",), ("standard", "large"), 4))
MEMBERS = [
    Member(1, "m1", "Gemeente Utrecht", "30280353", "NL"),
    Member(2, "m2", "Stad Gent", "0207451227", "BE"),
    Member(3, "m3", "Malmö kommun", "212000-1124", "SE"),
    Member(4, "m4", "Gemeente Weg", "11112222", "NL", is_in=False),
]


def row(name="Gemeente Utrecht", number="", lot="", category="laptop", tier="standard", country="NL", year=1, qty=10):
    return [name, number, lot, category, tier, country, year, qty, qty, qty]


def read(*rows, lots=(LAPTOPS, SCREENS), answers=None, head=HEAD, **choices):
    table = Table([(n, list(cells)) for n, cells in enumerate([head, *rows], start=1)], "List")
    return reading.read(table, lots, Members(MEMBERS, answers), Choices(**choices))


def told(found):
    return [
        (part.match.member.id if part.match.member else None, part.lot.id if part.lot else None, part.status)
        for part in found.parts
    ]


class TestReading:
    def test_rows_are_put_together_by_member_and_lot_and_all_accounted_for(self):
        found = read(
            row(), row(year=2), row(category="monitor"), row("Stad Gent"), ["Total", *[None] * 6, 30, 30, 30]
        )  # fmt: skip

        assert told(found) == [(1, 1, "ready"), (1, 2, "ready"), (2, 1, "ready")]
        assert found.totals == [6]
        assert found.rows == sum(len(part.rows) for part in found.parts) + len(found.totals)
        assert [one.key for one in found.parts[0].lines] == [("laptop", "standard", "NL", 1), ("laptop", "standard", "NL", 2)]  # fmt: skip
        assert [one.source_row for one in found.parts[0].lines] == [2, 3]

    @pytest.mark.parametrize(
        ("name", "number", "outcome"),
        [
            ("gemeente  utrecht", "", (1, "ready")),
            ("", "NL30280353", (1, "ready")),
            ("Malmö kommun", "2120001124", (3, "ready")),
            ("Utrecht", "", (None, "doubtful")),
            ("Gemeente Utrech", "", (None, "doubtful")),
            ("Gemeete Utrecht", "", (None, "doubtful")),
            ("Gemeente Utrecht", "99999999", (None, "doubtful")),
            ("Stad Gent", "30280353", (None, "doubtful")),
            ("Gemeente Nergens", "", (None, "unknown")),
            ("Gemeente Weg", "", (4, "broken")),
            ("", "", (None, "unknown")),
        ],
    )
    def test_who_is_meant_is_certain_asked_or_unknown(self, name, number, outcome):
        part = read(row(name, number)).parts[0]

        assert (part.match.member.id if part.match.member else None, part.status) == outcome

    def test_an_answer_about_a_name_decides_for_all_its_rows(self):
        said = Said("Utrecht")

        named = read(row("Utrecht"), row("Utrecht", year=2), answers={said.key: "m1"})
        out = read(row("Utrecht"), answers={said.key: OUT})

        assert told(named) == [(1, 1, "ready")]
        assert len(named.parts[0].lines) == 2
        assert told(out) == [(None, 1, "out")]

    @pytest.mark.parametrize(
        ("lot", "category", "tier", "outcome"),
        [
            ("L2", "monitor", "large", (2, [])),
            ("2", "monitor", "large", (2, [])),
            ("Lot 2", "monitor", "large", (2, [])),
            ("screens", "monitor", "large", (2, [])),
            ("", "monitor", "large", (2, [])),
            ("", "", "large", (None, ["lot-missing"])),
            ("Chairs", "monitor", "large", (None, ["lot-unknown"])),
            ("L1", "monitor", "large", (1, ["category-outside", "tier-outside"])),
        ],
    )
    def test_the_lot_is_named_or_follows_from_category_and_tier(self, lot, category, tier, outcome):
        part = read(row(lot=lot, category=category, tier=tier)).parts[0]

        assert (part.lot.id if part.lot else None, [issue.code for issue in part.issues]) == outcome

    def test_one_bad_cell_keeps_the_member_out_and_nobody_else(self):
        found = read(row(), row(year=2, qty="ca. 5"), row("Stad Gent"))

        assert told(found) == [(1, 1, "broken"), (2, 1, "ready")]
        assert {(issue.code, issue.row, issue.column, issue.value) for issue in found.parts[0].issues} == {
            ("approximate", 3, column, "ca. 5") for column in ("Firm", "Expected", "Maximum")
        }

    def test_how_decimals_are_written_is_seen_over_the_whole_sheet(self):
        head = [*HEAD, "Value"]
        found = read([*row(), "1.234"], [*row("Stad Gent"), "2.345,50"], head=head)

        assert [part.lines[0].value_expected for part in found.parts] == [Decimal(1234), Decimal("2345.50")]

    def test_without_a_country_that_of_the_member_is_taken(self):
        found = read(row(country=None), row("Stad Gent", country=None))

        assert [part.lines[0].delivery_country for part in found.parts] == ["NL", "BE"]

    def test_a_list_without_a_column_of_members_asks_for_it_first(self):
        found = read(row(), head=["Whatever", *HEAD[1:]], targets={1: ""})

        assert found.asks == ("whose",)

    def test_a_list_without_header_is_refused(self):
        with pytest.raises(InvalidInput):
            reading.read(Table([(1, [1, 2, 3])]), [LAPTOPS], Members(MEMBERS), Choices())

    def test_the_same_line_twice_is_asked_and_added_up_where_chosen(self):
        assert read(row(), row()).parts[0].issues[0].code == "line-twice"
        assert read(row(), row(), add_up=True).parts[0].lines[0].qty_expected == 20


@dataclass(frozen=True)
class At:
    """Addresses and numbers of the world, which stay known when its records are away."""

    demand: str
    grid: str
    lot_id: int
    members: tuple[int, ...]
    bodies: tuple[str, ...]


@pytest.fixture
@remembered
def at(world) -> At:
    world.session.commit()
    here = f"/rounds/{world.round.public_id}"
    return At(
        f"{here}/demand",
        f"{here}/lots/{world.lot.public_id}/demand",
        world.lot.id,
        tuple(one.id for one in world.members),
        tuple(one.public_id for one in world.members),
    )


def workbook(*rows):
    return write("List", [Sheet("List", HEAD, rows)], now=NOW)


def sent(people, at, *rows):
    """The address of a workbook that the lead sent and that was read."""
    answer = people["lead"].post(f"{at.demand}/members", data={"file": (io.BytesIO(workbook(*rows)), "list.xlsx")})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def fresh(*, writes=False):
    """The session of now: a request that ended took the one before along."""
    db.session.remove()
    db.session().info["write"] = writes
    return db.session()


def look(query):
    """What is stored now; nothing stays open."""
    found = list(fresh().scalars(query).unique())
    db.session.remove()
    return found


def count(table):
    return look(select(func.count()).select_from(table))[0]


def version():
    return look(select(DemandSheet.version).order_by(DemandSheet.id.desc()))[0]


def proposed(people, at, *rows):
    place = sent(people, at, *rows)
    answer = people["lead"].post(place, data={"version": version()})
    assert answer.status_code == 303
    return place


def link_of(page):
    """The address at which a member sees what is proposed."""
    start = page.index("/demand/proposed/")
    return page[page.rindex('"', 0, start) + 1 : page.index('"', start)]


def seal_of(page):
    return page.split('name="seal" value="')[1].split('"')[0]


class TestPages:
    def test_a_lead_sends_sees_and_proposes_and_a_member_takes_it_over_with_one_press(self, people, at, session):
        place = sent(people, at, row("Gemeente A"), row("Gemeente A", year=2, qty=7), row("Gemeente B", qty=99))
        page = people["lead"].get(place).text
        assert "Propose it to 2 members" in page
        assert "/demand/proposed/" not in people["first"].get(at.grid).text  # fmt: skip

        people["lead"].post(place, data={"version": version()})
        there = link_of(people["first"].get(at.grid).text)
        shown = people["first"].get(there).text
        people["first"].post(there, data={"seal": seal_of(shown), "do": "take"})

        draft = look(select(Demand).options(selectinload(Demand.lines)))[0]
        assert (draft.state, draft.member_id) == ("draft", at.members[0])
        assert [(one.year_no, one.qty_expected) for one in draft.lines] == [(1, 10), (2, 7)]
        assert "/demand/proposed/" not in people["first"].get(at.grid).text
        assert "99" not in shown

    def test_nothing_is_declared_by_proposing(self, people, at, session):
        proposed(people, at, row("Gemeente A"))

        assert count(Demand) == 0
        kinds = look(select(AuditEvent.kind).order_by(AuditEvent.seq))
        assert [kind for kind in kinds if kind.startswith("demand.")] == ["demand.sheet_sent", "demand.proposed"]

    def test_proposing_twice_has_one_effect(self, people, at, session):
        place = sent(people, at, row("Gemeente A"))
        number = version()
        people["lead"].post(place, data={"version": number})
        people["lead"].post(place, data={"version": number})

        kinds = look(select(AuditEvent.kind).order_by(AuditEvent.seq))
        assert kinds.count("demand.proposed") == 1

    def test_only_what_the_page_showed_is_proposed(self, people, at, session):
        place = sent(people, at, row("Gemeente A"), row("Gemeente A"))
        number = version()
        people["lead"].post(f"{place}/read", data={"add_up": "y"})
        people["lead"].post(place, data={"version": number})

        assert look(select(DemandSheet))[0].proposed_at is None
        people["lead"].post(place, data={"version": version()})
        assert look(select(DemandSheet))[0].proposed_at is not None

    def test_a_doubtful_name_is_asked_and_taken_as_answered(self, world, build, people, at):
        body = build.organisation("buyer", name="Gemeente Utrecht")
        build.sign_on(world.round, body, state="confirmed")
        number, public_id = body.id, body.public_id
        db.session.commit()
        place = sent(people, at, row("Utrecht"), row("Gemeente Nergens"))
        assert "Say who is who" in people["lead"].get(place).text
        part = look(select(ProposedDemand).order_by(ProposedDemand.position))[0]
        people["lead"].post(f"{place}/read", data={f"who-{part.key}": public_id})

        found = look(select(ProposedDemand).order_by(ProposedDemand.position))
        assert [(one.status, one.member_id) for one in found] == [("ready", number), ("unknown", None)]

    def test_a_member_sees_nothing_of_another(self, people, at, session):
        proposed(people, at, row("Gemeente A"), row("Gemeente B", qty=77))
        there = link_of(people["first"].get(at.grid).text)

        assert people["other"].get(there).status_code == 404
        assert people["other"].post(there, data={"do": "take", "seal": "x"}).status_code == 404

    def test_a_member_may_not_look_at_the_list(self, people, at, session):
        place = sent(people, at, row("Gemeente A"))

        for path in (place, f"{place}/listed.xlsx", f"{at.demand}/members", f"{at.demand}/members.xlsx"):  # fmt: skip
            assert people["first"].get(path).status_code == 403, path
        assert people["first"].post(place, data={"version": 1}).status_code == 403

    def test_the_lead_sees_no_draft_beside_the_list(self, people, world, at, session):
        world.draft(line(qty=4321))
        session.commit()
        place = sent(people, at, row("Gemeente A", qty=10))

        page = people["lead"].get(place).text

        assert not {"4,321", "4321", "4,311"} & set(page.replace("<", " ").replace(">", " ").split())

    def test_what_was_handed_in_stands_beside_the_list(self, people, world, at, session):
        world.accepted(line(qty=4321))
        session.commit()
        place = sent(people, at, row("Gemeente A", qty=4330))

        page = people["lead"].get(place).text

        assert "4,321" in page

    def test_a_newer_list_replaces_an_older_one(self, people, at, session, clock):
        proposed(people, at, row("Gemeente A", qty=5))
        clock.forward(minutes=5)
        proposed(people, at, row("Gemeente A", qty=6))

        found = acts.standing(fresh(), db.session.get_one(Lot, at.lot_id), at.members[0])

        assert [one[5] for one in found.lines] == [6]

    def test_put_aside_it_goes_and_nothing_else_changes(self, people, world, at, session):
        world.draft(line(qty=3))
        session.commit()
        proposed(people, at, row("Gemeente A"))
        there = link_of(people["first"].get(at.grid).text)

        people["first"].post(there, data={"do": "aside"})

        assert "/demand/proposed/" not in people["first"].get(at.grid).text
        assert [one.qty_expected for one in look(select(DemandLine))] == [3]

    def test_taking_over_keeps_own_lines_that_the_list_does_not_name_unless_replaced(self, people, world, at, session):
        world.draft(line(qty=3), line(year=3, qty=8))
        session.commit()
        proposed(people, at, row("Gemeente A"))
        there = link_of(people["first"].get(at.grid).text)

        kept_page, replaced_page = (people["first"].get(there + mode).text for mode in ("", "?mode=replace"))
        people["first"].post(there, data={"do": "take", "seal": seal_of(replaced_page)})
        assert [one.qty_expected for one in look(select(DemandLine).order_by(DemandLine.year_no))] == [3, 8]  # fmt: skip
        people["first"].post(there, data={"do": "take", "seal": seal_of(kept_page)})

        assert [one.qty_expected for one in look(select(DemandLine).order_by(DemandLine.year_no))] == [10, 8]  # fmt: skip

    def test_what_the_list_does_not_say_stays_as_the_member_has_it(self, world, people, at, session):
        world.draft(line(qty=3, baseline_qty=8, delivery_profile="each month"))
        session.commit()
        proposed(people, at, row("Gemeente A", qty=5))
        there = link_of(people["first"].get(at.grid).text)

        people["first"].post(there, data={"do": "take", "seal": seal_of(people["first"].get(there).text)})

        found = look(select(DemandLine))[0]
        assert (found.qty_expected, found.value_expected, found.certainty) == (5, Decimal(2100), "planned")
        assert (found.baseline_qty, found.delivery_profile) == (8, "each month")

    def test_after_the_deadline_nothing_is_sent_proposed_or_taken(self, people, at, session, clock):
        place = proposed(people, at, row("Gemeente A"))
        there = link_of(people["first"].get(at.grid).text)
        seal = seal_of(people["first"].get(there).text)
        fresh(writes=True).execute(update(Round).values(demand_deadline=NOW - dt.timedelta(seconds=1)))
        db.session.commit()

        people["first"].post(there, data={"do": "take", "seal": seal})
        again = people["lead"].post(
            f"{at.demand}/members",
            data={"file": (io.BytesIO(workbook(row("Gemeente A"))), "l.xlsx")},
        )

        assert count(Demand) == 0
        assert count(DemandSheet) == 1
        assert again.headers["Location"] != place

    @pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"PK\x03\x04broken", b"just words\n"])
    def test_a_file_that_is_no_list_ends_in_a_message(self, people, at, session, content):
        data = {"file": (io.BytesIO(content), "list.xlsx")}
        answer = people["lead"].post(f"{at.demand}/members", data=data)

        page = people["lead"].get(answer.headers["Location"])

        assert page.status_code == 200
        assert count(ProposedDemand) == 0

    def test_a_sheet_of_the_workbook_that_is_not_read_is_named(self, people, at, session):
        content = write(
            "List", [Sheet("List", HEAD, [row("Gemeente A")]), Sheet("Old", HEAD[:2], [("x", "1")])], now=NOW
        )
        data = {"file": (io.BytesIO(content), "list.xlsx")}

        page = people["lead"].page(people["lead"].post(f"{at.demand}/members", data=data).headers["Location"])

        assert "The sheet “List” was read. Not read: Old." in page.text

    def test_members_are_told_once(self, app, people, at, session):
        proposed(people, at, row("Gemeente A"), row("Gemeente B"))
        number = look(select(Job.id).where(Job.kind == acts.TELL_JOB))[0]
        for _again in range(2):
            run_job(app, number)

        mails = look(select(Mail.recipient).where(Mail.template == "demand_proposed"))
        assert len(mails) == len(set(mails)) == 4

    def test_a_reading_that_is_done_again_after_a_death_leaves_every_part_once(self, app, people, at, session):
        place = sent(people, at, row("Gemeente A"), row("Gemeente B"))
        job = fresh(writes=True).scalars(select(Job).where(Job.kind == acts.READ_JOB)).one()
        job.state, job.heartbeat_at = "running", NOW - dt.timedelta(hours=1)
        number = job.id
        db.session.commit()
        run_job(app, number)

        assert count(ProposedDemand) == 2
        assert "Propose it to 2 members" in people["lead"].get(place).text

    def test_what_was_not_proposed_is_forgotten_with_its_file(self, people, at, session, clock):
        sent(people, at, row("Gemeente A"))
        acts.forget(fresh(writes=True), before=clock() + dt.timedelta(days=1))
        db.session.commit()

        assert count(DemandSheet) == 0
        assert count(ProposedDemand) == 0

    def test_the_list_of_what_stays_out_names_sheet_row_column_and_reason(self, people, at, session, tmp_path):
        from tests.leaving.test_round_trips import read as opened

        place = sent(people, at, row("Gemeente A", qty="ca. 5"), row("Gemeente Nergens"))
        content = people["lead"].get(f"{place}/listed.xlsx").data

        rows = [list(one.cells) for one in opened(content, tmp_path, "l.xlsx").sheets[0].rows]

        assert rows[1][:4] == ["List", 2, "Firm", "ca. 5"] or rows[1][:4] == ["List", 2, "Firm quantity", "ca. 5"]
        assert "Gemeente Nergens" in rows[-1][4]


def test_all_demand_leaves_as_one_workbook_and_comes_back_the_same(people, world, at, session, tmp_path):
    from tests.leaving.test_round_trips import read as opened

    world.accepted(line(), line(year=2, qty=0, delivery_profile="=1+1"))
    world.submitted(line(year=4, qty=None, not_known_reason="budget in May", certainty="indicative"), member=1)
    session.commit()
    content = people["lead"].get(f"{at.demand}/members.xlsx").data
    opened(content, tmp_path, "all.xlsx")

    answer = people["lead"].post(f"{at.demand}/members", data={"file": (io.BytesIO(content), "all.xlsx")})

    assert answer.status_code == 303
    parts = look(select(ProposedDemand).order_by(ProposedDemand.member_id))
    stored = look(select(Demand).order_by(Demand.member_id).options(selectinload(Demand.lines)))
    assert [part.status for part in parts] == ["ready", "ready"]
    assert [kept.lines_of(part) for part in parts] == [[of_record(one) for one in demand.lines] for demand in stored]


def test_a_job_that_was_asked_for_anew_meanwhile_leaves_no_trace(app, people, at, session):
    place = sent(people, at, row("Gemeente A"))
    old = look(select(DemandSheet))[0].job_id
    people["lead"].post(f"{place}/read", data={})
    job = fresh(writes=True).get_one(Job, old)
    job.state = "waiting"
    db.session.commit()
    before = version()
    run_job(app, old)

    assert version() == before


class TestDepartments:
    """A member whose departments said figures meets a list that says others."""

    @pytest.fixture
    def drafted(self, world):
        own = departments.add_all(world.session, [("Parks", "")], actor=world.actor(), now=world.clock())[0]
        draft = world.draft(line(), line(year=2))
        figure = Figure(own.id, "laptop", "standard", "NL", 1, 10, 10, 10)
        department_figures.put(world.session, draft, [figure])
        world.session.commit()

    @pytest.mark.parametrize("mode", ["", "?mode=replace"])
    def test_what_departments_said_stays_and_is_told_before_it_is_taken(self, people, drafted, at, session, mode):
        proposed(people, at, row("Gemeente A", qty=77), row("Gemeente A", year=2, qty=8))
        there = link_of(people["first"].get(at.grid).text)

        shown = people["first"].get(there + mode).text
        form = {"do": "take", "seal": seal_of(shown), "mode": "replace" if mode else ""}
        people["first"].post(there, data=form)

        assert "What your departments said of these lines stays as it is" in shown
        assert f"new 0, changed {2 if mode else 1}, removed 0" in shown
        found = look(select(DemandLine).order_by(DemandLine.year_no))
        assert [(one.year_no, one.qty_expected) for one in found] == [(1, 10), (2, 8)]

    def test_in_place_of_all_lines_nothing_is_said_removed_that_stays(self, people, drafted, at, session):
        proposed(people, at, row("Gemeente A", year=3, qty=8))
        there = link_of(people["first"].get(at.grid).text)

        shown = people["first"].get(f"{there}?mode=replace").text
        people["first"].post(there, data={"do": "take", "seal": seal_of(shown), "mode": "replace"})

        assert "new 1, changed 0, removed 1" in shown
        assert "What your departments said of these lines stays as it is" in shown
        assert sorted(one.year_no for one in look(select(DemandLine))) == [1, 3]

    def test_where_the_list_says_the_same_nothing_is_told_of_departments(self, people, drafted, at, session):
        proposed(people, at, row("Gemeente A"), row("Gemeente A", year=2, qty=8))
        there = link_of(people["first"].get(at.grid).text)

        assert "What your departments said" not in people["first"].get(there).text

    def test_without_a_draft_the_sums_of_what_counts_stay(self, people, world, drafted, at, session):
        demand = fresh(writes=True).scalars(select(Demand)).one()
        demand.state, demand.accepted_at = "accepted", NOW
        db.session.commit()
        proposed(people, at, row("Gemeente A", qty=77), row("Gemeente A", year=2, qty=8))
        there = link_of(people["first"].get(at.grid).text)

        shown = people["first"].get(there).text
        answer = people["first"].post(there, data={"do": "take", "seal": seal_of(shown)})

        assert answer.headers["Location"].endswith(at.grid)
        lines = select(DemandLine).join(Demand).where(Demand.state == "draft").order_by(DemandLine.year_no)
        assert [one.qty_expected for one in look(lines)] == [10, 8]


class TestWhoLeft:
    def left(self, at, place=1):
        session = fresh(writes=True)
        session.execute(update(SignOn).where(SignOn.organisation_id == at.members[place]).values(state="left"))
        db.session.commit()

    def test_a_list_with_somebody_who_left_since_is_read_again_first(self, people, at, session):
        place = sent(people, at, row("Gemeente A"), row("Gemeente B"))
        self.left(at)

        people["lead"].post(place, data={"version": version()})
        said = people["lead"].get(place).text

        assert look(select(DemandSheet))[0].proposed_at is None
        assert "1 member on this list takes no part in the round any more" in said
        people["lead"].post(f"{place}/read", data={})
        people["lead"].post(place, data={"version": version()})
        assert "Proposed to 1 member." in people["lead"].get(place).text
        told = look(select(AuditEvent).where(AuditEvent.kind == "demand.proposed"))
        assert [one.data["members"] for one in told] == [1]

    def test_who_leaves_before_the_mails_go_gets_none(self, app, people, at, world):
        proposed(people, at, row("Gemeente A"), row("Gemeente B"))
        self.left(at)
        run_job(app, look(select(Job.id).where(Job.kind == acts.TELL_JOB))[0])

        assert len(look(select(Mail.recipient).where(Mail.template == "demand_proposed"))) == 2

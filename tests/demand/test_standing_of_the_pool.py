"""Coverage with its estimate apart, the figures of the notice, the pool day by day, what if, and the count while members type."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from framework.demand import approve, coverage, declare, history, notice, pool, simulation
from framework.demand.pooled import Amount
from framework.demand.simulation import JOINING, Question
from framework.ground import lifecycle
from models.demand import PoolSnapshot
from models.people import UserSession
from tests.demand.conftest import World, line
from views.i18n import words


def place(world: World, tail: str) -> str:
    return f"/rounds/{world.round.public_id}/pool/{tail}"


def member(world: World, build, state: str = "confirmed", **values):
    found = build.organisation("buyer", **values)
    build.sign_on(world.round, found, state=state)
    return found


def declared(world: World, build, qty: int | None, *, state: str = "accepted", who=None, **line_):
    who = who or member(world, build)
    facts = {"spec_tier": "standard", "qty": qty, **line_}
    facts |= {"not_known_reason": "later"} if qty is None else {}
    return build.demand(world.lot, who, facts, state=state, accepted_at=world.clock() if state == "accepted" else None)


def last_year(world: World, build, who, qty: int | None, **lot_):
    """A locked declaration of somebody in the round that this one was copied from."""
    if world.round.copied_from_id is None:
        before = build.round(world.lead, state="closed")
        world.round.copied_from_id = before.id
        build.lot(before, **({"code": world.lot.code, "categories": ["laptop"], "spec_tiers": ["standard"]} | lot_))
    lot = world.session.get(type(world.round), world.round.copied_from_id).lots[0]
    facts = {"spec_tier": "standard", "qty": qty} | ({"not_known_reason": "later"} if qty is None else {})
    build.demand(lot, who, facts, state="locked")


def rest_of(world: World) -> dict[str, tuple]:
    (found,) = coverage.of(world.session, world.round)
    return {one.name: (one.why, one.source, one.amount.expected if one.amount else None) for one in found.rest}


def test_the_last_figures_of_whoever_is_not_in_the_pool_stand_apart_from_it(world: World, build):
    declared(world, build, 100)
    waiting, loose, silent, invited, new = (
        build.organisation("buyer", name=name) for name in ("Waiting", "Loose", "Silent", "Invited", "New")
    )
    for who, state in (
        (waiting, "confirmed"),
        (loose, "interested"),
        (silent, "confirmed"),
        (invited, "invited"),
        (new, "confirmed"),
    ):
        build.sign_on(world.round, who, state=state)
    declared(world, build, 7, state="submitted", who=waiting)
    declared(world, build, 8, who=loose)
    last_year(world, build, silent, 40)
    last_year(world, build, invited, 50)

    found = rest_of(world)
    (of_lot,) = coverage.of(world.session, world.round)

    assert {name: found[name] for name in ("Waiting", "Loose", "Silent", "Invited", "New")} == {
        "Waiting": ("waiting", "now", 7),
        "Loose": ("unconfirmed", "now", 8),
        "Silent": ("missing", "round", 40),
        "Invited": ("invited", "round", 50),
        "New": ("missing", "none", None),
    }
    together = of_lot.together()
    assert (together.known, together.unknown, together.amount.expected) == (4, 3, 105)
    assert (of_lot.pool.total.expected, of_lot.answered, of_lot.asked) == (100, 1, 8)


def test_a_draft_that_was_never_handed_in_is_no_last_figure_and_one_taken_back_is(world: World):
    world.draft(line(qty=99))
    handed = world.submitted(line(qty=5), member=1)
    declare.withdraw(world.session, handed, actor=world.actor(1), now=world.clock())
    world.session.flush()

    assert rest_of(world) == {"Gemeente A": ("missing", "none", None), "Gemeente B": ("missing", "version", 5)}


def test_a_lot_of_the_round_before_in_another_unit_or_without_figures_tells_nothing(world: World, build):
    last_year(world, build, world.members[0], 5, unit="month")
    before = world.session.get(type(world.round), world.round.copied_from_id)
    other = build.lot(before, code="X", categories=["laptop"], spec_tiers=["standard"])
    build.demand(other, world.members[1], {"qty": None, "not_known_reason": "later"}, state="locked")

    assert {one[1:] for one in rest_of(world).values()} == {("none", None)}


def test_the_same_code_goes_before_another_lot_alike(world: World, build):
    last_year(world, build, world.members[0], 5)
    before = world.session.get(type(world.round), world.round.copied_from_id)
    other = build.lot(before, code="X", categories=["laptop"])
    build.demand(other, world.members[0], {"qty": 70}, state="locked")
    build.demand(other, world.members[1], {"qty": 6}, state="locked")

    assert {name: one[2] for name, one in rest_of(world).items()} == {"Gemeente A": 5, "Gemeente B": 6}


def test_the_page_of_coverage_labels_the_estimate_and_the_workbook_names_everybody(world: World, build, people):
    declared(world, build, 100)
    last_year(world, build, world.members[0], 40)
    world.session.commit()

    page = people["lead"].page(place(world, "coverage"))
    sheets = [
        list(s.iter_rows(values_only=True))
        for s in load_workbook(io.BytesIO(people["lead"].get(place(world, "coverage.xlsx")).data))
    ]

    assert "1 of 3 count in the pool." in page.text
    assert "≈ 40" in page.text
    assert "it stands apart and is never added to the pool" in page.text
    assert [row[0] for row in sheets[1][1:]] == ["Gemeente A", "Gemeente B"]
    assert sheets[1][1][3:] == (40, 40, 40)
    assert sheets[1][2][3:] == (None, None, None)


@pytest.mark.parametrize("tail", ["coverage.xlsx", "history", "history.xlsx", "what-if"])
def test_where_volumes_are_not_shared_members_see_none_of_it(world: World, build, people, tail: str):
    world.round.settings = {"share_member_volumes": "lead"}
    last_year(world, build, world.members[1], 4321)
    world.session.commit()

    assert people["first"].get(place(world, tail)).status_code == 403
    assert people["lead"].get(place(world, tail)).status_code == 200
    page = people["first"].page(place(world, "coverage"))
    assert "4,321" not in page.text
    assert "Day by day" not in page.text


def reasons(world: World) -> tuple[str, str]:
    (found,) = notice.of(world.session, world.round)
    return tuple(" ".join(words(s, **p) for s, p in some) for some in (found.reasons, found.warnings))  # type: ignore[return-value]


def test_the_notice_says_in_words_where_its_figures_come_from(world: World, build, app):
    declared(
        world, build, None, qty_firm=10, qty_expected=15, qty_max=20, not_known_reason="", value_expected=Decimal(900)
    )
    declared(world, build, None)
    last_year(world, build, world.members[0], 40)
    world.lot.qty_estimated, world.lot.qty_maximum = 12, 13

    with app.test_request_context():
        why, warned = reasons(world)

    (found,) = notice.of(world.session, world.round)
    assert (found.estimated, found.maximum) == (15, 20)
    assert "Estimated 15: what 1 member expects over 4 contract years; 10 of it is firm." in why
    assert "Maximum 20" in why
    assert "5 above what they expect" in why
    assert "1 line is not known yet: it is in neither figure." in why
    assert "expected 40 when it last said so" in why
    assert "1 member is not in these figures of which no earlier figures are known." in why
    assert "set to 12 where the pool says 15: say why" in warned
    assert "set to 13, 7 below" in warned


def test_without_declarations_no_figure_is_proposed_and_none_is_zero(world: World, people):
    world.session.commit()
    (found,) = notice.of(world.session, world.round)

    page = people["lead"].page(place(world, "notice"))

    assert (found.estimated, found.maximum) == (None, None)
    assert "neither figure can be proposed" in page.text
    assert people["first"].get(place(world, "notice")).status_code == 403


def test_the_pool_day_by_day_ends_with_the_pool_as_it_stands(world: World, clock):
    first = world.accepted(line(qty=10))
    clock.forward(days=1)
    world.round.demand_deadline = world.clock() + dt.timedelta(days=9)
    world.accepted(line(qty=25))
    world.accepted(line(qty=7), member=1)

    (found,) = history.of(world.session, world.round)
    total = pool.compute(world.session, world.round).lots[0].total

    assert found.points[-1].amount == total
    assert found.points[-1].members == 2
    assert sum(point.change for point in found.points) == total.expected == 32
    assert first.state == "superseded"


def test_what_was_taken_back_or_is_no_longer_confirmed_leaves_the_history_on_that_day(world: World, build):
    day = dt.timedelta(days=1)
    start = world.clock() - 9 * day
    who = member(world, build)
    sign = (
        world.session.query(type(build.sign_on(world.round, state="invited"))).filter_by(organisation_id=who.id).one()
    )
    sign.confirmed_at = start
    demand = declared(world, build, 30, who=who)
    demand.accepted_at = start + day
    actor = build.actor(build.user(who), who)
    lifecycle.move(world.session, sign, "leave", actor=actor, now=start + 3 * day, motive="Merged.")
    world.session.flush()

    (found,) = history.of(world.session, world.round)

    assert [(p.amount.expected, p.change, p.members) for p in found.points] == [(30, 30, 1), (0, -30, 0)]
    assert (found.points[1].day - found.points[0].day).days == 2


def test_every_lock_is_kept_and_shown(world: World, people):
    world.accepted(line(qty=10))
    world.lock()
    world.session.commit()

    (found,) = history.of(world.session, world.round)
    page = people["lead"].page(place(world, "history"))

    assert world.session.query(PoolSnapshot).count() == 1
    assert [(one.expected, one.declared) for one in found.kept] == [(10, 1)]
    assert "as it was kept at each lock" in page.text


def test_what_if_a_member_leaves_and_one_joins(world: World, build):
    big, small = declared(world, build, 60), declared(world, build, 40)
    world.lot.qty_maximum = 90
    joining = {world.lot.id: Amount(10, 20, 80, lines=1)}

    (left,) = simulation.of(world.session, world.round, Question(frozenset({big.member_id})))
    (both,) = simulation.of(world.session, world.round, Question(frozenset({big.member_id}), joining))

    assert (left.before.expected, left.after.expected, left.after.maximum, left.members) == (100, 40, 40, (2, 1))
    assert {s.member_id: (s.before, s.after) for s in left.shares} == {
        big.member_id: (Decimal(60), None),
        small.member_id: (Decimal(40), Decimal(100)),
    }
    assert (both.after.expected, both.after.maximum, both.over) == (60, 120, 30)
    assert next(s for s in both.shares if s.member_id == JOINING).before is None


def test_what_if_a_lot_is_split_its_parts_add_up_to_it(world: World, build):
    who = declared(world, build, 60).member
    declared(world, build, 40, spec_tier="power")
    gone = declared(world, build, 5, spec_tier="power")

    (found,) = simulation.of(
        world.session, world.round, Question(frozenset({gone.member_id}), split=(world.lot.id, "tier"))
    )

    assert [(p.value, p.amount.expected, p.members, p.largest) for p in found.parts] == [
        ("power", 40, 1, Decimal(100)),
        ("standard", 60, 1, Decimal(100)),
    ]
    assert sum((p.amount for p in found.parts), Amount()) == found.after
    assert who.id in {s.member_id for s in found.shares}


def test_the_page_of_what_if_reads_only_and_says_what_would_become_of_it(world: World, build, people):
    big = declared(world, build, 60, who=member(world, build, name="Grootstad"))
    declared(world, build, 40)
    world.session.commit()
    lot = world.lot.public_id

    page = people["lead"].page(
        place(
            world,
            f"what-if?leave={big.member.public_id}&firm-{lot}=0&expected-{lot}=5&maximum-{lot}=1.000&split={lot}:tier",
        )
    )

    assert "Grootstad" in page.text
    assert "has left" in page.text
    assert "1,040" in page.text
    assert "Lots after the split" in page.text
    assert "Whoever joins has no category or tier yet" in page.text
    assert pool.compute(world.session, world.round).lots[0].total.expected == 100


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"firm": "1", "expected": "many", "maximum": "5"}, "“many” is not a whole number"),
        ({"firm": "1", "expected": "5"}, "Fill in all three quantities"),
        ({"firm": "9", "expected": "5", "maximum": "6"}, "Firm must not be more than expected"),
        ({"firm": "-1", "expected": "5", "maximum": "6"}, "“-1” is not a whole number"),
    ],
)
def test_what_cannot_be_read_is_told_at_its_field(world: World, people, typed: dict, told: str):
    world.session.commit()
    fields = {f"{kind}-{world.lot.public_id}": text for kind, text in typed.items()}

    answer = people["lead"].get(place(world, "what-if"), query_string=fields)

    assert answer.status_code == 422
    assert told in answer.get_data(as_text=True)


@pytest.mark.parametrize("query", ["leave=nobody", "leave=a%00b", "split=nothing", "split=a:b"])
def test_what_is_not_there_to_leave_or_to_split_is_said(world: World, people, query: str):
    world.session.commit()

    assert people["lead"].get(place(world, f"what-if?{query}")).status_code == 422


def test_after_publication_nobody_joins_any_more(world: World, build, people):
    declared(world, build, 10)
    world.lock()
    world.round.frozen_hash, world.round.frozen_text = "f" * 64, "{}"
    world.round.published_at = world.round.tender_deadline = world.clock()
    world.round.state = "published"
    world.session.commit()
    lot = world.lot.public_id

    page = people["lead"].page(place(world, f"what-if?firm-{lot}=1&expected-{lot}=1&maximum-{lot}=1"))

    assert "nobody joins this round any more" in page.text
    assert "whoever joins" not in page.text


def test_the_count_while_members_type_tells_the_lead_of_drafts_and_nothing_in_them(world: World, people):
    world.accepted(line(qty=10))
    world.draft(line(qty=98765), member=1)
    world.session.commit()
    lot = world.lot.public_id

    answer = people["lead"].get(place(world, "live.json"))
    page = people["lead"].page(f"/rounds/{world.round.public_id}/demand")

    figures = answer.get_json()["figures"]
    assert {key.removeprefix(f"{lot}-"): figures[key] for key in figures if key != "at"} == {
        "expected": "10",
        "maximum": "10",
        "answered": "1",
        "waiting": "0",
        "missing": "1",
        "drafts": "1",
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert "98765" not in answer.get_data(as_text=True)
    assert "The count now" in page.text
    assert people["first"].get(place(world, "live.json")).status_code == 403


def test_who_is_accepted_while_the_page_is_open_is_in_the_next_count(world: World, people):
    demand = world.submitted(line(qty=10))
    world.session.commit()
    key = f"{world.lot.public_id}-expected"
    before = people["lead"].get(place(world, "live.json")).get_json()["figures"][key]
    world.session.rollback()
    world.session.info["write"] = True
    approve.accept(world.session, demand, actor=world.lead_actor, now=world.clock(), version=demand.version, seen=True)
    world.session.commit()

    after = people["lead"].get(place(world, "live.json")).get_json()["figures"][key]

    assert (before, after) == ("–", "10")


def test_the_page_that_counts_by_itself_keeps_no_session_alive(world: World, people, clock):
    world.session.commit()
    before = dict(world.session.execute(select(UserSession.id, UserSession.last_seen_at)).all())
    clock.forward(minutes=20)

    people["lead"].get(place(world, "live.json"))

    world.session.expire_all()
    assert dict(world.session.execute(select(UserSession.id, UserSession.last_seen_at)).all()) == before

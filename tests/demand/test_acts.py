"""Declare, submit, approve, accept, lock: who may, when, and what stays."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from framework.demand import approve, board, declare, lock
from framework.demand.declare import LinesBroken
from framework.demand.lines import of_record
from framework.ground.errors import MoveRefused, NotAllowed, RuleBroken, Stale
from models.demand import Demand, PoolSnapshot
from models.records import AuditEvent, Mail
from tests.demand.conftest import World, line


def test_a_first_version_is_numbered_one_and_belongs_to_the_own_organisation(world: World):
    demand = world.draft()

    assert (demand.version_no, demand.state, demand.member_id) == (1, "draft", world.members[0].id)


def test_a_new_version_is_prefilled_from_the_accepted_one(world: World):
    first = world.accepted(line(qty=420), line(year=2, qty=30))

    second = world.draft()

    assert second.version_no == 2
    assert second.prefilled_from_id == first.id
    assert [of_record(x) for x in second.lines] == [of_record(x) for x in first.lines]


def test_a_first_version_is_prefilled_from_last_years_round_where_the_lot_still_allows_it(world: World, build):
    earlier = build.round(world.lead, state="in_force")
    old_lot = build.lot(earlier, code=world.lot.code, spec_tiers=["standard", "gone"], categories=["laptop"])
    build.demand(old_lot, world.members[0], {"spec_tier": "standard", "qty": 77}, {"spec_tier": "gone"}, state="locked")
    world.round.copied_from_id = earlier.id

    demand = world.draft()

    assert [(x.spec_tier, x.qty_expected) for x in demand.lines] == [("standard", 77)]


def test_a_second_draft_of_the_same_lot_is_refused(world: World):
    world.draft()

    with pytest.raises(MoveRefused) as refused:
        declare.declare(world.session, world.lot, actor=world.actor(person=1), now=world.clock())

    assert refused.value.code == "version-waits"


@pytest.mark.parametrize(("seconds", "allowed"), [(-1, True), (0, True), (1, False)])
def test_the_last_instant_of_the_deadline_still_counts(world: World, seconds: int, allowed: bool):
    now = world.round.demand_deadline + dt.timedelta(seconds=seconds)

    if allowed:
        assert declare.declare(world.session, world.lot, actor=world.actor(), now=now).state == "draft"
    else:
        with pytest.raises(MoveRefused, match="after-deadline"):
            declare.declare(world.session, world.lot, actor=world.actor(), now=now)


def test_an_invited_body_that_has_not_answered_cannot_declare(world: World, build):
    body = build.organisation("buyer")
    build.sign_on(world.round, body, state="invited")

    with pytest.raises(MoveRefused, match="no-sign-on"):
        declare.declare(world.session, world.lot, actor=build.person(body), now=world.clock())


def test_two_editors_the_second_is_told_and_nothing_is_lost(world: World):
    demand = world.draft(line(qty=10))
    read = demand.version
    declare.edit(world.session, demand, [line(qty=11)], actor=world.actor(), now=world.clock(), version=read)
    world.session.flush()

    with pytest.raises(Stale):
        declare.edit(
            world.session, demand, [line(qty=99)], actor=world.actor(person=1), now=world.clock(), version=read
        )

    assert [x.qty_expected for x in demand.lines] == [11]


def test_an_edit_is_one_unit_and_one_event_with_counts(world: World):
    demand = world.draft(line(1), line(2), line(3))
    changes = declare.edit(
        world.session,
        demand,
        [line(1, qty=12), line(3), line(4)],
        actor=world.actor(),
        now=world.clock(),
        version=demand.version,
    )

    edited = select(AuditEvent).where(AuditEvent.kind == "demand.edited").order_by(AuditEvent.seq)
    event = world.session.scalars(edited).all()[-1]

    assert changes == {"added": 1, "changed": 1, "removed": 1}
    assert event.data == {**changes, "source": "grid"}
    assert [(x.year_no, x.qty_expected) for x in demand.lines] == [(1, 12), (3, 10), (4, 10)]


def test_every_broken_rule_is_told_at_once_and_nothing_is_saved(world: World):
    demand = world.draft(line(qty=10))

    with pytest.raises(LinesBroken) as refused:
        declare.edit(
            world.session,
            demand,
            [line(qty_firm=20), line(9), line(2, category="tablet"), line(3, spec_tier="huge")],
            actor=world.actor(),
            now=world.clock(),
            version=demand.version,
        )

    assert [i.code for i in refused.value.issues] == [
        "quantity-order",
        "year-outside",
        "category-outside",
        "tier-outside",
    ]
    assert [x.qty_expected for x in demand.lines] == [10]


def test_the_person_who_submits_cannot_approve(world: World):
    demand = world.draft(line())
    approve.submit(world.session, demand, actor=world.actor(), now=world.clock(), version=demand.version)

    with pytest.raises(MoveRefused) as refused:
        approve.approve(world.session, demand, actor=world.actor(), now=world.clock(), version=demand.version)

    assert (refused.value.code, demand.state) == ("same-person", "draft")


def test_a_second_person_approves_and_both_are_recorded(world: World):
    demand = world.submitted()

    assert demand.state == "submitted"
    assert (demand.submitted_by_id, demand.approved_by_id) == (world.actor().user_id, world.actor(person=1).user_id)


def test_the_other_people_of_the_member_are_asked_by_mail(world: World):
    demand = world.draft(line())
    approve.submit(world.session, demand, actor=world.actor(), now=world.clock(), version=demand.version)

    mails = world.session.scalars(select(Mail.recipient).where(Mail.template == "demand_approve")).all()

    assert mails == [world.users[world.members[0].id][1].email]


def test_one_person_is_enough_where_the_setting_says_so(world: World):
    world.round.settings = {"demand_four_eyes": False}
    demand = world.draft(line())

    approve.submit(world.session, demand, actor=world.actor(), now=world.clock(), version=demand.version)

    assert demand.state == "submitted"


def test_a_person_of_another_member_cannot_approve(world: World):
    demand = world.draft(line())
    approve.submit(world.session, demand, actor=world.actor(), now=world.clock(), version=demand.version)

    with pytest.raises(NotAllowed):
        approve.approve(world.session, demand, actor=world.actor(member=1), now=world.clock(), version=demand.version)


def test_an_edit_after_the_proposal_voids_it(world: World):
    demand = world.draft(line())
    approve.submit(world.session, demand, actor=world.actor(), now=world.clock(), version=demand.version)
    declare.edit(world.session, demand, [line(qty=500)], actor=world.actor(), now=world.clock(), version=demand.version)
    world.session.flush()

    with pytest.raises(MoveRefused, match="nothing-proposed"):
        approve.approve(world.session, demand, actor=world.actor(person=1), now=world.clock(), version=demand.version)


def test_the_lead_must_have_seen_what_is_odd(world: World):
    demand = world.submitted()

    with pytest.raises(MoveRefused, match="plausibility-unseen"):
        approve.accept(
            world.session, demand, actor=world.lead_actor, now=world.clock(), version=demand.version, seen=False
        )


def test_plausibility_names_zero_jump_and_missing_category(world: World):
    demand = world.draft(line(qty=151, baseline_qty=100), line(2, qty=0), line(3, qty=150, baseline_qty=10))

    assert [o.kind for o in approve.plausibility(demand)] == ["jump", "zero", "missing-category"]


def test_accepting_a_newer_version_supersedes_the_older(world: World):
    first = world.accepted(line(qty=10))

    second = world.accepted(line(qty=20))

    assert (first.state, second.state) == ("superseded", "accepted")


def test_the_lead_returns_only_with_a_motive(world: World):
    demand = world.submitted()

    with pytest.raises(MoveRefused, match="motive-missing"):
        approve.return_(world.session, demand, actor=world.lead_actor, now=world.clock(), motive=" ")
    approve.return_(world.session, demand, actor=world.lead_actor, now=world.clock(), motive="Year 2 is missing.")

    assert (demand.state, demand.return_motive) == ("draft", "Year 2 is missing.")


def test_a_member_recalls_before_the_deadline_only(world: World):
    demand = world.submitted()
    world.clock.forward(days=2)

    with pytest.raises(MoveRefused, match="after-deadline"):
        approve.recall(world.session, demand, actor=world.actor(), now=world.clock())


def test_demand_cannot_be_locked_while_a_declaration_waits(world: World):
    world.submitted()

    with pytest.raises(MoveRefused, match="demand-submitted"):
        world.lock()


def test_locking_locks_the_accepted_lets_drafts_lapse_and_keeps_the_pool(world: World):
    kept = world.accepted(line(qty=420))
    draft = world.draft(line(qty=5), member=1)

    world.lock()

    snapshot = world.session.scalars(select(PoolSnapshot)).one()
    assert (kept.state, draft.state) == ("locked", "lapsed")
    assert snapshot.figures["lots"][0]["total"]["expected"] == 420
    assert snapshot.figures["lots"][0]["not_answered"] == 1


def test_after_the_lock_nothing_changes(world: World):
    kept = world.accepted(line(qty=420))
    world.lock()

    for act in (
        lambda: declare.declare(world.session, world.lot, actor=world.actor(), now=world.clock()),
        lambda: declare.edit(
            world.session, kept, [line(qty=1)], actor=world.actor(), now=world.clock(), version=kept.version
        ),
        lambda: declare.withdraw(world.session, kept, actor=world.actor(), now=world.clock()),
        lambda: approve.return_(world.session, kept, actor=world.lead_actor, now=world.clock(), motive="x"),
    ):
        with pytest.raises(RuleBroken):
            act()

    assert [(x.state, x.lines[0].qty_expected) for x in world.session.scalars(select(Demand))] == [("locked", 420)]


def test_a_version_locked_after_reopening_supersedes_the_older(world: World):
    first = world.accepted(line(qty=10))
    world.lock()
    world.round.state = "demand"
    second = world.accepted(line(qty=20))

    world.lock()

    assert (first.state, second.state) == ("superseded", "locked")


def test_only_demand_of_an_unconfirmed_member_can_be_struck(world: World):
    kept = world.accepted(line(qty=10))
    world.lock()

    with pytest.raises(MoveRefused, match="member-confirmed"):
        lock.strike(world.session, kept, actor=world.lead_actor, now=world.clock(), motive="Left the round.")


def test_striking_keeps_the_pool_anew(world: World, build):
    body = build.organisation("buyer")
    build.sign_on(world.round, body, state="interested")
    kept = build.demand(world.lot, body, {"spec_tier": "standard"}, state="locked")
    world.round.state = "demand_locked"

    lock.strike(world.session, kept, actor=world.lead_actor, now=world.clock(), motive="Never confirmed.")

    assert kept.state == "withdrawn"
    assert len(world.session.scalars(select(PoolSnapshot)).all()) == 1


def test_only_those_without_an_answer_are_reminded(world: World):
    world.accepted(line(), member=0)

    sent = board.remind(world.session, world.round, actor=world.lead_actor, now=world.clock())

    mails = set(world.session.scalars(select(Mail.recipient).where(Mail.template == "demand_reminder")))
    assert sent == 2
    assert mails == {u.email for u in world.users[world.members[1].id]}


def test_a_member_cannot_remind(world: World):
    with pytest.raises(NotAllowed):
        board.remind(world.session, world.round, actor=world.actor(), now=world.clock())


def test_where_nothing_is_odd_the_lead_accepts_without_a_tick(world: World):
    demand = world.submitted(line(qty=10), line(qty=10, category="monitor", row=2))
    odd = approve.plausibility(demand)

    approve.accept(world.session, demand, actor=world.lead_actor, now=world.clock(), version=demand.version, seen=False)

    assert odd == []
    assert demand.state == "accepted"


def test_what_waits_for_a_second_person_is_known_with_who_submitted_it(world: World):
    demand = world.draft(line())
    approve.submit(world.session, demand, actor=world.actor(), now=world.clock(), version=demand.version)
    world.session.flush()
    own = world.members[0].id

    waits = approve.waiting_for_second(world.session, world.round, own, now=world.clock())
    lapsed = approve.waiting_for_second(world.session, world.round, own, now=world.clock() + dt.timedelta(days=8))

    assert waits == {demand.id: world.actor().user_id}
    assert lapsed == {}

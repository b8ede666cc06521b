"""After the award: a confirmed member registers, the lead lets it call off, and everybody sees what is still missing."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from framework.ground.errors import NotAllowed, RuleBroken
from framework.signons import acts, registration
from models.people import User
from models.records import AuditEvent, Mail
from models.signons import EligibilitySnapshot, SignOn
from tests.memory import remembered


@pytest.fixture
@remembered
def asked(standing, build):
    """A round in force in which members register."""
    standing.round.settings = {"call_off_registration_required": True}
    standing.signed()
    standing.enter_force()
    standing.members = [build.person(one.organisation) for one in standing.sign_ons]
    return standing


def code(act, *told, **more):
    with pytest.raises(RuleBroken) as raised:
        act(*told, **more)
    return raised.value.code


def register(asked, number=0, actor=None):
    registration.register(
        asked.session, asked.sign_ons[number], actor=actor or asked.members[number], now=asked.clock()
    )


def activate(asked, number=0, actor=None):
    acts.activate(asked.session, asked.sign_ons[number], actor=actor or asked.lead, now=asked.clock())


def test_a_member_registers_on_the_day_of_the_round_and_the_lead_activates(asked, session):
    asked.clock.now = dt.datetime(2026, 12, 1, 23, 30, tzinfo=dt.UTC)
    register(asked)
    assert asked.sign_ons[0].call_off_registered_on == dt.date(2026, 12, 2), "half past midnight in Brussels"
    activate(asked)
    assert asked.sign_ons[0].state == "active"
    event = session.scalar(select(AuditEvent).where(AuditEvent.kind == "sign_on.registered"))
    assert event.actor_id == asked.members[0].user_id
    assert session.scalars(select(Mail.template).where(Mail.template == "sign_on_activated")).all()


def test_only_the_own_body_registers_and_only_once(asked, build):
    for other in (asked.members[1], asked.lead, asked.supplier, build.person(build.organisation("operator"))):
        with pytest.raises(NotAllowed):
            register(asked, 0, other)
    register(asked)
    assert code(register, asked) == "registered-already"


def test_nothing_is_registered_where_it_is_not_asked_or_not_time(asked):
    asked.round.settings = {"call_off_registration_required": False}
    assert code(register, asked) == "registration-not-asked"
    asked.round.settings = {"call_off_registration_required": True}
    asked.sign_ons[0].state = "suspended"
    assert code(register, asked) == "not-confirmed"
    asked.sign_ons[0].state = "confirmed"
    asked.round.state = "standstill"
    assert code(register, asked) == "not-in-force"


def test_each_thing_that_is_missing_keeps_a_body_from_calling_off(asked, session):
    assert code(activate, asked) == "not-registered"
    register(asked)
    asked.sign_ons[0].fee_rule = "fixed_yearly"
    assert code(activate, asked) == "fee-unpaid"
    asked.sign_ons[0].fee_paid_on = dt.date(2026, 11, 1)
    kept = session.scalars(
        select(EligibilitySnapshot).where(EligibilitySnapshot.organisation_id == asked.sign_ons[0].organisation_id)
    ).one()
    session.delete(kept)
    assert code(activate, asked) == "not-on-frozen-list"
    asked.entitle(asked.sign_ons[0])
    asked.round.state = "closed"
    assert code(activate, asked) == "not-in-force"
    asked.round.state = "in_force"
    with pytest.raises(NotAllowed):
        activate(asked, 0, asked.members[0])
    activate(asked)


def test_a_body_of_a_named_class_may_come_later(asked, session, build):
    from models.rounds import MemberClass

    late = build.sign_on(asked.round, state="confirmed", eligibility_basis="class_in_notice", class_name="Cities")
    late.call_off_registered_on = dt.date(2026, 11, 24)
    assert registration.lacking(session, late) == ("not-on-frozen-list",)
    build.add(MemberClass(round=asked.round, name="Cities", created_at=asked.clock()))
    session.expire(asked.round)
    assert registration.lacking(session, late) == ()
    assert registration.counts(session, asked.round)["ready"] == 1


def test_all_that_are_ready_are_activated_at_once(asked, session):
    do = {"actor": asked.lead, "now": asked.clock()}
    assert code(registration.activate_ready, session, asked.round, **do) == "nobody-ready"
    register(asked, 1)
    with pytest.raises(NotAllowed):
        registration.activate_ready(session, asked.round, actor=asked.members[0], now=asked.clock())
    assert registration.activate_ready(session, asked.round, **do) == [asked.sign_ons[1]]
    assert [one.state for one in asked.sign_ons] == ["confirmed", "active"]


def test_where_no_registration_is_asked_all_confirmed_are_ready(standing, session):
    standing.signed()
    standing.enter_force()
    done = registration.activate_ready(session, standing.round, actor=standing.lead, now=standing.clock())
    assert done == standing.sign_ons


def test_a_suspended_body_comes_back_once_its_ground_has_ended(asked, session):
    register(asked)
    activate(asked)
    one, do = asked.sign_ons[0], {"actor": asked.lead, "now": asked.clock()}
    assert code(acts.suspend, session, one, ground="", **do) == "ground-missing"
    assert code(acts.suspend, session, one, ground="other", **do) == "motive-missing"
    one.fee_rule = "fixed_yearly"
    acts.suspend(session, one, ground="fee_unpaid", motive="Two letters.", **do)
    mail = session.scalar(select(Mail).where(Mail.template == "sign_on_suspended"))
    assert (mail.params["ground"], mail.params["said"]) == ("The fee is not paid", "Two letters.")
    assert code(acts.reinstate, session, one, motive="Paid.", **do) == "fee-unpaid"
    one.fee_paid_on = dt.date(2026, 12, 1)
    assert code(acts.reinstate, session, one, motive=" ", **do) == "motive-missing"
    acts.reinstate(session, one, motive="Paid.", **do)
    assert one.state == "active"


def test_the_board_says_who_is_missing_and_why(asked, session):
    register(asked)
    asked.sign_ons[1].fee_rule = "fixed_yearly"
    session.flush()
    found = registration.board(session, asked.round)
    lines = {line.sign_on.id: line for line in found.lines}
    first, second = (lines[one.id] for one in asked.sign_ons)
    assert (first.lacks, first.by) == ((), asked.members[0].name)
    assert (second.lacks, second.by) == (("not-registered", "fee-unpaid"), "")
    assert found.counts == {"confirmed": 2, "active": 0, "suspended": 0, "ready": 1, "missing": 1}
    assert [line.sign_on for line in registration.board(session, asked.round, show="missing").lines] == [
        asked.sign_ons[1]
    ]
    assert [line.sign_on for line in registration.everything(session, asked.round, show="ready")] == [asked.sign_ons[0]]
    name = asked.sign_ons[1].organisation.name
    assert [line.sign_on for line in registration.board(session, asked.round, search=name.upper()).lines] == [
        asked.sign_ons[1]
    ]


def test_the_lead_suspends_reinstates_and_takes_out_in_the_browser(asked, session, sign_in):
    register(asked)
    activate(asked)
    lead = sign_in(session.get_one(User, asked.lead.user_id), asked.round.organisation)
    one = asked.sign_ons[0].public_id
    here = f"/rounds/{asked.round.public_id}/sign-ons/{one}"
    assert lead.post(f"{here}/suspend", data={"ground": "mandate_lapsed"}).status_code == 303

    page = lead.get(here).text
    assert "The mandate has lapsed" in page
    assert f"{here}/leave" in page
    lead.post(f"{here}/reinstate", data={"motive": "Renewed."})
    session.rollback()
    assert session.scalar(select(SignOn.state).where(SignOn.public_id == one)) == "active"
    lead.post(f"{here}/leave", data={"motive": "By hand."})
    session.rollback()
    assert session.scalar(select(SignOn.state).where(SignOn.public_id == one)) == "active", "only a suspended one"
    lead.post(f"{here}/suspend", data={"ground": "mandate_lapsed"})
    lead.post(f"{here}/leave", data={"motive": ""})
    session.rollback()
    assert session.scalar(select(SignOn.state).where(SignOn.public_id == one)) == "suspended"
    lead.post(f"{here}/leave", data={"motive": "It merged with another body."})
    session.rollback()
    assert session.scalar(select(SignOn.state).where(SignOn.public_id == one)) == "left"

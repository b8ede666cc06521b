"""Dates start and end agreements, the lead puts the round in force, and it closes when every agreement has ended."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from framework.contract import running
from framework.contract.drafting import Terms
from framework.ground import lifecycle
from framework.ground.actors import SYSTEM
from framework.ground.errors import MoveRefused, NotAllowed, RuleBroken
from models.records import AuditEvent, Mail
from tests.contract.standing import FIRST, LAST, TERMS

SECOND = dt.timedelta(seconds=1)


def code(act, *told, **more):
    with pytest.raises(RuleBroken) as raised:
        act(*told, **more)
    return raised.value.code


def test_the_first_and_the_last_day_are_days_of_the_round(standing):
    agreement = standing.draft()
    assert running.begins_at(agreement) == dt.datetime(2026, 11, 30, 23, tzinfo=dt.UTC), "midnight in Brussels"
    assert running.ends_at(agreement) == dt.datetime(2030, 11, 30, 23, tzinfo=dt.UTC), "the last day belongs to it"


@pytest.mark.parametrize("job", [True, False])
@pytest.mark.parametrize(("offset", "state"), [(-1, "signed"), (0, "in_force"), (1, "in_force")])
def test_an_agreement_starts_with_its_first_day_whether_or_not_the_job_runs(standing, offset, state, job):
    agreement = standing.signed()
    standing.enter_force()
    standing.clock.now = running.begins_at(agreement) + offset * SECOND
    if job:
        standing.go_round()
        assert agreement.state == state
    assert running.state_at(agreement, now=standing.clock()) == state


@pytest.mark.parametrize("job", [True, False])
@pytest.mark.parametrize(("offset", "state"), [(-1, "in_force"), (0, "expired"), (1, "expired")])
def test_an_agreement_ends_with_its_last_day_whether_or_not_the_job_runs(standing, offset, state, job):
    agreement = standing.in_force()
    standing.clock.now = running.ends_at(agreement) + offset * SECOND
    if job:
        standing.go_round()
        assert agreement.state == state
    assert running.state_at(agreement, now=standing.clock()) == state


def test_a_late_job_notes_when_it_began_and_ended_in_fact(standing):
    agreement = standing.signed()
    standing.enter_force()
    standing.clock.now = running.ends_at(agreement) + dt.timedelta(days=3)
    standing.go_round()
    assert agreement.state == "expired"
    assert agreement.started_at == running.begins_at(agreement)
    assert agreement.ended_at == running.ends_at(agreement)
    assert standing.round.state == "closed", "every agreement has ended"


def test_an_agreement_starts_at_once_where_its_day_has_come(standing):
    standing.clock.now = dt.datetime(2027, 1, 10, 9, tzinfo=dt.UTC)
    standing.decision.standstill_ends_at = standing.clock() - dt.timedelta(days=1)
    first = standing.signed()
    assert first.state == "signed", "the round is not in force"
    standing.enter_force()
    assert (first.state, first.started_at) == ("in_force", standing.clock())
    award = standing.awarded(standing.build.lot(standing.round), standing.submission)
    standing.round.state = "standstill"
    standing.freeze()
    second = standing.draft(Terms("2026-2", FIRST, LAST, "fixed"), award=award)
    standing.round.state = "in_force"
    standing.clock.forward(hours=1)
    standing.sign(second)
    assert (second.state, second.started_at) == ("in_force", standing.clock())


def test_nobody_starts_or_ends_by_hand(standing):
    agreement = standing.signed()
    standing.enter_force()
    standing.clock.now = running.begins_at(agreement)
    for actor in (standing.lead, standing.supplier):
        with pytest.raises(NotAllowed):
            lifecycle.move(standing.session, agreement, "start", actor=actor, now=standing.clock())
    standing.go_round()
    standing.clock.now = running.ends_at(agreement)
    with pytest.raises(NotAllowed):
        lifecycle.move(standing.session, agreement, "expire", actor=standing.lead, now=standing.clock())


def test_nothing_starts_before_the_round_is_in_force(standing):
    agreement = standing.signed()
    standing.clock.now = running.begins_at(agreement)
    standing.go_round()
    assert agreement.state == "signed"
    now = standing.clock()
    assert code(lifecycle.move, standing.session, agreement, "start", actor=SYSTEM, now=now) == "not-in-force"


def test_the_round_comes_into_force_once_the_standstill_is_over_and_something_is_signed(standing):
    assert code(standing.enter_force) == "nothing-signed"
    agreement = standing.draft()
    assert code(standing.enter_force) == "nothing-signed"
    standing.sign(agreement)
    standing.decision.standstill_ends_at = standing.clock() + SECOND
    assert code(standing.enter_force) == "standstill-runs"
    standing.clock.forward(seconds=1)
    challenge = standing.challenge()
    assert code(standing.enter_force) == "challenge-runs"
    challenge.outcome, challenge.ended_at = "dismissed", standing.clock()
    for other in (standing.supplier, standing.build.person(standing.sign_ons[0].organisation)):
        with pytest.raises(NotAllowed):
            standing.enter_force(other)
    standing.enter_force()
    assert standing.round.state == "in_force"


def test_confirmed_members_are_told_and_nobody_else(standing, session, build):
    told = build.person(standing.sign_ons[0].organisation)
    left = build.sign_on(standing.round, state="left")
    build.person(left.organisation)
    standing.signed()
    standing.enter_force()
    mails = session.scalars(select(Mail).where(Mail.template == "registration_open")).all()
    assert len(mails) == 1
    assert mails[0].params["path"] == f"/rounds/{standing.round.public_id}/registration/own"
    assert told.user_id


def test_a_round_closes_when_every_agreement_has_ended(standing):
    agreement = standing.in_force()

    def close(actor=standing.lead):
        running.close(standing.session, standing.round, actor=actor, now=standing.clock())

    assert code(close) == "agreements-run"
    standing.clock.now = running.ends_at(agreement)
    with pytest.raises(NotAllowed):
        close(standing.supplier)
    close()
    assert (agreement.state, standing.round.state) == ("expired", "closed"), "no job has been there"


def test_a_draft_that_is_left_keeps_the_round_open(standing, build):
    award = standing.awarded(build.lot(standing.round), standing.submission)
    standing.freeze()
    left = standing.draft(Terms("2026-2", FIRST, LAST, "fixed"), award=award)
    agreement = standing.in_force()
    standing.clock.now = running.ends_at(agreement)
    standing.go_round()
    assert standing.round.state == "in_force"
    assert running.unended(standing.session, standing.round) == 1
    assert left.state == "draft"


def test_an_agreement_is_terminated_by_two_leads_on_a_ground_with_evidence(standing, session):
    agreement = standing.in_force()
    for broken, why in (
        ({"ground": "whim"}, "ground-missing"),
        ({"evidence": " "}, "evidence-missing"),
        ({"motive": ""}, "motive-missing"),
        ({"motive": "x" * 4_001}, "motive-too-long"),
    ):
        assert code(standing.terminate, agreement, **broken) == why
    standing.terminate(agreement)
    assert agreement.state == "terminated"
    assert (agreement.ended_ground, agreement.ended_evidence) == ("zero_tolerance", "Report 7")
    event = session.scalar(select(AuditEvent).where(AuditEvent.kind == "agreement.terminate"))
    assert (event.data["ground"], event.data["evidence"]) == ("zero_tolerance", "Report 7")
    mails = session.scalars(select(Mail).where(Mail.template == "agreement_terminated")).all()
    assert len(mails) == 2, "both persons of the contractor; no member has a person here"
    standing.go_round()
    assert standing.round.state == "closed"


def test_one_lead_alone_or_a_supplier_terminates_nothing(standing):
    from framework.contract import ending

    agreement = standing.signed()
    told = {"ground": "zero_tolerance", "evidence": "Report 7", "motive": "Shown."}
    with pytest.raises(NotAllowed):
        ending.propose(standing.session, agreement, **told, actor=standing.supplier, now=standing.clock())
    ending.propose(standing.session, agreement, **told, actor=standing.lead, now=standing.clock())
    assert code(ending.confirm, standing.session, agreement, actor=standing.lead, now=standing.clock()) == "same-person"
    with pytest.raises(NotAllowed):
        ending.withdraw(standing.session, agreement, actor=standing.second_lead, now=standing.clock())
    ending.confirm(standing.session, agreement, actor=standing.second_lead, now=standing.clock())
    assert agreement.state == "terminated", "a signed one too, before its first day"


@pytest.mark.parametrize("half", ["propose", "confirm"])
def test_an_agreement_whose_last_day_is_over_is_not_terminated_any_more(standing, half):
    from framework.contract import ending

    agreement = standing.in_force()
    told = {"ground": "zero_tolerance", "evidence": "Report 7", "motive": "Shown."}
    end = running.ends_at(agreement)
    if half == "confirm":
        standing.clock.now = end - SECOND
        ending.propose(standing.session, agreement, **told, actor=standing.lead, now=standing.clock())
        standing.session.commit()
        standing.session.info["write"] = True
    standing.clock.now = end
    given = told | {"actor": standing.lead} if half == "propose" else {"actor": standing.second_lead}
    assert code(getattr(ending, half), standing.session, agreement, **given, now=end) == "move-not-listed"
    standing.session.rollback()
    assert agreement.state == "in_force"
    standing.session.info["write"] = True
    standing.go_round()
    assert agreement.state == "expired"


def test_a_termination_notes_first_that_the_agreement_started(standing, session):
    agreement = standing.signed()
    standing.enter_force()
    standing.clock.now = running.begins_at(agreement)
    standing.terminate(agreement)
    assert (agreement.state, agreement.started_at) == ("terminated", running.begins_at(agreement))


@pytest.mark.parametrize("act", ["stop", "give_notice", "exhaust"])
def test_what_belongs_to_call_offs_is_not_open_yet(standing, act):
    agreement = standing.in_force()
    actor = SYSTEM if act == "exhaust" else standing.lead
    told = {"actor": actor, "now": standing.clock(), "proposer_id": standing.second_lead.user_id}
    with pytest.raises(MoveRefused) as refused:
        lifecycle.move(standing.session, agreement, act, **told)
    assert refused.value.code == "guard-missing"


def test_every_move_leaves_its_event(standing, session):
    agreement = standing.in_force()
    standing.clock.now = running.ends_at(agreement)
    standing.go_round()
    query = select(AuditEvent.kind).where(
        AuditEvent.kind.in_(
            (
                "agreement.draft",
                "agreement.sign",
                "agreement.start",
                "agreement.expire",
                "round.enter_force",
                "round.close",
            )
        )
    )
    assert list(session.scalars(query.order_by(AuditEvent.seq))) == [
        "agreement.draft",
        "agreement.sign",
        "round.enter_force",
        "agreement.start",
        "agreement.expire",
        "round.close",
    ]
    assert TERMS.number == agreement.number

"""An agreement is signed by one person of each side, on the published terms, after the standstill."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import select

from framework.contract import drafting, running, signing, text
from framework.ground.errors import FactorStale, MoveRefused, NotAllowed, RuleBroken, Stale
from framework.rounds import hooks
from models.contract import Agreement
from models.judging import Conflict
from models.people import RoleGrant
from models.records import AuditEvent, Mail
from tests.contract.standing import TERMS


def code(act, *told, **more):
    with pytest.raises(RuleBroken) as raised:
        act(*told, **more)
    return raised.value.code


def kinds(session):
    query = select(AuditEvent.kind).where(AuditEvent.kind.like("agreement.%")).order_by(AuditEvent.seq)
    return list(session.scalars(query))


@pytest.mark.parametrize("first", ["lead", "supplier"])
def test_one_of_each_side_signs_whoever_begins(standing, session, first):
    agreement = standing.draft()
    sides = [standing.lead, standing.supplier]
    begins, ends = sides if first == "lead" else reversed(sides)

    standing.propose(agreement, begins)
    assert agreement.state == "draft"
    standing.confirm(agreement, ends)

    assert agreement.state == "signed"
    assert agreement.signed_by_lead_id == standing.lead.user_id
    assert agreement.signed_by_supplier_id == standing.supplier.user_id
    assert agreement.signed_at == standing.clock()
    assert kinds(session) == ["agreement.draft", "agreement.sign"]
    event = session.scalar(select(AuditEvent).where(AuditEvent.kind == "agreement.sign"))
    assert (event.actor_id, event.data["proposer"]) == (ends.user_id, begins.user_id)


def test_two_persons_of_one_side_are_not_enough(standing):
    agreement = standing.draft()
    standing.propose(agreement, standing.lead)
    assert code(standing.confirm, agreement, standing.lead) == "same-person"
    assert code(standing.confirm, agreement, standing.second_lead) == "both-sides-needed"
    standing.session.rollback()


def test_two_of_the_contractor_are_not_enough(standing):
    agreement = standing.draft()
    standing.propose(agreement, standing.supplier)
    assert code(standing.confirm, agreement, standing.second_supplier) == "both-sides-needed"


def test_a_first_signatory_who_lost_the_role_counts_no_more(standing, session):
    agreement = standing.draft()
    standing.propose(agreement, standing.lead)
    grant = session.scalars(select(RoleGrant).where(RoleGrant.user_id == standing.lead.user_id)).one()
    grant.withdrawn_at = standing.clock()
    session.flush()
    assert code(standing.confirm, agreement, standing.supplier) == "both-sides-needed"


def test_nobody_else_signs(standing, build):
    agreement = standing.draft()
    others = [
        build.person(standing.sign_ons[0].organisation),
        build.person(build.organisation("supplier")),
        build.person(build.organisation("lead")),
        build.person(build.organisation("monitor")),
        build.person(build.organisation("operator")),
    ]
    for one in others:
        with pytest.raises(NotAllowed):
            standing.propose(agreement, one)


def test_nothing_is_signed_before_the_standstill_has_ended(standing):
    agreement = standing.draft()
    standing.decision.standstill_ends_at = standing.clock() + dt.timedelta(seconds=1)
    assert code(standing.propose, agreement, standing.lead) == "standstill-runs"
    standing.clock.forward(seconds=1)
    standing.propose(agreement, standing.lead)
    standing.clock.forward(seconds=1)
    standing.confirm(agreement, standing.supplier)
    assert agreement.state == "signed"


def test_a_signature_that_waits_does_not_outlast_what_comes_meanwhile(standing, session):
    agreement = standing.draft()
    standing.propose(agreement, standing.lead)
    challenge = standing.challenge()
    with session.begin_nested() as part:
        assert code(standing.confirm, agreement, standing.supplier) == "challenge-runs"
        part.rollback()
    challenge.outcome, challenge.ended_at = "dismissed", standing.clock()
    session.flush()
    standing.confirm(agreement, standing.supplier)
    assert agreement.state == "signed"


def test_a_challenge_that_suspends_nothing_stops_nothing(standing):
    standing.challenge(is_suspensive=False)
    assert standing.signed().state == "signed"


@pytest.mark.parametrize("state", ["award", "challenged", "closed", "cancelled", "judging"])
def test_nothing_is_signed_in_another_phase(standing, state):
    agreement = standing.draft()
    standing.round.state = state
    standing.session.flush()
    assert code(standing.propose, agreement, standing.lead) == "wrong-phase"


def test_it_is_signed_in_a_round_in_force_too(standing):
    agreement = standing.draft()
    standing.round.state = "in_force"
    standing.session.flush()
    standing.sign(agreement)
    assert agreement.state == "signed", "its first day has not come"


def test_nothing_is_signed_on_an_award_that_was_withdrawn_or_decided_anew(standing, session):
    agreement = standing.draft()
    standing.decision.withdrawn_at = standing.clock()
    session.flush()
    assert code(standing.propose, agreement, standing.lead) == "no-award"
    standing.decision = standing.decide(2)
    standing.awarded(standing.lot, standing.tender())
    assert code(standing.propose, agreement, standing.lead) == "award-missing"


@pytest.mark.parametrize("what", ["terms", "name", "field", "file"])
def test_the_text_is_the_published_terms_with_names_and_prices(standing, session, build, what):
    agreement = standing.draft()
    if what == "terms":
        standing.round.frozen_text = standing.round.frozen_text.replace("Lot 1", "Lot one")
    elif what == "name":
        standing.contractor.name = "Another Ltd"
    elif what == "field":
        agreement.price_text = "Twice as much"
    else:
        agreement.text_file = build.stored_file(purpose=text.PURPOSE)
    session.flush()
    assert code(standing.propose, agreement, standing.lead) == "text-differs"


def test_each_signs_the_text_that_was_read(standing):
    agreement = standing.draft()
    with pytest.raises(Stale):
        signing.propose(standing.session, agreement, sha256="0" * 64, actor=standing.lead, now=standing.clock())
    standing.propose(agreement, standing.lead)
    before = agreement.text_file.sha256
    drafting.edit(
        standing.session,
        agreement,
        replace(TERMS, brands="Acme"),
        version=agreement.version,
        files=standing.files,
        actor=standing.second_lead,
        now=standing.clock(),
    )
    assert agreement.text_file.sha256 != before
    assert signing.waiting(standing.session, agreement, now=standing.clock()) is None, "the signature is void"
    assert code(standing.confirm, agreement, standing.supplier) == "nothing-proposed"


def test_a_lead_with_a_tie_to_the_contractor_does_not_sign(standing, build):
    agreement = standing.draft()
    now = standing.clock()
    build.add(
        Conflict(
            round=standing.round,
            user_id=standing.lead.user_id,
            supplier_id=standing.contractor.id,
            reason="Worked there",
            created_at=now,
            stated_at=now,
            stated_by_id=standing.lead.user_id,
        )
    )
    with pytest.raises(NotAllowed) as told:
        standing.propose(agreement, standing.lead)
    assert told.value.rule == "SD3"
    with pytest.raises(NotAllowed):
        drafting.edit(
            standing.session,
            agreement,
            TERMS,
            version=agreement.version,
            files=standing.files,
            actor=standing.lead,
            now=now,
        )
    standing.propose(agreement, standing.second_lead)
    standing.confirm(agreement, standing.supplier)
    assert code(standing.terminate, agreement) == "conflict-of-interest"


@pytest.mark.parametrize("who", ["lead", "supplier"])
def test_whoever_needs_a_second_factor_gives_it_just_before(standing, who):
    agreement = standing.draft()
    actor = replace(getattr(standing, who), factor_roles=frozenset({"lead", "supplier"}))
    with pytest.raises(FactorStale):
        standing.propose(agreement, actor)
    stale = standing.clock() - dt.timedelta(minutes=10, seconds=1)
    with pytest.raises(FactorStale):
        standing.propose(agreement, replace(actor, factor_at=stale))
    standing.propose(agreement, replace(actor, factor_at=standing.clock()))


def test_a_signature_that_waits_lapses_and_only_its_signatory_takes_it_back(standing):
    agreement = standing.draft()
    standing.propose(agreement, standing.lead)
    with pytest.raises(NotAllowed):
        signing.withdraw(standing.session, agreement, actor=standing.supplier, now=standing.clock())
    signing.withdraw(standing.session, agreement, actor=standing.lead, now=standing.clock())
    standing.propose(agreement, standing.supplier)
    standing.clock.forward(days=7)
    assert code(standing.confirm, agreement, standing.lead) == "nothing-proposed"


def test_the_other_side_is_asked_and_both_are_told(standing, session):
    agreement = standing.draft()
    standing.propose(agreement, standing.lead)
    asked = session.scalars(select(Mail).where(Mail.template == "confirmation_needed").order_by(Mail.id)).all()
    assert len(asked) == 2, "both persons of the contractor"
    assert all(one.params["path"].endswith(f"/agreements/{agreement.public_id}") for one in asked)
    standing.confirm(agreement, standing.supplier)
    told = session.scalars(select(Mail).where(Mail.template == "agreement_signed")).all()
    assert len(told) == 3, "everybody but who signed last"


def test_a_signed_agreement_is_fixed(standing):
    agreement = standing.signed()
    told = {"version": agreement.version, "files": standing.files, "actor": standing.lead, "now": standing.clock()}
    assert code(drafting.edit, standing.session, agreement, TERMS, **told) == "agreement-fixed"
    with pytest.raises(MoveRefused):
        drafting.cancel(
            standing.session,
            agreement,
            ground="supplier_declines",
            motive="x",
            actor=standing.lead,
            now=standing.clock(),
        )
    with pytest.raises(MoveRefused):
        standing.propose(agreement, standing.lead)


def test_a_later_phase_hangs_its_duties_on_the_start(standing):
    started = []

    def note(_session, agreement, context):
        started.append((agreement.number, agreement.started_at, context.now))

    hooks.after("agreement", "start", note)
    try:
        agreement = standing.in_force()
    finally:
        hooks._after[("agreement", "start")].remove(note)
    assert agreement.state == "in_force"
    assert started == [("2026-1", running.begins_at(agreement), standing.clock())]
    assert standing.session.scalar(select(Agreement.state)) == "in_force"

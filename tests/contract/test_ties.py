"""A stated tie to the contractor keeps a person of the lead from its agreement, and mails about it from the person."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from framework.contract import drafting, duties, ending, update_notices, updates
from framework.ground.errors import RuleBroken
from models.contract_disclosure import ContractSubmission
from models.judging import Conflict
from models.people import User
from models.records import Mail


def tie(standing, actor):
    now = standing.clock()
    stated = {"created_at": now, "stated_at": now, "stated_by_id": actor.user_id}
    standing.build.add(
        Conflict(
            round_id=standing.round.id,
            user_id=actor.user_id,
            supplier_id=standing.contractor.id,
            reason="Worked there",
            **stated,
        )
    )
    standing.session.flush()


def code(act, *told, **more):
    with pytest.raises(RuleBroken) as raised:
        act(*told, **more)
    return raised.value.code


def reached(standing, template):
    """The addresses that got a mail."""
    query = select(Mail.recipient).where(Mail.template == template)
    return set(standing.session.scalars(query.order_by(Mail.id)))


def address(standing, actor):
    return standing.session.get_one(User, actor.user_id).email


def test_a_tied_lead_asks_the_contractor_for_nothing(disclosing):
    tie(disclosing, disclosing.lead)

    assert code(disclosing.ask) == "conflict-of-interest"
    assert disclosing.states() == ["requested"]
    assert disclosing.ask(actor=disclosing.second_lead).state == "requested"


def test_a_tied_lead_takes_nothing_back_that_was_asked(disclosing):
    version = disclosing.ask()
    tie(disclosing, disclosing.lead)
    told = {"motive": "A mistake.", "now": disclosing.clock()}

    assert code(duties.cancel, disclosing.session, version, actor=disclosing.lead, **told) == "conflict-of-interest"
    disclosing.session.refresh(version)
    assert version.state == "requested"
    duties.cancel(disclosing.session, version, actor=disclosing.second_lead, **told)
    assert version.state == "cancelled"


def test_the_system_asks_on_whoever_is_tied(disclosing):
    tie(disclosing, disclosing.lead)

    disclosing.read(disclosing.send(b"PK\x03\x04 broken"))

    assert disclosing.states() == ["refused", "requested"]


def test_a_tied_lead_cancels_no_draft(standing):
    agreement = standing.draft()
    tie(standing, standing.lead)
    told = {"ground": "supplier_declines", "motive": "It says no.", "now": standing.clock()}

    assert code(drafting.cancel, standing.session, agreement, actor=standing.lead, **told) == "conflict-of-interest"
    assert agreement.state == "draft"
    drafting.cancel(standing.session, agreement, actor=standing.second_lead, **told)
    assert agreement.state == "cancelled"


def test_a_first_signature_counts_no_more_once_its_signatory_stated_a_tie(standing):
    agreement = standing.draft()
    standing.propose(agreement, standing.lead)
    tie(standing, standing.lead)

    assert code(standing.confirm, agreement, standing.supplier) == "signature-void"
    standing.session.refresh(agreement)
    assert (agreement.state, agreement.signed_at) == ("draft", None)


def test_no_mail_about_an_update_reaches_whoever_is_tied(disclosing):
    tie(disclosing, disclosing.chair)
    tie(disclosing, disclosing.lead)

    version = disclosing.checked()
    update_notices.is_overdue(disclosing.session, version, now=disclosing.clock())

    assert reached(disclosing, "update_to_review") == {address(disclosing, disclosing.second_lead)}
    assert address(disclosing, disclosing.lead) not in reached(disclosing, "update_overdue")
    assert address(disclosing, disclosing.second_lead) in reached(disclosing, "update_overdue")


def test_no_mail_about_an_agreement_reaches_whoever_is_tied(standing, build):
    third = build.person(standing.round.organisation, "lead")
    fourth = build.person(standing.round.organisation, "lead")
    agreement = standing.draft()
    tie(standing, third)
    standing.propose(agreement, standing.supplier)
    standing.confirm(agreement, standing.lead)
    told = {"ground": "zero_tolerance", "evidence": "Report 7", "motive": "Shown."}
    ending.propose(standing.session, agreement, **told, actor=standing.lead, now=standing.clock())

    for template in ("confirmation_needed", "agreement_signed"):
        assert address(standing, fourth) in reached(standing, template)
        assert address(standing, third) not in reached(standing, template)


def test_members_are_told_of_a_termination_once_their_sign_on_is_confirmed(standing, build):
    told, other = build.person(standing.sign_ons[0].organisation), build.sign_on(standing.round, state="interested")
    unconfirmed = build.person(other.organisation)
    standing.terminate(standing.signed())

    assert address(standing, told) in reached(standing, "agreement_terminated")
    assert address(standing, unconfirmed) not in reached(standing, "agreement_terminated")


def test_an_agreement_that_started_by_its_day_takes_requests_and_changes_before_any_job(disclosing):
    session, agreement = disclosing.session, disclosing.agreement
    for version in disclosing.versions():
        duty = version.duty
        session.delete(version)
        session.flush()
        session.delete(duty)
    agreement.state, agreement.started_at = "signed", None
    session.flush()

    version = disclosing.report(b"changed")

    assert isinstance(version, ContractSubmission)
    assert (agreement.state, agreement.started_at is None) == ("in_force", False)
    assert sorted(one.duty.kind for one in disclosing.versions()) == ["change", "initial"]
    assert version.state in updates.STANDING

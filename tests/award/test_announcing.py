"""The award is announced by two leads once decision, reasons, mandate and letters are there; then the letters leave."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from sqlalchemy import select

from framework.award import addressees, decision, letters
from framework.ground.errors import RuleBroken
from models.award import AwardLetter
from models.records import AuditEvent, Mail


def code(act, *told, within=None, **named):
    """The code of a refusal; with a session as a request ends: what was begun is taken back."""
    with pytest.raises(RuleBroken) as raised, within.begin_nested() if within is not None else nullcontext():
        act(*told, **named)
    return raised.value.code


def test_two_leads_announce_and_every_bidder_gets_its_letter(deciding, session):
    deciding.prepare()
    deciding.propose()
    assert deciding.round.state == "award"

    made = deciding.confirm()

    assert deciding.round.state == "standstill"
    assert made.announced_at == deciding.clock()
    assert made.standstill_ends_at > deciding.clock()
    sent = addressees.of_decision(session, made)
    assert [one.submission_id for one in sent] == [deciding.north.id, deciding.south.id]
    assert all(letters.is_intact(one) and one.left_at == deciding.clock() for one in sent)
    told = session.scalars(select(Mail).where(Mail.template == "award_letter").order_by(Mail.id)).all()
    assert len(told) == 2
    kinds = session.scalars(select(AuditEvent.kind).where(AuditEvent.kind == "round.announce_award")).all()
    assert len(kinds) == 1


def test_a_letter_holds_the_own_reasons_and_what_speaks_for_the_winner(deciding, session):
    made = deciding.announce()
    north, south = (one.text for one in addressees.of_decision(session, made))
    assert "Your tender gets this lot." in north
    assert "Your tender does not get this lot." in south
    assert "This lot goes to: Northern IT." in south
    assert "It has more points than yours on: Spare parts, Evidence." in south
    assert "Because of Southern IT" in south
    assert "Southern IT" not in north
    assert f"Because of Northern IT {deciding.criteria[0].id}" not in south, "why the other has its points is its own"


def test_without_a_decision_nothing_is_announced(deciding, session):
    assert code(deciding.propose, within=session) == "no-decision"


def test_missing_reasons_are_named(deciding, session):
    deciding.draft()
    deciding.write_reasons(deciding.north)
    deciding.all_answer()
    with pytest.raises(RuleBroken) as told:
        deciding.propose()
    assert told.value.code == "award-reasoned"
    assert "Southern IT · Lot 1 · Spare parts" in told.value.params["names"]


def test_one_person_is_not_enough(deciding, session):
    deciding.prepare()
    deciding.propose()
    assert code(deciding.confirm, deciding.lead, within=session) == "same-person"
    assert deciding.round.state == "award"


def test_the_current_decision_is_the_newest_that_stands(deciding, session):
    assert decision.current(session, deciding.round) is None
    made = deciding.announce()
    assert decision.current(session, deciding.round) is made
    assert [one.submission_id for one in decision.winners(session, deciding.round)] == [deciding.north.id]
    deciding.withdraw()
    assert deciding.round.state == "award"
    assert decision.current(session, deciding.round) is None
    assert decision.winners(session, deciding.round) == []
    assert all(one.withdrawn_at is not None for one in session.scalars(select(AwardLetter)))

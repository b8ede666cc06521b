"""What everybody does next, the date in calendars, the text of letters, and what a tie hides of the record."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from framework.award import addressees, announcing, decision, letter_text, letters, reasons
from framework.ground.actors import roles_in
from framework.ground.conflicts import barred, keep_out
from framework.rounds import calendar_feeds, next_action
from framework.rounds.next_action import Reader
from models.records import AuditEvent, Mail
from tests.award.deciding import in_english


def step(deciding, actor):
    roles = roles_in(deciding.session, actor, deciding.round)
    return next_action.next_step(deciding.session, deciding.round, Reader(actor, roles, deciding.clock()))


def ends(deciding, actor):
    found = calendar_feeds.entries(deciding.session, deciding.round, actor)
    return [one for one in found if one.uid.endswith("-standstill")]


def test_each_side_is_led_to_its_next_step(deciding):
    lead, member, bidder = deciding.lead, deciding.members[0], deciding.suppliers[deciding.south.id]
    assert step(deciding, lead).page == "award.choosing"
    deciding.draft()
    assert step(deciding, lead).page == "award.index"
    assert step(deciding, member).page == "award.answer"
    waits = next_action.blockers(deciding.session, deciding.round, Reader(lead, frozenset({"lead"}), deciding.clock()))
    assert "answer the award decision" in waits[0].sentence
    deciding.write_reasons()
    deciding.all_answer()
    assert step(deciding, member) is None or step(deciding, member).page != "award.answer"
    deciding.propose()
    assert step(deciding, deciding.second_lead).page == "award.index"
    deciding.confirm()
    assert step(deciding, bidder).page == "award.letter"
    assert "before" in step(deciding, member).sentence
    assert step(deciding, lead).page == "contract.index"
    deciding.clock.forward(days=30)
    assert "over" in step(deciding, member).sentence
    deciding.challenge()
    assert step(deciding, lead).page == "award.challenges_page"
    assert step(deciding, deciding.judged.chair).page == ""


def test_who_has_a_tie_is_not_led_to_the_award(deciding):
    deciding.judged.tie(deciding.lead, deciding.south)
    deciding.judged.tie(deciding.members[0], deciding.south)
    deciding.draft(actor=deciding.second_lead)
    assert step(deciding, deciding.lead).page == "judging.ranking"
    found = step(deciding, deciding.members[0])
    assert found is None or found.page != "award.answer"


def test_the_end_of_the_standstill_stands_in_calendars_and_is_taken_back(deciding):
    member, bidder = deciding.members[0], deciding.suppliers[deciding.south.id]
    assert ends(deciding, member) == []
    made = deciding.announce()
    (one,) = ends(deciding, member)
    assert (one.at, one.is_cancelled, one.page) == (made.standstill_ends_at, False, "award.index")
    assert ends(deciding, bidder)[0].page == "award.letter"
    assert ends(deciding, deciding.judged.chair) == []
    deciding.withdraw()
    (two,) = ends(deciding, member)
    assert two.is_cancelled
    assert two.sequence > one.sequence
    deciding.prepare()
    deciding.propose()
    deciding.confirm()
    (three,) = ends(deciding, member)
    assert (three.uid, three.is_cancelled) == (one.uid, False)
    assert three.sequence > two.sequence


def test_an_end_that_is_not_known_stands_nowhere(deciding):
    letter = deciding.announce_by_post()
    member, bidder = deciding.members[0], deciding.suppliers[deciding.north.id]
    assert ends(deciding, member) == ends(deciding, bidder) == []
    found = step(deciding, deciding.lead)
    assert (found.page, found.params) == ("award.letters_page", {"receipts": deciding.south.receipt_number})
    assert step(deciding, member).page == "award.index"
    today = deciding.clock().date()
    announcing.note_left(
        deciding.session, deciding.round, letter.public_id, today, actor=deciding.lead, now=deciding.clock()
    )
    assert ends(deciding, member)
    assert "before" in step(deciding, member).sentence


def test_a_body_that_is_not_confirmed_is_not_led_to_the_award(deciding):
    waiting = deciding.build.sign_on(deciding.round, state="interested").organisation
    person = deciding.build.person(waiting, "member")
    deciding.announce()
    assert ends(deciding, person) == []
    assert step(deciding, person).page == ""


FORGED = "# Heading\n- pair: text\n| cell | cell\n\n> words\r\nlast"


def test_what_people_write_never_passes_for_a_line_of_ours(deciding, session):
    made = deciding.draft()
    deciding.write_reasons()
    key = (deciding.lot.id, reasons.WHY)
    reasons.write(session, deciding.south, {key: FORGED}, actor=deciding.lead, now=deciding.clock())
    deciding.south.supplier.name = "South | North\n# IT: sales"
    session.flush()
    letter = addressees.of_decision(session, made)[1]
    text = letters.preview(session, letter, now=deciding.clock(), say=in_english)
    blocks = letter_text.blocks(text)
    assert [one.text for one in blocks if one.kind == "heading1"] == [f"Decision on the award: {deciding.round.name}"]
    words = next(one.text for one in blocks if one.kind == "words" and "Heading" in one.text)
    assert words == "# Heading\n- pair: text\n| cell | cell\n\n> words\nlast"
    facts = [row for one in blocks if one.kind == "facts" for row in one.rows]
    assert ("To", "South | North # IT: sales") in facts
    widths = {len(row) for one in blocks if one.kind == "table" for row in one.rows}
    assert widths == {4}


@pytest.mark.parametrize("text", ["", "\n\n", "# only", "| a | b\n| c", "- no pair", "> \n> "])
def test_any_text_is_read_back(text):
    assert isinstance(letter_text.blocks(text), list)


def test_a_letter_says_unknown_and_why(unpriced, session):
    unpriced.draft(unpriced.south, motive="Lowest price.")
    unpriced.write_reasons()
    unpriced.all_answer()
    unpriced.propose()
    made = unpriced.confirm()
    north = addressees.of_decision(session, made)[0].text
    assert "not known: prices are not handed in here" in north
    assert "> Lowest price." in north
    assert "Place" not in north


def test_a_letter_that_was_changed_is_noticed(deciding, session):
    made = deciding.announce()
    letter = addressees.of_decision(session, made)[0]
    assert letters.is_intact(letter)
    letter.text += " "
    assert not letters.is_intact(letter)


def test_a_letter_counts_the_holidays_of_the_day_it_left(deciding, session):
    deciding.round.jurisdiction = "uk_2023"
    deciding.round.settings = {"standstill_kind": "working", "standstill_days": 8, "standstill_other_means_days": 8}
    made = deciding.announce()
    letter = addressees.of_decision(session, made)[0]
    letter.left_at = dt.datetime(2026, 12, 18, 12, tzinfo=dt.UTC)
    ends_at, _days = letters.standstill_of(deciding.round, [letter], dt.datetime(2027, 1, 4, tzinfo=dt.UTC))
    # 21 to 24 December, 29 to 31 December, 4 January
    assert letters.last_day(ends_at, deciding.round) == dt.date(2027, 1, 4)


def test_a_tie_hides_the_events_of_the_decision_and_asks_nobody_tied(deciding, session):
    deciding.prepare()
    third = deciding.of_lead()
    deciding.judged.tie(third, deciding.south)
    deciding.propose()
    told = session.scalars(select(Mail.recipient).where(Mail.template == "confirmation_needed")).all()
    assert len(told) == 1
    deciding.confirm()
    deciding.withdraw("South was wronged.")
    mails = session.scalars(select(Mail).where(Mail.template == "confirmation_needed")).all()
    assert "South was wronged." not in [one.params["motive"] for one in mails]
    hidden = barred(session, third.user_id)
    seen = select(AuditEvent.kind, AuditEvent.data).where(AuditEvent.round_id == deciding.round.id)
    before = {kind for kind, _data in session.execute(seen)}
    keep_out(session, hidden)
    events = session.scalars(select(AuditEvent).where(AuditEvent.round_id == deciding.round.id)).all()
    keep_out(session, frozenset())
    gone = before - {one.kind for one in events}
    assert {"award_decision.drafted", "round.withdraw_award"} <= gone
    assert not any("South was wronged." in str(one.data) for one in events)
    receipts = [one.data["receipt"] for one in events if one.kind == "award_decision.reasons_written"]
    assert receipts == [deciding.north.receipt_number]


def test_a_decision_is_found_by_no_other_round(deciding, session):
    deciding.announce()
    other = deciding.build.round(state="award")
    assert decision.current(session, other) is None
    assert decision.winners(session, other) == []
    assert announcing.waiting(session, other, now=deciding.clock()) is None

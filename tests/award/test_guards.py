"""Every condition of every move of the award, broken alone; roles, two persons, and what each move leaves behind."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from framework.award import addressees, announcing, challenges, decision, letters, mandate, reasons, taking_back
from framework.contract import awarded
from framework.ground import lifecycle
from framework.ground.conflicts import keep_out
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, RuleBroken
from framework.rounds import moves
from models.award import AwardLetter, Challenge
from models.contract import ENDED, Agreement
from models.judging import Selection
from models.people import RoleGrant
from models.ranking import Ranking
from models.records import AuditEvent, Mail
from tests.award.deciding import in_english
from tests.award.test_announcing import code


def events(session, kind):
    return session.scalars(select(AuditEvent).where(AuditEvent.kind == kind).order_by(AuditEvent.seq)).all()


def no_reason(deciding):
    key = (deciding.lot.id, reasons.WHY)
    reasons.write(deciding.session, deciding.south, {key: ""}, actor=deciding.lead, now=deciding.clock())


def no_answer(deciding):
    deciding.build.sign_on(deciding.round, state="confirmed")


def a_no(deciding):
    deciding.answer(deciding.members[1], "no")


def no_account(deciding):
    user = deciding.suppliers[deciding.south.id].user_id
    grant = deciding.session.scalars(select(RoleGrant).where(RoleGrant.user_id == user)).one()
    grant.withdrawn_at = deciding.clock()


def no_letter(deciding):
    letter = deciding.session.scalars(select(AwardLetter).where(AwardLetter.submission_id == deciding.south.id)).one()
    deciding.session.delete(letter)
    deciding.session.flush()


def new_ranking(deciding):
    deciding.build.add(
        Ranking(round=deciding.round, number=2, counted_at=deciding.clock(), created_at=deciding.clock())
    )


def too_short(deciding):
    deciding.round.settings = dict(deciding.round.settings) | {"standstill_days": 3}


@pytest.mark.parametrize(
    ("breaks", "told"),
    [
        (no_reason, "award-reasoned"),
        (no_answer, "award-answered"),
        (a_no, "award-answered"),
        (no_account, "award-letters"),
        (no_letter, "award-letters"),
        (new_ranking, "award-ranked"),
        (too_short, "award-standstill"),
    ],
)
def test_each_condition_of_the_announcement_alone_refuses_it(deciding, session, breaks, told):
    deciding.prepare()
    breaks(deciding)
    session.flush()
    with session.begin_nested(), pytest.raises(MoveRefused) as raised:
        deciding.propose()
    assert raised.value.code == told
    assert deciding.round.state == "award"


def test_the_same_conditions_hold_when_the_second_person_confirms(deciding, session):
    deciding.prepare()
    deciding.propose()
    no_account(deciding)
    session.flush()
    assert code(deciding.confirm, within=session) == "award-letters"


def test_a_motive_of_the_lead_stands_in_for_missing_answers(deciding, session):
    deciding.draft()
    deciding.write_reasons()
    deciding.answer(deciding.members[0], "no")
    mandate.go_on(session, deciding.round, "By majority.", actor=deciding.lead, now=deciding.clock())
    deciding.propose()
    deciding.confirm()
    assert deciding.round.state == "standstill"


def test_zero_days_need_their_legal_reason(deciding, session):
    deciding.prepare()
    deciding.round.settings = dict(deciding.round.settings) | {"standstill_days": 0}
    session.flush()
    assert code(deciding.propose, within=session) == "award-standstill"
    deciding.round.settings = dict(deciding.round.settings) | {"standstill_reason": "One bidder only, article 2b."}
    session.flush()
    deciding.propose()
    made = deciding.confirm()
    assert (made.standstill_days, made.standstill_ends_at) == (0, made.announced_at)
    assert "One bidder only, article 2b." in addressees.of_decision(session, made)[0].text


def test_what_was_changed_since_the_proposal_is_proposed_anew(deciding, session):
    deciding.prepare()
    deciding.propose()
    mandate.go_on(session, deciding.round, "Another thing.", actor=deciding.lead, now=deciding.clock())
    assert code(deciding.confirm, within=session) == "decision-changed"
    deciding.prepare(deciding.north, deciding.south)
    assert code(deciding.confirm, within=session) == "decision-changed"


@pytest.mark.parametrize(("channel", "language"), [("other", "en"), ("electronic", "sv")])
def test_how_a_letter_leaves_is_part_of_what_is_confirmed(deciding, session, channel, language):
    deciding.prepare()
    deciding.propose()
    letter = addressees.of_decision(session, decision.current(session, deciding.round))[0]
    letters.set_channel(session, letter, channel, language, actor=deciding.lead, now=deciding.clock())
    assert code(deciding.confirm, within=session) == "decision-changed"


def test_a_no_that_comes_later_takes_the_motive_away(deciding, session):
    made = deciding.draft()
    deciding.write_reasons()
    deciding.answer(deciding.members[0])
    mandate.go_on(session, deciding.round, "One is away.", actor=deciding.lead, now=deciding.clock())
    deciding.propose()
    deciding.answer(deciding.members[1], "abstain")
    assert made.mandate_motive == "One is away."
    deciding.answer(deciding.members[1], "no")
    assert made.mandate_motive == ""
    assert code(deciding.confirm, within=session) == "decision-changed"
    announcing.withdraw_proposal(session, deciding.round, actor=deciding.lead, now=deciding.clock())
    assert code(deciding.propose, within=session) == "award-answered"


def test_a_proposal_of_somebody_with_a_tie_stated_since_does_not_count(deciding, session):
    deciding.prepare()
    deciding.propose(actor=deciding.second_lead)
    third = deciding.of_lead()
    deciding.judged.tie(deciding.second_lead, deciding.south)
    assert code(deciding.confirm, third, within=session) == "conflict-of-interest"
    assert deciding.round.state == "award"
    announcing.withdraw_proposal(session, deciding.round, actor=deciding.second_lead, now=deciding.clock())
    deciding.propose()
    deciding.confirm(third)
    assert deciding.round.state == "standstill"


def test_the_same_holds_of_a_withdrawal_and_of_an_outcome(deciding, session):
    deciding.announce()
    third = deciding.of_lead()
    one = deciding.challenge(actor=third)
    deciding.propose_outcome(one, "dismissed", actor=deciding.lead)
    tie = deciding.judged.tie(deciding.lead, deciding.south)
    assert code(deciding.confirm_outcome, "dismissed", within=session) == "conflict-of-interest"
    session.delete(tie)
    session.flush()
    deciding.confirm_outcome("dismissed")
    taking_back.propose(session, deciding.round, "A wrong sum.", actor=deciding.lead, now=deciding.clock())
    deciding.judged.tie(deciding.lead, deciding.south)
    told = code(
        taking_back.confirm,
        session,
        deciding.round,
        actor=deciding.second_lead,
        now=deciding.clock(),
        within=session,
    )
    assert told == "conflict-of-interest"
    assert deciding.round.state == "standstill"


def test_only_the_proposer_takes_it_back_and_it_lapses(deciding, session):
    deciding.prepare()
    deciding.propose()
    with pytest.raises(NotAllowed):
        announcing.withdraw_proposal(session, deciding.round, actor=deciding.second_lead, now=deciding.clock())
    announcing.withdraw_proposal(session, deciding.round, actor=deciding.lead, now=deciding.clock())
    assert code(deciding.confirm, within=session) == "nothing-proposed"
    deciding.propose()
    deciding.clock.forward(days=8)
    assert code(deciding.confirm, within=session) == "nothing-proposed"


@pytest.mark.parametrize(
    "act", ["announce_award", "withdraw_award", "resume_standstill", "set_aside_award", "order_rejudging"]
)
def test_nobody_but_a_lead_makes_these_moves_and_none_alone(deciding, act):
    sources = {"announce_award": "award", "withdraw_award": "standstill"}
    deciding.round.state = sources.get(act, "challenged")
    deciding.session.flush()
    for who in (
        deciding.members[0],
        deciding.judged.chair,
        deciding.judged.evaluators[0],
        deciding.suppliers[deciding.north.id],
    ):
        with pytest.raises(NotAllowed):
            lifecycle.move(
                deciding.session,
                deciding.round,
                act,
                actor=who,
                now=deciding.clock(),
                proposer_id=deciding.lead.user_id,
            )
    with pytest.raises(MoveRefused) as told:
        lifecycle.move(deciding.session, deciding.round, act, actor=deciding.lead, now=deciding.clock())
    assert told.value.code == "second-person-needed"


def test_letters_by_other_means_reach_who_has_no_account_and_lengthen_the_standstill(deciding, session):
    deciding.prepare()
    no_account(deciding)
    session.flush()
    letter = next(
        one
        for one in addressees.of_decision(session, decision.current(session, deciding.round))
        if one.submission_id == deciding.south.id
    )
    letters.set_channel(session, letter, "other", "sv", actor=deciding.lead, now=deciding.clock())
    deciding.propose()
    made = deciding.confirm()
    assert made.standstill_days == 15
    told = session.scalars(select(Mail.recipient).where(Mail.template == "award_letter")).all()
    assert len(told) == 1
    before = made.standstill_ends_at
    deciding.clock.forward(days=3)
    today = deciding.clock().date()
    announcing.note_left(session, deciding.round, letter.public_id, today, actor=deciding.lead, now=deciding.clock())
    assert made.standstill_ends_at >= before + dt.timedelta(days=3)
    kept = made.standstill_ends_at
    first = made.announced_at.date()
    announcing.note_left(session, deciding.round, letter.public_id, first, actor=deciding.lead, now=deciding.clock())
    assert made.standstill_ends_at == kept, "an end that was told does not come nearer"
    for day in (first - dt.timedelta(days=1), today + dt.timedelta(days=1), dt.date.max):
        with pytest.raises(InvalidInput):
            announcing.note_left(
                session, deciding.round, letter.public_id, day, actor=deciding.lead, now=deciding.clock()
            )
    other = next(one for one in addressees.of_decision(session, made) if one.submission_id == deciding.north.id)
    assert (
        code(
            announcing.note_left,
            session,
            deciding.round,
            other.public_id,
            today,
            actor=deciding.lead,
            now=deciding.clock(),
        )
        == "letter-electronic"
    )


def test_a_letter_by_other_means_has_left_once_its_day_is_noted(deciding, session):
    letter = deciding.announce_by_post()
    made = decision.current(session, deciding.round)
    assert letter.left_at is None
    assert letters.is_intact(letter)
    assert addressees.unnoted(session, made) == [deciding.south.receipt_number]
    assert letters.of_bidder(session, deciding.round, deciding.south.supplier_id) == []
    sign(deciding)
    deciding.clock.forward(days=60)
    for _times in range(2):
        with pytest.raises(MoveRefused) as told:
            awarded.require_over(session, deciding.round, now=deciding.clock())
        assert told.value.code == "letter-not-left"
        assert told.value.params["receipts"] == [deciding.south.receipt_number]
        assert code(enter_force, deciding, within=session) == "letter-not-left"
        keep_out(session, frozenset({deciding.south.id}))  # the session of a reader with a tie
    keep_out(session, frozenset())
    today = deciding.clock().date()
    announcing.note_left(session, deciding.round, letter.public_id, today, actor=deciding.lead, now=deciding.clock())
    assert letters.last_day(made.standstill_ends_at, deciding.round) >= today + dt.timedelta(days=15)
    with pytest.raises(MoveRefused) as told:
        awarded.require_over(session, deciding.round, now=deciding.clock())
    assert told.value.code == "standstill-runs"
    deciding.clock.forward(days=30)
    awarded.require_over(session, deciding.round, now=deciding.clock())


def enter_force(deciding):
    lifecycle.move(deciding.session, deciding.round, "enter_force", actor=deciding.lead, now=deciding.clock())


def test_a_letter_that_has_not_left_does_not_lengthen_the_standstill(deciding, session):
    deciding.prepare()
    deciding.by_post()
    first, second = addressees.of_decision(session, decision.current(session, deciding.round))
    letters.set_channel(session, first, "other", "en", actor=deciding.lead, now=deciding.clock())
    deciding.propose()
    made = deciding.confirm()
    kept, day = made.standstill_ends_at, deciding.clock().date()
    deciding.clock.forward(days=9)
    for letter in (first, second):
        assert addressees.unnoted(session, made)
        announcing.note_left(session, deciding.round, letter.public_id, day, actor=deciding.lead, now=deciding.clock())
    assert addressees.unnoted(session, made) == []
    assert made.standstill_ends_at == kept


def test_a_tie_to_an_excluded_bidder_keeps_from_the_award(deciding):
    out = deciding.judged.supplier([], name="Eastern IT")
    out.state = "excluded"
    deciding.session.flush()
    deciding.judged.tie(deciding.lead, out)
    assert code(deciding.draft) == "conflict-of-interest"


@pytest.mark.parametrize(("channel", "language"), [("pigeon", "en"), ("other", "xx"), ("", "")])
def test_a_channel_or_language_that_is_none_is_refused(deciding, session, channel, language):
    made = deciding.draft()
    letter = addressees.of_decision(session, made)[0]
    with pytest.raises(InvalidInput):
        letters.set_channel(session, letter, channel, language, actor=deciding.lead, now=deciding.clock())


def test_an_excluded_bidder_is_told_why(deciding, session):
    out = deciding.judged.supplier([], name="Eastern IT")
    out.state = "excluded"
    deciding.build.person(out.supplier, "supplier")
    deciding.build.add(
        Selection(
            round_id=deciding.round.id,
            submission_id=out.id,
            outcome="excluded",
            ground="mandatory",
            motive="A conviction of 2024.",
            evidence="The register.",
            heard_on=deciding.clock().date(),
            heard_words="It said nothing.",
            decided_at=deciding.clock(),
            decided_by_id=deciding.lead.user_id,
            created_at=deciding.clock(),
        )
    )
    made = deciding.announce()
    text = next(one.text for one in addressees.of_decision(session, made) if one.submission_id == out.id)
    assert "A conviction of 2024." in text
    assert "Northern IT" not in text


def sign(deciding, state="signed"):
    award = decision.winners(deciding.session, deciding.round)[0]
    today = deciding.clock().date()
    deciding.build.add(
        Agreement(
            round=deciding.round,
            lot=deciding.lot,
            award=award,
            contractor=award.submission.supplier,
            number=f"A-{state}",
            state=state,
            starts_on=today,
            ends_on=today,
            price_mechanism="fixed",
            call_off_route="direct",
            signed_at=deciding.clock(),
            signed_by_lead_id=deciding.lead.user_id,
            signed_by_supplier_id=deciding.suppliers[award.submission_id].user_id,
            created_at=deciding.clock(),
            ended_at=deciding.clock() if state in ENDED else None,
        )
    )


@pytest.mark.parametrize(
    ("state", "stands"), [("signed", True), ("terminated", True), ("draft", False), ("cancelled", False)]
)
def test_a_signed_agreement_keeps_the_award(deciding, session, state, stands):
    deciding.announce()
    sign(deciding, state)
    if stands:
        assert code(deciding.withdraw, within=session) == "agreement-signed"
        with pytest.raises(MoveRefused) as told:
            moves.propose_cancel(session, deciding.round, actor=deciding.lead, now=deciding.clock(), motive="Over.")
        assert told.value.code == "agreement-signed"
    else:
        deciding.withdraw()
        assert deciding.round.state == "award"


def test_a_withdrawal_says_why_and_tells_every_bidder(deciding, session):
    made = deciding.announce()
    assert code(deciding.withdraw, " ", within=session) == "motive-missing"
    assert code(deciding.withdraw, "x" * 4_001, within=session) == "motive-too-long"
    deciding.withdraw("A wrong sum.")
    assert (made.withdrawn_at, made.withdrawn_reason) == (deciding.clock(), "A wrong sum.")
    told = session.scalars(select(Mail).where(Mail.template == "award_withdrawn")).all()
    assert [one.params["motive"] for one in told] == ["A wrong sum."] * 2
    assert len(events(session, "round.withdraw_award")) == 1


def test_a_tie_keeps_from_withdrawing_and_from_challenges(deciding, session):
    deciding.announce()
    deciding.judged.tie(deciding.lead, deciding.south)
    for act in (deciding.withdraw, deciding.challenge):
        with session.begin_nested(), pytest.raises(NotAllowed) as told:
            act()
        assert told.value.rule == "SD3"


def test_a_cancelled_round_has_its_letters_marked(deciding, session):
    made = deciding.announce()
    moves.propose_cancel(session, deciding.round, actor=deciding.lead, now=deciding.clock(), motive="No money.")
    moves.confirm_cancel(session, deciding.round, actor=deciding.second_lead, now=deciding.clock())
    assert deciding.round.state == "cancelled"
    assert made.withdrawn_reason == "No money."
    assert all(one.withdrawn_at is not None for one in addressees.of_decision(session, made))


def test_a_suspensive_challenge_moves_the_round_and_another_does_not(deciding, session):
    deciding.announce()
    deciding.challenge(suspensive=False)
    assert deciding.round.state == "standstill"
    deciding.challenge()
    assert deciding.round.state == "challenged"
    deciding.challenge(body="Another court")
    assert deciding.round.state == "challenged"
    assert len(events(session, "challenge.recorded")) == 3
    assert len(events(session, "round.record_challenge")) == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"body": " "}, "body"),
        ({"body": "x" * 201}, "body"),
        ({"day": dt.date(2020, 1, 1)}, "lodged_on"),
        ({"day": dt.date(2099, 1, 1)}, "lodged_on"),
    ],
)
def test_a_challenge_says_where_and_when(deciding, session, values, field):
    deciding.announce()
    with pytest.raises(InvalidInput) as told:
        deciding.challenge(**values)
    assert told.value.field == field
    assert deciding.round.state == "standstill"


def test_nothing_is_challenged_before_the_announcement(deciding, session):
    deciding.prepare()
    assert code(deciding.challenge, within=session) == "wrong-phase"


@pytest.mark.parametrize("outcome", ["dismissed", "withdrawn"])
def test_the_standstill_goes_on_to_the_later_end(deciding, session, outcome):
    made = deciding.announce()
    old = made.standstill_ends_at
    one = deciding.challenge()
    near, far = deciding.clock().date(), (old + dt.timedelta(days=20)).date()
    deciding.end(one, outcome, last_day=near)
    assert deciding.round.state == "standstill"
    assert made.standstill_ends_at == old
    two = deciding.challenge()
    deciding.end(two, outcome, last_day=far)
    assert letters.last_day(made.standstill_ends_at, deciding.round) == far
    assert (two.outcome, two.outcome_file.name) == (outcome, "out.pdf")


@pytest.mark.parametrize("outcome", ["dismissed", "new_decision"])
def test_the_last_day_that_an_outcome_sets_has_a_bound(deciding, session, outcome):
    deciding.announce()
    one = deciding.challenge()
    today = deciding.clock().date()
    for day in (dt.date.max, today + dt.timedelta(days=732)):
        with session.begin_nested(), pytest.raises(InvalidInput) as told:
            deciding.propose_outcome(one, outcome, last_day=day)
        assert (told.value.code, told.value.field) == ("last-day", "last_day")
    deciding.propose_outcome(one, outcome, last_day=today + dt.timedelta(days=731))


def test_the_bound_holds_for_a_challenge_that_ends_by_itself(deciding, session):
    deciding.announce()
    one = deciding.challenge(suspensive=False)
    ended = challenges.Outcome("dismissed", deciding.document(), dt.date.max)
    with pytest.raises(InvalidInput):
        challenges.end_challenge(session, one, ended, actor=deciding.lead, now=deciding.clock())


def test_an_ordered_decision_takes_the_award_back(deciding, session):
    made = deciding.announce()
    deciding.end(deciding.challenge(), "new_decision")
    assert deciding.round.state == "award"
    assert made.withdrawn_at is not None
    assert decision.current(session, deciding.round) is None
    assert len(session.scalars(select(Mail).where(Mail.template == "award_withdrawn")).all()) == 2
    deciding.prepare()
    deciding.propose()
    assert deciding.confirm().number == 2


def test_an_ordered_evaluation_opens_the_judging_again(deciding, session):
    made = deciding.announce()
    deciding.end(deciding.challenge(), "new_evaluation")
    assert deciding.round.state == "judging"
    assert (deciding.north.state, deciding.south.state) == ("in_review", "in_review")
    assert made.withdrawn_at is not None
    assert session.scalars(select(Mail).where(Mail.template == "judging_reopened")).all()
    deciding.close()
    assert deciding.draft().number == 2


def test_each_condition_of_an_outcome_alone_refuses_it(deciding, session):
    deciding.announce()
    one = deciding.challenge()
    with pytest.raises(InvalidInput) as told:
        deciding.propose_outcome(one, "dismissed", document=False)
    assert told.value.field == "document"
    with pytest.raises(InvalidInput):
        deciding.propose_outcome(one, "maybe")
    deciding.propose_outcome(one, "dismissed")
    assert code(deciding.propose_outcome, one, "new_decision", within=session) == "proposal-waits"
    assert code(deciding.confirm_outcome, "dismissed", deciding.lead, within=session) == "same-person"
    assert code(deciding.confirm_outcome, "new_decision", within=session) == "nothing-proposed"
    with pytest.raises(NotAllowed):
        challenges.withdraw_proposal(
            session, deciding.round, "resume_standstill", actor=deciding.second_lead, now=deciding.clock()
        )
    deciding.confirm_outcome("dismissed")
    assert code(deciding.propose_outcome, one, "dismissed", within=session) == "challenge-ended"


def test_the_outcome_fits_the_move(deciding, session):
    deciding.announce()
    one = deciding.challenge()
    ended = challenges.Outcome("dismissed", deciding.document())
    with pytest.raises(MoveRefused) as told:
        lifecycle.move(
            session,
            deciding.round,
            "set_aside_award",
            actor=deciding.second_lead,
            now=deciding.clock(),
            proposer_id=deciding.lead.user_id,
            challenge=one,
            ended=ended,
        )
    assert told.value.code == "outcome-does-not-fit"


def test_while_another_challenge_runs_the_signature_stays_stopped(deciding, session):
    deciding.announce()
    one, two = deciding.challenge(), deciding.challenge(body="Another court")
    assert code(deciding.propose_outcome, one, "dismissed", within=session) == "challenge-runs"
    ended = challenges.Outcome("dismissed", deciding.document())
    challenges.end_challenge(session, one, ended, actor=deciding.lead, now=deciding.clock())
    assert (one.outcome, deciding.round.state) == ("dismissed", "challenged")
    assert (
        code(challenges.end_challenge, session, two, ended, actor=deciding.lead, now=deciding.clock(), within=session)
        == "second-person-needed"
    )
    deciding.end(two, "dismissed")
    assert deciding.round.state == "standstill"


def test_a_challenge_that_stops_nothing_moves_nothing(deciding, session):
    deciding.announce()
    one = deciding.challenge(suspensive=False)
    deciding.challenge()
    assert code(deciding.propose_outcome, one, "dismissed", within=session) == "challenge-not-suspensive"
    order = challenges.Outcome("new_decision", deciding.document())
    with session.begin_nested(), pytest.raises(RuleBroken) as told:
        challenges.end_challenge(session, one, order, actor=deciding.lead, now=deciding.clock())
    assert told.value.code == "outcome-does-not-fit"
    challenges.end_challenge(
        session,
        one,
        challenges.Outcome("withdrawn", deciding.document()),
        actor=deciding.lead,
        now=deciding.clock(),
    )
    assert session.scalar(select(Challenge.outcome).where(Challenge.id == one.id)) == "withdrawn"


@pytest.mark.parametrize("answer", ["yes", "no", "abstain"])
def test_a_member_answers_and_answers_anew(deciding, session, answer):
    made = deciding.draft()
    deciding.answer(deciding.members[0], answer, signed_by_title="Director", motive="Because.")
    found = mandate.count(session, made)
    assert (found.of(answer), found.of("")) == (1, 1)
    deciding.answer(deciding.members[0], "abstain")
    assert mandate.count(session, made).of("abstain") == 1
    assert [one.data["before"] for one in events(session, "award_decision.mandate_recorded")] == ["", answer]


def test_who_answers_is_a_confirmed_member_of_this_round(deciding, session):
    deciding.draft()
    waiting = deciding.build.sign_on(deciding.round, state="interested").organisation
    assert code(deciding.answer, deciding.build.person(waiting, "member"), within=session) == "not-a-member"
    foreign = deciding.build.person(deciding.build.organisation(), "member")
    for who, told in ((foreign, "not-found"), (deciding.lead, "role-missing")):
        assert code(deciding.answer, who, within=session) == told
    deciding.judged.tie(deciding.members[0], deciding.north)
    assert code(deciding.answer, deciding.members[0], within=session) == "conflict-of-interest"


def test_a_bad_answer_is_refused_at_its_field(deciding, session):
    deciding.draft()
    with pytest.raises(InvalidInput) as told:
        deciding.answer(deciding.members[0], "perhaps", signed_by_name=" ", motive="x" * 4_001)
    assert [one.field for one in (told.value, *told.value.also)] == ["answer", "signed_by_name", "motive"]
    assert code(deciding.answer, deciding.members[0], number=7, within=session) == "decision-changed"


def test_after_the_letters_nobody_answers_or_writes(deciding, session):
    deciding.announce()
    assert code(deciding.answer, deciding.members[0], within=session) == "wrong-phase"
    assert code(deciding.write_reasons, deciding.north, within=session) == "wrong-phase"
    assert code(deciding.draft, within=session) == "wrong-phase"


def test_the_announcement_asks_for_the_letters_words(deciding, session):
    deciding.prepare()
    with pytest.raises(MoveRefused):
        lifecycle.check(session, deciding.round, "announce_award", actor=deciding.lead, now=deciding.clock())
    lifecycle.check(
        session, deciding.round, "announce_award", actor=deciding.lead, now=deciding.clock(), say=in_english
    )
    assert taking_back.waiting(session, deciding.round, now=deciding.clock()) is None


def test_only_members_that_have_not_answered_are_asked(deciding, session):
    deciding.draft()
    deciding.answer(deciding.members[0])
    assert mandate.ask(session, deciding.round, actor=deciding.lead, now=deciding.clock()) == 1
    with pytest.raises(NotAllowed):
        mandate.ask(session, deciding.round, actor=deciding.members[1], now=deciding.clock())

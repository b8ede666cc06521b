"""The decision follows the ranking; where the ranking does not say it, a motive does."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from framework.award import decision, reasons
from framework.award.decision import Choice, Standing, check
from framework.ground.errors import InvalidInput, NotAllowed, NotFound, RuleBroken, WrongPhase
from framework.judging import reopening
from models.award import AwardDecision, AwardReason
from models.ranking import RankingLine
from models.records import AuditEvent
from models.rounds import Lot
from tests.award.test_announcing import code


def standing(*places, known=True):
    """A lot with tenders 1, 2, 3 … on these places."""
    lines = tuple(
        RankingLine(submission_id=number, place=place if known else None, total=Decimal(10), known=Decimal(10))
        for number, place in enumerate(places, start=1)
    )
    return Standing(Lot(id=1, public_id="lot", name="Lot 1"), lines)


@pytest.mark.parametrize(
    ("places", "winners", "motive", "told"),
    [
        ((1, 2, 3), (1,), "", ""),
        ((1, 2, 3), (1, 2), "", ""),
        ((1, 2, 3), (1, 2, 3), "", ""),
        ((1, 2, 3), (2,), "A better feeling.", "against-ranking"),
        ((1, 2, 3), (1, 3), "", "against-ranking"),
        ((1, 2, 3), (), "", "award-motive"),
        ((1, 2, 3), (), "No money.", ""),
        ((1, 1, 3), (1, 2), "", ""),
        ((1, 1, 3), (1,), "", "award-motive"),
        ((1, 1, 3), (1,), "Lots were drawn.", ""),
        ((1, 1, 3), (3,), "", "against-ranking"),
        ((1, 2, 2), (1, 2), "", "award-motive"),
        ((1, 2), (7,), "", "not-a-bidder"),
        ((), (), "Nothing was offered.", ""),
        ((), (), "  ", "award-motive"),
        ((1,), (1,), "x" * 4_001, "too-long"),
    ],
)
def test_an_award_follows_the_ranking(places, winners, motive, told):
    if not told:
        assert check(standing(*places), Choice(1, winners, motive)).winners == winners
        return
    with pytest.raises(InvalidInput) as raised:
        check(standing(*places), Choice(1, winners, motive))
    assert raised.value.code == told


@pytest.mark.parametrize(("winners", "motive", "told"), [((2,), "", "award-motive"), ((2,), "Lowest price.", "")])
def test_without_a_ranking_a_motive_decides(winners, motive, told):
    place = standing(1, 2, known=False)
    if told:
        with pytest.raises(InvalidInput):
            check(place, Choice(1, winners, motive))
    else:
        assert check(place, Choice(1, winners, motive)).motive == motive


def test_prices_that_are_not_known_leave_the_decision_to_a_motive(unpriced, session):
    assert code(unpriced.draft, within=session) == "award-motive"
    unpriced.draft(unpriced.south, motive="The lowest price, compared outside.")
    assert [one.submission_id for one in decision.winners(session, unpriced.round)] == [unpriced.south.id]
    event = session.scalars(select(AuditEvent).where(AuditEvent.kind == "award_decision.drafted")).one()
    assert event.data["unranked"] == 1


def test_a_lot_may_go_to_nobody_with_a_motive(deciding, session):
    assert code(deciding.nobody, within=session) == "award-motive"
    made = deciding.nobody("The needs have changed.")
    assert decision.winners(session, deciding.round) == []
    assert not decision.lots(session, made)[deciding.lot.id].is_awarded


@pytest.mark.parametrize("who", ["evaluator", "chair", "member", "supplier", "stranger"])
def test_only_a_lead_decides(deciding, who):
    people = {
        "evaluator": deciding.judged.evaluators[0],
        "chair": deciding.judged.chair,
        "member": deciding.members[0],
        "supplier": deciding.suppliers[deciding.north.id],
        "stranger": deciding.build.person(deciding.build.organisation("lead"), "lead"),
    }
    with pytest.raises(NotFound if who == "stranger" else NotAllowed):
        deciding.draft(actor=people[who])


def test_a_tie_keeps_the_lead_from_deciding(deciding):
    deciding.judged.tie(deciding.lead, deciding.south)
    with pytest.raises(NotAllowed) as told:
        deciding.draft()
    assert told.value.rule == "SD3"
    deciding.draft(actor=deciding.second_lead)
    with pytest.raises(NotAllowed):
        deciding.write_reasons(deciding.north)


@pytest.mark.statements
def test_a_statement_comes_first(deciding):
    organisation = deciding.round.organisation
    late = deciding.build.actor(deciding.build.user(organisation, "lead"), organisation, "lead")
    assert code(deciding.draft, actor=late) == "statement-missing"


@pytest.mark.parametrize("state", ["judging", "opened", "standstill", "challenged", "in_force"])
def test_it_is_decided_in_its_phase_alone(deciding, session, state):
    deciding.round.state = state
    session.flush()
    with pytest.raises((WrongPhase, RuleBroken)) as told:
        deciding.draft()
    assert told.value.code == "wrong-phase"


def test_what_members_answered_stays_as_they_read_it(deciding, session):
    first = deciding.draft()
    deciding.write_reasons()
    assert deciding.draft() is first, "nobody has answered, so the draft changes"
    deciding.answer(deciding.members[0])
    second = deciding.draft(deciding.north, deciding.south)
    assert (second.number, decision.current(session, deciding.round)) == (2, second)
    kept = reasons.written(session, second)
    assert {key[2] for key in kept} == {one.id for one in deciding.criteria}, "why it gets the lot is written anew"
    assert len(decision.awards(session, first)) == 1


def test_a_change_of_winners_takes_their_reasons_away_but_not_those_for_points(deciding, session):
    made = deciding.draft()
    deciding.write_reasons()
    deciding.draft(deciding.north, deciding.south)
    left = session.scalars(select(AwardReason.criterion_id).where(AwardReason.decision_id == made.id)).all()
    assert len(left) == 4
    assert None not in left


def test_a_ranking_counted_anew_asks_for_another_decision(deciding, session):
    first = deciding.draft()
    deciding.write_reasons()
    deciding.all_answer()
    reopening.propose(session, deciding.round, "A wrong row.", actor=deciding.judged.chair, now=deciding.clock())
    reopening.confirm(session, deciding.round, actor=deciding.lead, now=deciding.clock())
    deciding.close()
    assert decision.is_outdated(session, first)
    assert code(deciding.propose, within=session) == "award-ranked"
    second = deciding.draft()
    assert second.number == 2
    assert reasons.written(session, second) == {}


def test_reasons_of_a_tender_that_is_not_ranked_are_not_found(deciding):
    deciding.draft()
    stranger = deciding.judged.supplier([])
    stranger.state = "excluded"
    with pytest.raises(NotFound):
        reasons.write(deciding.session, stranger, {}, actor=deciding.lead, now=deciding.clock())


def test_a_reason_is_changed_and_taken_away(deciding, session):
    made = deciding.draft()
    key = (deciding.lot.id, deciding.criteria[0].id)
    for text, left in (("First.", "First."), ("Second.", "Second."), (" ", None)):
        assert reasons.write(session, deciding.north, {key: text}, actor=deciding.lead, now=deciding.clock()) == 1
        assert reasons.written(session, made).get((key[0], deciding.north.id, key[1])) == left
    assert reasons.write(session, deciding.north, {key: ""}, actor=deciding.lead, now=deciding.clock()) == 0
    with pytest.raises(InvalidInput):
        reasons.write(session, deciding.north, {key: "x" * 4_001}, actor=deciding.lead, now=deciding.clock())


def test_what_evaluators_wrote_is_offered_without_their_names(deciding, session):
    found = reasons.starts(session, deciding.round, deciding.north)
    assert found == {(deciding.lot.id, deciding.criteria[0].id): ["Because."]}
    assert reasons.starts(session, deciding.round, deciding.judged.supplier([])) == {}


def test_every_decision_stays(deciding, session):
    deciding.announce()
    deciding.withdraw()
    deciding.draft()
    assert [one.number for one in decision.history(session, deciding.round)] == [2, 1]
    assert session.scalar(select(AwardDecision.withdrawn_reason).where(AwardDecision.number == 1)) == "A wrong sum."

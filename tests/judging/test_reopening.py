"""The judging is opened again by one chair and one lead who name the error; nothing that was found is lost or blind again."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from sqlalchemy import select

from framework.ground.conflicts import barred, keep_out
from framework.ground.errors import MoveRefused, NotAllowed, RuleBroken
from framework.judging import assessing, assigning, blind, judges, ranking, reopening, settling, taking_out
from framework.judging.settling import Moderated
from models.judging import Assessment
from models.people import User
from models.records import AuditEvent, Mail
from models.rounds import Proposal
from tests.judging.test_closing import WHOLE, Closing
from tests.judging.test_own_sheet import write_again
from tests.judging.test_scoring_page import browsers
from tests.memory import remembered

ERROR = "The certificate in row 14 was read as valid."


class Reopened(Closing):
    """A judging that was closed, with a lead who stated no tie."""

    @remembered
    def __init__(self, judged):
        super().__init__(judged, WHOLE)
        self.judge_all()
        self.close()
        self.lead = self.of_lead()
        self.session.flush()

    def of_lead(self):
        organisation = self.judged.round.organisation
        user = self.judged.build.user(organisation, "lead")
        self.judged.states_no_tie(user, organisation)
        return self.judged.build.actor(user, organisation, "lead")

    def propose(self, actor, motive=ERROR):
        return reopening.propose(self.session, self.judged.round, motive, actor=actor, now=self.judged.clock())

    def confirm(self, actor):
        reopening.confirm(self.session, self.judged.round, actor=actor, now=self.judged.clock())

    def reopen(self):
        self.propose(self.judged.chair)
        self.confirm(self.lead)

    def names(self, *actors):
        return [self.session.get_one(User, one.user_id).email for one in actors]


@pytest.fixture
@remembered
def closed(judged):
    return Reopened(judged)


def code(act, *told, within=None):
    """The code of a refusal; with a session as a request ends: what was begun is taken back."""
    with pytest.raises(RuleBroken) as raised, within.begin_nested() if within is not None else nullcontext():
        act(*told)
    return raised.value.code


@pytest.mark.parametrize("first", ["chair", "lead"])
def test_a_chair_and_a_lead_open_it_again_whoever_begins(closed, session, first):
    people = {"chair": closed.judged.chair, "lead": closed.lead}
    before = [
        (one.id, one.level, one.points, one.motive)
        for one in session.scalars(select(Assessment).order_by(Assessment.id))
    ]
    closed.propose(people.pop(first))
    assert closed.judged.round.state == "award"
    closed.confirm(next(iter(people.values())))
    assert closed.judged.round.state == "judging"
    assert (closed.north.state, closed.south.state) == ("in_review", "in_review")
    assert [
        (one.id, one.level, one.points, one.motive)
        for one in session.scalars(select(Assessment).order_by(Assessment.id))
    ] == before
    assert all(settling.verdict_of(session, item.id).state == "agreed" for item in closed.items)
    assert ranking.newest(session, closed.judged.round).number == 1, "what was counted stays"


def test_it_takes_both_sides_and_two_persons(closed, session):
    second_chair, second_lead = closed.judged.evaluator(role="chair"), closed.of_lead()
    closed.propose(closed.judged.chair)
    assert code(closed.confirm, closed.judged.chair, within=session) == "same-person"
    assert code(closed.confirm, second_chair, within=session) == "chair-and-lead-needed"
    reopening.withdraw(session, closed.judged.round, actor=closed.judged.chair, now=closed.judged.clock())
    closed.propose(closed.lead)
    assert code(closed.confirm, second_lead, within=session) == "chair-and-lead-needed"
    assert closed.judged.round.state == "award"
    closed.confirm(second_chair)
    assert closed.judged.round.state == "judging"


def test_only_who_proposed_takes_it_back(closed, session):
    closed.propose(closed.judged.chair)
    with pytest.raises(NotAllowed):
        reopening.withdraw(session, closed.judged.round, actor=closed.lead, now=closed.judged.clock())
    assert session.scalar(select(Proposal.state).where(Proposal.act == "reopen_judging")) == "open"


def test_the_error_is_named_and_not_too_long(closed):
    assert code(closed.propose, closed.judged.chair, " ") == "motive-missing"
    assert code(closed.propose, closed.judged.chair, "x" * 4_001) == "motive-too-long"


def test_evaluators_members_and_who_has_a_tie_do_not_take_part(closed, session):
    with pytest.raises(NotAllowed):
        closed.propose(closed.judged.evaluators[0])
    with pytest.raises(NotAllowed):
        closed.propose(closed.judged.build.person(closed.judged.build.organisation(), "member"))
    closed.judged.tie(closed.lead, closed.south)
    with pytest.raises(NotAllowed) as told:
        closed.propose(closed.lead)
    assert told.value.rule == "SD3"
    closed.propose(closed.judged.chair)
    with pytest.raises(NotAllowed):
        closed.confirm(closed.lead)
    told = session.scalars(select(Mail.recipient).where(Mail.template == "confirmation_needed")).all()
    assert not set(told) & set(closed.names(closed.lead)), "a tie keeps the question away too"


def test_nothing_is_opened_while_the_round_is_judged_or_a_proposal_has_lapsed(judged):
    running = Closing(judged, WHOLE)
    running.judge_all()
    with pytest.raises((MoveRefused, NotAllowed)):
        reopening.propose(running.session, judged.round, ERROR, actor=judged.chair, now=judged.clock())
    running.close()
    one = Reopened.__new__(Reopened)
    one.__dict__ = running.__dict__
    lead = one.of_lead()
    one.propose(judged.chair)
    judged.clock.forward(days=8)
    assert code(one.confirm, lead) == "nothing-proposed"


def test_who_is_asked_and_told(closed, session):
    closed.propose(closed.judged.chair)
    asked = session.scalars(select(Mail.recipient).where(Mail.template == "confirmation_needed")).all()
    assert set(closed.names(closed.lead)) <= set(asked)
    assert not set(closed.names(closed.judged.chair, *closed.judged.evaluators)) & set(asked)
    mails = session.scalars(select(Mail).where(Mail.template == "confirmation_needed")).all()
    assert all(ERROR not in str(one.params) for one in mails)
    closed.confirm(closed.lead)
    told = session.scalars(select(Mail.recipient).where(Mail.template == "judging_reopened")).all()
    assert set(closed.names(closed.judged.chair, *closed.judged.evaluators)) <= set(told)
    assert not set(closed.names(closed.lead)) & set(told), "who confirmed knows"


def test_the_record_keeps_the_error_from_who_has_a_tie_to_a_ranked_tender(closed, session):
    closed.reopen()
    kinds = ("round.reopen_judging", "submission_tender.unfix_scores", "proposal.made")
    found = session.scalars(select(AuditEvent).where(AuditEvent.kind.in_(kinds)).order_by(AuditEvent.seq)).all()
    assert sorted(one.kind for one in found) == sorted([*kinds, "submission_tender.unfix_scores"])
    assert [one.kind for one in found if ERROR in str(one.data)] == ["round.reopen_judging"]
    closed.judged.tie(closed.judged.evaluators[0], closed.south)
    keep_out(session, barred(session, closed.judged.evaluators[0].user_id))
    left = session.scalars(select(AuditEvent.kind).where(AuditEvent.kind.in_(kinds))).all()
    assert "round.reopen_judging" not in left


def test_own_assessments_stay_as_they_are_and_the_discussion_mends(closed, session):
    closed.reopen()
    anna = closed.judged.evaluators[0]
    assert blind.sees_verdicts(session, closed.judged.round, anna, frozenset({"evaluator"})), "nothing is blind again"
    one = session.scalar(select(Assessment).where(Assessment.user_id == anna.user_id).limit(1))
    who = {"actor": closed.judged.chair, "now": closed.judged.clock()}
    assert code(lambda: assessing.reopen(session, one, motive="Anew.", **who)) == "others-seen"
    verdict = closed.judged.verdict(closed.items[0])
    settling.call_moderation(session, verdict, motive="Row 14.", **who)
    settling.moderate(session, verdict, Moderated(level="E1", motive="Read again."), **who)
    closed.close()
    kept = ranking.newest(session, closed.judged.round)
    assert kept.number == 2
    assert ranking.numbered(session, closed.judged.round, 1) is not None


def test_a_new_evaluator_may_judge_what_was_taken_out_and_nobody_named_before(closed, session):
    closed.reopen()
    who = {"actor": closed.judged.chair, "now": closed.judged.clock()}
    anna = closed.judged.evaluators[0]
    item = closed.items[0]
    one = session.scalar(select(Assessment).where(Assessment.user_id == anna.user_id, Assessment.item_id == item.id))
    taking_out.void(session, one, "Judged another file.", **who)
    session.flush()
    assert closed.judged.verdict(item).state == "open"
    idle = closed.judged.chair
    assert blind.has_seen(session, closed.judged.round, idle.user_id, closed.north.id), "it was named before"
    closed.judged.clock.forward(hours=1)
    fresh = closed.judged.evaluator()
    assert not blind.has_seen(session, closed.judged.round, fresh.user_id, closed.north.id)
    assert blind.has_seen(session, closed.judged.round, closed.lead.user_id, closed.north.id), (
        "a lead reads every value"
    )
    member = closed.judged.build.organisation()
    closed.judged.build.sign_on(closed.judged.round, member, state="confirmed")
    late = closed.judged.build.user(member)
    assert not blind.has_seen(session, closed.judged.round, late.id, closed.north.id), "it came after the closing"
    seen = blind.seen_by(session, closed.judged.round)
    assert closed.north.id in seen[idle.user_id]
    assert closed.south.id not in seen.get(fresh.user_id, ())
    assert assigning.counting(session, closed.judged.round)
    assert {one.user.id for one in judges.able(session, closed.judged.round)} >= {fresh.user_id}


def test_both_do_it_on_one_page_and_earlier_rankings_stay_readable(closed, session, sign_in):
    closed.judged.tie(closed.judged.evaluators[1], closed.south)
    people = browsers(
        closed.judged,
        sign_in,
        session,
        {
            "chair": closed.judged.chair,
            "lead": closed.lead,
            "anna": closed.judged.evaluators[0],
            "bert": closed.judged.evaluators[1],
        },
    )
    session.commit()
    here = f"/rounds/{closed.judged.round.public_id}/judging"
    assert f"{here}/reopen" in people["chair"].get(f"{here}/ranking").text
    assert f"{here}/reopen" not in people["anna"].get(f"{here}/ranking").text
    assert people["anna"].get(f"{here}/reopen").status_code == 403
    write_again(session)
    answer = people["chair"].post(f"{here}/reopen", data={"motive": ""})
    assert answer.status_code == 422
    answer = people["chair"].post(f"{here}/reopen", data={"motive": ERROR})
    assert answer.status_code == 303
    page = people["chair"].get(f"{here}/reopen").text
    assert "You proposed this" in page
    assert f'action="{here}/reopen/confirm"' not in page
    page = people["lead"].get(f"{here}/reopen").text
    assert ERROR in page
    assert f'action="{here}/reopen/confirm"' in page
    assert people["chair"].post(f"{here}/reopen/confirm").headers["Location"].endswith("/reopen"), "the same person"
    assert people["lead"].post(f"{here}/reopen/confirm").headers["Location"].endswith("/judging")
    assert people["lead"].get(f"{here}/ranking").status_code in (403, 409), "nobody sees it while it is judged"
    write_again(session)
    closed.close()
    session.commit()
    page = people["anna"].get(f"{here}/ranking").text
    assert f"{here}/ranking?number=1" in page
    assert "no longer counts" not in page
    assert "no longer counts" in people["anna"].get(f"{here}/ranking?number=1").text
    assert people["anna"].get(f"{here}/ranking.xlsx?number=1").status_code == 200
    for wrong in ("0", "3", "x", "9" * 30, "٣"):
        assert people["anna"].get(f"{here}/ranking?number={wrong}").status_code == 404, wrong


def test_a_member_of_the_panel_is_led_to_the_page(closed, session, sign_in):
    people = browsers(closed.judged, sign_in, session, {"chair": closed.judged.chair, "lead": closed.lead})
    closed.propose(closed.lead)
    session.commit()
    here = f"/rounds/{closed.judged.round.public_id}"
    assert f"{here}/judging/reopen" in people["chair"].get(here).text

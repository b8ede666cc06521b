"""The pages of the award, as lead, member, bidder and stranger meet them."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest

from framework.award import addressees, decision, letters, taking_back
from models.award import Challenge, MandateDecision
from models.judging import ConflictStatement
from models.people import Organisation, User
from models.rounds import Round
from tests.judging.test_scoring_page import queries  # noqa: F401 - a fixture
from tests.memory import remembered


class People:
    """Browsers of everybody around a round; `here` is the address of its award."""

    @remembered
    def __init__(self, deciding, session, sign_in):
        self.deciding, self.session = deciding, session
        who = {
            "lead": deciding.lead,
            "second": deciding.second_lead,
            "anna": deciding.members[0],
            "bert": deciding.members[1],
            "evaluator": deciding.judged.evaluators[0],
            "chair": deciding.judged.chair,
            "north": deciding.suppliers[deciding.north.id],
            "south": deciding.suppliers[deciding.south.id],
        }
        actors = who | {"stranger": deciding.build.person(deciding.build.organisation("supplier"), "supplier")}
        self.here = f"/rounds/{deciding.round.public_id}/award"
        self.open = {
            name: sign_in(session.get_one(User, one.user_id), session.get_one(Organisation, one.organisation_id))
            for name, one in actors.items()
        }

    def get(self, name, path="", status=200):
        answer = self.open[name].get(self.here + path, buffered=True)
        assert answer.status_code == status, (path, answer.status_code)
        return answer

    def post(self, name, path="", status=303, **fields):
        answer = self.open[name].post(self.here + path, data=fields)
        assert answer.status_code == status, (path, answer.status_code, answer.text[-3000:])
        return answer

    def answer(self, name, status=303, **fields):
        """Answer what the form shows."""
        page = self.get(name, "/answer").text
        shown = dict(re.findall(r'<input type="hidden" name="(number|read)" value="([^"]*)"', page))
        return self.post(name, "/answer", status, **(shown | fields))

    def fresh(self):
        self.session.rollback()
        self.session.info["write"] = True
        self.session.expire_all()
        return self.session.get_one(Round, self.deciding.round.id)


@pytest.fixture
def people(deciding, session, sign_in):
    return People(deciding, session, sign_in)


def test_the_lead_walks_from_the_decision_to_the_letters(people, deciding, session):
    assert "The decision is not written yet." in people.get("lead").text
    page = people.get("lead", "/decision").text
    assert re.search(rf'value="{deciding.north.public_id}" checked', page)
    lot = deciding.lot.public_id
    people.post("lead", "/decision", **{f"winners-{lot}": deciding.north.public_id, f"motive-{lot}": ""})

    page = people.get("lead").text
    assert "6 reasons are not written yet." in page
    assert "Southern IT · Lot 1 · Evidence" in page
    for tender in (deciding.north, deciding.south):
        form = people.get("lead", f"/reasons/{tender.public_id}").text
        names = re.findall(r'<textarea[^>]*name="(reason-\d+-\d+)"', form)
        assert len(names) == 3
        people.post("lead", f"/reasons/{tender.public_id}", **dict.fromkeys(names, "A reason."))
    for name in ("anna", "bert"):
        assert "Northern IT" in people.get(name, "/answer").text
        people.answer(name, answer="yes", signed_by_name="C. Head")
    people.get("lead", "/letters")
    letter = addressees.of_decision(session, decision.current(session, people.fresh()))[1]
    preview = people.get("lead", f"/letters/{letter.public_id}").text
    assert "A preview" in preview
    assert "Your tender does not get this lot." in preview
    people.post("lead", "/announce")
    assert "Waiting" not in people.get("second").text
    assert "Confirm: announce the award" in people.get("second").text
    people.post("second", "/announce/confirm")

    round_ = people.fresh()
    assert round_.state == "standstill"
    page = people.get("lead").text
    assert "days left" in page
    assert "No agreement is signed before" in page


def test_each_bidder_reads_its_own_letter_and_nobody_elses(people, deciding, session):
    deciding.announce()
    session.commit()
    own = people.get("south", "/letter").text
    assert "Southern IT" in own
    assert "Because of Southern IT" in own
    assert "Your tender gets this lot." in people.get("north", "/letter").text
    assert "Because of Southern IT" not in people.get("north", "/letter").text
    south = next(one for one in session.query(letters.AwardLetter) if one.submission_id == deciding.south.id).public_id
    for name in ("north", "south", "anna", "evaluator", "chair"):
        people.get(name, f"/letters/{south}", status=403)
    people.get("stranger", "/letter", status=404)
    for name in ("lead", "anna", "evaluator"):
        people.get(name, "/letter", status=403)
    assert people.get("south", "/letter.pdf").data.startswith(b"%PDF")
    assert people.get("lead", f"/letters/{south}/letter.pdf").data.startswith(b"%PDF")


def test_before_the_announcement_only_lead_and_members_know(people, deciding, session):
    deciding.prepare()
    session.commit()
    assert "Northern IT" in people.get("anna").text
    for name in ("evaluator", "chair", "north", "south"):
        people.get(name, "", status=403)
    people.get("stranger", "", status=404)
    page = people.get("south", "/letter").text
    assert "No letter has left to your organisation." in page
    people.get("south", "/letter.pdf", status=404)
    home = people.open["south"].get(f"/rounds/{deciding.round.public_id}").text
    assert "My letter" not in home


def test_no_evaluator_is_named_in_a_letter(people, deciding, session):
    deciding.announce()
    session.commit()
    named = [session.get_one(User, one.user_id).name for one in (*deciding.judged.evaluators, deciding.judged.chair)]
    for text in session.scalars(letters.select(letters.AwardLetter.text)):
        assert not [name for name in named if name in text]


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(people, deciding):
    lot = deciding.lot.public_id
    page = people.post(
        "lead", "/decision", 422, **{f"winners-{lot}": deciding.south.public_id, f"motive-{lot}": "My own words"}
    ).text
    assert "The award follows the ranking." in page
    assert "My own words" in page
    page = people.post("lead", "/decision", 422, **{f"motive-{lot}": "x" * 4_001}).text
    assert "At most 4,000 characters." in page
    page = people.post("lead", "/decision", 422, **{f"winners-{lot}": "nonsense\x00", f"motive-{lot}": ""}).text
    assert "Choose among the tenders" in page


def test_a_member_that_forgot_something_is_told(people, deciding, session):
    deciding.prepare()
    session.commit()
    page = people.answer("anna", 422, answer="", signed_by_name="", motive="Kept words").text
    assert "Choose yes, no or abstain." in page
    assert "Say who signed." in page
    assert "Kept words" in page
    page = people.post("anna", "/answer", 409, number="9" * 40, answer="yes", signed_by_name="A").text
    assert "The lead has changed the decision." in page
    people.answer("anna", answer="no", signed_by_name="A", motive="Too dear.\x00")
    assert session.query(MandateDecision).filter_by(answer="no").one().motive == "Too dear.\\x00"
    assert "Too dear." in people.get("lead", "/mandate").text


def test_members_read_why_the_lead_goes_on(people, deciding, session):
    deciding.draft()
    deciding.write_reasons()
    deciding.answer(deciding.members[0], "no")
    session.commit()
    assert "1 not answered" in people.get("lead", "/mandate").text
    people.post("lead", "/mandate", motive="The mandate asks for a majority.")
    assert "The mandate asks for a majority." in people.get("bert", "/mandate").text
    people.post("anna", "/mandate", 403, motive="Not mine.")


def test_an_answer_to_winners_that_were_not_read_is_refused(people, deciding, session):
    deciding.draft()
    session.commit()
    page = people.get("anna", "/answer").text
    shown = dict(re.findall(r'<input type="hidden" name="(number|read)" value="([^"]*)"', page))
    people.fresh()
    deciding.draft(deciding.north, deciding.south)
    session.commit()
    answer = {"answer": "yes", "signed_by_name": "A"}
    assert "The lead has changed the decision." in people.post("anna", "/answer", 409, **(shown | answer)).text
    people.post("anna", "/answer", 409, number="1", **answer)
    assert session.query(MandateDecision).count() == 0
    people.answer("anna", **answer)
    assert session.query(MandateDecision).count() == 1


@pytest.mark.parametrize("state", ["invited", "interested"])
def test_a_body_whose_sign_on_is_not_confirmed_reads_nothing_of_the_award(people, deciding, session, sign_in, state):
    waiting = deciding.build.sign_on(deciding.round, state=state).organisation
    person = session.get_one(User, deciding.build.person(waiting, "member").user_id)
    deciding.prepare()
    session.commit()
    people.open["waiting"] = sign_in(person, session.get_one(Organisation, waiting.id))
    for path in ("", "?number=1", "/mandate"):
        assert "Northern IT" not in people.get("waiting", path, 403).text
    page = people.get("waiting", "/answer").text
    assert "Only members whose sign-on is confirmed" in page
    assert "Northern IT" not in page
    assert "Decision and letters" not in people.open["waiting"].get(f"/rounds/{deciding.round.public_id}").text
    assert "Decision and letters" in people.open["anna"].get(f"/rounds/{deciding.round.public_id}").text


def test_who_has_a_tie_sees_nothing_of_a_challenge(people, deciding, session):
    deciding.announce()
    one = deciding.challenge()
    deciding.propose_outcome(one, "dismissed")
    deciding.judged.tie(deciding.second_lead, deciding.south)
    session.commit()
    here = f"/challenges/{one.public_id}"
    for path in (here, "/challenges"):
        page = people.get("second", path).text
        assert "A stated tie to a bidder keeps you" in page
        assert "The review board" not in page
        assert "Dismissed" not in page
    assert "The review board" in people.get("lead", here).text
    people.get("second", here + "/document", 404)


def test_a_proposer_with_a_tie_stated_since_takes_the_proposal_back(people, deciding, session):
    deciding.prepare()
    deciding.propose()
    deciding.judged.tie(deciding.lead, deciding.south)
    session.commit()
    people.post("second", "/announce/confirm")
    assert "keeps whoever proposed this from the award" in people.get("second").text
    back = people.here + "/announce/withdraw"
    assert back in people.get("lead").text
    people.post("lead", "/announce/withdraw")
    assert back not in people.get("lead").text


def test_so_does_the_proposer_of_a_withdrawal_or_an_outcome(people, deciding, session):
    deciding.announce()
    taking_back.propose(session, deciding.round, "Wrong.", actor=deciding.lead, now=deciding.clock())
    one = deciding.challenge()
    deciding.propose_outcome(one, "dismissed")
    deciding.judged.tie(deciding.lead, deciding.south)
    session.commit()
    for path, back in (
        ("/withdraw", "/withdraw/take-back"),
        (f"/challenges/{one.public_id}", f"/challenges/{one.public_id}/take-back"),
    ):
        assert people.here + back in people.get("lead", path).text
        people.post("lead", back)
        assert people.here + back not in people.get("lead", path).text


def test_pages_tell_which_letter_has_not_left(people, deciding, session):
    deciding.announce_by_post()
    session.commit()
    sentence = f"(receipt {deciding.south.receipt_number})"
    assert sentence in people.get("lead").text
    assert sentence in people.open["lead"].get(f"/rounds/{deciding.round.public_id}/agreements").text
    page = people.get("anna").text
    assert sentence in page
    assert "days left" not in page
    letter = addressees.of_decision(session, decision.current(session, people.fresh()))[1]
    path = f"/letters/{letter.public_id}"
    assert "This letter leaves by other means." in people.get("lead", path).text
    assert "It left on" in people.get("lead", "/letters").text
    people.get("south", "/letter.pdf", status=404)
    people.post("lead", path + "/left", left_on=deciding.clock().date().isoformat())
    page = people.get("anna").text
    assert sentence not in page
    assert "days left" in page
    assert "Southern IT" in people.get("south", "/letter").text


def test_blank_fields_begin_with_what_the_evaluators_wrote_and_nothing_is_kept(people, deciding, session):
    deciding.draft()
    session.commit()
    path = f"/reasons/{deciding.north.public_id}"
    plain, begun = people.get("lead", path).text, people.get("lead", path + "?start=1").text
    assert re.search(r"<textarea[^>]*>Because\.</textarea>", begun)
    assert not re.search(r"<textarea[^>]*>Because\.</textarea>", plain)
    assert "6 reasons are not written yet." in people.get("lead").text


def test_a_tie_keeps_from_every_page_of_the_award(people, deciding, session):
    deciding.prepare()
    deciding.judged.tie(deciding.lead, deciding.south)
    session.commit()
    sentence = "A stated tie to a bidder keeps you"
    for path in ("", "/decision", "/letters", "/mandate", "/challenges", "/withdraw"):
        page = people.get("lead", path).text
        assert sentence in page, path
        assert "Southern IT" not in page, path
        assert "Because of" not in page
    people.get("lead", f"/reasons/{deciding.south.public_id}", status=404)
    letter = addressees.of_decision(session, decision.current(session, people.fresh()))[0]
    people.get("lead", f"/letters/{letter.public_id}", status=404)
    lot = deciding.lot.public_id
    people.post("lead", "/decision", 403, **{f"winners-{lot}": deciding.north.public_id})
    people.post("lead", "/announce", 303)
    assert people.fresh().state == "award"


def test_a_withdrawn_letter_says_so(people, deciding, session):
    deciding.announce()
    session.commit()
    assert "What this does" in people.get("lead", "/withdraw").text
    people.post("lead", "/withdraw", 422, motive="")
    people.post("lead", "/withdraw", motive="The sum of lot 1 was wrong.")
    people.post("lead", "/withdraw/confirm")
    assert people.fresh().state == "standstill", "the same person does not confirm"
    assert "The sum of lot 1 was wrong." in people.get("second", "/withdraw").text
    people.post("second", "/withdraw/confirm")
    assert people.fresh().state == "award"
    page = people.get("south", "/letter").text
    assert "This letter was withdrawn" in page
    assert "The sum of lot 1 was wrong." in page
    people.post("lead", "/decision", **{f"winners-{deciding.lot.public_id}": deciding.north.public_id})
    page = people.get("lead").text
    assert "Decision 2" in page
    assert "Every decision of this round" in page
    assert "Withdrawn" in people.get("lead", "?number=1").text
    people.get("lead", "?number=7", status=404)
    people.get("lead", "?number=" + "9" * 30, status=404)
    people.get("south", "/letter?decision=2", status=404)


def test_a_challenge_is_recorded_and_its_outcome_confirmed_with_its_document(people, deciding, session):
    deciding.announce()
    session.commit()
    today = deciding.clock().date().isoformat()
    page = people.post("lead", "/challenges", 422, body="", lodged_on="nonsense", suspensive="yes").text
    assert "Say before which court or body" in page
    assert "Give the day on which it was lodged" in page
    assert "Say whether it stops" in people.post("lead", "/challenges", 422, body="Court", lodged_on=today).text
    people.post("lead", "/challenges", body="The review board", lodged_on=today, suspensive="yes")
    assert people.fresh().state == "challenged"
    assert "A challenge stops the signature" in people.get("lead").text
    found = session.query(Challenge).one().public_id
    one = f"/challenges/{found}"
    people.get("lead", one)
    people.post("lead", one, outcome="dismissed")
    assert "Choose a file first." in people.get("lead", one).text
    sent = {"outcome": "dismissed", "last_day": "", "file": (io.BytesIO(b"%PDF-1.4 out"), "out.exe")}
    people.post("lead", one, **sent)
    assert "Attach a PDF" in people.get("lead", one).text
    sent = {"outcome": "dismissed", "last_day": "9999-12-31", "file": (io.BytesIO(b"%PDF-1.4 out"), "out.pdf")}
    people.post("lead", one, **sent)
    assert "lies within two years" in people.get("lead", one).text
    until = (deciding.clock() + dt.timedelta(days=60)).date()
    sent = {"outcome": "dismissed", "last_day": until.isoformat(), "file": (io.BytesIO(b"%PDF-1.4 out"), "out.pdf")}
    people.post("lead", one, **sent)
    assert people.fresh().state == "challenged"
    assert people.get("second", one + "/document").data == b"%PDF-1.4 out"
    people.post("lead", one + "/confirm")
    assert people.fresh().state == "challenged"
    people.post("second", one + "/confirm")
    round_ = people.fresh()
    assert round_.state == "standstill"
    made = decision.current(session, round_)
    assert letters.last_day(made.standstill_ends_at, round_) == until
    assert people.get("lead", one + "/document").data == b"%PDF-1.4 out"
    for name in ("anna", "south", "evaluator"):
        people.get(name, one + "/document", status=403)


def test_records_of_another_round_are_not_found(people, deciding, session):
    deciding.announce()
    challenge = deciding.challenge().public_id
    letter = addressees.of_decision(session, decision.current(session, deciding.round))[0].public_id
    organisation = session.get_one(Organisation, deciding.round.organisation_id)
    other = deciding.build.round(organisation, state="award")
    deciding.build.sign_on(other, session.get_one(Organisation, deciding.members[0].organisation_id), state="confirmed")
    given = {"given_at": deciding.clock(), "created_at": deciding.clock(), "shown": [], "undertaking": "2026-01"}
    deciding.build.add(
        ConflictStatement(round=other, user_id=deciding.lead.user_id, organisation_id=organisation.id, **given)
    )
    session.commit()
    there = f"/rounds/{other.public_id}/award"
    for path in (f"/letters/{letter}", f"/challenges/{challenge}", f"/reasons/{deciding.south.public_id}"):
        assert people.open["lead"].get(there + path).status_code == 404
    assert people.open["lead"].post(f"{there}/letters/{letter}", data={"channel": "other"}).status_code == 404


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("lead", ""),
        ("lead", "/decision"),
        ("lead", "/letters"),
        ("lead", "/mandate"),
        ("anna", ""),
        ("anna", "/answer"),
    ],
)
def test_a_page_asks_few_questions(people, deciding, session, queries, name, path):  # noqa: F811
    deciding.prepare()
    session.commit()
    people.get(name, path)
    queries.clear()
    people.get(name, path)
    assert len(queries) <= 25, "\n".join(queries)

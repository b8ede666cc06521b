"""A round whose judging is closed, with two bidders, two members and two leads: what the tests of the award stand on."""

from __future__ import annotations

from decimal import Decimal

from framework.award import addressees, announcing, challenges, decision, letters, mandate, reasons, taking_back
from framework.award.challenges import Lodged, Outcome
from framework.award.decision import Choice
from framework.ground.text import Counted, Term
from tests.judging.test_closing import WHOLE, Closing
from tests.memory import remembered

PRICED = [*WHOLE[:1], ("Price", "absolute_linear", 40, {"p_low": "60", "p_high": "140"})]


def in_english(language, template, params):
    """A letter's sentences as they stand in the code."""
    said = template.plural if isinstance(template, Counted) and params.get("count") != 1 else str(template)
    shown = {key: str(value) if isinstance(value, Term | Decimal) else value for key, value in params.items()}
    return said % shown if params else said


class Deciding(Closing):
    """`lead` and `second_lead` without ties, `north` (first place) and `south`, each with a person, two confirmed members."""

    @remembered
    def __init__(self, judged, criteria=WHOLE):
        super().__init__(judged, criteria)
        self.judge_all()
        self.close()
        self.build, self.clock, self.round, self.lot = judged.build, judged.clock, judged.round, judged.lot
        self.lead, self.second_lead = self.of_lead(), self.of_lead()
        self.suppliers = {one.id: self.build.person(one.supplier, "supplier") for one in (self.north, self.south)}
        other = self.build.sign_on(self.round, state="confirmed").organisation
        self.members = [self.build.person(judged.member, "member"), self.build.person(other, "member")]
        self.session.flush()

    def of_lead(self):
        organisation = self.judged.round.organisation
        user = self.judged.build.user(organisation, "lead")
        self.judged.states_no_tie(user, organisation)
        return self.judged.build.actor(user, organisation, "lead")

    def draft(self, *winners, motive="", actor=None, lot=None):
        """Give the lot to these tenders (the first place unless said otherwise)."""
        numbers = tuple(one.id for one in winners or (self.north,))
        choice = Choice((lot or self.lot).id, numbers, motive)
        return decision.draft(self.session, self.round, [choice], actor=actor or self.lead, now=self.clock())

    def nobody(self, motive=""):
        choice = Choice(self.lot.id, (), motive)
        return decision.draft(self.session, self.round, [choice], actor=self.lead, now=self.clock())

    def write_reasons(self, *tenders, actor=None):
        found = decision.current(self.session, self.round)
        wanted = reasons.wanted(self.session, found)
        for one in tenders or (self.north, self.south):
            texts = {each.key: f"Because of {one.supplier.name} {each.key[1]}." for each in wanted[one.id]}
            reasons.write(self.session, one, texts, actor=actor or self.lead, now=self.clock())

    def answer(self, member, answer="yes", **values):
        return mandate.record_mandate_decision(
            self.session,
            self.round,
            answer,
            signed_by_name=values.pop("signed_by_name", "B. Signatory"),
            actor=member,
            now=self.clock(),
            **values,
        )

    def all_answer(self):
        for one in self.members:
            self.answer(one)

    @remembered
    def prepare(self, *winners):
        self.draft(*winners)
        self.write_reasons()
        self.all_answer()

    def propose(self, actor=None):
        return announcing.propose(self.session, self.round, say=in_english, actor=actor or self.lead, now=self.clock())

    def confirm(self, actor=None):
        return announcing.confirm(
            self.session, self.round, say=in_english, actor=actor or self.second_lead, now=self.clock()
        )

    @remembered
    def announce(self):
        self.prepare()
        self.propose()
        return self.confirm()

    def by_post(self):
        """Let the letter of `south` leave by other means."""
        every = addressees.of_decision(self.session, decision.current(self.session, self.round))
        letter = next(one for one in every if one.submission_id == self.south.id)
        letters.set_channel(self.session, letter, "other", "en", actor=self.lead, now=self.clock())
        return letter

    @remembered
    def announce_by_post(self):
        """The letter of `south` whose day is not noted yet."""
        self.prepare()
        letter = self.by_post()
        self.propose()
        self.confirm()
        return letter

    def withdraw(self, motive="A wrong sum."):
        taking_back.propose(self.session, self.round, motive, actor=self.lead, now=self.clock())
        taking_back.confirm(self.session, self.round, actor=self.second_lead, now=self.clock())

    def challenge(self, *, suspensive=True, body="The review board", day=None, actor=None):
        lodged = Lodged(body, day or self.clock().date(), suspensive)
        return challenges.record_challenge(self.session, self.round, lodged, actor=actor or self.lead, now=self.clock())

    def document(self):
        return self.build.stored_file(purpose="challenge", organisation_id=self.round.organisation_id, name="out.pdf")

    def propose_outcome(self, challenge, outcome, *, document=True, last_day=None, actor=None):
        ended = Outcome(outcome, self.document() if document else None, last_day)
        return challenges.propose(self.session, challenge, ended, actor=actor or self.lead, now=self.clock())

    def confirm_outcome(self, outcome, actor=None):
        act = challenges.ACT_OF[outcome]
        challenges.confirm(self.session, self.round, act, actor=actor or self.second_lead, now=self.clock())

    def end(self, challenge, outcome, **values):
        self.propose_outcome(challenge, outcome, **values)
        self.confirm_outcome(outcome)

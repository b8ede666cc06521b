"""An opened round with two bidders, evaluators of three members, a chair, and who is signed in."""

from __future__ import annotations

from framework.judging import assigning, selection
from framework.judging import conflicts as statements
from framework.judging.conflicts import Tie
from models.disclosure import Submission
from models.judging import Assessment, Item
from tests.chain.opened import Opened, hand_counted
from tests.memory import remembered


def rows_of(brand):
    """The hand-counted rows under the name of another brand."""
    return [(sheet, values | ({"brand": brand} if "brand" in values else {})) for sheet, values in hand_counted()]


class World:
    """`lead`, `chair`, `openers` and three `evaluators` as actors; `north` offers Acme, `south` offers Bolt."""

    @remembered
    def __init__(self, session, build, clock, rows=rows_of):
        self.session, self.build, self.clock = session, build, clock
        opened = Opened(session, build, clock)
        self.opened, self.round, self.lot = opened, opened.round, opened.lot
        self.north = opened.built(rows("Acme"), name="Northern IT")
        self.south = opened.built(rows("Bolt"), name="Southern IT")
        self.lead = build.person(self.round.organisation)
        self.second_lead = build.person(self.round.organisation)
        self.members = [opened.member, *(build.sign_on(self.round, state="confirmed").organisation for _ in range(2))]
        self.evaluators = [self.named(member, "evaluator") for member in self.members]
        self.chair = self.named(self.members[0], "chair")
        session.flush()

    def named(self, member, role):
        user = self.build.user(member)
        self.build.appoint(self.round, user, member, role)
        return self.build.actor(user, member)

    @property
    def everybody(self):
        return [self.lead, self.chair, *self.evaluators]

    def state(self, actor, *ties, undertakes=True):
        """A statement with ties to suppliers (submissions) or brands (texts)."""
        found = [
            Tie(one.supplier_id, "", "former work") if isinstance(one, Submission) else Tie(None, one, "family")
            for one in ties
        ]
        return statements.state(self.session, self.round, found, undertakes=undertakes, actor=actor, now=self.clock())

    def all_state(self):
        for one in self.everybody:
            self.state(one)

    def admit(self):
        for one in (self.north, self.south):
            selection.admit(self.session, one, "", actor=self.lead, now=self.clock())

    def share(self, actor=None):
        return assigning.share(self.session, self.round, actor=actor or self.lead, now=self.clock())

    def items(self, submission=None):
        query = self.session.query(Item).filter_by(round_id=self.round.id)
        return (query.filter_by(submission_id=submission.id) if submission else query).order_by(Item.id).all()

    def held(self, actor, *states):
        query = self.session.query(Assessment).filter_by(user_id=actor.user_id)
        return (query.filter(Assessment.state.in_(states)) if states else query).order_by(Assessment.id).all()

    def finish(self, assessment, level="E1"):
        """A final value, written as it would stand after the acts of scoring."""
        assessment.state, assessment.level, assessment.motive = "final", level, "signed statement"
        assessment.started_at = assessment.finished_at = self.clock()
        self.session.flush()

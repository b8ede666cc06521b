"""A round that is judged, with items and assessments: what the tests of judging stand on."""

from __future__ import annotations

from sqlalchemy import select

from framework.chain.measures.sources import key_of
from framework.judging import assessing
from framework.judging.assessing import Values
from models.judging import Assessment, Conflict, ConflictStatement, Item, Verdict
from tests.chain.opened import Opened, hand_counted
from tests.memory import remembered

SIGNED = {"signatory_name": "A. Signatory"}


def signed_rows():
    """The rows of `hand_counted`, signed, with the report of the valid audit and an expired one."""
    rows = []
    for sheet, values in hand_counted():
        more = SIGNED if sheet == "0_submission" else {}
        if sheet == "6_audits":
            more = {"evidence_file": "report.pdf", "audit_type": "initial", "report_shared": "full"}
        rows.append((sheet, values | more))
    return rows


class Judged(Opened):
    """A round in judging with two members' evaluators, a chair, and one tender of four sections."""

    @remembered
    def __init__(self, session, build, clock):
        super().__init__(session, build, clock)
        self.chair = self.evaluator(role="chair")
        self.evaluators = [self.evaluator(), self.evaluator()]

    def evaluator(self, role="evaluator", member=None):
        member = member or self.build.organisation()
        user = self.build.user(member)
        self.build.appoint(self.round, user, member, role)
        self.states_no_tie(user, member)
        return self.build.actor(user, member, "member")

    def states_no_tie(self, user, member):
        self.session.add(
            ConflictStatement(
                round=self.round,
                user=user,
                organisation=member,
                given_at=self.clock(),
                created_at=self.clock(),
                shown=[],
                undertaking="2026-01",
            )
        )

    def tie(self, actor, submission):
        return self.build.add(
            Conflict(
                round=self.round,
                user_id=actor.user_id,
                supplier_id=submission.supplier_id,
                reason="Worked there",
                created_at=self.clock(),
                stated_at=self.clock(),
                stated_by_id=actor.user_id,
            )
        )

    @remembered
    def tender(self, rows=None, evaluators=None, sections=None, **values):
        """An admitted tender with an item for each disclosed section, assigned to the evaluators."""
        submission = self.built(signed_rows() if rows is None else rows, **values)
        submission.state = "in_review"
        wanted = (
            sections
            if sections is not None
            else [("fa", "final_assembly"), ("co", "mainboard_pcba"), ("co", "battery"), ("sm", "tin")]
        )
        items = [self.item(submission, *section, position=place) for place, section in enumerate(wanted)]
        for item in items:
            for actor in self.evaluators if evaluators is None else evaluators:
                self.assign(item, actor)
        self.round.state = "judging"
        self.session.flush()
        return submission, items

    def item(self, submission, section, kind, *, position=0, brand="Acme", **values):
        return self.build.add(
            Item(
                round=self.round,
                submission=submission,
                lot=self.lot,
                position=position,
                brand=brand,
                brand_key=key_of(brand),
                section=section,
                kind=kind,
                created_at=self.clock(),
                **values,
            )
        )

    def assign(self, item, actor):
        if self.verdict(item) is None:
            self.build.add(
                Verdict(
                    round=self.round,
                    item_id=item.id,
                    submission_id=item.submission_id,
                    scale_max=item.scale_max,
                    state="open",
                    created_at=self.clock(),
                )
            )
        return self.build.add(
            Assessment(
                round=self.round,
                item_id=item.id,
                submission_id=item.submission_id,
                scale_max=item.scale_max,
                user_id=actor.user_id,
                member_id=actor.organisation_id,
                state="assigned",
                assigned_at=self.clock(),
                created_at=self.clock(),
            )
        )

    def verdict(self, item):
        return self.session.scalar(select(Verdict).where(Verdict.item_id == item.id))

    def own(self, item, actor):
        query = select(Assessment).where(
            Assessment.item_id == item.id,
            Assessment.user_id == actor.user_id,
            Assessment.state.not_in(("recused", "voided")),
        )
        return self.session.scalars(query).one()

    def save(self, item, actor, level="E1", motive="Because.", **values):
        told = Values(level=level, motive=motive, **values)
        return assessing.save(self.session, self.own(item, actor), told, actor=actor, now=self.clock())

    @remembered
    def finish(self, submission, actor):
        return assessing.finish(self.session, submission, actor=actor, now=self.clock())

    def all_say(self, submission, items, actor, levels):
        for item, level in zip(items, levels, strict=True):
            self.save(item, actor, level)
        return self.finish(submission, actor)

"""A round whose award stands: letters have left and the standstill is over; what the tests of agreements stand on."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from framework.contract import drafting, ending, running, signing
from framework.contract.drafting import Terms
from framework.ground.actors import Actor
from framework.rounds import publication
from models.award import Award, AwardDecision, Challenge
from models.contract import Agreement
from models.disclosure import Submission
from models.ranking import Ranking
from models.records import StoredFile
from models.signons import EligibilitySnapshot
from tests.memory import remembered

FIRST, LAST = dt.date(2026, 12, 1), dt.date(2030, 11, 30)
"""The published term; the clock of the tests stands on 23 November 2026."""
TERMS = Terms("2026-1", FIRST, LAST, "fixed", "", "Acme\nBeta")


class Standing:
    """One lot awarded to one supplier; a lead of two persons, two members, a supplier of two persons."""

    @remembered
    def __init__(self, session, build, clock, files, *, state="standstill"):
        self.session, self.build, self.clock, self.files = session, build, clock, files
        self.round = build.round(
            state=state, opened_at=clock(), term_starts_on=FIRST, term_ends_on=LAST, zone="Europe/Brussels"
        )
        self.lot = build.lot(self.round, call_off_route="direct")
        self.lead, self.second_lead = (build.person(self.round.organisation, "lead") for _ in range(2))
        self.sign_ons = [build.sign_on(self.round, state="confirmed") for _ in range(2)]
        for one in self.sign_ons:
            self.entitle(one)
        self.freeze()
        self.submission = self.tender()
        self.contractor = self.submission.supplier
        self.supplier, self.second_supplier = (build.person(self.contractor, "supplier") for _ in range(2))
        self.decision = self.decide()
        self.award = self.awarded(self.lot, self.submission)

    def freeze(self):
        text = publication.canonical(self.session, self.round)
        self.round.frozen_text, self.round.frozen_hash = text, publication.sha256(text)
        self.session.flush()

    def entitle(self, sign_on):
        facts = {"organisation": sign_on.organisation.name, "registration_no": ""}
        return self.build.add(
            EligibilitySnapshot(
                round_id=self.round.id,
                organisation_id=sign_on.organisation_id,
                at=self.round.published_at,
                facts=facts,
            )
        )

    def tender(self):
        now = self.clock()
        number = len(self.session.scalars(select(Submission.id)).all()) + 1
        file = StoredFile(sha256="a" * 64, size=1, name="x.xlsx", purpose="disclosure", created_at=now)
        return self.build.add(
            Submission(
                round=self.round,
                supplier=self.build.organisation("supplier"),
                version_no=1,
                state="scored",
                file=file,
                receipt_seq=number,
                receipt_number=f"{number:06d}-00",
                first_byte_at=now,
                received_at=now,
                created_at=now,
                verdict="countable",
                counted_at=now,
                checked_at=now,
                opened_at=now,
            )
        )

    def decide(self, number=1):
        now = self.clock()
        ranking = self.build.add(Ranking(round=self.round, number=number, counted_at=now, created_at=now))
        return self.build.add(
            AwardDecision(
                round=self.round,
                number=number,
                ranking=ranking,
                announced_at=now - dt.timedelta(days=11),
                standstill_ends_at=now,
                standstill_days=10,
                created_at=now,
            )
        )

    def awarded(self, lot, submission):
        return self.build.add(Award(decision=self.decision, lot=lot, submission=submission))

    def challenge(self, **values):
        now = self.clock()
        told = {"body": "Council", "lodged_on": now.date(), "is_suspensive": True, "created_at": now} | values
        return self.build.add(Challenge(decision=self.decision, **told))

    def draft(self, terms=TERMS, award=None, actor=None) -> Agreement:
        return drafting.draft(
            self.session, award or self.award, terms, files=self.files, actor=actor or self.lead, now=self.clock()
        )

    def propose(self, agreement, actor: Actor):
        return signing.propose(
            self.session, agreement, sha256=agreement.text_file.sha256, actor=actor, now=self.clock()
        )

    def confirm(self, agreement, actor: Actor):
        signing.confirm(self.session, agreement, sha256=agreement.text_file.sha256, actor=actor, now=self.clock())

    def sign(self, agreement) -> Agreement:
        self.propose(agreement, self.lead)
        self.confirm(agreement, self.supplier)
        return agreement

    def signed(self, **values) -> Agreement:
        return self.sign(self.draft(**values))

    def enter_force(self, actor=None):
        running.enter_force(self.session, self.round, actor=actor or self.lead, now=self.clock())

    def in_force(self, **values) -> Agreement:
        """An agreement that has started, in a round in force."""
        agreement = self.signed(**values)
        self.enter_force()
        self.clock.now = max(self.clock.now, running.begins_at(agreement))
        self.go_round()
        return agreement

    def go_round(self):
        running.go_round(self.session, self.clock)
        self.session.info["write"] = True

    def terminate(self, agreement, ground="zero_tolerance", evidence="Report 7", motive="Shown."):
        told = {"ground": ground, "evidence": evidence, "motive": motive}
        ending.propose(self.session, agreement, **told, actor=self.lead, now=self.clock())
        ending.confirm(self.session, agreement, actor=self.second_lead, now=self.clock())

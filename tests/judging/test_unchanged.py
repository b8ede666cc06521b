"""Earlier verdicts on unchanged evidence: shown once the own are final and others' seen, to whom may see that round, and counted nowhere."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import islice, permutations

import pytest

from framework.ground.actors import roles_in
from framework.judging import blind, claims, settling, unchanged
from framework.judging.settling import Moderated
from models.judging import Conflict
from models.people import Organisation, User
from tests.judging.judged import Judged, signed_rows
from tests.judging.test_own_sheet import write_again
from tests.judging.test_scoring_page import browsers, queries  # noqa: F401 - a fixture
from tests.memory import remembered

SAID = "Judged before on the same evidence"
LEVELS = ["E3", "E2", "E1", "E1"]


class Twice:
    """An earlier round whose judging is over, and one of the same lead that is judged now, on the same file of one supplier."""

    @remembered
    def __init__(self, session, build, clock, rows=None):
        self.session, self.build, self.clock = session, build, clock
        self.then = Judged(session, build, clock)
        self.then.round.tender_deadline = clock() - dt.timedelta(days=100)
        self.before, self.items_then = self.then.tender(name="Northern IT")
        for actor in self.then.evaluators:
            self.then.all_say(self.before, self.items_then, actor, LEVELS)
        self.then.round.state = "award"
        self.now = Judged(session, build, clock)
        self.now.number = 500
        self.now.round.organisation_id = self.then.round.organisation_id
        self.tender, self.items = self.now.tender(rows)
        self.tender.supplier_id = self.before.supplier_id
        self.anna, self.bert = self.now.evaluators
        self.signs_on(self.anna)
        session.flush()
        session.refresh(self.tender)
        session.refresh(self.now.round)

    def signs_on(self, actor, round_=None):
        member = self.session.get_one(Organisation, actor.organisation_id)
        return self.build.sign_on(round_ or self.then.round, member, state="confirmed")

    def judged_there(self, actor):
        """Name somebody an evaluator of the earlier round, with a statement of no tie."""
        user = self.session.get_one(User, actor.user_id)
        member = self.session.get_one(Organisation, actor.organisation_id)
        self.build.appoint(self.then.round, user, member, "evaluator")
        self.then.states_no_tie(user, member)
        self.session.flush()

    def claims(self, submission=None, items=None):
        submission, items = submission or self.tender, items or self.items
        return claims.load(self.session, submission.round, submission, items)

    def told(self, actor=None):
        """What an evaluator is told of the items of the present tender, by item."""
        actor = actor or self.anna
        roles = roles_in(self.session, actor, self.now.round)
        tenders = blind.open_to(self.session, self.now.round, actor, roles, [self.tender.id])
        lines = [(one, settling.verdict_of(self.session, one.id)) for one in self.items]
        return unchanged.earlier(self.session, self.now.round, lines, tenders, actor=actor)

    def seen(self, actor=None):
        """The levels that are told, in the order of the items; None where nothing is."""
        found = self.told(actor)
        return [found[one.id].level if one.id in found else None for one in self.items]

    def finish(self, actor=None):
        """The own values final, and those of the others asked for."""
        actor = actor or self.anna
        self.now.all_say(self.tender, self.items, actor, ["E1"] * 4)
        blind.look(self.session, self.tender, actor=actor, now=self.clock())
        self.session.flush()

    def tie(self, round_, *, supplier=None, brand=""):
        now = self.clock()
        self.build.add(
            Conflict(
                round=round_,
                user_id=self.anna.user_id,
                supplier_id=supplier,
                brand=brand,
                brand_key=brand.casefold(),
                reason="Worked there",
                created_at=now,
                stated_at=now,
                stated_by_id=self.anna.user_id,
            )
        )


@pytest.fixture
@remembered
def twice(session, build, clock):
    return Twice(session, build, clock)


def test_a_settled_verdict_keeps_what_it_was_found_on(twice):
    for item, claim in twice.claims(twice.before, twice.items_then).items():
        verdict = settling.verdict_of(twice.session, item)
        assert verdict.evidence_print == unchanged.fingerprint(claim)
        assert len(verdict.evidence_print) == 64
    assert len({settling.verdict_of(twice.session, one.id).evidence_print for one in twice.items_then}) == 4
    assert all(settling.verdict_of(twice.session, one.id).evidence_print == "" for one in twice.items), (
        "nothing is final"
    )


def test_it_is_told_once_the_own_values_are_final_and_those_of_others_were_asked_for(twice):
    assert twice.seen() == [None] * 4
    twice.now.all_say(twice.tender, twice.items, twice.anna, ["E1"] * 4)
    assert twice.seen() == [None] * 4, "the chair may still have it reopened"
    blind.look(twice.session, twice.tender, actor=twice.anna, now=twice.clock())
    assert twice.seen() == LEVELS
    told = twice.told()[twice.items[0].id]
    assert (told.round, told.level, told.day) == (twice.then.round, "E3", twice.clock().date())


def test_how_it_was_found_is_told_to_those_who_may_read_verdicts_there_and_the_level_to_other_members(twice):
    twice.finish()
    told = twice.told()[twice.items[0].id]
    assert (told.is_whole, told.low, told.high, told.counted, told.is_moderated) == (False, "", "", 0, False)
    twice.judged_there(twice.anna)
    told = twice.told()[twice.items[0].id]
    assert (told.is_whole, told.low, told.high, told.counted, told.is_moderated) == (True, "E3", "E3", 2, False)


def changed(sheet, ref, **values):
    """The signed rows with one of them changed."""
    return [
        (name, found | values if name == sheet and ref in found.values() else found) for name, found in signed_rows()
    ]


@pytest.mark.parametrize(
    ("rows", "same"),
    [
        (changed("3_sites", "S1", address_line="58  FIRST AVENUE"), [1, 1, 1, 1]),
        (changed("4_links", "S1", share_pct=40), [1, 1, 1, 1]),
        (list(reversed(signed_rows())), [1, 1, 1, 1]),
        (changed("3_sites", "S1", address_line="60 First Avenue"), [0, 1, 1, 1]),
        (changed("3_sites", "S1", site_legal_name="Lakeside GmbH"), [0, 1, 1, 1]),
        (changed("3_sites", "S3", os_id="CN2019083D2X6F4"), [1, 1, 0, 1]),
        (changed("6_audits", "A1", valid_until="2027-02-01"), [0, 1, 1, 1]),
        (changed("6_audits", "A1", valid_until="2026-10-01"), [0, 1, 1, 1]),
        (changed("6_audits", "A2", evidence_file="newer.pdf"), [1, 0, 1, 1]),
        (changed("5_smelters", "tin", smelter_id="CID000001"), [1, 1, 1, 0]),
        (changed("0_submission", "Acme", signatory_name=""), [0, 0, 0, 0]),
        (
            [*signed_rows(), ("4_links", {"product_ref": "P1", "component_ref": "P1-BA", "site_ref": "S1"})],
            [1, 1, 0, 1],
        ),
    ],
)
def test_only_the_same_places_with_the_same_evidence_are_unchanged(session, build, clock, rows, same):
    twice = Twice(session, build, clock)
    other, items = twice.now.tender(rows, evaluators=[])
    before = [unchanged.fingerprint(one) for one in twice.claims().values()]
    after = [unchanged.fingerprint(one) for one in twice.claims(other, items).values()]
    assert [int(one == two) for one, two in zip(before, after, strict=True)] == same


def test_an_audit_that_ran_out_between_the_two_deadlines_is_changed_evidence(twice):
    twice.now.round.tender_deadline = dt.datetime(2027, 3, 1, tzinfo=dt.UTC)
    twice.finish()
    assert twice.seen() == [None, *LEVELS[1:]]


def test_the_order_of_what_supports_a_place_does_not_count(twice):
    claim = next(iter(twice.claims().values()))
    (place,) = claim.places
    twins = (place, replace(place, reports={}))
    printed = {
        unchanged.fingerprint(replace(claim, places=tuple(some)))
        for some in islice(permutations([*twins, *(replace(one, supports=one.supports[::-1]) for one in twins)]), 24)
    }
    assert len(printed) == 1
    assert printed != {unchanged.fingerprint(claim)}
    assert unchanged.fingerprint(replace(claim, places=())) == ""


def test_nothing_is_told_of_another_lead_a_later_round_or_one_that_is_still_judged(twice):
    twice.finish()
    other = twice.build.organisation("lead")
    lead, deadline = twice.then.round.organisation_id, twice.then.round.tender_deadline
    for field, value, back in (
        ("organisation_id", other.id, lead),
        ("tender_deadline", twice.now.round.tender_deadline + dt.timedelta(days=1), deadline),
        ("state", "judging", "award"),
        ("state", "cancelled", "award"),
    ):
        setattr(twice.then.round, field, value)
        twice.session.flush()
        assert twice.seen() == [None] * 4, (field, value)
        setattr(twice.then.round, field, back)
        twice.session.flush()
    twice.before.state = "excluded"
    twice.session.flush()
    assert twice.seen() == [None] * 4
    twice.before.state = "in_review"
    twice.session.flush()
    assert twice.seen() == LEVELS


def test_only_who_may_compare_suppliers_in_that_round_is_told(twice):
    twice.finish()
    twice.finish(twice.bert)
    assert twice.seen(twice.bert) == [None] * 4
    twice.signs_on(twice.bert)
    assert twice.seen(twice.bert) == LEVELS
    old = twice.then.evaluators[0]
    user, member = (
        twice.then.own(twice.items_then[0], old).user,
        twice.session.get_one(Organisation, old.organisation_id),
    )
    twice.build.appoint(twice.now.round, user, member, "chair")
    twice.now.states_no_tie(user, member)
    twice.session.flush()
    assert twice.seen(old) == LEVELS, "an evaluator of both rounds"


@pytest.mark.parametrize("where", ["then", "elsewhere"])
@pytest.mark.parametrize("what", ["supplier", "brand"])
def test_a_tie_binds_wherever_it_was_stated(twice, where, what):
    twice.finish()
    if what == "supplier":  # of the earlier tender alone, so that the present one stays open to its evaluator
        twice.before.supplier_id = twice.build.organisation("supplier").id
        twice.session.flush()
    assert twice.seen() == LEVELS
    round_ = twice.then.round if where == "then" else twice.build.round()
    if what == "supplier":
        twice.tie(round_, supplier=twice.before.supplier_id)
    else:
        twice.tie(round_, brand="Acme")
    assert twice.seen() == [None] * 4


def test_what_is_found_in_discussion_is_told_only_once_it_is_found(twice):
    twice.finish()
    twice.then.round.state = "judging"
    item = twice.items_then[1]
    verdict = settling.verdict_of(twice.session, item.id)
    who = {"actor": twice.then.chair, "now": twice.clock()}
    settling.call_moderation(twice.session, verdict, motive="Look again.", **who)
    twice.then.round.state = "award"
    twice.session.flush()
    assert twice.seen() == [LEVELS[0], None, *LEVELS[2:]]
    twice.then.round.state = "judging"
    verdict.evidence_print = ""
    settling.moderate(twice.session, verdict, Moderated(level="E2", motive="We looked."), **who)
    twice.then.round.state = "award"
    twice.session.flush()
    assert twice.seen() == LEVELS
    assert not twice.told()[twice.items[1].id].is_moderated, "a member reads levels there, not verdicts"
    twice.judged_there(twice.anna)
    assert twice.told()[twice.items[1].id].is_moderated


def test_both_pages_say_it_and_the_form_of_an_open_item_holds_nothing_of_it(twice, sign_in, session, queries):  # noqa: F811
    people = browsers(twice.now, sign_in, session, {"anna": twice.anna, "chair": twice.now.chair})
    session.commit()
    here = f"/rounds/{twice.now.round.public_id}/judging"
    page = people["anna"].get(f"{here}/mine/{twice.tender.public_id}").text
    assert SAID not in page
    assert 'name="level" value="E3" data-guidance' in page
    assert " checked" not in page
    write_again(session)
    twice.finish()
    session.commit()
    item = f"{here}/discussion/{twice.items[0].public_id}"
    people["anna"].get(item)
    for path, said in (
        (item, f"{SAID}: E3, in the round “{twice.then.round.name}”"),
        (f"{here}/discussion", "before, on the same evidence: E3"),
    ):
        queries.clear()
        page = people["anna"].get(path).text
        assert len(queries) <= 25, "\n".join(queries)
        assert said in page
        assert "same evidence" not in people["chair"].get(path).text, "no part in that round"
    page = people["anna"].get(item).text
    assert "told to those who judged there" in page
    assert "All 2 evaluators gave this level." not in page
    write_again(session)
    twice.judged_there(twice.anna)
    session.commit()
    page = people["anna"].get(item).text
    assert "All 2 evaluators gave this level." in page
    assert "It does not count here by itself" in page
    assert "same evidence" not in people["anna"].get(f"{here}/mine/{twice.tender.public_id}").text

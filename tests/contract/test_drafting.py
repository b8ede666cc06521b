"""An agreement is drafted for an award, within the published term, and put away where it is never signed."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from framework.contract import awarded, drafting, text
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, RuleBroken, Stale
from models.contract import Agreement
from models.records import AuditEvent
from tests.contract.standing import FIRST, LAST, TERMS

DAY = dt.timedelta(days=1)


def code(act, *told, **more):
    with pytest.raises(RuleBroken) as raised:
        act(*told, **more)
    return raised.value.code


def cancel(standing, agreement, ground="supplier_declines", motive="It does not want it.", actor=None):
    drafting.cancel(
        standing.session, agreement, ground=ground, motive=motive, actor=actor or standing.lead, now=standing.clock()
    )


def edit(standing, agreement, terms, version=None, actor=None):
    drafting.edit(
        standing.session,
        agreement,
        terms,
        version=agreement.version if version is None else version,
        files=standing.files,
        actor=actor or standing.lead,
        now=standing.clock(),
    )


@pytest.mark.parametrize("state", ["award", "standstill"])
def test_the_draft_follows_from_the_award_and_the_published_terms(standing, state):
    standing.round.state = state
    agreement = standing.draft()
    assert agreement.state == "draft"
    assert (agreement.lot, agreement.contractor) == (standing.lot, standing.contractor)
    assert agreement.call_off_route == "direct"
    assert (agreement.disclosure_due_days, agreement.traceability_weeks) == (20, 4)
    held = json.loads(standing.files.path(agreement.text_file.sha256).read_bytes())
    assert held["published"]["lot"]["code"] == "L1"
    assert held["agreement"]["number"] == "2026-1"
    assert not text.differs(agreement)


@pytest.mark.parametrize("state", ["judging", "challenged", "in_force", "closed", "cancelled"])
def test_nothing_is_drafted_in_another_phase(standing, state):
    standing.round.state = state
    assert code(standing.draft) == "wrong-phase"


def test_only_the_lead_of_the_round_drafts(standing, build):
    others = [
        standing.supplier,
        build.person(standing.sign_ons[0].organisation),
        build.person(build.organisation("lead")),
        build.person(build.organisation("operator")),
    ]
    for one in others:
        with pytest.raises(NotAllowed):
            standing.draft(actor=one)
    assert standing.session.scalars(select(Agreement)).all() == []


def test_an_award_that_stands_no_more_gives_no_agreement(standing, session):
    earlier = standing.award
    standing.decision = standing.decide(2)
    assert code(standing.draft, award=earlier) == "award-missing"
    award = standing.awarded(standing.lot, standing.submission)
    standing.decision.withdrawn_at = standing.clock()
    session.flush()
    assert code(standing.draft, award=award) == "award-missing"


def test_an_award_has_one_agreement_unless_that_was_cancelled(standing, session):
    agreement = standing.draft()
    assert awarded.without_agreement(session, standing.round) == []
    assert code(standing.draft, replace(TERMS, number="2026-2")) == "agreement-exists"
    cancel(standing, agreement)
    assert awarded.without_agreement(session, standing.round) == [standing.award]
    assert standing.draft(replace(TERMS, number="2026-2")).state == "draft"


@pytest.mark.parametrize(
    ("changed", "field", "why"),
    [
        ({"starts_on": FIRST - DAY}, "starts_on", "term-outside"),
        ({"ends_on": LAST + DAY}, "ends_on", "term-outside"),
        ({"starts_on": LAST, "ends_on": FIRST}, "ends_on", "term-backwards"),
        ({"starts_on": None}, "starts_on", "date-missing"),
        ({"ends_on": None}, "ends_on", "date-missing"),
        ({"number": " \t "}, "number", "agreement-number-missing"),
        ({"number": "x" * 41}, "number", "text-long"),
        ({"price_mechanism": "barter"}, "price_mechanism", "price-mechanism-unknown"),
        ({"price_mechanism": "indexed"}, "price_text", "price-text-missing"),
        ({"price_text": "x" * 4_001}, "price_text", "text-long"),
        ({"brands": "\n".join(map(str, range(51)))}, "brands", "brands-many"),
    ],
)
def test_bad_input_is_refused_at_its_field(standing, changed, field, why):
    with pytest.raises(InvalidInput) as told:
        standing.draft(replace(TERMS, **changed))
    assert (told.value.code, told.value.field) == (why, field)
    if why == "term-outside":
        assert told.value.rule == "L01"


def test_first_and_last_day_of_the_published_term_belong_to_it(standing):
    assert standing.draft(replace(TERMS, starts_on=LAST, ends_on=LAST)).ends_on == LAST


def test_a_number_is_given_once_in_the_installation(standing, build, session):
    standing.draft()
    other = standing.awarded(build.lot(standing.round), standing.submission)
    assert code(standing.draft, replace(TERMS, number=" 2026-1 "), award=other) == "agreement-number-taken"
    suggested = drafting.suggested(session, other)
    assert suggested.number != "2026-1"
    assert (suggested.starts_on, suggested.ends_on) == (FIRST, LAST)
    assert standing.draft(replace(suggested, price_mechanism="fixed"), award=other).state == "draft"


def test_what_is_typed_is_kept_tidy(standing):
    agreement = standing.draft(replace(TERMS, brands=" Acme \r\n\r\nBeta  Ltd\nAcme", number="  2026   9 "))
    assert agreement.brands == "Acme\nBeta Ltd"
    assert agreement.number == "2026 9"


def test_a_change_is_kept_with_from_and_to(standing, session):
    agreement = standing.draft()
    edit(standing, agreement, replace(TERMS, number="2026-5", brands="Acme"))
    event = session.scalar(select(AuditEvent).where(AuditEvent.kind == "agreement.edited"))
    assert event.data["changes"] == {"number": ["2026-1", "2026-5"], "brands": ["Acme, Beta", "Acme"]}
    assert not text.differs(agreement)


def test_a_change_on_an_older_version_or_by_somebody_else_is_refused(standing):
    agreement = standing.draft()
    before = agreement.version
    edit(standing, agreement, replace(TERMS, brands="Acme"))
    with pytest.raises(Stale):
        edit(standing, agreement, TERMS, version=before)
    with pytest.raises(NotAllowed):
        edit(standing, agreement, TERMS, actor=standing.supplier)


def test_a_draft_is_cancelled_on_a_ground_that_holds(standing, session):
    agreement = standing.draft()
    assert code(cancel, standing, agreement, "whim") == "ground-missing"
    assert code(cancel, standing, agreement, motive=" ") == "motive-missing"
    assert code(cancel, standing, agreement, "award_withdrawn") == "ground-missing"
    assert code(cancel, standing, agreement, "round_cancelled") == "ground-missing"
    with pytest.raises(NotAllowed):
        cancel(standing, agreement, actor=standing.supplier)
    standing.decision.withdrawn_at = standing.clock()
    session.flush()
    cancel(standing, agreement, "award_withdrawn")
    assert (agreement.state, agreement.ended_at) == ("cancelled", standing.clock())
    event = session.scalar(select(AuditEvent).where(AuditEvent.kind == "agreement.cancel"))
    assert event.data["ground"] == "award_withdrawn"


def test_a_cancelled_round_is_a_ground_and_a_waiting_signature_goes(standing):
    agreement = standing.draft()
    standing.propose(agreement, standing.lead)
    standing.round.state = "cancelled"
    standing.session.flush()
    cancel(standing, agreement, "round_cancelled")
    assert code(standing.confirm, agreement, standing.supplier) in ("move-not-listed", "nothing-proposed")


def test_the_estimate_stands_in_the_text_only_where_it_was_published(standing):
    assert "qty_estimated" in text.contents(standing.draft())["published"]["lot"]
    agreement = standing.session.scalars(select(Agreement)).one()
    standing.round.settings = {"publish_pool": False}
    standing.freeze()
    assert "qty_estimated" not in text.contents(agreement)["published"]["lot"]


def test_the_database_refuses_a_second_agreement_of_an_award_and_states_without_their_facts(standing, session):
    agreement = standing.draft()
    session.commit()
    for broken in ({"state": "signed"}, {"state": "in_force"}, {"state": "expired"}, {"ends_on": FIRST - DAY}):
        for name, value in broken.items():
            setattr(agreement, name, value)
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()
    twin = {
        column.key: getattr(agreement, column.key)
        for column in Agreement.__mapper__.column_attrs
        if column.key not in ("id", "public_id", "number")
    }
    session.add(Agreement(**twin, number="other"))
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def test_an_award_with_a_draft_is_not_deleted_when_the_decision_is_written_anew(standing):
    from framework.award.decision import _is_kept

    standing.decision.announced_at = None
    assert not _is_kept(standing.session, standing.decision)
    standing.draft()
    assert _is_kept(standing.session, standing.decision), "a new decision is made beside it"


def test_a_refusal_names_the_move(standing):
    standing.round.state = "judging"
    with pytest.raises(MoveRefused) as told:
        standing.draft()
    assert told.value.attempt == "agreement.draft"

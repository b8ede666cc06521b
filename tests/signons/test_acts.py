"""Acts of sign-on: each guard broken alone, the list that closes, the second person."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from sqlalchemy import select

import framework.signons  # noqa: F401 - registers the guards
from framework.ground import lifecycle
from framework.ground.actors import SYSTEM
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, RuleBroken, Stale
from framework.ground.lifecycle import Context
from framework.rounds import next_action
from framework.rounds.next_action import Reader
from framework.signons import acts, closing, eligibility, lists, notices
from framework.signons.mandate import Mandate
from models.records import AuditEvent, Mail
from models.rounds import MemberClass
from models.signons import EligibilitySnapshot, SignOn
from tests.memory import remembered

SIGNED = dt.date(2026, 6, 1)


def mandate(build, **values) -> Mandate:
    facts = {
        "document": build.stored_file(),
        "signed_by_name": "A. Signatory",
        "signed_by_title": "Mayor",
        "signed_on": SIGNED,
        "eligibility_basis": "named_in_notice",
        "mandate_type": "cpb",
        "liaison_name": "B. Liaison",
        "liaison_email": "liaison@example.org",
        "clause_commitment": True,
        "data_agreement": True,
        "statement": "We use the clauses.",
    }
    return Mandate(**(facts | values))


def name_class(build, round_, name="Municipalities") -> MemberClass:
    return build.add(MemberClass(round=round_, name=name, created_at=build.clock()))


@pytest.fixture
@remembered
def world(build):
    round_ = build.round(state="sign_on")
    member = build.organisation("buyer")
    return round_, member, build.person(round_.organisation), build.person(member)


def test_an_invited_body_joins_hands_in_and_is_confirmed(session, build, clock, world):
    round_, member, lead, person = world

    sign_on = acts.invite(session, round_, member, actor=lead, now=clock())
    acts.accept_invitation(session, sign_on, actor=person, now=clock())
    acts.submit_mandate(session, sign_on, mandate(build), actor=person, now=clock(), version=sign_on.version)
    acts.confirm(session, sign_on, actor=lead, now=clock(), version=sign_on.version)

    kinds = session.scalars(select(AuditEvent.kind).order_by(AuditEvent.seq)).all()
    assert (sign_on.state, sign_on.confirmed_by_id, sign_on.statement) == (
        "confirmed",
        lead.user_id,
        "We use the clauses.",
    )
    assert kinds == ["sign_on.invite", "sign_on.accept_invitation", "sign_on.submit_mandate", "sign_on.confirm"]


@pytest.mark.parametrize(("state", "mails"), [("set_up", 0), ("sign_on", 1)])
def test_the_invitation_mail_waits_until_sign_on_opens(session, build, clock, state, mails):
    round_ = build.round(state=state)
    member = build.organisation("buyer")
    build.user(member)

    acts.invite(session, round_, member, actor=build.person(round_.organisation), now=clock())

    session.flush()
    assert len(session.scalars(select(Mail).where(Mail.template == "sign_on_invited")).all()) == mails


def test_opening_sign_on_sends_the_invitations_that_waited(session, build, clock):
    round_ = build.round(state="set_up")
    member = build.organisation("buyer")
    build.user(member)
    acts.invite(session, round_, member, actor=build.person(round_.organisation), now=clock())

    closing.send_invitations(session, round_, system_context(clock))

    session.flush()
    assert session.scalars(select(Mail.template)).all() == ["sign_on_invited"]


@pytest.mark.parametrize("state", ["ready", "published", "judging", "in_force"])
def test_once_the_list_is_closed_nobody_is_invited_by_name(session, build, clock, state):
    round_ = build.round(state=state)
    lead = build.person(round_.organisation)

    with pytest.raises(MoveRefused) as refused:
        acts.invite(session, round_, build.organisation("buyer"), actor=lead, now=clock())

    assert (refused.value.code, refused.value.rule) == ("list-closed", "L03")


@pytest.mark.parametrize(("rule", "joins"), [("named_class_only", True), ("open_framework", True), ("never", False)])
def test_after_publication_a_named_class_lets_a_body_join_unless_the_round_says_never(
    session, build, clock, rule, joins
):
    round_ = build.round(state="in_force", settings={"accession_after_publication": rule})
    name_class(build, round_)
    lead = build.person(round_.organisation)

    outcome = outcome_of(
        lambda: acts.invite(
            session, round_, build.organisation("buyer"), actor=lead, now=clock(), class_name="Municipalities"
        )
    )

    assert outcome == ("" if joins else "list-closed")


@pytest.mark.parametrize("state", ["closed", "cancelled", "archived"])
def test_a_round_that_is_over_takes_nobody_not_even_by_class(session, build, clock, state):
    round_ = build.round(state=state)
    name_class(build, round_)
    lead = build.person(round_.organisation)

    outcome = outcome_of(
        lambda: acts.invite(
            session, round_, build.organisation("buyer"), actor=lead, now=clock(), class_name="Municipalities"
        )
    )

    assert outcome == "list-closed"


def test_a_class_that_the_round_does_not_name_lets_nobody_in(session, build, clock, world):
    round_, member, lead, _person = world

    outcome = outcome_of(lambda: acts.invite(session, round_, member, actor=lead, now=clock(), class_name="Hospitals"))

    assert outcome == "class-not-named"


def test_a_body_stands_on_the_list_once(session, build, clock, world):
    round_, member, lead, _person = world
    acts.invite(session, round_, member, actor=lead, now=clock())

    outcome = outcome_of(lambda: acts.invite(session, round_, member, actor=lead, now=clock()))

    assert outcome == "already-on-list"


def test_a_supplier_cannot_be_invited_as_a_buyer(session, build, clock, world):
    round_, _member, lead, _person = world

    with pytest.raises(InvalidInput):
        acts.invite(session, round_, build.organisation("supplier"), actor=lead, now=clock())


@pytest.mark.parametrize(
    ("open_to_applications", "state", "code"),
    [
        (True, "sign_on", ""),
        (False, "sign_on", "by-invitation-only"),
        (True, "set_up", "not-open-yet"),
        (True, "ready", "list-closed"),
    ],
)
def test_a_body_applies_where_the_round_takes_applications(session, build, clock, open_to_applications, state, code):
    round_ = build.round(state=state, open_to_applications=open_to_applications)
    member = build.organisation("buyer")

    outcome = outcome_of(lambda: acts.apply(session, round_, member, actor=build.person(member), now=clock()))

    assert outcome == code


@pytest.mark.parametrize(("state", "code"), [("set_up", "not-open-yet"), ("ready", "list-closed")])
def test_an_invitation_is_accepted_only_while_sign_on_is_open(session, build, clock, state, code):
    round_ = build.round(state=state)
    sign_on = build.sign_on(round_, state="invited")

    outcome = outcome_of(
        lambda: acts.accept_invitation(session, sign_on, actor=build.person(sign_on.organisation), now=clock())
    )

    assert outcome == code


@pytest.mark.parametrize(
    ("broken", "code", "field"),
    [
        ({"document": None}, "mandate-missing", "document"),
        ({"signed_by_name": " "}, "signatory-missing", "signed_by_name"),
        ({"signed_by_title": ""}, "title-missing", "signed_by_title"),
        ({"signed_on": None}, "signing-date-missing", "signed_on"),
        ({"signed_on": dt.date(2026, 11, 24)}, "signed-in-future", "signed_on"),
        ({"mandate_type": "occasional_joint_full"}, "mandate-type-differs", "mandate_type"),
        ({"mandate_type": None}, "mandate-type-differs", "mandate_type"),
        ({"eligibility_basis": "wish"}, "basis-missing", "eligibility_basis"),
        ({"eligibility_basis": "class_in_notice", "class_name": "Hospitals"}, "class-not-named", "class_name"),
        ({"eligibility_basis": "consortium_membership"}, "class-proof-missing", "class_proof"),
        ({"liaison_name": ""}, "liaison-missing", "liaison_name"),
        ({"liaison_email": "nobody"}, "liaison-email-missing", "liaison_email"),
        ({"clause_commitment": False}, "no-clause-commitment", "clause_commitment"),
        ({"data_agreement": False}, "no-data-agreement", "data_agreement"),
    ],
)
def test_a_mandate_that_lacks_one_thing_is_refused_at_that_field(session, build, clock, world, broken, code, field):
    round_, member, _lead, person = world
    sign_on = build.sign_on(round_, member)
    told = dataclasses.replace(mandate(build), **broken)

    with pytest.raises(InvalidInput) as refused:
        acts.submit_mandate(session, sign_on, told, actor=person, now=clock(), version=sign_on.version)

    assert (refused.value.code, refused.value.field, sign_on.state) == (code, field, "interested")


def test_a_mandate_for_a_named_class_is_taken_with_its_proof(session, build, clock, world):
    round_, member, _lead, person = world
    name_class(build, round_)
    sign_on = build.sign_on(round_, member)
    told = mandate(
        build, eligibility_basis="class_in_notice", class_name="Municipalities", class_proof=build.stored_file()
    )

    acts.submit_mandate(session, sign_on, told, actor=person, now=clock(), version=sign_on.version)

    assert (sign_on.state, sign_on.class_name) == ("mandate_pending", "Municipalities")


def test_nobody_else_hands_in_for_a_member(session, build, clock, world):
    round_, member, _lead, _person = world
    sign_on = build.sign_on(round_, member)
    stranger = build.person(build.sign_on(round_).organisation)

    with pytest.raises(NotAllowed):
        acts.submit_mandate(session, sign_on, mandate(build), actor=stranger, now=clock(), version=sign_on.version)


@pytest.mark.parametrize(
    ("broken", "code", "rule"),
    [
        ({"mandate_type": "occasional_joint_full"}, "mandate-type-differs", "L06"),
        ({"eligibility_basis": "class_in_notice", "class_name": "Hospitals"}, "class-not-named", "L03"),
        ({"eligibility_basis": "consortium_membership"}, "class-proof-missing", "L03"),
        ({"eligibility_basis": "open_framework_reopening"}, "basis-does-not-fit", "L03"),
        ({"clause_commitment": False}, "no-clause-commitment", ""),
        ({"data_agreement_signed_on": None}, "no-data-agreement", "L28"),
    ],
)
def test_a_mandate_with_one_fault_is_not_confirmed(session, build, clock, broken, code, rule):
    round_ = build.round(state="demand")
    sign_on = build.sign_on(round_, state="mandate_pending", **broken)
    lead = build.person(round_.organisation)

    with pytest.raises(MoveRefused) as refused:
        acts.confirm(session, sign_on, actor=lead, now=clock(), version=sign_on.version)

    assert (refused.value.code, refused.value.rule, sign_on.state) == (code, rule, "mandate_pending")


@pytest.mark.parametrize("state", ["ready", "published", "in_force"])
def test_after_readiness_no_mandate_is_confirmed_by_name(session, build, clock, state):
    round_ = build.round(state=state)
    sign_on = build.sign_on(round_, state="mandate_pending")

    with pytest.raises(MoveRefused) as refused:
        acts.confirm(session, sign_on, actor=build.person(round_.organisation), now=clock(), version=sign_on.version)

    assert (refused.value.code, refused.value.rule) == ("list-closed", "L03")


def test_a_body_of_a_named_class_is_confirmed_after_publication(session, build, clock):
    round_ = build.round(state="in_force")
    name_class(build, round_)
    sign_on = build.sign_on(
        round_,
        state="mandate_pending",
        eligibility_basis="class_in_notice",
        class_name="Municipalities",
        class_proof_id=build.stored_file().id,
        signed_on=clock().date(),
    )

    acts.confirm(session, sign_on, actor=build.person(round_.organisation), now=clock(), version=sign_on.version)

    assert sign_on.state == "confirmed"


def test_a_mandate_signed_after_publication_is_too_late_by_name(session, build, clock):
    round_ = build.round(state="demand", published_at=clock() - dt.timedelta(days=40))
    sign_on = build.sign_on(round_, state="mandate_pending", signed_on=clock().date())

    outcome = outcome_of(
        lambda: acts.confirm(
            session, sign_on, actor=build.person(round_.organisation), now=clock(), version=sign_on.version
        )
    )

    assert outcome == "signed-too-late"


def test_whoever_handed_in_a_mandate_cannot_confirm_it(session, build, clock):
    round_ = build.round(state="sign_on")
    user = build.user(round_.organisation, "lead", "member")
    actor = build.actor(user, round_.organisation, "lead", "member")
    sign_on = build.sign_on(round_, round_.organisation)
    acts.submit_mandate(session, sign_on, mandate(build), actor=actor, now=clock(), version=sign_on.version)

    with pytest.raises(MoveRefused) as refused:
        acts.confirm(session, sign_on, actor=actor, now=clock(), version=sign_on.version)

    assert (refused.value.code, refused.value.rule) == ("same-person", "SD5")


def test_a_mandate_replaced_meanwhile_is_not_confirmed_unseen(session, build, clock):
    round_ = build.round(state="sign_on")
    sign_on = build.sign_on(round_, state="mandate_pending")

    with pytest.raises(Stale):
        acts.confirm(
            session, sign_on, actor=build.person(round_.organisation), now=clock(), version=sign_on.version + 1
        )


MOTIVE_ACTS = [
    ("invited", "withdraw_invitation", "demand", {}),
    ("interested", "refuse", "demand", {}),
    ("mandate_pending", "refuse", "demand", {}),
    ("mandate_pending", "return_mandate", "demand", {}),
    ("confirmed", "reopen_mandate", "demand", {}),
    ("suspended", "reinstate", "in_force", {}),
    ("suspended", "leave", "in_force", {}),
    ("active", "suspend", "in_force", {"ground": "other"}),
]


@pytest.mark.parametrize(("source", "act", "round_state", "facts"), MOTIVE_ACTS)
def test_a_lead_must_say_why(session, build, clock, source, act, round_state, facts):
    round_ = build.round(state=round_state)
    sign_on = build.sign_on(round_, state=source)
    lead = build.person(round_.organisation)

    outcome = outcome_of(lambda: lifecycle.move(session, sign_on, act, actor=lead, now=clock(), motive=" ", **facts))
    lifecycle.move(session, sign_on, act, actor=lead, now=clock(), motive="Said why", **facts)

    assert outcome == "motive-missing"
    assert sign_on.reason == ("" if act == "reinstate" else "Said why")


@pytest.mark.parametrize("source", ["confirmed", "active", "suspended"])
def test_a_member_leaves_with_a_motive(session, build, clock, source):
    round_ = build.round(state="in_force")
    sign_on = build.sign_on(round_, state=source)
    person = build.person(sign_on.organisation)

    outcome = outcome_of(lambda: acts.leave(session, sign_on, actor=person, now=clock(), motive=""))
    acts.leave(session, sign_on, actor=person, now=clock(), motive="Merged")

    assert (outcome, sign_on.state) == ("motive-missing", "left")


def test_a_confirmation_is_not_reopened_after_readiness(session, build, clock):
    round_ = build.round(state="published")
    sign_on = build.sign_on(round_, state="confirmed")
    lead = build.person(round_.organisation)

    outcome = outcome_of(lambda: acts.reopen_mandate(session, sign_on, actor=lead, now=clock(), motive="Why"))

    assert outcome == "list-closed"


@pytest.mark.parametrize(
    ("round_state", "frozen", "settings", "values", "code"),
    [
        ("in_force", True, {}, {}, ""),
        ("standstill", True, {}, {}, "not-in-force"),
        ("in_force", False, {}, {}, "not-on-frozen-list"),
        ("in_force", True, {"call_off_registration_required": True}, {}, "not-registered"),
        ("in_force", True, {"call_off_registration_required": True}, {"call_off_registered_on": SIGNED}, ""),
        ("in_force", True, {}, {"fee_rule": "fixed_yearly"}, "fee-unpaid"),
        ("in_force", True, {}, {"fee_rule": "fixed_yearly", "fee_paid_on": SIGNED}, ""),
    ],
)
def test_a_body_is_activated_when_everything_is_in_order(
    session, build, clock, round_state, frozen, settings, values, code
):
    round_ = build.round(state=round_state, settings=settings)
    sign_on = build.sign_on(round_, state="confirmed", **values)
    if frozen:
        build.add(
            EligibilitySnapshot(round_id=round_.id, organisation_id=sign_on.organisation_id, at=clock(), facts={})
        )

    outcome = outcome_of(lambda: acts.activate(session, sign_on, actor=build.person(round_.organisation), now=clock()))

    assert outcome == code


def test_a_suspension_names_its_ground(session, build, clock):
    round_ = build.round(state="in_force")
    sign_on = build.sign_on(round_, state="active")
    lead = build.person(round_.organisation)

    outcome = outcome_of(lambda: acts.suspend(session, sign_on, actor=lead, now=clock(), ground="mood"))
    acts.suspend(session, sign_on, actor=lead, now=clock(), ground="fee_unpaid")

    assert (outcome, sign_on.state, sign_on.reason) == ("ground-missing", "suspended", "fee_unpaid")


def test_an_unpaid_fee_keeps_a_body_suspended(session, build, clock):
    round_ = build.round(state="in_force")
    sign_on = build.sign_on(round_, state="suspended", reason="fee_unpaid")
    lead = build.person(round_.organisation)

    outcome = outcome_of(lambda: acts.reinstate(session, sign_on, actor=lead, now=clock(), motive="Paid"))
    acts.record_formalities(session, sign_on, actor=lead, now=clock(), fee_rule="fixed_yearly", fee_paid_on=SIGNED)
    acts.reinstate(session, sign_on, actor=lead, now=clock(), motive="Paid")

    assert (outcome, sign_on.state) == ("fee-unpaid", "active")


def test_publication_refuses_whoever_is_not_confirmed_and_keeps_a_named_class(session, build, clock):
    round_ = build.round(state="published")
    name_class(build, round_)
    gone = [build.sign_on(round_, state=s) for s in ("invited", "interested", "mandate_pending")]
    by_class = build.sign_on(
        round_, state="interested", eligibility_basis="class_in_notice", class_name="Municipalities"
    )
    confirmed = build.sign_on(round_, state="confirmed")

    closing.freeze_list(session, round_, system_context(clock))

    session.flush()
    listed = session.scalars(select(EligibilitySnapshot)).one()
    assert [(s.state, s.reason) for s in gone] == [("refused", "list-closed")] * 3
    assert (by_class.state, confirmed.state) == ("interested", "confirmed")
    assert (listed.organisation_id, listed.facts["frozen_hash"]) == (confirmed.organisation_id, round_.frozen_hash)


def test_the_system_refuses_nobody_while_the_list_is_open(session, build, clock):
    sign_on = build.sign_on(build.round(state="demand"), state="interested")

    outcome = outcome_of(lambda: lifecycle.move(session, sign_on, "refuse", actor=SYSTEM, now=clock()))

    assert outcome == "list-still-open"


def test_every_move_of_a_sign_on_whose_guard_is_written_is_registered():
    missing = [m.act for m in lifecycle.moves() if m.entity == "sign_on" and m.guard and lifecycle.hooks_of(m) is None]

    assert missing == []


def test_the_list_is_searched_filtered_and_counted(session, build, clock):
    round_ = build.round(state="demand")
    build.sign_on(round_, build.organisation(name="Region North"), state="confirmed")
    build.sign_on(round_, build.organisation(name="Region South"), state="invited")
    build.sign_on(round_, build.organisation(name="City 100%"), state="invited")

    by_name = lists.listing(session, round_, search="region")
    by_sign = lists.listing(session, round_, search="%")
    by_state = lists.listing(session, round_, state="confirmed")

    assert [s.organisation.name for s in by_name.rows] == ["Region North", "Region South"]
    assert [s.organisation.name for s in by_sign.rows] == ["City 100%"]
    assert (by_state.total, by_state.counts) == (1, {"invited": 2, "confirmed": 1})


def test_a_body_that_left_may_be_invited_anew(session, build, clock, world):
    round_, member, lead, person = world
    first = acts.invite(session, round_, member, actor=lead, now=clock())
    acts.decline(session, first, actor=person, now=clock())

    second = acts.invite(session, round_, member, actor=lead, now=clock())

    session.flush()
    assert (first.state, second.state, session.query(SignOn).count()) == ("left", "invited", 2)


def outcome_of(act) -> str:
    """The code of the broken rule; blank where the act was made."""
    try:
        act()
    except RuleBroken as error:
        return error.code
    return ""


def system_context(clock) -> Context:
    move = next(m for m in lifecycle.moves() if m.act == "publish")
    return Context(move, SYSTEM, clock(), frozenset({"system"}))


@pytest.mark.parametrize(
    ("round_facts", "sign_on_facts", "code"),
    [
        ({"mandate_type": "occasional_joint_full"}, {"eligibility_basis": "cpb_client"}, "basis-does-not-fit"),
        ({}, {"eligibility_basis": "cpb_client"}, ""),
        ({}, {"invited_basis": "class_in_notice", "invited_class": "Municipalities"}, "basis-does-not-fit"),
        (
            {"settings": {"open_framework": True}},
            {"eligibility_basis": "open_framework_reopening"},
            "basis-does-not-fit",
        ),
    ],
    ids=["client of no purchasing body", "client", "named, but invited by class", "re-opening under another law"],
)
def test_a_basis_that_does_not_fit_is_neither_taken_nor_confirmed(
    session, build, clock, round_facts, sign_on_facts, code
):
    round_ = build.round(state="demand", **round_facts)
    sign_on = build.sign_on(round_, state="mandate_pending", **sign_on_facts)
    joining = build.sign_on(round_, **sign_on_facts)
    claimed = {"eligibility_basis": joining.eligibility_basis, "mandate_type": round_.mandate_type}
    lead, person = build.person(round_.organisation), build.person(joining.organisation)

    def hand_in():
        acts.submit_mandate(
            session, joining, mandate(build, **claimed), actor=person, now=clock(), version=joining.version
        )

    assert outcome_of(hand_in) == code
    assert outcome_of(lambda: acts.confirm(session, sign_on, actor=lead, now=clock(), version=sign_on.version)) == code


def test_a_mandate_that_claims_another_basis_than_the_invitation_is_told_apart(session, build, clock, world):
    round_, member, lead, _person = world
    sign_on = acts.invite(session, round_, member, actor=lead, now=clock())
    before = eligibility.differs_from_invitation(sign_on)

    sign_on.eligibility_basis = "cpb_client"

    assert (before, eligibility.differs_from_invitation(sign_on)) == (False, True)


@pytest.mark.parametrize(("seconds", "code"), [(-1, ""), (0, ""), (1, "sign-on-over")])
def test_the_deadline_for_signing_on_binds_from_its_next_instant(session, build, clock, seconds, code):
    round_ = build.round(state="sign_on", open_to_applications=True, signon_deadline=clock())
    invited, joining = build.sign_on(round_, state="invited"), build.sign_on(round_)
    answering, handing_in = build.person(invited.organisation), build.person(joining.organisation)
    applicant = build.organisation("buyer")
    applying, now = build.person(applicant), clock() + dt.timedelta(seconds=seconds)

    outcomes = [
        outcome_of(lambda: acts.accept_invitation(session, invited, actor=answering, now=now)),
        outcome_of(lambda: acts.apply(session, round_, applicant, actor=applying, now=now)),
        outcome_of(
            lambda: acts.submit_mandate(
                session, joining, mandate(build), actor=handing_in, now=now, version=joining.version
            )
        ),
    ]

    assert outcomes == [code] * 3


def test_a_body_of_a_named_class_joins_after_the_deadline_for_signing_on(session, build, clock):
    round_ = build.round(state="in_force", signon_deadline=clock() - dt.timedelta(days=300))
    name_class(build, round_)
    facts = {"eligibility_basis": "class_in_notice", "class_name": "Municipalities"}
    invited = build.sign_on(round_, state="invited", **facts)

    acts.accept_invitation(session, invited, actor=build.person(invited.organisation), now=clock())

    assert invited.state == "interested"


@pytest.mark.parametrize(
    ("facts", "may_join"),
    [({"eligibility_basis": "class_in_notice", "class_name": "Municipalities"}, True), ({}, False)],
    ids=["class", "name"],
)
def test_after_the_deadline_the_next_step_says_what_the_act_allows(session, build, clock, facts, may_join):
    round_ = build.round(state="sign_on", signon_deadline=clock() - dt.timedelta(days=1))
    name_class(build, round_)
    invited = build.sign_on(round_, state="invited", **facts)
    actor = build.person(invited.organisation)

    step = next_action.next_step(session, round_, Reader(actor, frozenset({"member"}), clock()))

    assert ("invites you" in step.sentence) is may_join


@pytest.mark.parametrize(
    ("facts", "refused"), [({}, True), ({"class_name": "Municipalities"}, False)], ids=["name", "class"]
)
def test_nobody_is_invited_who_could_not_accept_any_more(session, build, clock, facts, refused):
    round_ = build.round(state="demand", signon_deadline=clock() - dt.timedelta(days=1))
    name_class(build, round_)
    body, lead = build.organisation("buyer"), build.person(round_.organisation)

    if refused:
        with pytest.raises(MoveRefused) as found:
            acts.invite(session, round_, body, actor=lead, now=clock(), **facts)
        assert found.value.code == "sign-on-over"
        assert "Set a later date" in found.value.message
    else:
        assert acts.invite(session, round_, body, actor=lead, now=clock(), **facts).state == "invited"


def test_a_body_that_cannot_accept_any_more_is_not_told_to_declare(session, build, clock):
    round_ = build.round(state="demand", signon_deadline=clock() - dt.timedelta(days=1))
    invited = build.sign_on(round_, state="invited")
    actor = build.person(invited.organisation)

    step = next_action.next_step(session, round_, Reader(actor, frozenset({"member"}), clock()))

    assert step.sentence.startswith("Signing on ended")


def test_a_new_body_gets_its_link_when_sign_on_opens_with_round_and_deadline(session, build, clock):
    deadline = clock() + dt.timedelta(days=20)
    round_ = build.round(state="set_up", signon_deadline=deadline, zone="Europe/Amsterdam")
    body, lead = build.organisation("buyer"), build.person(round_.organisation)
    acts.invite(session, round_, body, actor=lead, now=clock(), email="clerk@example.org")
    session.flush()
    before = session.scalars(select(Mail)).all()

    closing.send_invitations(session, round_, dataclasses.replace(system_context(clock), actor=lead))

    session.flush()
    mail = session.scalars(select(Mail)).one()
    assert before == []
    assert (mail.template, mail.recipient, mail.params["round"]) == ("invitation", "clerk@example.org", round_.name)
    assert "Europe/Amsterdam" in mail.params["deadline"]


def test_whoever_comes_into_a_body_is_told_of_the_round_that_waits_for_its_answer(session, build, clock, world):
    round_, _member, lead, _person = world
    round_.signon_deadline = clock() + dt.timedelta(days=3)
    empty = build.organisation("buyer")
    acts.invite(session, round_, empty, actor=lead, now=clock())
    user = build.user(empty)

    waiting = notices.newcomer(session, empty, user, now=clock())

    session.flush()
    mail = session.scalars(select(Mail)).one()
    assert waiting.organisation_id == empty.id
    assert (mail.template, mail.recipient) == ("sign_on_invited", user.email)
    assert mail.params["deadline"] != ""


def test_the_lead_sees_who_has_not_answered_and_who_owes_a_mandate(session, build, clock):
    round_ = build.round(state="sign_on")
    invited, joining = build.sign_on(round_, state="invited"), build.sign_on(round_)
    build.sign_on(round_, state="confirmed")
    reader = Reader(build.person(round_.organisation), frozenset({"lead"}), clock())

    found = next_action.blockers(session, round_, reader)

    assert [step.params for step in found] == [
        {"count": 1, "names": [invited.organisation.name]},
        {"count": 1, "names": [joining.organisation.name]},
    ]


def test_of_many_bodies_that_have_not_answered_the_first_are_named_and_all_are_counted(session, build, clock):
    round_ = build.round(state="sign_on")
    bodies = [build.sign_on(round_, state="invited").organisation.name for _each in range(8)]
    reader = Reader(build.person(round_.organisation), frozenset({"lead"}), clock())

    found = next_action.blockers(session, round_, reader)

    assert [step.params["count"] for step in found] == [8]
    assert len(found[0].params["names"]) == 6
    assert set(found[0].params["names"]) < set(bodies)
    assert "the first by name" in found[0].sentence


@pytest.mark.parametrize(("state", "is_public"), [("demand", False), ("published", True)])
def test_a_refused_body_is_sent_to_the_public_page_where_there_is_one(session, build, clock, state, is_public):
    round_ = build.round(state=state)
    sign_on = build.sign_on(round_)
    build.user(sign_on.organisation)

    notices.refused(session, sign_on, now=clock())

    session.flush()
    path = session.scalars(select(Mail)).one().params["path"]
    assert path == (f"/public/rounds/{round_.public_id}" if is_public else "")


@pytest.mark.parametrize(
    ("law", "settings", "joins"),
    [
        ("uk_2023", {"open_framework": True}, True),
        ("uk_2023", {"open_framework": True, "accession_after_publication": "never"}, False),
        ("uk_2023", {}, False),
        ("eu", {"open_framework": True}, False),
    ],
)
def test_after_publication_an_open_framework_lets_a_body_in_by_its_re_opening(
    session, build, clock, law, settings, joins
):
    round_ = build.round(state="in_force", jurisdiction=law, settings=settings)
    lead, body = build.person(round_.organisation), build.organisation("buyer")

    outcome = outcome_of(lambda: acts.invite(session, round_, body, actor=lead, now=clock()))

    invited = session.scalars(select(SignOn)).all()
    assert outcome == ("" if joins else "list-closed")
    assert [one.invited_basis for one in invited] == (["open_framework_reopening"] if joins else [])


def test_whoever_was_let_in_by_the_re_opening_claims_it_and_is_confirmed(session, build, clock):
    round_ = build.round(state="in_force", jurisdiction="uk_2023", settings={"open_framework": True})
    lead, body = build.person(round_.organisation), build.organisation("buyer")
    person = build.person(body)
    sign_on = acts.invite(session, round_, body, actor=lead, now=clock())
    acts.accept_invitation(session, sign_on, actor=person, now=clock())
    by_name, by_reopening = (
        mandate(build, eligibility_basis=basis, signed_on=clock().date())
        for basis in ("named_in_notice", "open_framework_reopening")
    )

    named = outcome_of(
        lambda: acts.submit_mandate(session, sign_on, by_name, actor=person, now=clock(), version=sign_on.version)
    )
    acts.submit_mandate(session, sign_on, by_reopening, actor=person, now=clock(), version=sign_on.version)
    acts.confirm(session, sign_on, actor=lead, now=clock(), version=sign_on.version)

    assert named == "basis-does-not-fit"
    assert sign_on.state == "confirmed"


@pytest.mark.parametrize(
    ("law", "article"),
    [
        ("eu", "article 33(2) of Directive 2014/24/EU"),
        ("se", "article 33(2) of Directive 2014/24/EU"),
        ("uk_2023", "sections 45(5) and 49 of the Procurement Act 2023"),
    ],
)
@pytest.mark.parametrize("act", ["invite", "apply", "accept_invitation", "confirm", "reopen_mandate"])
def test_every_attempt_after_publication_is_refused_with_the_article_named(session, build, clock, law, article, act):
    round_ = build.round(state="in_force", jurisdiction=law, open_to_applications=True)
    lead, body = build.person(round_.organisation), build.organisation("buyer")
    state = {"accept_invitation": "invited", "confirm": "mandate_pending", "reopen_mandate": "confirmed"}.get(act)
    sign_on = build.sign_on(round_, body, state=state) if state else None
    person, when = build.person(body), {"now": clock()}
    attempts = {
        "invite": lambda: acts.invite(session, round_, body, actor=lead, **when),
        "apply": lambda: acts.apply(session, round_, body, actor=person, **when),
        "accept_invitation": lambda: acts.accept_invitation(session, sign_on, actor=person, **when),
        "confirm": lambda: acts.confirm(session, sign_on, actor=lead, version=sign_on.version, **when),
        "reopen_mandate": lambda: acts.reopen_mandate(session, sign_on, actor=lead, motive="why", **when),
    }

    with pytest.raises(MoveRefused) as refused:
        attempts[act]()

    assert (refused.value.code, refused.value.rule) == ("list-closed", "L03")
    assert article in refused.value.message

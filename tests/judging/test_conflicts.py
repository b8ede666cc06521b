"""Conflicts first: one statement over one list, binding whoever it is, and late ones take out what was judged."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError

from framework.ground import conflicts
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, NotFound
from framework.judging import assigning, hints, taking_out
from framework.judging import conflicts as statements
from framework.judging.bidders import bidders
from framework.judging.conflicts import Tie
from models.judging import Assessment, AssessmentVersion, Conflict, Verdict
from models.people import Organisation, RoleGrant, User
from models.records import AuditEvent, Mail
from models.rounds import Round
from tests.judging.world import rows_of

pytestmark = pytest.mark.statements


def kinds(world):
    return list(world.session.scalars(select(AuditEvent.kind).order_by(AuditEvent.seq)))


def test_a_statement_without_ties_covers_the_whole_list(world):
    statement = world.state(world.evaluators[0])

    assert statement.shown == [
        [world.north.id, ""],
        [world.north.id, "acme"],
        [world.south.id, ""],
        [world.south.id, "bolt"],
    ]
    assert conflicts.barred(world.session, world.evaluators[0].user_id) == frozenset()
    assert world.session.query(Mail).filter_by(template="conflict_declared").count() == 0


@pytest.mark.parametrize("who", ["lead", "chair"])
def test_a_conflict_keeps_the_tender_from_whoever_it_is(world, who):
    actor = getattr(world, who)

    world.state(actor, world.north)

    assert conflicts.barred(world.session, actor.user_id) == {world.north.id}
    with pytest.raises(NotFound):
        conflicts.require_free(world.session, actor, world.north)
    conflicts.require_free(world.session, actor, world.south)


def test_a_conflict_with_a_brand_keeps_every_tender_that_offers_it(world):
    both = world.opened.built([*rows_of("Bolt"), ("0_submission", {"brand": " AC ME"})], name="Wide IT")

    world.state(world.chair, "acme")

    assert conflicts.barred(world.session, world.chair.user_id) == {world.north.id, both.id}


@pytest.mark.parametrize(
    ("tie", "undertakes", "code"),
    [
        (lambda w: Tie(w.north.supplier_id, "", "  "), True, "reason-missing"),
        (lambda w: Tie(w.north.supplier_id, "", "work", is_ticked=False), True, "tick-missing"),
        (lambda w: Tie(w.members[0].id, "", "work"), True, "no-such-bidder"),
        (lambda w: Tie(None, "nobody", "work"), True, "no-such-bidder"),
        (lambda w: Tie(None, "acme", "w" * 1001), True, "too-long"),
        (lambda w: Tie(None, "acme", "work"), False, "undertaking-missing"),
    ],
)
def test_a_statement_that_is_not_whole_is_refused(world, tie, undertakes, code):
    with pytest.raises(InvalidInput) as refused:
        statements.state(
            world.session, world.round, [tie(world)], undertakes=undertakes, actor=world.chair, now=world.clock()
        )

    assert refused.value.code == code


def test_a_supplier_and_a_stranger_give_no_statement(world):
    supplier = world.build.person(world.north.supplier)

    with pytest.raises(NotAllowed):
        world.state(supplier)
    with pytest.raises(NotFound):
        world.state(world.build.person(world.build.organisation("lead")))


def test_lead_and_chair_are_told_once_and_not_why(world):
    world.state(world.evaluators[0], world.north, "bolt")

    mails = world.session.query(Mail).filter_by(template="conflict_declared").all()
    told = {one.recipient for one in mails}
    addresses = {world.session.get(User, one.user_id).email for one in (world.lead, world.second_lead, world.chair)}
    assert told == addresses
    assert len(mails) == len(told)
    assert all("former work" not in str(one.params) and "Northern" not in str(one.params) for one in mails)


def test_a_late_conflict_takes_out_what_was_judged_and_opens_the_verdict_again(world):
    world.all_state()
    world.admit()
    world.share()
    late = next(one for one in world.evaluators if {a.submission_id for a in world.held(one)} >= {world.north.id})
    mine = [one for one in world.held(late) if one.submission_id == world.north.id]
    world.round.state = "judging"
    first, second, *rest = mine
    for one in world.session.query(Assessment).filter_by(item_id=first.item_id):
        world.finish(one)
    verdict = world.session.query(Verdict).filter_by(item_id=first.item_id).one()
    verdict.state, verdict.level, verdict.lowest, verdict.highest = "agreed", "E1", "E1", "E1"
    verdict.counted, verdict.settled_at = 2, world.clock()
    second.state, second.level, second.motive = "draft", "E3", "half done"
    world.session.flush()

    world.state(late, world.north)

    assert (first.state, second.state) == ("voided", "recused")
    assert {one.state for one in rest} <= {"recused"}
    assert (second.level, second.motive) == ("", "")
    assert first.level == "E1", "a final one is kept as it was"
    kept = world.session.scalars(select(AssessmentVersion).where(AssessmentVersion.assessment_id == second.id)).one()
    assert (kept.level, kept.motive, kept.state, kept.act) == ("E3", "half done", "draft", "recuse")
    assert (verdict.state, verdict.level, verdict.counted) == ("open", "", 0)
    conflict = world.session.query(Conflict).filter_by(user_id=late.user_id).one()
    assert conflict.is_late
    assert {"conflict.stated", "assessment.void", "assessment.recuse", "verdict.reopen"} <= set(kinds(world))
    again = [one for one in world.held(late, "assigned", "draft", "final") if one.submission_id == world.north.id]
    assert again == []


def test_nobody_takes_a_conflict_back_but_another_person_with_a_motive(world):
    world.state(world.lead, world.north)
    conflict = world.session.query(Conflict).one()

    with pytest.raises(MoveRefused):
        statements.lift(world.session, conflict, "slip", actor=world.lead, now=world.clock())
    with pytest.raises(InvalidInput):
        statements.lift(world.session, conflict, " ", actor=world.second_lead, now=world.clock())
    statements.lift(world.session, conflict, "ticked the line below", actor=world.second_lead, now=world.clock())

    assert conflicts.barred(world.session, world.lead.user_id) == frozenset()
    with pytest.raises(MoveRefused):
        statements.lift(world.session, conflict, "again", actor=world.second_lead, now=world.clock())


def test_the_database_refuses_lifting_ones_own_conflict(world):
    world.state(world.lead, world.north)
    conflict = world.session.query(Conflict).one()
    conflict.lifted_at, conflict.lifted_by_id, conflict.lift_motive = world.clock(), world.lead.user_id, "slip"

    with pytest.raises(IntegrityError):
        world.session.flush()


def test_hints_name_domain_number_and_former_employer_within_the_years(world):
    actor = world.evaluators[0]
    own = world.session.get(Organisation, actor.organisation_id)
    own.registration_no, world.north.supplier.registration_no = "NL 12.34", "nl1234"
    world.south.supplier.mail_domain = "example.org"
    _worked(world, actor, world.north.supplier, years=2)
    _worked(world, actor, world.south.supplier, years=4)

    found = hints.hints(world.session, world.round, bidders(world.session, world.round), actor=actor, now=world.clock())

    assert [one.kind for one in found[world.north.supplier_id]] == [hints.OWNER, hints.EMPLOYER]
    assert [one.kind for one in found[world.south.supplier_id]] == [hints.DOMAIN]


def _worked(world, actor, supplier, *, years):
    ended = world.clock() - dt.timedelta(days=365 * years)
    grant = RoleGrant(user_id=actor.user_id, organisation_id=supplier.id, role="supplier", created_at=ended)
    grant.withdrawn_at = ended
    world.session.add(grant)
    world.session.flush()


def test_a_barred_person_of_the_lead_shares_out_the_rest_alone(world):
    world.all_state()
    world.state(world.lead, world.north)

    world.share()

    assert {one.submission_id for one in assigning.counting(world.session, world.round)} == {world.south.id}
    one = world.items(world.north)[0]
    with pytest.raises(NotFound):
        assigning.apply(
            world.session,
            world.round,
            [assigning.Change(one.id, world.evaluators[0].user_id, is_added=True)],
            "",
            actor=world.lead,
            now=world.clock(),
        )


def locks_of(session):
    """The tables whose rows are locked from now on, in their order."""
    found = []

    @event.listens_for(session, "do_orm_execute")
    def note(state):
        if state.is_select and state.statement._for_update_arg is not None:
            found.append(state.statement.get_final_froms()[0].name)

    return found


def test_rounds_are_locked_before_persons_and_verdicts_before_assessments(world):
    world.all_state()
    world.admit()
    world.share()
    late = next(one for one in world.evaluators if {a.submission_id for a in world.held(one)} >= {world.north.id})
    locked = locks_of(world.session)

    world.state(late, world.north)

    first = [locked.index(one.__tablename__) for one in (Round, User, Verdict, Assessment)]
    assert first == sorted(first)


def test_an_assessment_that_was_taken_out_meanwhile_is_not_taken_out_again(world):
    world.all_state()
    world.admit()
    world.share()
    held = world.session.scalars(select(Assessment).order_by(Assessment.id)).first()
    world.session.connection().exec_driver_sql(
        f"UPDATE assessment SET state = 'voided', ended_at = assigned_at, end_motive = 'Ill', version = version + 1"
        f" WHERE id = {held.id}"
    )
    assert held.state == "assigned", "as it was read before"

    with pytest.raises(MoveRefused):
        taking_out.void(world.session, held, "Ill", actor=world.chair, now=world.clock())

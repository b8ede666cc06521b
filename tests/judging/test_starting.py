"""The start: refused while one thing is missing, whichever it is; then everybody is told once. The database holds the rest."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from framework.ground.errors import MoveRefused, NotAllowed
from framework.judging import assigning, judges, starting, taking_out
from models.chain import ChainBuild
from models.judging import Assessment, ConflictStatement, Selection, Verdict
from models.people import Appointment, User
from models.records import AuditEvent, Mail

pytestmark = pytest.mark.statements


@contextmanager
def taken_back(session):
    """What happens inside did not happen."""
    outer = session.begin_nested()
    yield
    outer.rollback()
    session.expire_all()


def prepared(world):
    world.all_state()
    world.admit()
    world.share()
    world.session.commit()


def broken(world):
    """Each way in which one thing is missing, with the code of the refusal."""
    session, first = world.session, world.evaluators[0].user_id
    yield "judging-admit", lambda: session.execute(delete(Selection).where(Selection.submission_id == world.north.id))
    yield (
        "judging-name",
        lambda: [
            setattr(one, "withdrawn_at", world.clock())
            for one in session.query(Appointment).filter_by(role="evaluator").order_by(Appointment.id)[1:]
        ],
    )
    yield "judging-state", lambda: session.execute(delete(ConflictStatement).where(ConflictStatement.user_id == first))
    yield (
        "judging-chains",
        lambda: session.execute(delete(ChainBuild).where(ChainBuild.submission_id == world.south.id)),
    )
    yield (
        "judging-share",
        lambda: taking_out.void(
            session, world.session.query(Assessment).first(), "ill", actor=world.chair, now=world.clock()
        ),
    )


def start(world, actor=None):
    starting.start(world.session, world.round, actor=actor or world.lead, now=world.clock())


def test_the_start_waits_for_each_thing_and_then_tells_everybody_once(world):
    prepared(world)
    # the chair holds the role by appointment, the lead by its organisation
    for code, break_it in broken(world):
        with taken_back(world.session):
            break_it()
            world.session.flush()
            world.session.expire_all()
            with pytest.raises(MoveRefused) as refused:
                start(world)
            assert refused.value.code == code
            assert world.round.state == "opened"
    with pytest.raises(NotAllowed):
        start(world, world.chair)

    start(world)

    assert (world.round.state, world.north.state, world.south.state) == ("judging", "in_review", "in_review")
    counting = assigning.counting(world.session, world.round)
    assert {one.state for one in counting} == {"assigned"}
    assert {one.state for one in world.session.scalars(select(Verdict))} == {"open"}
    mails = world.session.query(Mail).filter_by(template="judging_turn").all()
    assert len(mails) == len({one.user_id for one in counting})
    assert sum(one.params["count"] for one in mails) == len(counting)
    kinds = world.session.scalars(select(AuditEvent.kind)).all()
    assert kinds.count("round.start_judging") == 1
    assert kinds.count("submission_tender.admit") == 2


def test_the_same_item_is_nobodys_twice_and_one_members_once(world):
    prepared(world)
    held = world.session.query(Assessment).first()
    colleague = world.named(world.session.get(type(held.member), held.member_id), "evaluator")
    world.state(colleague)
    for user, code in ((colleague.user_id, "member-twice"), (held.user_id, "assigned-already")):
        change = assigning.Change(held.item_id, user, is_added=True)
        with pytest.raises(MoveRefused) as refused:
            assigning.apply(world.session, world.round, [change], "", actor=world.lead, now=world.clock())
        assert refused.value.code == code
    stranger = world.build.person(world.build.organisation("buyer"))
    change = assigning.Change(held.item_id, stranger.user_id, is_added=True)
    with pytest.raises(MoveRefused) as refused:
        assigning.apply(world.session, world.round, [change], "", actor=world.lead, now=world.clock())
    assert refused.value.code == "not-able"


def test_the_database_refuses_what_the_acts_would_not_write(world):
    prepared(world)
    session, held = world.session, world.session.query(Assessment).first()
    values = {
        "round_id": held.round_id,
        "item_id": held.item_id,
        "submission_id": held.submission_id,
        "scale_max": held.scale_max,
        "user_id": held.user_id,
        "member_id": held.member_id,
        "state": "assigned",
        "assigned_at": world.clock(),
        "created_at": world.clock(),
    }
    wrong = [
        values,  # one evaluator twice
        values | {"user_id": world.lead.user_id},  # one member twice
        values | {"user_id": world.lead.user_id, "member_id": world.round.organisation_id, "level": "E5"},
        values | {"user_id": world.lead.user_id, "member_id": world.round.organisation_id, "points": 3},
        values | {"user_id": world.lead.user_id, "member_id": world.round.organisation_id, "scale_max": 5},
        values | {"user_id": world.lead.user_id, "member_id": world.round.organisation_id, "state": "final"},
        values | {"user_id": world.lead.user_id, "member_id": world.round.organisation_id, "state": "voided"},
    ]
    for one in wrong:
        with session.begin_nested() as point:
            session.add(Assessment(**one))
            with pytest.raises(IntegrityError):
                session.flush()
            point.rollback()


def test_the_chair_judges_only_where_the_round_says_so(world):
    member = world.session.get(type(world.opened.member), world.chair.organisation_id)
    world.build.appoint(world.round, world.session.get(User, world.chair.user_id), member, "evaluator")
    world.all_state()

    without = {one.user.id for one in judges.able(world.session, world.round)}
    world.round.settings = {"chair_may_assess": True}

    assert world.chair.user_id not in without
    assert world.chair.user_id in {one.user.id for one in judges.able(world.session, world.round)}

"""Random worlds: whatever people state, share out, void and ask for, a conflict leaves no score, assignment or sight (T43)."""

from __future__ import annotations

import os
import random

import pytest
from sqlalchemy import select

from framework.ground import conflicts
from framework.ground.conflicts import keep_out
from framework.ground.errors import RuleBroken
from framework.judging import assigning, items, taking_out
from framework.judging.assigning import Change
from models.chain import Mention, Product
from models.disclosure import Submission, SubmissionRow
from models.judging import Assessment, Item, Verdict
from models.measures import LotMeasures
from tests.judging.world import World

IN_FULL = os.environ.get("HEFBOOM_BARS") == "1"
WORLDS, ACTS = (5_000, 8) if IN_FULL else (500, 8)
PART = 50
"""Worlds that share one database; each begins where its round has nothing stated yet."""
SEEN = (Submission, SubmissionRow, Product, Mention, LotMeasures, Item, Assessment, Verdict)


def act(world, chance):
    """One act of somebody, allowed or not; what is refused has changed nothing."""
    who = chance.choice(world.everybody)
    tender = chance.choice([world.north, world.south])
    what = chance.choice(["state", "brand", "share", "give", "give", "void", "finish", "lift"])
    if what == "state":
        world.state(who, *([tender] if chance.random() < 0.5 else []))
    elif what == "brand":
        world.state(who, chance.choice(["acme", "bolt"]))
    elif what == "share":
        world.share(chance.choice([world.lead, world.chair]))
    elif what in ("give", "void"):
        listed = world.items(tender)
        if listed:
            evaluator = chance.choice(world.evaluators)
            change = Change(chance.choice(listed).id, evaluator.user_id, is_added=what == "give")
            by = chance.choice([world.lead, world.chair])
            assigning.apply(world.session, world.round, [change], "re-assigned", actor=by, now=world.clock())
    elif what == "finish":
        held = world.held(chance.choice(world.evaluators), "assigned", "draft")
        if held:
            world.finish(chance.choice(held), chance.choice(["E0", "E1", "E2"]))
    else:
        taking_out.of_person(world.session, world.round, who, set(), now=world.clock())


def faults(world):
    """What should not be: counting work of a barred evaluator, two of a member, a verdict on a value taken out, sight."""
    session, found = world.session, []
    counting = session.scalars(select(Assessment).where(Assessment.state.not_in(taking_out.OUT))).all()
    by_user = {one.user_id: conflicts.barred(session, one.user_id) for one in world.everybody}
    for one in counting:
        if one.submission_id in by_user[one.user_id]:
            found.append(("counts", one.id))
    members = [(one.item_id, one.member_id) for one in counting]
    if len(members) != len(set(members)):
        found.append(("two of a member",))
    for verdict in session.scalars(select(Verdict).where(Verdict.state != "open")):
        if len(taking_out.finals(session, verdict)) < 2:
            found.append(("verdict", verdict.id))
    for user, barred in by_user.items():
        if barred:
            keep_out(session, barred)
            for table in SEEN:
                column = table.id if table is Submission else table.submission_id
                if barred & set(session.scalars(select(column))):
                    found.append(("sees", user, table.__name__))
            keep_out(session, frozenset())
    return found


@pytest.mark.slow
@pytest.mark.statements
@pytest.mark.parametrize("backend", ["sqlite"])  # what the rules allow does not depend on the database; time does
@pytest.mark.parametrize("part", range(WORLDS // PART))
def test_a_conflict_leaves_no_score_assignment_or_sight_in_any_world(session, build, clock, part):
    world = World(session, build, clock)
    items.prepare(session, world.round, actor=world.lead, now=clock())
    session.commit()
    for number in range(PART):
        chance = random.Random(f"{part} {number}")
        outer = session.begin_nested()
        for one in world.everybody:
            if chance.random() < 0.8:
                world.state(one)
        for _step in range(ACTS):
            inner = session.begin_nested()
            try:
                act(world, chance)
                session.flush()
                inner.commit()
            except RuleBroken:
                inner.rollback()
        assert faults(world) == [], (part, number)
        outer.rollback()
        session.expire_all()

"""Random worlds: whatever people state, share out, say, void and ask for, a conflict leaves no score, comment, assignment or sight (T43)."""

from __future__ import annotations

import contextlib
import random
from collections import Counter

import pytest
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from framework.ground import conflicts
from framework.ground.conflicts import keep_out
from framework.ground.errors import RuleBroken
from framework.judging import assessing, assigning, items, settling, taking_out
from framework.judging.assessing import Values
from framework.judging.assigning import Change
from framework.judging.claims import Claim
from framework.judging.settling import Moderated
from models.chain import Mention, Product
from models.disclosure import Submission, SubmissionRow
from models.judging import Assessment, AssessmentVersion, Item, Verdict, VerdictVersion
from models.measures import LotMeasures
from tests.judging.many import PART, WORLDS, lightly, undone
from tests.judging.world import World, rows_of

ACTS, TOGETHER = 8, 10
"""Acts of a world, and worlds that begin alike: of five people who state or do not there are not many beginnings."""
SEEN = (
    Submission,
    SubmissionRow,
    Product,
    Mention,
    LotMeasures,
    Item,
    Assessment,
    AssessmentVersion,
    Verdict,
    VerdictVersion,
)
KINDS = ("state", "brand", "share", "give", "give", "void", "finish", "lift", "say", "say", "moderate", "moderate")
LEVELS = ("E0", "E1", "E2")


def few_rows(brand):
    """Rows from which two items of a tender are listed: enough for every rule, and quick."""
    kept = ("0_submission", "1_products", "2_components", "3_sites", "4_links")
    return [(sheet, values) for sheet, values in rows_of(brand) if sheet in kept]


def act(world, chance):
    """One act of somebody, allowed or not; what is refused has changed nothing. What was said, by whom and of which tender, if so."""
    who = chance.choice(world.everybody)
    tender = chance.choice([world.north, world.south])
    what = chance.choice(KINDS)
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
        finish(world, chance, tender)
    elif what == "say":
        return say(world, chance)
    elif what == "moderate":
        return moderate(world, chance)
    else:
        taking_out.of_person(world.session, world.round, who, set(), now=world.clock())
    return None


def finish(world, chance, tender):
    """Everybody who judges one item of a tender, or one of them, is done with it."""
    listed = world.items(tender)
    if listed:
        item, is_whole = chance.choice(listed), chance.random() < 0.7
        held = [
            one for who in world.evaluators for one in world.held(who, "assigned", "draft") if one.item_id == item.id
        ]
        for one in held if is_whole else held[:1]:
            world.finish(one, chance.choice(LEVELS))


def say(world, chance):
    """An evaluator writes a value and its motive, also where it should not: on what was taken out or is not its own."""
    who = chance.choice(world.evaluators)
    held = world.held(who if chance.random() < 0.9 else chance.choice(world.evaluators))
    if not held:
        return None
    one = chance.choice(held)
    told = Values(level=chance.choice(LEVELS), motive=f"words of {who.user_id}")
    assessing.save(world.session, one, told, actor=who, now=world.clock())
    return "say", who, one.submission_id


def moderate(world, chance):
    """The chair calls a verdict to the table, or gives the value in which the discussion ended."""
    listed = world.session.scalars(select(Verdict).order_by(Verdict.id)).all()
    ready = [one for one in listed if len(taking_out.finals(world.session, one)) >= 2]
    if not ready:
        return None
    verdict, by = chance.choice(ready), {"actor": world.chair, "now": world.clock()}
    if verdict.state != "in_moderation":
        settling.call_moderation(world.session, verdict, motive="Look again", **by)
    else:
        told = Moderated(verdict.lowest, motive=f"words of {world.chair.user_id}")
        settling.moderate(world.session, verdict, told, **by)
    return "moderate", world.chair, verdict.submission_id


def faults(world):
    """What should not be: counting work of a barred evaluator, its words, two of a member, a verdict on a value taken out, sight."""
    session, found = world.session, []
    every = session.scalars(select(Assessment)).all()
    counting = [one for one in every if one.state not in taking_out.OUT]
    by_user = {one.user_id: conflicts.barred(session, one.user_id) for one in world.everybody}
    for one in counting:
        if one.submission_id in by_user[one.user_id]:
            found.append(("counts", one.id))
    found += [("words", one.id) for one in every if one.state == "recused" and (one.motive or one.level)]
    members = [(one.item_id, one.member_id) for one in counting]
    if len(members) != len(set(members)):
        found.append(("two of a member",))
    for verdict in session.scalars(select(Verdict).where(Verdict.state != "open")):
        if len(taking_out.finals(session, verdict)) < 2:
            found.append(("verdict", verdict.id))
    for barred in set(by_user.values()) - {frozenset()}:  # what is left out depends on nothing else of a person
        keep_out(session, barred)
        for table in SEEN:
            column = table.id if table is Submission else table.submission_id
            if barred & set(session.scalars(select(column))):
                found.append(("sees", sorted(barred), table.__name__))
        keep_out(session, frozenset())
    return found


@pytest.mark.slow
@pytest.mark.statements
@pytest.mark.parametrize("backend", ["sqlite"])  # what the rules allow does not depend on the database; time does
@pytest.mark.parametrize("part", range(WORLDS // PART))
def test_a_conflict_leaves_no_score_comment_assignment_or_sight_in_any_world(session, build, clock, monkeypatch, part):
    world, said, refused = World(session, build, clock, few_rows), Counter(), 0
    items.prepare(session, world.round, actor=world.lead, now=clock())
    # what the evidence allows is the same in every world, and not the question here
    monkeypatch.setattr(assessing.claims, "load", lambda *given: {one.id: Claim(one, "E2") for one in given[3]})
    session.commit()
    with lightly():
        for beginning in range(PART // TOGETHER):
            chance = random.Random(f"{part} {beginning}")
            with undone(session):
                begin(world, chance)
                for number in range(TOGETHER):
                    with undone(session):
                        told = lived(world, random.Random(f"{part} {beginning} {number}"))
                        assert faults(world) == [], (part, beginning, number)
                        said, refused = said + told[0], refused + told[1]
    assert min(said["say"], said["moderate"]) > PART // 10, "people could say hardly anything"
    assert refused > PART, "nothing was tried that is not allowed"


def begin(world, chance):
    """What worlds have behind them that begin together: most people's statements, and mostly the first sharing out."""
    for one in world.everybody:
        if chance.random() < 0.8:
            world.state(one, *([world.north] if chance.random() < 0.1 else []))
    if chance.random() < 0.8:
        with contextlib.suppress(RuleBroken):
            world.share()
            for tender in (world.north, world.south):
                finish(world, chance, tender)
    world.session.flush()


def lived(world, chance):
    """One world to its end: what was said how often, and how many acts were refused."""
    said, refused = Counter(), 0
    world.round.state = chance.choice(["opened", "judging", "judging"])
    for _step in range(ACTS):
        inner = world.session.begin_nested()
        try:
            told = act(world, chance)
            world.session.flush()
            inner.commit()
        except (RuleBroken, NoResultFound):
            inner.rollback()
            refused += 1
            continue
        if told is not None:
            what, who, tender = told
            assert tender not in conflicts.barred(world.session, who.user_id), "somebody with a conflict said something"
            said[what] += 1
    return said, refused

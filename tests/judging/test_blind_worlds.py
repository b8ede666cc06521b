"""Random worlds: whatever evaluators save, finish and look at, nobody sees another's value before the own ones are final (T44)."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, NoResultFound

from framework.chain.measures import judged as measured
from framework.ground import conflicts
from framework.ground.errors import RuleBroken
from framework.judging import assessing, assigning, blind, settling, taking_out, talking
from framework.judging import conflicts as statements
from framework.judging.claims import Claim
from framework.judging.conflicts import Tie
from framework.judging.settling import Moderated
from models.judging import Assessment
from tests.judging.many import PART, WORLDS, lightly, undone

ACTS = 12
"""A world is looked at after so many acts at most; each begins where nothing is judged yet."""
FINAL = "final"
OF_CHAIR = ("reopen", "void", "moderate", "call", "assign")
AT_THE_DOOR = ("reopen", "void", "tie")
"""Acts that a conflict of the chair stops at the page (tests/judging/test_conflicts.py), and one that nothing stops."""


def act(judged, tenders, people, chance):
    """One act of somebody, allowed or not; what is refused has changed nothing. Whose act on which tender went through, if so."""
    who, (submission, items) = chance.choice(people), chance.choice(tenders)
    item = chance.choice(items)
    chair = {"actor": judged.chair, "now": judged.clock()}
    what = chance.choice(
        ["all", "all", "save", "finish", "look", "look", "reopen", "void", "moderate", "call", "tie", "assign"]
    )
    if what in ("all", "save"):
        for one in items if what == "all" else [item]:
            judged.save(one, who, chance.choice(["E0", "E1"]), motive=f"value of {who.user_id}")
        if what == "all":
            judged.finish(submission, who)
    elif what == "finish":
        judged.finish(submission, who)
    elif what == "look":
        blind.look(judged.session, submission, actor=who, now=judged.clock())
    elif what == "reopen":
        assessing.reopen(judged.session, judged.own(item, who), motive="Wrong row", **chair)
    elif what == "void":
        taking_out.void(judged.session, judged.own(item, who), "Conflict", **chair)
    elif what == "tie":
        tie = Tie(submission.supplier_id, "", "former work")
        by = {"actor": chance.choice([who, who, judged.chair]), "now": judged.clock()}
        statements.state(judged.session, judged.round, [tie], undertakes=True, **by)
    else:
        act_of_chair(judged, what, item, who)
    return what, (judged.chair if what in OF_CHAIR else who), submission.id


def act_of_chair(judged, what, item, who):
    chair = {"actor": judged.chair, "now": judged.clock()}
    if what == "assign":
        change = assigning.Change(item.id, who.user_id, is_added=True)
        assigning.apply(judged.session, judged.round, [change], "", **chair)
    elif what == "call":
        settling.call_moderation(judged.session, judged.verdict(item), motive="Look again", **chair)
    else:
        settling.moderate(judged.session, judged.verdict(item), Moderated("E0", motive="Seen"), **chair)


def faults(judged, tenders, people):
    """What a person sees although it may not, another's value that is not final or any before the own ones are; what a tie left."""
    session, found = judged.session, []
    numbers = [submission.id for submission, _items in tenders]
    every = session.scalars(select(Assessment)).all()
    for who in [*people, judged.chair]:
        own = [one for one in every if one.user_id == who.user_id and one.state not in ("recused", "voided")]
        roles = {"chair"} if who is judged.chair else {"evaluator"}
        seen = blind.open_to(session, judged.round, who, roles, numbers)
        barred = conflicts.barred(session, who.user_id)
        if seen & barred:
            found.append(("tied", who.user_id))
        found += [("counts", one.id) for one in own if one.submission_id in barred]
        lines, _page = talking.listed(session, judged.round, seen)
        for line in lines:
            here = [one for one in own if one.submission_id == line.item.submission_id]
            if any(one.state != FINAL or one.others_seen_at is None for one in here):
                found.append(("early", who.user_id, line.item.id))
            if not here and any(one.state != FINAL for one in own):
                found.append(("anchored", who.user_id, line.item.id))
            running = [one for one in every if one.item_id == line.item.id and one.state in ("assigned", "draft")]
            if not here and running and who is not judged.chair:
                found.append(("may judge it yet", who.user_id, line.item.id))
            found += [("not final", one.id) for one in line.finals if one.state != FINAL]
        knows = blind.sees_verdicts(session, judged.round, who, roles)
        if any(one.others_seen_at is None for one in own) and knows:
            found.append(("verdicts", who.user_id))
        measured.hide(session, hidden=not knows)
        if any(one.others_seen_at is None for one in own) and measured.verdicts(session, numbers):
            found.append(("measures", who.user_id))
        measured.hide(session, hidden=False)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["sqlite"])  # what the rules allow does not depend on the database; time does
@pytest.mark.parametrize("part", range(WORLDS // PART))
def test_nobody_sees_a_value_of_another_before_the_own_ones_are_final(judged, session, monkeypatch, part):
    people = [*judged.evaluators, judged.evaluator()]
    sections = [("fa", "final_assembly"), ("co", "mainboard_pcba")]
    tenders = [judged.tender(evaluators=people[:number], sections=sections) for number in (3, 2)]
    # what the evidence allows is the same in every world, and not the question here
    known = {one.id: s for s, some in tenders for one in some}
    monkeypatch.setattr(
        assessing.claims, "load", lambda *given: {one.id: Claim(one, "E1") for one in given[3] if one.id in known}
    )
    session.commit()
    refused = 0
    with lightly():
        for number in range(PART):
            with undone(session):
                refused += lived(judged, tenders, people, random.Random(f"{part} {number}"))
                session.expire_all()
                assert faults(judged, tenders, people) == [], (part, number)
    assert refused < PART * ACTS // 2, "hardly anything was allowed"


def lived(judged, tenders, people, chance):
    """One world to its end: how many acts were refused."""
    refused = 0
    for _act in range(chance.randint(1, ACTS)):
        inner = judged.session.begin_nested()
        try:
            what, who, tender = act(judged, tenders, people, chance)
            judged.session.flush()
            inner.commit()
        except (RuleBroken, NoResultFound, IntegrityError):
            inner.rollback()
            refused += 1
            continue
        if what not in AT_THE_DOOR:
            assert tender not in conflicts.barred(judged.session, who.user_id), (what, "in spite of a conflict")
    return refused

"""Random acts of openers, in any order and at any time: nothing opens early, with too few persons or outside the window."""

from __future__ import annotations

import datetime as dt
import os
import random
from dataclasses import replace

import pytest
from sqlalchemy import select

from framework.disclosure import counting, opening
from framework.ground.errors import RuleBroken
from framework.ground.files import FileStore
from models.disclosure import Opening
from models.people import Appointment
from tests.disclosure.test_submissions import Scene
from tests.memory import remembered

SEQUENCES, COUNTED = (2_000, 200) if os.environ.get("HEFBOOM_BARS") == "1" else (200, 20)
IN_ONE_DATABASE = 50
ACTS = 40
WINDOW = dt.timedelta(minutes=10)


class Play:
    """A tender that counts, three openers and somebody who is none; what each act comes to is judged from outside."""

    @remembered
    def __init__(self, scene: Scene, chance: random.Random) -> None:
        self.scene, self.chance = scene, chance
        self.deadline = scene.round.tender_deadline
        self.people = [*scene.openers(3), scene.build.person(scene.round.organisation)]
        self.held: list[tuple[dt.datetime, int, str]] = []
        """Confirmations that were taken: when, by whom, from which session."""
        self.withdrawn: set[int] = set()

    def act(self) -> None:
        self.chance.choice([self.confirm, self.confirm, self.confirm, self.wait, self.close, self.withdraw])()
        self.judge()

    def confirm(self) -> None:
        person = self.chance.choice(self.people)
        other = self.chance.choice(self.people)
        actor = replace(person, session_ref=self.chance.choice([person, person, other]).session_ref)
        try:
            opening.confirm(self.scene.session, self.scene.round, actor=actor, clock=self.scene.clock)
        except RuleBroken:
            return
        self.held.append((self.scene.clock.now, actor.user_id, actor.session_ref))

    def wait(self) -> None:
        self.scene.clock.forward(minutes=self.chance.choice([1, 3, 6, 11, 30, 61]))

    def close(self) -> None:
        try:
            self.scene.close()
        except RuleBroken:
            assert self.scene.clock.now <= self.deadline or self.scene.round.state != "published"

    def withdraw(self) -> None:
        person = self.chance.choice(self.people[:3])
        query = select(Appointment).where(
            Appointment.round_id == self.scene.round.id, Appointment.user_id == person.user_id
        )
        appointed = self.scene.session.scalars(query).one()
        if self.scene.round.state != "opened" and appointed.withdrawn_at is None and self.chance.random() < 0.3:
            appointed.withdrawn_at = self.scene.clock.now
            self.withdrawn.add(person.user_id)
            self.scene.session.flush()

    def judge(self) -> None:
        round_ = self.scene.round
        if round_.state != "opened":
            assert self.scene.session.scalar(select(Opening.id).where(Opening.round_id == round_.id, Opening.opened_at.is_not(None))) is None  # fmt: skip
            return
        at = round_.opened_at
        standing = [
            one for one in self.held if at - WINDOW <= one[0] <= at and one[1] not in self.withdrawn and one[0] <= at
        ]
        assert at > self.deadline
        assert len({user for _when, user, _session in standing}) >= 2
        assert len({session for _when, _user, session in standing}) >= 2
        assert self.people[3].user_id not in {user for _when, user, _session in standing}


@pytest.mark.parametrize("part", range(SEQUENCES // IN_ONE_DATABASE))
def test_no_sequence_opens_early_alone_or_outside_the_window(session, build, clock, tmp_path, part):
    files, opened = FileStore(tmp_path / "files"), 0
    for number in range(IN_ONE_DATABASE):
        scene = Scene(session, build, clock, files)
        scene.read(scene.send(f"rows {number}".encode()))
        play = Play(scene, random.Random(part * IN_ONE_DATABASE + number))
        for _act in range(ACTS):
            if scene.round.state == "opened":
                break
            play.act()
        opened += scene.round.state == "opened"
    assert 0 < opened < IN_ONE_DATABASE, "the sequences do not reach both ends"


def test_versions_that_nobody_counted_count_at_the_deadline_and_withdrawn_ones_do_not(session, build, clock, tmp_path):
    scene = Scene(session, build, clock, FileStore(tmp_path / "files"))
    suppliers = [build.organisation("supplier") for _number in range(COUNTED + COUNTED // 4)]
    people = [build.person(supplier) for supplier in suppliers]
    sent = [
        scene.read(scene.send(f"rows {number}".encode(), supplier=supplier, person=person))
        for number, (supplier, person) in enumerate(zip(suppliers, people, strict=True))
    ]
    for submission, person in list(zip(sent, people, strict=True))[COUNTED:]:
        counting.withdraw(session, submission, actor=person, clock=clock)

    clock.forward(hours=2)
    scene.close()

    assert [one.state for one in sent] == ["counted"] * COUNTED + ["withdrawn"] * (COUNTED // 4)

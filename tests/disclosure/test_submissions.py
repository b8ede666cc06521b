"""Receiving, counting, closing and opening: what arrived in time counts, and nobody opens alone or early."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from framework.disclosure import counting, opening, receiving, sealing
from framework.ground import lifecycle
from framework.ground.actors import SYSTEM
from framework.ground.errors import FactorStale, MoveRefused, NotAllowed
from framework.ground.files import FileStore
from models.disclosure import Submission, SubmissionIssue
from models.people import Appointment, User
from models.records import AuditEvent, Job
from tests.memory import remembered


@pytest.fixture
def files(tmp_path):
    return FileStore(tmp_path / "files")


@pytest.fixture
def scene(session, build, clock, files):
    """A published round, one supplier with a person, and `send(bytes)` that uploads."""
    return Scene(session, build, clock, files)


class Scene:
    @remembered
    def __init__(self, session, build, clock, files):
        self.session, self.build, self.clock, self.files = session, build, clock, files
        self.round = build.round(state="published", tender_deadline=clock.now + dt.timedelta(hours=1))
        build.lot(self.round)
        self.supplier = build.organisation("supplier")
        self.person = build.person(self.supplier)

    def send(self, content=b"rows", *, person=None, supplier=None, first_byte_at=None):
        key = sealing.new_key(self.round)
        blob = self.files.put(io.BytesIO(content), max_bytes=1000, key=key)
        return receiving.receive(
            self.session,
            self.round,
            supplier or self.supplier,
            blob,
            "sheet.xlsx",
            actor=person or self.person,
            clock=self.clock,
            first_byte_at=first_byte_at or self.clock(),
        )

    def read(self, submission, verdict="countable"):
        """As if the checking job had read the file."""
        submission.verdict = verdict
        if verdict == "blocked":
            self.session.add(
                SubmissionIssue(
                    submission_id=submission.id, position=0, code="round-wrong", severity="block", params={}
                )
            )
        act = "refuse_file" if verdict == "refused" else "check"
        lifecycle.move(self.session, submission, act, actor=SYSTEM, now=self.clock())
        self.session.flush()
        return submission

    def close(self):
        counting.close_receipt(self.session, self.round, clock=self.clock, files=self.files)

    def openers(self, number=2):
        people = []
        for _ in range(number):
            user = self.build.user(self.round.organisation)
            self.build.appoint(self.round, user, self.round.organisation, "opener")
            people.append(self.build.actor(user, self.round.organisation))
        return people


def test_an_upload_gets_a_receipt_a_job_and_one_event(scene):
    before = scene.session.scalar(select(func.count()).select_from(AuditEvent))

    submission = scene.send(b"rows")

    assert submission.state == "staged"
    assert submission.receipt_number == "000001-" + submission.receipt_number[-2:]
    assert submission.received_at == scene.clock.now
    assert scene.session.scalar(select(Job.kind)) == receiving.CHECK_JOB
    assert scene.session.scalar(select(func.count()).select_from(AuditEvent)) == before + 1


def test_the_same_bytes_sent_again_return_the_same_receipt(scene):
    first = scene.send(b"rows")

    again = scene.send(b"rows")

    assert again.id == first.id


@pytest.mark.parametrize("verdict", ["countable", "blocked"])
def test_the_same_bytes_of_a_version_that_was_read_return_its_receipt(scene, verdict):
    first = scene.read(scene.send(b"rows"), verdict)

    assert scene.send(b"rows").id == first.id


def test_the_same_bytes_after_a_refusal_are_read_anew(scene):
    first = scene.read(scene.send(b"rows"), "refused")

    again = scene.send(b"rows")

    assert (again.id == first.id, again.state) == (False, "staged")


def test_what_lapsed_may_be_sent_anew_after_the_receipt_was_opened_again(scene):
    scene.round.settings = {"auto_count": False}
    first = scene.read(scene.send(b"rows"))
    scene.clock.forward(hours=2)
    scene.close()
    scene.round.state = "published"
    scene.round.tender_deadline = scene.clock.now + dt.timedelta(hours=5)
    scene.session.flush()

    again = scene.send(b"rows")

    assert (first.state, again.id == first.id, again.state) == ("lapsed", False, "staged")


def test_the_bytes_of_an_older_version_are_a_new_version(scene):
    first = scene.send(b"one")
    scene.send(b"two")

    third = scene.send(b"one")

    assert third.id != first.id
    assert third.version_no == 3


@pytest.mark.parametrize(
    ("seconds", "state"), [(-1, "staged"), (0, "staged"), (1, "late")], ids=["before", "at", "after"]
)
def test_the_deadline_includes_its_last_instant(scene, seconds, state):
    scene.clock.now = scene.round.tender_deadline + dt.timedelta(seconds=seconds)

    submission = scene.send()

    assert submission.state == state


@pytest.mark.parametrize(("minutes", "state"), [(44, "staged"), (46, "late")], ids=["within", "after"])
def test_where_the_first_byte_decides_an_upload_in_flight_counts_within_the_grace(scene, minutes, state):
    scene.round.settings = {"late_upload_rule": "started", "late_upload_grace_minutes": 45}
    begun = scene.round.tender_deadline - dt.timedelta(seconds=5)
    scene.clock.now = scene.round.tender_deadline + dt.timedelta(minutes=minutes)

    submission = scene.send(first_byte_at=begun)

    assert submission.state == state


def test_a_late_file_is_kept_and_says_by_how_much(scene):
    scene.clock.now = scene.round.tender_deadline + dt.timedelta(seconds=14)

    submission = scene.send()

    assert submission.late_by_seconds == 14
    assert scene.files.is_intact(submission.file.sha256)


def test_another_suppliers_person_cannot_send_for_this_supplier(scene):
    stranger = scene.build.person(scene.build.organisation("supplier"))

    with pytest.raises(NotAllowed):
        scene.send(person=stranger)


def test_the_newest_countable_version_counts_at_the_deadline_without_a_click(scene):
    old = scene.read(scene.send(b"one"))
    new = scene.read(scene.send(b"two"))
    scene.clock.forward(hours=2)

    scene.close()

    assert (old.state, new.state) == ("replaced", "counted")
    assert scene.round.closed_set_digest


def test_a_newer_file_that_is_refused_leaves_the_older_one_counting(scene):
    old = scene.read(scene.send(b"one"))
    new = scene.read(scene.send(b"two"), "refused")
    scene.clock.forward(hours=2)

    scene.close()

    assert (old.state, new.state) == ("counted", "refused")


def test_a_newer_blocked_version_lapses_and_the_older_counts(scene):
    old = scene.read(scene.send(b"one"))
    new = scene.read(scene.send(b"two"), "blocked")
    scene.clock.forward(hours=2)

    scene.close()

    assert (old.state, new.state) == ("counted", "lapsed")


def test_nothing_lapses_before_every_newer_version_is_read(scene):
    old = scene.read(scene.send(b"one"))
    new = scene.send(b"two")
    scene.clock.forward(hours=2)
    scene.close()
    assert (old.state, new.state) == ("checked", "staged")

    scene.read(new, "refused")
    counting.settle(scene.session, scene.round, scene.supplier.id, now=scene.clock(), files=scene.files)

    assert old.state == "counted"


def test_a_withdrawn_submission_never_comes_back(scene):
    old = scene.read(scene.send(b"one"))
    new = scene.read(scene.send(b"two"))
    counting.count(scene.session, new, actor=scene.person, clock=scene.clock, files=scene.files)
    counting.withdraw(scene.session, new, actor=scene.person, clock=scene.clock)
    scene.clock.forward(hours=2)

    scene.close()

    assert (old.state, new.state) == ("replaced", "withdrawn")


def test_discarding_a_newer_version_leaves_the_counted_one_alone(scene):
    counted = scene.read(scene.send(b"one"))
    counting.count(scene.session, counted, actor=scene.person, clock=scene.clock, files=scene.files)
    read, unread = scene.read(scene.send(b"two")), scene.send(b"three")

    counting.withdraw(scene.session, read, actor=scene.person, clock=scene.clock)

    assert [s.state for s in (counted, read, unread)] == ["counted", "withdrawn", "staged"]


def test_withdrawing_the_counted_version_takes_the_others_along(scene):
    counted = scene.read(scene.send(b"one"))
    counting.count(scene.session, counted, actor=scene.person, clock=scene.clock, files=scene.files)
    read, unread = scene.read(scene.send(b"two")), scene.send(b"three")

    counting.withdraw(scene.session, counted, actor=scene.person, clock=scene.clock)

    assert [s.state for s in (counted, read, unread)] == ["withdrawn"] * 3


def test_without_auto_count_an_uncounted_version_lapses(scene):
    scene.round.settings = {"auto_count": False}
    submission = scene.read(scene.send())
    scene.clock.forward(hours=2)

    scene.close()

    assert submission.state == "lapsed"
    assert submission.reason


def test_a_blocked_version_cannot_be_counted(scene):
    submission = scene.read(scene.send(), "blocked")

    with pytest.raises(MoveRefused, match="blocked"):
        counting.count(scene.session, submission, actor=scene.person, clock=scene.clock, files=scene.files)


def test_changed_bytes_are_noticed_when_counting(scene):
    submission = scene.read(scene.send())
    path = scene.files.path(submission.file.sha256)
    path.chmod(0o600)
    path.write_bytes(b"other")

    with pytest.raises(MoveRefused, match="bytes-changed"):
        counting.count(scene.session, submission, actor=scene.person, clock=scene.clock, files=scene.files)


@pytest.mark.parametrize("act", [counting.withdraw])
def test_after_the_deadline_nothing_is_withdrawn(scene, act):
    submission = scene.read(scene.send())
    scene.clock.forward(hours=2)

    with pytest.raises(MoveRefused, match="receipt-closed"):
        act(scene.session, submission, actor=scene.person, clock=scene.clock)


def test_receipt_does_not_close_before_the_deadline(scene):
    with pytest.raises(MoveRefused, match="deadline-ahead"):
        scene.close()


def test_two_openers_open_what_counts(scene):
    submission = scene.read(scene.send())
    first, second = scene.openers()
    scene.clock.forward(hours=2)
    scene.close()

    opening.confirm(scene.session, scene.round, actor=first, clock=scene.clock)
    assert scene.round.state == "receipt_closed"
    found = opening.confirm(scene.session, scene.round, actor=second, clock=scene.clock)

    assert scene.round.state == "opened"
    assert submission.state == "opened"
    assert found.record["opened"][0]["sha256"] == submission.file.content_sha256 == hashlib.sha256(b"rows").hexdigest()
    assert len(found.record["confirmed"]) == 2


def test_one_opener_cannot_confirm_twice(scene):
    scene.read(scene.send())
    first, _second = scene.openers()
    scene.clock.forward(hours=2)
    scene.close()
    opening.confirm(scene.session, scene.round, actor=first, clock=scene.clock)

    with pytest.raises(MoveRefused, match="same-person"):
        opening.confirm(scene.session, scene.round, actor=first, clock=scene.clock)


@pytest.mark.parametrize("how", ["withdrawn", "disabled", "tied"])
def test_a_confirmation_of_somebody_who_may_no_longer_open_does_not_count(scene, how):
    scene.read(scene.send())
    first, second = scene.openers()
    scene.clock.forward(hours=2)
    scene.close()
    opening.confirm(scene.session, scene.round, actor=first, clock=scene.clock)
    user = scene.session.get_one(User, first.user_id)
    if how == "withdrawn":
        appointed = select(Appointment).where(Appointment.user_id == user.id, Appointment.role == "opener")
        scene.session.scalars(appointed).one().withdrawn_at = scene.clock.now
    elif how == "disabled":
        user.disabled_at = scene.clock.now
    else:
        scene.build.grant(user, scene.supplier, "supplier")
    scene.session.flush()

    opening.confirm(scene.session, scene.round, actor=second, clock=scene.clock)

    assert scene.round.state == "receipt_closed"


def test_an_opener_gives_the_second_factor_anew(scene):
    scene.read(scene.send())
    first, _second = scene.openers()
    scene.clock.forward(hours=2)
    scene.close()
    stale = replace(first, factor_roles=frozenset({"opener"}), factor_at=scene.clock.now - dt.timedelta(minutes=11))

    with pytest.raises(FactorStale):
        opening.confirm(scene.session, scene.round, actor=stale, clock=scene.clock)


def test_a_confirmation_outside_the_window_begins_anew(scene):
    scene.read(scene.send())
    first, second = scene.openers()
    scene.clock.forward(hours=2)
    scene.close()
    opening.confirm(scene.session, scene.round, actor=first, clock=scene.clock)
    scene.clock.forward(minutes=11)

    opening.confirm(scene.session, scene.round, actor=second, clock=scene.clock)

    assert scene.round.state == "receipt_closed"


def test_only_named_openers_open(scene):
    scene.read(scene.send())
    scene.clock.forward(hours=2)
    scene.close()
    lead = scene.build.person(scene.round.organisation)

    with pytest.raises(NotAllowed):
        opening.confirm(scene.session, scene.round, actor=lead, clock=scene.clock)


def test_an_opener_with_a_tie_to_a_bidder_is_refused(scene):
    scene.read(scene.send())
    user = scene.build.user(scene.round.organisation)
    scene.build.appoint(scene.round, user, scene.round.organisation, "opener")
    scene.build.grant(user, scene.supplier, "supplier")
    scene.clock.forward(hours=2)
    scene.close()

    with pytest.raises(MoveRefused, match="tied"):
        opening.confirm(
            scene.session, scene.round, actor=scene.build.actor(user, scene.round.organisation), clock=scene.clock
        )


def test_nothing_opens_before_receipt_is_closed(scene):
    scene.read(scene.send())
    first, _second = scene.openers()

    with pytest.raises(MoveRefused, match="receipt-open"):
        opening.confirm(scene.session, scene.round, actor=first, clock=scene.clock)


def test_receipt_numbers_rise_without_a_gap(scene):
    suppliers = [scene.build.organisation("supplier") for _ in range(3)]

    sent = [scene.send(b"x", supplier=s, person=scene.build.person(s)) for s in suppliers]

    assert [s.receipt_seq for s in sent] == [1, 2, 3]
    assert scene.session.scalar(select(func.count()).select_from(Submission)) == 3

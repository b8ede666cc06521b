"""Jobs on a worker: the row is the truth, nothing is lost, nothing is done twice."""

from __future__ import annotations

import datetime as dt
import errno
import io
import os

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError, StatementError
from sqlalchemy.orm.exc import StaleDataError

from framework.ground import jobs, mail, proposals
from framework.ground.errors import RuleBroken
from models.base import db
from models.records import Job, Mail, StoredFile
from models.rounds import Proposal
from views import beat, worker

KIND = "test.kind"


@pytest.fixture
def ran(monkeypatch):
    """Jobs of the test's kind note their payload; `ran.error` makes them break."""
    done: list[object] = []
    broken: list[Exception] = []

    def run(session, job, clock):
        if broken:
            raise broken[0]
        done.append(job.payload["n"])

    monkeypatch.setitem(jobs._runners, KIND, run)
    return done, broken


def put(session, clock, **values) -> int:
    job = jobs.enqueue(session, KIND, now=clock(), n=7)
    for name, value in values.items():
        setattr(job, name, value)
    session.commit()
    number = job.id
    session.rollback()
    return number


def state_of(session, number) -> tuple[str, str]:
    job = session.get(Job, number, populate_existing=True)
    found = (job.state, job.error)
    session.rollback()
    return found


def test_a_job_is_done_once(app, session, clock, ran):
    number = put(session, clock)

    worker.run_job(app, number)
    worker.run_job(app, number)

    assert (ran[0], state_of(session, number)) == ([7], ("done", ""))


def test_a_job_that_breaks_on_its_own_is_tried_three_times(app, session, clock, ran):
    number = put(session, clock)
    ran[1].append(ValueError("what somebody wrote"))
    states = []

    for _attempt in range(3):
        worker.run_job(app, number)
        states.append(state_of(session, number))
        clock.forward(minutes=1)

    assert [state for state, _error in states] == ["waiting", "waiting", "failed"]
    assert states[0][1].startswith("ValueError at test_worker.py")


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "/files/secret"),
        OperationalError("INSERT", {}, Exception("database is locked")),
        StaleDataError("somebody else wrote"),
        jobs.TryAgain("disk away"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_fault_of_the_machine_is_never_the_end_of_a_job(app, session, clock, ran, error):
    number = put(session, clock)
    ran[1].append(error)
    pauses = []

    for _attempt in range(12):
        worker.run_job(app, number)
        assert state_of(session, number)[0] == "waiting"
        pauses.append((session.get_one(Job, number).not_before - clock()).total_seconds())
        session.rollback()
        clock.forward(minutes=5)
    ran[1].clear()
    worker.run_job(app, number)

    assert pauses == [5, 10, 20, 40, 80, 160, *[300] * 6]
    assert (ran[0], state_of(session, number)) == ([7], ("done", ""))


def test_what_a_job_broke_on_is_noted_without_a_text_that_may_be_sealed(app, session, clock, ran, caplog):
    number = put(session, clock)
    ran[1].append(OSError(errno.ENOSPC, "No space left on device", "/files/secret"))

    worker.run_job(app, number)

    assert "OSError ENOSPC at test_worker.py" in state_of(session, number)[1]
    assert "OSError ENOSPC" in caplog.text
    assert "secret" not in caplog.text + state_of(session, number)[1]


def test_a_job_whose_worker_dies_again_and_again_lives_on(app, session, clock, ran):
    number = put(session, clock, state="running", attempts=9, heartbeat_at=clock())

    clock.forward(minutes=4)
    worker.run_job(app, number)

    assert (ran[0], state_of(session, number)[0]) == ([7], "done")


def test_a_job_that_is_never_given_up_waits_even_where_it_breaks_on_its_own(app, session, clock, ran, monkeypatch):
    monkeypatch.setattr(jobs, "_never_given_up", {KIND})
    number = put(session, clock)
    ran[1].append(ValueError("a bug"))

    for _attempt in range(5):
        worker.run_job(app, number)
        clock.forward(minutes=5)

    assert state_of(session, number)[0] == "waiting"


def test_a_job_that_breaks_a_rule_is_not_tried_again(app, session, clock, ran):
    number = put(session, clock)
    ran[1].append(RuleBroken("too-late"))

    worker.run_job(app, number)

    assert state_of(session, number) == ("failed", "too-late")


def test_a_job_of_a_dead_worker_has_a_second_life(app, session, clock, ran):
    number = put(session, clock, state="running", attempts=1, heartbeat_at=clock())
    worker.run_job(app, number)
    before = list(ran[0])

    clock.forward(minutes=4)
    worker.run_job(app, number)

    assert (before, ran[0], state_of(session, number)[0]) == ([], [7], "done")


def test_the_queue_hears_of_a_job_after_the_commit_and_not_after_a_rollback(app, session, clock, monkeypatch):
    heard: list[int] = []
    monkeypatch.setattr(worker, "send", heard.append)
    jobs.enqueue(session, KIND, now=clock())
    session.flush()
    session.rollback()
    before = list(heard)

    number = put(session, clock)

    assert (before, heard) == ([], [number])


def test_the_beat_finds_a_job_that_the_queue_forgot_and_asks_once_a_minute(app, session, clock, monkeypatch):
    number = put(session, clock)
    heard: list[int] = []
    monkeypatch.setattr(worker, "send", heard.append)
    monkeypatch.setattr(jobs, "_periodic", {})
    one = beat.Beat(app)

    for at in (1.0, 2.0, 62.0):
        one.tick(at)

    assert heard == [number, number]
    assert beat.alive(app).exists()


def test_what_comes_round_keeps_its_pace_and_one_failure_stops_nobody(app, session, monkeypatch):
    heard: list[str] = []

    def bad(session, clock):
        raise OSError("away")

    table = {
        "a": jobs.Periodic("a", 5, bad),
        "b": jobs.Periodic("b", 60, lambda session, clock: heard.append("b")),
    }
    monkeypatch.setattr(jobs, "_periodic", table)
    one = beat.Beat(app)

    done = [one.tick(at) for at in (1.0, 3.0, 6.5, 61.5)]

    assert (done, heard) == ([["a", "b"], [], ["a"], ["a", "b"]], ["b", "b"])


def test_a_proposal_nobody_confirmed_lapses(session, build, clock):
    round_ = build.round()
    lead = build.person(round_.organisation)
    proposals.propose(session, round_, "cancel", actor=lead, now=clock())
    session.flush()

    early = proposals.expire(session, now=clock.forward(days=6))
    late = proposals.expire(session, now=clock.forward(days=2))

    assert (early, late, session.scalars(select(Proposal.state)).all()) == (0, 1, ["lapsed"])


def test_a_mail_is_tried_with_growing_pauses_and_fails_after_ten(session, clock):
    row = mail.post(session, "password_reset", to="a@example.org", now=clock(), secret="/reset/x", minutes=30)
    session.flush()
    pauses = []

    for _attempt in range(10):
        assert mail.claim(session, row.id, now=clock()) is row
        pauses.append(row.next_try_at - clock())
        mail.failed(row, "SMTPException", now=clock())
        session.flush()
        clock.now = row.next_try_at

    minutes = [p // dt.timedelta(minutes=1) for p in pauses]
    assert minutes == [1, 5, 30, 120, 120, 120, 120, 120, 120, 120]
    assert (row.state, mail.due(session, now=clock(), limit=9)) == ("failed", [])


def test_two_workers_never_send_one_mail(session, clock):
    row = mail.post(session, "password_reset", to="a@example.org", now=clock(), minutes=30)
    session.flush()

    taken = [mail.claim(session, row.id, now=clock()) is not None for _worker in range(2)]

    assert taken == [True, False]


@pytest.mark.parametrize(("wipe", "left"), [(True, ""), (False, "/reset/x")])
def test_the_secret_of_a_mail_goes_once_a_server_took_it(session, clock, wipe, left):
    row = mail.post(session, "password_reset", to="a@example.org", now=clock(), secret="/reset/x", minutes=30)

    mail.sent(row, now=clock(), wipe=wipe)

    assert (row.state, row.secret) == ("sent", left)


def test_the_console_prints_a_mail_and_marks_it_sent(app, session, clock, capsys):
    from views import sending

    mail.post(session, "password_reset", to="a@example.org", now=clock(), secret="/reset/x", minutes=30)
    session.commit()

    with worker.writing_session() as own:
        sending.send_due(own, clock)

    session.expire_all()
    assert "http://localhost/reset/x" in capsys.readouterr().out
    assert session.scalars(select(Mail.state)).all() == ["sent"]
    db.session.rollback()


def test_an_error_of_the_database_does_not_tell_what_was_to_be_stored(app, session):
    with pytest.raises(StatementError) as raised:
        session.execute(text("INSERT INTO nowhere VALUES (:value)"), {"value": "sealed content"})

    session.rollback()
    assert "sealed content" not in str(raised.value)


def test_what_a_dead_process_left_of_a_reading_is_swept(app, session, clock):
    folder = app.extensions["settings"].reading_folder() / "sheet-left"
    folder.mkdir(parents=True)
    (folder / "answer.json").write_text("sealed content")

    beat.sweep_files(session, clock)

    assert not folder.exists()


def test_a_pasted_block_that_nobody_took_over_is_forgotten_after_a_week(app, session, build, clock):
    lead = build.organisation("lead")
    lot = build.lot(build.round(lead, state="demand"))
    texts = ("abandoned", "taken over", "uploaded")
    purposes = ("demand-block", "demand-block", "demand")
    put = app.extensions["files"].put
    abandoned, taken, _uploaded = (
        build.stored_file(sha256=put(io.BytesIO(text.encode()), max_bytes=99).sha256, name=text, purpose=purpose)
        for text, purpose in zip(texts, purposes, strict=True)
    )
    build.demand(lot, lead, source_upload_id=taken.id)
    session.commit()
    bytes_of_it = app.extensions["files"].path(abandoned.sha256)
    os.utime(bytes_of_it, (clock().timestamp(),) * 2)

    clock.forward(days=7)
    beat.sweep_files(session, clock)
    within = {file.name for file in session.scalars(select(StoredFile))}
    clock.forward(seconds=1)
    beat.sweep_files(session, clock)

    assert within == set(texts)
    assert {file.name for file in session.scalars(select(StoredFile))} == {"taken over", "uploaded"}
    assert not bytes_of_it.exists()

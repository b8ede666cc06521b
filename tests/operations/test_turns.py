"""Whose turn it is: one organisation after the other, quick files never behind large ones, two workers never on one job."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from framework.ground import jobs, turns
from framework.ground.turns import Waiting, in_turn
from models.base import db
from models.records import Job
from views import worker

START = dt.datetime(2026, 11, 28, 9, 0, tzinfo=dt.UTC)
KIND = "test.turns"

waiting_jobs = st.lists(
    st.tuples(st.sampled_from([None, 1, 2, 3]), st.sampled_from(["quick", "large"]), st.integers(0, 50)), max_size=30
).map(lambda found: [Waiting(n, o, lane, START + dt.timedelta(seconds=s)) for n, (o, lane, s) in enumerate(found)])


def one(number, organisation, lane="quick", second=0):
    return Waiting(number, organisation, lane, START + dt.timedelta(seconds=second))


@given(waiting_jobs)
@settings(max_examples=60)
def test_every_waiting_job_has_one_turn_and_nobody_gets_two_while_another_waits(waiting):
    order = list(in_turn(waiting))

    assert sorted(order) == sorted(waiting)
    left = defaultdict(int)
    for job in waiting:
        left[job.organisation_id] += 1
    had = defaultdict(int)
    for job in order:
        assert all(had[job.organisation_id] <= had[owner] for owner, count in left.items() if count)
        had[job.organisation_id] += 1
        left[job.organisation_id] -= 1


@given(waiting_jobs)
@settings(max_examples=60)
def test_of_an_organisation_quick_files_come_first_and_then_the_older_ones(waiting):
    order = list(in_turn(waiting))

    for owner in {job.organisation_id for job in waiting}:
        own = [(job.lane == "large", job.queued_at) for job in order if job.organisation_id == owner]
        assert own == sorted(own)


def test_fifty_files_of_one_organisation_do_not_delay_the_only_one_of_another():
    crowd = [one(number, 1, second=number) for number in range(50)]

    order = [job.id for job in in_turn([*crowd, one(99, 2, second=60)], served={1: START})]

    assert order.index(99) == 0


def test_who_is_being_served_waits_behind_who_is_not():
    order = [job.id for job in in_turn([one(1, 1), one(2, 2, second=9)], running={1: 1})]

    assert order == [2, 1]


@pytest.fixture
def queue(session, build, clock, monkeypatch):
    """Puts jobs of organisations into the table; their work is noted as (organisation, number)."""
    done = []

    def run(_session, job, _now):
        done.append((job.organisation_id, job.payload["n"]))
        clock.forward(seconds=1)

    monkeypatch.setitem(jobs._runners, KIND, run)
    owners = [build.organisation("supplier").id for _ in range(3)]

    def put(owner, number, **values):
        job = jobs.enqueue(session, KIND, now=clock(), organisation_id=owners[owner], n=number)
        for name, value in values.items():
            setattr(job, name, value)
        clock.forward(seconds=1)
        return job

    put.owners, put.done = owners, done
    return put


def test_the_worker_takes_organisations_in_turn_whatever_number_the_queue_carries(app, session, queue):
    for number in range(4):
        queue(0, number)
    queue(1, 10)
    session.commit()
    session.rollback()

    count = worker.work_off(app)

    first, second, _third = queue.owners
    assert (count, queue.done) == (5, [(first, 0), (second, 10), (first, 1), (first, 2), (first, 3)])


def test_one_large_job_at_a_time_per_organisation_while_quick_ones_go_on(session, clock, queue):
    queue(0, 1, lane="large", state="running", heartbeat_at=clock(), started_at=clock(), attempts=1)
    queue(0, 2, lane="large")
    queue(0, 3)
    session.commit()

    taken = [turns.take_next(session, now=clock()) for _ in range(2)]

    assert [job.payload["n"] if job else None for job in taken] == [3, None]


def test_a_large_job_whose_worker_died_does_not_keep_the_lane(session, clock, queue):
    queue(0, 1, lane="large", state="running", heartbeat_at=clock(), started_at=clock(), attempts=1)
    session.commit()
    clock.forward(minutes=4)

    job = turns.take_next(session, now=clock())

    assert (job.payload["n"], job.attempts) == (1, 2)


def test_the_last_free_thread_takes_quick_jobs_only(app, session, queue):
    queue(0, 1, lane="large")
    queue(1, 2, lane="large")
    queue(2, 3)
    session.commit()
    session.rollback()
    slots = app.extensions["large_slots"]
    held = 0
    while slots.acquire(blocking=False):
        held += 1
    try:
        worker.work_off(app)
        before = list(queue.done)
    finally:
        for _slot in range(held):
            slots.release()

    worker.work_off(app)

    assert ([number for _owner, number in before], [n for _owner, n in queue.done]) == ([3], [3, 1, 2])
    assert held == app.extensions["settings"].workers() - 1


def test_two_workers_at_once_do_every_job_once_and_serve_both_organisations(app, session, queue, monkeypatch):
    take_next, taken = turns.take_next, []

    def noted(own, **options):
        job = take_next(own, **options)
        if job is not None:  # before the commit that lets the other worker take one
            own.flush()
            others = own.execute(select(Job.organisation_id, Job.state).where(Job.id != job.id)).all()
            running = Counter(owner for owner, state in others if state == "running")
            waiting = {owner for owner, state in others if state == "waiting"}
            taken.append(all(running[job.organisation_id] <= running[owner] for owner in waiting))
        return job

    monkeypatch.setattr(turns, "take_next", noted)
    for number in range(6):
        queue(0, number)
    for number in range(2):
        queue(1, number)
    session.commit()
    session.rollback()

    threads = [threading.Thread(target=worker.work_off, args=(app,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    first, second, _third = queue.owners
    assert sorted(queue.done) == sorted([(first, n) for n in range(6)] + [(second, n) for n in range(2)])
    assert taken == [True] * 8, "a job was taken of who had more of them running than somebody who waited"


def test_what_comes_before_a_job_is_told_of_its_own_organisation_and_in_all(session, clock, queue):
    own = [queue(0, number) for number in range(3)]
    queue(1, 9)
    session.commit()

    assert [turns.before(session, job, now=clock()) for job in own] == [(0, 0), (1, 2), (2, 3)]


def test_a_stopped_job_is_left_by_who_works_on_it_and_taken_by_nobody(app, session, clock, monkeypatch):
    heard = []

    def run(own, job, now):
        number, attempt = job.id, job.attempts
        jobs.cancel(own.get_one(Job, number), now=now())
        own.commit()
        heard.append("began")
        jobs.goes_on(own, number, attempt, now=now())
        heard.append("went on")

    monkeypatch.setitem(jobs._runners, KIND, run)
    job = jobs.enqueue(session, KIND, now=clock())
    session.commit()
    number = job.id
    session.rollback()

    worker.run_job(app, number)
    clock.forward(minutes=10)
    worker.work_off(app)

    assert (heard, db.session.get_one(Job, number, populate_existing=True).state) == (["began"], "cancelled")


def test_a_worker_whose_job_was_taken_over_writes_nothing_more(session, clock):
    job = jobs.enqueue(session, KIND, now=clock())
    session.commit()
    jobs.claim(session, job.id, now=clock())
    session.commit()
    clock.forward(minutes=4)
    jobs.claim(session, job.id, now=clock())
    session.commit()

    with pytest.raises(jobs.Stopped):
        jobs.goes_on(session, job.id, 1, now=clock(), done=5)
    jobs.goes_on(session, job.id, 2, now=clock(), done=7)

    session.expire_all()
    assert (job.done, job.attempts) == (7, 2)

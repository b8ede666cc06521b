"""The queue of either database: a committed job is really enqueued, and whoever takes it out of the queue does the work."""

from __future__ import annotations

import pytest
from huey import PostgresHuey, SqliteHuey
from sqlalchemy import inspect, text

from framework.ground import jobs
from models.base import db
from models.records import Job
from views import worker

KIND = "test.queue"
QUEUES = {"sqlite": SqliteHuey, "postgresql": PostgresHuey}


@pytest.fixture
def queue(app, session, monkeypatch):
    """The queue that an installation in service opens; empty, and forgotten afterwards."""
    monkeypatch.setattr(app, "testing", False)
    monkeypatch.setitem(app.extensions, "queue", worker._Queue(app))
    opened = worker.queue_of(app)
    opened.flush()
    yield opened
    opened.flush()
    opened.storage.close()
    session.rollback()
    with db.engine.begin() as connection:
        for name in inspect(connection).get_table_names():
            if name.startswith("huey_"):
                connection.execute(text(f'DROP TABLE "{name}"'))


def test_a_committed_job_is_enqueued_and_worked(app, session, clock, queue, backend, monkeypatch):
    done: list[int] = []
    monkeypatch.setitem(jobs._runners, KIND, lambda session, job, clock: done.append(job.payload["n"]))
    job = jobs.enqueue(session, KIND, now=clock(), n=7)
    session.commit()
    number = job.id
    session.rollback()
    pending = queue.pending_count()

    queue.execute(queue.dequeue())

    job = session.get_one(Job, number, populate_existing=True)
    assert isinstance(queue, QUEUES[backend])
    assert (pending, queue.pending_count()) == (1, 0)
    assert (done, job.state) == ([7], "done")


def test_a_job_that_was_rolled_back_is_not_enqueued(session, clock, queue):
    jobs.enqueue(session, KIND, now=clock(), n=7)
    session.flush()

    session.rollback()

    assert queue.pending_count() == 0

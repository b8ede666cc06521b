"""Outbox and health, for operators only."""

from __future__ import annotations

import datetime as dt
import os

import pytest

from framework.ground import jobs, mail
from views import beat


@pytest.fixture
def operator(build, sign_in):
    body = build.organisation("operator")
    return sign_in(build.user(body), body)


def test_the_outbox_shows_links_while_mail_goes_to_the_console(session, clock, operator):
    row = mail.post(session, "password_reset", to="a@example.org", now=clock(), secret="/reset/x", minutes=30)
    session.commit()
    address = f"/outbox/{row.public_id}"

    listed = operator.page("/outbox")
    shown = operator.page(address)

    assert "a@example.org" in listed.text
    assert "http://localhost/reset/x" in shown.text


def test_the_outbox_masks_links_once_a_mail_server_is_set(app, session, clock, operator, monkeypatch):
    row = mail.post(session, "password_reset", to="a@example.org", now=clock(), secret="/reset/x", minutes=30)
    session.commit()
    monkeypatch.setattr(app.extensions["settings"], "mail_url", "smtp://mail.example.org")

    shown = operator.page(f"/outbox/{row.public_id}")

    assert "/reset/x" not in shown.text
    assert "a personal link, not shown here" in shown.text


def test_a_failed_mail_is_tried_again(session, clock, operator):
    row = mail.post(session, "password_reset", to="a@example.org", now=clock(), minutes=30)
    row.state, row.attempts = "failed", 10
    session.commit()

    operator.send(f"/outbox/{row.public_id}/again")

    session.expire_all()
    assert (row.state, row.attempts) == ("waiting", 0)


def test_health_says_that_no_worker_is_there(operator):
    page = operator.page("/health")

    assert "No worker has been heard of lately" in page.text


def test_health_names_the_jobs_that_a_fault_of_the_installation_holds_up(session, clock, operator):
    job = jobs.enqueue(session, "check_submission", now=clock(), submission="x")
    job.attempts = 3
    jobs.broke(job, jobs.TryAgain("OSError ENOSPC at files.py:50 put"), now=clock())
    session.commit()

    page = operator.page("/health")

    assert "Jobs that are held up" in page.text
    assert "OSError ENOSPC at files.py:50 put" in page.text


@pytest.mark.parametrize("path", ["/outbox", "/health", "/record", "/record.csv"])
def test_nobody_but_the_operator_sees_the_installation(build, sign_in, path):
    body = build.organisation("buyer")
    member = sign_in(build.user(body), body)

    assert member.get(path).status_code == 403


@pytest.mark.parametrize(
    ("ago", "worker"), [(dt.timedelta(seconds=90), "ok"), (dt.timedelta(minutes=3), "silent"), (None, "silent")]
)
def test_a_watcher_learns_no_more_than_that_it_runs(client, app, clock, tmp_path, monkeypatch, ago, worker):
    monkeypatch.setattr(beat, "alive", lambda _app: tmp_path / "worker.alive")
    if ago is not None:
        ticked = (clock() - ago).timestamp()
        (tmp_path / "worker.alive").touch()
        os.utime(tmp_path / "worker.alive", (ticked, ticked))

    answer = client.get("/healthz")

    assert answer.json == {"database": "ok", "worker": worker}

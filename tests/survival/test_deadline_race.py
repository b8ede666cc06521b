"""Files that arrive around the deadline, in several processes at once: each is in or late, and all later readers agree."""

from __future__ import annotations

import datetime as dt
import io
import os
import random
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from framework.disclosure import counting
from framework.ground.audit import first_break
from framework.people import sessions
from models.base import db
from models.disclosure import Submission
from models.records import AuditEvent
from models.rounds import Round
from tests.builders import Builder
from views import create_app, keyring
from views.disclosure.work import files
from views.settings import Settings

ROUNDS = 20 if os.environ.get("HEFBOOM_BARS") == "1" else 2
SENT_EACH, PROCESSES = 200, 4
AHEAD, AROUND = 12.0, 5.0
"""Seconds: from the start of the processes to the deadline, and around it in which files are sent."""


@dataclass(frozen=True)
class Sent:
    """A file as its sender saw it: where the receipt is, and between which instants the answer came."""

    place: str
    before: dt.datetime
    after: dt.datetime
    says_late: bool


@cache
def application(folder: str, url: str) -> Flask:
    """The product in a process of its own, on the database of the test and the clock of the machine."""
    settings = Settings(
        data_dir=Path(folder),
        database_url=url,
        secret_key="test" * 10,
        check_database=False,
        base_url="http://localhost",
        inline_mb=0,
        second_factor_roles="",
    )
    app = create_app(settings)
    app.testing = True
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def send_all(folder: str, url: str, round_id: str, tokens: list[str], deadline: dt.datetime, seed: int) -> list[Sent]:
    """Send one file for each session, at random instants around the deadline."""
    app, chance = application(folder, url), random.Random(seed)
    moments = sorted((chance.uniform(-AROUND, AROUND), token) for token in tokens)
    sent = []
    for offset, token in moments:
        time.sleep(max(0.0, (deadline - now()).total_seconds() + offset))
        client, before = browser(app, token), now()
        sent.append((client, upload(client, round_id, f"name,country\n{token},NL\n"), before, now()))
    return [
        Sent(place.rpartition("/")[2], before, after, "after the deadline" in client.get(place).text)
        for client, place, before, after in sent
    ]


def upload(client: FlaskClient, round_id: str, content: str) -> str:
    """Send a file as its supplier does, again where the database was busy and nothing was saved; where its receipt is."""
    for _attempt in range(20):
        data = {"file": (io.BytesIO(content.encode()), "sites.csv")}
        answer = client.post(f"/rounds/{round_id}/disclosure", data=data)
        if answer.status_code != 503:
            break
    assert answer.status_code == 303, answer.status_code
    return str(answer.location)


def browser(app: Flask, token: str) -> FlaskClient:
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["sid"] = token
    return client


def close_and_look(folder: str, url: str, round_id: str, deadline: dt.datetime) -> tuple[str | None, str]:
    """Close receipt as soon as the date says so, while others still send; the digest that was stored, and the set's now."""
    app = application(folder, url)
    time.sleep(max(0.0, (deadline - now()).total_seconds()))
    with app.app_context(), keyring.with_master(app):
        session = db.session()
        session.info["write"] = True
        round_ = session.scalars(select(Round).where(Round.public_id == round_id)).one()
        while round_.state == "published":
            counting.close_if_due(session, round_, clock=now, files=files())
            session.commit()
        seen = round_.closed_set_digest, counting.set_digest(counting.received_in_time(session, round_))
        db.session.remove()
        return seen


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def published(app: Flask) -> tuple[list[str], list[str]]:
    """Rounds that receive files, and a signed-in person of each supplier."""
    with app.app_context():
        session = db.session()
        session.info["write"] = True
        build = Builder(session, now)
        rounds = [build.round(state="published") for _number in range(ROUNDS)]
        for round_ in rounds:
            build.lot(round_)
        tokens = [
            sessions.start(session, build.user(build.organisation("supplier")), now=now(), max_hours=12)[1]
            for _number in range(SENT_EACH)
        ]
        places = [round_.public_id for round_ in rounds]
        session.commit()
        db.session.remove()
    return places, tokens


@pytest.mark.slow
def test_around_the_deadline_every_file_is_in_or_late_and_every_later_reader_sees_the_same_set(installation):
    folder = str(installation.folder)
    url = installation.app.config["SQLALCHEMY_DATABASE_URI"]
    spawn = get_context("spawn")
    all_ready = spawn.Barrier(PROCESSES + 1)
    with ProcessPoolExecutor(PROCESSES + 1, spawn, initializer=make_ready, initargs=(folder, url, all_ready)) as pool:
        places, tokens = published(installation.app)
        list(pool.map(time.sleep, [0.0] * 20 * PROCESSES))
        for number, round_id in enumerate(places):
            deadline = move_deadline(installation.app, round_id)
            senders = [
                pool.submit(send_all, folder, url, round_id, tokens[at::PROCESSES], deadline, number * 10 + at)
                for at in range(PROCESSES)
            ]
            closing = pool.submit(close_and_look, folder, url, round_id, deadline)
            sent = [one for sender in senders for one in sender.result()]
            assert_one_truth(installation.app, round_id, sent, closing.result())


def make_ready(folder: str, url: str, all_ready: Barrier) -> None:
    """Import the product, read its templates and wait for the others: that takes longer than sending a file."""
    application(folder, url).test_client().get("/")
    all_ready.wait()


def move_deadline(app: Flask, round_id: str) -> dt.datetime:
    """Set the deadline some seconds ahead, once everything else stands."""
    with app.app_context():
        session = db.session()
        session.info["write"] = True
        round_ = session.scalars(select(Round).where(Round.public_id == round_id)).one()
        round_.tender_deadline = deadline = now() + dt.timedelta(seconds=AHEAD)
        session.commit()
        db.session.remove()
    return deadline


def assert_one_truth(app: Flask, round_id: str, sent: list[Sent], closed: tuple[str | None, str]) -> None:
    with app.app_context():
        session = db.session()
        session.info["write"] = False
        round_ = session.scalars(select(Round).where(Round.public_id == round_id)).one()
        stored = {
            one.public_id: one
            for one in session.scalars(select(Submission).where(Submission.round_id == round_.id)).all()
        }
        late = {place for place, one in stored.items() if one.state == "late"}

        assert len(sent) == len(stored) == SENT_EACH
        assert {one.place for one in sent} == set(stored)
        assert 0 < len(late) < SENT_EACH, "the deadline did not fall among the files"
        for one in sent:
            received = stored[one.place].received_at
            assert one.before <= received <= one.after
            assert (one.place in late) == (received > round_.tender_deadline) == one.says_late
            assert files().path_of(stored[one.place].file).stat().st_size > 0
        in_order = sorted(stored.values(), key=lambda one: one.receipt_seq)
        assert [one.received_at for one in in_order] == sorted(one.received_at for one in in_order)

        again = counting.set_digest(counting.received_in_time(session, round_))
        assert round_.state == "receipt_closed"
        assert {*closed, round_.closed_set_digest, again} == {again}
        assert len(counting.received_in_time(session, round_)) == SENT_EACH - len(late)
        assert first_break(session.scalars(select(AuditEvent).order_by(AuditEvent.seq))) is None
        db.session.remove()

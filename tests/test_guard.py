"""One form, one effect: sent again it gets the same answer; changed and sent again it is a new act."""

from __future__ import annotations

import datetime as dt
import io
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from models.base import db
from models.disclosure import Submission
from models.rounds import Round


@pytest.fixture
def upload(session, build, clock, sign_in):
    """A supplier's browser and a function that sends a list of sites with a given form key."""
    round_ = build.round(state="published", tender_deadline=clock.now + dt.timedelta(days=1))
    build.lot(round_)
    supplier = build.organisation("supplier")
    path = f"/rounds/{round_.public_id}/disclosure"
    browser = sign_in(build.user(supplier), supplier)

    def send(key: str, street: str):
        content = f"name,address,city,country\nAcme,{street} 1,Town,NL\n".encode()
        return browser.post(path, data={"once": key, "file": (io.BytesIO(content), "sites.csv")})

    return send


def versions() -> int:
    """How many versions are stored, seen by a session of its own."""
    db.session.remove()
    return db.session.scalar(select(func.count()).select_from(Submission))


def test_a_form_sent_twice_has_one_effect_and_one_answer(upload):
    first = upload("k1", "Elm Street")

    second = upload("k1", "Elm Street")

    assert first.headers["Location"] == second.headers["Location"]
    assert versions() == 1


def test_another_file_under_the_same_form_key_is_not_lost(upload):
    upload("k1", "Elm Street")

    second = upload("k1", "Oak Street")

    assert second.status_code == 303
    assert versions() == 2


def test_two_clicks_at_the_same_moment_have_one_effect_and_one_answer(app, session, build, clock, sign_in):
    lead = build.organisation("lead")
    browser = sign_in(build.user(lead), lead)
    form = {"once": "k" * 16, "name": "Laptops 2027", "jurisdiction": "nl"}
    db.session.remove()

    answers = at_once([browser, twin_of(browser, app)], lambda one: one.post("/rounds/new", data=form))

    assert [answer.status_code for answer in answers] == [303, 303]
    assert len({answer.headers["Location"] for answer in answers}) == 1
    db.session.remove()
    assert db.session.scalar(select(func.count()).select_from(Round)) == 1


def twin_of(browser, app):
    """A second window of the same browser."""
    with browser.session_transaction() as cookie:
        token = cookie["sid"]
    twin = app.test_client()
    with twin.session_transaction() as cookie:
        cookie["sid"] = token
    return twin


def at_once(browsers, act):
    """What each browser gets when all act at the same moment."""
    barrier = Barrier(len(browsers))

    def begin(browser):
        barrier.wait(timeout=30)
        return act(browser)

    with ThreadPoolExecutor(len(browsers)) as pool:
        return list(pool.map(begin, browsers))

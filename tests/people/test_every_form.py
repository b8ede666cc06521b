"""Every form of the whole application: no token, a wrong one or another's changes nothing (T34)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from models.base import Base
from tests.people.conftest import PASSWORD


@pytest.fixture
def guarded(app):
    """The application with its forgery protection on, as in production."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    app.config["WTF_CSRF_ENABLED"] = False


def changing_routes(app) -> list[str]:
    """An address of every route that takes something other than reading."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.methods - {"GET", "HEAD", "OPTIONS"}:
            values = dict.fromkeys(rule.arguments, "1")
            with app.test_request_context():
                found.append(app.url_map.bind("localhost").build(rule.endpoint, values, method="POST"))
    return found


def token_of(browser) -> str:
    return re.search(r'name="csrf-token" content="([^"]+)"', browser.get("/permissions").get_data(as_text=True)).group(
        1
    )


def counts(session) -> dict[str, int]:
    """How much every table holds, but for the record itself, which keeps the refused attempts."""
    session.rollback()
    tables = [t for t in Base.metadata.sorted_tables if t.name not in ("audit_event", "counter")]
    return {t.name: session.scalar(select(func.count()).select_from(t)) for t in tables}


def test_without_the_right_token_no_form_is_taken(guarded, session, build, sign_in):
    routes = changing_routes(guarded)
    mine = sign_in(build.user(build.organisation("operator")))
    theirs = token_of(sign_in(build.user(build.organisation())))
    before = counts(session)

    answers = {
        (path, kind): mine.post(path, data=data).status_code
        for path in routes
        for kind, data in (("none", {}), ("wrong", {"csrf_token": "x.y.z"}), ("another's", {"csrf_token": theirs}))
    }

    assert len(routes) >= 20
    wanted = {place: 401 if place[0].startswith("/api/v1/") else 400 for place in answers}  # programs send no forms
    assert {place: status for place, status in answers.items() if status != wanted[place]} == {}
    assert counts(session) == before


def test_signing_in_from_elsewhere_is_refused_and_from_our_page_taken(guarded, client, build, password_of):
    password_of(build.user(build.organisation(), email="ann@example.org"))
    form = {"email": "ann@example.org", "password": PASSWORD}

    elsewhere = client.post("/sign-in", data=form)
    ours = client.post("/sign-in", data=form | {"csrf_token": token_of(client)})

    assert elsewhere.status_code == 400
    assert "This page was open too long, or you have signed in again since." in elsewhere.get_data(as_text=True)
    assert PASSWORD not in elsewhere.get_data(as_text=True)
    assert ours.status_code == 303


def test_a_token_from_before_signing_in_is_worth_nothing_after(guarded, client, build, password_of):
    password_of(build.user(build.organisation(), email="ann@example.org"))
    old = token_of(client)
    client.post("/sign-in", data={"email": "ann@example.org", "password": PASSWORD, "csrf_token": old})

    answer = client.post("/sign-out", data={"csrf_token": old})

    assert answer.status_code == 400
    assert client.get("/account").status_code == 200

"""What every answer obeys: which hosts are answered, cookies and HSTS over TLS, forged forms (trust.md 13)."""

from __future__ import annotations

import pytest
from flask import url_for
from sqlalchemy import select

from models.records import AuditEvent
from views.settings import Settings


@pytest.mark.parametrize(
    ("base_url", "named", "hosts"),
    [
        ("http://127.0.0.1:5001", "", ["localhost", "127.0.0.1"]),
        ("http://localhost", "", ["localhost", "127.0.0.1"]),
        ("https://buy.example.org:8443/x", "", ["buy.example.org"]),
        ("https://buy.example.org", "a.example, b.example", ["a.example", "b.example"]),
    ],
)
def test_the_hosts_answered_are_those_named_else_that_of_the_address(base_url, named, hosts):
    assert Settings(base_url=base_url, trusted_hosts=named).hosts() == hosts


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost", 200), ("localhost:5001", 200), ("127.0.0.1:5001", 200), ("evil.example", 400), ("a b", 400)],
)
def test_another_host_is_refused(client, host, status):
    answer = client.get("/sign-in", headers={"Host": host})

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("base_url", "forced", "over_tls"),
    [
        ("https://buy.example.org", None, True),
        ("http://localhost", None, False),
        ("http://localhost", True, True),
        ("https://buy.example.org", False, False),
    ],
)
def test_cookies_are_for_tls_where_the_address_is_unless_a_setting_says_otherwise(base_url, forced, over_tls):
    assert Settings(base_url=base_url, secure_cookies=forced).over_tls() is over_tls


def test_browsers_are_told_to_stay_with_tls_where_the_address_says_so(client, app, monkeypatch):
    plain = client.get("/sign-in")
    monkeypatch.setattr(app.extensions["settings"], "base_url", "https://localhost")

    secure = client.get("/sign-in")

    assert "Strict-Transport-Security" not in plain.headers
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.fixture
def guarded(app):
    """The application with its forgery protection on, as in production."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    app.config["WTF_CSRF_ENABLED"] = False


def denied(session) -> list[AuditEvent]:
    session.rollback()
    return list(session.scalars(select(AuditEvent).where(AuditEvent.outcome == "denied")))


def test_a_form_with_a_wrong_token_is_refused_once_and_written_down(guarded, session, build, sign_in):
    round_ = build.round()
    user = build.user(round_.organisation)
    browser, number, round_id = sign_in(user), user.id, round_.id

    answer = browser.post(f"/rounds/{round_.public_id}/cancel", data={"csrf_token": "x.y", "motive": "typed"})

    page = answer.get_data(as_text=True)
    (event,) = denied(session)
    assert answer.status_code == 400
    assert "This page was open too long" in page
    assert "The address or the form was not complete" not in page
    assert "typed" in page
    assert (event.actor_id, event.round_id, event.data["code"]) == (number, round_id, "csrf-token")


def test_a_form_of_nobody_with_a_wrong_token_is_no_attempt_of_anybody(guarded, session, client):
    assert client.post("/sign-in", data={"email": "a@example.org"}).status_code == 400

    assert denied(session) == []


def test_style_sheets_are_kept_under_the_address_of_their_content_and_no_other(app):
    client = app.test_client()
    with app.test_request_context():
        address = url_for("static", filename="hefboom.css")

    def kept(place: str) -> str:
        with client.get(place) as answer:
            return answer.headers.get("Cache-Control", "")

    assert "immutable" in kept(address)
    for other in ("/static/hefboom.css", "/static/hefboom.css?v=0", "/static/hefboom.css?v="):
        assert "immutable" not in kept(other), other
    assert client.get("/static/none.css?v=0").status_code == 404

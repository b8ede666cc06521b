"""A form of somebody whose session has ended, or who owes a second factor, is answered with all that was typed."""

from __future__ import annotations

import io

import pytest

from tests.memory import remembered
from tests.people.conftest import PASSWORD

FORM = {"name": "A long name typed with care", "jurisdiction": "eu", "cpv_code": "30213100-6"}


@pytest.fixture
@remembered
def lapsed(build, sign_in, clock):
    """The browser of a lead whose session has just ended."""
    browser = sign_in(build.user(build.organisation("lead")))
    clock.forward(minutes=61)
    return browser


def test_a_lapsed_session_loses_nothing_that_was_typed(lapsed):
    came_from = {"Referer": "http://localhost/rounds/new?from=last"}

    answer = lapsed.post("/rounds/new", data=FORM, headers=came_from)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert all(value in page for value in FORM.values())
    assert 'href="/sign-in?next=/rounds/new?from%3Dlast" target="_blank"' in page


@pytest.mark.parametrize("came_from", ["", "https://evil.example/rounds/new", "http://localhost.evil.example/x"])
def test_without_a_page_of_this_site_the_link_leads_to_the_address_of_the_form(lapsed, came_from):
    answer = lapsed.post("/rounds/new", data=FORM, headers={"Referer": came_from})

    assert 'href="/sign-in?next=/rounds/new"' in answer.get_data(as_text=True)


def test_passwords_and_codes_are_not_shown(lapsed):
    secrets = {"present": "old secret", "password": PASSWORD, "repeat_password": PASSWORD, "fresh_code": "123456"}
    secrets |= {"passphrase": "boats of paper", "passphrase_again": "paper and boats"}

    page = lapsed.post("/account/password", data=secrets).get_data(as_text=True)
    code = lapsed.post("/account/recovery-codes", data={"code": "654321"}).get_data(as_text=True)

    assert not [secret for secret in secrets.values() if secret in page]
    assert "654321" not in code


def test_a_file_is_asked_for_again(lapsed):
    answer = lapsed.post("/rounds/x/disclosure", data={"file": (io.BytesIO(b"a"), "sites.csv")})

    assert "Choose the file again" in answer.get_data(as_text=True)


def test_whoever_owes_a_second_factor_loses_nothing_either(build, session, app, sign_in, monkeypatch):
    browser = sign_in(build.user(build.organisation("lead")))
    with browser.session_transaction() as cookie:
        token = cookie["sid"]
    from framework.people import sessions

    live = sessions.find(session, token, now=app.extensions["clock"](), idle_minutes=60)
    live.second_factor_at = None
    session.commit()
    monkeypatch.setattr(app.extensions["settings"], "second_factor_roles", "lead")

    answer = browser.post("/rounds/new", data=FORM)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert FORM["name"] in page
    assert 'href="/second-factor?next=/rounds/new" target="_blank"' in page


def test_a_reader_is_sent_on_to_sign_in(lapsed):
    answer = lapsed.get("/rounds/new?from=last")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in?next=/rounds/new?from%3Dlast")

"""Tokens in the account: made with a name, a scope and an end, shown once, revoked; never more than their person."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import select

from framework.ground.errors import FactorStale
from framework.people import accounts, links, roles, signing_in, tokens
from models.base import db
from models.people import ApiToken, RoleGrant
from models.records import AuditEvent, Job, Mail
from tests.memory import remembered
from views import mailing

FORM = {"name": "Stock system", "scopes": ["submissions:read"], "days": "30"}


@pytest.fixture
@remembered
def supplier(build):
    return build.organisation("supplier")


@pytest.fixture
@remembered
def user(build, supplier):
    return build.user(supplier)


@pytest.fixture
@remembered
def browser(sign_in, user, supplier):
    return sign_in(user, supplier)


def secret_on(page: str) -> str:
    found = re.search(r'value="(hef_[\w-]{43})"', page)
    return found.group(1) if found else ""


def call(app, secret: str):
    return app.test_client().get("/api/v1/rounds", headers={"Authorization": f"Bearer {secret}"})


def test_a_token_is_made_and_its_secret_shown_until_it_is_kept(app, session, browser, clock):
    browser.send("/account/tokens", FORM)

    secret = secret_on(browser.get("/account/tokens").get_data(as_text=True))
    made = session.scalars(select(ApiToken)).one()
    assert made.token_hash == tokens.sessions.hashed(secret)
    assert (made.name, made.scopes, made.ending) == ("Stock system", ["submissions:read"], secret[-4:])
    assert made.expires_at == clock.now + dt.timedelta(days=30)
    assert call(app, secret).status_code == 200
    browser.send("/account/tokens/kept")
    page = browser.page("/account/tokens")
    assert secret not in browser.get("/account/tokens").get_data(as_text=True)
    assert f"hef_…{secret[-4:]}" in page.text


def test_the_making_and_the_revoking_stand_in_the_record_without_the_secret(session, browser):
    browser.send("/account/tokens", FORM)
    secret = secret_on(browser.get("/account/tokens").get_data(as_text=True))
    made = session.scalars(select(ApiToken)).one()

    browser.send(f"/account/tokens/{made.public_id}/revoke")

    session.rollback()
    of_tokens = select(AuditEvent).where(AuditEvent.kind.startswith("api_token.")).order_by(AuditEvent.seq)
    events = session.scalars(of_tokens).all()
    assert [event.kind for event in events] == ["api_token.created", "api_token.revoked"]
    assert {event.subject_id for event in events} == {made.public_id}
    assert all(event.data["name"] == "Stock system" for event in events)
    assert secret not in repr([event.data for event in events])


def test_a_revoked_token_works_no_longer(app, session, browser):
    browser.send("/account/tokens", FORM)
    secret = secret_on(browser.get("/account/tokens").get_data(as_text=True))
    made = session.scalars(select(ApiToken)).one()

    page = browser.send(f"/account/tokens/{made.public_id}/revoke")

    assert "revoked" in page.text
    assert call(app, secret).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"days": "0"},
        {"days": "366"},
        {"days": "x"},
    ],
    ids=repr,
)
def test_what_is_no_sound_token_is_refused_with_what_was_typed(session, browser, wrong):
    page = browser.post("/account/tokens", data=FORM | wrong)

    assert page.status_code == 422
    assert session.scalars(select(ApiToken)).all() == []
    if wrong.get("name") != "":
        assert (FORM | wrong)["name"] in page.get_data(as_text=True)


def test_who_has_no_use_for_a_token_is_told_so(session, sign_in, build):
    buyer = build.organisation("buyer")
    browser = sign_in(build.user(buyer), buyer)

    page = browser.page("/account/tokens")

    assert "a token would be of no use" in page.text
    assert browser.post("/account/tokens", data=FORM).status_code == 403
    assert session.scalars(select(ApiToken)).all() == []


def test_somebody_elses_token_is_not_there(session, browser, build, sign_in, supplier):
    colleague = sign_in(build.user(supplier), supplier)
    browser.send("/account/tokens", FORM)
    made = session.scalars(select(ApiToken)).one()

    answer = colleague.post(f"/account/tokens/{made.public_id}/revoke")

    session.rollback()
    assert answer.status_code == 404
    assert session.scalars(select(ApiToken)).one().revoked_at is None
    assert "Stock system" not in colleague.page("/account/tokens").text


def test_no_more_tokens_than_anybody_oversees(session, browser, monkeypatch):
    monkeypatch.setattr(tokens, "MOST_TOKENS", 1)
    browser.send("/account/tokens", FORM)

    answer = browser.post("/account/tokens", data=FORM | {"name": "Another"})

    assert answer.status_code == 409
    assert "Revoke one that is no longer used" in answer.get_data(as_text=True)


def test_where_the_role_needs_a_second_factor_it_is_given_just_now(session, build, user, supplier, clock):
    needed = frozenset({"supplier"})
    options = {"name": "ERP", "scopes": [tokens.READ], "days": 90, "now": clock.now}
    plain = build.actor(user, supplier)

    def actor(factor_at):
        return tokens.Actor(plain.user_id, plain.organisation_id, plain.roles, factor_at=factor_at, factor_roles=needed)

    for stale in (None, clock.now - dt.timedelta(minutes=11)):
        with pytest.raises(FactorStale):
            tokens.create(session, user, actor=actor(stale), **options)
    made, _secret = tokens.create(session, user, actor=actor(clock.now - dt.timedelta(minutes=9)), **options)
    assert made.second_factor_at == clock.now - dt.timedelta(minutes=9)


def test_the_page_asks_for_the_second_factor_and_keeps_what_was_typed(app, browser, clock, monkeypatch):
    monkeypatch.setattr(app.extensions["settings"], "second_factor_roles", "supplier")
    clock.forward(minutes=11)

    answer = browser.post("/account/tokens", data=FORM)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert 'name="fresh_code"' in page
    assert 'name="scopes" value="submissions:read"' in page
    assert db.session.scalars(select(ApiToken)).all() == []


def test_a_token_made_without_a_factor_ends_where_the_role_begins_to_need_one(app, session, browser, monkeypatch):
    browser.send("/account/tokens", FORM)
    secret = secret_on(browser.get("/account/tokens").get_data(as_text=True))
    session.rollback()
    session.info["write"] = True
    session.scalars(select(ApiToken)).one().second_factor_at = None
    session.commit()
    monkeypatch.setattr(app.extensions["settings"], "second_factor_roles", "supplier")

    answer = call(app, secret)

    assert (answer.status_code, answer.get_json()["code"]) == (403, "factor-missing")


def spoil_expired(session, token, clock):
    clock.now = token.expires_at


def spoil_person(_session, token, clock):
    token.user.disabled_at = clock.now


def spoil_role(session, token, clock):
    session.scalars(select(RoleGrant).where(RoleGrant.user_id == token.user_id)).one().withdrawn_at = clock.now


def spoil_role_lapsed(session, token, clock):
    session.scalars(select(RoleGrant).where(RoleGrant.user_id == token.user_id)).one().ends_at = clock.now


@pytest.mark.parametrize("spoil", [spoil_expired, spoil_person, spoil_role, spoil_role_lapsed])
def test_a_token_ends_with_what_it_stands_on(app, session, browser, clock, spoil):
    browser.send("/account/tokens", FORM)
    secret = secret_on(browser.get("/account/tokens").get_data(as_text=True))
    assert call(app, secret).status_code == 200
    session.rollback()
    session.info["write"] = True
    spoil(session, session.scalars(select(ApiToken)).one(), clock)
    session.commit()

    answer = call(app, secret)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_another_role_of_the_organisation_reads_no_submissions(app, session, browser, build, user, supplier):
    browser.send("/account/tokens", FORM)
    secret = secret_on(browser.get("/account/tokens").get_data(as_text=True))
    session.rollback()
    session.info["write"] = True
    session.scalars(select(RoleGrant).where(RoleGrant.user_id == user.id)).one().role = "admin"
    session.commit()

    assert call(app, secret).status_code == 403


def reset_password(session, user, _supplier, clock, _operator):
    _link, link = links.make(
        session, "password_reset", user.email, now=clock.now, lasts=dt.timedelta(hours=1), user_id=user.id
    )
    signing_in.reset(session, link, "a new long pass phrase", now=clock.now)


def close_and_open(session, user, _supplier, clock, operator):
    accounts.disable(session, user, actor=operator, now=clock.now)
    accounts.enable(session, user, actor=operator, now=clock.now)


def withdraw_and_give(session, user, supplier, clock, operator):
    held = session.scalars(select(RoleGrant).where(RoleGrant.user_id == user.id)).one()
    roles.withdraw(session, held, actor=operator, now=clock.now)
    session.add(RoleGrant(user=user, organisation=supplier, role="supplier", created_at=clock.now))


@pytest.mark.parametrize(
    ("act", "because"),
    [
        (reset_password, "password-reset"),
        (close_and_open, "account-closed"),
        (withdraw_and_give, "role-withdrawn"),
    ],
)
def test_tokens_end_for_good_with_the_password_the_account_and_the_role(
    app, session, browser, build, user, supplier, clock, act, because
):
    browser.send("/account/tokens", FORM)
    secret = secret_on(browser.get("/account/tokens").get_data(as_text=True))
    session.rollback()
    session.info["write"] = True
    operator = build.person(build.organisation("operator"), "operator")

    act(session, user, supplier, clock, operator)
    session.commit()

    assert call(app, secret).status_code == 401
    session.rollback()
    event = session.scalars(select(AuditEvent).where(AuditEvent.kind == "api_token.ended")).one()
    assert event.data == {"name": "Stock system", "because": because}
    assert session.scalars(select(ApiToken)).one().revoked_at == clock.now


def test_a_role_that_is_left_keeps_the_tokens_and_so_does_a_changed_password(
    app, session, browser, build, user, supplier, clock
):
    browser.send("/account/tokens", FORM)
    secret = secret_on(browser.get("/account/tokens").get_data(as_text=True))
    session.rollback()
    session.info["write"] = True
    operator = build.person(build.organisation("operator"), "operator")
    other = build.grant(user, supplier, "admin")

    roles.withdraw(session, other, actor=operator, now=clock.now)
    accounts.set_password(session, user, "a new long pass phrase", keep=None, actor=operator, now=clock.now)
    session.commit()

    assert call(app, secret).status_code == 200


def test_the_mail_with_the_reset_link_says_that_tokens_end(session, user, clock):
    job = Job(kind="password_reset", payload={"email": user.email}, queued_at=clock.now, created_at=clock.now)
    session.add(job)
    signing_in.send_reset(session, job, clock)
    session.flush()

    _subject, text, page = mailing.render(session.scalars(select(Mail).where(Mail.template == "password_reset")).one())

    assert "every token that a program uses in your name" in text
    assert "every token that a program uses in your name" in page

"""Who may call what: the table of permissions decides as on the pages, the scope besides, and a cookie says nothing."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from sqlalchemy import func, select

from framework.ground.permissions import Permission
from framework.people import tokens
from models.base import Base
from models.people import ApiToken, SignInAttempt
from models.records import AuditEvent
from tests.api.conftest import Program
from tests.builders import ROLE_OF_KIND

TRACES = {"api_token"}
KINDS = ("supplier", "buyer", "lead", "monitor", "operator")


def calls(app):
    """Every route for programs but the document, which is public."""
    return [
        rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and app.view_functions[rule.endpoint].permission is not Permission.PUBLIC
    ]


def method_of(rule) -> str:
    return "POST" if "POST" in rule.methods else "GET"


def address(rule, round_id: str, submission_id: str = "a" * 16) -> str:
    return rule.rule.replace("<round_id>", round_id).replace("<submission_id>", submission_id)


def made(session, user, organisation, now) -> str:
    """A token put there directly: its role has no use for one, or had when it was made."""
    secret = f"{tokens.PREFIX}{user.public_id}"
    session.add(
        ApiToken(
            user_id=user.id,
            organisation_id=organisation.id,
            name="x",
            scopes=list(tokens.SCOPES),
            token_hash=tokens.sessions.hashed(secret),
            ending="xxxx",
            created_at=now,
            expires_at=now + dt.timedelta(days=1),
        )
    )
    session.commit()
    return secret


def test_every_call_declares_a_permission_and_its_scope_in_the_document(app):
    spec = app.test_client().get("/api/v1/openapi.json").get_json()

    found = {(method_of(rule).lower(), rule.rule.replace("<", "{").replace(">", "}")) for rule in calls(app)}

    described = {(method, path) for path, one in spec["paths"].items() for method in one if method in ("get", "post")}
    assert found == described
    assert len(found) == 9
    for method, path in described:
        one = spec["paths"][path][method]
        assert one["x-scope"] == (tokens.READ if method == "get" else tokens.WRITE)
        assert one["security"] == [{"token": []}]


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_supplier_calls(app, build, session, clock, kind):
    round_ = build.round(state="published", tender_deadline=clock.now + dt.timedelta(days=1))
    organisation = build.organisation(kind)
    secret = made(session, build.user(organisation), organisation, clock.now)
    program = Program(app, secret, round_.public_id)

    for rule in calls(app):
        path = address(rule, program.round_id)
        status = (program.get(path) if method_of(rule) == "GET" else program.post(path)).status_code
        if ROLE_OF_KIND[kind] == "supplier":
            assert status in (200, 404, 415), (path, status)
        else:
            assert status in (403, 404), (path, status)


@pytest.mark.parametrize(("scopes", "wanted"), [([tokens.READ], "GET"), ([tokens.WRITE], "POST")])
def test_a_token_does_what_its_scope_says_and_no_more(app, supplier, token_of, build, session, scopes, wanted):
    _token, secret = token_of(supplier.user, supplier.organisation, scopes=scopes)
    program = Program(app, secret, supplier.round_id)

    for rule in calls(app):
        path = address(rule, supplier.round_id)
        answer = program.get(path) if method_of(rule) == "GET" else program.post(path)
        is_refused = answer.status_code == 403 and answer.get_json()["code"] == "scope-missing"
        assert is_refused is (method_of(rule) != wanted), path


def test_a_cookie_says_nothing_to_a_call(app, supplier, sign_in):
    browser = sign_in(supplier.user, supplier.organisation)

    answers = {
        rule.rule: browser.open(address(rule, supplier.round_id), method=method_of(rule)).status_code
        for rule in calls(app)
    }

    assert set(answers.values()) == {401}


def test_a_token_says_nothing_to_a_page(app, supplier):
    client, own = app.test_client(), {"Authorization": f"Bearer {supplier.program.secret}"}

    for path in ("/account", "/rounds", f"/rounds/{supplier.round_id}/disclosure"):
        assert client.get(path, headers=own).headers["Location"].startswith("/sign-in")
    assert client.post(f"/rounds/{supplier.round_id}/disclosure", headers=own).status_code == 401


@pytest.mark.parametrize(
    "sent",
    ["", "Bearer ", "Bearer hef_", "Basic aGVmOmhlZg==", "bearer hef_" + "x" * 5000, "Bearer hef_\xff"],
    ids=repr,
)
def test_no_token_is_no_entry(app, supplier, sent):
    answer = app.test_client().get("/api/v1/rounds", headers={"Authorization": sent} if sent else {})

    assert (answer.status_code, answer.get_json()["code"]) == (401, "token-needed")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Hefboom"'


def test_a_wrong_token_is_counted_and_written_down_without_itself(app, supplier, monkeypatch, fresh):
    monkeypatch.setattr(app.extensions["settings"], "api_wrong_tokens", 3)
    wrong = Program(app, "hef_wrongwrongwrong")

    statuses = [wrong.get("/api/v1/rounds").status_code for _ in range(5)]

    assert statuses == [401, 401, 401, 429, 429]
    assert supplier.program.get("/api/v1/rounds").status_code == 200
    session = fresh()
    events = session.scalars(select(AuditEvent).where(AuditEvent.kind == "api_token.use.denied")).all()
    assert [event.data["code"] for event in events] == ["token-wrong"] * 3
    assert "wrongwrong" not in repr([event.data for event in events])
    assert session.scalar(select(func.count()).select_from(SignInAttempt)) == 3


def test_a_call_without_any_token_leaves_no_trace(app, supplier, fresh):
    def dump():
        session = fresh()
        return {t.name: session.execute(select(t)).all() for t in Base.metadata.sorted_tables}

    before = dump()

    app.test_client().get("/api/v1/rounds")
    app.test_client().post(supplier.program.submissions)

    assert dump() == before


def test_reading_changes_nothing_but_when_the_token_was_used(app, supplier, fresh):
    links = supplier.program.send().get_json()["links"]

    def dump():
        session = fresh()
        return {
            t.name: hashlib.sha256(repr(session.execute(select(t)).all()).encode()).hexdigest()
            for t in Base.metadata.sorted_tables
            if t.name not in TRACES
        }

    before = dump()

    for path in ("/api/v1/rounds", supplier.program.submissions, links["self"], links["issues"], links["receipt"]):
        assert supplier.program.get(path).status_code == 200

    assert dump() == before


def test_the_page_about_the_interface_names_every_call_and_refusal(app, client, supplier):
    page = client.page("/api/")

    for rule in calls(app):
        assert rule.rule.replace("<", "{").replace(">", "}") in page.text
    assert "Idempotency-Key" in page.text
    assert {"status-401", "status-413", "status-422", "status-429", "status-503"} <= set(page.ids)
    assert {"schema-Received", "schema-Version", "schema-Issue", "schema-Receipt", "schema-Problem"} <= set(page.ids)

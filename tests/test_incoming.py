"""What comes in is fit for any database: odd identifiers, texts that are none and endless numbers get an answer, never a fault."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import select

from models.demand import Demand
from models.records import AuditEvent
from tests.memory import remembered
from tests.test_routes import World, reading, writing

ROOT = Path(__file__).parents[1]
NAMES = re.compile(r"""name="([\w-]+)"|form\.get(?:list)?\("([\w-]+)"|^    (\w+) = \w+Field\(""", re.MULTILINE)
ODD = {
    "a NUL": "a\x00b",
    "half a character": "\ud800",
    "a long number": "9" * 30,
    "an endless number": "9" * 5000,
    "digits of another kind": "²",
}


def field_names() -> list[str]:
    """Every name that a form of the application sends."""
    texts = [path.read_text("utf-8") for path in (*ROOT.glob("templates/**/*.html"), *ROOT.glob("views/**/*.py"))]
    found = {name for text in texts for names in NAMES.findall(text) for name in names if name}
    return sorted(found - {"once", "csrf_token"})


@pytest.fixture
@remembered
def world(app, build, sign_in, client):
    made = World(build, sign_in, app.extensions["files"])
    made.browsers["public"] = client
    return made


def odd_addresses(world: World, rule) -> list[str]:
    """The address of a route with one odd value at each place in turn."""
    return [
        world.address(rule, **{name: odd})
        for name in rule.arguments
        for odd in (("9" * 30, "9" * 5000, "%C2%B2") if f"<int:{name}>" in rule.rule else ("a%00b", "%ED%A0%80"))
    ]


@pytest.mark.parametrize("persona", ["lead", "supplier"])
def test_an_odd_identifier_is_not_found(app, world, persona):
    faults = []

    for rule in reading(app):
        for address in odd_addresses(world, rule):
            status = world.browsers[persona].get(address, buffered=True).status_code
            if status >= 500:
                faults.append((address[:120], status))

    assert faults == []


@pytest.mark.parametrize("persona", ["lead", "member"])
def test_a_form_at_an_odd_address_is_not_found(app, world, persona):
    faults = []

    for rule in writing(app):
        for address in odd_addresses(world, rule):
            status = world.browsers[persona].post(address).status_code
            if status >= 500:
                faults.append((address[:120], status))

    assert faults == []


@pytest.mark.parametrize(
    ("persona", "odd"),
    [
        ("lead", ODD["a NUL"]),
        ("lead", ODD["half a character"]),
        ("lead", ODD["an endless number"]),
        ("public", ODD["a NUL"]),
    ],
)
def test_an_odd_query_is_answered(app, world, persona, odd):
    query = dict.fromkeys(["page", "q", "state", "with", "version", "lot", "next", "view", "country", "target-1"], odd)
    told = {name: value.encode("utf-8", "surrogatepass").decode("latin-1") for name, value in query.items()}
    faults = []

    for rule in reading(app):
        status = world.browsers[persona].get(world.address(rule), query_string=told, buffered=True).status_code
        if status >= 500:
            faults.append((rule.rule, status))

    assert faults == []


@pytest.mark.parametrize(
    ("persona", "odd"),
    [
        *(("lead", ODD[name]) for name in ODD if name != "half a character"),
        ("member", ODD["a NUL"]),
        ("member", ODD["a long number"]),
    ],
)
def test_odd_values_in_every_field_are_answered(app, world, persona, odd):
    form = dict.fromkeys(field_names(), odd)
    faults = []

    for rule in writing(app):
        if rule.endpoint == "people.sign_out":
            continue
        status = world.browsers[persona].post(world.address(rule), data=form).status_code
        if status >= 500:
            faults.append((rule.rule, status))

    assert len(form) > 200
    assert faults == []


def test_a_forged_form_at_an_odd_address_is_refused(app, world):
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        answer = world.browsers["lead"].post("/rounds/a%00b/sign-ons/invite")
    finally:
        app.config["WTF_CSRF_ENABLED"] = False

    assert answer.status_code == 400


def test_what_is_no_text_is_kept_visibly(session, world):
    path = f"/rounds/{world.round.public_id}/demand/{world.demand.public_id}/return"

    answer = world.browsers["lead"].post(path, data={"motive": "look\x00here", "version": str(world.demand.version)})

    assert answer.status_code < 500
    session.expire_all()
    told = session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert told is not None
    assert "\x00" not in repr(told.data)
    assert session.scalars(select(Demand)).one().return_motive in ("", "look\\x00here")


def test_what_no_column_holds_is_answered_with_words(app, session, build, world, monkeypatch):
    def too_large() -> str:
        session.execute(select(AuditEvent.seq).where(AuditEvent.seq == 10**30))
        return ""

    monkeypatch.setitem(app.view_functions, "home.start", too_large)

    page = world.browsers["lead"].get("/")

    assert page.status_code == 400
    assert "too large a number to be kept" in page.get_data(as_text=True)

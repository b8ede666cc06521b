"""Every route: a declared permission, no change by reading, no form without its token, no stranger told more than nothing."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Collection

import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from framework.ground.permissions import PUBLIC, SIGNED_IN, TABLE, Permission
from models.base import Base
from tests.memory import remembered
from tests.pages import Page
from views import create_app, permissions_page
from views.settings import Settings

TRACES = {"user_session", "api_token"}
"""Tables that reading may touch: when a session was last seen, or a token last used."""

STRICTER = {"rounds.copy", "rounds.copy_page"}
"""Pages that ask for a second permission inside: a refusal there is no hole."""

WRITING = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+\W?(\w+)", re.IGNORECASE)
ONCE = re.compile(r"[a-z2-7]{16}")
PERSONAS = ("public", "supplier", "member", "lead", "evaluator", "monitor", "operator")


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """The application without a database, for its routes alone."""
    return create_app(Settings(data_dir=tmp_path_factory.mktemp("routes"), secret_key="x" * 40, check_database=False))


def dump(session, only: Collection[str] = Base.metadata.tables) -> dict[str, str]:
    """A digest of every table but the traces of reading, or of some of them alone."""
    session.rollback()
    found = {
        name: hashlib.sha256(repr(sorted(map(repr, session.execute(select(table)).all()))).encode()).hexdigest()
        for name, table in Base.metadata.tables.items()
        if name in only and name not in TRACES
    }
    session.rollback()
    return found


@pytest.fixture
def written():
    """The tables written to since this list was last cleared; after what went unseen here, the dump at the end looks."""
    found: list[str] = []

    def watch(_connection, _cursor, statement, *_others):
        if (verb := WRITING.match(statement)) and verb.group(1).lower() not in TRACES:
            found.append(verb.group(1).lower())

    event.listen(Engine, "before_cursor_execute", watch)
    yield found
    event.remove(Engine, "before_cursor_execute", watch)


class World:
    """A round in force of reach with one record of each kind that an address may name, and a browser per persona."""

    @remembered
    def __init__(self, build, sign_in, files, *, state: str = "demand") -> None:
        self.round = build.round(state=state)
        self.lot = build.lot(self.round)
        blob = files.put(io.BytesIO(b"%PDF signed"), max_bytes=100)
        mandate = build.stored_file(sha256=blob.sha256, size=blob.size)
        self.sign_on = build.sign_on(self.round, state="confirmed", mandate_file_id=mandate.id)
        self.demand = build.demand(self.lot, self.sign_on.organisation)
        lead, member = self.round.organisation, self.sign_on.organisation
        bodies = {"lead": lead, "member": member}
        bodies |= {kind: build.organisation(kind) for kind in ("supplier", "monitor", "operator")}
        self.browsers = {kind: sign_in(build.user(body), body) for kind, body in bodies.items()}
        judge = build.organisation("buyer")
        person = build.user(judge)
        build.appoint(self.round, person, judge, "evaluator")
        self.browsers["evaluator"] = sign_in(person, judge)
        self.ids = {
            "round_id": self.round.public_id,
            "lot_id": self.lot.public_id,
            "sign_on_id": self.sign_on.public_id,
            "demand_id": self.demand.public_id,
            "member_id": member.public_id,
            "organisation_id": member.public_id,
            "language": "en",
        }
        build.session.commit()

    def address(self, rule, **other: str) -> str:
        """The address of a route with the ids of this world; an id nobody has where it has none."""
        values = {name: other.get(name) or self.ids.get(name) for name in rule.arguments}
        return re.sub(
            r"<(?:(\w+):)?(\w+)>",
            lambda found: values[found.group(2)] or ("1" if found.group(1) == "int" else "a" * 16),
            rule.rule,
        )


@pytest.fixture
@remembered
def world(app, build, sign_in, client):
    made = World(build, sign_in, app.extensions["files"])
    made.browsers["public"] = client
    return made


def reading(app):
    return [rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and rule.endpoint != "static"]


def writing(app):
    return [rule for rule in app.url_map.iter_rules() if "POST" in rule.methods]


def test_every_route_declares_a_permission_of_the_table(bare):
    declared = [permission for _methods, _rule, permission in permissions_page.routes(bare)]

    assert declared
    assert set(declared) <= {str(permission) for permission in TABLE}


def test_no_route_both_reads_and_writes(bare):
    both = [rule.rule for rule in bare.url_map.iter_rules() if {"GET", "POST"} <= rule.methods]

    assert both == []


def test_a_form_without_its_token_is_refused(app, session, world):
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        answers = {rule.rule: world.browsers["lead"].post(world.address(rule)).status_code for rule in writing(app)}
    finally:
        app.config["WTF_CSRF_ENABLED"] = False

    wanted = {rule.rule: 401 if is_call(rule) else 400 for rule in writing(app)}
    assert {rule: status for rule, status in answers.items() if status != wanted[rule]} == {}


def is_call(rule) -> bool:
    """Whether a route is for programs: a browser that is signed in is nobody there."""
    return rule.rule.startswith("/api/v1/")


def words_of(answer) -> str:
    """What a page says, without its one-time parts."""
    return ONCE.sub("·", Page(answer.get_data(as_text=True)).text)


@pytest.mark.parametrize("persona", ["member", "lead", "supplier", "evaluator"])
def test_a_round_of_others_looks_like_one_that_does_not_exist(app, build, world, persona):
    others = build.round(state="demand")
    build.session.commit()
    foreign, browser = others.public_id, world.browsers[persona]
    told = []

    for rule in reading(app):
        permission = app.view_functions[rule.endpoint].permission
        if "round_id" in rule.arguments and permission is not Permission.PUBLIC and not is_call(rule):
            theirs = browser.get(world.address(rule, round_id=foreign), buffered=True)
            nobodys = browser.get(world.address(rule, round_id="a" * 16), buffered=True)
            same = words_of(theirs) == words_of(nobodys)
            if (theirs.status_code, nobodys.status_code, same) != (404, 404, True):
                told.append((rule.rule, theirs.status_code, nobodys.status_code, same))

    assert told == []


def expected(rule, permission: Permission, persona: str, state: str) -> set[int]:
    """What the table of permissions says about a persona at a route: let in, sent away, too early or late, or told nothing."""
    row = TABLE[permission]
    if PUBLIC in row.roles:
        return {200, 302, 303, 404}
    if is_call(rule):
        return {401}
    if persona == "public":
        return {302}
    if "round_id" in rule.arguments:
        if persona not in TABLE[Permission.ROUND_VIEW].roles or (persona == "supplier" and state != "published"):
            return {404}
        if persona in row.roles and row.states and state not in row.states:
            return {409}
        inside = persona in row.roles
    else:
        held = {persona} if persona != "evaluator" else {"member"}
        inside = bool(held & row.roles) or SIGNED_IN in row.roles
    return {200, 302, 303, 404} if inside else {403}


@pytest.mark.parametrize("state", ["demand", "published"])
@pytest.mark.parametrize("persona", PERSONAS)
def test_the_table_of_permissions_decides_who_reads_what_and_reading_changes_nothing(
    app, session, build, sign_in, client, written, persona, state
):
    world = World(build, sign_in, app.extensions["files"], state=state)
    world.browsers["public"] = client
    before = dump(session)
    wrong, changed = [], []

    for rule in reading(app):
        permission = app.view_functions[rule.endpoint].permission
        written.clear()
        status = world.browsers[persona].get(world.address(rule), buffered=True).status_code
        if status not in expected(rule, permission, persona, state) | ({403} if rule.endpoint in STRICTER else set()):
            wrong.append((rule.rule, str(permission), status))
        if written:
            after = before | dump(session, written)
            if status < 400 and after != before:
                changed.append(rule.rule)
            before = after  # a refused attempt is written into the record

    assert wrong == []
    assert changed == []
    assert dump(session) == before


@pytest.mark.parametrize("persona", PERSONAS)
def test_the_table_of_permissions_decides_who_acts(app, world, persona):
    let_in = []

    for rule in writing(app):
        permission = app.view_functions[rule.endpoint].permission
        wanted = expected(rule, permission, persona, "demand")
        if 200 in wanted:
            continue
        status = world.browsers[persona].post(world.address(rule)).status_code
        if status not in {302, 401, 403, 404} | wanted:
            let_in.append((rule.rule, str(permission), status))

    assert let_in == []

"""A mark in every field of a tender and in its file's name: before the opening nothing tells it but its owner's own pages (T05–T07)."""

from __future__ import annotations

import base64
import html
import io
import os
import random
import re
import string
import zipfile
from urllib.parse import parse_qsl, urlsplit

import icalendar
import pytest
from flask import current_app
from flask.testing import FlaskClient
from sqlalchemy import inspect, select

from framework.disclosure import receiving, sealing
from framework.disclosure import told as told_
from framework.people import tokens
from models.base import db
from models.boxes import PrivateBox
from models.people import Organisation, User
from models.records import Mail, StoredFile
from models.sealing import Ring, holding
from tests.api.conftest import Program
from tests.disclosure.test_pages import Tender
from tests.memory import remembered
from views import mailing
from views.disclosure.work import close_due_rounds
from views.keyring import with_master
from views.worker import work_off

ROUTES_TRIED = 1 if os.environ.get("HEFBOOM_BARS") else 20
"""Every so many routes for each persona in the suite; all of them under `make bars`."""
SEARCHED = ("record", "sign-ons", "contradictions", "leverage", "factory-lists", "demand", "suppliers", "sites")
"""Pages of a round that take words to look for."""
HEADERS = ("site name", "address", "city", "country", "product", "contact", "remarks")


def canary(random_: random.Random) -> str:
    return "".join(random_.choices(string.ascii_letters + string.digits, k=24))


class Cage:
    """A sealed round in which one supplier did all that it can do, with marks in everything it gave."""

    @remembered
    def __init__(self, tender: Tender, seed: int) -> None:
        self.random, self.tender = random.Random(seed), tender
        self.marks: list[str] = []

    def mark(self) -> str:
        self.marks.append(canary(self.random))
        return self.marks[-1]

    def list_(self) -> bytes:
        """A list whose headers, cells and file name are marks."""
        lines = [",".join([*HEADERS[:6], self.mark()])]
        lines += [",".join(self.mark() for _ in HEADERS) for _ in range(3)]
        return "\n".join(lines).encode()

    def workbook(self) -> bytes:
        """Our workbook with a mark in every cell that takes words; what must be a number or code gets one too, and is told so."""
        tables = self.tender.tables()
        for sheet, rows in tables.items():
            for row in rows:
                for name, value in row.items():
                    if isinstance(value, str) and name != "round_id" and sheet != "0_submission":
                        row[name] = self.mark()
        tables["0_submission"][0]["reporting_party_name"] = self.mark()
        return self.tender.workbook(tables)

    def act(self) -> None:
        """Send, mend, undo, choose, compare, count, withdraw: as far as pages offer it."""
        tender, browser = self.tender, self.tender.browser
        tender.send(self.workbook(), name=f"{self.mark()}.xlsx")
        browser.get(f"{tender.version()}/marked.xlsx", buffered=True)
        tender.send(self.list_(), name=f"{self.mark()}.csv")
        for address in self.mendings():
            cause = dict(parse_qsl(urlsplit(html.unescape(address)).query, keep_blank_values=True))
            path = urlsplit(address).path
            browser.post(path, data=cause | {"how": "all", "everywhere": self.mark()})
        browser.post(f"{tender.version(1)}/columns", data={f"{self.sheet()}!A1": "site_legal_name"})
        browser.get(f"{tender.version(1)}/differences", buffered=True)
        tender.session.rollback()
        db.session.remove()
        work_off(current_app)
        tender.send(b"not a table " + self.mark().encode(), name=f"{self.mark()}.xlsx")
        db.session.remove()

    def mendings(self) -> list[str]:
        """Where the cells of the first causes are mended."""
        page = self.tender.browser.get(self.tender.version(), buffered=True).get_data(as_text=True)
        return sorted(set(re.findall(r'(?:href|action)="([^"]*/mend[^"]*)"', page)))[:3]

    def sheet(self) -> str:
        found = self.tender.submissions()[1]
        with with_master(current_app), sealing.for_job(self.tender.session, found.supplier_id):
            return str(found.sheets[0]["name"]) if found.sheets else ""

    def found_in(self, what: bytes) -> list[str]:
        """The marks that stand in some bytes, in clear or in base64."""
        lower = what.lower()
        plain = [one for one in self.marks if one.lower().encode() in lower]
        return plain + [one for one in self.marks if any(form in what for form in _in_base64(one))]


def _in_base64(mark: str) -> list[bytes]:
    """The middle of a mark as it stands in base64 at each of the three places."""
    return [base64.b64encode(b"\0" * shift + mark.encode())[8:-4] for shift in range(3)]


SHARES = {"seal_public_key": PrivateBox.of_seed(b"sixteen bytes of").public, "settings": {"seal_mode": "shares"}}


@pytest.fixture(params=["server", "shares"])
def cage(session, build, clock, sign_in, request, caplog):
    """A round sealed in each of the two ways; with shares nobody has the private key."""
    caplog.set_level("INFO")
    made = Cage(Tender(session, build, clock, sign_in, **(SHARES if request.param == "shares" else {})), seed=20261128)
    made.act()
    return made


@pytest.fixture
def shared(session, build, clock, sign_in, caplog):
    """A round sealed with shares, made anew each time: what its acts leave on the disk is looked at."""
    made = Cage(Tender(session, build, clock, sign_in, **SHARES), seed=20261129)
    made.act()
    return made


def logged(caplog) -> bytes:
    """All that was logged since the test began, while its fixtures were made too; with what a formatter adds of errors."""
    records = [one for when in ("setup", "call") for one in caplog.get_records(when)]
    return "\n".join(f"{caplog.handler.format(one)} {one.args!r}" for one in records).encode()


def inside(answer) -> bytes:
    """All that an answer tells: head, body, and the parts of a zipped file."""
    told = f"{answer.status} {answer.headers}".encode() + answer.data
    if answer.data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(answer.data)) as package:
            told += b"".join(package.read(name) for name in package.namelist())
    return told


def everything_stored(folder) -> dict[str, bytes]:
    """All tables as a dump tells them, and every file of the installation: database, log of it, stored files."""
    found = {}
    with db.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            rows = connection.exec_driver_sql(f'SELECT * FROM "{table}"').all()
            found[f"table {table}"] = repr(rows).encode()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found[str(path.relative_to(folder))] = path.read_bytes() + path.name.encode()
    return found


def test_a_dump_and_every_stored_byte_tell_no_mark(cage, app, installation, caplog):
    stored = everything_stored(installation.folder)

    told = {name: cage.found_in(content) for name, content in stored.items()}

    assert {name: marks for name, marks in told.items() if marks} == {}
    assert len(cage.marks) > 60
    assert cage.found_in(logged(caplog)) == []


def test_neither_an_error_page_nor_what_is_logged_of_it_tells_a_mark(cage, app, monkeypatch, caplog):
    def fails(*_given, **named):
        raise RuntimeError("as it may happen")

    monkeypatch.setattr(receiving, "receive", fails)
    monkeypatch.setattr(app, "testing", False)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    data = {"file": (io.BytesIO(cage.list_()), f"{cage.mark()}.csv"), "once": cage.mark()}

    answer = cage.tender.browser.post(cage.tender.home, data=data)

    assert answer.status_code == 500
    assert cage.found_in(inside(answer)) == []
    assert b"as it may happen" in logged(caplog)
    assert cage.found_in(logged(caplog)) == []


def test_with_shares_the_master_key_opens_nothing_that_tells_a_mark(shared, app, installation):
    """Database, stored files and key file together (trust 5.2): all that the master key opens is opened, and searched."""
    master = app.extensions["master"]
    session, told = shared.tender.session, []
    for version in shared.tender.submissions():
        ring = sealing.of_supplier(session, master, version.supplier_id)
        with holding(ring):
            assert not ring.holds(version.seal_id)
            told.append(repr(version.facts()).encode())
            told.append(repr([one.message for one in told_.remarks_of(version)]).encode())
    told += everything_stored(installation.folder).values()

    assert [marks for one in told if (marks := shared.found_in(one))] == []
    assert sealing.keys_where(session, master, StoredFile.key_id != "") == {}
    assert b"rows_in" in b"".join(told)


def test_with_shares_its_owner_reads_no_mark_in_another_session(shared, app):
    user = shared.tender.session.get_one(User, shared.tender.submissions()[0].created_by_id)
    shared.tender.writing()
    app.test_client_class = FlaskClient  # parts of pages are asked for too
    browser = shared.tender.enter(user, shared.tender.supplier)
    every = {one for version in shared.tender.submissions() for one in addresses(app, shared, version)}
    told, failed = {}, {}
    for address in sorted(every):
        db.session.remove()
        answer = browser.get(address, buffered=True)
        if answer.status_code >= 500 and "health" not in address:
            failed[address] = answer.status_code
        if marks := shared.found_in(inside(answer)):
            told[address] = marks

    assert (told, failed) == ({}, {})


def test_the_owner_reads_its_marks(cage):
    browser, versions = cage.tender.browser, cage.tender.submissions()
    workbook = inside(browser.get(f"{cage.tender.home}/{versions[0].public_id}/original", buffered=True))
    remarks = inside(browser.get(f"{cage.tender.home}/{versions[0].public_id}/issues.xlsx", buffered=True))
    page = inside(browser.get(f"{cage.tender.home}/{versions[1].public_id}", buffered=True))

    assert len(cage.found_in(workbook)) > 30
    assert cage.found_in(remarks)
    assert cage.found_in(page)


def test_mails_tell_no_mark_neither_in_the_outbox_nor_when_they_leave(cage, monkeypatch):
    mails = cage.tender.session.scalars(select(Mail)).all()
    with holding(Ring(master=current_app.extensions["master"])), monkeypatch.context() as nothing_kept:
        nothing_kept.setitem(current_app.extensions, "deposits", None)
        told = [repr((one.params, one.secret, mailing.render(one))).encode() for one in mails]

    assert len(told) > 2
    assert [marks for one in told if (marks := cage.found_in(one))] == []


def personas(tender) -> dict[str, object]:
    """A browser for everybody who is not the owner."""
    round_ = tender.writing().merge(tender.round)
    member = tender.build.sign_on(round_, state="confirmed").organisation
    judge, opener = tender.build.organisation("buyer"), tender.build.organisation("buyer")
    made = {kind: tender.person(tender.build.organisation(kind)) for kind in ("supplier", "monitor", "operator")}
    made["brand"] = tender.person(tender.build.organisation("supplier", supplier_kind="brand"))
    made |= {"lead": tender.person(tender.round.organisation), "member": tender.person(member)}
    for role, body in (("evaluator", judge), ("opener", opener), ("chair", judge)):
        user = tender.build.user(body)
        tender.build.appoint(tender.round, user, body, role)
        made[role] = tender.enter(user, body)
    made["program"] = program(tender, tender.build.organisation("supplier"))
    made["public"] = current_app.test_client()
    return made


class Caller(Program):
    """A program of a rival that asks as a browser does."""

    def get(self, path, **_more):
        return super().get(path)


def program(tender, organisation: Organisation) -> Caller:
    user: User = tender.build.user(organisation)
    told = {"name": "ERP", "scopes": [tokens.READ, tokens.WRITE], "days": 90, "now": tender.clock.now}
    actor = tender.build.actor(user, organisation)
    _token, secret = tokens.create(tender.session, user, actor=actor, **told)
    tender.session.commit()
    return Caller(current_app, secret, tender.round.public_id)


def addresses(app, cage, version) -> list[str]:
    """The address of every route that reads, with the ids of the round, of a version, and else of nothing."""
    ids = {"round_id": cage.tender.round.public_id, "submission_id": version.public_id, "language": "en"}
    ids |= {"organisation_id": cage.tender.supplier.public_id, "supplier_id": cage.tender.supplier.public_id}
    ids |= {"lot_id": cage.tender.round.lots[0].public_id, "digest": version.file.sha256}
    found = []
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods and rule.endpoint != "static":
            values = {name: ids.get(name, "1") for name in rule.arguments}
            with app.test_request_context():
                try:
                    found.append(rule.build(values, append_unknown=False)[1])
                except (TypeError, ValueError):
                    continue
    return sorted(set(found))


def closed(cage, persona) -> None:
    """Receipt is closed by the first of two openers, who confirms: nothing is open yet."""
    session = cage.tender.writing()
    build, round_ = cage.tender.build, cage.tender.round
    second = build.user(round_.organisation)
    build.appoint(round_, second, round_.organisation, "opener")
    round_.tender_deadline = cage.tender.clock.now
    session.commit()
    cage.tender.clock.forward(seconds=1)
    db.session.remove()
    is_by_shares = bool(cage.tender.round.seal_public_key)  # then nobody here has a share to confirm with
    db.session.remove()
    assert persona.post(f"{cage.tender.here}/opening").status_code == (422 if is_by_shares else 303)
    if is_by_shares:  # as the beat does
        with with_master(current_app):
            close_due_rounds(cage.tender.writing(), cage.tender.clock)
    db.session.remove()
    assert cage.tender.round.state == "receipt_closed"


@pytest.mark.parametrize("state", ["published", "receipt_closed"])
def test_no_route_tells_anybody_else_a_mark(cage, app, caplog, state):
    people = personas(cage.tender)
    if state == "receipt_closed":
        closed(cage, people["opener"])
    versions = cage.tender.submissions()
    every = {one for version in versions for one in addresses(app, cage, version)}
    every |= {f"{cage.tender.here}/{page}?q={cage.marks[0]}" for page in SEARCHED}
    every |= {f"{path}?q={cage.marks[0]}" for path in ("/record", "/outbox", "/organisations", "/rounds")}
    told, tried = {}, 0
    for number, (persona, browser) in enumerate(people.items()):
        for address in sorted(every)[number % ROUTES_TRIED :: ROUTES_TRIED]:
            tried += 1
            db.session.remove()
            answer = browser.get(address, buffered=True)
            assert answer.status_code != 500, address
            asked = {one for one in cage.marks if one in address}
            if marks := set(cage.found_in(inside(answer))) - asked:
                told[persona, address] = marks

    assert told == {}
    assert tried > 100
    assert set(cage.found_in(logged(caplog))) <= {cage.marks[0]}, "what was looked for, and nothing else"


def test_no_calendar_tells_a_mark(cage, client):
    """The feed of everybody who may have one, the owner's too: it leaves the page for a calendar that others read."""
    feeds = {}
    for persona, browser in {**personas(cage.tender), "owner": cage.tender.browser}.items():
        if persona not in ("program", "public"):
            browser.post(f"{cage.tender.here}/calendar")
            page = browser.get(f"{cage.tender.here}/calendar", buffered=True).get_data(as_text=True)
            if found := re.search(r"/calendar/[^\"<\s]+\.ics", page):
                feeds[persona] = client.get(found.group(), buffered=True).data

    assert {"lead", "member", "owner"} <= set(feeds)
    assert all(icalendar.Calendar.from_ical(content).walk("VEVENT") for content in feeds.values())
    assert {name: marks for name, content in feeds.items() if (marks := cage.found_in(content))} == {}

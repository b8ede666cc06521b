"""Fixtures: the application on both databases, a session, signed-in clients that inspect every page they fetch."""

from __future__ import annotations

import datetime as dt
import gc
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask_migrate import upgrade
from hypothesis import HealthCheck
from hypothesis import settings as drawing
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import event, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from framework.disclosure import sealing
from framework.ground import conflicts
from framework.people import passwords, sessions
from models.base import Base, db
from models.records import StoredFile
from models.sealing import Key, Ring, holding
from tests.browser import start_browser
from tests.builders import Builder
from tests.clamd import FakeClamd, connect
from tests.memory import Memory, Pictures, PostgresPictures, SqlitePictures, count_patches_anew, remembering
from tests.pages import InspectingClient
from views import create_app
from views.settings import Settings

# How fast a machine draws and runs an example says nothing of what is tested: speed is measured in benchmarks/.
drawing.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
drawing.load_profile("house")

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)


@event.listens_for(Engine, "connect")
def _give_rows_backwards(connection, _record) -> None:  # type: ignore[no-untyped-def]
    """On SQLite what nobody ordered comes last row first, so that nothing leans on an order that no query asks for."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA reverse_unordered_selects = ON")


LISTENING = {"caplog", "capsys", "capfd"}
"""Who asks for these looks at what a call says while it runs, so that every call is made."""
BACKENDS = ("sqlite", "postgresql")


def pytest_runtest_setup() -> None:
    """Before the fixtures of a test."""
    count_patches_anew()


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: dt.datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now

    def forward(self, **units: float) -> dt.datetime:
        self.now += dt.timedelta(**units)
        return self.now


def fast_folder(factory: pytest.TempPathFactory, name: str) -> Path:
    """A temporary folder in memory where the machine has one: every commit is flushed to disk."""
    shared = Path("/dev/shm")
    base = factory.mktemp(name)
    if not (shared.is_dir() and os.access(shared, os.W_OK)):
        return base
    folder = shared / f"hefboom-{os.getpid()}-{base.name}"
    folder.mkdir(exist_ok=True)
    return folder


def keep_what_lasts() -> None:
    """Have the collector pass over what was loaded so far: it stays until the end, and a round over all of it takes long."""
    gc.collect()
    gc.freeze()


@contextmanager
def hash_cheaply() -> Iterator[None]:
    """Passwords cost the least work inside; the product's own settings are looked at in tests/people/test_passwords.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        passwords._nobodys.cache_clear()
        yield
    passwords._nobodys.cache_clear()


class Installation:
    """One application on one database, put back to empty after each test."""

    def __init__(self, backend: str, folder: Path, url: str) -> None:
        self.backend, self.folder, self.emptied = backend, folder, 0
        self.app = create_app(
            Settings(
                data_dir=folder,
                master_key_file=folder / "master.key",
                deposit_dir=folder.with_name(f"{folder.name}-deposits"),
                database_url=url,
                secret_key="test" * 10,
                check_database=False,
                base_url="http://localhost",
                inline_mb=1,
                second_factor_roles="",
            )
        )
        self.app.testing = True
        self.app.config["WTF_CSRF_ENABLED"] = False
        with self.app.app_context():
            upgrade()
            db.engine.dispose()
        keep_what_lasts()
        self.template = folder / "empty.sqlite"
        pictures: Pictures = PostgresPictures()
        if backend == "sqlite":
            shutil.copyfile(folder / "test.sqlite", self.template)
            pictures = SqlitePictures(folder / "test.sqlite", self.template)
        self.memory = Memory(self, pictures)

    def empty(self) -> None:
        with self.app.app_context():
            db.session.remove()
            if self.backend == "sqlite":
                db.engine.dispose()
                for suffix in ("-wal", "-shm"):
                    (self.folder / f"test.sqlite{suffix}").unlink(missing_ok=True)
                shutil.copyfile(self.template, self.folder / "test.sqlite")
            else:
                from tests.postgres import EMPTY, WHOLE_EVERY

                self.emptied += 1
                names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
                whole = f"TRUNCATE {names} RESTART IDENTITY CASCADE"
                with db.engine.begin() as connection:
                    connection.execute(text(EMPTY if self.emptied % WHOLE_EVERY else whole))
        shutil.rmtree(self.folder / "files", ignore_errors=True)
        shutil.rmtree(self.folder.with_name(f"{self.folder.name}-deposits"), ignore_errors=True)


@pytest.fixture(scope="session")
def installations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Installation]]:
    """One installation per database, made when first asked for."""
    made: dict[str, Installation] = {}
    yield made
    for one in made.values():
        with one.app.app_context():
            db.session.remove()
            db.engine.dispose()
        shutil.rmtree(one.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser, started once."""
    with sync_playwright() as playwright:
        started = start_browser(playwright)
        yield started
        started.close()


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """The database this test runs on; each test that needs one runs on both."""
    return str(request.param)


@pytest.fixture
def installation(
    backend: str, installations: dict[str, Installation], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """An empty installation on the test's database."""
    if backend not in installations:
        folder = fast_folder(tmp_path_factory, backend)
        if backend == "sqlite":
            url = f"sqlite:///{folder / 'test.sqlite'}"
        else:
            from tests.postgres import database_url

            url = database_url(os.environ.get("PYTEST_XDIST_WORKER", "main"))
        try:
            installations[backend] = Installation(backend, folder, url)
        except Exception:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    one = installations[backend]
    yield one
    one.empty()


@pytest.fixture
def clock() -> Clock:
    """The time of the test: Monday 23 November 2026, 09:00 UTC."""
    return Clock()


@pytest.fixture
def app(installation: Installation, clock: Clock) -> Flask:
    """The application, on the test's clock."""
    installation.app.extensions["clock"] = clock
    installation.app.test_client_class = InspectingClient
    return installation.app


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A writing session inside an application context."""
    with app.app_context(), holding(all_keys(app)):
        db.session().info["write"] = True
        yield db.session()
        db.session.remove()


class EveryKey(Ring):
    """A ring that looks for new keys each time, since a test goes on while versions come."""

    def all(self) -> list[Key]:
        """All keys there are now."""
        self._fetch()
        return super().all()


def all_keys(app: Flask) -> Ring:
    """A ring with every key of the installation: a test looks at what lies sealed as its owner does."""
    wanted = StoredFile.key_id != ""
    return EveryKey(
        lambda: sealing.keys_where(db.session(), app.extensions["master"], wanted), app.extensions["master"]
    )


@pytest.fixture(autouse=True)
def stated(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Everybody has said where a conflict of interest is, so that opened tenders may be looked at; `statements` marks tests of it."""
    is_stated = request.node.get_closest_marker("statements") is None
    if is_stated:
        monkeypatch.setattr(conflicts, "must_state", lambda *_given: False)
    return is_stated


@pytest.fixture
def build(
    session: Session, clock: Clock, installation: Installation, stated: bool, request: pytest.FixtureRequest
) -> Iterator[Builder]:
    """Builders of records with sensible defaults; name only what matters."""
    builder = Builder(session, clock)
    memory = installation.memory
    memory.begin(builder, clock, stated)
    with remembering(memory if LISTENING.isdisjoint(request.fixturenames) else None):
        yield builder


@pytest.fixture
def client(app: Flask) -> InspectingClient:
    """A browser that nobody is signed in to."""
    return app.test_client()  # type: ignore[return-value]


class SignIn:
    """`sign_in(user)` gives a browser in which that person is signed in (a server-side session, second factor given)."""

    def __init__(self, app: Flask, session: Session, clock: Clock) -> None:
        self.app, self.session, self.clock = app, session, clock

    def __call__(self, user, organisation=None) -> InspectingClient:  # type: ignore[no-untyped-def]
        session = self.session
        if not session.info.get("write"):  # a page was read since: it left a reading transaction
            session.rollback()
            session.info["write"] = True
        live, token = sessions.start(session, user, now=self.clock.now, max_hours=1000, second_factor=True)
        if organisation is not None:
            live.organisation_id = organisation.id
        session.commit()
        browser = self.app.test_client()
        with browser.session_transaction() as cookie:
            cookie["sid"] = token
        return browser  # type: ignore[return-value]


@pytest.fixture
def sign_in(app: Flask, session: Session, clock: Clock) -> SignIn:
    """Opens browsers in which people are signed in."""
    return SignIn(app, session, clock)


@pytest.fixture
def clamd(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeClamd]:
    """A virus scanner that the application uses."""
    daemon = FakeClamd()
    connect(app, monkeypatch, daemon)
    yield daemon
    daemon.close()


@pytest.fixture
def away(clamd: FakeClamd) -> FakeClamd:
    """The same, out of order until its `mode` is “scan”."""
    clamd.mode = "error"
    return clamd

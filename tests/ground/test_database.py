"""The database is asked whether it keeps its promises; one that does not is refused, by name."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from framework.ground import database
from models.base import db
from models.people import Organisation


@pytest.fixture
def engine(tmp_path):
    made = create_engine(f"sqlite:///{tmp_path / 'one.sqlite'}")
    database.attach(made)
    yield made
    made.dispose()


def test_a_rightly_configured_sqlite_passes(engine):
    database.assert_safe(engine, file_system="ext4")


def test_the_settings_are_read_back_while_somebody_writes(engine):
    with engine.execution_options(write=True).connect() as writer:
        writer.execute(text("SELECT 1"))

        database.assert_safe(engine)


@pytest.mark.parametrize(
    ("pragma", "wrong"),
    [("synchronous", "1"), ("foreign_keys", "0"), ("busy_timeout", "1"), ("journal_mode", "DELETE")],
)
def test_a_wrong_pragma_is_refused_by_name(engine, pragma, wrong):
    event.listen(engine, "connect", lambda connection, _record: connection.execute(f"PRAGMA {pragma} = {wrong}"))

    with pytest.raises(database.UnsafeDatabase, match=pragma):
        database.assert_safe(engine)


def test_sqlite_on_a_network_file_system_is_refused(engine):
    with pytest.raises(database.UnsafeDatabase, match="network file system"):
        database.assert_safe(engine, file_system="nfs4")


def test_the_file_system_of_a_folder_is_known_on_linux():
    known = database.file_system_of(Path("/"))

    assert known or not Path("/proc/mounts").exists()


def test_a_reading_session_cannot_write(app, clock):
    with app.app_context(), Session(db.engine.execution_options(write=False, postgresql_readonly=True)) as session:
        session.add(Organisation(name="A", folded_name="a", kind="buyer", country="NL", created_at=clock()))

        with pytest.raises(DBAPIError):
            session.flush()


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_writer_on_sqlite_holds_the_lock_from_its_beginning(app):
    with app.app_context(), db.engine.execution_options(write=True).connect() as first:
        first.execute(text("SELECT 1"))
        second = create_engine(db.engine.url)
        event.listen(second, "connect", lambda connection, _record: connection.execute("PRAGMA busy_timeout = 1"))

        with second.connect() as other, pytest.raises(DBAPIError, match="locked"):
            other.exec_driver_sql("BEGIN IMMEDIATE")
        second.dispose()


def test_a_note_by_the_way_waits_no_longer_than_it_says(app, clock):
    with app.app_context():
        impatient = db.engine.execution_options(write=True, lock_wait_ms=50)
        with db.engine.execution_options(write=True).connect() as writer:
            make = Organisation.__table__.insert().values(
                public_id="a", created_at=clock(), version=1, name="A", folded_name="a", kind="buyer", country="NL"
            )
            writer.execute(make)
            begun = time.monotonic()
            with pytest.raises(DBAPIError), impatient.connect() as other:
                other.execute(make)
            assert time.monotonic() - begun < database.LOCK_WAIT_MS / 1000 / 2

        with db.engine.connect() as next_one:
            name = "busy_timeout" if db.engine.dialect.name == "sqlite" else "lock_timeout"
            wait = next_one.exec_driver_sql(f"{'PRAGMA' if name == 'busy_timeout' else 'SHOW'} {name}").scalar()
        assert str(wait) in (str(database.LOCK_WAIT_MS), f"{database.LOCK_WAIT_MS // 1000}s")

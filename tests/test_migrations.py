"""Migrations and models say the same, on both databases, upwards and down again."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from framework.ground import audit
from framework.ground.actors import SYSTEM
from models.base import Base, db

audit.declare("test.noted")


def differences() -> list[object]:
    """What autogenerate would still change."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [d for d in compare_metadata(context, Base.metadata) if "alembic_version" not in str(d)]


def test_the_migrated_database_is_what_the_models_say(app):
    with app.app_context():
        assert differences() == []


def test_the_migration_can_be_taken_back_and_made_again(app):
    with app.app_context():
        downgrade(revision="base")
        left = set(inspect(db.engine).get_table_names()) - {"alembic_version"}
        upgrade()

        assert left == set()
        assert differences() == []


def test_what_a_scanner_said_comes_to_files_that_other_records_name_and_goes_again(app, session, build):
    sign_on = build.sign_on(build.round(state="sign_on"), state="confirmed")
    number = sign_on.mandate_file_id
    session.commit()
    session.close()

    downgrade(revision="0017")
    upgrade()

    with db.engine.connect() as connection:
        kept = connection.execute(text(f"SELECT scan, found FROM stored_file WHERE id = {number}")).one()
    assert tuple(kept) == ("", "")
    assert differences() == []
    with pytest.raises(DBAPIError), db.engine.begin() as connection:
        connection.execute(text("UPDATE stored_file SET scan = 'infected'"))


def test_there_is_one_head(app):
    with app.app_context():
        directory = ScriptDirectory(str(app.extensions["migrate"].directory))

        assert len(directory.get_heads()) == 1


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET kind = 'x'", "DELETE FROM audit_event"])
def test_the_migrated_database_refuses_to_change_the_record(session, clock, statement):
    audit.record(session, "test.noted", actor=SYSTEM, now=clock())

    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(statement))

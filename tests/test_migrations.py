"""Migrations and models say the same, on both databases, upwards and down again."""

from __future__ import annotations

import pytest
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.runtime.migration import RevisionStep
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError

from framework.ground import audit
from framework.ground.actors import SYSTEM
from models.base import Base, db
from models.chain import Site
from models.people import Organisation
from models.rounds import Round
from models.signons import SignOn

audit.declare("test.migrated")


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


def test_a_filled_database_goes_down_to_the_first_migration_and_up_again(app, session, build):
    build.sign_on(build.round(state="sign_on"), state="confirmed")
    site = Site(name="Alder Works", created_at=build.clock())
    session.add(site)
    session.flush()
    session.add(Site(name="Alder Works Ltd", merged_into_id=site.id, created_at=build.clock()))
    session.commit()
    kept = {kind: [one.id for one in session.scalars(select(kind))] for kind in (SignOn, Round, Organisation, Site)}
    session.close()

    downgrade(revision="0001")
    upgrade()

    found = {kind: list(session.scalars(select(kind.id).order_by(kind.id))) for kind in kept}
    assert found == {kind: sorted(ids) for kind, ids in kept.items()}
    assert session.get(SignOn, kept[SignOn][0]).state == "confirmed"
    session.close()
    assert differences() == []


@pytest.mark.parametrize("backend", ["sqlite"])  # PostgreSQL watches references all the time
def test_a_migration_that_would_leave_rows_without_what_they_refer_to_is_not_kept(app, session, build, monkeypatch):
    build.sign_on(build.round(state="sign_on"), state="confirmed")
    session.commit()
    session.close()
    begin = RevisionStep.__init__

    def faulty(self, *arguments):
        begin(self, *arguments)
        self.migration_fn = lambda **_: op.execute("DELETE FROM round")

    monkeypatch.setattr(RevisionStep, "__init__", faulty)

    with pytest.raises(SystemExit):
        downgrade(revision="0018")

    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM round")).scalar() == 1
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() != "0018"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_there_is_one_head(app):
    with app.app_context():
        directory = ScriptDirectory(str(app.extensions["migrate"].directory))

        assert len(directory.get_heads()) == 1


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET kind = 'x'", "DELETE FROM audit_event"])
def test_the_migrated_database_refuses_to_change_the_record(session, clock, statement):
    audit.record(session, "test.migrated", actor=SYSTEM, now=clock())

    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(statement))

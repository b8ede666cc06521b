"""Triggers that keep the record append-only: the database itself refuses to change or delete an event."""

from __future__ import annotations

SQLITE = (
    "CREATE TRIGGER IF NOT EXISTS audit_event_no_update BEFORE UPDATE ON audit_event"
    " BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS audit_event_no_delete BEFORE DELETE ON audit_event"
    " BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END",
)

POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION audit_event_append_only() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'the record is append-only'; END $$",
    "CREATE OR REPLACE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event"
    " FOR EACH ROW EXECUTE FUNCTION audit_event_append_only()",
    "CREATE OR REPLACE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event"
    " FOR EACH ROW EXECUTE FUNCTION audit_event_append_only()",
)

SQLITE_DROP = (
    "DROP TRIGGER IF EXISTS audit_event_no_update",
    "DROP TRIGGER IF EXISTS audit_event_no_delete",
)

POSTGRESQL_DROP = (
    "DROP TRIGGER IF EXISTS audit_event_no_update ON audit_event",
    "DROP TRIGGER IF EXISTS audit_event_no_delete ON audit_event",
    "DROP FUNCTION IF EXISTS audit_event_append_only()",
)


def protect(dialect: str) -> tuple[str, ...]:
    """The statements that put the triggers there, for `sqlite` or `postgresql`; they may be run again."""
    return SQLITE if dialect == "sqlite" else POSTGRESQL


def unprotect(dialect: str) -> tuple[str, ...]:
    """The statements that take them away again, for a migration that goes back."""
    return SQLITE_DROP if dialect == "sqlite" else POSTGRESQL_DROP

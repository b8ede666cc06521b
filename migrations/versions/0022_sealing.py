"""The envelope of each version: wrapped keys, and columns that can hold what is sealed."""

import re

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None

TEXTS = {
    'correction': {'sheet': 100, 'column': 3, 'found': 200, 'code': 60},
    'product_tie': {'name': 200, 'product_ref': 40, 'lot': 40, 'brand': 120, 'model_name': 200, 'category': 20, 'spec_tier': 40},
    'submission_issue': {'code': 60, 'cause': 80, 'severity': 10, 'sheet': 100, 'column': 100, 'value': 200},
    'submission_row': {'sheet': 100, 'listed_reason': 80},
    'waiting_row': {'sheet': 100, 'listed_reason': 80},
    'comparison_row': {'sheet': 100, 'kind': 20},
    'stored_file': {'name': 255},
}
SEVERITY = "CONSTRAINT ck_submission_issue_severity CHECK (severity IN ('block', 'error', 'warning', 'note'))"
NEW = {
    'round': [('sealed_key', sa.String(length=200), 'key of the round, wrapped by the master key; blank = none yet')],
    'stored_file': [
        ('key_id', sa.String(length=20), 'of the key of encrypted bytes; blank = they lie as sent'),
        ('wrapped_key', sa.String(length=200), 'the content key, wrapped by the key of the round'),
        ('released_key', sa.String(length=64), 'the content key since the opening, in base64'),
        ('content_sha256', sa.Text(), 'of encrypted bytes: SHA-256 of the file as sent'),
        ('same_hash', sa.String(length=64), "keyed hash by which its sender's same file is known again"),
    ],
    'submission': [
        ('seal_id', sa.String(length=20), 'id of the key under which it lies sealed; blank = it does not'),
        ('sealed_facts', sa.Text(), 'while sealed: the columns from format to returned, as one'),
    ],
}


def upgrade() -> None:
    """Apply. What lies open in sealed rounds is sealed by the worker afterwards, for which it has the master key."""
    for table, columns in NEW.items():
        for name, type_, comment in columns:
            op.add_column(table, sa.Column(name, type_, server_default='', nullable=False, comment=comment))
    for table, columns in TEXTS.items():
        _retype(table, columns, is_text=True)
    if op.get_bind().dialect.name == 'sqlite':
        _rewrite('submission_issue', [(r",\s*CONSTRAINT ck_submission_issue_severity CHECK \([^()]*\([^()]*\)\)", '')])
    else:
        op.drop_constraint(op.f('ck_submission_issue_severity'), 'submission_issue', type_='check')


def downgrade() -> None:
    """Take back. Refused where anything was encrypted: the program before this one could not read it."""
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM stored_file WHERE key_id <> ''")):
        raise RuntimeError(
            "Files of tenders are encrypted in this database, and the version before 0022 cannot read them. "
            "To go back, restore the backup that was made before 0022."
        )
    if op.get_bind().dialect.name == 'sqlite':
        _rewrite('submission_issue', [(r'CONSTRAINT pk_submission_issue', f'{SEVERITY}, CONSTRAINT pk_submission_issue')])
    else:
        op.create_check_constraint(op.f('ck_submission_issue_severity'), 'submission_issue', "severity IN ('block', 'error', 'warning', 'note')")
    for table, columns in TEXTS.items():
        _retype(table, columns, is_text=False)
    for table, columns in NEW.items():
        for name, _type, _comment in reversed(columns):
            op.drop_column(table, name)


def _retype(table: str, columns: dict[str, int], *, is_text: bool) -> None:
    """Texts of any length, or of at most so many characters. SQLite stores both alike: only its description changes."""
    if op.get_bind().dialect.name == 'sqlite':
        _rewrite(
            table,
            [
                (rf'(?<=[\s(])("?){name}\1 {"VARCHAR" if is_text else "TEXT"}(\(\d+\))?', rf'\1{name}\1 {"TEXT" if is_text else f"VARCHAR({length})"}')
                for name, length in columns.items()
            ],
        )
        return
    for name, length in columns.items():
        old, new = (sa.String(length=length), sa.Text()) if is_text else (sa.Text(), sa.String(length=length))
        op.alter_column(table, name, existing_type=old, type_=new, existing_nullable=False)


def _rewrite(table: str, changes: list[tuple[str, str]]) -> None:
    """Change how SQLite describes a table, where what it stores stays the same: the way of its own manual, section 7 of ALTER TABLE."""
    bind = op.get_bind()
    said = bind.scalar(sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name"), {'name': table})
    for pattern, text in changes:
        said, count = re.subn(pattern, text, said)
        if count != 1:
            raise RuntimeError(f'{table} is not described as expected: {pattern}')
    number = bind.scalar(sa.text('PRAGMA schema_version'))
    bind.exec_driver_sql('PRAGMA writable_schema = ON')
    bind.execute(sa.text("UPDATE sqlite_master SET sql = :said WHERE type = 'table' AND name = :name"), {'said': said, 'name': table})
    bind.exec_driver_sql(f'PRAGMA schema_version = {number + 1}')
    bind.exec_driver_sql('PRAGMA writable_schema = OFF')

"""What the virus scanner said of a file."""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

SCAN = "scan IN ('', 'clean', 'infected')"
FOUND = "(scan = 'infected') = (found <> '')"


def upgrade() -> None:
    """Apply. The table is not made anew on SQLite: other tables name its rows."""
    if op.get_bind().dialect.name == 'sqlite':
        op.execute(f"ALTER TABLE stored_file ADD COLUMN scan VARCHAR(10) DEFAULT '' NOT NULL CONSTRAINT ck_stored_file_scan CHECK ({SCAN})")
        op.execute(f"ALTER TABLE stored_file ADD COLUMN found VARCHAR(100) DEFAULT '' NOT NULL CONSTRAINT ck_stored_file_found_facts CHECK ({FOUND})")
    else:
        op.add_column('stored_file', sa.Column('scan', sa.String(length=10), server_default='', nullable=False, comment='clean or infected, as the virus scanner said; blank = not scanned'))
        op.add_column('stored_file', sa.Column('found', sa.String(length=100), server_default='', nullable=False, comment='what the virus scanner found in it'))
        op.create_check_constraint(op.f('ck_stored_file_scan'), 'stored_file', SCAN)
        op.create_check_constraint(op.f('ck_stored_file_found_facts'), 'stored_file', FOUND)
    op.create_index('ix_stored_file_scan', 'stored_file', ['scan', 'id'], unique=False)


def downgrade() -> None:
    """Take back. Each column takes its rule along."""
    op.drop_index('ix_stored_file_scan', table_name='stored_file')
    op.drop_column('stored_file', 'found')
    op.drop_column('stored_file', 'scan')

"""Rows of a version that is checked again wait until all are there."""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('waiting_row',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('sheet', sa.String(length=100), nullable=False),
    sa.Column('row', sa.Integer(), nullable=False),
    sa.Column('read_values', sa.JSON(), nullable=False, comment='column name to the value as understood'),
    sa.Column('found', sa.JSON(), nullable=False, comment='value as found, where it differs'),
    sa.Column('listed_reason', sa.String(length=80), nullable=False, comment='issue key; blank = stored'),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_waiting_row_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_waiting_row'))
    )
    with op.batch_alter_table('waiting_row', schema=None) as batch_op:
        batch_op.create_index('ix_waiting_row_submission', ['submission_id'], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_table('waiting_row')

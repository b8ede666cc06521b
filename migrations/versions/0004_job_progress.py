"""The lane of a job and the step that its progress is counted of; an index to find whose turn it is."""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column('job', sa.Column('lane', sa.String(length=10), server_default='quick', nullable=False, comment='quick, or large: one at a time per organisation'))
    op.add_column('job', sa.Column('step', sa.String(length=20), server_default='', nullable=False, comment='what done and total are counted of: reading, checking, storing'))
    op.create_index('ix_job_organisation_started', 'job', ['organisation_id', 'started_at'], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_index('ix_job_organisation_started', table_name='job')
    op.drop_column('job', 'step')
    op.drop_column('job', 'lane')

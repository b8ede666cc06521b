"""Questions that the whole base at once proposes."""

import sqlalchemy as sa
from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table('match_question', schema=None) as batch_op:
        batch_op.add_column(sa.Column('source', sa.String(length=10), server_default='rows', nullable=False, comment='rows of a file, or the whole base at once'))
        batch_op.create_check_constraint(batch_op.f('ck_match_question_source'), "source IN ('rows', 'batch')")


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('match_question', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_match_question_source'), type_='check')
        batch_op.drop_column('source')

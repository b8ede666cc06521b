"""Where the pooled volume of a lot would come from."""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('lot_flow',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=True, comment='blank = all offers'),
    sa.Column('component_type', sa.String(length=30), nullable=False),
    sa.Column('tier', sa.Integer(), nullable=False),
    sa.Column('whole', sa.BigInteger(), nullable=False),
    sa.Column('summary', sa.JSON(), nullable=False),
    sa.Column('leaves', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_lot_flow_lot_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_lot_flow_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lot_flow'))
    )
    with op.batch_alter_table('lot_flow', schema=None) as batch_op:
        batch_op.create_index('uq_lot_flow', ['lot_id', 'submission_id', 'component_type'], unique=True)
        batch_op.create_index('ix_lot_flow_submission', ['submission_id'], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_table('lot_flow')

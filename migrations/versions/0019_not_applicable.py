"""What the lead accepts as not applicable."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('not_applicable',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False, comment='component type or mineral, as component:battery'),
    sa.Column('motive', sa.Text(), nullable=False),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('undone_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('undone_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('(undone_at IS NULL) = (undone_by_id IS NULL)', name=op.f('ck_not_applicable_undone_facts')),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_not_applicable_by_id')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_not_applicable_product_id')),
    sa.ForeignKeyConstraint(['undone_by_id'], ['user.id'], name=op.f('fk_not_applicable_undone_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_not_applicable'))
    )
    with op.batch_alter_table('not_applicable', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_not_applicable_product_id'), ['product_id'], unique=False)
        batch_op.create_index(
            'uq_not_applicable_stands', ['product_id', 'kind'], unique=True,
            sqlite_where=sa.text('undone_at IS NULL'), postgresql_where=sa.text('undone_at IS NULL'),
        )


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('not_applicable', schema=None) as batch_op:
        batch_op.drop_index('uq_not_applicable_stands')
        batch_op.drop_index(batch_op.f('ix_not_applicable_product_id'))

    op.drop_table('not_applicable')

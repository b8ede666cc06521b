"""Measures of products and lots."""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('product_measures',
    sa.Column('product_id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('is_stale', sa.Boolean(), nullable=False),
    sa.Column('figures', sa.JSON(), nullable=False, comment='empty until counted; exact fractions'),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_product_measures_lot_id')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_product_measures_product_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_product_measures_submission_id')),
    sa.PrimaryKeyConstraint('product_id', name=op.f('pk_product_measures'))
    )
    with op.batch_alter_table('product_measures', schema=None) as batch_op:
        batch_op.create_index('ix_product_measures_submission', ['submission_id', 'lot_id', 'is_stale'], unique=False)

    op.create_table('lot_measures',
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('brand', sa.String(length=120), nullable=False),
    sa.Column('category', sa.String(length=20), nullable=False),
    sa.Column('spec_tier', sa.String(length=40), nullable=False),
    sa.Column('brand_key', sa.String(length=120), nullable=False, comment='the brand without case and blanks'),
    sa.Column('sums', sa.JSON(), nullable=False, comment='exact fractions'),
    sa.Column('gaps', sa.JSON(), nullable=False, comment='what is missing, with what it is worth'),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_lot_measures_lot_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_lot_measures_submission_id')),
    sa.PrimaryKeyConstraint('submission_id', 'lot_id', 'brand', 'category', 'spec_tier', name=op.f('pk_lot_measures'))
    )
    with op.batch_alter_table('lot_measures', schema=None) as batch_op:
        batch_op.create_index('ix_lot_measures_lot', ['lot_id', 'brand_key'], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('lot_measures', schema=None) as batch_op:
        batch_op.drop_index('ix_lot_measures_lot')

    op.drop_table('lot_measures')
    with op.batch_alter_table('product_measures', schema=None) as batch_op:
        batch_op.drop_index('ix_product_measures_submission')

    op.drop_table('product_measures')

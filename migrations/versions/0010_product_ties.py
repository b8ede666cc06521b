"""Products that a list names, tied to models on offer."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('product_tie',
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('batch', sa.String(length=20), nullable=False, comment='what one person said in one act'),
    sa.Column('name', sa.String(length=200), nullable=False, comment='as the list names the product, cut to 200 characters'),
    sa.Column('product_ref', sa.String(length=40), nullable=False, comment='blank = none of the models on offer'),
    sa.Column('lot', sa.String(length=40), nullable=False),
    sa.Column('brand', sa.String(length=120), nullable=False),
    sa.Column('model_name', sa.String(length=200), nullable=False),
    sa.Column('category', sa.String(length=20), nullable=False),
    sa.Column('spec_tier', sa.String(length=40), nullable=False),
    sa.Column('undone_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('undone_by_id', sa.Integer(), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('(undone_at IS NULL) = (undone_by_id IS NULL)', name=op.f('ck_product_tie_undone_facts')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_product_tie_created_by_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_product_tie_submission_id')),
    sa.ForeignKeyConstraint(['undone_by_id'], ['user.id'], name=op.f('fk_product_tie_undone_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_product_tie')),
    sa.UniqueConstraint('public_id', name=op.f('uq_product_tie_public_id'))
    )
    with op.batch_alter_table('product_tie', schema=None) as batch_op:
        batch_op.create_index('ix_product_tie_submission', ['submission_id', 'batch'], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('product_tie', schema=None) as batch_op:
        batch_op.drop_index('ix_product_tie_submission')
    op.drop_table('product_tie')

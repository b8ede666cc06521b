"""Persons whom a body that signs on offers as evaluators."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0042'
down_revision = '0041'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('offered_evaluator',
    sa.Column('sign_on_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('capacity', sa.Integer(), nullable=True, comment='items; blank = an equal part'),
    sa.Column('languages', sa.JSON(), nullable=False, comment='codes; empty = that of the account'),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('capacity IS NULL OR capacity BETWEEN 0 AND 100000', name=op.f('ck_offered_evaluator_capacity')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_offered_evaluator_created_by_id')),
    sa.ForeignKeyConstraint(['sign_on_id'], ['sign_on.id'], name=op.f('fk_offered_evaluator_sign_on_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_offered_evaluator_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_offered_evaluator')),
    sa.UniqueConstraint('public_id', name=op.f('uq_offered_evaluator_public_id')),
    sa.UniqueConstraint('sign_on_id', 'user_id', name=op.f('uq_offered_evaluator_sign_on_id_user_id')),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table('offered_evaluator')

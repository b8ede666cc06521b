"""Comparisons of two versions, kept for each pair."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('comparison',
    sa.Column('before_id', sa.Integer(), nullable=False),
    sa.Column('after_id', sa.Integer(), nullable=False),
    sa.Column('before_checked_at', models.base.Instant(timezone=True), nullable=False, comment='which reading of it is compared'),
    sa.Column('after_checked_at', models.base.Instant(timezone=True), nullable=False, comment='which reading of it is compared'),
    sa.Column('job_id', sa.Integer(), nullable=True),
    sa.Column('outcome', sa.String(length=20), nullable=False, comment='compared, too_many or out_of_reach; blank = not yet'),
    sa.Column('unchanged', sa.Integer(), nullable=False, comment='rows that say the same'),
    sa.Column('counts', sa.JSON(), nullable=False, comment='sheet, kind and number of its differences'),
    sa.Column('compared_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("outcome IN ('', 'compared', 'too_many', 'out_of_reach')", name=op.f('ck_comparison_outcome')),
    sa.CheckConstraint("(outcome = '') = (compared_at IS NULL)", name=op.f('ck_comparison_compared_facts')),
    sa.ForeignKeyConstraint(['after_id'], ['submission.id'], name=op.f('fk_comparison_after_id')),
    sa.ForeignKeyConstraint(['before_id'], ['submission.id'], name=op.f('fk_comparison_before_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_comparison_created_by_id')),
    sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_comparison_job_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comparison')),
    sa.UniqueConstraint('before_id', 'after_id', name=op.f('uq_comparison_before_id_after_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_comparison_public_id'))
    )
    with op.batch_alter_table('comparison', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_comparison_after_id'), ['after_id'], unique=False)
    op.create_table('comparison_row',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('comparison_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('sheet', sa.String(length=100), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('before_row', sa.Integer(), nullable=True, comment='number of the stored row'),
    sa.Column('after_row', sa.Integer(), nullable=True, comment='number of the stored row'),
    sa.Column('columns', sa.JSON(), nullable=False, comment='the columns that changed'),
    sa.ForeignKeyConstraint(['comparison_id'], ['comparison.id'], name=op.f('fk_comparison_row_comparison_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comparison_row'))
    )
    with op.batch_alter_table('comparison_row', schema=None) as batch_op:
        batch_op.create_index('ix_comparison_row_place', ['comparison_id', 'sheet', 'kind', 'position'], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_table('comparison_row')
    op.drop_table('comparison')

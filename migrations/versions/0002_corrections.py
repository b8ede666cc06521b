"""Cells that a supplier mended on top of its untouched file."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('correction',
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('batch', sa.String(length=20), nullable=False, comment='what one person mended in one act'),
    sa.Column('sheet', sa.String(length=100), nullable=False, comment='as the file names it'),
    sa.Column('row', sa.Integer(), nullable=False),
    sa.Column('column', sa.String(length=3), nullable=False, comment='letters of the column'),
    sa.Column('found', sa.String(length=200), nullable=False, comment='what the remark showed, cut to 200 characters'),
    sa.Column('corrected', sa.Text(), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=False, comment='the remark it mends'),
    sa.Column('undone_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('undone_by_id', sa.Integer(), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('(undone_at IS NULL) = (undone_by_id IS NULL)', name=op.f('ck_correction_undone_facts')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_correction_created_by_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_correction_submission_id')),
    sa.ForeignKeyConstraint(['undone_by_id'], ['user.id'], name=op.f('fk_correction_undone_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_correction')),
    sa.UniqueConstraint('public_id', name=op.f('uq_correction_public_id'))
    )
    with op.batch_alter_table('correction', schema=None) as batch_op:
        batch_op.create_index('ix_correction_submission', ['submission_id', 'batch'], unique=False)
    op.add_column('submission', sa.Column('is_mended', sa.Boolean(), server_default=sa.false(), nullable=False, comment='cells were mended since the last check'))
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.alter_column('is_mended', server_default=None)


def downgrade() -> None:
    """Take back."""
    op.drop_column('submission', 'is_mended')
    with op.batch_alter_table('correction', schema=None) as batch_op:
        batch_op.drop_index('ix_correction_submission')
    op.drop_table('correction')

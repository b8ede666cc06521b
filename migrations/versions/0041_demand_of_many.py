"""Demand of many members from one workbook of the lead, as proposals to each of them."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0041'
down_revision = '0040'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('demand_sheet',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('file_id', sa.Integer(), nullable=False),
    sa.Column('job_id', sa.Integer(), nullable=True),
    sa.Column('choices', sa.JSON(), nullable=False, comment='columns, answers about names, words of the language'),
    sa.Column('found', sa.JSON(), nullable=False, comment='columns, counts, sums, or why not read'),
    sa.Column('read_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('proposed_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('proposed_by_id', sa.Integer(), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_demand_sheet_created_by_id')),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_demand_sheet_file_id')),
    sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_demand_sheet_job_id')),
    sa.ForeignKeyConstraint(['proposed_by_id'], ['user.id'], name=op.f('fk_demand_sheet_proposed_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_demand_sheet_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_demand_sheet')),
    sa.UniqueConstraint('file_id', name=op.f('uq_demand_sheet_file_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_demand_sheet_public_id')),
    )
    with op.batch_alter_table('demand_sheet', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_demand_sheet_round_id'), ['round_id'], unique=False)

    op.create_table('proposed_demand',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('sheet_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=20), nullable=False, comment='how the answer about this name is told'),
    sa.Column('said_name', sa.String(length=200), nullable=False),
    sa.Column('said_no', sa.String(length=40), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=True),
    sa.Column('lot_id', sa.Integer(), nullable=True),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False, comment='rows of the workbook, totals left out'),
    sa.Column('first_row', sa.Integer(), nullable=False),
    sa.Column('lines', sa.JSON(), nullable=False, comment='fields of a line in the order of every sheet, row'),
    sa.Column('issues', sa.JSON(), nullable=False, comment='code, row, column, value, parameters'),
    sa.Column('likes', sa.JSON(), nullable=False, comment='members it may be'),
    sa.Column('told_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('answer', sa.String(length=10), nullable=False),
    sa.Column('answered_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('answered_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("status IN ('ready', 'doubtful', 'unknown', 'broken', 'out')", name=op.f('ck_proposed_demand_status')),
    sa.CheckConstraint("answer IN ('', 'taken', 'aside')", name=op.f('ck_proposed_demand_answer')),
    sa.CheckConstraint("status <> 'ready' OR (member_id IS NOT NULL AND lot_id IS NOT NULL)", name=op.f('ck_proposed_demand_ready')),
    sa.CheckConstraint("answer = '' OR answered_at IS NOT NULL", name=op.f('ck_proposed_demand_answered')),
    sa.ForeignKeyConstraint(['answered_by_id'], ['user.id'], name=op.f('fk_proposed_demand_answered_by_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_proposed_demand_lot_id')),
    sa.ForeignKeyConstraint(['member_id'], ['organisation.id'], name=op.f('fk_proposed_demand_member_id')),
    sa.ForeignKeyConstraint(['sheet_id'], ['demand_sheet.id'], name=op.f('fk_proposed_demand_sheet_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_proposed_demand')),
    sa.UniqueConstraint('public_id', name=op.f('uq_proposed_demand_public_id')),
    sa.UniqueConstraint('sheet_id', 'position', name=op.f('uq_proposed_demand_sheet_id_position')),
    )
    with op.batch_alter_table('proposed_demand', schema=None) as batch_op:
        batch_op.create_index('ix_proposed_demand_member_id_lot_id', ['member_id', 'lot_id'], unique=False)
        batch_op.create_index('ix_proposed_demand_sheet_id_status', ['sheet_id', 'status'], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_table('proposed_demand')
    op.drop_table('demand_sheet')

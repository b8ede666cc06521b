"""The ranking as it was counted, and remarks that are struck through."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0028'
down_revision = '0026'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table('remark', schema=None) as batch_op:
        batch_op.add_column(sa.Column(
            'struck_at', models.base.Instant(timezone=True), nullable=True, comment='when its author struck it through',
        ))

    op.create_table('ranking',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('counted_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('motive', sa.Text(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_ranking_created_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_ranking_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ranking')),
    sa.UniqueConstraint('public_id', name=op.f('uq_ranking_public_id')),
    sa.UniqueConstraint('round_id', 'number', name=op.f('uq_ranking_round_id_number'))
    )
    op.create_table('ranking_line',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ranking_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('known', models.base.Fixed(2), nullable=False, comment='sum of the points that are known'),
    sa.Column('total', models.base.Fixed(2), nullable=True, comment='blank = some points are unknown'),
    sa.Column('place', sa.Integer(), nullable=True, comment='1 = first; equal places share a number'),
    sa.Column(
        'is_tied', sa.Boolean(), nullable=False, comment='equal to another also after the rule for ties',
    ),
    sa.Column('reason', sa.String(length=30), nullable=False),
    sa.CheckConstraint('place IS NULL OR (place > 0 AND total IS NOT NULL)', name=op.f('ck_ranking_line_place')),
    sa.CheckConstraint("(place IS NULL) = (reason <> '')", name=op.f('ck_ranking_line_reason')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_ranking_line_lot_id')),
    sa.ForeignKeyConstraint(['ranking_id'], ['ranking.id'], name=op.f('fk_ranking_line_ranking_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_ranking_line_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ranking_line')),
    sa.UniqueConstraint('ranking_id', 'lot_id', 'submission_id', name=op.f('uq_ranking_line_ranking_id_lot_id_submission_id'))
    )
    with op.batch_alter_table('ranking_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ranking_line_submission_id'), ['submission_id'], unique=False)

    op.create_table('ranking_points',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ranking_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('criterion_id', sa.Integer(), nullable=False),
    sa.Column('weight', models.base.Fixed(2), nullable=False),
    sa.Column('points', models.base.Fixed(2), nullable=True),
    sa.Column('figure', models.base.Fixed(6), nullable=True),
    sa.Column('reason', sa.String(length=30), nullable=False),
    sa.Column('unknown_part', models.base.Fixed(6), nullable=True),
    sa.Column('left_out', sa.Integer(), nullable=False),
    sa.Column('assumed', sa.Integer(), nullable=False),
    sa.CheckConstraint("(points IS NULL) = (reason <> '')", name=op.f('ck_ranking_points_reason')),
    sa.CheckConstraint('points IS NULL OR points >= 0', name=op.f('ck_ranking_points_points')),
    sa.ForeignKeyConstraint(['criterion_id'], ['criterion.id'], name=op.f('fk_ranking_points_criterion_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_ranking_points_lot_id')),
    sa.ForeignKeyConstraint(['ranking_id'], ['ranking.id'], name=op.f('fk_ranking_points_ranking_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_ranking_points_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ranking_points'))
    )
    with op.batch_alter_table('ranking_points', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ranking_points_submission_id'), ['submission_id'], unique=False)
        batch_op.create_index(
            'uq_ranking_points', ['ranking_id', 'lot_id', 'submission_id', 'criterion_id'], unique=True
        )


def downgrade() -> None:
    """Undo."""
    op.drop_table('ranking_points')
    op.drop_table('ranking_line')
    op.drop_table('ranking')
    with op.batch_alter_table('remark', schema=None) as batch_op:
        batch_op.drop_column('struck_at')

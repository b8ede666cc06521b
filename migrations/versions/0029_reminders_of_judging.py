"""Reminders to evaluators, and the fingerprint of the evidence of a verdict."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('judging_reminder',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True, comment='the day to be done by; blank = none was set'),
    sa.Column(
        'step_hours', sa.Integer(), nullable=True, comment='hours before the end of that day; blank = pressed',
    ),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('mail_id', sa.Integer(), nullable=False),
    sa.CheckConstraint(
        'step_hours IS NULL OR (step_hours > 0 AND due_on IS NOT NULL)', name=op.f('ck_judging_reminder_step')
    ),
    sa.ForeignKeyConstraint(['mail_id'], ['mail.id'], name=op.f('fk_judging_reminder_mail_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_judging_reminder_round_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_judging_reminder_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_judging_reminder')),
    sa.UniqueConstraint(
        'round_id', 'user_id', 'due_on', 'step_hours',
        name=op.f('uq_judging_reminder_round_id_user_id_due_on_step_hours'),
    )
    )
    with op.batch_alter_table('judging_reminder', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_judging_reminder_user_id'), ['user_id'], unique=False)

    with op.batch_alter_table('evaluator_profile', schema=None) as batch_op:
        batch_op.add_column(sa.Column(
            'due_set_at', models.base.Instant(timezone=True), nullable=True, comment='when the day was set last',
        ))

    with op.batch_alter_table('verdict', schema=None) as batch_op:
        batch_op.add_column(sa.Column(
            'evidence_print', sa.String(length=64), server_default='', nullable=False,
            comment='fingerprint of its evidence when values were made final; blank = none yet, or points',
        ))
        batch_op.create_index('ix_verdict_evidence', ['evidence_print'], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table('verdict', schema=None) as batch_op:
        batch_op.drop_index('ix_verdict_evidence')
        batch_op.drop_column('evidence_print')
    with op.batch_alter_table('evaluator_profile', schema=None) as batch_op:
        batch_op.drop_column('due_set_at')
    op.drop_table('judging_reminder')

"""Reminders to bodies before the ends of sign-on and demand."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('body_reminder',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column(
        'deadline', models.base.Instant(timezone=True), nullable=True, comment='the deadline as it stood then',
    ),
    sa.Column(
        'step_hours', sa.Integer(), nullable=True, comment='hours before the deadline; blank = the lead pressed',
    ),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('mail_id', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('sign_on', 'demand')", name=op.f('ck_body_reminder_kind')),
    sa.CheckConstraint(
        'step_hours IS NULL OR (step_hours > 0 AND deadline IS NOT NULL)', name=op.f('ck_body_reminder_step')
    ),
    sa.ForeignKeyConstraint(['mail_id'], ['mail.id'], name=op.f('fk_body_reminder_mail_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_body_reminder_organisation_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_body_reminder_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_body_reminder')),
    sa.UniqueConstraint('mail_id', name=op.f('uq_body_reminder_mail_id')),
    )
    with op.batch_alter_table('body_reminder', schema=None) as batch_op:
        batch_op.create_index('ix_body_reminder_round', ['round_id', 'kind', 'organisation_id'], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_table('body_reminder')

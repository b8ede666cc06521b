"""Keys, signed lines of receipts, daily heads of the record."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('public_key',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False, comment='SHA-256 of the key'),
    sa.Column('public', sa.String(length=64), nullable=False, comment='Ed25519, in hexadecimal'),
    sa.Column('first_used_at', models.base.Instant(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_public_key')),
    sa.UniqueConstraint('fingerprint', name=op.f('uq_public_key_fingerprint'))
    )
    op.create_table('receipt_line',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False, comment='1 is the arrival'),
    sa.Column('what', sa.String(length=20), nullable=False),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('statement', sa.Text(), nullable=False, comment='canonical JSON, the text that is signed'),
    sa.Column('digest', sa.String(length=64), nullable=False, comment='SHA-256 of that text, for the line after it'),
    sa.Column('signature', sa.String(length=128), nullable=False, comment='Ed25519, in hexadecimal'),
    sa.Column('key_id', sa.Integer(), nullable=False),
    sa.CheckConstraint("what IN ('arrival', 'counted', 'withdrawn', 'discarded')", name=op.f('ck_receipt_line_what')),
    sa.ForeignKeyConstraint(['key_id'], ['public_key.id'], name=op.f('fk_receipt_line_key_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_receipt_line_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt_line')),
    sa.UniqueConstraint('submission_id', 'number', name=op.f('uq_receipt_line_submission_id_number'))
    )
    op.create_table('log_head',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('root', sa.String(length=64), nullable=False),
    sa.Column('statement', sa.Text(), nullable=False, comment='canonical JSON, the text that is signed'),
    sa.Column('signature', sa.String(length=128), nullable=False, comment='Ed25519, in hexadecimal'),
    sa.Column('key_id', sa.Integer(), nullable=False),
    sa.Column('continues', sa.JSON(), nullable=False, comment='proof of consistency with the head before; none = first'),
    sa.Column('filed_at', models.base.Instant(timezone=True), nullable=True, comment='when it was written to the folder of heads'),
    sa.ForeignKeyConstraint(['key_id'], ['public_key.id'], name=op.f('fk_log_head_key_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_log_head')),
    sa.UniqueConstraint('size', name=op.f('uq_log_head_size'))
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table('log_head')
    op.drop_table('receipt_line')
    op.drop_table('public_key')

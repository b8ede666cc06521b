"""Shares of the openers: their keys, the public key of a round, what is told of a version that nobody can read."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('opener_key',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('public_key', sa.String(length=60), nullable=False),
    sa.Column('sealed_private_key', sa.Text(), nullable=False, comment='under the passphrase of its holder, with how that is stretched'),
    sa.Column('share_number', sa.Integer(), nullable=True, comment='blank = the round is not published yet'),
    sa.Column('sealed_share', sa.Text(), server_default='', nullable=False, comment='locked with the public key of its holder'),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(share_number IS NULL) = (sealed_share = '')", name=op.f('ck_opener_key_share')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_opener_key_created_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_opener_key_round_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_opener_key_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_opener_key')),
    sa.UniqueConstraint('public_id', name=op.f('uq_opener_key_public_id')),
    sa.UniqueConstraint('round_id', 'user_id', name=op.f('uq_opener_key_round_id_user_id')),
    sa.UniqueConstraint('round_id', 'share_number', name=op.f('uq_opener_key_round_id_share_number'))
    )
    with op.batch_alter_table('round', schema=None) as batch_op:
        batch_op.add_column(sa.Column(
            'seal_public_key', sa.String(length=60), server_default='', nullable=False,
            comment='what tenders are sealed with where the openers hold shares; blank = they do not',
        ))
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.add_column(sa.Column(
            'told', sa.Text(), server_default='', nullable=False,
            comment='where openers hold shares: what its sender is told after its session, sealed by the key of the round',
        ))
        batch_op.add_column(sa.Column(
            'preflight', sa.String(length=10), server_default='', nullable=False,
            comment='where openers hold shares: passed or failed, which decides where nobody reads it in time; blank = not known',
        ))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.drop_column('preflight')
        batch_op.drop_column('told')
    with op.batch_alter_table('round', schema=None) as batch_op:
        batch_op.drop_column('seal_public_key')
    op.drop_table('opener_key')

"""How the columns of foreign lists are read, shared by a lead."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('shared_columns',
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False, comment='the lead that shared it'),
    sa.Column('signature', sa.String(length=64), nullable=False, comment='hash of the headers by column'),
    sa.Column('meanings', sa.JSON(), nullable=False, comment='column (0:C) to field, blank for not read'),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_shared_columns_created_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_shared_columns_organisation_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_shared_columns_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shared_columns')),
    sa.UniqueConstraint('public_id', name=op.f('uq_shared_columns_public_id')),
    sa.UniqueConstraint('submission_id', name=op.f('uq_shared_columns_submission_id'))
    )
    with op.batch_alter_table('shared_columns', schema=None) as batch_op:
        batch_op.create_index('ix_shared_columns_signature', ['signature'], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('shared_columns', schema=None) as batch_op:
        batch_op.drop_index('ix_shared_columns_signature')
    op.drop_table('shared_columns')

"""Dated loads of lists of smelters."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('smelter_load',
    sa.Column('source', sa.String(length=120), nullable=False, comment='who published the list'),
    sa.Column('day', sa.Date(), nullable=False, comment='the day the list speaks of'),
    sa.Column('sha256', sa.String(length=64), nullable=False, comment='of the file that was loaded'),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_smelter_load_created_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_smelter_load')),
    sa.UniqueConstraint('public_id', name=op.f('uq_smelter_load_public_id')),
    sa.UniqueConstraint('source', 'day', name=op.f('uq_smelter_load_source_day'))
    )
    op.create_table('smelter_listing',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('load_id', sa.Integer(), nullable=False),
    sa.Column('mineral', sa.String(length=30), nullable=False),
    sa.Column('alias', sa.String(length=200), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('number', sa.String(length=20), nullable=False, comment='CID and six digits'),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('older', sa.String(length=20), nullable=False, comment='its id before there were CID numbers'),
    sa.Column('until', sa.String(length=10), nullable=True, comment='ISO day, where the list itself says when it ended'),
    sa.ForeignKeyConstraint(['load_id'], ['smelter_load.id'], name=op.f('fk_smelter_listing_load_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_smelter_listing'))
    )
    with op.batch_alter_table('smelter_listing', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_smelter_listing_load_id'), ['load_id'], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_table('smelter_listing')
    op.drop_table('smelter_load')

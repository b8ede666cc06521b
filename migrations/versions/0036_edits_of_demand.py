"""Who changed which cell of a declaration, and the suggestions that were put aside."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('demand_edit',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('demand_id', sa.Integer(), nullable=False),
    sa.Column('before_version', sa.Integer(), nullable=False, comment='version of the record that was changed'),
    sa.Column('category', sa.String(length=20), nullable=False),
    sa.Column('spec_tier', sa.String(length=40), nullable=False),
    sa.Column('delivery_country', sa.String(length=2), nullable=False),
    sa.Column('column', sa.String(length=20), nullable=False),
    sa.Column('year_no', sa.Integer(), nullable=False, comment='0 = once a row'),
    sa.Column('old', sa.String(length=2000), nullable=True, comment='blank = the cell was empty'),
    sa.Column('new', sa.String(length=2000), nullable=True),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('source', sa.String(length=20), nullable=False, comment='grid, paste, upload'),
    sa.CheckConstraint("year_no >= 0", name=op.f('ck_demand_edit_year_no')),
    sa.CheckConstraint("COALESCE(old, '') <> COALESCE(new, '')", name=op.f('ck_demand_edit_changed')),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_demand_edit_by_id')),
    sa.ForeignKeyConstraint(['demand_id'], ['demand.id'], name=op.f('fk_demand_edit_demand_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_demand_edit'))
    )
    with op.batch_alter_table('demand_edit', schema=None) as batch_op:
        batch_op.create_index('ix_demand_edit_since', ['demand_id', 'before_version'], unique=False)

    op.create_table('demand_aside',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('demand_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False, comment='which suggestion, with its figures'),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_demand_aside_by_id')),
    sa.ForeignKeyConstraint(['demand_id'], ['demand.id'], name=op.f('fk_demand_aside_demand_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_demand_aside')),
    sa.UniqueConstraint('demand_id', 'key', name=op.f('uq_demand_aside_demand_id_key'))
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table('demand_aside')
    op.drop_table('demand_edit')

"""The departments of an organisation, and what each of them needs in a declaration."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0040'
down_revision = '0039'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('department',
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('folded_name', sa.String(length=200), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('is_archived', sa.Boolean(), nullable=False),
    sa.Column('is_rest', sa.Boolean(), nullable=False, comment='holds what belongs to no department'),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("name <> ''", name=op.f('ck_department_named')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_department_created_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_department_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_department')),
    sa.UniqueConstraint('organisation_id', 'folded_name', name=op.f('uq_department_organisation_id_folded_name')),
    sa.UniqueConstraint('public_id', name=op.f('uq_department_public_id'))
    )
    with op.batch_alter_table('department', schema=None) as batch_op:
        batch_op.create_index('uq_department_rest', ['organisation_id'], unique=True, sqlite_where=sa.text('is_rest'), postgresql_where=sa.text('is_rest'))

    op.create_table('department_figure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('demand_id', sa.Integer(), nullable=False),
    sa.Column('department_id', sa.Integer(), nullable=False),
    sa.Column('category', sa.String(length=20), nullable=False),
    sa.Column('spec_tier', sa.String(length=40), nullable=False),
    sa.Column('delivery_country', sa.String(length=2), nullable=False),
    sa.Column('year_no', sa.Integer(), nullable=False),
    sa.Column('qty_firm', sa.Integer(), nullable=True),
    sa.Column('qty_expected', sa.Integer(), nullable=True),
    sa.Column('qty_max', sa.Integer(), nullable=True),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.CheckConstraint("qty_firm IS NULL OR qty_firm >= 0", name=op.f('ck_department_figure_firm')),
    sa.CheckConstraint("qty_expected IS NULL OR qty_expected >= COALESCE(qty_firm, 0)", name=op.f('ck_department_figure_expected')),
    sa.CheckConstraint("qty_max IS NULL OR qty_max >= COALESCE(qty_expected, qty_firm, 0)", name=op.f('ck_department_figure_max')),
    sa.CheckConstraint("qty_firm IS NOT NULL OR qty_expected IS NOT NULL OR qty_max IS NOT NULL OR note <> ''", name=op.f('ck_department_figure_says_something')),
    sa.CheckConstraint("year_no >= 1", name=op.f('ck_department_figure_year_no')),
    sa.ForeignKeyConstraint(['demand_id'], ['demand.id'], name=op.f('fk_department_figure_demand_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['department_id'], ['department.id'], name=op.f('fk_department_figure_department_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_department_figure')),
    sa.UniqueConstraint('demand_id', 'department_id', 'category', 'spec_tier', 'delivery_country', 'year_no', name='uq_department_figure')
    )
    with op.batch_alter_table('department_figure', schema=None) as batch_op:
        batch_op.create_index(op.f('ix_department_figure_department_id'), ['department_id'], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_table('department_figure')
    op.drop_table('department')

"""Indicative price lists with their steps, and rates of currencies."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('price_list',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('supplier_id', sa.Integer(), nullable=False),
    sa.Column('version_no', sa.Integer(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column(
        'reading', sa.String(length=10), nullable=False,
        comment='whole: all pieces at the price of the step reached; parts: each step its own',
    ),
    sa.Column('valid_from', sa.Date(), nullable=True, comment='first day; blank = not said'),
    sa.Column('valid_until', sa.Date(), nullable=True, comment='last day; blank = not said'),
    sa.Column('note', sa.String(length=1000), nullable=False),
    sa.Column('withdrawn_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('source_upload_id', sa.Integer(), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("reading IN ('whole','parts')", name=op.f('ck_price_list_reading')),
    sa.CheckConstraint('version_no >= 1', name=op.f('ck_price_list_version_no')),
    sa.CheckConstraint(
        'valid_from IS NULL OR valid_until IS NULL OR valid_until >= valid_from',
        name=op.f('ck_price_list_valid_in_this_order'),
    ),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_price_list_created_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_price_list_round_id')),
    sa.ForeignKeyConstraint(['source_upload_id'], ['stored_file.id'], name=op.f('fk_price_list_source_upload_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['organisation.id'], name=op.f('fk_price_list_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_price_list')),
    sa.UniqueConstraint('public_id', name=op.f('uq_price_list_public_id')),
    sa.UniqueConstraint(
        'round_id', 'supplier_id', 'version_no', name=op.f('uq_price_list_round_id_supplier_id_version_no')
    ),
    )
    with op.batch_alter_table('price_list', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_price_list_supplier_id'), ['supplier_id'], unique=False)

    op.create_table('price_step',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('price_list_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('category', sa.String(length=20), nullable=False),
    sa.Column(
        'spec_tier', sa.String(length=40), nullable=False,
        comment='blank = every tier that has no price of its own',
    ),
    sa.Column('from_qty', sa.Integer(), nullable=False),
    sa.Column('unit_price', models.base.Fixed(4), nullable=False, comment='net, in the currency of the list'),
    sa.CheckConstraint('from_qty >= 1', name=op.f('ck_price_step_from_qty')),
    sa.CheckConstraint('unit_price > 0', name=op.f('ck_price_step_unit_price')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_price_step_lot_id')),
    sa.ForeignKeyConstraint(
        ['price_list_id'], ['price_list.id'], name=op.f('fk_price_step_price_list_id'), ondelete='CASCADE'
    ),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_price_step')),
    sa.UniqueConstraint(
        'price_list_id', 'lot_id', 'category', 'spec_tier', 'from_qty',
        name=op.f('uq_price_step_price_list_id_lot_id_category_spec_tier_from_qty'),
    ),
    )
    with op.batch_alter_table('price_step', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_price_step_lot_id'), ['lot_id'], unique=False)

    op.create_table('exchange_rate',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('to_currency', sa.String(length=3), nullable=False),
    sa.Column('version_no', sa.Integer(), nullable=False),
    sa.Column(
        'rate', models.base.Fixed(8), nullable=False, comment='units of to_currency for one of currency',
    ),
    sa.Column('on_date', sa.Date(), nullable=False),
    sa.Column('source', sa.String(length=300), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('rate > 0', name=op.f('ck_exchange_rate_rate')),
    sa.CheckConstraint('currency <> to_currency', name=op.f('ck_exchange_rate_two_currencies')),
    sa.CheckConstraint("source <> ''", name=op.f('ck_exchange_rate_source')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_exchange_rate_created_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_exchange_rate_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exchange_rate')),
    sa.UniqueConstraint('public_id', name=op.f('uq_exchange_rate_public_id')),
    sa.UniqueConstraint(
        'round_id', 'currency', 'to_currency', 'version_no',
        name=op.f('uq_exchange_rate_round_id_currency_to_currency_version_no'),
    ),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table('exchange_rate')
    op.drop_table('price_step')
    op.drop_table('price_list')

"""Leverage briefs, the market figures they are set against, and who agrees to be named."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None


def _record(name: str) -> list[sa.schema.SchemaItem]:
    """What every record has."""
    return [
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('public_id', sa.String(length=20), nullable=False),
        sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('created_by_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f(f'fk_{name}_created_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f(f'pk_{name}')),
        sa.UniqueConstraint('public_id', name=op.f(f'uq_{name}_public_id')),
    ]


def upgrade() -> None:
    """Apply."""
    op.create_table('brief_release',
    *_record('brief_release'),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=True, comment='blank = every lot'),
    sa.Column('brand', sa.String(length=200), nullable=False, comment='for which brand; blank = for all'),
    sa.Column('number', sa.Integer(), nullable=False, comment='in the round, from 1'),
    sa.Column('audience', sa.String(length=20), nullable=False),
    sa.Column('asked', sa.Text(), nullable=False, comment='what is asked in return'),
    sa.Column('figures', sa.JSON(), nullable=False, comment='as published'),
    sa.Column('basis', sa.JSON(), nullable=False, comment='by member; leaves on no page'),
    sa.Column('sha256', sa.String(length=64), nullable=False, comment='over what is published'),
    sa.Column('published_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('withdrawn_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('withdrawn_by_id', sa.Integer(), nullable=True),
    sa.Column('withdrawn_reason', sa.String(length=1000), nullable=False),
    sa.CheckConstraint(
        "audience IN ('members', 'suppliers', 'public', 'brand')", name=op.f('ck_brief_release_audience')
    ),
    sa.CheckConstraint("(audience = 'brand') = (brand <> '')", name=op.f('ck_brief_release_for_a_brand')),
    sa.CheckConstraint(
        "(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL) AND (withdrawn_at IS NULL) = (withdrawn_reason = '')",
        name=op.f('ck_brief_release_withdrawn_facts'),
    ),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_brief_release_lot_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_brief_release_round_id')),
    sa.ForeignKeyConstraint(['withdrawn_by_id'], ['user.id'], name=op.f('fk_brief_release_withdrawn_by_id')),
    sa.UniqueConstraint('round_id', 'number', name=op.f('uq_brief_release_round_id_number')),
    )
    op.create_index(op.f('ix_brief_release_round_id'), 'brief_release', ['round_id'], unique=False)
    op.create_table('market_figure',
    *_record('market_figure'),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('market', sa.String(length=200), nullable=False, comment='which market, in words'),
    sa.Column('units_per_year', sa.Integer(), nullable=False, comment='in the unit of the lot'),
    sa.Column('source', sa.String(length=300), nullable=False),
    sa.Column('address', sa.String(length=500), nullable=False, comment='where the source can be read'),
    sa.Column('as_of', sa.Date(), nullable=False, comment='the day the source speaks of'),
    sa.Column('withdrawn_at', models.base.Instant(timezone=True), nullable=True),
    sa.CheckConstraint('units_per_year > 0', name=op.f('ck_market_figure_units_per_year')),
    sa.CheckConstraint("source <> '' AND market <> ''", name=op.f('ck_market_figure_sourced')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_market_figure_lot_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_market_figure_round_id')),
    )
    op.create_index(op.f('ix_market_figure_lot_id'), 'market_figure', ['lot_id'], unique=False)
    op.create_table('brief_consent',
    *_record('brief_consent'),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('version_no', sa.Integer(), nullable=False),
    sa.Column('agrees', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['organisation.id'], name=op.f('fk_brief_consent_member_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_brief_consent_round_id')),
    sa.UniqueConstraint(
        'round_id', 'member_id', 'version_no', name=op.f('uq_brief_consent_round_id_member_id_version_no')
    ),
    )
    op.create_index('ix_brief_consent_member', 'brief_consent', ['member_id'], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_table('brief_consent')
    op.drop_table('market_figure')
    op.drop_table('brief_release')

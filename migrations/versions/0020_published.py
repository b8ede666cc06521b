"""What others publish about sites: factory lists of labels and entries of registries."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('factory_list',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(length=120), nullable=False),
    sa.Column('label_key', sa.String(length=120), nullable=False, comment='the label without case and blanks'),
    sa.Column('holder', sa.String(length=200), nullable=False, comment='the organisation that keeps the list'),
    sa.Column('day', sa.Date(), nullable=False, comment='the day the list speaks of'),
    sa.Column('sha256', sa.String(length=64), nullable=False, comment='of the file that was loaded'),
    sa.Column('report', sa.JSON(), nullable=False, comment='what of the file was not read, and how often'),
    sa.Column('withdrawn_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('withdrawn_by_id', sa.Integer(), nullable=True),
    *_record(),
    sa.CheckConstraint('(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)', name=op.f('ck_factory_list_withdrawn_facts')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_factory_list_created_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_factory_list_round_id')),
    sa.ForeignKeyConstraint(['withdrawn_by_id'], ['user.id'], name=op.f('fk_factory_list_withdrawn_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_factory_list')),
    sa.UniqueConstraint('public_id', name=op.f('uq_factory_list_public_id'))
    )
    with op.batch_alter_table('factory_list', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_factory_list_round_id'), ['round_id'], unique=False)
        batch_op.create_index(
            'uq_factory_list_stands', ['round_id', 'label_key', 'day'], unique=True,
            sqlite_where=sa.text('withdrawn_at IS NULL'), postgresql_where=sa.text('withdrawn_at IS NULL'),
        )

    op.create_table('registry_load',
    sa.Column('scheme', sa.String(length=20), nullable=False, comment='that of its ids, as os'),
    sa.Column('day', sa.Date(), nullable=False, comment='the day the file speaks of'),
    sa.Column('sha256', sa.String(length=64), nullable=False, comment='of the file that was loaded'),
    *_record(),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_registry_load_created_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registry_load')),
    sa.UniqueConstraint('public_id', name=op.f('uq_registry_load_public_id')),
    sa.UniqueConstraint('scheme', 'day', name=op.f('uq_registry_load_scheme_day'))
    )
    op.create_table('factory_listing',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('list_id', sa.Integer(), nullable=False),
    sa.Column('row', sa.Integer(), nullable=False, comment='of the sheet it was read from'),
    sa.Column('brand', sa.String(length=120), nullable=False),
    sa.Column('brand_key', sa.String(length=120), nullable=False, comment='the brand without case and blanks'),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('address', sa.String(length=400), nullable=False),
    sa.Column('city', sa.String(length=120), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False, comment='its number on the list'),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('is_looked_up', sa.Boolean(), nullable=False, comment='whether sites were looked for'),
    sa.Column('candidates', sa.JSON(), nullable=False, comment='numbers of proposed sites, likeliest first'),
    sa.Column('score', sa.Integer(), nullable=False, comment='tenths, 0 to 1000, of the likeliest; 0 where none is proposed'),
    sa.Column('site_id', sa.Integer(), nullable=True, comment='as a person matched it'),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('decided_at', models.base.Instant(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('open', 'matched', 'declined')", name=op.f('ck_factory_listing_state')),
    sa.CheckConstraint("(state = 'matched') = (site_id IS NOT NULL)", name=op.f('ck_factory_listing_matched_facts')),
    sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name=op.f('ck_factory_listing_decided_facts')),
    sa.CheckConstraint('(decided_at IS NULL) = (decided_by_id IS NULL)', name=op.f('ck_factory_listing_decided_by')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['user.id'], name=op.f('fk_factory_listing_decided_by_id')),
    sa.ForeignKeyConstraint(['list_id'], ['factory_list.id'], name=op.f('fk_factory_listing_list_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_factory_listing_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_factory_listing'))
    )
    with op.batch_alter_table('factory_listing', schema=None) as batch_op:
        batch_op.create_index('ix_factory_listing_brand', ['brand_key', 'state'], unique=False)
        batch_op.create_index('ix_factory_listing_list', ['list_id', 'state', 'score'], unique=False)
        batch_op.create_index(batch_op.f('ix_factory_listing_site_id'), ['site_id'], unique=False)

    op.create_table('registry_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('load_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False, comment='the id, without blanks and hyphens, in capitals'),
    sa.Column('contributor', sa.String(length=200), nullable=False),
    sa.Column('brand', sa.String(length=120), nullable=False, comment='blank = it names none, and counts for none'),
    sa.Column('brand_key', sa.String(length=120), nullable=False, comment='the brand without case and blanks'),
    sa.ForeignKeyConstraint(['load_id'], ['registry_load.id'], name=op.f('fk_registry_entry_load_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registry_entry'))
    )
    with op.batch_alter_table('registry_entry', schema=None) as batch_op:
        batch_op.create_index('ix_registry_entry_brand', ['brand_key', 'number'], unique=False)
        batch_op.create_index(batch_op.f('ix_registry_entry_load_id'), ['load_id'], unique=False)


def downgrade() -> None:
    """Take back."""
    for table in ('registry_entry', 'factory_listing', 'registry_load', 'factory_list'):
        op.drop_table(table)


def _record() -> list[sa.Column]:
    """The columns of every record."""
    return [
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('public_id', sa.String(length=20), nullable=False),
        sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('created_by_id', sa.Integer(), nullable=True, comment=None),
    ]

"""Bodies invited from a sheet, the name and language of a first person, and a public page of who takes part."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('bodies_taken',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('file_id', sa.Integer(), nullable=False),
    sa.Column('rows', sa.JSON(), nullable=False, comment='row, name, outcome, reasons with parameters'),
    sa.Column('invited', sa.Integer(), nullable=False),
    sa.Column('left_out', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_bodies_taken_created_by_id')),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_bodies_taken_file_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_bodies_taken_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bodies_taken')),
    sa.UniqueConstraint('file_id', name=op.f('uq_bodies_taken_file_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_bodies_taken_public_id')),
    )
    with op.batch_alter_table('bodies_taken', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_bodies_taken_round_id'), ['round_id'], unique=False)

    with op.batch_alter_table('sign_on', schema=None) as batch_op:
        batch_op.add_column(sa.Column(
            'contact_name', sa.String(length=200), server_default='', nullable=False,
            comment="that person's name, until the invitation has left",
        ))
        batch_op.add_column(sa.Column(
            'contact_language', sa.String(length=5), server_default='', nullable=False,
            comment="that person's language; blank = that of whoever invites",
        ))

    with op.batch_alter_table('round', schema=None) as batch_op:
        batch_op.add_column(sa.Column(
            'has_public_members', sa.Boolean(), server_default=sa.false(), nullable=False,
            comment='whether a public page shows who takes part',
        ))


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table('round', schema=None) as batch_op:
        batch_op.drop_column('has_public_members')
    with op.batch_alter_table('sign_on', schema=None) as batch_op:
        batch_op.drop_column('contact_language')
        batch_op.drop_column('contact_name')
    op.drop_table('bodies_taken')

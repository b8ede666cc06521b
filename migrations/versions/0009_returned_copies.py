"""Which version a returned marked copy was made from, what changed in it since, and of which kind a file is."""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.add_column(sa.Column('made_from_id', sa.Integer(), nullable=True, comment='of a returned marked copy: the version it was made from'))
        batch_op.add_column(sa.Column('returned', sa.JSON(), server_default='{}', nullable=False, comment='of a returned marked copy: what changed since'))
        batch_op.add_column(sa.Column('file_kind', sa.String(length=10), server_default='', nullable=False, comment='xlsx, csv, ods … by content; blank = not read'))
        batch_op.create_foreign_key(op.f('fk_submission_made_from_id'), 'submission', ['made_from_id'], ['id'])
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.alter_column('returned', server_default=None)
        batch_op.alter_column('file_kind', server_default=None)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('fk_submission_made_from_id'), type_='foreignkey')
        batch_op.drop_column('file_kind')
        batch_op.drop_column('returned')
        batch_op.drop_column('made_from_id')

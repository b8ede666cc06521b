"""A salt of each round, so that letters of bidders do not follow from public ids."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None

LETTERS_ARE_READ = ('opened', 'judging')


def upgrade() -> None:
    """Apply. Where letters are being read they stay as they are, so these rounds keep a blank."""
    with op.batch_alter_table('round', schema=None) as batch_op:
        batch_op.add_column(sa.Column(
            'letters_salt', sa.String(length=40), server_default='', nullable=False,
            comment='what the letters of bidders follow from, beside their ids; on no page',
        ))
    rounds = sa.table('round', sa.column('id'), sa.column('state'), sa.column('letters_salt'))
    held = op.get_bind()
    chosen = sa.select(rounds.c.id).where(rounds.c.state.not_in(LETTERS_ARE_READ)).order_by(rounds.c.id)
    for (number,) in held.execute(chosen).all():
        held.execute(rounds.update().where(rounds.c.id == number).values(letters_salt=secrets.token_hex(16)))


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table('round', schema=None) as batch_op:
        batch_op.drop_column('letters_salt')

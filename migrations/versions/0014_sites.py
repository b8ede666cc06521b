"""Names typed for sites, the quantity behind a question, and the round in which persons decide."""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

BEFORE = ('new', 'id', 'remembered', 'exact', 'safe_rule', 'person_same', 'person_different', 'merge', 'split', 'undo')
AFTER = (*BEFORE[:-1], 'move', 'alias', 'alias_ended', 'undo')


def upgrade() -> None:
    """Apply."""
    op.create_table('site_name',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('site_id', sa.Integer(), nullable=False),
    sa.Column('text', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('decision_id', sa.Integer(), nullable=False),
    sa.Column('ended_id', sa.Integer(), nullable=True, comment='what removed it; blank = in use'),
    sa.CheckConstraint("kind IN ('also_known_as', 'former_name', 'other_script')", name=op.f('ck_site_name_kind')),
    sa.ForeignKeyConstraint(['decision_id'], ['match_decision.id'], name=op.f('fk_site_name_decision_id')),
    sa.ForeignKeyConstraint(['ended_id'], ['match_decision.id'], name=op.f('fk_site_name_ended_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_site_name_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_site_name'))
    )
    with op.batch_alter_table('site_name', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_site_name_site_id'), ['site_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_site_name_decision_id'), ['decision_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_site_name_ended_id'), ['ended_id'], unique=False)

    with op.batch_alter_table('site', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_site_merged_into_id'), ['merged_into_id'], unique=False)

    with op.batch_alter_table('match_question', schema=None) as batch_op:
        batch_op.add_column(sa.Column('quantity', sa.Integer(), nullable=True, comment='pooled pieces behind it; blank = not known'))

    with op.batch_alter_table('match_decision', schema=None) as batch_op:
        batch_op.add_column(sa.Column('round_id', sa.Integer(), nullable=True, comment='whose pages it was decided on'))
        batch_op.add_column(sa.Column('replaced', sa.JSON(), server_default='[]', nullable=False, comment='remembered verdicts that it took the place of'))
        batch_op.create_foreign_key(batch_op.f('fk_match_decision_round_id'), 'round', ['round_id'], ['id'])
        batch_op.create_index('ix_match_decision_round', ['round_id', 'id'], unique=False)
        batch_op.create_index('ix_match_decision_other', ['other_site_id'], unique=False)
        _kinds(batch_op, AFTER)

    op.execute(
        "UPDATE match_decision SET round_id = "
        "(SELECT q.round_id FROM match_question q WHERE q.decision_id = match_decision.id)"
    )


def downgrade() -> None:
    """Take back."""
    op.execute("DELETE FROM site_name")
    op.execute("UPDATE match_decision SET kind = 'split' WHERE kind = 'move'")
    op.execute("UPDATE match_decision SET kind = 'undo' WHERE kind IN ('alias', 'alias_ended')")
    with op.batch_alter_table('match_decision', schema=None) as batch_op:
        _kinds(batch_op, BEFORE)
        batch_op.drop_index('ix_match_decision_other')
        batch_op.drop_index('ix_match_decision_round')
        batch_op.drop_constraint(batch_op.f('fk_match_decision_round_id'), type_='foreignkey')
        batch_op.drop_column('replaced')
        batch_op.drop_column('round_id')

    with op.batch_alter_table('match_question', schema=None) as batch_op:
        batch_op.drop_column('quantity')

    with op.batch_alter_table('site', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_site_merged_into_id'))

    with op.batch_alter_table('site_name', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_site_name_ended_id'))
        batch_op.drop_index(batch_op.f('ix_site_name_decision_id'))
        batch_op.drop_index(batch_op.f('ix_site_name_site_id'))

    op.drop_table('site_name')


def _kinds(batch_op, kinds) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    batch_op.drop_constraint(batch_op.f('ck_match_decision_kind'), type_='check')
    batch_op.create_check_constraint(batch_op.f('ck_match_decision_kind'), f"kind IN ({listed})")

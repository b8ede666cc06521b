"""Matching of mentions to sites."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('token_count',
    sa.Column('token', sa.String(length=60), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('token', name=op.f('pk_token_count')),
    sqlite_with_rowid=False
    )
    op.create_table('site_alias',
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('site_id', sa.Integer(), nullable=False),
    sa.Column('since', models.base.Instant(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_site_alias_site_id')),
    sa.PrimaryKeyConstraint('public_id', name=op.f('pk_site_alias'))
    )
    with op.batch_alter_table('site_alias', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_site_alias_site_id'), ['site_id'], unique=False)

    op.create_table('site_form',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('site_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False, comment='of country, name, address and numbers'),
    sa.Column('form', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_site_form_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_site_form')),
    sa.UniqueConstraint('site_id', 'key', name=op.f('uq_site_form_site_id_key'))
    )
    with op.batch_alter_table('site_form', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_site_form_key'), ['key'], unique=False)

    op.create_table('site_token',
    sa.Column('token', sa.String(length=60), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('site_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_site_token_site_id')),
    sa.PrimaryKeyConstraint('token', 'country', 'site_id', name=op.f('pk_site_token')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('site_token', schema=None) as batch_op:
        batch_op.create_index('ix_site_token_site_id', ['site_id'], unique=False)

    op.create_table('match_decision',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('mention_id', sa.Integer(), nullable=True),
    sa.Column('site_id', sa.Integer(), nullable=True),
    sa.Column('other_site_id', sa.Integer(), nullable=True, comment='merged, split off, or told apart'),
    sa.Column('reasons', sa.JSON(), nullable=False, comment='codes with parameters'),
    sa.Column('score', sa.Integer(), nullable=True, comment='tenths, 0 to 1000'),
    sa.Column('moves', sa.JSON(), nullable=False),
    sa.Column('ruleset', sa.Integer(), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True, comment='blank = the program'),
    sa.Column('motive', sa.Text(), nullable=False),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('undoes_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("kind IN ('new', 'id', 'remembered', 'exact', 'safe_rule', 'person_same', 'person_different', 'merge', 'split', 'undo')", name=op.f('ck_match_decision_kind')),
    sa.ForeignKeyConstraint(['actor_id'], ['user.id'], name=op.f('fk_match_decision_actor_id')),
    sa.ForeignKeyConstraint(['mention_id'], ['mention.id'], name=op.f('fk_match_decision_mention_id')),
    sa.ForeignKeyConstraint(['other_site_id'], ['site.id'], name=op.f('fk_match_decision_other_site_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_match_decision_site_id')),
    sa.ForeignKeyConstraint(['undoes_id'], ['match_decision.id'], name=op.f('fk_match_decision_undoes_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_match_decision'))
    )
    with op.batch_alter_table('match_decision', schema=None) as batch_op:
        batch_op.create_index('ix_match_decision_mention', ['mention_id'], unique=False)
        batch_op.create_index('ix_match_decision_site', ['site_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_match_decision_undoes_id'), ['undoes_id'], unique=False)

    op.create_table('site_id',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('site_id', sa.Integer(), nullable=False),
    sa.Column('scheme', sa.String(length=20), nullable=False),
    sa.Column('value', sa.String(length=60), nullable=False),
    sa.Column('mention_id', sa.Integer(), nullable=True, comment='that said so'),
    sa.ForeignKeyConstraint(['mention_id'], ['mention.id'], name=op.f('fk_site_id_mention_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_site_id_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_site_id')),
    sa.UniqueConstraint('scheme', 'value', 'site_id', name=op.f('uq_site_id_scheme_value_site_id'))
    )
    with op.batch_alter_table('site_id', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_site_id_site_id'), ['site_id'], unique=False)

    op.create_table('match_question',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('mention_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('rank', sa.Integer(), nullable=False, comment='less is asked first'),
    sa.Column('score', sa.Integer(), nullable=False, comment='tenths, 0 to 1000, of the likeliest candidate'),
    sa.Column('candidates', sa.JSON(), nullable=False, comment='numbers of the sites in question, likeliest first'),
    sa.Column('decision_id', sa.Integer(), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("state IN ('open', 'later', 'answered', 'void')", name=op.f('ck_match_question_state')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_match_question_created_by_id')),
    sa.ForeignKeyConstraint(['decision_id'], ['match_decision.id'], name=op.f('fk_match_question_decision_id')),
    sa.ForeignKeyConstraint(['mention_id'], ['mention.id'], name=op.f('fk_match_question_mention_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_match_question_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_match_question')),
    sa.UniqueConstraint('public_id', name=op.f('uq_match_question_public_id')),
    sa.UniqueConstraint('round_id', 'key', name=op.f('uq_match_question_round_id_key'))
    )
    with op.batch_alter_table('match_question', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_match_question_key'), ['key'], unique=False)
        batch_op.create_index('ix_match_question_round', ['round_id', 'state', 'rank'], unique=False)

    op.create_table('pair_memory',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key_a', sa.String(length=64), nullable=False, comment='the lesser of the two'),
    sa.Column('key_b', sa.String(length=64), nullable=False),
    sa.Column('verdict', sa.String(length=20), nullable=False),
    sa.Column('decision_id', sa.Integer(), nullable=False),
    sa.CheckConstraint("verdict IN ('same', 'renamed', 'different', 'neighbour')", name=op.f('ck_pair_memory_verdict')),
    sa.ForeignKeyConstraint(['decision_id'], ['match_decision.id'], name=op.f('fk_pair_memory_decision_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pair_memory'))
    )
    with op.batch_alter_table('pair_memory', schema=None) as batch_op:
        batch_op.create_index('ix_pair_memory_key_b', ['key_b'], unique=False)
        batch_op.create_index('ix_pair_memory_keys', ['key_a', 'key_b'], unique=True)

    with op.batch_alter_table('mention', schema=None) as batch_op:
        batch_op.add_column(sa.Column('place_key', sa.String(length=64), server_default='', nullable=False, comment='of what it says of the place; blank = not placed yet'))
        batch_op.create_index(batch_op.f('ix_mention_place_key'), ['place_key'], unique=False)

    with op.batch_alter_table('site', schema=None) as batch_op:
        batch_op.add_column(sa.Column('merged_into_id', sa.Integer(), nullable=True, comment='blank = active'))
        batch_op.drop_constraint(batch_op.f('uq_site_match_key'), type_='unique')
        batch_op.create_foreign_key(batch_op.f('fk_site_merged_into_id'), 'site', ['merged_into_id'], ['id'])
        batch_op.drop_column('match_key')



def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('site', schema=None) as batch_op:
        batch_op.add_column(sa.Column('match_key', sa.VARCHAR(length=400), nullable=True))
        batch_op.drop_constraint(batch_op.f('fk_site_merged_into_id'), type_='foreignkey')
        batch_op.drop_column('merged_into_id')
    op.execute("UPDATE site SET match_key = public_id")
    with op.batch_alter_table('site', schema=None) as batch_op:
        batch_op.alter_column('match_key', existing_type=sa.VARCHAR(length=400), nullable=False)
        batch_op.create_unique_constraint(batch_op.f('uq_site_match_key'), ['match_key'])

    with op.batch_alter_table('mention', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mention_place_key'))
        batch_op.drop_column('place_key')

    with op.batch_alter_table('pair_memory', schema=None) as batch_op:
        batch_op.drop_index('ix_pair_memory_keys')
        batch_op.drop_index('ix_pair_memory_key_b')

    op.drop_table('pair_memory')
    with op.batch_alter_table('match_question', schema=None) as batch_op:
        batch_op.drop_index('ix_match_question_round')
        batch_op.drop_index(batch_op.f('ix_match_question_key'))

    op.drop_table('match_question')
    with op.batch_alter_table('site_id', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_site_id_site_id'))

    op.drop_table('site_id')
    with op.batch_alter_table('match_decision', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_match_decision_undoes_id'))
        batch_op.drop_index('ix_match_decision_site')
        batch_op.drop_index('ix_match_decision_mention')

    op.drop_table('match_decision')
    with op.batch_alter_table('site_token', schema=None) as batch_op:
        batch_op.drop_index('ix_site_token_site_id')

    op.drop_table('site_token')
    with op.batch_alter_table('site_form', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_site_form_key'))

    op.drop_table('site_form')
    with op.batch_alter_table('site_alias', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_site_alias_site_id'))

    op.drop_table('site_alias')
    op.drop_table('token_count')

"""Contradictions and clarifications."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('contradiction',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False, comment='row of data/contradictions.csv'),
    sa.Column('key', sa.String(length=64), nullable=False, comment='hash of what it is about'),
    sa.Column('params', sa.JSON(), nullable=False, comment='of its sentence'),
    sa.Column('worth', sa.Integer(), nullable=True, comment='pooled expected pieces it touches, at most; blank = not known'),
    sa.Column('words', sa.Text(), nullable=False, comment='what it can be searched by, folded'),
    sa.Column('settled_at', models.base.Instant(timezone=True), nullable=True, comment='since when it no longer holds'),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_contradiction_created_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_contradiction_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contradiction')),
    sa.UniqueConstraint('public_id', name=op.f('uq_contradiction_public_id')),
    sa.UniqueConstraint('round_id', 'key', name=op.f('uq_contradiction_round_id_key'))
    )
    with op.batch_alter_table('contradiction', schema=None) as batch_op:
        batch_op.create_index('ix_contradiction_list', ['round_id', 'code', 'settled_at'], unique=False)

    op.create_table('contradiction_run',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('mark', sa.String(length=64), nullable=False, comment='hash of what the checks depend on'),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_contradiction_run_round_id')),
    sa.PrimaryKeyConstraint('round_id', name=op.f('pk_contradiction_run'))
    )
    op.create_table('clarification',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('supplier_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False, comment='kind of contradiction that is asked about'),
    sa.Column('batch', sa.String(length=20), nullable=False, comment='what was asked in one act, of all in the same position'),
    sa.Column('motive', sa.Text(), nullable=False, comment='why a supplier with the same contradiction was left out'),
    sa.Column('answer_by', models.base.Instant(timezone=True), nullable=False),
    sa.Column('closed_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('closed_by_id', sa.Integer(), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('(closed_at IS NULL) = (closed_by_id IS NULL)', name=op.f('ck_clarification_closed_facts')),
    sa.ForeignKeyConstraint(['closed_by_id'], ['user.id'], name=op.f('fk_clarification_closed_by_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_clarification_created_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_clarification_round_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_clarification_submission_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['organisation.id'], name=op.f('fk_clarification_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clarification')),
    sa.UniqueConstraint('public_id', name=op.f('uq_clarification_public_id'))
    )
    with op.batch_alter_table('clarification', schema=None) as batch_op:
        batch_op.create_index('ix_clarification_round', ['round_id', 'closed_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_clarification_submission_id'), ['submission_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_clarification_supplier_id'), ['supplier_id'], unique=False)

    op.create_table('contradiction_decision',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('contradiction_id', sa.Integer(), nullable=False),
    sa.Column('act', sa.String(length=10), nullable=False),
    sa.Column('motive', sa.Text(), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=False),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('undoes_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(act = 'undo') = (undoes_id IS NOT NULL)", name=op.f('ck_contradiction_decision_undo_facts')),
    sa.CheckConstraint("act <> 'dismiss' OR motive <> ''", name=op.f('ck_contradiction_decision_dismiss_facts')),
    sa.CheckConstraint("act IN ('accept', 'dismiss', 'ask', 'undo')", name=op.f('ck_contradiction_decision_act')),
    sa.ForeignKeyConstraint(['actor_id'], ['user.id'], name=op.f('fk_contradiction_decision_actor_id')),
    sa.ForeignKeyConstraint(['contradiction_id'], ['contradiction.id'], name=op.f('fk_contradiction_decision_contradiction_id')),
    sa.ForeignKeyConstraint(['undoes_id'], ['contradiction_decision.id'], name=op.f('fk_contradiction_decision_undoes_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contradiction_decision')),
    sa.UniqueConstraint('undoes_id', name=op.f('uq_contradiction_decision_undoes_id'))
    )
    with op.batch_alter_table('contradiction_decision', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_contradiction_decision_contradiction_id'), ['contradiction_id'], unique=False)

    op.create_table('clarification_answer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('clarification_id', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('row_id', sa.Integer(), nullable=True, comment='of its own file; blank = all'),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['clarification_id'], ['clarification.id'], name=op.f('fk_clarification_answer_clarification_id')),
    sa.ForeignKeyConstraint(['row_id'], ['submission_row.id'], name=op.f('fk_clarification_answer_row_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_clarification_answer_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clarification_answer'))
    )
    with op.batch_alter_table('clarification_answer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_clarification_answer_clarification_id'), ['clarification_id'], unique=False)

    op.create_table('clarification_item',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('clarification_id', sa.Integer(), nullable=False),
    sa.Column('contradiction_id', sa.Integer(), nullable=False),
    sa.Column('row_id', sa.Integer(), nullable=True, comment='of its own file'),
    sa.Column('says', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['clarification_id'], ['clarification.id'], name=op.f('fk_clarification_item_clarification_id')),
    sa.ForeignKeyConstraint(['contradiction_id'], ['contradiction.id'], name=op.f('fk_clarification_item_contradiction_id')),
    sa.ForeignKeyConstraint(['row_id'], ['submission_row.id'], name=op.f('fk_clarification_item_row_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clarification_item'))
    )
    with op.batch_alter_table('clarification_item', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_clarification_item_clarification_id'), ['clarification_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_clarification_item_contradiction_id'), ['contradiction_id'], unique=False)

    op.create_table('contradiction_row',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('contradiction_id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('row_id', sa.Integer(), nullable=True, comment='blank = there is no such row'),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('says', sa.JSON(), nullable=False, comment='what it says, by name'),
    sa.Column('is_asked', sa.Boolean(), nullable=False, comment='whether a question about it goes to this supplier'),
    sa.ForeignKeyConstraint(['contradiction_id'], ['contradiction.id'], name=op.f('fk_contradiction_row_contradiction_id')),
    sa.ForeignKeyConstraint(['row_id'], ['submission_row.id'], name=op.f('fk_contradiction_row_row_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_contradiction_row_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contradiction_row'))
    )
    with op.batch_alter_table('contradiction_row', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_contradiction_row_contradiction_id'), ['contradiction_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_contradiction_row_submission_id'), ['submission_id'], unique=False)



def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('contradiction_row', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_contradiction_row_submission_id'))
        batch_op.drop_index(batch_op.f('ix_contradiction_row_contradiction_id'))

    op.drop_table('contradiction_row')
    with op.batch_alter_table('clarification_item', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_clarification_item_contradiction_id'))
        batch_op.drop_index(batch_op.f('ix_clarification_item_clarification_id'))

    op.drop_table('clarification_item')
    with op.batch_alter_table('clarification_answer', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_clarification_answer_clarification_id'))

    op.drop_table('clarification_answer')
    with op.batch_alter_table('contradiction_decision', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_contradiction_decision_contradiction_id'))

    op.drop_table('contradiction_decision')
    with op.batch_alter_table('clarification', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_clarification_supplier_id'))
        batch_op.drop_index(batch_op.f('ix_clarification_submission_id'))
        batch_op.drop_index('ix_clarification_round')

    op.drop_table('clarification')
    op.drop_table('contradiction_run')
    with op.batch_alter_table('contradiction', schema=None) as batch_op:
        batch_op.drop_index('ix_contradiction_list')

    op.drop_table('contradiction')

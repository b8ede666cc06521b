"""Joint costs: proposals, their items, the share of each member, answers and notices."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0033'
down_revision = '0032'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('cost_proposal',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('version_no', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('note', sa.String(length=2000), nullable=False, comment='what the members should know'),
    sa.Column('answer_by', sa.Date(), nullable=True, comment='the day by which members are asked to answer'),
    sa.Column('edited_at', models.base.Instant(timezone=True), nullable=False, comment='when the draft was saved last'),
    sa.Column('proposed_at', models.base.Instant(timezone=True), nullable=True, comment='blank = a draft'),
    sa.Column('proposed_by_id', sa.Integer(), nullable=True),
    sa.Column('withdrawn_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('withdrawn_by_id', sa.Integer(), nullable=True),
    sa.Column('withdraw_motive', sa.String(length=1000), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(withdrawn_at IS NULL AND withdrawn_by_id IS NULL AND withdraw_motive = '') OR (withdrawn_at IS NOT NULL AND withdrawn_by_id IS NOT NULL AND withdraw_motive <> '' AND proposed_at IS NOT NULL)", name=op.f('ck_cost_proposal_withdrawn_facts')),
    sa.CheckConstraint('(proposed_at IS NULL) = (proposed_by_id IS NULL)', name=op.f('ck_cost_proposal_proposed_facts')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_cost_proposal_created_by_id')),
    sa.ForeignKeyConstraint(['proposed_by_id'], ['user.id'], name=op.f('fk_cost_proposal_proposed_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_cost_proposal_round_id')),
    sa.ForeignKeyConstraint(['withdrawn_by_id'], ['user.id'], name=op.f('fk_cost_proposal_withdrawn_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cost_proposal')),
    sa.UniqueConstraint('public_id', name=op.f('uq_cost_proposal_public_id')),
    sa.UniqueConstraint('round_id', 'version_no', name=op.f('uq_cost_proposal_round_id_version_no'))
    )
    with op.batch_alter_table('cost_proposal', schema=None) as batch_op:
        batch_op.create_index('uq_cost_proposal_draft', ['round_id'], unique=True, sqlite_where=sa.text('proposed_at IS NULL'), postgresql_where=sa.text('proposed_at IS NULL'))

    op.create_table('cost_answer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('proposal_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('answer', sa.String(length=3), nullable=False),
    sa.Column('reason', sa.String(length=1000), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.CheckConstraint("answer = 'yes' OR reason <> ''", name=op.f('ck_cost_answer_reason')),
    sa.CheckConstraint("answer IN ('yes', 'no')", name=op.f('ck_cost_answer_answer')),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_cost_answer_by_id')),
    sa.ForeignKeyConstraint(['member_id'], ['organisation.id'], name=op.f('fk_cost_answer_member_id')),
    sa.ForeignKeyConstraint(['proposal_id'], ['cost_proposal.id'], name=op.f('fk_cost_answer_proposal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cost_answer'))
    )
    with op.batch_alter_table('cost_answer', schema=None) as batch_op:
        batch_op.create_index('ix_cost_answer_member', ['proposal_id', 'member_id', 'id'], unique=False)

    op.create_table('cost_item',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('proposal_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('label', sa.String(length=200), nullable=False),
    sa.Column('amount', models.base.Fixed(), nullable=True, comment='net, blank = not known yet'),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('rule', sa.String(length=20), nullable=False),
    sa.Column('source', sa.String(length=300), nullable=False, comment='where the amount comes from'),
    sa.CheckConstraint("kind IN ('dues', 'auditor', 'secretariat', 'other')", name=op.f('ck_cost_item_kind')),
    sa.CheckConstraint("rule IN ('by_spend', 'equal', 'entered')", name=op.f('ck_cost_item_rule')),
    sa.CheckConstraint('amount IS NULL OR amount > 0', name=op.f('ck_cost_item_amount')),
    sa.ForeignKeyConstraint(['proposal_id'], ['cost_proposal.id'], name=op.f('fk_cost_item_proposal_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cost_item')),
    sa.UniqueConstraint('proposal_id', 'position', name=op.f('uq_cost_item_proposal_id_position'))
    )
    op.create_table('cost_notice',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('proposal_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('mail_id', sa.Integer(), nullable=False),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['mail_id'], ['mail.id'], name=op.f('fk_cost_notice_mail_id')),
    sa.ForeignKeyConstraint(['member_id'], ['organisation.id'], name=op.f('fk_cost_notice_member_id')),
    sa.ForeignKeyConstraint(['proposal_id'], ['cost_proposal.id'], name=op.f('fk_cost_notice_proposal_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cost_notice'))
    )
    with op.batch_alter_table('cost_notice', schema=None) as batch_op:
        batch_op.create_index('ix_cost_notice_member', ['proposal_id', 'member_id'], unique=False)

    op.create_table('cost_share',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('percent', models.base.Fixed(), nullable=True, comment='as entered, where the rule is that'),
    sa.Column('spend', models.base.Fixed(), nullable=True, comment='yearly spend in scope as it was, in the currency of the round; where the rule is that'),
    sa.Column('amount', models.base.Fixed(), nullable=True, comment='blank = a draft'),
    sa.CheckConstraint('amount IS NULL OR amount >= 0', name=op.f('ck_cost_share_amount')),
    sa.CheckConstraint('percent IS NULL OR (percent >= 0 AND percent <= 10000)', name=op.f('ck_cost_share_percent')),
    sa.ForeignKeyConstraint(['item_id'], ['cost_item.id'], name=op.f('fk_cost_share_item_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['member_id'], ['organisation.id'], name=op.f('fk_cost_share_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cost_share')),
    sa.UniqueConstraint('item_id', 'member_id', name=op.f('uq_cost_share_item_id_member_id'))
    )
    with op.batch_alter_table('cost_share', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_cost_share_member_id'), ['member_id'], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_table('cost_share')
    op.drop_table('cost_notice')
    op.drop_table('cost_item')
    op.drop_table('cost_answer')
    op.drop_table('cost_proposal')

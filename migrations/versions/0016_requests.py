"""Requests upstream."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('request',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('supplier_id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False, comment='the version of the supplier whose open rows are asked for'),
    sa.Column('parent_id', sa.Integer(), nullable=True, comment='blank = first hop'),
    sa.Column('hop', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('moved_at', models.base.Instant(timezone=True), nullable=False, comment='since when in this state'),
    sa.Column('asker_name', sa.String(length=200), nullable=False),
    sa.Column('asked_name', sa.String(length=200), nullable=False),
    sa.Column('asked_email', sa.String(length=254), nullable=False),
    sa.Column('folded_email', sa.String(length=254), nullable=False, comment='whose library of answers it is'),
    sa.Column('is_named', sa.Boolean(), nullable=False, comment='whether hops further down learn whom it asks'),
    sa.Column('language', sa.String(length=5), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.Column('asked_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('zone', sa.String(length=60), nullable=False, comment='in which the due date ends at 24:00'),
    sa.Column('answered_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('answered_by', sa.String(length=200), nullable=False),
    sa.Column('note', sa.Text(), nullable=False, comment='what was written along with answer or refusal'),
    sa.Column('proof_id', sa.Integer(), nullable=True),
    sa.Column('proof_on', sa.Date(), nullable=True, comment='date of the answer that refuses'),
    sa.Column('volume', sa.JSON(), nullable=False, comment='pooled figures of the lots asked about'),
    sa.Column('letter', sa.JSON(), nullable=False),
    sa.Column('letter_sha256', sa.String(length=64), nullable=False),
    sa.Column('draft', sa.JSON(), nullable=False),
    sa.Column('draft_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("state <> 'answered' OR answered_at IS NOT NULL", name=op.f('ck_request_answered_facts')),
    sa.CheckConstraint("state <> 'refused' OR (proof_id IS NOT NULL AND proof_on IS NOT NULL)", name=op.f('ck_request_refused_facts')),
    sa.CheckConstraint("state IN ('asked', 'passed_on', 'answered', 'refused', 'no_answer', 'withdrawn')", name=op.f('ck_request_state')),
    sa.CheckConstraint('(parent_id IS NULL) = (hop = 1)', name=op.f('ck_request_first_hop')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_request_created_by_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['request.id'], name=op.f('fk_request_parent_id')),
    sa.ForeignKeyConstraint(['proof_id'], ['stored_file.id'], name=op.f('fk_request_proof_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_request_round_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_request_submission_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['organisation.id'], name=op.f('fk_request_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_request')),
    sa.UniqueConstraint('public_id', name=op.f('uq_request_public_id'))
    )
    with op.batch_alter_table('request', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_request_folded_email'), ['folded_email'], unique=False)
        batch_op.create_index(batch_op.f('ix_request_parent_id'), ['parent_id'], unique=False)
        batch_op.create_index('ix_request_round_supplier', ['round_id', 'supplier_id'], unique=False)
        batch_op.create_index('ix_request_state_due', ['state', 'due_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_request_supplier_id'), ['supplier_id'], unique=False)

    op.create_table('request_link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('request_id', sa.Integer(), nullable=False),
    sa.Column('purpose', sa.String(length=10), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('expires_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('revoked_at', models.base.Instant(timezone=True), nullable=True),
    sa.CheckConstraint("purpose IN ('answer', 'library')", name=op.f('ck_request_link_purpose')),
    sa.ForeignKeyConstraint(['request_id'], ['request.id'], name=op.f('fk_request_link_request_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_request_link')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_request_link_token_hash'))
    )
    with op.batch_alter_table('request_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_request_link_request_id'), ['request_id'], unique=False)

    op.create_table('request_reminder',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('request_id', sa.Integer(), nullable=False),
    sa.Column('step_hours', sa.Integer(), nullable=True),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('mail_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['mail_id'], ['mail.id'], name=op.f('fk_request_reminder_mail_id')),
    sa.ForeignKeyConstraint(['request_id'], ['request.id'], name=op.f('fk_request_reminder_request_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_request_reminder')),
    sa.UniqueConstraint('request_id', 'step_hours', name=op.f('uq_request_reminder_request_id_step_hours'))
    )
    with op.batch_alter_table('request_reminder', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_request_reminder_request_id'), ['request_id'], unique=False)

    op.create_table('request_row',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('request_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('node_key', sa.String(length=64), nullable=False),
    sa.Column('brand', sa.String(length=120), nullable=False),
    sa.Column('model_name', sa.String(length=200), nullable=False),
    sa.Column('lot', sa.String(length=40), nullable=False),
    sa.Column('component_type', sa.String(length=30), nullable=False),
    sa.Column('other_type', sa.String(length=80), nullable=False, comment='what the component is, when other'),
    sa.Column('mineral', sa.String(length=60), nullable=False),
    sa.Column('product_ref', sa.String(length=40), nullable=False, comment="the supplier's own key, never shown on"),
    sa.Column('component_ref', sa.String(length=60), nullable=False, comment='as product_ref; blank = no such row yet'),
    sa.Column('said', sa.String(length=30), nullable=False, comment="the reason that the supplier's file gives"),
    sa.Column('parent_row_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("kind IN ('component', 'mineral')", name=op.f('ck_request_row_kind')),
    sa.ForeignKeyConstraint(['parent_row_id'], ['request_row.id'], name=op.f('fk_request_row_parent_row_id')),
    sa.ForeignKeyConstraint(['request_id'], ['request.id'], name=op.f('fk_request_row_request_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_request_row')),
    sa.UniqueConstraint('request_id', 'position', name=op.f('uq_request_row_request_id_position'))
    )
    with op.batch_alter_table('request_row', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_request_row_node_key'), ['node_key'], unique=False)

    op.create_table('request_answer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('row_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=30), nullable=False, comment='blank = a site is named'),
    sa.Column('told', sa.JSON(), nullable=False, comment='field to value; what was not told is not there'),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('answered_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('answered_by', sa.String(length=200), nullable=False),
    sa.Column('via_id', sa.Integer(), nullable=True),
    sa.Column('reused_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['reused_id'], ['request_answer.id'], name=op.f('fk_request_answer_reused_id')),
    sa.ForeignKeyConstraint(['row_id'], ['request_row.id'], name=op.f('fk_request_answer_row_id')),
    sa.ForeignKeyConstraint(['via_id'], ['request_answer.id'], name=op.f('fk_request_answer_via_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_request_answer'))
    )
    with op.batch_alter_table('request_answer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_request_answer_row_id'), ['row_id'], unique=False)

    op.create_table('request_acceptance',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('row_id', sa.Integer(), nullable=False),
    sa.Column('answer_id', sa.Integer(), nullable=True),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('undone_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('undone_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('(undone_at IS NULL) = (undone_by_id IS NULL)', name=op.f('ck_request_acceptance_undone_facts')),
    sa.ForeignKeyConstraint(['answer_id'], ['request_answer.id'], name=op.f('fk_request_acceptance_answer_id')),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_request_acceptance_by_id')),
    sa.ForeignKeyConstraint(['row_id'], ['request_row.id'], name=op.f('fk_request_acceptance_row_id')),
    sa.ForeignKeyConstraint(['undone_by_id'], ['user.id'], name=op.f('fk_request_acceptance_undone_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_request_acceptance')),
    sa.UniqueConstraint('row_id', 'answer_id', name=op.f('uq_request_acceptance_row_id_answer_id'))
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table('request_acceptance')
    with op.batch_alter_table('request_answer', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_request_answer_row_id'))

    op.drop_table('request_answer')
    with op.batch_alter_table('request_row', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_request_row_node_key'))

    op.drop_table('request_row')
    with op.batch_alter_table('request_reminder', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_request_reminder_request_id'))

    op.drop_table('request_reminder')
    with op.batch_alter_table('request_link', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_request_link_request_id'))

    op.drop_table('request_link')
    with op.batch_alter_table('request', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_request_supplier_id'))
        batch_op.drop_index('ix_request_state_due')
        batch_op.drop_index('ix_request_round_supplier')
        batch_op.drop_index(batch_op.f('ix_request_parent_id'))
        batch_op.drop_index(batch_op.f('ix_request_folded_email'))

    op.drop_table('request')

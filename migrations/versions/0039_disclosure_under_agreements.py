"""Disclosure under an agreement: what is owed until when, its versions, the files that came unsealed, what they leave open."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0039'
down_revision = '0037'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.add_column(sa.Column(
            'stage', sa.String(length=10), server_default='tender', nullable=False,
            comment='tender, or contract: under an agreement',
        ))
        batch_op.create_check_constraint(
            op.f('ck_submission_stage'), "stage = 'tender' OR (stage = 'contract' AND seal_id = '')"
        )
        batch_op.create_check_constraint(
            op.f('ck_submission_stage_states'), "stage = 'tender' OR state IN ('staged', 'checked', 'refused')"
        )

    op.create_table('disclosure_duty',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('agreement_id', sa.Integer(), nullable=False),
    sa.Column('brand', sa.String(length=120), nullable=False, comment='blank = all that is offered'),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False, comment='until 24:00 of this day in the zone'),
    sa.Column('first_due_on', sa.Date(), nullable=False),
    sa.Column('zone', sa.String(length=60), nullable=False, comment='IANA name'),
    sa.Column('why', sa.Text(), nullable=False, comment='what the lead asks, or what the contractor says changed'),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("kind IN ('initial', 'yearly', 'asked', 'change')", name=op.f('ck_disclosure_duty_kind')),
    sa.ForeignKeyConstraint(['agreement_id'], ['agreement.id'], name=op.f('fk_disclosure_duty_agreement_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_disclosure_duty_created_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_disclosure_duty_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_disclosure_duty')),
    sa.UniqueConstraint('public_id', name=op.f('uq_disclosure_duty_public_id'))
    )
    with op.batch_alter_table('disclosure_duty', schema=None) as batch_op:
        batch_op.create_index('ix_disclosure_duty_agreement', ['agreement_id', 'due_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_disclosure_duty_round_id'), ['round_id'], unique=False)
        batch_op.create_index('uq_disclosure_duty_initial', ['agreement_id', 'brand'], unique=True, sqlite_where=sa.text("kind = 'initial'"), postgresql_where=sa.text("kind = 'initial'"))

    op.create_table('submission_contract',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('supplier_id', sa.Integer(), nullable=False),
    sa.Column('duty_id', sa.Integer(), nullable=False),
    sa.Column('version_no', sa.Integer(), nullable=False, comment='within the duty'),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False, comment='of this version; a cure date where something was returned'),
    sa.Column('is_cure', sa.Boolean(), nullable=False, comment='asked because gaps were returned'),
    sa.Column('moved_at', models.base.Instant(timezone=True), nullable=False, comment='since when it is in its state'),
    sa.Column('submission_id', sa.Integer(), nullable=True, comment='the file that came'),
    sa.Column('reminded_hours', sa.Integer(), nullable=True, comment='the last reminder, in hours before the due date'),
    sa.Column('motive', sa.Text(), nullable=False, comment='what was said with the last decision on it'),
    sa.Column('decided_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("state IN ('requested', 'overdue', 'received', 'refused', 'checked', 'in_review', 'accepted', 'incomplete', 'chain_refused', 'superseded', 'cancelled')", name=op.f('ck_submission_contract_state')),
    sa.CheckConstraint("submission_id IS NOT NULL OR state IN ('requested', 'overdue', 'cancelled')", name=op.f('ck_submission_contract_file')),
    sa.CheckConstraint("state NOT IN ('accepted', 'chain_refused') OR decided_at IS NOT NULL", name=op.f('ck_submission_contract_decided')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_submission_contract_created_by_id')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['user.id'], name=op.f('fk_submission_contract_decided_by_id')),
    sa.ForeignKeyConstraint(['duty_id'], ['disclosure_duty.id'], name=op.f('fk_submission_contract_duty_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_submission_contract_round_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_submission_contract_submission_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['organisation.id'], name=op.f('fk_submission_contract_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_submission_contract')),
    sa.UniqueConstraint('duty_id', 'version_no', name=op.f('uq_submission_contract_duty_id_version_no')),
    sa.UniqueConstraint('public_id', name=op.f('uq_submission_contract_public_id')),
    sa.UniqueConstraint('submission_id', name=op.f('uq_submission_contract_submission_id'))
    )
    with op.batch_alter_table('submission_contract', schema=None) as batch_op:
        batch_op.create_index('ix_submission_contract_round_state', ['round_id', 'state'], unique=False)
        batch_op.create_index('ix_submission_contract_supplier', ['supplier_id'], unique=False)

    op.create_table('disclosure_gap',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('contract_submission_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False, comment='component, mineral, or brand: no model of it is named'),
    sa.Column('node_key', sa.String(length=64), nullable=False, comment='the same as in requests upstream'),
    sa.Column('brand', sa.String(length=120), nullable=False),
    sa.Column('model_name', sa.String(length=200), nullable=False),
    sa.Column('component_type', sa.String(length=30), nullable=False),
    sa.Column('other_type', sa.String(length=80), nullable=False),
    sa.Column('mineral', sa.String(length=30), nullable=False),
    sa.Column('said', sa.String(length=30), nullable=False, comment='the reason the file gives; blank = none'),
    sa.Column('excuse', sa.String(length=20), nullable=False, comment='what was accepted; blank = nothing'),
    sa.Column('excused_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('excused_by_id', sa.Integer(), nullable=True),
    sa.Column('motive', sa.Text(), nullable=False, comment='why it was accepted, or which proof'),
    sa.CheckConstraint("excuse = '' OR excuse IN ('not_applicable', 'supplier_refused')", name=op.f('ck_disclosure_gap_excuse')),
    sa.CheckConstraint("(excuse = '') = (excused_at IS NULL)", name=op.f('ck_disclosure_gap_excused')),
    sa.ForeignKeyConstraint(['contract_submission_id'], ['submission_contract.id'], name=op.f('fk_disclosure_gap_contract_submission_id')),
    sa.ForeignKeyConstraint(['excused_by_id'], ['user.id'], name=op.f('fk_disclosure_gap_excused_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_disclosure_gap')),
    sa.UniqueConstraint('contract_submission_id', 'position', name=op.f('uq_disclosure_gap_contract_submission_id_position'))
    )


def downgrade() -> None:
    """Undo: what came under an agreement goes, with what was read of it; its bytes and their rows in `stored_file` stay behind."""
    op.drop_table('disclosure_gap')
    op.drop_table('submission_contract')
    op.drop_table('disclosure_duty')
    of_updates = "submission_id IN (SELECT id FROM submission WHERE stage = 'contract')"
    of_comparisons = (
        "SELECT id FROM comparison WHERE before_id IN (SELECT id FROM submission WHERE stage = 'contract')"
        " OR after_id IN (SELECT id FROM submission WHERE stage = 'contract')"
    )
    op.execute(f'DELETE FROM comparison_row WHERE comparison_id IN ({of_comparisons})')
    op.execute(f'DELETE FROM comparison WHERE id IN ({of_comparisons})')
    for table in ('submission_row', 'waiting_row', 'submission_issue', 'receipt_line', 'correction'):
        op.execute(f'DELETE FROM {table} WHERE {of_updates}')
    op.execute("DELETE FROM submission WHERE stage = 'contract'")
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_submission_stage_states'), type_='check')
        batch_op.drop_constraint(op.f('ck_submission_stage'), type_='check')
        batch_op.drop_column('stage')

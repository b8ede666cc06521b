"""The award with its reasons, mandate, letters and challenges, and the agreements that follow from it."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0037'
down_revision = '0036'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('award_decision',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('ranking_id', sa.Integer(), nullable=False, comment='the ranking it stands on'),
    sa.Column('announced_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('standstill_ends_at', models.base.Instant(timezone=True), nullable=True, comment='first instant after the standstill'),
    sa.Column('standstill_days', sa.Integer(), nullable=True, comment='as counted: of the letter that left last'),
    sa.Column('withdrawn_at', models.base.Instant(timezone=True), nullable=True, comment='withdrawn or set aside'),
    sa.Column('withdrawn_reason', sa.Text(), nullable=False),
    sa.Column('mandate_motive', sa.Text(), nullable=False, comment="why the lead goes on without every member's yes"),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('announced_at IS NULL OR standstill_ends_at IS NOT NULL', name=op.f('ck_award_decision_announced')),
    sa.CheckConstraint('withdrawn_at IS NULL OR announced_at IS NOT NULL', name=op.f('ck_award_decision_withdrawn')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_award_decision_created_by_id')),
    sa.ForeignKeyConstraint(['ranking_id'], ['ranking.id'], name=op.f('fk_award_decision_ranking_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_award_decision_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_award_decision')),
    sa.UniqueConstraint('public_id', name=op.f('uq_award_decision_public_id')),
    sa.UniqueConstraint('round_id', 'number', name=op.f('uq_award_decision_round_id_number'))
    )
    op.create_table('award',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('decision_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['decision_id'], ['award_decision.id'], name=op.f('fk_award_decision_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_award_lot_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_award_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_award')),
    sa.UniqueConstraint('decision_id', 'lot_id', 'submission_id', name=op.f('uq_award_decision_id_lot_id_submission_id'))
    )
    with op.batch_alter_table('award', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_award_submission_id'), ['submission_id'], unique=False)

    op.create_table('award_lot',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('decision_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('is_awarded', sa.Boolean(), nullable=False),
    sa.Column('motive', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['decision_id'], ['award_decision.id'], name=op.f('fk_award_lot_decision_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_award_lot_lot_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_award_lot')),
    sa.UniqueConstraint('decision_id', 'lot_id', name=op.f('uq_award_lot_decision_id_lot_id'))
    )
    op.create_table('award_letter',
    sa.Column('decision_id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('channel', sa.String(length=12), nullable=False),
    sa.Column('language', sa.String(length=5), nullable=False),
    sa.Column('text', sa.Text(), nullable=False, comment='as it left; blank = not yet'),
    sa.Column('sha256', sa.String(length=64), nullable=False, comment='of the text as UTF-8'),
    sa.Column('left_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('withdrawn_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("channel IN ('electronic', 'other')", name=op.f('ck_award_letter_channel')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_award_letter_created_by_id')),
    sa.ForeignKeyConstraint(['decision_id'], ['award_decision.id'], name=op.f('fk_award_letter_decision_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_award_letter_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_award_letter')),
    sa.UniqueConstraint('decision_id', 'submission_id', name=op.f('uq_award_letter_decision_id_submission_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_award_letter_public_id'))
    )
    with op.batch_alter_table('award_letter', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_award_letter_submission_id'), ['submission_id'], unique=False)

    op.create_table('award_reason',
    sa.Column('decision_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('criterion_id', sa.Integer(), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_award_reason_created_by_id')),
    sa.ForeignKeyConstraint(['criterion_id'], ['criterion.id'], name=op.f('fk_award_reason_criterion_id')),
    sa.ForeignKeyConstraint(['decision_id'], ['award_decision.id'], name=op.f('fk_award_reason_decision_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_award_reason_lot_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_award_reason_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_award_reason')),
    sa.UniqueConstraint('decision_id', 'lot_id', 'submission_id', 'criterion_id', name=op.f('uq_award_reason_decision_id_lot_id_submission_id_criterion_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_award_reason_public_id'))
    )
    with op.batch_alter_table('award_reason', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_award_reason_submission_id'), ['submission_id'], unique=False)

    op.create_table('challenge',
    sa.Column('decision_id', sa.Integer(), nullable=False),
    sa.Column('body', sa.String(length=200), nullable=False, comment='the court or body that reviews it'),
    sa.Column('lodged_on', sa.Date(), nullable=False),
    sa.Column('is_suspensive', sa.Boolean(), nullable=False),
    sa.Column('outcome', sa.String(length=20), nullable=True, comment='blank while it runs'),
    sa.Column('outcome_file_id', sa.Integer(), nullable=True),
    sa.Column('standstill_until', models.base.Instant(timezone=True), nullable=True, comment='as the review body set it'),
    sa.Column('ended_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("outcome IS NULL OR outcome IN ('dismissed', 'withdrawn', 'new_decision', 'new_evaluation')", name=op.f('ck_challenge_outcome')),
    sa.CheckConstraint('(outcome IS NULL) = (ended_at IS NULL)', name=op.f('ck_challenge_ended')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_challenge_created_by_id')),
    sa.ForeignKeyConstraint(['decision_id'], ['award_decision.id'], name=op.f('fk_challenge_decision_id')),
    sa.ForeignKeyConstraint(['outcome_file_id'], ['stored_file.id'], name=op.f('fk_challenge_outcome_file_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_challenge')),
    sa.UniqueConstraint('public_id', name=op.f('uq_challenge_public_id'))
    )
    with op.batch_alter_table('challenge', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_challenge_decision_id'), ['decision_id'], unique=False)

    op.create_table('mandate_decision',
    sa.Column('decision_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('answer', sa.String(length=10), nullable=False),
    sa.Column('signed_by_name', sa.String(length=200), nullable=False),
    sa.Column('signed_by_title', sa.String(length=200), nullable=False),
    sa.Column('motive', sa.Text(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("answer IN ('yes', 'no', 'abstain')", name=op.f('ck_mandate_decision_answer')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_mandate_decision_created_by_id')),
    sa.ForeignKeyConstraint(['decision_id'], ['award_decision.id'], name=op.f('fk_mandate_decision_decision_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_mandate_decision_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mandate_decision')),
    sa.UniqueConstraint('decision_id', 'organisation_id', name=op.f('uq_mandate_decision_decision_id_organisation_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_mandate_decision_public_id'))
    )
    with op.batch_alter_table('mandate_decision', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mandate_decision_organisation_id'), ['organisation_id'], unique=False)

    op.create_table('agreement',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('award_id', sa.Integer(), nullable=False),
    sa.Column('contractor_id', sa.Integer(), nullable=False, comment='the bidder'),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False, comment='without options'),
    sa.Column('price_mechanism', sa.String(length=20), nullable=False),
    sa.Column('price_text', sa.Text(), nullable=False, comment='names the index or the list'),
    sa.Column('call_off_route', sa.String(length=20), nullable=False),
    sa.Column('brands', sa.Text(), nullable=False, comment='the makers on offer, one a line'),
    sa.Column('text_file_id', sa.Integer(), nullable=True, comment='the text that is signed'),
    sa.Column('signed_by_lead_id', sa.Integer(), nullable=True),
    sa.Column('signed_by_supplier_id', sa.Integer(), nullable=True),
    sa.Column('signed_at', models.base.Instant(timezone=True), nullable=True, comment='by the second of the two'),
    sa.Column('started_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('disclosure_due_days', sa.Integer(), nullable=False, comment='working days to the first disclosure'),
    sa.Column('traceability_weeks', sa.Integer(), nullable=False, comment='weeks to a disclosure that is asked for'),
    sa.Column('ended_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('ended_ground', sa.String(length=40), nullable=False),
    sa.Column('ended_reason', sa.Text(), nullable=False),
    sa.Column('ended_evidence', sa.Text(), nullable=False, comment='the documents that show the ground'),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("call_off_route IN ('direct', 'desktop', 'mini_competition')", name=op.f('ck_agreement_call_off_route')),
    sa.CheckConstraint("price_mechanism IN ('fixed', 'indexed', 'catalogue_discount', 'cost_plus', 'mini_competition')", name=op.f('ck_agreement_price_mechanism')),
    sa.CheckConstraint("state IN ('draft', 'signed', 'in_force', 'call_off_stop', 'notice_given', 'exhausted', 'expired', 'terminated', 'cancelled')", name=op.f('ck_agreement_state')),
    sa.CheckConstraint("state IN ('draft','cancelled') OR (signed_at IS NOT NULL AND signed_by_lead_id IS NOT NULL AND signed_by_supplier_id IS NOT NULL)", name=op.f('ck_agreement_signed_facts')),
    sa.CheckConstraint("(state IN ('expired','terminated','cancelled')) = (ended_at IS NOT NULL)", name=op.f('ck_agreement_ended_facts')),
    sa.CheckConstraint("state IN ('draft','signed','terminated','cancelled') OR started_at IS NOT NULL", name=op.f('ck_agreement_started_facts')),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_agreement_term')),
    sa.ForeignKeyConstraint(['award_id'], ['award.id'], name=op.f('fk_agreement_award_id')),
    sa.ForeignKeyConstraint(['contractor_id'], ['organisation.id'], name=op.f('fk_agreement_contractor_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_agreement_created_by_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_agreement_lot_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_agreement_round_id')),
    sa.ForeignKeyConstraint(['signed_by_lead_id'], ['user.id'], name=op.f('fk_agreement_signed_by_lead_id')),
    sa.ForeignKeyConstraint(['signed_by_supplier_id'], ['user.id'], name=op.f('fk_agreement_signed_by_supplier_id')),
    sa.ForeignKeyConstraint(['text_file_id'], ['stored_file.id'], name=op.f('fk_agreement_text_file_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agreement')),
    sa.UniqueConstraint('number', name=op.f('uq_agreement_number')),
    sa.UniqueConstraint('public_id', name=op.f('uq_agreement_public_id'))
    )
    with op.batch_alter_table('agreement', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_agreement_contractor_id'), ['contractor_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_agreement_lot_id'), ['lot_id'], unique=False)
        batch_op.create_index('ix_agreement_round_state', ['round_id', 'state'], unique=False)
        batch_op.create_index('uq_agreement_of_award', ['award_id'], unique=True, sqlite_where=sa.text("state <> 'cancelled'"), postgresql_where=sa.text("state <> 'cancelled'"))


def downgrade() -> None:
    """Undo."""
    op.drop_table('agreement')
    op.drop_table('challenge')
    op.drop_table('award_letter')
    op.drop_table('award_lot')
    op.drop_table('mandate_decision')
    op.drop_table('award_reason')
    op.drop_table('award')
    op.drop_table('award_decision')

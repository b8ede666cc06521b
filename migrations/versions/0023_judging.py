"""Judging: statements of conflict, items, assessments, verdicts."""

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('conflict',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('supplier_id', sa.Integer(), nullable=True, comment='blank = a brand is meant'),
    sa.Column('brand', sa.String(length=120), nullable=False, comment='as it was read'),
    sa.Column('brand_key', sa.String(length=120), nullable=False, comment='the brand without case and blanks'),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('stated_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('stated_by_id', sa.Integer(), nullable=False),
    sa.Column('is_late', sa.Boolean(), nullable=False, comment='stated once items were assigned'),
    sa.Column('lifted_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('lifted_by_id', sa.Integer(), nullable=True),
    sa.Column('lift_motive', sa.Text(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(lifted_at IS NULL AND lifted_by_id IS NULL AND lift_motive = '') OR (lifted_at IS NOT NULL AND lifted_by_id IS NOT NULL AND lift_motive <> '')", name=op.f('ck_conflict_lifted_facts')),
    sa.CheckConstraint("(supplier_id IS NULL) <> (brand_key = '')", name=op.f('ck_conflict_one_target')),
    sa.CheckConstraint("reason <> ''", name=op.f('ck_conflict_reason')),
    sa.CheckConstraint('lifted_by_id IS NULL OR lifted_by_id <> user_id', name=op.f('ck_conflict_lifted_by_another')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_conflict_created_by_id')),
    sa.ForeignKeyConstraint(['lifted_by_id'], ['user.id'], name=op.f('fk_conflict_lifted_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_conflict_round_id')),
    sa.ForeignKeyConstraint(['stated_by_id'], ['user.id'], name=op.f('fk_conflict_stated_by_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['organisation.id'], name=op.f('fk_conflict_supplier_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_conflict_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conflict')),
    sa.UniqueConstraint('public_id', name=op.f('uq_conflict_public_id'))
    )
    with op.batch_alter_table('conflict', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_conflict_user_id'), ['user_id'], unique=False)
        batch_op.create_index('uq_conflict_bidder', ['round_id', 'user_id', 'supplier_id'], unique=True, sqlite_where=sa.text('lifted_at IS NULL AND supplier_id IS NOT NULL'), postgresql_where=sa.text('lifted_at IS NULL AND supplier_id IS NOT NULL'))
        batch_op.create_index('uq_conflict_brand', ['round_id', 'user_id', 'brand_key'], unique=True, sqlite_where=sa.text('lifted_at IS NULL AND supplier_id IS NULL'), postgresql_where=sa.text('lifted_at IS NULL AND supplier_id IS NULL'))

    op.create_table('conflict_statement',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False, comment='for which the person acted'),
    sa.Column('given_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('shown', sa.JSON(), nullable=False, comment='pairs of submission and brand, as compared'),
    sa.Column('undertaking', sa.String(length=20), nullable=False, comment='which text of the undertaking was signed'),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_conflict_statement_created_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_conflict_statement_organisation_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_conflict_statement_round_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_conflict_statement_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conflict_statement')),
    sa.UniqueConstraint('public_id', name=op.f('uq_conflict_statement_public_id'))
    )
    with op.batch_alter_table('conflict_statement', schema=None) as batch_op:
        batch_op.create_index('ix_conflict_statement_person', ['round_id', 'user_id', 'id'], unique=False)

    op.create_table('evaluator_profile',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('capacity', sa.Integer(), nullable=True, comment='items; blank = an equal part'),
    sa.Column('languages', sa.JSON(), nullable=False, comment='codes; empty = that of the account'),
    sa.Column('due_on', sa.Date(), nullable=True, comment='day by which the evaluator is asked to be done'),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('capacity IS NULL OR capacity BETWEEN 0 AND 100000', name=op.f('ck_evaluator_profile_capacity')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_evaluator_profile_created_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_evaluator_profile_round_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_evaluator_profile_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evaluator_profile')),
    sa.UniqueConstraint('public_id', name=op.f('uq_evaluator_profile_public_id')),
    sa.UniqueConstraint('round_id', 'user_id', name=op.f('uq_evaluator_profile_round_id_user_id'))
    )
    op.create_table('selection',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('outcome', sa.String(length=10), nullable=False),
    sa.Column('ground', sa.String(length=20), nullable=False),
    sa.Column('motive', sa.Text(), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=False),
    sa.Column('heard_on', sa.Date(), nullable=True, comment='the day on which the bidder was heard'),
    sa.Column('heard_words', sa.Text(), nullable=False, comment='what it said, and what was made of it'),
    sa.Column('decided_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('decided_by_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(outcome = 'admitted' AND ground = '') OR (outcome = 'excluded' AND ground <> '' AND motive <> '' AND evidence <> '' AND heard_on IS NOT NULL)", name=op.f('ck_selection_outcome_facts')),
    sa.CheckConstraint("ground = '' OR ground IN ('selection', 'mandatory', 'discretionary', 'tender', 'other')", name=op.f('ck_selection_ground')),
    sa.CheckConstraint("outcome IN ('admitted', 'excluded')", name=op.f('ck_selection_outcome')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_selection_created_by_id')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['user.id'], name=op.f('fk_selection_decided_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_selection_round_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_selection_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_selection')),
    sa.UniqueConstraint('public_id', name=op.f('uq_selection_public_id')),
    sa.UniqueConstraint('submission_id', name=op.f('uq_selection_submission_id'))
    )
    with op.batch_alter_table('selection', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_selection_round_id'), ['round_id'], unique=False)

    op.create_table('item',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False, comment='order within the submission'),
    sa.Column('brand', sa.String(length=120), nullable=False, comment='as the sheet writes it'),
    sa.Column('brand_key', sa.String(length=120), nullable=False, comment='the brand without case and blanks'),
    sa.Column('section', sa.String(length=2), nullable=False, comment='fa, co, sm or mi; blank = a criterion'),
    sa.Column('kind', sa.String(length=60), nullable=False, comment='component type or mineral'),
    sa.Column('criterion_id', sa.Integer(), nullable=True),
    sa.Column('scale_max', sa.Integer(), nullable=False, comment='highest point; 0 = levels E0 to E4'),
    sa.Column('products', sa.Integer(), nullable=False, comment='models that it speaks of'),
    sa.Column('languages', sa.JSON(), nullable=False, comment='languages of the texts; empty = any'),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(section <> '' AND criterion_id IS NULL AND scale_max = 0 AND brand_key <> '' AND kind <> '') OR (section = '' AND criterion_id IS NOT NULL AND scale_max > 0 AND brand_key = '' AND kind = '')", name=op.f('ck_item_claim_or_criterion')),
    sa.CheckConstraint("section = '' OR section IN ('fa', 'co', 'sm', 'mi')", name=op.f('ck_item_section')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_item_created_by_id')),
    sa.ForeignKeyConstraint(['criterion_id'], ['criterion.id'], name=op.f('fk_item_criterion_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_item_lot_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_item_round_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_item_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_item')),
    sa.UniqueConstraint('id', 'submission_id', 'scale_max', name=op.f('uq_item_id_submission_id_scale_max')),
    sa.UniqueConstraint('public_id', name=op.f('uq_item_public_id'))
    )
    with op.batch_alter_table('item', schema=None) as batch_op:
        batch_op.create_index('ix_item_round', ['round_id', 'submission_id', 'position'], unique=False)
        batch_op.create_index('uq_item_claim', ['submission_id', 'lot_id', 'brand_key', 'section', 'kind'], unique=True, sqlite_where=sa.text("section <> ''"), postgresql_where=sa.text("section <> ''"))
        batch_op.create_index('uq_item_criterion', ['submission_id', 'lot_id', 'criterion_id'], unique=True, sqlite_where=sa.text("section = ''"), postgresql_where=sa.text("section = ''"))

    op.create_table('assessment',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('scale_max', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False, comment='one member, one voice'),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('assigned_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('started_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('saved_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('finished_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('ended_at', models.base.Instant(timezone=True), nullable=True, comment='when recused or voided'),
    sa.Column('end_motive', sa.Text(), nullable=False, comment='why recused or voided'),
    sa.Column('others_seen_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('level', sa.String(length=2), nullable=False),
    sa.Column('points', models.base.Fixed(), nullable=True),
    sa.Column('confidence', sa.String(length=10), nullable=False),
    sa.Column('motive', sa.Text(), nullable=False),
    sa.Column('sources', sa.JSON(), nullable=False, comment='pairs of row and column'),
    sa.Column('seconds', sa.Integer(), nullable=False, comment='time spent on it'),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(level = '' OR (level IN ('E0', 'E1', 'E2', 'E3', 'E4') AND scale_max = 0)) AND (points IS NULL OR (scale_max > 0 AND points >= 0 AND points <= scale_max * 100))", name=op.f('ck_assessment_in_scale')),
    sa.CheckConstraint("confidence = '' OR confidence IN ('low', 'medium', 'high')", name=op.f('ck_assessment_confidence')),
    sa.CheckConstraint("state <> 'final' OR (finished_at IS NOT NULL AND motive <> '' AND (level <> '' OR points IS NOT NULL))", name=op.f('ck_assessment_final_facts')),
    sa.CheckConstraint("state IN ('assigned', 'draft', 'final', 'recused', 'voided')", name=op.f('ck_assessment_state')),
    sa.CheckConstraint("state NOT IN ('recused', 'voided') OR (ended_at IS NOT NULL AND end_motive <> '')", name=op.f('ck_assessment_ended_facts')),
    sa.CheckConstraint('others_seen_at IS NULL OR finished_at IS NOT NULL', name=op.f('ck_assessment_blind')),
    sa.CheckConstraint('seconds >= 0', name=op.f('ck_assessment_seconds')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_assessment_created_by_id')),
    sa.ForeignKeyConstraint(['item_id', 'submission_id', 'scale_max'], ['item.id', 'item.submission_id', 'item.scale_max'], name=op.f('fk_assessment_item_id')),
    sa.ForeignKeyConstraint(['member_id'], ['organisation.id'], name=op.f('fk_assessment_member_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_assessment_round_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_assessment_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assessment')),
    sa.UniqueConstraint('public_id', name=op.f('uq_assessment_public_id'))
    )
    with op.batch_alter_table('assessment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_assessment_item_id'), ['item_id'], unique=False)
        batch_op.create_index('ix_assessment_pile', ['user_id', 'round_id', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_assessment_submission_id'), ['submission_id'], unique=False)
        batch_op.create_index('uq_assessment_evaluator', ['item_id', 'user_id'], unique=True, sqlite_where=sa.text("state NOT IN ('recused', 'voided')"), postgresql_where=sa.text("state NOT IN ('recused', 'voided')"))
        batch_op.create_index('uq_assessment_member', ['item_id', 'member_id'], unique=True, sqlite_where=sa.text("state NOT IN ('recused', 'voided')"), postgresql_where=sa.text("state NOT IN ('recused', 'voided')"))

    op.create_table('meeting',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('starts_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('ended_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('place', sa.String(length=300), nullable=False, comment='room or address of the call'),
    sa.Column('item_id', sa.Integer(), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('ended_at IS NULL OR ended_at >= starts_at', name=op.f('ck_meeting_order')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_meeting_created_by_id')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_meeting_item_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_meeting_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting')),
    sa.UniqueConstraint('public_id', name=op.f('uq_meeting_public_id'))
    )
    with op.batch_alter_table('meeting', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_meeting_round_id'), ['round_id'], unique=False)

    op.create_table('remark',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("words <> ''", name=op.f('ck_remark_words')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_remark_created_by_id')),
    sa.ForeignKeyConstraint(['item_id'], ['item.id'], name=op.f('fk_remark_item_id')),
    sa.ForeignKeyConstraint(['member_id'], ['organisation.id'], name=op.f('fk_remark_member_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_remark_round_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_remark_submission_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_remark_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_remark')),
    sa.UniqueConstraint('public_id', name=op.f('uq_remark_public_id'))
    )
    with op.batch_alter_table('remark', schema=None) as batch_op:
        batch_op.create_index('ix_remark_item', ['item_id', 'id'], unique=False)

    op.create_table('verdict',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('item_id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('scale_max', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('level', sa.String(length=2), nullable=False),
    sa.Column('points', models.base.Fixed(), nullable=True),
    sa.Column('lowest', sa.String(length=2), nullable=False),
    sa.Column('highest', sa.String(length=2), nullable=False),
    sa.Column('points_lowest', models.base.Fixed(), nullable=True),
    sa.Column('points_highest', models.base.Fixed(), nullable=True),
    sa.Column('counted', sa.Integer(), nullable=False, comment='final assessments it stands on'),
    sa.Column('motive', sa.Text(), nullable=False, comment='of the moderated value'),
    sa.Column('called_motive', sa.Text(), nullable=False, comment='why moderation was called; blank = by rule'),
    sa.Column('settled_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('moderated_by_id', sa.Integer(), nullable=True),
    sa.Column('matched', sa.Boolean(), nullable=False, comment='identity of its sites confirmed by a person'),
    sa.Column('evidence_count', sa.Integer(), nullable=False),
    sa.Column('best_evidence', sa.String(length=2), nullable=False, comment='highest level the evidence allows'),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(level = '' OR (level IN ('E0', 'E1', 'E2', 'E3', 'E4') AND scale_max = 0)) AND (points IS NULL OR (scale_max > 0 AND points >= 0 AND points <= scale_max * 100))", name=op.f('ck_verdict_in_scale')),
    sa.CheckConstraint("best_evidence = '' OR best_evidence IN ('E0', 'E1', 'E2', 'E3', 'E4')", name=op.f('ck_verdict_best_evidence')),
    sa.CheckConstraint("highest = '' OR highest IN ('E0', 'E1', 'E2', 'E3', 'E4')", name=op.f('ck_verdict_highest')),
    sa.CheckConstraint("lowest = '' OR lowest IN ('E0', 'E1', 'E2', 'E3', 'E4')", name=op.f('ck_verdict_lowest')),
    sa.CheckConstraint("state <> 'moderated' OR (motive <> '' AND moderated_by_id IS NOT NULL)", name=op.f('ck_verdict_moderated_facts')),
    sa.CheckConstraint("state IN ('open', 'agreed', 'in_moderation', 'moderated', 'stale', 'superseded')", name=op.f('ck_verdict_state')),
    sa.CheckConstraint("state NOT IN ('agreed', 'moderated') OR (settled_at IS NOT NULL AND counted > 0 AND (level <> '' OR points IS NOT NULL) AND (level = '' OR (level >= lowest AND level <= highest)) AND (points IS NULL OR (points >= points_lowest AND points <= points_highest)))", name=op.f('ck_verdict_settled_facts')),
    sa.CheckConstraint('counted >= 0', name=op.f('ck_verdict_counted')),
    sa.CheckConstraint('lowest <= highest', name=op.f('ck_verdict_range')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_verdict_created_by_id')),
    sa.ForeignKeyConstraint(['item_id', 'submission_id', 'scale_max'], ['item.id', 'item.submission_id', 'item.scale_max'], name=op.f('fk_verdict_item_id')),
    sa.ForeignKeyConstraint(['moderated_by_id'], ['user.id'], name=op.f('fk_verdict_moderated_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_verdict_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_verdict')),
    sa.UniqueConstraint('item_id', name=op.f('uq_verdict_item_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_verdict_public_id'))
    )
    with op.batch_alter_table('verdict', schema=None) as batch_op:
        batch_op.create_index('ix_verdict_round', ['round_id', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_verdict_submission_id'), ['submission_id'], unique=False)

    op.create_table('assessment_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('assessment_id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True, comment='who caused it; blank = the system'),
    sa.Column('act', sa.String(length=20), nullable=False, comment='reopen, recuse or void'),
    sa.Column('state', sa.String(length=10), nullable=False, comment='in which it was'),
    sa.Column('level', sa.String(length=2), nullable=False),
    sa.Column('points', models.base.Fixed(), nullable=True),
    sa.Column('confidence', sa.String(length=10), nullable=False),
    sa.Column('motive', sa.Text(), nullable=False),
    sa.Column('sources', sa.JSON(), nullable=False),
    sa.Column('seconds', sa.Integer(), nullable=False),
    sa.CheckConstraint("state IN ('assigned', 'draft', 'final', 'recused', 'voided')", name=op.f('ck_assessment_version_state')),
    sa.ForeignKeyConstraint(['assessment_id'], ['assessment.id'], name=op.f('fk_assessment_version_assessment_id')),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_assessment_version_by_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_assessment_version_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assessment_version')),
    sa.UniqueConstraint('assessment_id', 'number', name=op.f('uq_assessment_version_assessment_id_number'))
    )
    op.create_table('dissent',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('verdict_id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False, comment='who noted it'),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_dissent_by_id')),
    sa.ForeignKeyConstraint(['member_id'], ['organisation.id'], name=op.f('fk_dissent_member_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_dissent_submission_id')),
    sa.ForeignKeyConstraint(['verdict_id'], ['verdict.id'], name=op.f('fk_dissent_verdict_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dissent')),
    sa.UniqueConstraint('verdict_id', 'member_id', 'number', name=op.f('uq_dissent_verdict_id_member_id_number'))
    )
    op.create_table('verdict_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('verdict_id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True, comment='who caused it; blank = the system'),
    sa.Column('act', sa.String(length=20), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False, comment='in which it was'),
    sa.Column('level', sa.String(length=2), nullable=False),
    sa.Column('points', models.base.Fixed(), nullable=True),
    sa.Column('counted', sa.Integer(), nullable=False),
    sa.Column('motive', sa.Text(), nullable=False),
    sa.CheckConstraint("state IN ('open', 'agreed', 'in_moderation', 'moderated', 'stale', 'superseded')", name=op.f('ck_verdict_version_state')),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_verdict_version_by_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_verdict_version_submission_id')),
    sa.ForeignKeyConstraint(['verdict_id'], ['verdict.id'], name=op.f('fk_verdict_version_verdict_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_verdict_version')),
    sa.UniqueConstraint('verdict_id', 'number', name=op.f('uq_verdict_version_verdict_id_number'))
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table('verdict_version')
    op.drop_table('dissent')
    op.drop_table('assessment_version')
    with op.batch_alter_table('verdict', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_verdict_submission_id'))
        batch_op.drop_index('ix_verdict_round')

    op.drop_table('verdict')
    with op.batch_alter_table('remark', schema=None) as batch_op:
        batch_op.drop_index('ix_remark_item')

    op.drop_table('remark')
    with op.batch_alter_table('meeting', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_meeting_round_id'))

    op.drop_table('meeting')
    with op.batch_alter_table('assessment', schema=None) as batch_op:
        batch_op.drop_index('uq_assessment_member', sqlite_where=sa.text("state NOT IN ('recused', 'voided')"), postgresql_where=sa.text("state NOT IN ('recused', 'voided')"))
        batch_op.drop_index('uq_assessment_evaluator', sqlite_where=sa.text("state NOT IN ('recused', 'voided')"), postgresql_where=sa.text("state NOT IN ('recused', 'voided')"))
        batch_op.drop_index(batch_op.f('ix_assessment_submission_id'))
        batch_op.drop_index('ix_assessment_pile')
        batch_op.drop_index(batch_op.f('ix_assessment_item_id'))

    op.drop_table('assessment')
    with op.batch_alter_table('item', schema=None) as batch_op:
        batch_op.drop_index('uq_item_criterion', sqlite_where=sa.text("section = ''"), postgresql_where=sa.text("section = ''"))
        batch_op.drop_index('uq_item_claim', sqlite_where=sa.text("section <> ''"), postgresql_where=sa.text("section <> ''"))
        batch_op.drop_index('ix_item_round')

    op.drop_table('item')
    with op.batch_alter_table('selection', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_selection_round_id'))

    op.drop_table('selection')
    op.drop_table('evaluator_profile')
    with op.batch_alter_table('conflict_statement', schema=None) as batch_op:
        batch_op.drop_index('ix_conflict_statement_person')

    op.drop_table('conflict_statement')
    with op.batch_alter_table('conflict', schema=None) as batch_op:
        batch_op.drop_index('uq_conflict_brand', sqlite_where=sa.text('lifted_at IS NULL AND supplier_id IS NULL'), postgresql_where=sa.text('lifted_at IS NULL AND supplier_id IS NULL'))
        batch_op.drop_index('uq_conflict_bidder', sqlite_where=sa.text('lifted_at IS NULL AND supplier_id IS NOT NULL'), postgresql_where=sa.text('lifted_at IS NULL AND supplier_id IS NOT NULL'))
        batch_op.drop_index(batch_op.f('ix_conflict_user_id'))

    op.drop_table('conflict')

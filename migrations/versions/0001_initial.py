"""Every table of the first release, and the triggers that keep the record append-only."""

import sqlalchemy as sa
from alembic import op

import models.base
from framework.ground import audit_ddl

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('audit_event',
    sa.Column('seq', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True, comment='number of the user; blank for the system'),
    sa.Column('organisation_id', sa.Integer(), nullable=True),
    sa.Column('session_ref', sa.String(length=16), nullable=False),
    sa.Column('request_ref', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=80), nullable=False),
    sa.Column('subject_type', sa.String(length=30), nullable=False),
    sa.Column('subject_id', sa.String(length=20), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=True),
    sa.Column('outcome', sa.String(length=10), nullable=False),
    sa.Column('from_state', sa.String(length=30), nullable=False),
    sa.Column('to_state', sa.String(length=30), nullable=False),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.Column('prev_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint("outcome IN ('done', 'denied')", name=op.f('ck_audit_event_outcome')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_audit_event'))
    )
    with op.batch_alter_table('audit_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_event_kind'), ['kind'], unique=False)
        batch_op.create_index('ix_audit_event_round', ['round_id', 'seq'], unique=False)
        batch_op.create_index('ix_audit_event_subject', ['subject_type', 'subject_id'], unique=False)

    op.create_table('counter',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('value', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_counter'))
    )
    op.create_table('one_time_key',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('actor', sa.String(length=40), nullable=False),
    sa.Column('route', sa.String(length=80), nullable=False),
    sa.Column('body_hash', sa.String(length=64), nullable=False),
    sa.Column('location', sa.String(length=500), nullable=False),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_one_time_key')),
    sa.UniqueConstraint('key', 'actor', 'route', name=op.f('uq_one_time_key_key_actor_route'))
    )
    with op.batch_alter_table('one_time_key', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_one_time_key_at'), ['at'], unique=False)

    op.create_table('sign_in_attempt',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('subject', sa.String(length=254), nullable=False),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_attempt'))
    )
    with op.batch_alter_table('sign_in_attempt', schema=None) as batch_op:
        batch_op.create_index('ix_sign_in_attempt_subject_at', ['kind', 'subject', 'at'], unique=False)

    op.create_table('user',
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('folded_email', sa.String(length=254), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=True),
    sa.Column('language', sa.String(length=5), nullable=False),
    sa.Column('zone', sa.String(length=60), nullable=False),
    sa.Column('disabled_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('totp_secret', sa.String(length=200), nullable=True, comment="encrypted with the installation's secret"),
    sa.Column('totp_confirmed_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('totp_last_step', sa.Integer(), nullable=True, comment='a code is taken once'),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_user_created_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user')),
    sa.UniqueConstraint('folded_email', name=op.f('uq_user_folded_email')),
    sa.UniqueConstraint('public_id', name=op.f('uq_user_public_id'))
    )
    op.create_table('organisation',
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('folded_name', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('supplier_kind', sa.String(length=20), nullable=True),
    sa.Column('body_type', sa.String(length=40), nullable=True),
    sa.Column('registration_no', sa.String(length=40), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('jurisdiction', sa.String(length=20), nullable=True),
    sa.Column('mail_domain', sa.String(length=200), nullable=False),
    sa.Column('is_invented', sa.Boolean(), nullable=False, comment='demo organisation, labelled as invented'),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(kind = 'supplier') = (supplier_kind IS NOT NULL)", name=op.f('ck_organisation_supplier_kind_fits')),
    sa.CheckConstraint("kind IN ('lead', 'buyer', 'supplier', 'monitor', 'operator')", name=op.f('ck_organisation_kind')),
    sa.CheckConstraint("supplier_kind IS NULL OR supplier_kind IN ('reseller', 'brand', 'agent', 'distributor')", name=op.f('ck_organisation_supplier_kind')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_organisation_created_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation')),
    sa.UniqueConstraint('public_id', name=op.f('uq_organisation_public_id'))
    )
    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_organisation_folded_name'), ['folded_name'], unique=False)

    op.create_table('outage',
    sa.Column('started_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('ended_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_outage_created_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outage')),
    sa.UniqueConstraint('public_id', name=op.f('uq_outage_public_id'))
    )
    op.create_table('recovery_code',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('used_at', models.base.Instant(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_recovery_code_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery_code'))
    )
    with op.batch_alter_table('recovery_code', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_recovery_code_user_id'), ['user_id'], unique=False)

    op.create_table('site',
    sa.Column('match_key', sa.String(length=400), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('address', sa.String(length=400), nullable=False),
    sa.Column('city', sa.String(length=120), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_site_created_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_site')),
    sa.UniqueConstraint('match_key', name=op.f('uq_site_match_key')),
    sa.UniqueConstraint('public_id', name=op.f('uq_site_public_id'))
    )
    op.create_table('job',
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=True),
    sa.Column('done', sa.Integer(), nullable=False, comment='rows or steps done'),
    sa.Column('total', sa.Integer(), nullable=True, comment='blank = not known yet'),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('faults', sa.Integer(), nullable=False, comment='attempts that speak against the job itself'),
    sa.Column('queued_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('not_before', models.base.Instant(timezone=True), nullable=True),
    sa.Column('started_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('heartbeat_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('finished_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('error', sa.String(length=500), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name=op.f('ck_job_state')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_job_created_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_job_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job')),
    sa.UniqueConstraint('public_id', name=op.f('uq_job_public_id'))
    )
    with op.batch_alter_table('job', schema=None) as batch_op:
        batch_op.create_index('ix_job_state_queued_at', ['state', 'queued_at'], unique=False)

    op.create_table('role_grant',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('ends_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('withdrawn_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("role IN ('lead', 'member', 'supplier', 'brand', 'monitor', 'operator', 'admin')", name=op.f('ck_role_grant_role')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_role_grant_created_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_role_grant_organisation_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_role_grant_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role_grant')),
    sa.UniqueConstraint('public_id', name=op.f('uq_role_grant_public_id'))
    )
    with op.batch_alter_table('role_grant', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_role_grant_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_role_grant_user_id'), ['user_id'], unique=False)
        batch_op.create_index('uq_role_grant_current', ['user_id', 'organisation_id', 'role'], unique=True, sqlite_where=sa.text('withdrawn_at IS NULL'), postgresql_where=sa.text('withdrawn_at IS NULL'))

    op.create_table('round',
    sa.Column('organisation_id', sa.Integer(), nullable=False, comment='the lead'),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('reference', sa.String(length=60), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('copied_from_id', sa.Integer(), nullable=True),
    sa.Column('jurisdiction', sa.String(length=20), nullable=True),
    sa.Column('mandate_type', sa.String(length=30), nullable=True),
    sa.Column('cross_border', sa.Boolean(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('settings', sa.JSON(), nullable=False, comment='round settings, frozen at publication'),
    sa.Column('zone', sa.String(length=60), nullable=False, comment='IANA zone of the deadlines'),
    sa.Column('signon_deadline', models.base.Instant(timezone=True), nullable=True),
    sa.Column('demand_deadline', models.base.Instant(timezone=True), nullable=True),
    sa.Column('planned_publication_on', sa.Date(), nullable=True),
    sa.Column('questions_until', models.base.Instant(timezone=True), nullable=True),
    sa.Column('tender_deadline', models.base.Instant(timezone=True), nullable=True),
    sa.Column('term_starts_on', sa.Date(), nullable=True),
    sa.Column('term_ends_on', sa.Date(), nullable=True),
    sa.Column('option_months', sa.Integer(), nullable=False, comment='sum of all options, in months'),
    sa.Column('duration_justification', sa.Text(), nullable=False),
    sa.Column('first_audit_on', sa.Date(), nullable=True),
    sa.Column('value_estimated', models.base.Fixed(), nullable=True),
    sa.Column('value_maximum', models.base.Fixed(), nullable=True),
    sa.Column('open_to_applications', sa.Boolean(), nullable=False, comment='bodies may apply uninvited'),
    sa.Column('standstill_confirmed', sa.Boolean(), nullable=False),
    sa.Column('data_agreement', sa.Text(), nullable=False),
    sa.Column('retention_years', sa.Integer(), nullable=True),
    sa.Column('template_version', sa.String(length=20), nullable=False),
    sa.Column('notice_reference', sa.String(length=100), nullable=False),
    sa.Column('published_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('frozen_text', sa.Text(), nullable=True, comment='canonical text of the frozen set FR1'),
    sa.Column('frozen_hash', sa.String(length=64), nullable=True),
    sa.Column('closed_set_digest', sa.String(length=64), nullable=True, comment='digest of the versions received in time'),
    sa.Column('opened_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('cancelled_reason', sa.Text(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("mandate_type IS NULL OR mandate_type IN ('cpb', 'occasional_joint_full', 'occasional_joint_part')", name=op.f('ck_round_mandate_type')),
    sa.CheckConstraint("state IN ('set_up', 'sign_on', 'demand', 'demand_locked', 'ready', 'published', 'receipt_closed', 'opened', 'judging', 'award', 'standstill', 'challenged', 'in_force', 'closed', 'cancelled', 'archived')", name=op.f('ck_round_state')),
    sa.CheckConstraint("state IN ('set_up','sign_on','demand','demand_locked','ready','cancelled','archived') OR (frozen_hash IS NOT NULL AND published_at IS NOT NULL AND tender_deadline IS NOT NULL)", name=op.f('ck_round_published_facts')),
    sa.CheckConstraint('value_maximum IS NULL OR value_estimated IS NULL OR value_maximum >= value_estimated', name=op.f('ck_round_max')),
    sa.ForeignKeyConstraint(['copied_from_id'], ['round.id'], name=op.f('fk_round_copied_from_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_round_created_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_round_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_round')),
    sa.UniqueConstraint('public_id', name=op.f('uq_round_public_id'))
    )
    with op.batch_alter_table('round', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_round_organisation_id'), ['organisation_id'], unique=False)

    op.create_table('stored_file',
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False, comment='the name as sent'),
    sa.Column('purpose', sa.String(length=30), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_stored_file_created_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_stored_file_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stored_file')),
    sa.UniqueConstraint('public_id', name=op.f('uq_stored_file_public_id'))
    )
    with op.batch_alter_table('stored_file', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stored_file_sha256'), ['sha256'], unique=False)

    op.create_table('user_session',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=True),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('last_seen_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('expires_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('ended_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('second_factor_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('user_agent', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_user_session_organisation_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_user_session_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_session')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_user_session_token_hash'))
    )
    with op.batch_alter_table('user_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_user_session_user_id'), ['user_id'], unique=False)

    op.create_table('appointment',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('withdrawn_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("role IN ('opener', 'evaluator', 'chair')", name=op.f('ck_appointment_role')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_appointment_created_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_appointment_organisation_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_appointment_round_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_appointment_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_appointment')),
    sa.UniqueConstraint('public_id', name=op.f('uq_appointment_public_id')),
    sa.UniqueConstraint('round_id', 'user_id', 'role', name=op.f('uq_appointment_round_id_user_id_role'))
    )
    with op.batch_alter_table('appointment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_appointment_round_id'), ['round_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_appointment_user_id'), ['user_id'], unique=False)

    op.create_table('clause',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('place', sa.String(length=20), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('notice_reference', sa.String(length=100), nullable=False, comment='where the notice refers to it'),
    sa.Column('parameters', sa.JSON(), nullable=False, comment='penalty rate, weeks, days'),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("place IN ('selection', 'specification', 'award', 'performance')", name=op.f('ck_clause_place')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_clause_created_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_clause_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clause')),
    sa.UniqueConstraint('public_id', name=op.f('uq_clause_public_id')),
    sa.UniqueConstraint('round_id', 'key', name=op.f('uq_clause_round_id_key'))
    )
    with op.batch_alter_table('clause', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_clause_round_id'), ['round_id'], unique=False)

    op.create_table('eligibility_snapshot',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_eligibility_snapshot_organisation_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_eligibility_snapshot_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_eligibility_snapshot'))
    )
    with op.batch_alter_table('eligibility_snapshot', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_eligibility_snapshot_round_id'), ['round_id'], unique=False)

    op.create_table('lot',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('cpv_code', sa.String(length=10), nullable=False),
    sa.Column('unit', sa.String(length=20), nullable=False),
    sa.Column('categories', sa.JSON(), nullable=False),
    sa.Column('spec_tiers', sa.JSON(), nullable=False),
    sa.Column('years', sa.Integer(), nullable=False, comment='contract years that demand is declared for'),
    sa.Column('qty_estimated', sa.Integer(), nullable=True),
    sa.Column('qty_maximum', sa.Integer(), nullable=True),
    sa.Column('value_estimated', models.base.Fixed(), nullable=True),
    sa.Column('value_maximum', models.base.Fixed(), nullable=True),
    sa.Column('estimate_motive', sa.Text(), nullable=False, comment='why estimated differs from the pooled demand'),
    sa.Column('call_off_route', sa.String(length=20), nullable=True),
    sa.Column('required_components', sa.JSON(), nullable=False, comment='component types asked for'),
    sa.Column('asked_tiers', sa.Integer(), nullable=False, comment='deepest tier asked: 1 assembly, 2 component, 3 sub'),
    sa.Column('minerals', sa.JSON(), nullable=False),
    sa.Column('asks_mines', sa.Boolean(), nullable=False),
    sa.Column('product_subset', sa.String(length=200), nullable=False, comment='which products the disclosure covers'),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("call_off_route IS NULL OR call_off_route IN ('direct', 'desktop', 'mini_competition')", name=op.f('ck_lot_call_off_route')),
    sa.CheckConstraint('qty_estimated IS NULL OR qty_estimated > 0', name=op.f('ck_lot_qty_estimated')),
    sa.CheckConstraint('qty_maximum IS NULL OR qty_maximum >= COALESCE(qty_estimated, 1)', name=op.f('ck_lot_qty_maximum')),
    sa.CheckConstraint('value_estimated IS NULL OR value_estimated > 0', name=op.f('ck_lot_value_estimated')),
    sa.CheckConstraint('value_maximum IS NULL OR value_maximum >= COALESCE(value_estimated, 1)', name=op.f('ck_lot_value_maximum')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_lot_created_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_lot_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lot')),
    sa.UniqueConstraint('public_id', name=op.f('uq_lot_public_id')),
    sa.UniqueConstraint('round_id', 'code', name=op.f('uq_lot_round_id_code'))
    )
    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_lot_round_id'), ['round_id'], unique=False)

    op.create_table('mail',
    sa.Column('recipient', sa.String(length=254), nullable=False),
    sa.Column('language', sa.String(length=5), nullable=False),
    sa.Column('template', sa.String(length=60), nullable=False),
    sa.Column('params', sa.JSON(), nullable=False),
    sa.Column('secret', sa.String(length=500), nullable=False, comment='link with a token; wiped once sent'),
    sa.Column('round_id', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_try_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('sent_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('error', sa.String(length=300), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'sent', 'failed', 'dropped')", name=op.f('ck_mail_state')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_mail_created_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_mail_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail')),
    sa.UniqueConstraint('public_id', name=op.f('uq_mail_public_id'))
    )
    op.create_table('member_class',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_member_class_created_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_member_class_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_member_class')),
    sa.UniqueConstraint('public_id', name=op.f('uq_member_class_public_id')),
    sa.UniqueConstraint('round_id', 'name', name=op.f('uq_member_class_round_id_name'))
    )
    with op.batch_alter_table('member_class', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_member_class_round_id'), ['round_id'], unique=False)

    op.create_table('one_use_link',
    sa.Column('purpose', sa.String(length=20), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('organisation_id', sa.Integer(), nullable=True),
    sa.Column('role', sa.String(length=20), nullable=True),
    sa.Column('round_id', sa.Integer(), nullable=True),
    sa.Column('expires_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('used_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('revoked_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("purpose IN ('invitation', 'password_reset')", name=op.f('ck_one_use_link_purpose')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_one_use_link_created_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_one_use_link_organisation_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_one_use_link_round_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_one_use_link_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_one_use_link')),
    sa.UniqueConstraint('public_id', name=op.f('uq_one_use_link_public_id')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_one_use_link_token_hash'))
    )
    with op.batch_alter_table('one_use_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_one_use_link_email'), ['email'], unique=False)

    op.create_table('opening',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('window_ends_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('opened_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('record', sa.JSON(), nullable=False),
    sa.Column('record_text', sa.Text(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_opening_created_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_opening_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_opening')),
    sa.UniqueConstraint('public_id', name=op.f('uq_opening_public_id'))
    )
    with op.batch_alter_table('opening', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_opening_round_id'), ['round_id'], unique=False)

    op.create_table('pool_snapshot',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('figures', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_pool_snapshot_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pool_snapshot'))
    )
    with op.batch_alter_table('pool_snapshot', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_pool_snapshot_round_id'), ['round_id'], unique=False)

    op.create_table('proposal',
    sa.Column('entity', sa.String(length=30), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=True),
    sa.Column('act', sa.String(length=40), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('motive', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('proposed_by_id', sa.Integer(), nullable=False),
    sa.Column('proposed_org_id', sa.Integer(), nullable=True),
    sa.Column('expires_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('confirmed_by_id', sa.Integer(), nullable=True),
    sa.Column('confirmed_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("state IN ('open', 'confirmed', 'lapsed', 'withdrawn')", name=op.f('ck_proposal_state')),
    sa.CheckConstraint('confirmed_by_id IS NULL OR confirmed_by_id <> proposed_by_id', name=op.f('ck_proposal_two_persons')),
    sa.ForeignKeyConstraint(['confirmed_by_id'], ['user.id'], name=op.f('fk_proposal_confirmed_by_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_proposal_created_by_id')),
    sa.ForeignKeyConstraint(['proposed_by_id'], ['user.id'], name=op.f('fk_proposal_proposed_by_id')),
    sa.ForeignKeyConstraint(['proposed_org_id'], ['organisation.id'], name=op.f('fk_proposal_proposed_org_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_proposal_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_proposal')),
    sa.UniqueConstraint('public_id', name=op.f('uq_proposal_public_id'))
    )
    with op.batch_alter_table('proposal', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_proposal_round_id'), ['round_id'], unique=False)
        batch_op.create_index('uq_proposal_open', ['entity', 'subject_id', 'act'], unique=True, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))

    op.create_table('sign_on',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('eligibility_basis', sa.String(length=30), nullable=False),
    sa.Column('class_name', sa.String(length=200), nullable=False),
    sa.Column('invited_basis', sa.String(length=30), nullable=True, comment='blank where the body applied'),
    sa.Column('invited_class', sa.String(length=200), nullable=False),
    sa.Column('contact_email', sa.String(length=254), nullable=False, comment='first person of a new body, until the invitation has left'),
    sa.Column('class_proof_id', sa.Integer(), nullable=True),
    sa.Column('affiliated_via_id', sa.Integer(), nullable=True),
    sa.Column('mandate_type', sa.String(length=30), nullable=True),
    sa.Column('mandate_file_id', sa.Integer(), nullable=True),
    sa.Column('mandate_submitted_by_id', sa.Integer(), nullable=True),
    sa.Column('mandate_submitted_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('signed_by_name', sa.String(length=200), nullable=False),
    sa.Column('signed_by_title', sa.String(length=200), nullable=False),
    sa.Column('signed_on', sa.Date(), nullable=True),
    sa.Column('statement', sa.Text(), nullable=False, comment='the statement as it was signed'),
    sa.Column('liaison_name', sa.String(length=200), nullable=False),
    sa.Column('liaison_email', sa.String(length=254), nullable=False),
    sa.Column('clause_commitment', sa.Boolean(), nullable=False),
    sa.Column('data_agreement_signed_on', sa.Date(), nullable=True),
    sa.Column('in_scope_spend_annual', models.base.Fixed(), nullable=True, comment='blank = unknown'),
    sa.Column('fee_rule', sa.String(length=20), nullable=False),
    sa.Column('fee_amount', models.base.Fixed(), nullable=True, comment='where fixed yearly'),
    sa.Column('fee_paid_on', sa.Date(), nullable=True),
    sa.Column('call_off_registered_on', sa.Date(), nullable=True),
    sa.Column('confirmed_by_id', sa.Integer(), nullable=True),
    sa.Column('confirmed_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('reason', sa.String(length=1000), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("eligibility_basis IN ('named_in_notice', 'class_in_notice', 'consortium_membership', 'cpb_client', 'open_framework_reopening')", name=op.f('ck_sign_on_eligibility_basis')),
    sa.CheckConstraint("fee_rule IN ('none', 'fixed_yearly', 'pct_of_call_off')", name=op.f('ck_sign_on_fee_rule')),
    sa.CheckConstraint("invited_basis IS NULL OR invited_basis IN ('named_in_notice', 'class_in_notice', 'consortium_membership', 'cpb_client', 'open_framework_reopening')", name=op.f('ck_sign_on_invited_basis')),
    sa.CheckConstraint("mandate_type IS NULL OR mandate_type IN ('cpb', 'occasional_joint_full', 'occasional_joint_part')", name=op.f('ck_sign_on_mandate_type')),
    sa.CheckConstraint("state IN ('invited', 'interested', 'mandate_pending', 'confirmed', 'active', 'suspended', 'left', 'refused')", name=op.f('ck_sign_on_state')),
    sa.CheckConstraint("state NOT IN ('confirmed','active') OR clause_commitment", name=op.f('ck_sign_on_commitment')),
    sa.CheckConstraint("state NOT IN ('mandate_pending','confirmed','active','suspended') OR (mandate_file_id IS NOT NULL AND signed_by_name <> '' AND signed_on IS NOT NULL)", name=op.f('ck_sign_on_mandate_facts')),
    sa.ForeignKeyConstraint(['affiliated_via_id'], ['organisation.id'], name=op.f('fk_sign_on_affiliated_via_id')),
    sa.ForeignKeyConstraint(['class_proof_id'], ['stored_file.id'], name=op.f('fk_sign_on_class_proof_id')),
    sa.ForeignKeyConstraint(['confirmed_by_id'], ['user.id'], name=op.f('fk_sign_on_confirmed_by_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_sign_on_created_by_id')),
    sa.ForeignKeyConstraint(['mandate_file_id'], ['stored_file.id'], name=op.f('fk_sign_on_mandate_file_id')),
    sa.ForeignKeyConstraint(['mandate_submitted_by_id'], ['user.id'], name=op.f('fk_sign_on_mandate_submitted_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_sign_on_organisation_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_sign_on_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_on')),
    sa.UniqueConstraint('public_id', name=op.f('uq_sign_on_public_id'))
    )
    with op.batch_alter_table('sign_on', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sign_on_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_sign_on_round_id'), ['round_id'], unique=False)
        batch_op.create_index('uq_sign_on_current', ['round_id', 'organisation_id'], unique=True, sqlite_where=sa.text("state NOT IN ('left','refused')"), postgresql_where=sa.text("state NOT IN ('left','refused')"))

    op.create_table('submission',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('supplier_id', sa.Integer(), nullable=False),
    sa.Column('version_no', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('file_id', sa.Integer(), nullable=False),
    sa.Column('job_id', sa.Integer(), nullable=True),
    sa.Column('receipt_seq', sa.Integer(), nullable=False),
    sa.Column('receipt_number', sa.String(length=20), nullable=False),
    sa.Column('first_byte_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('received_at', models.base.Instant(timezone=True), nullable=False, comment='read once, under the lock'),
    sa.Column('late_by_seconds', sa.Integer(), nullable=True),
    sa.Column('format', sa.String(length=40), nullable=False),
    sa.Column('verdict', sa.String(length=20), nullable=False, comment='countable, blocked or refused; blank = not read'),
    sa.Column('refusal_key', sa.String(length=60), nullable=False),
    sa.Column('sheets', sa.JSON(), nullable=False, comment='name, rows in, stored, listed of each sheet'),
    sa.Column('mapping', sa.JSON(), nullable=False, comment='columns as understood'),
    sa.Column('rows_in', sa.Integer(), nullable=True),
    sa.Column('rows_stored', sa.Integer(), nullable=True),
    sa.Column('rows_listed', sa.Integer(), nullable=True),
    sa.Column('issue_count', sa.Integer(), nullable=True),
    sa.Column('issue_counts', sa.JSON(), nullable=False, comment='issues by severity, also those too many to be kept one by one'),
    sa.Column('seconds', sa.Integer(), nullable=True, comment='milliseconds of reading and checking'),
    sa.Column('checked_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('counted_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('withdrawn_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('opened_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=False, comment='why lapsed or excluded'),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("state <> 'counted' OR counted_at IS NOT NULL", name=op.f('ck_submission_counted_facts')),
    sa.CheckConstraint("state IN ('staged', 'refused', 'checked', 'counted', 'replaced', 'withdrawn', 'lapsed', 'late', 'opened', 'clarification_asked', 'in_review', 'scored', 'excluded')", name=op.f('ck_submission_state')),
    sa.CheckConstraint("state NOT IN ('opened','clarification_asked','in_review','scored','excluded') OR opened_at IS NOT NULL", name=op.f('ck_submission_opened_facts')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_submission_created_by_id')),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_submission_file_id')),
    sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_submission_job_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_submission_round_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['organisation.id'], name=op.f('fk_submission_supplier_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_submission')),
    sa.UniqueConstraint('public_id', name=op.f('uq_submission_public_id')),
    sa.UniqueConstraint('receipt_number', name=op.f('uq_submission_receipt_number')),
    sa.UniqueConstraint('receipt_seq', name=op.f('uq_submission_receipt_seq')),
    sa.UniqueConstraint('round_id', 'supplier_id', 'version_no', name=op.f('uq_submission_round_id_supplier_id_version_no'))
    )
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.create_index('ix_submission_round_state', ['round_id', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_submission_supplier_id'), ['supplier_id'], unique=False)
        batch_op.create_index('uq_submission_counted', ['round_id', 'supplier_id'], unique=True, sqlite_where=sa.text("state IN ('counted','opened','clarification_asked','in_review','scored')"), postgresql_where=sa.text("state IN ('counted','opened','clarification_asked','in_review','scored')"))

    op.create_table('supplier_invitation',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_supplier_invitation_created_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_supplier_invitation_organisation_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_supplier_invitation_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supplier_invitation')),
    sa.UniqueConstraint('public_id', name=op.f('uq_supplier_invitation_public_id')),
    sa.UniqueConstraint('round_id', 'organisation_id', name=op.f('uq_supplier_invitation_round_id_organisation_id'))
    )
    with op.batch_alter_table('supplier_invitation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_supplier_invitation_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_supplier_invitation_round_id'), ['round_id'], unique=False)

    op.create_table('chain_build',
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('products', sa.Integer(), nullable=False),
    sa.Column('mentions', sa.Integer(), nullable=False),
    sa.Column('links', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_chain_build_submission_id')),
    sa.PrimaryKeyConstraint('submission_id', name=op.f('pk_chain_build'))
    )
    op.create_table('criterion',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=True, comment='blank = every lot'),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('place', sa.String(length=20), nullable=False),
    sa.Column('weight', models.base.Fixed(), nullable=True),
    sa.Column('formula', sa.String(length=40), nullable=False),
    sa.Column('parameters', sa.JSON(), nullable=False),
    sa.Column('is_label', sa.Boolean(), nullable=False),
    sa.Column('equivalent_path', sa.Text(), nullable=False, comment='or-equivalent path of a label (law L12)'),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(place = 'award') = (weight IS NOT NULL)", name=op.f('ck_criterion_weight_fits_place')),
    sa.CheckConstraint("place IN ('selection', 'specification', 'award', 'performance')", name=op.f('ck_criterion_place')),
    sa.CheckConstraint('weight IS NULL OR (weight > 0 AND weight <= 10000)', name=op.f('ck_criterion_weight')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_criterion_created_by_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_criterion_lot_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_criterion_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_criterion')),
    sa.UniqueConstraint('public_id', name=op.f('uq_criterion_public_id'))
    )
    with op.batch_alter_table('criterion', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_criterion_round_id'), ['round_id'], unique=False)

    op.create_table('demand',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('version_no', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('baseline_source', sa.String(length=20), nullable=False),
    sa.Column('note', sa.String(length=2000), nullable=False),
    sa.Column('submitted_by_id', sa.Integer(), nullable=True),
    sa.Column('submitted_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('approved_by_id', sa.Integer(), nullable=True),
    sa.Column('approved_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('accepted_by_id', sa.Integer(), nullable=True),
    sa.Column('accepted_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('source_upload_id', sa.Integer(), nullable=True),
    sa.Column('prefilled_from_id', sa.Integer(), nullable=True),
    sa.Column('edited_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('returned_at', models.base.Instant(timezone=True), nullable=True, comment='handed in once, and back in draft'),
    sa.Column('return_motive', sa.String(length=1000), nullable=False, comment='of the lead; blank where recalled'),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("baseline_source IN ('erp', 'reseller_report', 'estimate', 'none')", name=op.f('ck_demand_baseline_source')),
    sa.CheckConstraint("state IN ('draft', 'submitted', 'accepted', 'locked', 'withdrawn', 'lapsed', 'superseded')", name=op.f('ck_demand_state')),
    sa.CheckConstraint('approved_by_id IS NULL OR approved_at IS NOT NULL', name=op.f('ck_demand_approved_facts')),
    sa.ForeignKeyConstraint(['accepted_by_id'], ['user.id'], name=op.f('fk_demand_accepted_by_id')),
    sa.ForeignKeyConstraint(['approved_by_id'], ['user.id'], name=op.f('fk_demand_approved_by_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_demand_created_by_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_demand_lot_id')),
    sa.ForeignKeyConstraint(['member_id'], ['organisation.id'], name=op.f('fk_demand_member_id')),
    sa.ForeignKeyConstraint(['prefilled_from_id'], ['demand.id'], name=op.f('fk_demand_prefilled_from_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_demand_round_id')),
    sa.ForeignKeyConstraint(['source_upload_id'], ['stored_file.id'], name=op.f('fk_demand_source_upload_id')),
    sa.ForeignKeyConstraint(['submitted_by_id'], ['user.id'], name=op.f('fk_demand_submitted_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_demand')),
    sa.UniqueConstraint('lot_id', 'member_id', 'version_no', name=op.f('uq_demand_lot_id_member_id_version_no')),
    sa.UniqueConstraint('public_id', name=op.f('uq_demand_public_id'))
    )
    with op.batch_alter_table('demand', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_demand_lot_id'), ['lot_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_demand_member_id'), ['member_id'], unique=False)
        batch_op.create_index('ix_demand_round_state', ['round_id', 'state'], unique=False)
        batch_op.create_index('uq_demand_accepted', ['lot_id', 'member_id'], unique=True, sqlite_where=sa.text("state = 'accepted'"), postgresql_where=sa.text("state = 'accepted'"))
        batch_op.create_index('uq_demand_locked', ['lot_id', 'member_id'], unique=True, sqlite_where=sa.text("state = 'locked'"), postgresql_where=sa.text("state = 'locked'"))

    op.create_table('lot_figures',
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('brand', sa.String(length=120), nullable=False),
    sa.Column('figures', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_lot_figures_lot_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_lot_figures_submission_id')),
    sa.PrimaryKeyConstraint('submission_id', 'lot_id', 'brand', name=op.f('pk_lot_figures'))
    )
    with op.batch_alter_table('lot_figures', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_lot_figures_lot_id'), ['lot_id'], unique=False)

    op.create_table('opening_confirmation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('opening_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('session_ref', sa.String(length=64), nullable=False),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['opening_id'], ['opening.id'], name=op.f('fk_opening_confirmation_opening_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_opening_confirmation_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_opening_confirmation')),
    sa.UniqueConstraint('opening_id', 'session_ref', name=op.f('uq_opening_confirmation_opening_id_session_ref')),
    sa.UniqueConstraint('opening_id', 'user_id', name=op.f('uq_opening_confirmation_opening_id_user_id'))
    )
    op.create_table('shared_site',
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('site_id', sa.Integer(), nullable=False),
    sa.Column('audience', sa.String(length=10), nullable=False),
    sa.Column('suppliers', sa.Integer(), nullable=False, comment='that name it in any way'),
    sa.Column('linked_suppliers', sa.Integer(), nullable=False, comment='that tie it to a model of the lot'),
    sa.Column('products', sa.Integer(), nullable=False),
    sa.Column('categories', sa.JSON(), nullable=False),
    sa.CheckConstraint("audience IN ('all', 'linked', 'open')", name=op.f('ck_shared_site_audience')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_shared_site_lot_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_shared_site_site_id')),
    sa.PrimaryKeyConstraint('lot_id', 'site_id', 'audience', name=op.f('pk_shared_site'))
    )
    with op.batch_alter_table('shared_site', schema=None) as batch_op:
        batch_op.create_index('ix_shared_site_rank', ['lot_id', 'audience', 'suppliers'], unique=False)

    op.create_table('submission_issue',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('cause', sa.String(length=80), nullable=False),
    sa.Column('severity', sa.String(length=10), nullable=False),
    sa.Column('sheet', sa.String(length=100), nullable=False),
    sa.Column('row', sa.Integer(), nullable=True),
    sa.Column('column', sa.String(length=100), nullable=False),
    sa.Column('value', sa.String(length=200), nullable=False),
    sa.Column('params', sa.JSON(), nullable=False),
    sa.CheckConstraint("severity IN ('block', 'error', 'warning', 'note')", name=op.f('ck_submission_issue_severity')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_submission_issue_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_submission_issue'))
    )
    with op.batch_alter_table('submission_issue', schema=None) as batch_op:
        batch_op.create_index('ix_submission_issue_submission', ['submission_id', 'position'], unique=False)

    op.create_table('submission_row',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('sheet', sa.String(length=100), nullable=False),
    sa.Column('row', sa.Integer(), nullable=False),
    sa.Column('read_values', sa.JSON(), nullable=False, comment='column name to the value as understood'),
    sa.Column('found', sa.JSON(), nullable=False, comment='value as found, where it differs'),
    sa.Column('listed_reason', sa.String(length=80), nullable=False, comment='issue key; blank = stored'),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_submission_row_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_submission_row'))
    )
    with op.batch_alter_table('submission_row', schema=None) as batch_op:
        batch_op.create_index('ix_submission_row_place', ['submission_id', 'sheet', 'row'], unique=False)

    op.create_table('demand_line',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('demand_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('category', sa.String(length=20), nullable=False),
    sa.Column('spec_tier', sa.String(length=40), nullable=False),
    sa.Column('year_no', sa.Integer(), nullable=False),
    sa.Column('delivery_country', sa.String(length=2), nullable=False),
    sa.Column('qty_firm', sa.Integer(), nullable=True),
    sa.Column('qty_expected', sa.Integer(), nullable=True),
    sa.Column('qty_max', sa.Integer(), nullable=True),
    sa.Column('value_expected', models.base.Fixed(), nullable=True, comment='net, blank = unknown'),
    sa.Column('baseline_qty', sa.Integer(), nullable=True),
    sa.Column('certainty', sa.String(length=20), nullable=False),
    sa.Column('current_supplier_end', sa.Date(), nullable=True),
    sa.Column('delivery_profile', sa.String(length=200), nullable=False),
    sa.Column('not_known_reason', sa.String(length=200), nullable=False),
    sa.Column('source_sheet', sa.String(length=100), nullable=False),
    sa.Column('source_row', sa.Integer(), nullable=True),
    sa.CheckConstraint("(qty_firm IS NULL AND qty_expected IS NULL AND qty_max IS NULL AND not_known_reason <> '') OR (qty_firm IS NOT NULL AND qty_expected IS NOT NULL AND qty_max IS NOT NULL)", name=op.f('ck_demand_line_known_or_reasoned')),
    sa.CheckConstraint("certainty IN ('budgeted', 'planned', 'indicative')", name=op.f('ck_demand_line_certainty')),
    sa.CheckConstraint('qty_expected IS NULL OR qty_expected >= COALESCE(qty_firm, 0)', name=op.f('ck_demand_line_expected')),
    sa.CheckConstraint('qty_firm IS NULL OR qty_firm >= 0', name=op.f('ck_demand_line_firm')),
    sa.CheckConstraint('qty_max IS NULL OR qty_max >= COALESCE(qty_expected, 0)', name=op.f('ck_demand_line_max')),
    sa.CheckConstraint('value_expected IS NULL OR value_expected >= 0', name=op.f('ck_demand_line_value')),
    sa.CheckConstraint('year_no >= 1', name=op.f('ck_demand_line_year_no')),
    sa.ForeignKeyConstraint(['demand_id'], ['demand.id'], name=op.f('fk_demand_line_demand_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_demand_line')),
    sa.UniqueConstraint('demand_id', 'category', 'spec_tier', 'year_no', 'delivery_country', name=op.f('uq_demand_line_demand_id_category_spec_tier_year_no_delivery_country'))
    )
    with op.batch_alter_table('demand_line', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_demand_line_demand_id'), ['demand_id'], unique=False)

    op.create_table('due_diligence',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('row_id', sa.Integer(), nullable=False),
    sa.Column('requirement', sa.String(length=40), nullable=False),
    sa.Column('self_score', sa.String(length=10), nullable=False),
    sa.Column('document_name', sa.String(length=200), nullable=False),
    sa.Column('document_date', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['row_id'], ['submission_row.id'], name=op.f('fk_due_diligence_row_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_due_diligence_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_due_diligence'))
    )
    with op.batch_alter_table('due_diligence', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_due_diligence_submission_id'), ['submission_id'], unique=False)

    op.create_table('mention',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('row_id', sa.Integer(), nullable=False),
    sa.Column('site_id', sa.Integer(), nullable=True, comment='blank = too imprecise'),
    sa.Column('site_ref', sa.String(length=60), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('address', sa.String(length=400), nullable=False),
    sa.Column('city', sa.String(length=120), nullable=False),
    sa.Column('region', sa.String(length=120), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('parent_company', sa.String(length=200), nullable=False),
    sa.Column('facility_type', sa.String(length=30), nullable=False),
    sa.Column('precision', sa.String(length=10), nullable=False),
    sa.Column('company_wide', sa.Boolean(), nullable=False),
    sa.Column('confidentiality', sa.String(length=20), nullable=False),
    sa.Column('os_id', sa.String(length=20), nullable=False),
    sa.CheckConstraint("precision IN ('site', 'zone', 'city', 'region', 'country', 'name_only')", name=op.f('ck_mention_precision')),
    sa.ForeignKeyConstraint(['row_id'], ['submission_row.id'], name=op.f('fk_mention_row_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_mention_site_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_mention_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mention'))
    )
    with op.batch_alter_table('mention', schema=None) as batch_op:
        batch_op.create_index('ix_mention_site', ['site_id', 'submission_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_mention_submission_id'), ['submission_id'], unique=False)

    op.create_table('product',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('row_id', sa.Integer(), nullable=False),
    sa.Column('lot_id', sa.Integer(), nullable=False),
    sa.Column('product_ref', sa.String(length=40), nullable=False),
    sa.Column('brand', sa.String(length=120), nullable=False),
    sa.Column('model_name', sa.String(length=200), nullable=False),
    sa.Column('category', sa.String(length=20), nullable=False),
    sa.Column('spec_tier', sa.String(length=40), nullable=False),
    sa.Column('final_country', sa.String(length=2), nullable=False),
    sa.Column('offered_share', models.base.Fixed(), nullable=True),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_product_lot_id')),
    sa.ForeignKeyConstraint(['row_id'], ['submission_row.id'], name=op.f('fk_product_row_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_product_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_product'))
    )
    with op.batch_alter_table('product', schema=None) as batch_op:
        batch_op.create_index('ix_product_lot', ['lot_id', 'submission_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_product_submission_id'), ['submission_id'], unique=False)

    op.create_table('component',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('row_id', sa.Integer(), nullable=True, comment='blank = made by us (D13)'),
    sa.Column('product_id', sa.Integer(), nullable=False),
    sa.Column('component_ref', sa.String(length=60), nullable=False),
    sa.Column('component_type', sa.String(length=30), nullable=False),
    sa.Column('tier', sa.Integer(), nullable=False),
    sa.Column('required', sa.Boolean(), nullable=False),
    sa.Column('not_disclosed_reason', sa.String(length=30), nullable=False),
    sa.Column('not_disclosed_evidence', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_component_product_id')),
    sa.ForeignKeyConstraint(['row_id'], ['submission_row.id'], name=op.f('fk_component_row_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_component_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_component'))
    )
    with op.batch_alter_table('component', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_component_product_id'), ['product_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_component_submission_id'), ['submission_id'], unique=False)

    op.create_table('site_audit',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('row_id', sa.Integer(), nullable=False),
    sa.Column('mention_id', sa.Integer(), nullable=False),
    sa.Column('scheme', sa.String(length=20), nullable=False),
    sa.Column('audit_type', sa.String(length=20), nullable=False),
    sa.Column('score', models.base.Fixed(), nullable=True),
    sa.Column('score_max', sa.Integer(), nullable=True),
    sa.Column('audit_date', sa.Date(), nullable=True),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('auditor_body', sa.String(length=200), nullable=False),
    sa.Column('report_shared', sa.String(length=20), nullable=False),
    sa.ForeignKeyConstraint(['mention_id'], ['mention.id'], name=op.f('fk_site_audit_mention_id')),
    sa.ForeignKeyConstraint(['row_id'], ['submission_row.id'], name=op.f('fk_site_audit_row_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_site_audit_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_site_audit'))
    )
    with op.batch_alter_table('site_audit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_site_audit_mention_id'), ['mention_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_site_audit_submission_id'), ['submission_id'], unique=False)

    op.create_table('smelter_mention',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('row_id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=True, comment='blank = the whole company'),
    sa.Column('mineral', sa.String(length=60), nullable=False),
    sa.Column('smelter_id', sa.String(length=20), nullable=False),
    sa.Column('smelter_name', sa.String(length=200), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('city', sa.String(length=120), nullable=False),
    sa.Column('rmap_status', sa.String(length=20), nullable=False),
    sa.Column('not_disclosed_reason', sa.String(length=30), nullable=False),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_smelter_mention_product_id')),
    sa.ForeignKeyConstraint(['row_id'], ['submission_row.id'], name=op.f('fk_smelter_mention_row_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_smelter_mention_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_smelter_mention'))
    )
    with op.batch_alter_table('smelter_mention', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_smelter_mention_submission_id'), ['submission_id'], unique=False)

    op.create_table('link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('row_id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=False),
    sa.Column('component_id', sa.Integer(), nullable=False),
    sa.Column('mention_id', sa.Integer(), nullable=False),
    sa.Column('share', models.base.Fixed(), nullable=True, comment='blank = not told'),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['component_id'], ['component.id'], name=op.f('fk_link_component_id')),
    sa.ForeignKeyConstraint(['mention_id'], ['mention.id'], name=op.f('fk_link_mention_id')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_link_product_id')),
    sa.ForeignKeyConstraint(['row_id'], ['submission_row.id'], name=op.f('fk_link_row_id')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_link_submission_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_link'))
    )
    with op.batch_alter_table('link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_link_component_id'), ['component_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_link_mention_id'), ['mention_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_link_product_id'), ['product_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_link_submission_id'), ['submission_id'], unique=False)

    for statement in audit_ddl.protect(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Take back."""
    for statement in audit_ddl.unprotect(op.get_bind().dialect.name):
        op.execute(statement)

    with op.batch_alter_table('link', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_link_submission_id'))
        batch_op.drop_index(batch_op.f('ix_link_product_id'))
        batch_op.drop_index(batch_op.f('ix_link_mention_id'))
        batch_op.drop_index(batch_op.f('ix_link_component_id'))

    op.drop_table('link')
    with op.batch_alter_table('smelter_mention', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_smelter_mention_submission_id'))

    op.drop_table('smelter_mention')
    with op.batch_alter_table('site_audit', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_site_audit_submission_id'))
        batch_op.drop_index(batch_op.f('ix_site_audit_mention_id'))

    op.drop_table('site_audit')
    with op.batch_alter_table('component', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_component_submission_id'))
        batch_op.drop_index(batch_op.f('ix_component_product_id'))

    op.drop_table('component')
    with op.batch_alter_table('product', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_product_submission_id'))
        batch_op.drop_index('ix_product_lot')

    op.drop_table('product')
    with op.batch_alter_table('mention', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mention_submission_id'))
        batch_op.drop_index('ix_mention_site')

    op.drop_table('mention')
    with op.batch_alter_table('due_diligence', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_due_diligence_submission_id'))

    op.drop_table('due_diligence')
    with op.batch_alter_table('demand_line', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_demand_line_demand_id'))

    op.drop_table('demand_line')
    with op.batch_alter_table('submission_row', schema=None) as batch_op:
        batch_op.drop_index('ix_submission_row_place')

    op.drop_table('submission_row')
    with op.batch_alter_table('submission_issue', schema=None) as batch_op:
        batch_op.drop_index('ix_submission_issue_submission')

    op.drop_table('submission_issue')
    with op.batch_alter_table('shared_site', schema=None) as batch_op:
        batch_op.drop_index('ix_shared_site_rank')

    op.drop_table('shared_site')
    op.drop_table('opening_confirmation')
    with op.batch_alter_table('lot_figures', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_lot_figures_lot_id'))

    op.drop_table('lot_figures')
    with op.batch_alter_table('demand', schema=None) as batch_op:
        batch_op.drop_index('uq_demand_locked', sqlite_where=sa.text("state = 'locked'"), postgresql_where=sa.text("state = 'locked'"))
        batch_op.drop_index('uq_demand_accepted', sqlite_where=sa.text("state = 'accepted'"), postgresql_where=sa.text("state = 'accepted'"))
        batch_op.drop_index('ix_demand_round_state')
        batch_op.drop_index(batch_op.f('ix_demand_member_id'))
        batch_op.drop_index(batch_op.f('ix_demand_lot_id'))

    op.drop_table('demand')
    with op.batch_alter_table('criterion', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_criterion_round_id'))

    op.drop_table('criterion')
    op.drop_table('chain_build')
    with op.batch_alter_table('supplier_invitation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_supplier_invitation_round_id'))
        batch_op.drop_index(batch_op.f('ix_supplier_invitation_organisation_id'))

    op.drop_table('supplier_invitation')
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.drop_index('uq_submission_counted', sqlite_where=sa.text("state IN ('counted','opened','clarification_asked','in_review','scored')"), postgresql_where=sa.text("state IN ('counted','opened','clarification_asked','in_review','scored')"))
        batch_op.drop_index(batch_op.f('ix_submission_supplier_id'))
        batch_op.drop_index('ix_submission_round_state')

    op.drop_table('submission')
    with op.batch_alter_table('sign_on', schema=None) as batch_op:
        batch_op.drop_index('uq_sign_on_current', sqlite_where=sa.text("state NOT IN ('left','refused')"), postgresql_where=sa.text("state NOT IN ('left','refused')"))
        batch_op.drop_index(batch_op.f('ix_sign_on_round_id'))
        batch_op.drop_index(batch_op.f('ix_sign_on_organisation_id'))

    op.drop_table('sign_on')
    with op.batch_alter_table('proposal', schema=None) as batch_op:
        batch_op.drop_index('uq_proposal_open', sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))
        batch_op.drop_index(batch_op.f('ix_proposal_round_id'))

    op.drop_table('proposal')
    with op.batch_alter_table('pool_snapshot', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_pool_snapshot_round_id'))

    op.drop_table('pool_snapshot')
    with op.batch_alter_table('opening', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_opening_round_id'))

    op.drop_table('opening')
    with op.batch_alter_table('one_use_link', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_one_use_link_email'))

    op.drop_table('one_use_link')
    with op.batch_alter_table('member_class', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_member_class_round_id'))

    op.drop_table('member_class')
    op.drop_table('mail')
    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_lot_round_id'))

    op.drop_table('lot')
    with op.batch_alter_table('eligibility_snapshot', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_eligibility_snapshot_round_id'))

    op.drop_table('eligibility_snapshot')
    with op.batch_alter_table('clause', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_clause_round_id'))

    op.drop_table('clause')
    with op.batch_alter_table('appointment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_appointment_user_id'))
        batch_op.drop_index(batch_op.f('ix_appointment_round_id'))

    op.drop_table('appointment')
    with op.batch_alter_table('user_session', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_user_session_user_id'))

    op.drop_table('user_session')
    with op.batch_alter_table('stored_file', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_stored_file_sha256'))

    op.drop_table('stored_file')
    with op.batch_alter_table('round', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_round_organisation_id'))

    op.drop_table('round')
    with op.batch_alter_table('role_grant', schema=None) as batch_op:
        batch_op.drop_index('uq_role_grant_current', sqlite_where=sa.text('withdrawn_at IS NULL'), postgresql_where=sa.text('withdrawn_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_role_grant_user_id'))
        batch_op.drop_index(batch_op.f('ix_role_grant_organisation_id'))

    op.drop_table('role_grant')
    with op.batch_alter_table('job', schema=None) as batch_op:
        batch_op.drop_index('ix_job_state_queued_at')

    op.drop_table('job')
    op.drop_table('site')
    with op.batch_alter_table('recovery_code', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_recovery_code_user_id'))

    op.drop_table('recovery_code')
    op.drop_table('outage')
    with op.batch_alter_table('organisation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_organisation_folded_name'))

    op.drop_table('organisation')
    op.drop_table('user')
    with op.batch_alter_table('sign_in_attempt', schema=None) as batch_op:
        batch_op.drop_index('ix_sign_in_attempt_subject_at')

    op.drop_table('sign_in_attempt')
    with op.batch_alter_table('one_time_key', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_one_time_key_at'))

    op.drop_table('one_time_key')
    op.drop_table('counter')
    with op.batch_alter_table('audit_event', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_event_subject')
        batch_op.drop_index('ix_audit_event_round')
        batch_op.drop_index(batch_op.f('ix_audit_event_kind'))

    op.drop_table('audit_event')

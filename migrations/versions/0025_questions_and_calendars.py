"""Questions and their answers, changes of deadlines, dates as calendars know them."""

import datetime as dt

import sqlalchemy as sa
from alembic import op

import models.base

revision = '0025'
down_revision = '0023'
branch_labels = None
depends_on = None

DATES = {
    'signon': 'signon_deadline', 'demand': 'demand_deadline', 'questions': 'questions_until', 'tender': 'tender_deadline',
}


def upgrade() -> None:
    """Apply."""
    op.create_table('calendar_feed',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('revoked_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_calendar_feed_created_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_calendar_feed_organisation_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_calendar_feed_round_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_calendar_feed_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_feed')),
    sa.UniqueConstraint('public_id', name=op.f('uq_calendar_feed_public_id'))
    )
    with op.batch_alter_table('calendar_feed', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_calendar_feed_round_id'), ['round_id'], unique=False)
        batch_op.create_index(
            'uq_calendar_feed_works', ['user_id', 'organisation_id', 'round_id'], unique=True,
            sqlite_where=sa.text('revoked_at IS NULL'), postgresql_where=sa.text('revoked_at IS NULL'),
        )

    op.create_table('deadline_change',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('from_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('to_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('motive', sa.Text(), nullable=False),
    sa.Column('proposer_id', sa.Integer(), nullable=True, comment='blank where one person may move it'),
    sa.Column('outage_id', sa.Integer(), nullable=True),
    sa.Column('reopened', sa.Boolean(), nullable=False, comment='receipt had closed and was opened again'),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('to_at > from_at', name=op.f('ck_deadline_change_later')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_deadline_change_created_by_id')),
    sa.ForeignKeyConstraint(['outage_id'], ['outage.id'], name=op.f('fk_deadline_change_outage_id')),
    sa.ForeignKeyConstraint(['proposer_id'], ['user.id'], name=op.f('fk_deadline_change_proposer_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_deadline_change_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deadline_change')),
    sa.UniqueConstraint('public_id', name=op.f('uq_deadline_change_public_id'))
    )
    with op.batch_alter_table('deadline_change', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deadline_change_round_id'), ['round_id'], unique=False)

    op.create_table('public_answer',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=True, comment='in the round, from 1; blank while never published'),
    sa.Column('question', sa.Text(), nullable=False, comment='draft: the question in the words of the lead'),
    sa.Column('answer', sa.Text(), nullable=False, comment='draft: the answer'),
    sa.Column('discarded_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('number IS NULL OR discarded_at IS NULL', name=op.f('ck_public_answer_published_stays')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_public_answer_created_by_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_public_answer_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_public_answer')),
    sa.UniqueConstraint('public_id', name=op.f('uq_public_answer_public_id')),
    sa.UniqueConstraint('round_id', 'number', name=op.f('uq_public_answer_round_id_number'))
    )
    with op.batch_alter_table('public_answer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_public_answer_round_id'), ['round_id'], unique=False)

    op.create_table('round_date',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('at', models.base.Instant(timezone=True), nullable=False, comment='the last one known, also once it was taken away'),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('is_cancelled', sa.Boolean(), nullable=False),
    sa.CheckConstraint("kind IN ('signon', 'demand', 'questions', 'tender')", name=op.f('ck_round_date_kind')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_round_date_round_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_round_date')),
    sa.UniqueConstraint('round_id', 'kind', name=op.f('uq_round_date_round_id_kind'))
    )
    op.create_table('answer_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_answer_id', sa.Integer(), nullable=False),
    sa.Column('version_no', sa.Integer(), nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False, comment='why it was corrected; blank for the first'),
    sa.Column('published_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('published_by_id', sa.Integer(), nullable=False),
    sa.CheckConstraint("version_no = 1 OR reason <> ''", name=op.f('ck_answer_version_corrected_for_a_reason')),
    sa.ForeignKeyConstraint(['public_answer_id'], ['public_answer.id'], name=op.f('fk_answer_version_public_answer_id')),
    sa.ForeignKeyConstraint(['published_by_id'], ['user.id'], name=op.f('fk_answer_version_published_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_answer_version')),
    sa.UniqueConstraint('public_answer_id', 'version_no', name=op.f('uq_answer_version_public_answer_id_version_no'))
    )
    op.create_table('question',
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('supplier_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('language', sa.String(length=5), nullable=False, comment='in which the page was when it was asked'),
    sa.Column('withdrawn_at', models.base.Instant(timezone=True), nullable=True),
    sa.Column('public_answer_id', sa.Integer(), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('created_at', models.base.Instant(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_question_created_by_id')),
    sa.ForeignKeyConstraint(['public_answer_id'], ['public_answer.id'], name=op.f('fk_question_public_answer_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_question_round_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['organisation.id'], name=op.f('fk_question_supplier_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_question_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_question')),
    sa.UniqueConstraint('public_id', name=op.f('uq_question_public_id'))
    )
    with op.batch_alter_table('question', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_question_public_answer_id'), ['public_answer_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_question_round_id'), ['round_id'], unique=False)
    _fill_dates()
    _fill_changes()


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table('question', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_question_round_id'))
        batch_op.drop_index(batch_op.f('ix_question_public_answer_id'))

    op.drop_table('question')
    op.drop_table('answer_version')
    op.drop_table('round_date')
    with op.batch_alter_table('public_answer', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_public_answer_round_id'))

    op.drop_table('public_answer')
    with op.batch_alter_table('deadline_change', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_deadline_change_round_id'))

    op.drop_table('deadline_change')
    with op.batch_alter_table('calendar_feed', schema=None) as batch_op:
        batch_op.drop_index('uq_calendar_feed_works')
        batch_op.drop_index(batch_op.f('ix_calendar_feed_round_id'))

    op.drop_table('calendar_feed')


def _fill_dates() -> None:
    """Every deadline that rounds have already."""
    instant = models.base.Instant(timezone=True)
    rounds = sa.table('round', sa.column('id'), *(sa.column(name, instant) for name in DATES.values()))
    dates = sa.table(
        'round_date', sa.column('round_id'), sa.column('kind'), sa.column('at', instant), sa.column('sequence'),
        sa.column('is_cancelled', sa.Boolean),
    )
    found = [
        {'round_id': row['id'], 'kind': kind, 'at': row[name], 'sequence': 0, 'is_cancelled': False}
        for row in op.get_bind().execute(sa.select(rounds)).mappings().all()
        for kind, name in DATES.items()
        if row[name] is not None
    ]
    if found:
        op.bulk_insert(dates, found)


def _fill_changes() -> None:
    """The changes of deadlines that the record knows."""
    instant = models.base.Instant(timezone=True)
    events = sa.table(
        'audit_event', sa.column('seq'), sa.column('kind'), sa.column('round_id'), sa.column('actor_id'),
        sa.column('at', instant), sa.column('outcome'), sa.column('data', sa.JSON),
    )
    changes = sa.table(
        'deadline_change', sa.column('round_id'), sa.column('from_at', instant), sa.column('to_at', instant),
        sa.column('motive'), sa.column('proposer_id'), sa.column('reopened', sa.Boolean), sa.column('public_id'),
        sa.column('created_at', instant), sa.column('version'), sa.column('created_by_id'),
    )
    query = sa.select(events).where(events.c.kind == 'round.move_deadline', events.c.outcome == 'done')
    found = [
        {
            'round_id': row['round_id'],
            'from_at': dt.datetime.fromisoformat(row['data']['from']),
            'to_at': dt.datetime.fromisoformat(row['data']['to']),
            'motive': row['data']['motive'],
            'proposer_id': row['data']['proposer'],
            'reopened': False,
            'public_id': models.base.random_id(),
            'created_at': row['at'],
            'version': 1,
            'created_by_id': row['actor_id'],
        }
        for row in op.get_bind().execute(query.order_by(events.c.seq)).mappings().all()
    ]
    if found:
        op.bulk_insert(changes, found)

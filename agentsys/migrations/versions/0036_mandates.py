"""Keep mandates, the debits that they allow, and the notices that debits need.

Revision ID: 0036
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade():
    """Add the tables."""
    op.create_table('debit_runs',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('office_id', sa.BigInteger(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('planned', sa.BigInteger(), nullable=False),
    sa.Column('planned_idr', sa.BigInteger(), nullable=False),
    sa.Column('begun_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('charged', sa.BigInteger(), nullable=False),
    sa.Column('charged_idr', sa.BigInteger(), nullable=False),
    sa.Column('refused', sa.BigInteger(), nullable=False),
    sa.Column('skipped', sa.BigInteger(), nullable=False),
    sa.Column('unknown', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('closed_at IS NULL OR charged + refused + skipped + unknown = planned', name=op.f('ck_debit_runs_closes')),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_debit_runs_office_id_offices')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_debit_runs')),
    sa.UniqueConstraint('office_id', 'day', name=op.f('uq_debit_runs_office_id_day'))
    )
    op.create_table('mandates',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('reference', sa.String(length=50), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('channel', sa.String(length=30), nullable=False),
    sa.Column('office_id', sa.BigInteger(), nullable=False),
    sa.Column('holder_name', sa.String(length=100), nullable=False),
    sa.Column('phone_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('phone_index', sa.LargeBinary(), nullable=False),
    sa.Column('cap_idr', sa.BigInteger(), nullable=False),
    sa.Column('month_cap_idr', sa.BigInteger(), nullable=False),
    sa.Column('debit_day', sa.BigInteger(), nullable=False),
    sa.Column('consent_text', sa.String(length=20), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('asked_by', sa.BigInteger(), nullable=True),
    sa.Column('asked_from', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('return_url', sa.String(length=500), nullable=False),
    sa.Column('consented_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('consent_evidence', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.Enum('asked', 'pending', 'active', 'suspended', 'unclear', 'ended', name='mandatestate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('end_reason', sa.Enum('revoked_by_payer', 'revoked_by_us', 'not_given', 'expired', 'account_closed', 'replaced', name='mandateend', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('handle', sa.String(length=80), nullable=False),
    sa.Column('consent_url', sa.String(length=500), nullable=False),
    sa.Column('consent_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('paused_until', sa.Date(), nullable=True),
    sa.Column('checks', sa.BigInteger(), nullable=False),
    sa.Column('next_check_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state = 'ended') = (end_reason IS NOT NULL) AND (end_reason IS NULL) = (ended_at IS NULL)", name=op.f('ck_mandates_end_has_reason_and_time')),
    sa.CheckConstraint("state <> 'active' OR consented_at IS NOT NULL", name=op.f('ck_mandates_active_by_consent')),
    sa.CheckConstraint('cap_idr > 0 AND month_cap_idr >= cap_idr', name=op.f('ck_mandates_caps_in_order')),
    sa.CheckConstraint('debit_day BETWEEN 1 AND 28', name=op.f('ck_mandates_day_is_in_every_month')),
    sa.ForeignKeyConstraint(['asked_by'], ['users.id'], name=op.f('fk_mandates_asked_by_users')),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_mandates_office_id_offices')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mandates')),
    sa.UniqueConstraint('key', name=op.f('uq_mandates_key')),
    sa.UniqueConstraint('reference', name=op.f('uq_mandates_reference'))
    )
    op.create_index('ix_mandates_account', 'mandates', ['channel', 'phone_index'], unique=False, postgresql_where=sa.text("state <> 'ended'"))
    op.create_index('ix_mandates_due', 'mandates', ['next_check_at'], unique=False, postgresql_where=sa.text('next_check_at NOTNULL'))
    op.create_index(op.f('ix_mandates_handle'), 'mandates', ['handle'], unique=False)
    op.create_index(op.f('ix_mandates_office_id'), 'mandates', ['office_id'], unique=False)
    op.create_table('mandate_moves',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('mandate_id', sa.BigInteger(), nullable=False),
    sa.Column('from_state', sa.Enum('asked', 'pending', 'active', 'suspended', 'unclear', 'ended', name='from_mandatestate', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.Column('to_state', sa.Enum('asked', 'pending', 'active', 'suspended', 'unclear', 'ended', name='to_mandatestate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by', sa.String(length=40), nullable=False),
    sa.Column('report', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['mandate_id'], ['mandates.id'], name=op.f('fk_mandate_moves_mandate_id_mandates')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mandate_moves'))
    )
    op.create_index(op.f('ix_mandate_moves_mandate_id'), 'mandate_moves', ['mandate_id'], unique=False)
    op.create_table('mandate_workers',
    sa.Column('mandate_id', sa.BigInteger(), nullable=False),
    sa.Column('worker_id', sa.BigInteger(), nullable=False),
    sa.Column('relation', sa.Enum('self', 'spouse', 'child', 'parent', 'sibling', 'other', name='relation', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('until', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['mandate_id'], ['mandates.id'], name=op.f('fk_mandate_workers_mandate_id_mandates')),
    sa.ForeignKeyConstraint(['worker_id'], ['workers.id'], name=op.f('fk_mandate_workers_worker_id_workers')),
    sa.PrimaryKeyConstraint('mandate_id', 'worker_id', name=op.f('pk_mandate_workers'))
    )
    op.create_index('uq_mandate_workers_one_at_a_time', 'mandate_workers', ['worker_id'], unique=True, postgresql_where=sa.text('until IS NULL AND since IS NOT NULL'))
    op.create_table('debits',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('mandate_id', sa.BigInteger(), nullable=False),
    sa.Column('worker_id', sa.BigInteger(), nullable=False),
    sa.Column('office_id', sa.BigInteger(), nullable=False),
    sa.Column('period', sa.Date(), nullable=False),
    sa.Column('first_on', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('last_on', sa.Date(), nullable=False),
    sa.Column('amount_idr', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Enum('planned', 'announced', 'calling', 'collected', 'given_up', 'withdrawn', name='debitstate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('why', sa.String(length=30), nullable=False),
    sa.Column('decline', sa.Enum('funds', 'try_later', 'needs_payer', 'ended', 'unknown', name='decline', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.Column('tries', sa.BigInteger(), nullable=False),
    sa.Column('look_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('payment_id', sa.BigInteger(), nullable=True),
    sa.Column('run_id', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("state <> 'calling' OR payment_id IS NOT NULL", name=op.f('ck_debits_try_is_written')),
    sa.CheckConstraint('amount_idr > 0', name=op.f('ck_debits_debits_money')),
    sa.CheckConstraint('first_on <= due_on AND first_on <= last_on', name=op.f('ck_debits_days_in_order')),
    sa.ForeignKeyConstraint(['mandate_id'], ['mandates.id'], name=op.f('fk_debits_mandate_id_mandates')),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_debits_office_id_offices')),
    sa.ForeignKeyConstraint(['payment_id'], ['payments.id'], name=op.f('fk_debits_payment_id_payments')),
    sa.ForeignKeyConstraint(['run_id'], ['debit_runs.id'], name=op.f('fk_debits_run_id_debit_runs')),
    sa.ForeignKeyConstraint(['worker_id'], ['workers.id'], name=op.f('fk_debits_worker_id_workers')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_debits')),
    sa.UniqueConstraint('worker_id', 'period', 'mandate_id', name=op.f('uq_debits_worker_id_period_mandate_id'))
    )
    op.create_index('ix_debits_look', 'debits', ['look_at'], unique=False, postgresql_where=sa.text('look_at IS NOT NULL'))
    op.create_index('ix_debits_payment_id', 'debits', ['payment_id'], unique=False, postgresql_where=sa.text('payment_id NOTNULL'))
    op.create_index('uq_debits_one_live', 'debits', ['worker_id'], unique=True, postgresql_where=sa.text("state IN ('planned', 'announced', 'calling')"))
    op.create_table('debit_months',
    sa.Column('debit_id', sa.BigInteger(), nullable=False),
    sa.Column('worker_id', sa.BigInteger(), nullable=False),
    sa.Column('month', sa.Date(), nullable=False),
    sa.Column('amount_idr', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['debit_id'], ['debits.id'], name=op.f('fk_debit_months_debit_id_debits')),
    sa.ForeignKeyConstraint(['worker_id', 'month'], ['contributions.worker_id', 'contributions.month'], name=op.f('fk_debit_months_worker_id_month_contributions')),
    sa.PrimaryKeyConstraint('debit_id', 'worker_id', 'month', name=op.f('pk_debit_months'))
    )
    op.create_index(op.f('ix_debit_months_worker_id_month'), 'debit_months', ['worker_id', 'month'], unique=False)
    op.create_table('notices',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('kind', sa.Enum('debit', 'failed', 'mandate_ended', name='noticekind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('mandate_id', sa.BigInteger(), nullable=False),
    sa.Column('debit_id', sa.BigInteger(), nullable=True),
    sa.Column('worker_id', sa.BigInteger(), nullable=False),
    sa.Column('amount_idr', sa.BigInteger(), nullable=False),
    sa.Column('debit_on', sa.Date(), nullable=True),
    sa.Column('state', sa.Enum('prepared', 'handed_over', 'opened', 'confirmed', 'replaced', name='noticestate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('prepared_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('handed_over_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('handed_over_by', sa.BigInteger(), nullable=True),
    sa.Column('counted_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state NOT IN ('opened', 'confirmed') OR counted_at IS NOT NULL", name=op.f('ck_notices_counts_from_a_time')),
    sa.CheckConstraint("kind <> 'debit' OR debit_id IS NOT NULL AND debit_on IS NOT NULL AND amount_idr > 0", name=op.f('ck_notices_announces_a_debit')),
    sa.ForeignKeyConstraint(['debit_id'], ['debits.id'], name=op.f('fk_notices_debit_id_debits')),
    sa.ForeignKeyConstraint(['handed_over_by'], ['users.id'], name=op.f('fk_notices_handed_over_by_users')),
    sa.ForeignKeyConstraint(['mandate_id'], ['mandates.id'], name=op.f('fk_notices_mandate_id_mandates')),
    sa.ForeignKeyConstraint(['worker_id'], ['workers.id'], name=op.f('fk_notices_worker_id_workers')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notices'))
    )
    op.create_index(op.f('ix_notices_debit_id'), 'notices', ['debit_id'], unique=False)
    op.create_index(op.f('ix_notices_mandate_id'), 'notices', ['mandate_id'], unique=False)
    op.create_index(op.f('ix_notices_worker_id'), 'notices', ['worker_id'], unique=False)
    op.create_index('uq_notices_one_current', 'notices', ['debit_id'], unique=True, postgresql_where=sa.text("kind = 'debit' AND state <> 'replaced'"))
    op.create_index('ix_notices_to_send', 'notices', ['worker_id', 'debit_on'], unique=False, postgresql_where=sa.text("state = 'prepared'"))
    op.create_table('debit_tries',
    sa.Column('debit_id', sa.BigInteger(), nullable=False),
    sa.Column('try_no', sa.BigInteger(), nullable=False),
    sa.Column('payment_id', sa.BigInteger(), nullable=False),
    sa.Column('notice_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decline', sa.Enum('funds', 'try_later', 'needs_payer', 'ended', 'unknown', name='decline', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.ForeignKeyConstraint(['debit_id'], ['debits.id'], name=op.f('fk_debit_tries_debit_id_debits')),
    sa.ForeignKeyConstraint(['notice_id'], ['notices.id'], name=op.f('fk_debit_tries_notice_id_notices')),
    sa.ForeignKeyConstraint(['payment_id'], ['payments.id'], name=op.f('fk_debit_tries_payment_id_payments')),
    sa.PrimaryKeyConstraint('debit_id', 'try_no', name=op.f('pk_debit_tries')),
    sa.UniqueConstraint('payment_id', name=op.f('uq_debit_tries_payment_id'))
    )


def downgrade():
    """Drop the tables: without them nothing is debited."""
    for table in (
        "debit_tries",
        "notices",
        "debit_months",
        "debits",
        "mandate_workers",
        "mandate_moves",
        "mandates",
        "debit_runs",
    ):
        op.drop_table(table)

"""Add what BPJS pays for commissions, and payouts to agents with the tax withheld.

Revision ID: 0108
Revises: 0107
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0108"
down_revision = "0107"
branch_labels = None
depends_on = None

# In the order in which they refer to each other.
_TABLES = (
    "commission_receipts",
    "commission_receipt_lines",
    "commission_differences",
    "payout_batches",
    "payout_lines",
    "payout_files",
    "withholdings",
    "npwp_checks",
)
# The journal cannot be undone, so whoever goes down and up again needs the rows behind it. The audit
# trail keeps them meanwhile.
_KEEP = """
    INSERT INTO audit_events (at, action, subject, details)
    SELECT now(), 'system.rows_kept', 'table:{table}', jsonb_build_object('rows', rows)
    FROM (SELECT jsonb_agg(to_jsonb(t)) AS rows FROM {table} t {which}) kept
    WHERE rows IS NOT NULL
"""
# The accounts that were paid, with sealed numbers: an older version drops their table, too.
_PAID_ACCOUNTS = """
    WHERE t.id IN (SELECT account_id FROM payout_lines UNION SELECT account_id FROM npwp_checks)
"""
_RESTORE = """
    INSERT INTO {table} {identity}
    SELECT * FROM jsonb_populate_recordset(NULL::{table}, (
        SELECT details -> 'rows' FROM audit_events
        WHERE action = 'system.rows_kept' AND subject = 'table:{table}' ORDER BY id DESC LIMIT 1
    ))
    ON CONFLICT DO NOTHING
"""
_NEXT = "SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
_DEDUCTION = "state IN ({states})"
_BEFORE = "'asked', 'agreed', 'refused', 'withdrawn', 'ended'"


def upgrade():
    """Add the tables, and the state of a deduction that payouts took whole."""
    op.create_table('commission_receipts',
    sa.Column('id', sa.BigInteger(), sa.Identity(), nullable=False),
    sa.Column('office_id', sa.BigInteger(), nullable=False),
    sa.Column('month', sa.Date(), nullable=False),
    sa.Column('gross_idr', sa.BigInteger(), nullable=False),
    sa.Column('office_idr', sa.BigInteger(), nullable=False),
    sa.Column('tax_idr', sa.BigInteger(), nullable=False),
    sa.Column('bank_ref', sa.String(length=80), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('recorded_by', sa.BigInteger(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by', sa.BigInteger(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.CheckConstraint("(state = 'recorded') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)", name=op.f('ck_commission_receipts_decided_by_somebody')),
    sa.CheckConstraint("bank_ref <> ''", name=op.f('ck_commission_receipts_can_be_found_at_the_bank')),
    sa.CheckConstraint("state <> 'refused' OR reason <> ''", name=op.f('ck_commission_receipts_refused_for_a_reason')),
    sa.CheckConstraint("state = 'withdrawn' OR decided_by <> recorded_by", name=op.f('ck_commission_receipts_four_eyes')),
    sa.CheckConstraint('extract(day FROM month) = 1', name=op.f('ck_commission_receipts_of_a_month')),
    sa.CheckConstraint('tax_idr >= 0 AND gross_idr > tax_idr', name=op.f('ck_commission_receipts_something_came')),
    sa.ForeignKeyConstraint(['decided_by'], ['users.id'], name=op.f('fk_commission_receipts_decided_by_users')),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_commission_receipts_office_id_offices')),
    sa.ForeignKeyConstraint(['recorded_by'], ['users.id'], name=op.f('fk_commission_receipts_recorded_by_users')),
    sa.CheckConstraint("state IN ('recorded', 'confirmed', 'refused', 'withdrawn')", name=op.f('ck_commission_receipts_receiptstate')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_commission_receipts'))
    )
    op.create_index('ix_commission_receipts_office_id_month', 'commission_receipts', ['office_id', 'month'], unique=False)
    op.create_index('uq_commission_receipts_ref_key_live', 'commission_receipts', ['office_id', sa.text('ref_key(bank_ref)')], unique=True, postgresql_where=sa.text("state IN ('recorded', 'confirmed')"))
    op.create_table('commission_receipt_lines',
    sa.Column('receipt_id', sa.BigInteger(), nullable=False),
    sa.Column('statement_id', sa.BigInteger(), nullable=False),
    sa.Column('paid_idr', sa.BigInteger(), nullable=False),
    sa.Column('freed_idr', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['receipt_id'], ['commission_receipts.id'], name=op.f('fk_commission_receipt_lines_receipt_id_commission_receipts')),
    sa.ForeignKeyConstraint(['statement_id'], ['statements.id'], name=op.f('fk_commission_receipt_lines_statement_id_statements')),
    sa.PrimaryKeyConstraint('receipt_id', 'statement_id', name=op.f('pk_commission_receipt_lines'))
    )
    op.create_index(op.f('ix_commission_receipt_lines_statement_id'), 'commission_receipt_lines', ['statement_id'], unique=False)
    op.create_table('commission_differences',
    sa.Column('id', sa.BigInteger(), sa.Identity(), nullable=False),
    sa.Column('office_id', sa.BigInteger(), nullable=False),
    sa.Column('month', sa.Date(), nullable=False),
    sa.Column('statement_id', sa.BigInteger(), nullable=False),
    sa.Column('amount_idr', sa.BigInteger(), nullable=False),
    sa.Column('way', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('proposed_by', sa.BigInteger(), nullable=False),
    sa.Column('proposed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by', sa.BigInteger(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state = 'proposed') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)", name=op.f('ck_commission_differences_decided_by_somebody')),
    sa.CheckConstraint("amount_idr <> 0 AND reason <> ''", name=op.f('ck_commission_differences_says_how_much_and_why')),
    sa.CheckConstraint("way = 'bpjs_counts' OR amount_idr < 0", name=op.f('ck_commission_differences_bears_only_what_lacks')),
    sa.CheckConstraint('decided_by <> proposed_by', name=op.f('ck_commission_differences_four_eyes')),
    sa.ForeignKeyConstraint(['decided_by'], ['users.id'], name=op.f('fk_commission_differences_decided_by_users')),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_commission_differences_office_id_offices')),
    sa.ForeignKeyConstraint(['proposed_by'], ['users.id'], name=op.f('fk_commission_differences_proposed_by_users')),
    sa.ForeignKeyConstraint(['statement_id'], ['statements.id'], name=op.f('fk_commission_differences_statement_id_statements')),
    sa.CheckConstraint("way IN ('bpjs_counts', 'office_bears')", name=op.f('ck_commission_differences_differenceway')),
    sa.CheckConstraint("state IN ('proposed', 'booked', 'refused')", name=op.f('ck_commission_differences_differencestate')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_commission_differences'))
    )
    op.create_index('ix_commission_differences_statement_id', 'commission_differences', ['statement_id'], unique=False)
    op.create_index('uq_commission_differences_proposed', 'commission_differences', ['statement_id'], unique=True, postgresql_where=sa.text("state = 'proposed'"))
    op.create_table('payout_batches',
    sa.Column('id', sa.BigInteger(), sa.Identity(), nullable=False),
    sa.Column('office_id', sa.BigInteger(), nullable=False),
    sa.Column('layout', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('prepared_by', sa.BigInteger(), nullable=False),
    sa.Column('prepared_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by', sa.BigInteger(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_by', sa.BigInteger(), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.CheckConstraint("(sent_at IS NULL) = (sent_by IS NULL) AND (state IN ('sent', 'finished')) = (sent_at IS NOT NULL)", name=op.f('ck_payout_batches_sent_whole')),
    sa.CheckConstraint("(state = 'finished') = (finished_at IS NOT NULL)", name=op.f('ck_payout_batches_finished_whole')),
    sa.CheckConstraint("(state = 'prepared') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)", name=op.f('ck_payout_batches_decided_by_somebody')),
    sa.CheckConstraint("decided_by <> prepared_by OR state = 'cancelled'", name=op.f('ck_payout_batches_four_eyes')),
    sa.ForeignKeyConstraint(['decided_by'], ['users.id'], name=op.f('fk_payout_batches_decided_by_users')),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_payout_batches_office_id_offices')),
    sa.ForeignKeyConstraint(['prepared_by'], ['users.id'], name=op.f('fk_payout_batches_prepared_by_users')),
    sa.ForeignKeyConstraint(['sent_by'], ['users.id'], name=op.f('fk_payout_batches_sent_by_users')),
    sa.CheckConstraint("state IN ('prepared', 'approved', 'sent', 'finished', 'cancelled')", name=op.f('ck_payout_batches_batchstate')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payout_batches'))
    )
    op.create_index('ix_payout_batches_office_id_id', 'payout_batches', ['office_id', 'id'], unique=False)
    op.create_index('ix_payout_batches_open', 'payout_batches', ['office_id'], unique=False, postgresql_where=sa.text("state IN ('prepared', 'approved', 'sent')"))
    op.create_table('payout_lines',
    sa.Column('id', sa.BigInteger(), sa.Identity(), nullable=False),
    sa.Column('batch_id', sa.BigInteger(), nullable=False),
    sa.Column('office_id', sa.BigInteger(), nullable=False),
    sa.Column('agent_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('gross_idr', sa.BigInteger(), nullable=False),
    sa.Column('deduction_idr', sa.BigInteger(), nullable=False),
    sa.Column('deduction_id', sa.BigInteger(), nullable=True),
    sa.Column('tax_idr', sa.BigInteger(), nullable=False),
    sa.Column('again_idr', sa.BigInteger(), nullable=False),
    sa.Column('net_idr', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('withheld_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('paid_on', sa.Date(), nullable=True),
    sa.Column('bank_ref', sa.String(length=80), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.CheckConstraint("(state IN ('sent', 'succeeded', 'failed', 'returned')) = (sent_at IS NOT NULL)", name=op.f('ck_payout_lines_sent_whole')),
    sa.CheckConstraint("(state IN ('succeeded', 'failed', 'returned', 'cancelled')) = (ended_at IS NOT NULL)", name=op.f('ck_payout_lines_ended_whole')),
    sa.CheckConstraint("state IN ('prepared', 'cancelled') OR withheld_at IS NOT NULL", name=op.f('ck_payout_lines_withheld_first')),
    sa.CheckConstraint('(deduction_idr > 0) = (deduction_id IS NOT NULL)', name=op.f('ck_payout_lines_deducts_what_was_agreed')),
    sa.CheckConstraint('gross_idr >= 0 AND deduction_idr >= 0 AND tax_idr >= 0 AND again_idr >= 0', name=op.f('ck_payout_lines_no_part_is_negative')),
    sa.CheckConstraint('net_idr = gross_idr - deduction_idr - tax_idr + again_idr AND net_idr > 0', name=op.f('ck_payout_lines_adds_up')),
    sa.ForeignKeyConstraint(['account_id'], ['agent_accounts.id'], name=op.f('fk_payout_lines_account_id_agent_accounts')),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_payout_lines_agent_id_agents')),
    sa.ForeignKeyConstraint(['batch_id'], ['payout_batches.id'], name=op.f('fk_payout_lines_batch_id_payout_batches')),
    sa.ForeignKeyConstraint(['deduction_id'], ['deductions.id'], name=op.f('fk_payout_lines_deduction_id_deductions')),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_payout_lines_office_id_offices')),
    sa.CheckConstraint("state IN ('prepared', 'approved', 'sent', 'succeeded', 'failed', 'returned', 'cancelled')", name=op.f('ck_payout_lines_linestate')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payout_lines')),
    sa.UniqueConstraint('key', name=op.f('uq_payout_lines_key'))
    )
    op.create_index(op.f('ix_payout_lines_batch_id'), 'payout_lines', ['batch_id'], unique=False)
    op.create_index('uq_payout_lines_agent_id_number', 'payout_lines', ['agent_id', 'number'], unique=True)
    op.create_index('uq_payout_lines_live', 'payout_lines', ['agent_id'], unique=True, postgresql_where=sa.text("state IN ('prepared', 'approved', 'sent')"))
    op.create_table('payout_files',
    sa.Column('batch_id', sa.BigInteger(), nullable=False),
    sa.Column('office_id', sa.BigInteger(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('content_sealed', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['payout_batches.id'], name=op.f('fk_payout_files_batch_id_payout_batches')),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_payout_files_office_id_offices')),
    sa.PrimaryKeyConstraint('batch_id', name=op.f('pk_payout_files'))
    )
    op.create_index('uq_payout_files_office_id_day_number', 'payout_files', ['office_id', 'day', 'number'], unique=True)
    op.create_table('withholdings',
    sa.Column('line_id', sa.BigInteger(), nullable=False),
    sa.Column('office_id', sa.BigInteger(), nullable=False),
    sa.Column('agent_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('tax_month', sa.Date(), nullable=False),
    sa.Column('gross_idr', sa.BigInteger(), nullable=False),
    sa.Column('before_idr', sa.BigInteger(), nullable=False),
    sa.Column('base_idr', sa.BigInteger(), nullable=False),
    sa.Column('tax_idr', sa.BigInteger(), nullable=False),
    sa.Column('surcharge', sa.Boolean(), nullable=False),
    sa.Column('steps', postgresql.JSONB(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('slip_number', sa.String(length=40), nullable=False),
    sa.Column('withheld_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('extract(day FROM tax_month) = 1', name=op.f('ck_withholdings_of_a_month')),
    sa.CheckConstraint('gross_idr > 0 AND tax_idr >= 0 AND before_idr >= 0', name=op.f('ck_withholdings_of_something')),
    sa.ForeignKeyConstraint(['account_id'], ['agent_accounts.id'], name=op.f('fk_withholdings_account_id_agent_accounts')),
    sa.ForeignKeyConstraint(['agent_id'], ['agents.id'], name=op.f('fk_withholdings_agent_id_agents')),
    sa.ForeignKeyConstraint(['line_id'], ['payout_lines.id'], name=op.f('fk_withholdings_line_id_payout_lines')),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_withholdings_office_id_offices')),
    sa.CheckConstraint("kind IN ('pph21', 'pph23')", name=op.f('ck_withholdings_taxkind')),
    sa.PrimaryKeyConstraint('line_id', name=op.f('pk_withholdings'))
    )
    op.create_index('ix_withholdings_agent_id_tax_month', 'withholdings', ['agent_id', 'tax_month'], unique=False)
    op.create_index('ix_withholdings_office_id_tax_month', 'withholdings', ['office_id', 'tax_month'], unique=False)
    op.create_table('npwp_checks',
    sa.Column('id', sa.BigInteger(), sa.Identity(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('is_matched', sa.Boolean(), nullable=False),
    sa.Column('evidence', sa.String(length=200), nullable=False),
    sa.Column('checked_by', sa.BigInteger(), nullable=False),
    sa.Column('checked_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("evidence <> ''", name=op.f('ck_npwp_checks_says_how_it_is_known')),
    sa.ForeignKeyConstraint(['account_id'], ['agent_accounts.id'], name=op.f('fk_npwp_checks_account_id_agent_accounts')),
    sa.ForeignKeyConstraint(['checked_by'], ['users.id'], name=op.f('fk_npwp_checks_checked_by_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_npwp_checks'))
    )
    op.create_index(op.f('ix_npwp_checks_account_id'), 'npwp_checks', ['account_id'], unique=False)
    op.add_column("statements", sa.Column("received_idr", sa.BigInteger()))
    op.drop_constraint(op.f("ck_deductions_deductionstate"), "deductions")
    op.create_check_constraint(
        op.f("ck_deductions_deductionstate"),
        "deductions",
        _DEDUCTION.format(states=f"{_BEFORE}, 'deducted'"),
    )
    _restore()


def _restore():
    """Bring back the rows that a downgrade kept; without one there are none."""
    for table in ("agent_accounts", *_TABLES):
        has_id = table not in ("commission_receipt_lines", "payout_files", "withholdings")
        identity = "OVERRIDING SYSTEM VALUE" if has_id else ""
        op.execute(_RESTORE.format(table=table, identity=identity))
        if has_id:
            op.execute(_NEXT.format(table=table))
    op.execute(
        """
        UPDATE statements s SET received_idr = got.paid_idr FROM (
            SELECT l.statement_id, sum(l.paid_idr) AS paid_idr FROM commission_receipt_lines l
            JOIN commission_receipts r ON r.id = l.receipt_id AND r.state = 'confirmed'
            GROUP BY l.statement_id
        ) got WHERE got.statement_id = s.id
        """
    )
    op.execute(
        """
        UPDATE deductions d SET state = 'deducted' FROM (
            SELECT deduction_id, sum(deduction_idr) AS taken_idr FROM payout_lines
            WHERE withheld_at IS NOT NULL GROUP BY deduction_id
        ) p WHERE p.deduction_id = d.id AND p.taken_idr >= d.amount_idr AND d.state = 'ended'
        """
    )


def downgrade():
    """Remove the tables; the audit trail keeps their rows, and the journal what was paid."""
    op.execute(_KEEP.format(table="agent_accounts", which=_PAID_ACCOUNTS))
    for table in _TABLES:
        op.execute(_KEEP.format(table=table, which=""))
    op.execute("UPDATE deductions SET state = 'ended' WHERE state = 'deducted'")
    op.drop_constraint(op.f("ck_deductions_deductionstate"), "deductions")
    op.create_check_constraint(
        op.f("ck_deductions_deductionstate"), "deductions", _DEDUCTION.format(states=_BEFORE)
    )
    op.drop_column("statements", "received_idr")
    for table in reversed(_TABLES):
        op.drop_table(table)

"""Let each contribution have one live attempt to pay, and keep runs and stops of debits.

Revision ID: 0040
Revises: 0039
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

# Of several open payments for a month the newest is the one that is meant to be paid.
FILL = """
UPDATE payment_months m SET live = true
FROM (
    SELECT DISTINCT ON (m.worker_id, m.month) m.payment_id, m.worker_id, m.month
    FROM payment_months m JOIN payments p ON p.id = m.payment_id
    LEFT JOIN provider_requests q ON q.payment_id = p.id AND q.action = 'cancel'
    WHERE p.state IN ('created', 'pending') AND q.payment_id IS NULL
    ORDER BY m.worker_id, m.month, m.payment_id DESC
) newest
WHERE m.payment_id = newest.payment_id AND m.worker_id = newest.worker_id
    AND m.month = newest.month
"""

RELEASE = """
CREATE FUNCTION release_months() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE payment_months SET live = false WHERE payment_id = NEW.id AND live;
    RETURN NULL;
END $$
"""

TRIGGER = """
CREATE TRIGGER payments_release_months AFTER UPDATE OF state ON payments
FOR EACH ROW WHEN (OLD.state IN ('created', 'pending') AND NEW.state NOT IN ('created', 'pending'))
EXECUTE FUNCTION release_months()
"""


def upgrade():
    """Mark the months of open payments, have the database release them, and add the tables."""
    op.add_column("payment_months", sa.Column("live", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.execute(FILL)
    op.create_index("uq_live_months", "payment_months", ["worker_id", "month"], unique=True, postgresql_where=sa.text("live"))
    op.execute(RELEASE)
    op.execute(TRIGGER)
    op.add_column("payments", sa.Column("mandate_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_payments_mandate_id_mandates"), "payments", "mandates", ["mandate_id"], ["id"])
    op.create_table(
        "debit_stops",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("channel", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_by", sa.BigInteger(), nullable=True),
        sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resumed_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(resumed_at IS NULL) = (resumed_by IS NULL)", name=op.f("ck_debit_stops_resumed_by_somebody")),
        sa.ForeignKeyConstraint(["resumed_by"], ["users.id"], name=op.f("fk_debit_stops_resumed_by_users")),
        sa.ForeignKeyConstraint(["stopped_by"], ["users.id"], name=op.f("fk_debit_stops_stopped_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_debit_stops")),
    )
    op.create_index("uq_debit_stops_one_on", "debit_stops", ["channel"], unique=True, postgresql_where=sa.text("resumed_at IS NULL"))
    op.add_column("mandates", sa.Column("reason", sa.String(length=200), server_default="", nullable=False))
    op.alter_column("mandates", "reason", server_default=None)
    _debits()
    _runs()


def _debits():
    op.add_column("debits", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("debits", sa.Column("visited_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("debits", sa.Column("visited_by", sa.BigInteger(), nullable=True))
    op.add_column("debits", sa.Column("visit_note", sa.String(length=200), server_default="", nullable=False))
    op.alter_column("debits", "visit_note", server_default=None)
    op.execute("UPDATE debits SET ended_at = now() WHERE state = 'given_up'")
    op.create_foreign_key(op.f("fk_debits_visited_by_users"), "debits", "users", ["visited_by"], ["id"])
    op.create_check_constraint(op.f("ck_debits_given_up_has_time"), "debits", "(state = 'given_up') = (ended_at IS NOT NULL)")
    op.create_check_constraint(op.f("ck_debits_visited_by_somebody"), "debits", "(visited_at IS NULL) = (visited_by IS NULL)")
    op.create_index("ix_debits_to_visit", "debits", ["office_id"], postgresql_where=sa.text("state = 'given_up' AND visited_at IS NULL"))
    op.create_index("ix_debits_run_id", "debits", ["run_id"], postgresql_where=sa.text("run_id IS NOT NULL"))
    op.add_column("debit_tries", sa.Column("run_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_debit_tries_run_id_debit_runs"), "debit_tries", "debit_runs", ["run_id"], ["id"])
    op.create_index(op.f("ix_debit_tries_run_id"), "debit_tries", ["run_id"])
    op.create_index(op.f("ix_debit_tries_at"), "debit_tries", ["at"])


def _runs():
    for name in ("recovered", "recovered_idr"):
        op.add_column("debit_runs", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
        op.alter_column("debit_runs", name, server_default=None)
    for name in ("by_class", "by_why"):
        op.add_column("debit_runs", sa.Column(name, JSONB(), server_default="{}", nullable=False))
        op.alter_column("debit_runs", name, server_default=None)
    op.create_index("ix_debit_runs_open", "debit_runs", ["day"], postgresql_where=sa.text("closed_at IS NULL"))


def downgrade():
    """Forget which attempts are live, and the runs' newer figures."""
    op.drop_index("ix_debit_runs_open", "debit_runs")
    for name in ("by_why", "by_class", "recovered_idr", "recovered"):
        op.drop_column("debit_runs", name)
    op.drop_index(op.f("ix_debit_tries_at"), "debit_tries")
    op.drop_index(op.f("ix_debit_tries_run_id"), "debit_tries")
    op.drop_column("debit_tries", "run_id")
    op.drop_index("ix_debits_run_id", "debits")
    op.drop_index("ix_debits_to_visit", "debits")
    for name in ("visit_note", "visited_by", "visited_at", "ended_at"):
        op.drop_column("debits", name)
    op.drop_column("mandates", "reason")
    op.drop_table("debit_stops")
    op.drop_column("payments", "mandate_id")
    op.execute("DROP TRIGGER payments_release_months ON payments")
    op.execute("DROP FUNCTION release_months()")
    op.drop_index("uq_live_months", "payment_months")
    op.drop_column("payment_months", "live")

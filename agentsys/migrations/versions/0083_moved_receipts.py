"""Let a reversal move the cash to another worker or to later months, and be withdrawn.

Revision ID: 0083
Revises: 0082
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None

_STATES = ("proposed", "approved", "refused", "withdrawn")


def upgrade():
    """Add what the cash is for instead, and the state of a proposal that was taken back."""
    op.add_column("cash_reversals", sa.Column("to_worker_id", sa.BigInteger()))
    op.add_column(
        "cash_reversals",
        sa.Column("to_months", postgresql.ARRAY(sa.Date()), server_default="{}", nullable=False),
    )
    op.add_column("cash_reversals", sa.Column("new_payment_id", sa.BigInteger()))
    for column, table in (("to_worker_id", "workers"), ("new_payment_id", "payments")):
        name = f"fk_cash_reversals_{column}_{table}"
        op.create_foreign_key(name, "cash_reversals", table, [column], ["id"])
    op.create_unique_constraint(
        "uq_cash_reversals_new_payment_id", "cash_reversals", ["new_payment_id"]
    )
    op.create_index("ix_cash_reversals_to_worker_id", "cash_reversals", ["to_worker_id"])
    _states(_STATES, "state IN ('refused', 'withdrawn')", "state IN ('proposed', 'approved')")
    # After going down and up again: the audit trail kept where the cash went.
    op.execute(
        "UPDATE cash_reversals r SET new_payment_id = y.id, to_worker_id = y.worker_id, to_months ="
        " (SELECT array_agg(m.month ORDER BY m.month) FROM payment_months m WHERE m.payment_id = y.id)"
        " FROM audit_events a JOIN payments y ON y.id = CAST(a.details->>'new_payment' AS bigint)"
        " WHERE a.action = 'reversal.approved' AND a.subject = 'reversal:' || r.id"
        " AND a.details ? 'new_payment'"
    )
    op.create_check_constraint(
        op.f("ck_cash_reversals_moved_to_months"),
        "cash_reversals",
        "(to_worker_id IS NULL) = (cardinality(to_months) = 0)"
        " AND (new_payment_id IS NOT NULL) = (state = 'approved' AND to_worker_id IS NOT NULL)"
        " AND NOT (credited AND to_worker_id IS NOT NULL)",
    )


def downgrade():
    """Drop them; a proposal that was withdrawn is a refused one again."""
    op.drop_constraint(op.f("ck_cash_reversals_moved_to_months"), "cash_reversals")
    op.execute("UPDATE cash_reversals SET state = 'refused' WHERE state = 'withdrawn'")
    _states(_STATES[:-1], "state = 'refused'", "state <> 'refused'")
    for column in ("new_payment_id", "to_months", "to_worker_id"):
        op.drop_column("cash_reversals", column)


def _states(states, over, live):
    op.drop_constraint(op.f("ck_cash_reversals_reversalstate"), "cash_reversals")
    op.create_check_constraint(
        op.f("ck_cash_reversals_reversalstate"), "cash_reversals", f"state IN {states}"
    )
    op.drop_constraint(op.f("ck_cash_reversals_four_eyes"), "cash_reversals")
    op.create_check_constraint(
        op.f("ck_cash_reversals_four_eyes"), "cash_reversals", f"{over} OR decided_by <> proposed_by"
    )
    op.drop_index("uq_cash_reversals_live", "cash_reversals")
    op.create_index(
        "uq_cash_reversals_live",
        "cash_reversals",
        ["payment_id"],
        unique=True,
        postgresql_where=sa.text(live),
    )

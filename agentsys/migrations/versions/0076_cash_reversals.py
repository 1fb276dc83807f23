"""Keep reversals of cash payments, and the numbers of their counter-receipts.

Revision ID: 0076
Revises: 0075
"""

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None

_STATES = ("proposed", "approved", "refused")
_WHY = ("wrong_worker", "wrong_months", "no_cash", "other")


def upgrade():
    """Add the two tables."""
    op.create_table(
        "cash_reversals",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("credited", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("year", sa.BigInteger()),
        sa.Column("serial", sa.BigInteger()),
        sa.Column("number", sa.String(40)),
        sa.PrimaryKeyConstraint("id", name="pk_cash_reversals"),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=f"fk_cash_reversals_{column}_{table}"
            )
            for column, table in (
                ("payment_id", "payments"),
                ("office_id", "offices"),
                ("agent_id", "agents"),
                ("proposed_by", "users"),
                ("decided_by", "users"),
            )
        ),
        sa.UniqueConstraint("number", name="uq_cash_reversals_number"),
        sa.UniqueConstraint("office_id", "year", "serial", name="uq_cash_reversals_office_id_year_serial"),
        sa.CheckConstraint(f"state IN {_STATES}", name=op.f("ck_cash_reversals_reversalstate")),
        sa.CheckConstraint(f"why IN {_WHY}", name=op.f("ck_cash_reversals_reversalwhy")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_cash_reversals_has_a_reason")),
        sa.CheckConstraint(
            "state = 'refused' OR decided_by <> proposed_by",
            name=op.f("ck_cash_reversals_four_eyes"),
        ),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_cash_reversals_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(year, serial, number) = CASE state WHEN 'approved' THEN 3 ELSE 0 END"
            " AND (state = 'approved' OR NOT credited)",
            name=op.f("ck_cash_reversals_approved_has_a_number"),
        ),
    )
    op.create_index("ix_cash_reversals_payment_id", "cash_reversals", ["payment_id"])
    op.create_index(
        "uq_cash_reversals_live",
        "cash_reversals",
        ["payment_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'refused'"),
    )
    op.create_index(
        "ix_cash_reversals_proposed",
        "cash_reversals",
        ["office_id"],
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_index("ix_cash_reversals_of_agent", "cash_reversals", ["agent_id", "decided_at"])
    op.create_table(
        "counter_receipt_numbers",
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("office_id", "year", name="pk_counter_receipt_numbers"),
        sa.ForeignKeyConstraint(
            ["office_id"], ["offices.id"], name="fk_counter_receipt_numbers_office_id_offices"
        ),
    )

    # After going down and up again: the audit trail kept what was decided.
    op.execute(
        "INSERT INTO cash_reversals (id, payment_id, office_id, agent_id, why, reason, state,"
        " proposed_by, proposed_at, decided_by, decided_at, credited, year, serial, number)"
        " SELECT CAST(substr(a.subject, 10) AS bigint), y.id, y.office_id, y.agent_id, a.details->>'why', a.details->>'reason',"
        " 'approved', p.actor_id, p.at, a.actor_id, a.at, EXISTS (SELECT FROM entries e"
        " WHERE e.kind = 'reversal.credited' AND e.source = a.subject),"
        " extract(year FROM a.at), row_number() OVER (PARTITION BY y.office_id,"
        " extract(year FROM a.at) ORDER BY a.id), a.details->>'number'"
        " FROM audit_events a"
        " JOIN audit_events p ON p.action = 'reversal.proposed' AND p.subject = a.subject"
        " JOIN payments y ON y.id = CAST(a.details->>'payment' AS bigint)"
        " WHERE a.action = 'reversal.approved'"
    )
    op.execute(
        "SELECT setval(pg_get_serial_sequence('cash_reversals', 'id'),"
        " coalesce(max(id), 0) + 1, false) FROM cash_reversals"
    )
    op.execute(
        "INSERT INTO counter_receipt_numbers (office_id, year, last)"
        " SELECT office_id, year, max(serial) FROM cash_reversals WHERE serial IS NOT NULL"
        " GROUP BY office_id, year"
    )


def downgrade():
    """Drop them; the audit trail keeps who voided which receipt, and why."""
    op.drop_table("counter_receipt_numbers")
    op.drop_table("cash_reversals")

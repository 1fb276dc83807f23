"""Let agents pay shortages by transfer or from commission, and report cash that was lost.

Revision ID: 0087
Revises: 0086
"""

import sqlalchemy as sa
from alembic import op

revision = "0087"
down_revision = "0086"
branch_labels = None
depends_on = None

_STATES = ("asked", "agreed", "refused", "withdrawn", "ended")
_DIFFERENCE = "(short_idr = 0) = (short_reason = '') AND (short_idr = 0 OR channel = '')"


def upgrade():
    """Add transfers with agents, agreed deductions, and numbers of police reports."""
    op.add_column("transfers", sa.Column("agent_id", sa.BigInteger()))
    op.create_foreign_key("fk_transfers_agent_id_agents", "transfers", "agents", ["agent_id"], ["id"])
    op.create_index("ix_transfers_agent_id", "transfers", ["agent_id"])
    # After going down and up again: the account names the agent.
    op.drop_constraint(op.f("ck_transfers_with_somebody"), "transfers")
    op.execute(
        "UPDATE transfers SET agent_id = split_part(account, ':', 3)::bigint"
        " WHERE account LIKE 'shortage:agent:%'"
    )
    op.create_check_constraint(
        op.f("ck_transfers_with_somebody"),
        "transfers",
        "num_nonnulls(worker_id, agreement_id, unexplained_id, agent_id) = 1",
    )
    op.add_column(
        "deposits", sa.Column("police_report", sa.String(60), server_default="", nullable=False)
    )
    op.execute("UPDATE deposits SET police_report = '-' WHERE short_idr = amount_idr")
    op.drop_constraint(op.f("ck_deposits_difference_has_a_reason"), "deposits")
    op.create_check_constraint(
        op.f("ck_deposits_difference_has_a_reason"),
        "deposits",
        f"{_DIFFERENCE} AND (short_idr < amount_idr OR (short_idr = amount_idr AND police_report <> ''))",
    )
    op.create_table(
        "deductions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deductions"),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=f"fk_deductions_{column}_{table}")
            for column, table in (
                ("agent_id", "agents"),
                ("office_id", "offices"),
                ("asked_by", "users"),
                ("decided_by", "users"),
            )
        ),
        sa.CheckConstraint(f"state IN {_STATES}", name=op.f("ck_deductions_deductionstate")),
        sa.CheckConstraint("amount_idr > 0 AND note <> ''", name=op.f("ck_deductions_says_what")),
        sa.CheckConstraint(
            "state = 'withdrawn' OR decided_by <> asked_by", name=op.f("ck_deductions_four_eyes")
        ),
        sa.CheckConstraint(
            "(state = 'asked') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_deductions_decided_by_somebody"),
        ),
    )
    op.create_index(
        "uq_deductions_live",
        "deductions",
        ["agent_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('asked', 'agreed')"),
    )
    op.create_index(
        "ix_deductions_asked",
        "deductions",
        ["office_id"],
        postgresql_where=sa.text("state = 'asked'"),
    )


def downgrade():
    """Drop them. The journal keeps what was booked; a transfer with an agent is on its account."""
    op.drop_table("deductions")
    op.drop_constraint(op.f("ck_deposits_difference_has_a_reason"), "deposits")
    op.drop_column("deposits", "police_report")
    op.execute("ALTER TABLE deposits ADD CONSTRAINT ck_deposits_difference_has_a_reason"
               f" CHECK ({_DIFFERENCE} AND short_idr < amount_idr) NOT VALID")
    op.drop_constraint(op.f("ck_transfers_with_somebody"), "transfers")
    op.drop_column("transfers", "agent_id")
    op.execute("ALTER TABLE transfers ADD CONSTRAINT ck_transfers_with_somebody"
               " CHECK (num_nonnulls(worker_id, agreement_id, unexplained_id) = 1) NOT VALID")

"""Add sums that are carried into an agent's next commission statement.

Revision ID: 0112
Revises: 0111
"""

import sqlalchemy as sa
from alembic import op

revision = "0112"
down_revision = "0111"
branch_labels = None
depends_on = None


def upgrade():
    """Nothing was carried before."""
    op.create_table(
        "commission_carried",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), sa.ForeignKey("agents.id"), nullable=False),
        sa.Column("office_id", sa.BigInteger(), sa.ForeignKey("offices.id"), nullable=False),
        sa.Column("agent_idr", sa.BigInteger(), nullable=False),
        sa.Column("office_idr", sa.BigInteger(), nullable=False),
        sa.Column("statement_id", sa.BigInteger(), sa.ForeignKey("statements.id")),
        sa.Column("worker_id", sa.BigInteger()),
        sa.Column("month", sa.Date()),
        sa.Column("why", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), sa.ForeignKey("users.id")),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.CheckConstraint(
            "kind IN ('adjustment', 'reversal')", name=op.f("ck_commission_carried_carriedkind")
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'refused', 'withdrawn')",
            name=op.f("ck_commission_carried_carriedstate"),
        ),
        sa.CheckConstraint("why <> ''", name=op.f("ck_commission_carried_says_why")),
        sa.CheckConstraint(
            "(kind = 'reversal') = (statement_id IS NOT NULL)"
            " AND (statement_id IS NULL) = (worker_id IS NULL)"
            " AND (worker_id IS NULL) = (month IS NULL)",
            name=op.f("ck_commission_carried_reverses_one_contribution"),
        ),
        sa.CheckConstraint(
            "kind <> 'adjustment' OR agent_idr <> 0 OR office_idr <> 0",
            name=op.f("ck_commission_carried_changes_something"),
        ),
        sa.CheckConstraint(
            "state = 'withdrawn' OR decided_by <> proposed_by",
            name=op.f("ck_commission_carried_four_eyes"),
        ),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_commission_carried_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "state <> 'refused' OR reason <> ''",
            name=op.f("ck_commission_carried_refused_for_a_reason"),
        ),
    )
    op.create_index(
        "uq_commission_carried_reversal",
        "commission_carried",
        ["statement_id", "worker_id", "month"],
        unique=True,
        postgresql_where=sa.text("kind = 'reversal' AND state IN ('proposed', 'approved')"),
    )
    op.create_index("ix_commission_carried_agent", "commission_carried", ["agent_id"])
    op.create_index(
        "ix_commission_carried_proposed",
        "commission_carried",
        ["office_id"],
        postgresql_where=sa.text("state = 'proposed'"),
    )


def downgrade():
    """What was proposed and decided stays in the audit trail, and in the statements' lines."""
    op.drop_table("commission_carried")

"""Write down what an agent counts before the expected sum is shown.

Revision ID: 0104
Revises: 0103
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0104"
down_revision = "0103"
branch_labels = None
depends_on = None


def upgrade():
    """Add the table."""
    op.create_table(
        "cash_counts",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("agent_id", sa.BigInteger(), sa.ForeignKey("agents.id"), nullable=False),
        sa.Column("receipts", sa.BigInteger(), nullable=False),
        sa.Column("expected_idr", sa.BigInteger(), nullable=False),
        sa.Column("counted_idr", sa.BigInteger(), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column("counted_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deposit_id", sa.BigInteger(), sa.ForeignKey("deposits.id")),
        sa.CheckConstraint(
            "receipts > 0 AND expected_idr > 0 AND counted_idr >= 0",
            name=op.f("ck_cash_counts_counted"),
        ),
    )
    op.create_index("ix_cash_counts_agent_id_id", "cash_counts", ["agent_id", "id"])
    op.create_index("ix_cash_counts_deposit_id", "cash_counts", ["deposit_id"])


def downgrade():
    """Remove the counts; what was deposited stays."""
    op.drop_table("cash_counts")

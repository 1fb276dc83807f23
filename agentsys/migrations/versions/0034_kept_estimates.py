"""Store the commission so far of agents with many workers.

Revision ID: 0034
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade():
    """Add the table; a job fills it."""
    op.create_table(
        "kept_estimates",
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("gross_idr", sa.BigInteger()),
        sa.Column("confirmed", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.BigInteger(), nullable=False),
        sa.Column("not_new", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("agent_id", name="pk_kept_estimates"),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name="fk_kept_estimates_agent_id_agents"
        ),
    )


def downgrade():
    """Drop it; pages compute what it stored."""
    op.drop_table("kept_estimates")

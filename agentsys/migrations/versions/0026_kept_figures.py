"""Keep sums and counts of large offices, which a job reads again every few minutes.

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade():
    """Add the table; until the job fills it, every office is read from its rows."""
    op.create_table(
        "kept_figures",
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("of_idr", sa.BigInteger(), nullable=False),
        sa.Column("last_month", sa.Date()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "office_id", "agent_id", "month", name="pk_kept_figures"),
    )


def downgrade():
    """Drop it: figures can be read again."""
    op.drop_table("kept_figures")

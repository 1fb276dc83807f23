"""Store how fast a list is read, for the time that is left.

Revision ID: 0072
Revises: 0071
"""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade():
    """Add the column."""
    op.add_column(
        "rosters",
        sa.Column("rows_per_second", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )


def downgrade():
    """Remove it."""
    op.drop_column("rosters", "rows_per_second")

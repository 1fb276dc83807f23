"""Remember up to which transaction a kept figure saw everything, so that audits can compare it.

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade():
    """Add the column; figures kept before are read from the rows until the job keeps them again."""
    op.execute("DELETE FROM kept_figures")
    op.add_column(
        "kept_figures",
        sa.Column(
            "point",
            sa.BigInteger(),
            server_default=sa.text("(pg_snapshot_xmin(pg_current_snapshot())::text)::bigint"),
            nullable=False,
        ),
    )


def downgrade():
    """Drop it."""
    op.drop_column("kept_figures", "point")

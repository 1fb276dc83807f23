"""Keep the first and the last month of every batch, also of those with several months.

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade():
    """Read the months of batches with several from what is in them; a cancelled one is empty."""
    op.alter_column("remittances", "month", new_column_name="first_month")
    op.add_column("remittances", sa.Column("last_month", sa.Date()))
    op.execute("UPDATE remittances SET last_month = first_month WHERE first_month IS NOT NULL")
    op.execute(
        "UPDATE remittances r SET first_month = c.first, last_month = c.last FROM ("
        " SELECT remittance_id, min(month) AS first, max(month) AS last FROM contributions"
        " WHERE remittance_id IS NOT NULL GROUP BY remittance_id) c"
        " WHERE c.remittance_id = r.id AND r.first_month IS NULL"
    )


def downgrade():
    """Only the month of batches with one month is kept."""
    op.execute("UPDATE remittances SET first_month = NULL WHERE first_month <> last_month")
    op.drop_column("remittances", "last_month")
    op.alter_column("remittances", "first_month", new_column_name="month")

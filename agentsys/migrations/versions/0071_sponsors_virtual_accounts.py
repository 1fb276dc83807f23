"""One virtual account at a time for each sponsor's bill.

Revision ID: 0071
Revises: 0070
"""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade():
    """Add the index that allows one; before, no bill was paid through a provider."""
    op.create_index(
        "uq_payments_live_for_bill",
        "payments",
        ["for_bill_id"],
        unique=True,
        postgresql_where=sa.text("custody = 'provider' AND state IN ('created', 'pending')"),
    )


def downgrade():
    """Remove it. Open virtual accounts of bills stay, and no longer count as one at a time."""
    op.drop_index("uq_payments_live_for_bill", table_name="payments")

"""Find workers by phone and by the last four digits of the NIK.

Revision ID: 0059
Revises: 0058
"""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade():
    """Add the indexes."""
    op.create_index(
        "ix_workers_phone", "workers", ["phone"], postgresql_where=sa.text("phone <> ''")
    )
    op.execute("CREATE INDEX ix_workers_last_four ON workers (right(nik_masked, 4))")


def downgrade():
    """Remove them."""
    op.drop_index("ix_workers_last_four", "workers")
    op.drop_index("ix_workers_phone", "workers")

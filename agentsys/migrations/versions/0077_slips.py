"""Find the deposits that name the same slip.

Revision ID: 0077
Revises: 0076
"""

import sqlalchemy as sa
from alembic import op

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None


def upgrade():
    """Add the index."""
    op.create_index("ix_deposits_ref_key", "deposits", [sa.text("ref_key(evidence)")])


def downgrade():
    """Remove it."""
    op.drop_index("ix_deposits_ref_key", "deposits")

"""Keep what a payer pays with and typed, and the provider's own number in a callback.

Revision ID: 0038
Revises: 0037
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade():
    """Add the columns; defaults that do not rewrite the tables."""
    op.add_column("payments", sa.Column("codes", JSONB(), nullable=False, server_default="[]"))
    op.add_column("payments", sa.Column("inputs", JSONB(), nullable=False, server_default="{}"))
    op.add_column(
        "callbacks", sa.Column("attempt", sa.String(80), nullable=False, server_default="")
    )


def downgrade():
    """Remove them."""
    op.drop_column("callbacks", "attempt")
    op.drop_column("payments", "inputs")
    op.drop_column("payments", "codes")

"""Keep what a payer knows an account by and when it ends, and tell the payer before.

Revision ID: 0043
Revises: 0042
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

KIND = "ck_notices_noticekind"


def upgrade():
    """Add the columns and the kind of notice."""
    op.add_column(
        "mandates", sa.Column("account", sa.String(60), nullable=False, server_default="")
    )
    op.alter_column("mandates", "account", server_default=None)
    op.add_column("mandates", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f(KIND), "notices")
    op.create_check_constraint(
        op.f(KIND), "notices", "kind IN ('debit', 'failed', 'mandate_expires', 'mandate_ended')"
    )


def downgrade():
    """Remove them; what was told about ends is forgotten."""
    op.execute("DELETE FROM notices WHERE kind = 'mandate_expires'")
    op.drop_constraint(op.f(KIND), "notices")
    op.create_check_constraint(
        op.f(KIND), "notices", "kind IN ('debit', 'failed', 'mandate_ended')"
    )
    op.drop_column("mandates", "expires_at")
    op.drop_column("mandates", "account")

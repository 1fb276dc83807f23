"""Keep when each debit is compared with its provider, and what the comparison found.

Revision ID: 0044
Revises: 0043
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade():
    """Add the columns; debits that were made before are not compared."""
    op.add_column("debit_tries", sa.Column("compare_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_debit_tries_compare",
        "debit_tries",
        ["compare_at"],
        postgresql_where=sa.text("compare_at NOTNULL"),
    )
    _add("debit_tries", "differed", sa.Boolean(), "false")
    _add("debit_runs", "compared", sa.BigInteger(), "0")
    _add("debit_runs", "differing", sa.BigInteger(), "0")


def downgrade():
    """Remove them."""
    op.drop_column("debit_runs", "differing")
    op.drop_column("debit_runs", "compared")
    op.drop_column("debit_tries", "differed")
    op.drop_index("ix_debit_tries_compare", "debit_tries")
    op.drop_column("debit_tries", "compare_at")


def _add(table, name, kind, value):
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=value))
    op.alter_column(table, name, server_default=None)

"""Let a deposit be less or more than its receipts, with the reason.

Revision ID: 0079
Revises: 0078
"""

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None


def upgrade():
    """Add the difference and its reason."""
    op.add_column(
        "deposits", sa.Column("short_idr", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "deposits", sa.Column("short_reason", sa.String(200), server_default="", nullable=False)
    )
    # After going down and up again: the journal kept the differences that were booked.
    op.execute(
        "UPDATE deposits d SET short_idr = p.amount_idr, short_reason = 'dari buku besar'"
        " FROM entries e JOIN postings p ON p.entry_id = e.id AND p.account LIKE 'shortage:%'"
        " WHERE e.kind = 'deposit.confirmed' AND e.source = 'deposit:' || d.id"
    )
    op.create_check_constraint(
        op.f("ck_deposits_difference_has_a_reason"),
        "deposits",
        "(short_idr = 0) = (short_reason = '') AND (short_idr = 0 OR channel = '')"
        " AND short_idr < amount_idr",
    )


def downgrade():
    """Drop them. The journal keeps what was booked; what is only declared is in full again."""
    op.execute(
        "UPDATE deposits SET amount_idr = amount_idr + short_idr"
        " WHERE short_idr <> 0 AND state <> 'confirmed'"
    )
    op.drop_constraint(op.f("ck_deposits_difference_has_a_reason"), "deposits")
    op.drop_column("deposits", "short_reason")
    op.drop_column("deposits", "short_idr")

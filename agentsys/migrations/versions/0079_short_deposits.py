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
    op.create_check_constraint(
        op.f("ck_deposits_difference_has_a_reason"),
        "deposits",
        "(short_idr = 0) = (short_reason = '') AND (short_idr = 0 OR channel = '')"
        " AND short_idr < amount_idr",
    )


def downgrade():
    """Drop them, unless there is a difference: the journal could not be explained."""
    short = op.get_bind().scalar(sa.text("SELECT count(*) FROM deposits WHERE short_idr <> 0"))
    if short:
        raise RuntimeError(
            f"{short} deposits differ from their receipts; the version before this one cannot"
            " explain that."
        )
    op.drop_constraint(op.f("ck_deposits_difference_has_a_reason"), "deposits")
    op.drop_column("deposits", "short_reason")
    op.drop_column("deposits", "short_idr")

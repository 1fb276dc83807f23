"""Store how many workers an office is to cover.

Revision ID: 0069
Revises: 0068
"""

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None


def upgrade():
    """Add the table."""
    op.create_table(
        "coverage_targets",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("office_id", sa.BigInteger(), sa.ForeignKey("offices.id"), nullable=False),
        sa.Column("kelurahan", sa.String(80), nullable=False, server_default=""),
        sa.Column("ecosystem", sa.String(20)),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(160), nullable=False),
        sa.Column("entered_by", sa.BigInteger(), sa.ForeignKey("users.id")),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
    )
    for name, condition in {
        "ecosystem": "ecosystem IN ('desa', 'pasar', 'ecommerce', 'rentan')",
        "not_negative": "people >= 0",
        "has_a_source": "length(source) > 0",
        "of_one_kind": "kelurahan = '' OR ecosystem IS NULL",
    }.items():
        op.create_check_constraint(
            op.f(f"ck_coverage_targets_{name}"), "coverage_targets", condition
        )
    op.create_index(
        op.f("ix_coverage_targets_office_id_from_on"), "coverage_targets", ["office_id", "from_on"]
    )


def downgrade():
    """Remove it."""
    op.drop_table("coverage_targets")

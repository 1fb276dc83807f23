"""Keep the bank accounts of offices, which one admin proposes and another approves.

Revision ID: 0055
Revises: 0054
"""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade():
    """Add the table."""
    op.create_table(
        "office_accounts",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("reference", sa.String(32), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("bank", sa.String(60), nullable=False),
        sa.Column("holder", sa.String(120), nullable=False),
        sa.Column("number_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("number_masked", sa.String(30), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_approved", sa.Boolean()),
        sa.Column("decided_by", sa.BigInteger()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "(is_approved IS NULL) = (decided_at IS NULL)"
            " AND (decided_at IS NULL) = (decided_by IS NULL)",
            name=op.f("ck_office_accounts_decided_whole"),
        ),
        sa.CheckConstraint(
            "NOT is_approved OR decided_by <> proposed_by",
            name=op.f("ck_office_accounts_approved_by_another"),
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["offices.id"], name=op.f("fk_office_accounts_office_id_offices")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["users.id"], name=op.f("fk_office_accounts_proposed_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_office_accounts_decided_by_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office_accounts")),
        sa.UniqueConstraint("reference", name=op.f("uq_office_accounts_reference")),
    )
    op.create_index(op.f("ix_office_accounts_office_id"), "office_accounts", ["office_id"])
    op.create_index(
        "ix_office_accounts_one_waits",
        "office_accounts",
        ["office_id"],
        unique=True,
        postgresql_where=sa.text("is_approved IS NULL"),
    )


def downgrade():
    """Remove it."""
    op.drop_table("office_accounts")

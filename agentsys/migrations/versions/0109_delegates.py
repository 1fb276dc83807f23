"""Add who approves commissions for a supervisor who is away.

Revision ID: 0109
Revises: 0108
"""

import sqlalchemy as sa
from alembic import op

revision = "0109"
down_revision = "0108"
branch_labels = None
depends_on = None


def upgrade():
    """Add the table, and for whom a delegate decided a statement."""
    op.create_table(
        "delegations",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("user_id", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("delegate_id", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("named_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.BigInteger(), sa.ForeignKey("users.id")),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_delegations_ends_after_it_began")),
        sa.CheckConstraint("user_id <> delegate_id", name=op.f("ck_delegations_two_people")),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_delegations_ended_whole")
        ),
    )
    for column in ("user_id", "delegate_id"):
        op.create_index(
            f"ix_delegations_{column}_until_on",
            "delegations",
            [column, "until_on"],
            postgresql_where=sa.text("ended_at IS NULL"),
        )
    op.add_column(
        "statements", sa.Column("decided_for", sa.BigInteger(), sa.ForeignKey("users.id"))
    )
    op.create_check_constraint(
        op.f("ck_statements_nor_for_them"),
        "statements",
        "state <> 'approved' OR decided_for <> computed_by",
    )
    op.create_check_constraint(
        op.f("ck_statements_for_somebody_else"), "statements", "decided_for <> decided_by"
    )


def downgrade():
    """Remove them; the audit trail still says for whom a delegate decided."""
    op.drop_constraint(op.f("ck_statements_for_somebody_else"), "statements")
    op.drop_constraint(op.f("ck_statements_nor_for_them"), "statements")
    op.drop_column("statements", "decided_for")
    op.drop_table("delegations")

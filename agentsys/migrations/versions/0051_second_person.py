"""Keep who made a user or changed how the user signs in, and since when there is an office.

Revision ID: 0051
Revises: 0050
"""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade():
    """Add the table and the column; offices of before are no new ones."""
    op.create_table(
        "access_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('made', 'password', 'sign_in')", name=op.f("ck_access_changes_accesschangekind")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_access_changes_user_id_users")),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_access_changes_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_changes")),
    )
    op.create_index(op.f("ix_access_changes_at"), "access_changes", ["at"])
    op.add_column("offices", sa.Column("added_at", sa.DateTime(timezone=True)))


def downgrade():
    """Remove them."""
    op.drop_column("offices", "added_at")
    op.drop_table("access_changes")

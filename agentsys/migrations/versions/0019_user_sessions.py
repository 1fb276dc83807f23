"""Keep sessions on the server.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; the cookies of earlier versions open nothing any more."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "user_sessions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("remember_hash", sa.LargeBinary(), nullable=True),
        sa.Column("remembered_until", moment, nullable=True),
        sa.Column("client", sa.String(length=60), nullable=False),
        sa.Column("signed_in_at", moment, nullable=False),
        sa.Column("began_at", moment, nullable=False),
        sa.Column("last_seen_at", moment, nullable=False),
        sa.CheckConstraint(
            "(remember_hash IS NULL) = (remembered_until IS NULL)",
            name=op.f("ck_user_sessions_remembered_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_sessions_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
        sa.UniqueConstraint("remember_hash", name=op.f("uq_user_sessions_remember_hash")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_sessions_token_hash")),
    )
    op.create_index(op.f("ix_user_sessions_user_id"), "user_sessions", ["user_id"])
    op.create_index(op.f("ix_user_sessions_began_at"), "user_sessions", ["began_at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("user_sessions")

"""Store which agent gets the workers of a kelurahan, and lists that use it.

Revision ID: 0070
Revises: 0069
"""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None


def upgrade():
    """Add the table, and the column of lists."""
    op.create_table(
        "kelurahan_agents",
        sa.Column("office_id", sa.BigInteger(), sa.ForeignKey("offices.id"), primary_key=True),
        sa.Column("key", sa.String(80), primary_key=True),
        sa.Column("kelurahan", sa.String(80), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), sa.ForeignKey("agents.id"), nullable=False),
        sa.Column("set_by", sa.BigInteger(), sa.ForeignKey("users.id")),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_kelurahan_agents_has_a_name"), "kelurahan_agents", "key <> ''"
    )
    op.create_index(op.f("ix_kelurahan_agents_agent_id"), "kelurahan_agents", ["agent_id"])
    op.add_column(
        "rosters",
        sa.Column("by_kelurahan", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade():
    """Remove them; workers keep their agents."""
    op.drop_column("rosters", "by_kelurahan")
    op.drop_table("kelurahan_agents")

"""Store who works the portfolio of an agent on leave.

Revision ID: 0064
Revises: 0063
"""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade():
    """Add the table."""
    op.create_table(
        "substitutions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("agent_id", sa.BigInteger(), sa.ForeignKey("agents.id"), nullable=False),
        sa.Column("substitute_id", sa.BigInteger(), sa.ForeignKey("agents.id"), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("made_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.BigInteger(), sa.ForeignKey("users.id")),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    )
    for name, condition in {
        "ends_after_it_began": "until_on >= from_on",
        "two_agents": "agent_id <> substitute_id",
        "ended_whole": "(ended_at IS NULL) = (ended_by IS NULL)",
    }.items():
        op.create_check_constraint(op.f(f"ck_substitutions_{name}"), "substitutions", condition)
    for column in ("agent_id", "substitute_id"):
        op.create_index(
            f"ix_substitutions_{column}_until_on",
            "substitutions",
            [column, "until_on"],
            postgresql_where=sa.text("ended_at IS NULL"),
        )


def downgrade():
    """Remove it."""
    op.drop_table("substitutions")

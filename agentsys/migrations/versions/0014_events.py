"""Events: what happened, and which of it plugins have not got yet."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("office_id", sa.BigInteger()),
        sa.Column("agent_id", sa.BigInteger()),
        sa.Column("worker_id", sa.BigInteger()),
        sa.Column("actor_id", sa.BigInteger()),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
    )
    for whose in ("worker_id", "agent_id"):
        op.create_index(
            f"ix_events_{whose}_id",
            "events",
            [whose, "id"],
            postgresql_where=sa.text(f"{whose} IS NOT NULL"),
        )
    op.create_index("ix_events_office_id_id", "events", ["office_id", "id"])
    op.create_table(
        "event_deliveries",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("plugin", sa.String(length=60), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_event_deliveries_event_id_events"
        ),
        sa.PrimaryKeyConstraint("event_id", "plugin", name="pk_event_deliveries"),
    )
    op.create_index("ix_event_deliveries_next_try_at", "event_deliveries", ["next_try_at"])


def downgrade():
    op.drop_table("event_deliveries")
    op.drop_table("events")

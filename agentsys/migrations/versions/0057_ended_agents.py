"""Note when an agent ended, also with the user, and find the workers of a hand-over by agent.

Revision ID: 0057
Revises: 0056
"""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

_ENDED = """
UPDATE users u SET agent_ended = true FROM agents a WHERE a.user_id = u.id AND a.status = 'left'
"""


def upgrade():
    """Add the columns; when an agent ended before is not known."""
    op.add_column("agents", sa.Column("ended_on", sa.Date()))
    op.create_check_constraint(
        op.f("ck_agents_ended_agents_left"), "agents", "ended_on IS NULL OR status = 'left'"
    )
    op.add_column(
        "users",
        sa.Column("agent_ended", sa.Boolean(), nullable=False, server_default=sa.text("false")),
    )
    op.execute(_ENDED)
    op.create_index(
        op.f("ix_handover_workers_handover_id_to_agent_id"),
        "handover_workers",
        ["handover_id", "to_agent_id"],
    )


def downgrade():
    """Remove them: an agent who ended may do everything again."""
    op.drop_index(op.f("ix_handover_workers_handover_id_to_agent_id"), "handover_workers")
    op.drop_column("users", "agent_ended")
    op.drop_constraint(op.f("ck_agents_ended_agents_left"), "agents")
    op.drop_column("agents", "ended_on")

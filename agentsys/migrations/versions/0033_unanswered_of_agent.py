"""Find the workers of a supervisor's agents for whom BPJS' answer is missing.

Built concurrently, so that people go on working. What an interrupted build left is replaced.

Revision ID: 0033
Revises: 0032
"""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade():
    """Add the index; without it, all workers were read in the order of their numbers."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_workers_unanswered_of_agent")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_workers_unanswered_of_agent ON workers (agent_id)"
            " WHERE new_to_bpu = 'unknown'"
        )
        op.execute("SET lock_timeout = '30s'")


def downgrade():
    """Drop it."""
    op.drop_index("ix_workers_unanswered_of_agent", "workers")

"""Index the cash that agents hold by its age.

Built concurrently, so that people go on working. What an interrupted build left is replaced.

Revision ID: 0025
Revises: 0024
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade():
    """Add the index through which the work queue finds cash that is held for too long."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_payments_in_hand")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_payments_in_hand ON payments (agent_id, settled_at)"
            " WHERE custody = 'agent' AND deposit_id IS NULL AND state = 'settled'"
        )
        op.execute("SET lock_timeout = '30s'")


def downgrade():
    """Drop it."""
    op.drop_index("ix_payments_in_hand", "payments")

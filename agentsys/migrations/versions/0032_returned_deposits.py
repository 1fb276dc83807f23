"""Find returned deposits, and the sum of the cash in an agent's hands, by index.

Built concurrently, so that people go on working. What an interrupted build left is replaced.

Revision ID: 0032
Revises: 0031
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_IN_HAND = "custody = 'agent' AND deposit_id IS NULL AND state = 'settled'"


def upgrade():
    """Index returned deposits, and the amounts of the cash in hand."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_deposits_returned")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_deposits_returned ON deposits (agent_id)"
            " WHERE state = 'returned'"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_payments_in_hand_sums")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_payments_in_hand_sums ON payments (agent_id, settled_at)"
            f" INCLUDE (amount_idr) WHERE {_IN_HAND}"
        )
        # The old one serves until the new one is there.
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_payments_in_hand")
        op.execute("ALTER INDEX ix_payments_in_hand_sums RENAME TO ix_payments_in_hand")
        op.execute("SET lock_timeout = '30s'")


def downgrade():
    """Index neither."""
    op.drop_index("ix_deposits_returned", "deposits")
    op.drop_index("ix_payments_in_hand", "payments")
    op.execute(
        f"CREATE INDEX ix_payments_in_hand ON payments (agent_id, settled_at) WHERE {_IN_HAND}"
    )

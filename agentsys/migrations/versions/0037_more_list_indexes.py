"""Find deposits by state, agents by a part of a name, and all workers without BPJS' answer.

Sum approved statements by an index, too.

Built concurrently, so that people go on working. What an interrupted build left is replaced.

Revision ID: 0037
Revises: 0036
"""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_NEW = {
    "ix_deposits_state_id": "deposits (state, id)",
    "ix_agents_search_key": (
        "agents USING gin (search_key(name) gin_trgm_ops, search_key(code) gin_trgm_ops,"
        " search_key(area) gin_trgm_ops)"
    ),
    "ix_workers_unanswered_by_id": "workers (id) WHERE new_to_bpu = 'unknown'",
    "ix_statements_approved_sums": (
        "statements (month, id) INCLUDE (agent_id, office_id, agent_idr, office_idr)"
        " WHERE state = 'approved'"
    ),
}


def upgrade():
    """Add the indexes; without them each page read all deposits, agents or statements."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        for name, what in _NEW.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {what}")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_statements_approved")
        op.execute("SET lock_timeout = '30s'")


def downgrade():
    """Drop them."""
    op.execute(
        "CREATE INDEX ix_statements_approved ON statements (month, id) WHERE state = 'approved'"
    )
    for name in _NEW:
        op.execute(f"DROP INDEX {name}")

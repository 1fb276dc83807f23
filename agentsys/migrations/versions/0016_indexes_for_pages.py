"""Index what the pages of agents, supervisors and finance read, without stopping them.

Each index is built concurrently, month by month, so that people go on working meanwhile. What an
interrupted run left is dropped or taken as it is, so that it can be run again.
"""

from alembic import op
from sqlalchemy import text

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# By name: the columns, and what else belongs to the index of each month's table.
_OF_CONTRIBUTIONS = {
    "ix_contributions_agent_month": "(agent_id, month) INCLUDE (amount_idr, payment_id)",
    "ix_contributions_unconfirmed": (
        "(agent_id) WHERE payment_id IS NOT NULL AND confirmed_at IS NULL"
    ),
    "ix_contributions_remittance_lines": (
        "(remittance_id, worker_id, month) WHERE remittance_id IS NOT NULL"
    ),
}
_OF_OTHERS = {
    "ix_callbacks_undecided": "callbacks (id) WHERE outcome IS NULL",
    "ix_callbacks_to_check": "callbacks (id) WHERE outcome IN ('desk', 'unknown')",
    "ix_workers_unanswered": "workers (office_id, id) WHERE new_to_bpu = 'unknown'",
}
_REPLACED = {
    "ix_contributions_remittance_id": "(remittance_id) WHERE remittance_id IS NOT NULL",
}

_MONTHS = text("""
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'contributions'::regclass ORDER BY c.relname
""")
_ATTACHED = text("""
    SELECT EXISTS (
        SELECT FROM pg_inherits i JOIN pg_index x ON x.indexrelid = i.inhrelid
        WHERE i.inhparent = to_regclass(:index) AND x.indrelid = to_regclass(:month))
""")


def upgrade():
    with op.get_context().autocommit_block():
        # A build waits for transactions that began before it, such as a long import.
        op.execute("SET lock_timeout = 0")
        for name, what in _OF_CONTRIBUTIONS.items():
            _index_months(name, what)
        for name, what in _OF_OTHERS.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {what}")
        op.execute("SET lock_timeout = '30s'")
        for name in _REPLACED:
            op.execute(f"DROP INDEX IF EXISTS {name}")


def downgrade():
    with op.get_context().autocommit_block():
        for name, what in _REPLACED.items():
            op.execute("SET lock_timeout = 0")
            _index_months(name, what)
        op.execute("SET lock_timeout = '30s'")
        for name in (*_OF_CONTRIBUTIONS, *_OF_OTHERS):
            op.execute(f"DROP INDEX IF EXISTS {name}")


def _index_months(name, what):
    """An index of all months; the table of a month that begins meanwhile has it from the start."""
    columns, _, condition = what.partition(" WHERE ")
    where = f" WHERE {condition}" if condition else ""
    op.execute(f"CREATE INDEX IF NOT EXISTS {name} ON ONLY contributions {columns}{where}")
    connection = op.get_bind()
    for month in connection.scalars(_MONTHS).all():
        if connection.scalar(_ATTACHED, {"index": name, "month": month}):
            continue
        part = f"{month}_{name.removeprefix('ix_contributions_')}"
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {part}")
        op.execute(f"CREATE INDEX CONCURRENTLY {part} ON {month} {columns}{where}")
        op.execute(f"ALTER INDEX {name} ATTACH PARTITION {part}")

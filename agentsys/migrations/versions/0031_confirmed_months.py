"""Number an agent's confirmed months from an index alone.

Built concurrently, month by month, so that people go on working. A month that an interrupted run
left unattached is built again.

Revision ID: 0031
Revises: 0030
"""

from alembic import op
from sqlalchemy import text

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_OLD = "ix_contributions_confirmed_at"
_NEW = "ix_contributions_confirmed_months"
_INCLUDED = " INCLUDE (worker_id, month, amount_idr)"

_WITHOUT_INDEX = text("""
    SELECT i.inhrelid::regclass::text FROM pg_inherits i
    WHERE i.inhparent = 'contributions'::regclass AND NOT EXISTS (
        SELECT FROM pg_index x JOIN pg_inherits a ON a.inhrelid = x.indexrelid
        WHERE x.indrelid = i.inhrelid AND a.inhparent = to_regclass(:name)
    )
    ORDER BY 1
""")


def upgrade():
    """Add the months and sums to the index of an agent's confirmed contributions."""
    _replace(_OLD, _NEW, _INCLUDED)


def downgrade():
    """Take them out again."""
    _replace(_NEW, _OLD, "")


def _replace(old, new, included):
    what = f"(agent_id, confirmed_at){included} WHERE confirmed_at IS NOT NULL"
    with op.get_context().autocommit_block():
        # A build waits for transactions that began before it, such as a long import.
        op.execute("SET lock_timeout = 0")
        op.execute(f"CREATE INDEX IF NOT EXISTS {new} ON ONLY contributions {what}")
        for month in op.get_bind().scalars(_WITHOUT_INDEX, {"name": new}).all():
            part = f"{month}_{new.removeprefix('ix_contributions_')}"
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {part}")
            op.execute(f"CREATE INDEX CONCURRENTLY {part} ON {month} {what}")
            op.execute(f"ALTER INDEX {new} ATTACH PARTITION {part}")
        op.execute("SET lock_timeout = '30s'")
        op.execute(f"DROP INDEX IF EXISTS {old}")

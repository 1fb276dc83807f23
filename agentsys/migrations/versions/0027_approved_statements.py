"""Index approved statements in the order of their list.

Built concurrently, so that people go on working. What an interrupted build left is replaced.

Revision ID: 0027
Revises: 0026
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade():
    """Add the index through which the newest approved statements are found without sorting all."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_statements_approved")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_statements_approved ON statements (month, id)"
            " WHERE state = 'approved'"
        )
        op.execute("SET lock_timeout = '30s'")


def downgrade():
    """Drop it."""
    op.drop_index("ix_statements_approved", "statements")

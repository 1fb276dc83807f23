"""Rename the job that processes callbacks.

Revision ID: 0012
Revises: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_RENAME = """
    UPDATE procrastinate_jobs SET task_name = '{new}', queueing_lock = '{new}'
    WHERE task_name = '{old}' AND status = 'todo'
"""


def upgrade() -> None:
    """Keep jobs that wait: a worker of this version knows only the new name."""
    op.execute(_RENAME.format(old="settle_callbacks", new="process_callbacks"))


def downgrade() -> None:
    """Give waiting jobs the old name back."""
    op.execute(_RENAME.format(old="process_callbacks", new="settle_callbacks"))

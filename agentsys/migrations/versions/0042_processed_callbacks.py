"""Keep the word "settled" for payments: rename a callback's time, and a job.

Revision ID: 0042
Revises: 0041
"""

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade():
    """Rename both; a job that waits under the old name runs under the new one."""
    op.alter_column("callbacks", "settled_at", new_column_name="processed_at")
    _rename_job("forget_settled_work", "forget_closed_work")


def downgrade():
    """Restore the old names."""
    op.alter_column("callbacks", "processed_at", new_column_name="settled_at")
    _rename_job("forget_closed_work", "forget_settled_work")


def _rename_job(old, new):
    op.execute(
        f"""
        UPDATE procrastinate_jobs SET task_name = '{new}', queueing_lock = '{new}'
        WHERE task_name = '{old}' AND status = 'todo'
        """
    )

"""Rename the count of a callback's deliveries, and the outcome that a person must check.

Revision ID: 0029
Revises: 0028
"""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade():
    """Rename both; few callbacks have that outcome, and an index finds them."""
    op.alter_column("callbacks", "rings", new_column_name="deliveries")
    _replace_outcome("desk", "to_check")


def downgrade():
    """Rename both back."""
    op.alter_column("callbacks", "deliveries", new_column_name="rings")
    _replace_outcome("to_check", "desk")


def _replace_outcome(old, new):
    op.execute("ALTER TABLE callbacks DROP CONSTRAINT ck_callbacks_outcome")
    op.execute(
        f"UPDATE callbacks SET outcome = '{new}'"
        f" WHERE outcome IN ('{old}', 'unknown') AND outcome = '{old}'"
    )
    op.execute("DROP INDEX ix_callbacks_to_check")
    op.execute(
        "ALTER TABLE callbacks ADD CONSTRAINT ck_callbacks_outcome"
        f" CHECK (outcome IN ('moved', 'nothing_new', 'unknown', '{new}'))"
    )
    op.execute(
        "CREATE INDEX ix_callbacks_to_check ON callbacks (id)"
        f" WHERE outcome IN ('{new}', 'unknown')"
    )

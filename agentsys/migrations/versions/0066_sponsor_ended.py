"""Find the memberships that ended because no sponsor pays any more.

Revision ID: 0066
Revises: 0065
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"


def upgrade() -> None:
    """Add the index."""
    op.create_index(
        "ix_enrolments_sponsor_ended",
        "enrolments",
        ["until_month", "worker_id"],
        postgresql_where=sa.text("end_reason = 'sponsor_ended'"),
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_index("ix_enrolments_sponsor_ended", table_name="enrolments")

"""Keep what workers ask about their personal data, withdrawn consents, and erased workers.

Revision ID: 0050
Revises: 0049
"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

_RULES = {
    "asked_by_somebody": "asked_how <> ''",
    "decided_by_somebody": (
        "(state = 'open') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)"
    ),
    "four_eyes": "kind <> 'erasure' OR state <> 'done' OR decided_by <> asked_by",
    "answered_with_a_note": "state = 'open' OR note <> ''",
    "datarequestkind": "kind IN ('copy', 'correction', 'withdrawal', 'erasure')",
    "datarequeststate": "state IN ('open', 'done', 'refused')",
}


def upgrade():
    """Add the columns and the table."""
    op.add_column("workers", sa.Column("consent_withdrawn_at", sa.DateTime(timezone=True)))
    op.add_column("workers", sa.Column("erased_at", sa.DateTime(timezone=True)))
    op.create_table(
        "data_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        _reference("worker_id", "workers"),
        _reference("office_id", "offices"),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("asked_how", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        _reference("asked_by", "users"),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        _reference("decided_by", "users", nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("note", sa.String(200), server_default="", nullable=False),
        *(sa.CheckConstraint(rule, name=name) for name, rule in _RULES.items()),
    )
    op.create_index(
        "uq_data_requests_open",
        "data_requests",
        ["worker_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_data_requests_worker_id_id", "data_requests", ["worker_id", "id"])


def downgrade():
    """Remove the table and the columns; who was erased stays erased."""
    op.drop_table("data_requests")
    op.drop_column("workers", "erased_at")
    op.drop_column("workers", "consent_withdrawn_at")


def _reference(column, table, *, nullable=False):
    target = sa.ForeignKey(f"{table}.id", name=f"fk_data_requests_{column}_{table}")
    return sa.Column(column, sa.BigInteger(), target, nullable=nullable)

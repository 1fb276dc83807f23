"""Store hand-overs of workers from one agent to others.

Revision ID: 0056
Revises: 0055
"""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

_STATES = "'draft', 'proposed', 'planned', 'done', 'undone', 'refused', 'withdrawn'"
_CHECKS = {
    "handoverstate": f"state IN ({_STATES})",
    "from_is_a_month": "extract(day FROM from_month) = 1",
    "has_workers_and_a_reason": "reason <> '' AND workers > 0",
    "done_at_a_time": "(done_at IS NOT NULL) = (state IN ('done', 'undone'))",
    "undone_by_somebody_for_a_reason": (
        "(undone_at IS NOT NULL) = (state = 'undone')"
        " AND (undone_by IS NULL) = (undone_at IS NULL)"
        " AND (undone_at IS NULL) = (undo_reason = '')"
    ),
    "decided_by_somebody": (
        "(decided_by IS NULL) = (decided_at IS NULL)"
        " AND (state <> 'refused' OR decided_by IS NOT NULL)"
    ),
    "other_office_agreed": (
        "office_id = to_office_id OR state NOT IN ('planned', 'done', 'undone', 'refused')"
        " OR (decided_by IS NOT NULL AND decided_by <> made_by)"
    ),
}


def upgrade():
    """Add the tables."""
    op.create_table(
        "handovers",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("office_id", sa.BigInteger(), sa.ForeignKey("offices.id"), nullable=False),
        sa.Column("to_office_id", sa.BigInteger(), sa.ForeignKey("offices.id"), nullable=False),
        sa.Column("from_agent_id", sa.BigInteger(), sa.ForeignKey("agents.id"), nullable=False),
        sa.Column("from_month", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("workers", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("made_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), sa.ForeignKey("users.id")),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.Column("undone_by", sa.BigInteger(), sa.ForeignKey("users.id")),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.Column("undo_reason", sa.String(200), nullable=False),
    )
    for name, condition in _CHECKS.items():
        op.create_check_constraint(op.f(f"ck_handovers_{name}"), "handovers", condition)
    for column in ("office_id", "from_agent_id"):
        op.create_index(op.f(f"ix_handovers_{column}"), "handovers", [column])
    for state, column in (("proposed", "to_office_id"), ("planned", "from_month")):
        op.create_index(
            f"ix_handovers_{state}",
            "handovers",
            [column],
            postgresql_where=sa.text(f"state = '{state}'"),
        )
    op.create_table(
        "handover_workers",
        sa.Column(
            "handover_id",
            sa.BigInteger(),
            sa.ForeignKey("handovers.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("worker_id", sa.BigInteger(), primary_key=True),
        sa.Column("to_agent_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
    )
    op.create_index(op.f("ix_handover_workers_worker_id"), "handover_workers", ["worker_id"])


def downgrade():
    """Remove them; the workers stay with the agents who have them."""
    op.drop_table("handover_workers")
    op.drop_table("handovers")

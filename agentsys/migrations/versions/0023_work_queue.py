"""Keep who holds which open work, and index what is open.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_TO_HANDLE = "handled_at IS NULL AND (status = 'failed' OR status = 'done' AND rejected > 0)"
_OPEN = (
    ("ix_deposits_declared", "deposits", ["office_id"], "state = 'declared'"),
    (
        "ix_remittances_under_way",
        "remittances",
        ["office_id"],
        "state NOT IN ('confirmed', 'cancelled')",
    ),
    ("ix_statements_returned", "statements", ["office_id"], "state = 'returned'"),
    ("ix_commission_runs_open", "commission_runs", ["office_id"], "finished_at IS NULL"),
    ("ix_rosters_to_handle", "rosters", ["uploaded_at"], _TO_HANDLE),
)


def upgrade():
    """Add the tables, and the partial indexes through which open work is read."""
    op.create_table(
        "work_assignments",
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(40), nullable=False),
        sa.Column("holder_id", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("handed_by", sa.BigInteger()),
        sa.Column("handed_at", sa.DateTime(timezone=True)),
        sa.Column("note", sa.String(200), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", name="pk_work_assignments"),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["users.id"], name="fk_work_assignments_holder_id_users"
        ),
        sa.ForeignKeyConstraint(
            ["handed_by"], ["users.id"], name="fk_work_assignments_handed_by_users"
        ),
        sa.CheckConstraint(
            "(handed_by IS NULL) = (handed_at IS NULL)",
            name=op.f("ck_work_assignments_handed_over_by_somebody"),
        ),
        sa.CheckConstraint(
            "due_at IS NULL OR handed_by IS NOT NULL",
            name=op.f("ck_work_assignments_due_was_agreed"),
        ),
    )
    op.create_index("ix_work_assignments_holder_id", "work_assignments", ["holder_id"])
    op.create_table(
        "escalation_rules",
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("days", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.BigInteger()),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("from_day", name="pk_escalation_rules"),
        sa.ForeignKeyConstraint(["set_by"], ["users.id"], name="fk_escalation_rules_set_by_users"),
        sa.CheckConstraint("days BETWEEN 0 AND 60", name=op.f("ck_escalation_rules_days_in_reach")),
    )
    op.add_column("rosters", sa.Column("handled_at", sa.DateTime(timezone=True)))
    op.add_column("rosters", sa.Column("handled_by", sa.BigInteger()))
    op.create_foreign_key("fk_rosters_handled_by_users", "rosters", "users", ["handled_by"], ["id"])
    op.create_check_constraint(
        op.f("ck_rosters_handled_at_a_time"),
        "rosters",
        "handled_by IS NULL OR handled_at IS NOT NULL",
    )
    for name, table, columns, where in _OPEN:
        op.create_index(name, table, columns, postgresql_where=sa.text(where))


def downgrade():
    """Forget who holds what; the work itself stays where it is."""
    for name, table, _, _ in reversed(_OPEN):
        op.drop_index(name, table)
    op.drop_constraint(op.f("ck_rosters_handled_at_a_time"), "rosters")
    op.drop_constraint("fk_rosters_handled_by_users", "rosters")
    op.drop_column("rosters", "handled_by")
    op.drop_column("rosters", "handled_at")
    op.drop_table("escalation_rules")
    op.drop_table("work_assignments")

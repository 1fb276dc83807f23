"""Add tables for changed public holidays and for the reminders that were sent.

Revision ID: 0102
Revises: 0101
"""

import sqlalchemy as sa
from alembic import op

revision = "0102"
down_revision = "0101"
branch_labels = None
depends_on = None


def upgrade():
    """Add both tables."""
    op.create_table(
        "holiday_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_holiday", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_holiday_changes"),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name="fk_holiday_changes_made_by_users"),
        sa.CheckConstraint(
            "name <> '' AND source <> ''", name=op.f("ck_holiday_changes_says_where_from")
        ),
    )
    op.create_table(
        "reminder_runs",
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("workers", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("office_id", "month", "stage", name="pk_reminder_runs"),
        sa.ForeignKeyConstraint(
            ["office_id"], ["offices.id"], name="fk_reminder_runs_office_id_offices"
        ),
        sa.CheckConstraint(
            "stage IN ('before', 'due', 'after')", name=op.f("ck_reminder_runs_reminderstage")
        ),
        sa.CheckConstraint(
            "extract(day FROM month) = 1", name=op.f("ck_reminder_runs_month_is_a_month")
        ),
        sa.CheckConstraint("workers >= 0", name=op.f("ck_reminder_runs_counted")),
    )


def downgrade():
    """Drop them; the package's holidays count again."""
    op.drop_table("reminder_runs")
    op.drop_table("holiday_changes")

"""Let the billing of an office run by itself, and keep for which office a run was.

Revision ID: 0073
Revises: 0072
"""

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None


def upgrade():
    """Add the tables and the column."""
    op.add_column("billing_runs", sa.Column("office_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_billing_runs_office_id_offices"), "billing_runs", "offices", ["office_id"], ["id"]
    )
    op.execute(
        "UPDATE billing_runs r SET office_id = u.office_id FROM users u WHERE u.id = r.started_by"
    )
    op.create_table(
        "billing_schedules",
        sa.Column("office_id", sa.BigInteger(), sa.ForeignKey("offices.id"), primary_key=True),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("from_month", sa.Date(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
    )
    for name, condition in {
        "day_of_every_month": "day BETWEEN 1 AND 28",
        "hour_of_the_day": "hour BETWEEN 0 AND 23",
        "from_a_month": "extract(day FROM from_month) = 1",
    }.items():
        op.create_check_constraint(
            op.f(f"ck_billing_schedules_{name}"), "billing_schedules", condition
        )
    op.create_table(
        "scheduled_billings",
        sa.Column("office_id", sa.BigInteger(), sa.ForeignKey("offices.id"), primary_key=True),
        sa.Column("month", sa.Date(), primary_key=True),
        sa.Column("run_id", sa.BigInteger(), sa.ForeignKey("billing_runs.id"), nullable=False),
    )


def downgrade():
    """Remove them."""
    op.drop_table("scheduled_billings")
    op.drop_table("billing_schedules")
    op.drop_constraint(
        op.f("fk_billing_runs_office_id_offices"), "billing_runs", type_="foreignkey"
    )
    op.drop_column("billing_runs", "office_id")

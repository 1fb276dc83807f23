"""Note when BPJS answered about a worker, and for which office commissions were computed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("workers", sa.Column("bpu_answered_at", sa.DateTime(timezone=True)))
    op.add_column("commission_runs", sa.Column("office_id", sa.BigInteger()))
    op.create_foreign_key(
        "fk_commission_runs_office_id_offices", "commission_runs", "offices", ["office_id"], ["id"]
    )


def downgrade():
    op.drop_constraint(
        "fk_commission_runs_office_id_offices", "commission_runs", type_="foreignkey"
    )
    op.drop_column("commission_runs", "office_id")
    op.drop_column("workers", "bpu_answered_at")

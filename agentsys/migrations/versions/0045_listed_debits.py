"""Keep which debits were on each day's list, and why each was not made that day.

Revision ID: 0045
Revises: 0044
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

# What is known of earlier days: the newest list of each debit, and the lists of its tries.
_KNOWN = """
INSERT INTO listed_debits (run_id, debit_id, why)
SELECT run_id, id, why FROM debits WHERE run_id IS NOT NULL
UNION
SELECT t.run_id, t.debit_id, CASE WHEN d.run_id = t.run_id THEN d.why ELSE '' END
FROM debit_tries t JOIN debits d ON d.id = t.debit_id WHERE t.run_id IS NOT NULL
"""


def upgrade():
    """Add the table, with what is known of earlier days."""
    op.create_table(
        "listed_debits",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("debit_id", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.String(length=30), nullable=False),
        sa.ForeignKeyConstraint(
            ["debit_id"], ["debits.id"], name=op.f("fk_listed_debits_debit_id_debits")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["debit_runs.id"], name=op.f("fk_listed_debits_run_id_debit_runs")
        ),
        sa.PrimaryKeyConstraint("run_id", "debit_id", name=op.f("pk_listed_debits")),
    )
    op.create_index(op.f("ix_listed_debits_debit_id"), "listed_debits", ["debit_id"])
    op.execute(_KNOWN)


def downgrade():
    """Remove the table."""
    op.drop_table("listed_debits")

"""Let transfers return what sponsors paid too much, and take what they owe.

Revision ID: 0085
Revises: 0084
"""

import sqlalchemy as sa
from alembic import op

revision = "0085"
down_revision = "0084"
branch_labels = None
depends_on = None


def upgrade():
    """Name the agreement of a transfer."""
    op.add_column("transfers", sa.Column("agreement_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_transfers_agreement_id_agreements"),
        "transfers",
        "agreements",
        ["agreement_id"],
        ["id"],
    )
    op.create_index(op.f("ix_transfers_agreement_id"), "transfers", ["agreement_id"])
    # After going down and up again: the account still names the agreement.
    op.drop_constraint(op.f("ck_transfers_with_somebody"), "transfers")
    op.execute(
        "UPDATE transfers SET agreement_id = split_part(account, ':', 3)::bigint"
        " WHERE account LIKE 'owed:sponsor:%' OR account LIKE 'claim:sponsor:%'"
    )
    op.create_check_constraint(
        op.f("ck_transfers_with_somebody"),
        "transfers",
        "num_nonnulls(worker_id, agreement_id, unexplained_id) = 1",
    )


def downgrade():
    """Leave what was booked to the journal; transfers with sponsors are with nobody then."""
    op.drop_constraint(op.f("ck_transfers_with_somebody"), "transfers")
    op.drop_index(op.f("ix_transfers_agreement_id"), "transfers")
    op.drop_constraint(op.f("fk_transfers_agreement_id_agreements"), "transfers")
    op.drop_column("transfers", "agreement_id")
    op.create_check_constraint(
        op.f("ck_transfers_with_somebody"),
        "transfers",
        "(worker_id IS NULL) <> (unexplained_id IS NULL) OR account LIKE '%:sponsor:%'",
    )

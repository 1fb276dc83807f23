"""Compare references of banks without case, blanks and marks.

Revision ID: 0075
Revises: 0074
"""

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

_LIVE_TRANSFERS = "state <> 'refused'"
_BY_BANK = "custody = 'bank' AND state IN ('created', 'settled')"
# Two old records whose references differ only in such signs: the later ones get their number.
_TELL_APART = """
UPDATE {table} t SET {column} = left(t.{column}, {room}) || ' NO' || t.id
WHERE {live} AND EXISTS (
    SELECT FROM {table} o
    WHERE o.id < t.id AND {olive} AND {same} AND ref_key(o.{column}) = ref_key(t.{column})
)
"""


def upgrade():
    """Let the database hold it where it held the references as they were written."""
    for values in (
        {
            "table": "gateway_payouts",
            "column": "bank_ref",
            "room": 60,
            "live": "true",
            "olive": "true",
            "same": "o.provider = t.provider",
        },
        {
            "table": "transfers",
            "column": "bank_ref",
            "room": 60,
            "live": "t.state <> 'refused'",
            "olive": "o.state <> 'refused'",
            "same": "o.direction = t.direction",
        },
        {
            "table": "payments",
            "column": "provider_ref",
            "room": 60,
            "live": "t.custody = 'bank' AND t.state IN ('created', 'settled')",
            "olive": "o.custody = 'bank' AND o.state IN ('created', 'settled')",
            "same": "o.office_id = t.office_id",
        },
    ):
        op.execute(_TELL_APART.format(**values))
    op.drop_constraint("uq_gateway_payouts_provider_bank_ref", "gateway_payouts")
    op.create_index(
        "uq_gateway_payouts_ref_key",
        "gateway_payouts",
        ["provider", sa.text("ref_key(bank_ref)")],
        unique=True,
    )
    op.drop_index("uq_transfers_bank_ref_live", "transfers")
    op.create_index(
        "uq_transfers_ref_key_live",
        "transfers",
        ["direction", sa.text("ref_key(bank_ref)")],
        unique=True,
        postgresql_where=sa.text(_LIVE_TRANSFERS),
    )
    op.drop_index("uq_payments_bank_reference", "payments")
    op.create_index(
        "uq_payments_bank_ref_key",
        "payments",
        ["office_id", sa.text("ref_key(provider_ref)")],
        unique=True,
        postgresql_where=sa.text(_BY_BANK),
    )
    # Own funds have no table: their lock keeps them apart, and this finds the earlier one.
    op.create_index(
        "ix_entries_own_funds",
        "entries",
        [sa.text("ref_key(source)")],
        postgresql_where=sa.text("kind = 'own_funds.added'"),
    )


def downgrade():
    """Compare references as they were written."""
    op.drop_index("ix_entries_own_funds", "entries")
    op.drop_index("uq_payments_bank_ref_key", "payments")
    op.create_index(
        "uq_payments_bank_reference",
        "payments",
        ["office_id", "provider_ref"],
        unique=True,
        postgresql_where=sa.text(_BY_BANK),
    )
    op.drop_index("uq_transfers_ref_key_live", "transfers")
    op.create_index(
        "uq_transfers_bank_ref_live",
        "transfers",
        ["direction", "bank_ref"],
        unique=True,
        postgresql_where=sa.text(_LIVE_TRANSFERS),
    )
    op.drop_index("uq_gateway_payouts_ref_key", "gateway_payouts")
    op.create_unique_constraint(
        "uq_gateway_payouts_provider_bank_ref", "gateway_payouts", ["provider", "bank_ref"]
    )

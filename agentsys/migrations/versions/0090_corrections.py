"""Let two persons undo a deposit, a transfer or a payout that was confirmed wrongly.

Revision ID: 0090
Revises: 0089
"""

import sqlalchemy as sa
from alembic import op

revision = "0090"
down_revision = "0089"
branch_labels = None
depends_on = None

_STATES = ("proposed", "approved", "refused", "withdrawn")
_WHAT = ("deposit", "transfer", "payout")
_OF_TRANSFER = "ck_transfers_transferstate"


def upgrade():
    """Add the table, and let a reference be used again after its correction."""
    op.create_table(
        "corrections",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("office_id", sa.BigInteger()),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=f"fk_corrections_{column}_{table}")
            for column, table in (
                ("office_id", "offices"),
                ("proposed_by", "users"),
                ("decided_by", "users"),
            )
        ),
        sa.CheckConstraint(f"state IN {_STATES}", name=op.f("ck_corrections_correctionstate")),
        sa.CheckConstraint(f"what IN {_WHAT}", name=op.f("ck_corrections_correctable")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_corrections_has_a_reason")),
        sa.CheckConstraint(
            "state = 'withdrawn' OR decided_by <> proposed_by", name=op.f("ck_corrections_four_eyes")
        ),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_corrections_decided_by_somebody"),
        ),
    )
    op.create_index(
        "uq_corrections_live",
        "corrections",
        ["what", "subject_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('proposed', 'approved')"),
    )
    op.create_index(
        "ix_corrections_proposed",
        "corrections",
        ["office_id"],
        postgresql_where=sa.text("state = 'proposed'"),
    )
    # After going down and up again: the audit trail kept what was decided.
    op.execute(
        "INSERT INTO corrections (id, what, subject_id, office_id, amount_idr, reason, state,"
        " proposed_by, proposed_at, decided_by, decided_at)"
        " SELECT CAST(substr(a.subject, 12) AS bigint), a.details->>'what',"
        " CAST(a.details->>'id' AS bigint), CAST(a.details->>'office_id' AS bigint),"
        " CAST(a.details->>'amount_idr' AS bigint), a.details->>'reason', 'approved',"
        " p.actor_id, p.at, a.actor_id, a.at"
        " FROM audit_events a JOIN audit_events p"
        " ON p.action = 'correction.proposed' AND p.subject = a.subject"
        " WHERE a.action = 'correction.approved'"
    )
    op.execute(
        "SELECT setval(pg_get_serial_sequence('corrections', 'id'),"
        " coalesce(max(id), 0) + 1, false) FROM corrections"
    )
    op.drop_constraint(op.f(_OF_TRANSFER), "transfers")
    op.create_check_constraint(
        op.f(_OF_TRANSFER), "transfers", "state IN ('proposed', 'booked', 'refused', 'reversed')"
    )
    op.execute(
        "UPDATE transfers t SET state = 'reversed' FROM corrections c"
        " WHERE c.what = 'transfer' AND c.subject_id = t.id"
    )
    _key_of_transfers("state NOT IN ('refused', 'reversed')")
    op.add_column("gateway_payouts", sa.Column("reversed_at", sa.DateTime(timezone=True)))
    op.execute(
        "UPDATE gateway_payouts o SET reversed_at = c.decided_at FROM corrections c"
        " WHERE c.what = 'payout' AND c.subject_id = o.id"
    )
    _key_of_payouts(sa.text("reversed_at IS NULL"))


def downgrade():
    """Drop them. The journal keeps the counter-entries; their subjects count as booked again."""
    op.drop_index("uq_gateway_payouts_ref_key", "gateway_payouts")
    op.execute(
        "UPDATE gateway_payouts SET bank_ref = left('batal-' || id || ' ' || bank_ref, 80)"
        " WHERE reversed_at IS NOT NULL"
    )
    op.drop_column("gateway_payouts", "reversed_at")
    op.execute(
        "CREATE UNIQUE INDEX uq_gateway_payouts_ref_key ON gateway_payouts"
        " (provider, ref_key(bank_ref))"
    )
    op.execute(
        "UPDATE transfers SET state = 'booked', bank_ref = left('batal-' || id || ' ' || bank_ref, 80)"
        " WHERE state = 'reversed'"
    )
    _key_of_transfers("state <> 'refused'")
    op.drop_constraint(op.f(_OF_TRANSFER), "transfers")
    op.create_check_constraint(
        op.f(_OF_TRANSFER), "transfers", "state IN ('proposed', 'booked', 'refused')"
    )
    op.drop_table("corrections")


def _key_of_transfers(live):
    op.drop_index("uq_transfers_ref_key_live", "transfers")
    op.execute(
        "CREATE UNIQUE INDEX uq_transfers_ref_key_live ON transfers (direction, ref_key(bank_ref))"
        f" WHERE {live}"
    )


def _key_of_payouts(live):
    op.drop_index("uq_gateway_payouts_ref_key", "gateway_payouts")
    op.execute(
        "CREATE UNIQUE INDEX uq_gateway_payouts_ref_key ON gateway_payouts"
        f" (provider, ref_key(bank_ref)) WHERE {live}"
    )

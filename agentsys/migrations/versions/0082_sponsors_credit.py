"""Let what a sponsor has left pay a bill, and count it for one open virtual account at a time.

Revision ID: 0082
Revises: 0081
"""

import sqlalchemy as sa
from alembic import op

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None


def _payments(custodies, of_sponsors):
    op.drop_constraint(op.f("ck_payments_custody"), "payments")
    op.drop_constraint(op.f("ck_payments_only_sponsors_pay_by_bank"), "payments")
    op.create_check_constraint(op.f("ck_payments_custody"), "payments", f"custody IN ({custodies})")
    op.create_check_constraint(
        op.f("ck_payments_only_sponsors_pay_by_bank"),
        "payments",
        f"({of_sponsors}) <= (for_bill_id IS NOT NULL)",
    )


def upgrade():
    """Add the kind of payment, and the table."""
    _payments("'agent', 'provider', 'bank', 'credit'", "custody IN ('bank', 'credit')")
    # After going down and up again: what was left paid these.
    op.execute(
        "UPDATE payments SET custody = 'credit', provider_ref = '', inputs = '{}'"
        " WHERE channel = 'sponsor_credit'"
    )
    op.create_table(
        "credit_holds",
        sa.Column("agreement_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_idr > 0", name=op.f("ck_credit_holds_holds_money")),
        sa.ForeignKeyConstraint(
            ["agreement_id"],
            ["agreements.id"],
            name=op.f("fk_credit_holds_agreement_id_agreements"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_credit_holds_payment_id_payments")
        ),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_credit_holds")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_credit_holds_payment_id")),
    )


def downgrade():
    """Drop the table; payments from what was left look like transfers."""
    op.drop_table("credit_holds")
    op.execute(
        "UPDATE payments SET custody = 'bank', provider_ref = reference, inputs = jsonb_build_object("
        "'received_on', (settled_at AT TIME ZONE 'Asia/Jakarta')::date) WHERE custody = 'credit'"
    )
    _payments("'agent', 'provider', 'bank'", "custody = 'bank'")

"""Let payments be for agents' deposits, which providers then confirm.

Revision ID: 0046
Revises: 0045
"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

DECIDED = (
    "(state = 'declared') = (decided_at IS NULL)"
    " AND (channel <> '' OR (decided_by IS NULL) = (decided_at IS NULL))"
    " AND (state = 'withdrawn' OR channel = '' OR decided_by IS NULL)"
)

KINDS = (
    "other_amount", "paid_twice", "paid_again", "paid_late", "unknown_order", "reversed",
    "refunded_after_remitted", "refunded_after_repaid", "changed_after_decision", "unclear",
    "unanswered", "paid_though_cancelled",
)  # fmt: skip


# After a downgrade, the key of a payment says for which deposit it is. A downgrade that goes further
# removes deposits that were withdrawn.
_RESTORED = """
INSERT INTO deposits (id, key, agent_id, office_id, amount_idr, state, evidence, declared_by,
    declared_at, decided_at, reason, channel) OVERRIDING SYSTEM VALUE
SELECT CAST(split_part(p.key, ':', 2) AS bigint), 'restored:' || p.reference, p.agent_id,
    p.office_id, p.amount_idr, 'withdrawn', p.reference, p.created_by, p.created_at,
    coalesce(p.settled_at, p.created_at), '', p.channel
FROM payments p
WHERE p.worker_id IS NULL AND p.key ~ '^deposit:[0-9]+$' AND NOT EXISTS (
    SELECT FROM deposits d WHERE p.key = 'deposit:' || d.id
)
"""
_FOUND_AGAIN = """
UPDATE payments SET for_deposit_id = d.id FROM deposits d
WHERE worker_id IS NULL AND payments.key = 'deposit:' || d.id
"""
_CHANNELS = """
UPDATE deposits d SET channel = p.channel FROM payments p WHERE p.for_deposit_id = d.id
"""


def upgrade():
    """Add the second subject of payments, and the channel of deposits."""
    op.execute("ALTER TABLE payments DROP CONSTRAINT IF EXISTS ck_payments_has_a_worker")
    op.alter_column("payments", "worker_id", nullable=True)
    op.add_column("payments", sa.Column("for_deposit_id", sa.BigInteger()))
    op.add_column(
        "deposits", sa.Column("channel", sa.String(length=30), server_default="", nullable=False)
    )
    op.drop_constraint(op.f("ck_deposits_decided_by_somebody"), "deposits")
    for statement in (_RESTORED, _FOUND_AGAIN, _CHANNELS):
        op.execute(statement)
    _rules()
    op.add_column("unexplained", sa.Column("payment_id", sa.BigInteger()))
    op.create_foreign_key(
        op.f("fk_unexplained_payment_id_payments"),
        "unexplained",
        "payments",
        ["payment_id"],
        ["id"],
    )
    _kinds(*KINDS, "no_cash")


def downgrade():
    """Remove them; rows that were written meanwhile stay, also where the rules forbid new ones."""
    op.execute("UPDATE cases SET kind = 'paid_late' WHERE kind = 'no_cash'")
    _kinds(*KINDS)
    op.drop_constraint(op.f("fk_unexplained_payment_id_payments"), "unexplained")
    op.drop_column("unexplained", "payment_id")
    op.drop_index("uq_deposits_one_by_provider", "deposits")
    op.drop_constraint(op.f("ck_deposits_decided_by_somebody"), "deposits")
    op.create_check_constraint(
        op.f("ck_deposits_decided_by_somebody"),
        "deposits",
        "(state = 'declared') = (decided_by IS NULL)",
        postgresql_not_valid=True,
    )
    op.drop_column("deposits", "channel")
    op.drop_index("uq_payments_for_deposit_id", "payments")
    op.drop_constraint(op.f("ck_payments_deposit_goes_to_a_provider"), "payments")
    op.drop_constraint(op.f("ck_payments_is_for_one_thing"), "payments")
    op.drop_constraint(op.f("fk_payments_for_deposit_id_deposits"), "payments")
    op.drop_column("payments", "for_deposit_id")
    op.create_check_constraint(
        op.f("ck_payments_has_a_worker"),
        "payments",
        "worker_id IS NOT NULL",
        postgresql_not_valid=True,
    )


def _rules():
    """What holds of payments for deposits, and of deposits by a provider."""
    op.create_foreign_key(
        op.f("fk_payments_for_deposit_id_deposits"),
        "payments",
        "deposits",
        ["for_deposit_id"],
        ["id"],
    )
    op.create_check_constraint(
        op.f("ck_payments_is_for_one_thing"),
        "payments",
        "num_nonnulls(worker_id, for_deposit_id) = 1",
    )
    op.create_check_constraint(
        op.f("ck_payments_deposit_goes_to_a_provider"),
        "payments",
        "for_deposit_id IS NULL OR (custody = 'provider' AND agent_id IS NOT NULL)",
    )
    op.create_index(
        "uq_payments_for_deposit_id",
        "payments",
        ["for_deposit_id"],
        unique=True,
        postgresql_where=sa.text("for_deposit_id IS NOT NULL"),
    )
    op.create_check_constraint(op.f("ck_deposits_decided_by_somebody"), "deposits", DECIDED)
    op.create_index(
        "uq_deposits_one_by_provider",
        "deposits",
        ["agent_id"],
        unique=True,
        postgresql_where=sa.text("state = 'declared' AND channel <> ''"),
    )


def _kinds(*kinds):
    op.drop_constraint(op.f("ck_cases_casekind"), "cases")
    known = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f("ck_cases_casekind"), "cases", f"kind IN ({known})")

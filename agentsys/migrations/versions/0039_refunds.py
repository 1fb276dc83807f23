"""Keep refunds through providers, and until when a provider may take a payment back.

Revision ID: 0039
Revises: 0038
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_STATES = ("proposed", "approved", "given", "refused", "failed")
_ACTIONS = ("start", "check", "cancel")


def upgrade():
    """Add the table and the columns."""
    op.add_column(
        "payments", sa.Column("reversal_s", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column("payments", sa.Column("final_at", sa.DateTime(timezone=True)))
    _may_be_asked((*_ACTIONS, "refund"))
    op.create_table(
        "refunds",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(50), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("reserved_idr", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("given_at", sa.DateTime(timezone=True)),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("note", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_refunds"),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name="fk_refunds_payment_id_payments"
        ),
        sa.ForeignKeyConstraint(["office_id"], ["offices.id"], name="fk_refunds_office_id_offices"),
        sa.ForeignKeyConstraint(["proposed_by"], ["users.id"], name="fk_refunds_proposed_by_users"),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name="fk_refunds_decided_by_users"),
        sa.UniqueConstraint("key", name="uq_refunds_key"),
        sa.CheckConstraint(f"state IN {_STATES}", name=op.f("ck_refunds_refundstate")),
        sa.CheckConstraint("amount_idr > 0", name=op.f("ck_refunds_gives_money")),
        sa.CheckConstraint(
            "reserved_idr BETWEEN 0 AND amount_idr", name=op.f("ck_refunds_reserves_its_own")
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_refunds_has_a_reason")),
        sa.CheckConstraint(
            "state = 'refused' OR decided_by <> proposed_by", name=op.f("ck_refunds_four_eyes")
        ),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_refunds_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "(state = 'given') = (given_at IS NOT NULL)", name=op.f("ck_refunds_given_at_a_time")
        ),
        sa.CheckConstraint(
            "confirmed_at IS NULL OR given_at IS NOT NULL",
            name=op.f("ck_refunds_given_before_it_is_confirmed"),
        ),
    )
    op.create_index("ix_refunds_payment_id", "refunds", ["payment_id"])
    op.create_index(
        "uq_refunds_live",
        "refunds",
        ["payment_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('proposed', 'approved')"),
    )


def downgrade():
    """Drop them, unless money went back: the journal would not say of which payment."""
    refunds = op.get_bind().scalar(sa.text("SELECT count(*) FROM refunds WHERE state <> 'refused'"))
    if refunds:
        raise RuntimeError(
            f"{refunds} refunds are in the table; the version before this one cannot explain them."
        )
    op.drop_table("refunds")
    op.execute("DELETE FROM provider_requests WHERE action = 'refund'")
    _may_be_asked(_ACTIONS)
    op.drop_column("payments", "final_at")
    op.drop_column("payments", "reversal_s")


def _may_be_asked(actions):
    name = op.f("ck_provider_requests_action")
    op.drop_constraint(name, "provider_requests")
    op.create_check_constraint(name, "provider_requests", f"action IN {actions}")

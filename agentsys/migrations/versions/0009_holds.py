"""Hold contributions back from BPJS, and take coded batches apart only by two."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STATES = ("open", "coded", "confirmed", "cancelled")
CASES = (
    "other_amount",
    "paid_twice",
    "paid_late",
    "unknown_order",
    "reversed",
    "refunded_after_remitted",
    "refunded_after_repaid",
    "changed_after_decision",
    "unclear",
    "unanswered",
)


def upgrade():
    _hold_contributions()
    for column in (
        sa.Column("cancel_reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("cancel_asked_by", sa.BigInteger(), nullable=True),
        sa.Column("cancel_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("remittances", column)
    for column in ("cancel_asked_by", "cancelled_by"):
        op.create_foreign_key(
            op.f(f"fk_remittances_{column}_users"), "remittances", "users", [column], ["id"]
        )
    _words("remittances", "state", "remittancestate", (*STATES, "cancelling"))
    _words("cases", "kind", "casekind", (*CASES, "paid_though_cancelled"))
    op.create_check_constraint(
        op.f("ck_remittances_cancelled_for_a_reason"),
        "remittances",
        "state <> 'cancelling' OR (cancel_asked_by IS NOT NULL AND cancel_reason <> '')",
    )
    # Batches that one person cancelled before this was a rule stay as they are.
    op.execute(
        "ALTER TABLE remittances ADD CONSTRAINT ck_remittances_code_is_cancelled_by_two"
        " CHECK (state <> 'cancelled' OR kode_iuran IS NULL"
        " OR (cancel_asked_by IS NOT NULL AND cancelled_by IS NOT NULL)) NOT VALID"
    )
    op.create_check_constraint(
        op.f("ck_remittances_four_eyes"),
        "remittances",
        "cancel_asked_by IS NULL OR cancelled_by IS NULL"
        " OR (cancelled_by <> cancel_asked_by AND cancelled_by IS DISTINCT FROM created_by)",
    )
    op.drop_constraint("uq_remittances_kode_iuran", "remittances", type_="unique")
    op.create_index(op.f("ix_remittances_kode_iuran"), "remittances", ["kode_iuran"])
    op.create_index(
        "uq_remittances_kode_iuran_live",
        "remittances",
        ["kode_iuran"],
        unique=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )


def downgrade():
    op.drop_index("uq_remittances_kode_iuran_live", table_name="remittances")
    op.drop_index("ix_remittances_kode_iuran", table_name="remittances")
    for name in ("four_eyes", "code_is_cancelled_by_two", "cancelled_for_a_reason"):
        op.drop_constraint(op.f(f"ck_remittances_{name}"), "remittances", type_="check")
    op.execute("UPDATE remittances SET state = 'coded' WHERE state = 'cancelling'")
    # A code stays with the batch that has it now.
    op.execute(
        "UPDATE remittances r SET kode_iuran = NULL WHERE state = 'cancelled' AND EXISTS ("
        " SELECT FROM remittances o WHERE o.kode_iuran = r.kode_iuran AND o.id > r.id)"
    )
    op.create_unique_constraint("uq_remittances_kode_iuran", "remittances", ["kode_iuran"])
    op.execute("UPDATE cases SET kind = 'unknown_order' WHERE kind = 'paid_though_cancelled'")
    _words("cases", "kind", "casekind", CASES)
    _words("remittances", "state", "remittancestate", STATES)
    for column in (
        "cancel_reason",
        "cancel_asked_by",
        "cancel_asked_at",
        "cancelled_by",
        "cancelled_at",
    ):
        op.drop_column("remittances", column)
    op.drop_index("ix_contributions_held", table_name="contributions")
    for column in ("held_at", "held_by", "hold_reason"):
        op.drop_column("contributions", column)


def _hold_contributions():
    op.add_column("contributions", sa.Column("held_at", sa.DateTime(timezone=True)))
    op.add_column("contributions", sa.Column("held_by", sa.BigInteger()))
    op.add_column("contributions", sa.Column("hold_reason", sa.String(length=200)))
    op.create_check_constraint(
        op.f("ck_contributions_held_is_not_remitted"),
        "contributions",
        "held_at IS NULL OR remittance_id IS NULL",
    )
    op.create_check_constraint(
        op.f("ck_contributions_held_by_somebody_for_a_reason"),
        "contributions",
        "num_nonnulls(held_at, held_by, hold_reason) IN (0, 3) AND hold_reason <> ''",
    )
    op.create_index(
        "ix_contributions_held",
        "contributions",
        ["office_id", "worker_id", "month"],
        unique=False,
        postgresql_where=sa.text("held_at IS NOT NULL"),
    )


def _words(table, column, name, allowed):
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    listed = ", ".join(f"'{word}'" for word in allowed)
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, f"{column} IN ({listed})")

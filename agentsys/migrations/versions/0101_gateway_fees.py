"""Book what providers charge for each settled order, and keep the tax that their reports name.

Revision ID: 0101
Revises: 0100
"""

import sqlalchemy as sa
from alembic import op

revision = "0101"
down_revision = "0100"
branch_labels = None
depends_on = None

_ISSUES = (
    "short", "over", "double", "unknown_payer", "unknown_debit", "fee_difference", "no_order",
    "ambiguous", "not_collected",
)  # fmt: skip
_WHAT = ("deposit", "transfer", "payout")
# After going down and up again: the journal kept what was booked, and the audit trail what was undone.
_RESTORE = """
INSERT INTO gateway_fees (id, provider, office_id, fee_idr, tax_idr, booked_at, reversed_at)
SELECT substr(e.source, 5)::bigint,
       max(split_part(l.account, ':', 2)) FILTER (WHERE l.account LIKE 'clearing:%'),
       CASE WHEN count(*) FILTER (WHERE l.account LIKE 'clearing:%') = 1
           THEN max(split_part(l.account, ':', 3)::bigint) END,
       coalesce(sum(l.amount_idr) FILTER (WHERE l.account LIKE 'expense:gateway_fee:%'), 0),
       coalesce(sum(l.amount_idr) FILTER (WHERE l.account LIKE 'expense:gateway_vat:%'), 0),
       e.at, (
           SELECT min(a.at) FROM audit_events a
           WHERE a.action = 'correction.approved' AND a.details->>'what' = 'fee'
               AND a.details->>'id' = substr(e.source, 5)
       )
FROM entries e JOIN postings l ON l.entry_id = e.id
WHERE e.kind = 'gateway_fee.charged' GROUP BY e.id
"""
_CORRECTIONS = """
INSERT INTO corrections (what, subject_id, office_id, amount_idr, reason, state, proposed_by,
    proposed_at, decided_by, decided_at, id)
SELECT 'fee', (a.details->>'id')::bigint, (a.details->>'office_id')::bigint,
       (a.details->>'amount_idr')::bigint, a.details->>'reason', 'approved', p.actor_id, p.at,
       a.actor_id, a.at, substr(a.subject, 12)::bigint
FROM audit_events a
JOIN audit_events p ON p.action = 'correction.proposed' AND p.subject = a.subject
WHERE a.action = 'correction.approved' AND a.details->>'what' = 'fee'
"""


def upgrade():
    """Add the table, the column, and the new kinds."""
    op.add_column(
        "bank_lines", sa.Column("tax_idr", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.create_table(
        "gateway_fees",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("line_id", sa.BigInteger()),
        sa.Column("payment_id", sa.BigInteger()),
        sa.Column("provider", sa.String(30), nullable=False),
        sa.Column("office_id", sa.BigInteger()),
        sa.Column("fee_idr", sa.BigInteger(), nullable=False),
        sa.Column("tax_idr", sa.BigInteger(), nullable=False),
        sa.Column("booked_by", sa.BigInteger()),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reversed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_gateway_fees"),
        sa.ForeignKeyConstraint(
            ["office_id"], ["offices.id"], name="fk_gateway_fees_office_id_offices"
        ),
        sa.ForeignKeyConstraint(["booked_by"], ["users.id"], name="fk_gateway_fees_booked_by_users"),
        sa.CheckConstraint(
            "fee_idr >= 0 AND tax_idr >= 0 AND fee_idr + tax_idr > 0",
            name=op.f("ck_gateway_fees_costs_money"),
        ),
    )
    op.create_index(
        "uq_gateway_fees_line_id",
        "gateway_fees",
        ["line_id"],
        unique=True,
        postgresql_where=sa.text("reversed_at IS NULL"),
    )
    op.create_index("ix_gateway_fees_provider", "gateway_fees", ["provider", "booked_at"])
    op.create_index(
        "ix_payments_settled_by_provider",
        "payments",
        ["clearing", "settled_at"],
        postgresql_where=sa.text("custody = 'provider' AND settled_at IS NOT NULL"),
    )
    _kinds("bank_issues", "issuekind", "kind", (*_ISSUES, "not_settled"))
    _about("('not_collected', 'not_settled')")
    _kinds("corrections", "correctable", "what", (*_WHAT, "fee"))
    op.execute(_RESTORE)
    op.execute(
        "SELECT setval(pg_get_serial_sequence('gateway_fees', 'id'),"
        " coalesce(max(id), 0) + 1, false) FROM gateway_fees"
    )
    op.execute(_CORRECTIONS)


def downgrade():
    """Drop them. The journal keeps what was booked and undone."""
    op.execute("DELETE FROM bank_issues WHERE kind = 'not_settled'")
    op.execute("DELETE FROM corrections WHERE what = 'fee'")
    _kinds("corrections", "correctable", "what", _WHAT)
    _about("('not_collected')")
    _kinds("bank_issues", "issuekind", "kind", _ISSUES)
    op.drop_index("ix_payments_settled_by_provider", "payments")
    op.drop_table("gateway_fees")
    op.drop_column("bank_lines", "tax_idr")


def _kinds(table, name, column, kinds):
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, f"{column} IN {kinds}")


def _about(kinds):
    op.drop_constraint(op.f("ck_bank_issues_is_about_something"), "bank_issues")
    op.create_check_constraint(
        op.f("ck_bank_issues_is_about_something"),
        "bank_issues",
        f"line_id IS NOT NULL OR (thing_id IS NOT NULL AND kind IN {kinds})",
    )

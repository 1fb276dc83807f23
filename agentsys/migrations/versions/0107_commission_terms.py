"""Add the terms of commissions, and who pays for an approved statement.

Revision ID: 0107
Revises: 0106
"""

import sqlalchemy as sa
from alembic import op

revision = "0107"
down_revision = "0106"
branch_labels = None
depends_on = None

_FUNCTION = """
CREATE OR REPLACE FUNCTION office_of_account(text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN $1 LIKE 'cash:agent:%' OR $1 LIKE '{commission}' OR $1 LIKE 'shortage:agent:%'
            THEN (SELECT office_id FROM agents WHERE id = number)
        WHEN $1 LIKE 'owed:worker:%' OR $1 LIKE 'claim:worker:%'
            THEN (SELECT office_id FROM workers WHERE id = number)
        ELSE number END
    FROM (SELECT substring($1 FROM '[0-9]+$')::bigint AS number) named
$$
"""


def upgrade():
    """What was approved before was booked as the office's own expense, and stays so.

    After going down and up again, the journal says what was booked otherwise.
    """
    op.execute(_FUNCTION.format(commission="%:commission:agent:%"))
    op.create_table(
        "commission_terms",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("office_id", sa.BigInteger(), sa.ForeignKey("offices.id")),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("funding", sa.String(20), nullable=False),
        sa.Column("agent_tax_by", sa.String(20), nullable=False),
        sa.Column("office_tax_by", sa.String(20), nullable=False),
        sa.Column("tax_period", sa.String(20), nullable=False),
        sa.Column("minimum_idr", sa.BigInteger(), nullable=False),
        sa.Column("basis", sa.String(300), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), sa.ForeignKey("users.id")),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.CheckConstraint("funding IN ('bpjs', 'own')", name=op.f("ck_commission_terms_commissionfunding")),
        sa.CheckConstraint(
            "agent_tax_by IN ('bpjs', 'office', 'nobody')",
            name=op.f("ck_commission_terms_agent_tax_by"),
        ),
        sa.CheckConstraint(
            "office_tax_by IN ('bpjs', 'office', 'nobody')",
            name=op.f("ck_commission_terms_office_tax_by"),
        ),
        sa.CheckConstraint(
            "tax_period IN ('month', 'year')", name=op.f("ck_commission_terms_taxperiod")
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'refused', 'withdrawn')",
            name=op.f("ck_commission_terms_termsstate"),
        ),
        sa.CheckConstraint(
            "extract(day FROM valid_from) = 1", name=op.f("ck_commission_terms_from_a_month")
        ),
        sa.CheckConstraint("minimum_idr >= 0", name=op.f("ck_commission_terms_minimum_is_no_debt")),
        sa.CheckConstraint("basis <> ''", name=op.f("ck_commission_terms_says_on_what_basis")),
        sa.CheckConstraint(
            "office_tax_by <> 'office'",
            name=op.f("ck_commission_terms_nobody_withholds_from_himself"),
        ),
        sa.CheckConstraint(
            "state = 'withdrawn' OR decided_by <> proposed_by",
            name=op.f("ck_commission_terms_four_eyes"),
        ),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_commission_terms_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "state <> 'refused' OR reason <> ''",
            name=op.f("ck_commission_terms_refused_for_a_reason"),
        ),
    )
    op.create_index(
        "uq_commission_terms_proposed",
        "commission_terms",
        [sa.text("coalesce(office_id, 0)")],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_index(
        "ix_commission_terms_approved",
        "commission_terms",
        ["valid_from"],
        postgresql_where=sa.text("state = 'approved'"),
    )
    op.add_column("statements", sa.Column("funding", sa.String(20)))
    op.add_column(
        "statements", sa.Column("held_idr", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.execute(
        """
        UPDATE statements s SET held_idr = booked.held_idr,
            funding = CASE WHEN booked.is_claim THEN 'bpjs' ELSE 'own' END
        FROM (
            SELECT a.id, coalesce(bool_or(p.account LIKE 'claim:commission:%'), FALSE) AS is_claim,
                coalesce(-sum(p.amount_idr) FILTER (
                    WHERE p.account LIKE 'held:commission:agent:%'), 0) AS held_idr
            FROM statements a
            LEFT JOIN entries e
                ON e.kind = 'commission.approved' AND e.source = 'statement:' || a.id
            LEFT JOIN postings p ON p.entry_id = e.id
            WHERE a.state = 'approved' GROUP BY a.id
        ) booked
        WHERE booked.id = s.id
        """
    )
    op.create_check_constraint(
        op.f("ck_statements_commissionfunding"), "statements", "funding IN ('bpjs', 'own')"
    )
    op.create_check_constraint(
        op.f("ck_statements_booked_by_funding"),
        "statements",
        "(state = 'approved') = (funding IS NOT NULL)",
    )


def downgrade():
    """Forget the terms; what was booked stays in the journal."""
    op.drop_constraint(op.f("ck_statements_booked_by_funding"), "statements")
    op.drop_constraint(op.f("ck_statements_commissionfunding"), "statements")
    op.drop_column("statements", "held_idr")
    op.drop_column("statements", "funding")
    op.drop_table("commission_terms")
    op.execute(_FUNCTION.format(commission="owed:commission:agent:%"))

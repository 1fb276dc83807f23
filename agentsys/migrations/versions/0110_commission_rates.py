"""Add the commission rates that people decide, and the trials of proposed ones.

Revision ID: 0110
Revises: 0109
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0110"
down_revision = "0109"
branch_labels = None
depends_on = None


def upgrade():
    """Without a row the package's rates apply, as before."""
    op.create_table(
        "commission_rates",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("office_id", sa.BigInteger(), sa.ForeignKey("offices.id")),
        sa.Column("rule", sa.String(30), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("values", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.String(60), nullable=False),
        sa.Column("decree", sa.String(60), nullable=False),
        sa.Column("certainty", sa.String(20), nullable=False),
        sa.Column("basis", sa.String(300), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_from", sa.Date()),
        sa.Column("tried_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.BigInteger(), sa.ForeignKey("users.id")),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.CheckConstraint(
            "certainty IN ('published', 'doubtful')",
            name=op.f("ck_commission_rates_ratescertainty"),
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'refused', 'withdrawn')",
            name=op.f("ck_commission_rates_ratesstate"),
        ),
        sa.CheckConstraint(
            "extract(day FROM valid_from) = 1", name=op.f("ck_commission_rates_from_a_month")
        ),
        sa.CheckConstraint("basis <> ''", name=op.f("ck_commission_rates_says_on_what_basis")),
        sa.CheckConstraint(
            "NOT is_on OR (version <> '' AND decree <> '')",
            name=op.f("ck_commission_rates_names_its_source"),
        ),
        sa.CheckConstraint(
            "state = 'withdrawn' OR decided_by <> proposed_by",
            name=op.f("ck_commission_rates_four_eyes"),
        ),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_commission_rates_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "(tried_at IS NULL) = (tried_from IS NULL)",
            name=op.f("ck_commission_rates_tried_from_a_month"),
        ),
        sa.CheckConstraint(
            "state <> 'approved' OR tried_at IS NOT NULL",
            name=op.f("ck_commission_rates_tried_before"),
        ),
        sa.CheckConstraint(
            "state <> 'refused' OR reason <> ''",
            name=op.f("ck_commission_rates_refused_for_a_reason"),
        ),
    )
    op.create_index(
        "uq_commission_rates_proposed",
        "commission_rates",
        ["rule", sa.text("coalesce(office_id, 0)")],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_index(
        "ix_commission_rates_approved",
        "commission_rates",
        ["valid_from"],
        postgresql_where=sa.text("state = 'approved'"),
    )
    op.create_table(
        "commission_rates_trials",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column(
            "rates_id",
            sa.BigInteger(),
            sa.ForeignKey("commission_rates.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), sa.ForeignKey("agents.id"), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in (
                "match_lines",
                "rate_lines",
                "new_lines",
                "gone_lines",
                "before_idr",
                "after_idr",
                "rate_idr",
            )
        ),
        sa.Column("problem", sa.String(500), nullable=False),
        sa.UniqueConstraint("rates_id", "month", "agent_id"),
    )


def downgrade():
    """The decisions stay in the audit trail."""
    op.drop_table("commission_rates_trials")
    op.drop_table("commission_rates")

"""Add rules of how many people approve a commission, and each approval.

Revision ID: 0111
Revises: 0110
"""

import sqlalchemy as sa
from alembic import op

revision = "0111"
down_revision = "0110"
branch_labels = None
depends_on = None

_BY = ("second", "last")


def upgrade():
    """Statements that were approved before had one approval; their decision stays the record."""
    _rules()
    _approvals()


def _rules():
    op.create_table(
        "stage_rules",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("office_id", sa.BigInteger(), sa.ForeignKey("offices.id")),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("second_from_idr", sa.BigInteger()),
        sa.Column("second_by", sa.String(20)),
        sa.Column("third_from_idr", sa.BigInteger()),
        sa.Column("third_by", sa.String(20)),
        sa.Column("basis", sa.String(300), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), sa.ForeignKey("users.id")),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.String(200), nullable=False),
        *_checks(
            "stage_rules",
            second_by=f"second_by IN {_BY}",
            third_by=f"third_by IN {_BY}",
            stagerulestate="state IN ('proposed', 'approved', 'refused', 'withdrawn')",
            says_by_whom="(second_from_idr IS NULL) = (second_by IS NULL)"
            " AND (third_from_idr IS NULL) = (third_by IS NULL)",
            stages_rise="second_from_idr >= 0"
            " AND coalesce(third_from_idr >= second_from_idr, true)"
            " OR second_from_idr IS NULL AND third_from_idr IS NULL",
            says_on_what_basis="basis <> ''",
            four_eyes="state = 'withdrawn' OR decided_by <> proposed_by",
            decided_by_somebody="(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            refused_for_a_reason="state <> 'refused' OR reason <> ''",
        ),
    )
    op.create_index(
        "uq_stage_rules_proposed",
        "stage_rules",
        [sa.text("coalesce(office_id, 0)")],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_index(
        "ix_stage_rules_approved",
        "stage_rules",
        ["valid_from"],
        postgresql_where=sa.text("state = 'approved'"),
    )


def _approvals():
    table = "statement_approvals"
    statement = sa.ForeignKey("statements.id", ondelete="CASCADE")
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("statement_id", sa.BigInteger(), statement, nullable=False),
        sa.Column("lines_hash", sa.LargeBinary(), nullable=False),
        sa.Column("stage", sa.BigInteger(), nullable=False),
        sa.Column("stages", sa.BigInteger(), nullable=False),
        sa.Column("rule_id", sa.BigInteger(), sa.ForeignKey("stage_rules.id")),
        sa.Column("next_by", sa.String(20)),
        sa.Column("approved_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("on_behalf_of", sa.BigInteger(), sa.ForeignKey("users.id")),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True)),
        *_checks(
            table,
            next_by=f"next_by IN {_BY}",
            one_of_the_stages="1 <= stage AND stage <= stages",
            says_who_is_next="(stage = stages) = (next_by IS NULL)",
            for_somebody_else="on_behalf_of <> approved_by",
        ),
    )
    for name, last in {
        "stage": "stage",
        "person": "approved_by",
        "voice": sa.text("coalesce(on_behalf_of, approved_by)"),
    }.items():
        op.create_index(
            f"uq_{table}_{name}",
            table,
            ["statement_id", "lines_hash", last],
            unique=True,
            postgresql_where=sa.text("voided_at IS NULL"),
        )


def _checks(table, **conditions):
    return [
        sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))
        for name, condition in conditions.items()
    ]


def downgrade():
    """Remove them: a statement that waits for a later stage waits for its first one again."""
    op.drop_table("statement_approvals")
    op.drop_table("stage_rules")

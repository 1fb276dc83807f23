"""Keep months that were paid elsewhere, when BPJS refused data, heirs, and claims.

Revision ID: 0054
Revises: 0053
"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

_REASONS = (
    "'lapsed', 'wished', 'died', 'wage_earner', 'moved', 'jht_claimed', 'too_old', 'duplicate',"
    " 'changed', 'unknown'"
)

_RELATIONS = (
    "'spouse', 'child', 'parent', 'grandchild', 'grandparent', 'sibling', 'parent_in_law', 'will'"
)


def upgrade():
    """Add the tables, the column, and the reason that a month was paid elsewhere."""
    _earlier_periods()
    op.add_column("workers", sa.Column("refused_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE workers SET refused_at = updated_at WHERE registration = 'refused'")
    _heirs()
    _claims()
    _close_reasons("closereason", f"{_REASONS}, 'paid_elsewhere'", old="endreason")


def downgrade():
    """Remove them; bills of months that were paid elsewhere stay closed."""
    op.execute("UPDATE closed_contributions SET why = 'unknown' WHERE why = 'paid_elsewhere'")
    _close_reasons("endreason", _REASONS, old="closereason")
    op.drop_table("claims")
    op.drop_table("heirs")
    op.drop_column("workers", "refused_at")
    op.drop_table("earlier_periods")


def _close_reasons(name, reasons, *, old):
    op.drop_constraint(op.f(f"ck_closed_contributions_{old}"), "closed_contributions")
    _check("closed_contributions", name, f"why IN ({reasons})")


def _earlier_periods():
    table = "earlier_periods"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("worker_id", sa.BigInteger(), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger()),
        sa.Column("from_month", sa.Date(), nullable=False),
        sa.Column("until_month", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("evidence", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.String(200), nullable=False, server_default=""),
        sa.Column("retracted_by", sa.BigInteger()),
        sa.Column("retracted_at", sa.DateTime(timezone=True)),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
    )
    _check(table, "from_is_a_month", "extract(day FROM from_month) = 1")
    _check(table, "until_is_a_month", "extract(day FROM until_month) = 1")
    _check(table, "ends_after_it_began", "until_month > from_month")
    _check(table, "has_evidence", "evidence <> ''")
    _check(table, "decided_by_another", "decided_by <> proposed_by")
    _check(table, "decided_by_somebody", "(state IN ('proposed')) = (decided_by IS NULL)")
    _check(
        table,
        "has_a_reason",
        "state NOT IN ('refused', 'retracting', 'taken_back') OR reason <> ''",
    )
    _check(table, "earlierkind", "kind IN ('elsewhere', 'before')")
    _check(
        table,
        "earlierstate",
        "state IN ('proposed', 'refused', 'counted', 'retracting', 'taken_back')",
    )
    op.execute(
        "ALTER TABLE earlier_periods ADD CONSTRAINT ex_earlier_periods_overlap EXCLUDE USING gist"
        " (worker_id WITH =, daterange(from_month, until_month) WITH &&)"
        " WHERE (state IN ('proposed', 'counted', 'retracting'))"
    )
    op.create_index(
        "ix_earlier_periods_counted",
        table,
        ["worker_id", "from_month"],
        postgresql_where=sa.text("state IN ('counted', 'retracting')"),
    )
    op.create_index(
        "ix_earlier_periods_waiting",
        table,
        ["office_id", "id"],
        postgresql_where=sa.text("state IN ('proposed', 'retracting')"),
    )
    op.create_index(op.f("ix_earlier_periods_worker_id"), table, ["worker_id"])


def _heirs():
    op.create_table(
        "heirs",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("worker_id", sa.BigInteger(), sa.ForeignKey("workers.id"), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("relation", sa.String(20), nullable=False),
        sa.Column("phone", sa.String(20), nullable=False, server_default=""),
        sa.Column("recorded_by", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_by", sa.BigInteger()),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
    )
    _check("heirs", "has_a_name", "length(name) > 0")
    _check("heirs", "heirrelation", f"relation IN ({_RELATIONS})")
    _check("heirs", "removed_by_somebody", "(removed_at IS NULL) = (removed_by IS NULL)")
    op.create_index(
        "ix_heirs_of_worker",
        "heirs",
        ["worker_id"],
        postgresql_where=sa.text("removed_at IS NULL"),
    )


def _claims():
    op.create_table(
        "claims",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("worker_id", sa.BigInteger(), sa.ForeignKey("workers.id"), nullable=False),
        sa.Column("office_id", sa.BigInteger(), sa.ForeignKey("offices.id"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("note", sa.String(200), nullable=False, server_default=""),
        sa.Column("amount_idr", sa.BigInteger()),
        sa.Column("paid_on", sa.Date()),
        sa.Column("opened_by", sa.BigInteger()),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.BigInteger()),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
    )
    _check("claims", "claimkind", "kind IN ('death', 'accident', 'accident_death')")
    _check(
        "claims",
        "claimstate",
        "state IN ('reported', 'papers', 'paid', 'refused', 'dropped')",
    )
    _check(
        "claims",
        "paid_has_its_sum",
        "(state = 'paid') = (amount_idr IS NOT NULL) AND (state = 'paid') = (paid_on IS NOT NULL)"
        " AND amount_idr > 0",
    )
    op.create_index("ix_claims_worker_id", "claims", ["worker_id"])
    op.create_index(
        "ix_claims_open",
        "claims",
        ["office_id", "id"],
        postgresql_where=sa.text("state IN ('reported', 'papers')"),
    )


def _check(table, name, condition):
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)

"""Keep planned changes, how a worker works, and who is ticked for a hand-over.

Revision ID: 0062
Revises: 0061
"""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

_BEFORE = "'proposed', 'approved', 'refused', 'withdrawn'"
_PLANNED = "state = 'planned'"


def upgrade():
    """Add the table, the state and the column."""
    table = "planned_prices"
    op.create_table(
        table,
        sa.Column("worker_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("from_month", sa.Date(), nullable=False),
        sa.Column("sector", sa.String(20)),
        sa.Column("income_idr", sa.BigInteger()),
        sa.Column("programmes", sa.String(20)),
        sa.Column("funding", sa.String(20)),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["workers.id"], name=op.f("fk_planned_prices_worker_id_workers")
        ),
    )
    for name, condition in (
        ("from_is_a_month", "extract(day FROM from_month) = 1"),
        ("income_not_negative", "income_idr >= 0"),
        ("changes_something", "num_nonnulls(sector, income_idr, programmes, funding) > 0"),
        ("sector", "sector IN ('transport', 'other')"),
        ("programmes", "programmes IN ('JKK+JKM', 'JKK+JKM+JHT')"),
        ("funding", "funding IN ('self', 'apbn', 'apbd', 'apbdes', 'csr')"),
    ):
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
    _states(f"{_BEFORE}, 'planned'", "'planned', 'approved', 'refused'")
    for name, column, unique in (
        ("uq_worker_changes_planned", "worker_id", True),
        ("ix_worker_changes_due", "from_month", False),
    ):
        op.create_index(
            name, "worker_changes", [column], unique=unique, postgresql_where=sa.text(_PLANNED)
        )
    _handovers()
    op.add_column("workers", sa.Column("work", sa.String(20)))
    op.create_check_constraint(
        op.f("ck_workers_work"), "workers", "work IN ('own', 'employer', 'wages')"
    )
    op.execute(
        "UPDATE workers w SET work = e.work FROM ("
        " SELECT split_part(subject, ':', 2)::bigint AS worker_id, details ->> 'work' AS work"
        " FROM audit_events WHERE action = 'worker.enrolled' AND details ->> 'work' IS NOT NULL"
        ") e WHERE e.worker_id = w.id AND e.work IN ('own', 'employer', 'wages')"
    )


def downgrade():
    """Remove them; what was planned is withdrawn, and open bills keep its price."""
    op.drop_column("workers", "work")
    op.drop_constraint(op.f("ck_handovers_four_eyes"), "handovers")
    op.drop_table("handover_picks")
    op.drop_index("ix_worker_changes_due", "worker_changes")
    op.drop_index("uq_worker_changes_planned", "worker_changes")
    op.execute(f"UPDATE worker_changes SET state = 'withdrawn' WHERE {_PLANNED}")
    _states(_BEFORE, "'approved', 'refused'")
    op.drop_table("planned_prices")


def _handovers():
    op.create_check_constraint(
        op.f("ck_handovers_four_eyes"), "handovers", "decided_by <> made_by"
    )
    picks = "handover_picks"
    op.create_table(
        picks,
        sa.Column("user_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("from_agent_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("worker_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f(f"fk_{picks}_user_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["from_agent_id"], ["agents.id"], name=op.f(f"fk_{picks}_from_agent_id_agents")
        ),
    )
    op.create_index(op.f(f"ix_{picks}_worker_id"), picks, ["worker_id"])


def _states(known, by_two):
    for name, condition in (
        ("changestate", f"state IN ({known})"),
        ("four_eyes", f"state NOT IN ({by_two}) OR decided_by <> proposed_by"),
    ):
        full = op.f(f"ck_worker_changes_{name}")
        op.drop_constraint(full, "worker_changes")
        op.create_check_constraint(full, "worker_changes", condition)

"""Merge two records of one person: a pointer, what was before, and the months that count.

Revision ID: 0063
Revises: 0062
"""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

_COMPARED = ("name", "birth_date", "sex", "phone", "kpj", "nik_index", "office_id", "erased_at")


def upgrade():
    """Add the table, the pointer, and a kind of earlier months."""
    op.add_column("workers", sa.Column("merged_into", sa.BigInteger(), sa.ForeignKey("workers.id")))
    _check(
        "workers",
        "merged_into_another",
        "merged_into IS NULL OR (merged_into <> id AND agent_id IS NULL)",
    )
    op.create_index(
        "ix_workers_merged",
        "workers",
        ["merged_into"],
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    _compare((*_COMPARED, "merged_into"))
    _states("('open', 'different', 'merged')")
    _merges()
    op.add_column("earlier_periods", sa.Column("merge_id", sa.BigInteger()))
    _kinds("('elsewhere', 'before', 'merged')")
    _check("earlier_periods", "merged_by_a_merge", "(kind = 'merged') = (merge_id IS NOT NULL)")
    op.create_index(
        "ix_earlier_periods_merge",
        "earlier_periods",
        ["merge_id"],
        postgresql_where=sa.text("merge_id IS NOT NULL"),
    )


def downgrade():
    """Remove them; merged records are separate again, as far as the columns know."""
    op.drop_index("ix_earlier_periods_merge", "earlier_periods")
    op.drop_constraint("ck_earlier_periods_merged_by_a_merge", "earlier_periods")
    op.execute("DELETE FROM earlier_periods WHERE kind = 'merged'")
    _kinds("('elsewhere', 'before')")
    op.drop_column("earlier_periods", "merge_id")
    op.drop_table("worker_merges")
    op.execute("DELETE FROM duplicate_pairs WHERE state = 'merged'")
    _states("('open', 'different')")
    _compare(_COMPARED)
    op.drop_index("ix_workers_merged", "workers")
    op.drop_constraint("ck_workers_merged_into_another", "workers")
    op.drop_column("workers", "merged_into")


def _compare(columns):
    op.execute("DROP TRIGGER changed_worker_is_compared ON workers")
    before = ", ".join(f"OLD.{name}" for name in columns)
    after = ", ".join(f"NEW.{name}" for name in columns)
    op.execute(
        f"CREATE TRIGGER changed_worker_is_compared AFTER UPDATE OF {', '.join(columns)} ON workers"
        f" FOR EACH ROW WHEN (({before}) IS DISTINCT FROM ({after}))"
        " EXECUTE FUNCTION changed_worker_is_compared()"
    )


def _states(known):
    op.drop_constraint("ck_duplicate_pairs_pairstate", "duplicate_pairs")
    _check("duplicate_pairs", "pairstate", f"state IN {known}")


def _kinds(known):
    op.drop_constraint("ck_earlier_periods_earlierkind", "earlier_periods")
    _check("earlier_periods", "earlierkind", f"kind IN {known}")


def _merges():
    op.create_table(
        "worker_merges",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("kept_id", sa.BigInteger(), sa.ForeignKey("workers.id"), nullable=False),
        sa.Column("merged_id", sa.BigInteger(), sa.ForeignKey("workers.id"), nullable=False),
        sa.Column("office_id", sa.BigInteger(), sa.ForeignKey("offices.id"), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("effect", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("before", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), sa.ForeignKey("users.id")),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("note", sa.String(200), nullable=False, server_default=""),
        sa.Column("undone_by", sa.BigInteger(), sa.ForeignKey("users.id")),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.Column("undo_reason", sa.String(200), nullable=False, server_default=""),
    )
    for name, condition in (
        ("mergestate", "state IN ('proposed', 'done', 'refused', 'withdrawn', 'undone')"),
        ("of_two", "kept_id <> merged_id"),
        ("has_a_reason", "reason <> ''"),
        ("four_eyes", "state NOT IN ('done', 'refused', 'undone') OR decided_by <> proposed_by"),
        (
            "decided_by_somebody",
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
        ),
        (
            "undone_by_somebody_for_a_reason",
            "(state = 'undone') = (undone_by IS NOT NULL)"
            " AND (undone_by IS NULL) = (undone_at IS NULL)"
            " AND (undone_by IS NULL) = (undo_reason = '')",
        ),
    ):
        _check("worker_merges", name, condition)
    for column in ("kept_id", "merged_id"):
        op.create_index(op.f(f"ix_worker_merges_{column}"), "worker_merges", [column])
    for state in ("proposed", "done"):
        op.create_index(
            f"uq_worker_merges_{state}",
            "worker_merges",
            ["merged_id"],
            unique=True,
            postgresql_where=sa.text(f"state = '{state}'"),
        )


def _check(table, name, condition):
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)

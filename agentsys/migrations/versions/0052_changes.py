"""Keep proposed changes of workers, and the NIKs that workers had before a correction.

Revision ID: 0052
Revises: 0051
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

_STATES = "'proposed', 'approved', 'refused', 'withdrawn'"


def upgrade():
    """Add the tables."""
    op.create_table(
        "worker_changes",
        _id(),
        _to("worker_id", "workers", "worker_changes"),
        _to("office_id", "offices", "worker_changes"),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("after", postgresql.JSONB(), nullable=False),
        sa.Column("nik_sealed", sa.LargeBinary()),
        sa.Column("nik_index", sa.LargeBinary()),
        sa.Column("from_month", sa.Date(), nullable=False),
        sa.Column("effect", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        _to("proposed_by", "users", "worker_changes"),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        _to("decided_by", "users", "worker_changes", nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("note", sa.String(200), nullable=False, server_default=""),
    )
    for name, condition in (
        ("changestate", f"state IN ({_STATES})"),
        ("has_a_reason", "reason <> ''"),
        ("from_is_a_month", "extract(day FROM from_month) = 1"),
        (
            "nik_is_whole",
            "(nik_sealed IS NULL) = (nik_index IS NULL)"
            " AND (nik_index IS NULL) = NOT after ? 'nik'",
        ),
        ("four_eyes", "state NOT IN ('approved', 'refused') OR decided_by <> proposed_by"),
        (
            "decided_by_somebody",
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
        ),
    ):
        op.create_check_constraint(op.f(f"ck_worker_changes_{name}"), "worker_changes", condition)
    op.create_index(op.f("ix_worker_changes_worker_id"), "worker_changes", ["worker_id"])
    op.create_index(
        "uq_worker_changes_proposed",
        "worker_changes",
        ["worker_id"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_table(
        "earlier_niks",
        _id(),
        _to("worker_id", "workers", "earlier_niks"),
        sa.Column("nik_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("nik_index", sa.LargeBinary(), nullable=False),
        sa.Column("nik_masked", sa.String(16), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "octet_length(nik_index) = 32", name=op.f("ck_earlier_niks_index_is_a_digest")
        ),
        sa.CheckConstraint(
            "nik_masked !~ '[0-9]{9}'", name=op.f("ck_earlier_niks_nik_is_masked")
        ),
    )
    op.create_index(op.f("ix_earlier_niks_worker_id"), "earlier_niks", ["worker_id"])
    op.create_index(op.f("ix_earlier_niks_nik_index"), "earlier_niks", ["nik_index"])


def downgrade():
    """Remove them; what was changed stays changed."""
    op.drop_table("earlier_niks")
    op.drop_table("worker_changes")


def _id():
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _to(name, table, of, *, nullable=False):
    return sa.Column(
        name,
        sa.BigInteger(),
        sa.ForeignKey(f"{table}.id", name=op.f(f"fk_{of}_{name}_{table}")),
        nullable=nullable,
    )

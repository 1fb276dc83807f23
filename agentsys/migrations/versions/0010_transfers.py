"""Transfers with people, and money with providers that no payment explains."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "unexplained",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("provider", sa.String(length=30), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("booked_by", sa.BigInteger(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", _words("outcome", "explained", "returned"), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        _check("unexplained", "is_money", "amount_idr > 0"),
        _check("unexplained", "has_a_reason", "reason <> ''"),
        _check(
            "unexplained",
            "closed_by_somebody",
            "num_nonnulls(outcome, closed_by, closed_at) IN (0, 3)",
        ),
        *_keys("unexplained", booked_by="users", closed_by="users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unexplained")),
    )
    op.create_index(
        "ix_unexplained_open",
        "unexplained",
        ["id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "transfers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("worker_id", sa.BigInteger(), nullable=True),
        sa.Column("office_id", sa.BigInteger(), nullable=True),
        sa.Column("unexplained_id", sa.BigInteger(), nullable=True),
        sa.Column("direction", _words("direction", "out", "in", length=3), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("bank_ref", sa.String(length=80), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column(
            "state", _words("transferstate", "proposed", "booked", "refused"), nullable=False
        ),
        sa.Column("proposed_by", sa.BigInteger(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        _check("transfers", "moves_money", "amount_idr > 0"),
        _check("transfers", "can_be_found_at_the_bank", "bank_ref <> '' AND note <> ''"),
        _check("transfers", "four_eyes", "state <> 'booked' OR decided_by <> proposed_by"),
        _check(
            "transfers",
            "decided_by_somebody",
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
        ),
        _check(
            "transfers",
            "with_somebody",
            "(worker_id IS NULL) = (office_id IS NULL)"
            " AND (worker_id IS NULL) <> (unexplained_id IS NULL)",
        ),
        *_keys(
            "transfers",
            worker_id="workers",
            office_id="offices",
            unexplained_id="unexplained",
            proposed_by="users",
            decided_by="users",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
    )
    op.create_index(op.f("ix_transfers_worker_id"), "transfers", ["worker_id"], unique=False)
    op.create_index(
        "uq_transfers_bank_ref_live",
        "transfers",
        ["direction", "bank_ref"],
        unique=True,
        postgresql_where=sa.text("state <> 'refused'"),
    )
    op.create_index(
        "uq_transfers_proposed",
        "transfers",
        ["account", sa.text("coalesce(unexplained_id, 0)")],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )


def downgrade():
    op.drop_table("transfers")
    op.drop_table("unexplained")


def _words(name, *allowed, length=20):
    return sa.Enum(
        *allowed, name=name, native_enum=False, create_constraint=True, length=length
    )


def _check(table, name, rule):
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _keys(table, **references):
    return [
        sa.ForeignKeyConstraint(
            [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}")
        )
        for column, other in references.items()
    ]

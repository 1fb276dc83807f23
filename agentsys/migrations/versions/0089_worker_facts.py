"""Add facts that decide whom a sponsor pays for, and what agreements ask.

Revision ID: 0089
Revises: 0088
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0089"
down_revision = "0088"
branch_labels = None
depends_on = None

_KINDS = ("decile", "poor", "occupation")


def _word(name, *values):
    return sa.Enum(
        *values, name=name, native_enum=False, create_constraint=True, length=20
    )


def upgrade():
    """Create the tables."""
    op.create_table(
        "fact_lists",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("data_on", sa.Date(), nullable=False),
        sa.Column("certainty", _word("certainty", "sure", "likely", "doubtful"), nullable=False),
        sa.Column(
            "state", _word("factliststate", "checked", "applied", "dropped"), nullable=False
        ),
        sa.Column("filename", sa.String(120), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("matched", sa.BigInteger(), nullable=False),
        sa.Column("unmatched", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("problems", postgresql.JSONB(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "matched + unmatched + refused = rows",
            name=op.f("ck_fact_lists_every_row_is_counted_once"),
        ),
        sa.CheckConstraint(
            "(state = 'checked') = (decided_at IS NULL)",
            name=op.f("ck_fact_lists_decided_at_a_time"),
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["offices.id"], name=op.f("fk_fact_lists_office_id_offices")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["users.id"], name=op.f("fk_fact_lists_made_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_fact_lists_decided_by_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_lists")),
    )
    op.create_index(op.f("ix_fact_lists_office_id"), "fact_lists", ["office_id"])
    op.create_table(
        "worker_facts",
        sa.Column("list_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("worker_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", _word("factkind", *_KINDS), nullable=False),
        sa.Column("value", sa.String(60), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["fact_lists.id"], name=op.f("fk_worker_facts_list_id_fact_lists")
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["workers.id"], name=op.f("fk_worker_facts_worker_id_workers")
        ),
        sa.PrimaryKeyConstraint("list_id", "worker_id", "kind", name=op.f("pk_worker_facts")),
    )
    op.create_index("ix_worker_facts_worker_id", "worker_facts", ["worker_id", "kind"])
    op.create_table(
        "criteria",
        sa.Column("agreement_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", _word("factkind", *_KINDS), nullable=False),
        sa.Column("wanted", sa.String(200), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreements.id"], name=op.f("fk_criteria_agreement_id_agreements")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_criteria_made_by_users")),
        sa.PrimaryKeyConstraint("agreement_id", "kind", name=op.f("pk_criteria")),
    )


def downgrade():
    """Drop them."""
    op.drop_table("criteria")
    op.drop_table("worker_facts")
    op.drop_table("fact_lists")

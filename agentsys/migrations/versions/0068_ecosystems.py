"""Store workers' ecosystems, and the groups in which they are.

Revision ID: 0068
Revises: 0067
"""

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

_ECOSYSTEMS = "ecosystem IN ('desa', 'pasar', 'ecommerce', 'rentan')"


def upgrade():
    """Add the table, and the columns of workers and lists.

    The columns are empty, so their constraints hold without a look at the rows: they are added as
    not valid, which only blocks the tables for a moment.
    """
    _add_groups()
    for table in ("workers", "rosters"):
        op.add_column(table, sa.Column("ecosystem", sa.String(20)))
        op.add_column(table, sa.Column("group_id", sa.BigInteger()))
        op.create_check_constraint(
            op.f(f"ck_{table}_ecosystem"), table, _ECOSYSTEMS, postgresql_not_valid=True
        )
        op.create_foreign_key(
            op.f(f"fk_{table}_group_id_worker_groups"),
            table,
            "worker_groups",
            ["group_id"],
            ["id"],
            postgresql_not_valid=True,
        )
    op.create_index(
        "ix_workers_of_group",
        "workers",
        ["group_id", "name", "id"],
        postgresql_where=sa.text("group_id IS NOT NULL"),
    )


def _add_groups():
    op.create_table(
        "worker_groups",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("office_id", sa.BigInteger(), sa.ForeignKey("offices.id"), nullable=False),
        sa.Column("ecosystem", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("created_by", sa.BigInteger(), sa.ForeignKey("users.id")),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_on", sa.Date()),
    )
    for name, condition in {
        "ecosystem": _ECOSYSTEMS,
        "groupkind": "kind IN ('village', 'rt', 'market', 'platform', 'cooperative', 'other')",
        "has_a_name": "length(name) > 0",
    }.items():
        op.create_check_constraint(op.f(f"ck_worker_groups_{name}"), "worker_groups", condition)
    op.create_index(
        "uq_worker_groups_name",
        "worker_groups",
        ["office_id", "kind", sa.text("lower(name)")],
        unique=True,
    )


def downgrade():
    """Remove them; who is in which group is lost."""
    op.drop_index("ix_workers_of_group", "workers")
    for table in ("workers", "rosters"):
        op.drop_column(table, "group_id")
        op.drop_column(table, "ecosystem")
    op.drop_table("worker_groups")

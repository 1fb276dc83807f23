"""Give links a kind, so that one may open the worker's own page, and keep the codes of such pages.

Revision ID: 0041
Revises: 0040
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade():
    """Add the column and the table."""
    op.add_column(
        "pay_links",
        sa.Column(
            "kind",
            sa.Enum("pay", "own", name="linkkind", native_enum=False, length=20),
            nullable=False,
            server_default="pay",
        ),
    )
    op.alter_column("pay_links", "kind", server_default=None)
    op.create_check_constraint(op.f("ck_pay_links_linkkind"), "pay_links", "kind IN ('pay', 'own')")
    op.create_table(
        "page_codes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("worker_id", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_page_codes_tries_counted")),
        sa.ForeignKeyConstraint(
            ["made_by"], ["users.id"], name=op.f("fk_page_codes_made_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["workers.id"], name=op.f("fk_page_codes_worker_id_workers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_codes")),
    )
    op.create_index(
        op.f("ix_page_codes_worker_id_made_at"), "page_codes", ["worker_id", "made_at"]
    )


def downgrade():
    """Remove them; links to own pages end."""
    op.drop_table("page_codes")
    op.execute("DELETE FROM pay_links WHERE kind = 'own'")
    op.drop_constraint(op.f("ck_pay_links_linkkind"), "pay_links")
    op.drop_column("pay_links", "kind")

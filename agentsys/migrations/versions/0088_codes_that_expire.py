"""Let a kode iuran expire, keep those that were replaced, and find second payments.

Revision ID: 0088
Revises: 0087
"""

import sqlalchemy as sa
from alembic import op

revision = "0088"
down_revision = "0087"
branch_labels = None
depends_on = None


def upgrade():
    """Add the columns, the table and the index."""
    op.add_column("remittances", sa.Column("code_expires_at", sa.DateTime(timezone=True)))
    op.add_column("remittances", sa.Column("paid_on", sa.Date()))
    op.create_table(
        "replaced_codes",
        sa.Column("remittance_id", sa.BigInteger(), nullable=False),
        sa.Column("kode_iuran", sa.String(length=40), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("replaced_by", sa.BigInteger(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["remittance_id"],
            ["remittances.id"],
            name=op.f("fk_replaced_codes_remittance_id_remittances"),
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by"], ["users.id"], name=op.f("fk_replaced_codes_replaced_by_users")
        ),
        sa.PrimaryKeyConstraint("remittance_id", "kode_iuran", name=op.f("pk_replaced_codes")),
    )
    op.create_index(op.f("ix_replaced_codes_kode_iuran"), "replaced_codes", ["kode_iuran"])
    op.create_index(
        "ix_remittance_differences_again",
        "remittance_differences",
        [sa.literal_column("ref_key(bpjs_ref)")],
        postgresql_where=sa.text("kind = 'again'"),
    )


def downgrade():
    """Drop them."""
    op.drop_index("ix_remittance_differences_again", table_name="remittance_differences")
    op.drop_table("replaced_codes")
    op.drop_column("remittances", "paid_on")
    op.drop_column("remittances", "code_expires_at")

"""Add the table of sealed photos and PDFs of deposits and of transfers to BPJS.

Revision ID: 0099
Revises: 0092
"""

import sqlalchemy as sa
from alembic import op

revision = "0099"
down_revision = "0092"
branch_labels = None
depends_on = None


def upgrade():
    """Add the table."""
    op.create_table(
        "evidence_files",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("deposit_id", sa.BigInteger(), sa.ForeignKey("deposits.id")),
        sa.Column("remittance_id", sa.BigInteger(), sa.ForeignKey("remittances.id")),
        sa.Column("reference", sa.String(80), nullable=False),
        sa.Column("on_day", sa.Date()),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("key", name=op.f("uq_evidence_files_key")),
        sa.UniqueConstraint(
            "deposit_id", "digest", name=op.f("uq_evidence_files_deposit_id_digest")
        ),
        sa.UniqueConstraint(
            "remittance_id", "digest", name=op.f("uq_evidence_files_remittance_id_digest")
        ),
    )
    for name, condition in _CHECKS.items():
        op.create_check_constraint(op.f(f"ck_evidence_files_{name}"), "evidence_files", condition)
    op.create_index(
        "ix_evidence_files_ref_key",
        "evidence_files",
        [sa.text("ref_key(reference)")],
        postgresql_where=sa.text("reference <> ''"),
    )


def downgrade():
    """Remove it, with the files."""
    op.drop_table("evidence_files")


_CHECKS = {
    "scankind": "kind IN ('pdf', 'jpeg', 'png')",
    "about_one_thing": "(deposit_id IS NULL) <> (remittance_id IS NULL)",
    "transfer_has_its_day": (
        "(remittance_id IS NULL) = (on_day IS NULL)"
        " AND (remittance_id IS NULL) = (reference = '')"
    ),
}

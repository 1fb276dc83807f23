"""Keep which contributions BPJS refused out of a batch, and find used numbers of payments.

Revision ID: 0086
Revises: 0085
"""

import sqlalchemy as sa
from alembic import op

revision = "0086"
down_revision = "0085"
branch_labels = None
depends_on = None

# After going down and up again: the audit trail kept them.
_RESTORED = """
    INSERT INTO remittance_refusals (remittance_id, worker_id, month, amount_idr, reason,
        refused_by, refused_at)
    SELECT (details->>'remittance_id')::bigint, split_part(subject, ':', 2)::bigint,
        (split_part(subject, ':', 3) || '-01')::date, (details->>'amount_idr')::bigint,
        details->>'reason', actor_id, at
    FROM audit_events WHERE action = 'contribution.refused'
"""


def upgrade():
    """Add the table and the index."""
    op.create_table(
        "remittance_refusals",
        sa.Column("remittance_id", sa.BigInteger(), nullable=False),
        sa.Column("worker_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("refused_by", sa.BigInteger(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["remittance_id"],
            ["remittances.id"],
            name=op.f("fk_remittance_refusals_remittance_id_remittances"),
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["workers.id"], name=op.f("fk_remittance_refusals_worker_id_workers")
        ),
        sa.ForeignKeyConstraint(
            ["refused_by"], ["users.id"], name=op.f("fk_remittance_refusals_refused_by_users")
        ),
        sa.PrimaryKeyConstraint(
            "remittance_id", "worker_id", "month", name=op.f("pk_remittance_refusals")
        ),
    )
    op.create_index(
        op.f("ix_remittance_refusals_worker_id"), "remittance_refusals", ["worker_id"]
    )
    op.create_index(
        "ix_remittances_ref_key",
        "remittances",
        [sa.literal_column("ref_key(bpjs_ref)")],
        postgresql_where=sa.text("bpjs_ref <> ''"),
    )
    op.execute(_RESTORED)


def downgrade():
    """Drop them; the audit trail keeps what was refused."""
    op.drop_index("ix_remittances_ref_key", table_name="remittances")
    op.drop_table("remittance_refusals")

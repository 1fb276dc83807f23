"""Store agents' bank accounts and NPWPs, and agents who are not appointed yet.

Revision ID: 0061
Revises: 0060
"""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade():
    """Add the table, and the status of candidates."""
    op.create_table(
        "agent_accounts",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("reference", sa.String(32), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), sa.ForeignKey("agents.id"), nullable=False),
        sa.Column("bank", sa.String(60), nullable=False),
        sa.Column("holder", sa.String(120), nullable=False),
        sa.Column("number_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("number_masked", sa.String(30), nullable=False),
        sa.Column("npwp_sealed", sa.LargeBinary()),
        sa.Column("npwp_masked", sa.String(20), nullable=False),
        sa.Column("npwp_kind", sa.String(20)),
        sa.Column("scan_sealed", sa.LargeBinary()),
        sa.Column("scan_kind", sa.String(20)),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), sa.ForeignKey("users.id")),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("in_force_on", sa.Date()),
        sa.Column("stopped_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("reference", name=op.f("uq_agent_accounts_reference")),
    )
    for name, condition in _CHECKS.items():
        _check("agent_accounts", name, condition)
    op.create_index(
        "uq_agent_accounts_one_waits",
        "agent_accounts",
        ["agent_id"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_index(
        "ix_agent_accounts_agent_id_in_force_on", "agent_accounts", ["agent_id", "in_force_on"]
    )
    _statuses("'candidate', 'active', 'suspended', 'left'")


def downgrade():
    """Remove them; candidates are suspended."""
    op.drop_table("agent_accounts")
    op.execute("UPDATE agents SET status = 'suspended' WHERE status = 'candidate'")
    _statuses("'active', 'suspended', 'left'")


_CHECKS = {
    "agentaccountstate": "state IN ('proposed', 'approved', 'refused', 'withdrawn', 'stopped')",
    "npwpkind": "npwp_kind IN ('npwp15', 'npwp16', 'nik')",
    "scankind": "scan_kind IN ('pdf', 'jpeg', 'png')",
    "npwp_has_a_kind": "(npwp_sealed IS NULL) = (npwp_kind IS NULL)",
    "scan_has_a_kind": "(scan_sealed IS NULL) = (scan_kind IS NULL)",
    "decided_whole": "(decided_at IS NULL) = (decided_by IS NULL)",
    "approved_by_another": (
        "state <> 'approved' OR in_force_on IS NOT NULL AND decided_by <> proposed_by"
    ),
    "stopped_whole": "(state = 'stopped') = (stopped_at IS NOT NULL)",
}


def _check(table, name, condition):
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)


def _statuses(words):
    op.drop_constraint(op.f("ck_agents_agentstatus"), "agents", type_="check")
    _check("agents", "agentstatus", f"status IN ({words})")

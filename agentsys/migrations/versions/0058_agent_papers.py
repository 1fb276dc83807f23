"""Store agents' papers with their scans, the steps of agents, and when each was last active.

Revision ID: 0058
Revises: 0057
"""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

_APPOINTED = """
INSERT INTO agent_steps (agent_id, step, on_day, note, recorded_at)
SELECT id, 'appointed', joined_on, '', now() FROM agents
"""


def upgrade():
    """Add the tables; agents who are here were appointed on the day they joined."""
    op.add_column("agents", sa.Column("active_on", sa.Date()))
    _papers()
    op.create_table(
        "agent_steps",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("agent_id", sa.BigInteger(), sa.ForeignKey("agents.id"), nullable=False),
        sa.Column("step", sa.String(20), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("recorded_by", sa.BigInteger()),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    )
    _check(
        "agent_steps",
        "agentstep",
        "step IN ('applied', 'trained', 'examined', 'appointed', 'suspended', 'ended')",
    )
    op.create_index(
        op.f("ix_agent_steps_agent_id_on_day_id"), "agent_steps", ["agent_id", "on_day", "id"]
    )
    op.execute(_APPOINTED)


def downgrade():
    """Remove them, with the scans."""
    op.drop_table("agent_steps")
    op.drop_table("agent_papers")
    op.drop_column("agents", "active_on")


def _papers():
    op.create_table(
        "agent_papers",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("agent_id", sa.BigInteger(), sa.ForeignKey("agents.id"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("number", sa.String(60), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date()),
        sa.Column("scan_key", sa.String(40), nullable=False),
        sa.Column("scan_sealed", sa.LargeBinary()),
        sa.Column("scan_kind", sa.String(20)),
        sa.Column("recorded_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("scan_key", name=op.f("uq_agent_papers_scan_key")),
    )
    _check("agent_papers", "paperkind", "kind IN ('certificate', 'card', 'letter', 'pks')")
    _check("agent_papers", "scankind", "scan_kind IN ('pdf', 'jpeg', 'png')")
    _check("agent_papers", "has_a_number", "number <> ''")
    _check("agent_papers", "ends_after_it_began", "until_on >= from_on")
    _check("agent_papers", "scan_has_a_kind", "(scan_sealed IS NULL) = (scan_kind IS NULL)")
    present = sa.text("replaced_at IS NULL")
    op.create_index(
        "uq_agent_papers_present",
        "agent_papers",
        ["agent_id", "kind"],
        unique=True,
        postgresql_where=present,
    )
    op.create_index(
        "ix_agent_papers_ending", "agent_papers", ["until_on"], postgresql_where=present
    )


def _check(table, name, condition):
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)

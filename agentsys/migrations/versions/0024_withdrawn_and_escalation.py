"""Let agents withdraw deposits, and set the days until escalation for each kind of work.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_BEFORE = ("declared", "confirmed", "returned")


def upgrade():
    """Allow the new state, which is the agent's own decision, and rules for one kind."""
    _guard((*_BEFORE, "withdrawn"), "state = 'withdrawn' OR decided_by <> declared_by")
    op.add_column(
        "escalation_rules", sa.Column("kind", sa.String(40), server_default="", nullable=False)
    )
    op.drop_constraint("pk_escalation_rules", "escalation_rules")
    op.create_primary_key("pk_escalation_rules", "escalation_rules", ["kind", "from_day"])


def downgrade():
    """Forget withdrawn deposits, which hold no money, and the rules for one kind."""
    op.execute("DELETE FROM deposits WHERE state = 'withdrawn'")
    _guard(_BEFORE, "decided_by <> declared_by")
    op.execute("DELETE FROM escalation_rules WHERE kind <> ''")
    op.drop_constraint("pk_escalation_rules", "escalation_rules")
    op.create_primary_key("pk_escalation_rules", "escalation_rules", ["from_day"])
    op.drop_column("escalation_rules", "kind")


def _guard(states, four_eyes):
    op.drop_constraint(op.f("ck_deposits_depositstate"), "deposits")
    op.create_check_constraint(op.f("ck_deposits_depositstate"), "deposits", f"state IN {states}")
    op.drop_constraint(op.f("ck_deposits_four_eyes"), "deposits")
    op.create_check_constraint(op.f("ck_deposits_four_eyes"), "deposits", four_eyes)

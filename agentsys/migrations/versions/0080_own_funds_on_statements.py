"""Match lines with own funds, too.

Revision ID: 0080
Revises: 0079
"""

from alembic import op

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None

_BEFORE = ("deposit", "sponsor_payment", "payout", "remittance", "transfer", "payment")
_CHECKS = (
    ("bank_matches", "ck_bank_matches_thingkind", "kind"),
    ("bank_issues", "ck_bank_issues_thing_kind", "thing_kind"),
)


def upgrade():
    """Allow the kind."""
    _allow((*_BEFORE, "own_funds"))


def downgrade():
    """Forget what only the newer version knows."""
    op.execute("DELETE FROM bank_matches WHERE kind = 'own_funds'")
    op.execute("DELETE FROM bank_issues WHERE thing_kind = 'own_funds'")
    _allow(_BEFORE)


def _allow(kinds):
    named = ", ".join(f"'{kind}'" for kind in kinds)
    for table, name, column in _CHECKS:
        op.drop_constraint(op.f(name), table)
        op.create_check_constraint(
            op.f(name), table, f"{column} IN ({named})", postgresql_not_valid=True
        )

"""Record own funds that are in the journal and not in the audit trail.

Revision ID: 0106
Revises: 0105
"""

from alembic import op

revision = "0106"
down_revision = "0105"
branch_labels = None
depends_on = None


def upgrade():
    """The audit compares them from now on; what was booked before counts as it is now."""
    op.execute(
        """
        INSERT INTO audit_events (at, action, subject, details, office_id)
        SELECT now(), 'own_funds.added', left('bank:' || e.source, 80),
            jsonb_build_object('amount_idr', -l.amount_idr, 'office_id', o.id), o.id
        FROM entries e
        JOIN postings l ON l.entry_id = e.id
        JOIN offices o ON l.account = 'equity:own_funds:' || o.id
        WHERE e.kind = 'own_funds.added' AND NOT EXISTS (
            SELECT FROM audit_events a
            WHERE a.action = 'own_funds.added' AND a.subject = left('bank:' || e.source, 80)
        )
        """
    )


def downgrade():
    """The trail is append-only: what was recorded stays."""

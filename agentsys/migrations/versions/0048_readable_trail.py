"""Note which office an audit event concerns, and find events by time, person and area.

Revision ID: 0048
Revises: 0047
"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_audit_events_at_id": ["at", "id"],
    "ix_audit_events_office_id_at_id": ["office_id", "at", "id"],
    "ix_audit_events_actor_id_at_id": ["actor_id", "at", "id"],
    "ix_audit_events_area": [sa.text("split_part(action, '.', 1)"), "at", "id"],
}
_WHOLE_NIKS = "action IN ('nik.revealed', 'remittance.exported', 'roster.rejects_downloaded')"

# Of what the event is about, or else of who acted. Subjects are texts such as worker:7.
_OFFICES = """
UPDATE audit_events e SET office_id = coalesce(
    CASE split_part(e.subject, ':', 1)
        WHEN 'worker' THEN (SELECT office_id FROM workers WHERE id = s.number)
        WHEN 'agent' THEN (SELECT office_id FROM agents WHERE id = s.number)
        WHEN 'user' THEN (SELECT office_id FROM users WHERE id = s.number)
        WHEN 'roster' THEN (SELECT office_id FROM rosters WHERE id = s.number)
        WHEN 'remittance' THEN (SELECT office_id FROM remittances WHERE id = s.number)
        WHEN 'office' THEN s.number
    END,
    (SELECT office_id FROM users WHERE id = e.actor_id)
)
FROM (
    SELECT id, substring(subject FROM '^[a-z]+:([0-9]{1,18})$')::bigint AS number FROM audit_events
) s
WHERE s.id = e.id
"""


def upgrade():
    """Add the column, fill it for what was recorded, and add the indexes."""
    op.add_column("audit_events", sa.Column("office_id", sa.BigInteger()))
    # The office is not part of what is sealed, so the chain stays as it is.
    op.execute("ALTER TABLE audit_events DISABLE TRIGGER audit_events_append_only")
    op.execute(_OFFICES)
    op.execute("ALTER TABLE audit_events ENABLE TRIGGER audit_events_append_only")
    for name, columns in _INDEXES.items():
        op.create_index(name, "audit_events", columns)
    op.create_index(
        "ix_audit_events_whole_niks",
        "audit_events",
        ["at", "actor_id"],
        postgresql_where=sa.text(_WHOLE_NIKS),
    )


def downgrade():
    """Remove the indexes and the column."""
    for name in (*_INDEXES, "ix_audit_events_whole_niks"):
        op.drop_index(name, table_name="audit_events")
    op.drop_column("audit_events", "office_id")

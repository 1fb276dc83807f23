"""Seal the audit trail by a job: events are appended freely, and a chain of seals stands apart."""

import hashlib
import json
from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TRIGGERS = """
CREATE FUNCTION audit_wants_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_unsealed (event_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER audit_events_want_seal AFTER INSERT ON audit_events
    FOR EACH ROW EXECUTE FUNCTION audit_wants_seal();
CREATE TRIGGER audit_seals_append_only BEFORE UPDATE OR DELETE ON audit_seals
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seals_never_emptied BEFORE TRUNCATE ON audit_seals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade():
    op.create_table(
        "audit_unsealed",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_audit_unsealed"),
    )
    op.create_table(
        "audit_seals",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit_seals"),
        sa.UniqueConstraint("event_id", name="uq_audit_seals_event_id"),
    )
    op.execute(
        "INSERT INTO audit_seals (number, event_id, previous, hash)"
        " SELECT row_number() OVER (ORDER BY id), id, previous, hash FROM audit_events"
    )
    op.drop_column("audit_events", "hash")
    op.drop_column("audit_events", "previous")
    op.execute(_TRIGGERS)


def downgrade():
    op.execute("DROP TRIGGER audit_events_want_seal ON audit_events")
    op.execute("DROP FUNCTION audit_wants_seal()")
    op.add_column("audit_events", sa.Column("previous", sa.LargeBinary()))
    op.add_column("audit_events", sa.Column("hash", sa.LargeBinary()))
    op.execute("ALTER TABLE audit_events DISABLE TRIGGER audit_events_append_only")
    _chain_by_id(op.get_bind())
    op.execute("ALTER TABLE audit_events ENABLE TRIGGER audit_events_append_only")
    op.alter_column("audit_events", "previous", nullable=False)
    op.alter_column("audit_events", "hash", nullable=False)
    op.drop_table("audit_unsealed")
    op.drop_table("audit_seals")


def _chain_by_id(connection):
    """The old chain follows the ids, and seals may not: it is made anew over all events."""
    previous = bytes(32)
    events = connection.execute(
        sa.text("SELECT id, at, actor_id, action, subject, details FROM audit_events ORDER BY id")
    ).all()
    for event in events:
        content = [
            event.at.astimezone(UTC).isoformat(timespec="microseconds"),
            event.actor_id,
            event.action,
            event.subject,
            event.details,
        ]
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        link = hashlib.sha256(previous + text.encode()).digest()
        connection.execute(
            sa.text("UPDATE audit_events SET previous = :previous, hash = :hash WHERE id = :id"),
            {"previous": previous, "hash": link, "id": event.id},
        )
        previous = link

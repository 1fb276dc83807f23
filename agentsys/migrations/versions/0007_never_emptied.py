"""Refuse to empty the tables whose rows are never changed or removed."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = ("audit_events", "entries", "payment_moves", "postings")


def upgrade():
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade():
    for table in TABLES:
        op.execute(f"DROP TRIGGER {table}_never_emptied ON {table}")

"""Keep a record of what is destroyed, and find what is too old by index.

Moves of payments are never changed; they may be removed only by the job that destroys what was
never paid, with the payment.

Revision ID: 0103
Revises: 0102
"""

import sqlalchemy as sa
from alembic import op

revision = "0103"
down_revision = "0102"
branch_labels = None
depends_on = None

_KINDS = (
    "'callback', 'event', 'roster_note', 'pay_link', 'page_code', 'expired_payment', 'notice',"
    " 'session', 'statement_file'"
)
_MOVES = """
CREATE FUNCTION refuse_unless_never_paid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('agentsys.destroys', true) = 'on' AND EXISTS (
        SELECT FROM payments p WHERE p.id = OLD.payment_id AND p.settled_at IS NULL
            AND p.state IN ('expired', 'failed')
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
DROP TRIGGER payment_moves_append_only ON payment_moves;
CREATE TRIGGER payment_moves_append_only BEFORE UPDATE OR DELETE ON payment_moves
    FOR EACH ROW EXECUTE FUNCTION refuse_unless_never_paid();
CREATE FUNCTION refuse_finished() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.finished_at IS NULL AND (TG_OP = 'UPDATE' OR OLD.rows = 0) THEN
        RETURN coalesce(NEW, OLD);
    END IF;
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER destructions_stay BEFORE UPDATE OR DELETE ON destructions
    FOR EACH ROW EXECUTE FUNCTION refuse_finished();
CREATE TRIGGER destructions_never_emptied BEFORE TRUNCATE ON destructions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
_BEFORE = """
DROP TRIGGER payment_moves_append_only ON payment_moves;
CREATE TRIGGER payment_moves_append_only BEFORE UPDATE OR DELETE ON payment_moves
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
DROP FUNCTION refuse_unless_never_paid();
"""


def upgrade():
    """Add the table and the indexes, and allow removing the moves of what was never paid."""
    op.create_table(
        "destructions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("before_on", sa.Date(), nullable=False),
        sa.Column("months", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(300), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("begun_by", sa.String(40), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(f"kind IN ({_KINDS})", name=op.f("ck_destructions_kept")),
        sa.CheckConstraint(
            "rows >= 0 AND bytes >= 0 AND months > 0", name=op.f("ck_destructions_counts")
        ),
    )
    op.create_index(
        "uq_destructions_unfinished",
        "destructions",
        ["kind"],
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    for name, (table, columns, where) in _INDEXES.items():
        options = {"postgresql_where": sa.text(where)} if where else {}
        op.create_index(name, table, columns, **options)
    op.execute(_MOVES)


def downgrade():
    """Remove the record; what was destroyed stays destroyed."""
    op.execute(_BEFORE)
    for name, (table, _columns, _where) in _INDEXES.items():
        op.drop_index(name, table_name=table)
    op.drop_table("destructions")
    op.execute("DROP FUNCTION refuse_finished()")


_INDEXES = {
    "ix_cases_callback_id": ("cases", ["callback_id"], "callback_id IS NOT NULL"),
    "ix_debit_tries_notice_id": ("debit_tries", ["notice_id"], None),
    "ix_pay_links_expires_at_token": ("pay_links", ["expires_at", "token"], None),
    "ix_payments_never_paid": ("payments", ["id"], "state IN ('expired', 'failed')"),
    "ix_unexplained_payment_id": ("unexplained", ["payment_id"], "payment_id IS NOT NULL"),
}

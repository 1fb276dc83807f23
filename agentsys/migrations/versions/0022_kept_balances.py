"""Keep the balance of each account, and what the last audit found.

Whoever posts only appends to `balance_changes`; a job folds that into `account_balances`.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_TRIGGER = """
CREATE FUNCTION note_balance_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO balance_changes (account, amount_idr)
    SELECT account, sum(amount_idr) FROM posted GROUP BY account;
    RETURN NULL;
END $$;
CREATE TRIGGER postings_change_balances AFTER INSERT ON postings
    REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION note_balance_changes();
CREATE VIEW balances AS
    SELECT account, sum(amount_idr)::bigint AS amount_idr
    FROM (
        SELECT account, amount_idr FROM account_balances
        UNION ALL
        SELECT account, amount_idr FROM balance_changes
    ) kept
    GROUP BY account;
"""


def upgrade():
    op.create_table(
        "account_balances",
        sa.Column("account", sa.String(80), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_account_balances"),
    )
    op.create_table(
        "balance_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("account", sa.String(80), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_balance_changes"),
    )
    op.create_index("ix_balance_changes_account", "balance_changes", ["account"])
    op.create_table(
        "audit_proofs",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("point", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("sample", postgresql.JSONB(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_audit_proofs"),
    )
    op.create_table(
        "proven_balances",
        sa.Column("account", sa.String(80), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_proven_balances"),
    )
    op.create_table(
        "proven_tables",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("point", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_proven_tables"),
    )
    op.create_index(
        "ix_payments_aside", "payments", ["office_id"], postgresql_where=sa.text("aside_idr <> 0")
    )
    # Nobody may post between the sums and the trigger.
    op.execute("LOCK TABLE postings IN SHARE ROW EXCLUSIVE MODE")
    op.execute(
        "INSERT INTO account_balances"
        " SELECT account, sum(amount_idr) FROM postings GROUP BY account"
    )
    op.execute(_TRIGGER)


def downgrade():
    op.drop_index("ix_payments_aside", "payments")
    for table in ("proven_tables", "proven_balances", "audit_proofs"):
        op.drop_table(table)
    op.execute("DROP VIEW balances")
    op.execute("DROP TRIGGER postings_change_balances ON postings")
    op.execute("DROP FUNCTION note_balance_changes()")
    op.drop_table("balance_changes")
    op.drop_table("account_balances")

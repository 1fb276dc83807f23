"""Let offices close their months: no entry is dated in a closed month, and its balances are sealed.

Revision ID: 0078
Revises: 0077
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None

_FUNCTIONS = """
CREATE FUNCTION office_of_account(text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN $1 LIKE 'cash:agent:%' OR $1 LIKE 'owed:commission:agent:%'
            THEN (SELECT office_id FROM agents WHERE id = number)
        WHEN $1 LIKE 'owed:worker:%' OR $1 LIKE 'claim:worker:%'
            THEN (SELECT office_id FROM workers WHERE id = number)
        ELSE number END
    FROM (SELECT substring($1 FROM '[0-9]+$')::bigint AS number) named
$$;
CREATE FUNCTION closed_month_of(text, timestamptz) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT date_trunc('month', $2 AT TIME ZONE o.zone)::date FROM offices o
    WHERE o.id = office_of_account($1) AND EXISTS (
        SELECT FROM month_closings c
        WHERE c.office_id = o.id AND c.reopened_at IS NULL AND $2 < c.until_at)
$$;
CREATE FUNCTION seal_of_month(bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(concat_ws(E'\\n', c.office_id, c.month,
        extract(epoch FROM c.until_at), c.report::text, (
            SELECT string_agg(b.account || ' ' || b.amount_idr, E'\\n' ORDER BY b.account COLLATE "C")
            FROM closed_balances b WHERE b.closing_id = c.id)), 'UTF8')), 'hex')
    FROM month_closings c WHERE c.id = $1
$$;
"""
# 7301012 is locks.CLOSING_MONTH: who closes a month waits for those who are posting.
_POSTINGS = """
CREATE FUNCTION refuse_closed_months() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(7301012);
    IF EXISTS (
        SELECT FROM posted p JOIN entries e ON e.id = p.entry_id
        WHERE e.at < (SELECT max(until_at) FROM month_closings WHERE reopened_at IS NULL)
            AND closed_month_of(p.account, e.at) IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'the month of this entry is closed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER postings_not_in_closed_months AFTER INSERT ON postings
    REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_months();
"""
_CLOSINGS = """
CREATE FUNCTION keep_month_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.reopened_at IS NULL
        AND (OLD.office_id, OLD.month, OLD.from_at, OLD.until_at, OLD.last_entry_id, OLD.closed_by,
             OLD.closed_at, OLD.open_items, OLD.note)
            = (NEW.office_id, NEW.month, NEW.from_at, NEW.until_at, NEW.last_entry_id,
               NEW.closed_by, NEW.closed_at, NEW.open_items, NEW.note)
        AND (OLD.seal = ''
             OR (OLD.seal, OLD.report, OLD.sealed_at) = (NEW.seal, NEW.report, NEW.sealed_at))
        AND (NEW.reopened_at IS NULL OR NOT EXISTS (
            SELECT FROM month_closings later WHERE later.office_id = NEW.office_id
                AND later.month > NEW.month AND later.reopened_at IS NULL))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a closed month stays as it is' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER month_closings_stay BEFORE UPDATE OR DELETE ON month_closings
    FOR EACH ROW EXECUTE FUNCTION keep_month_closing();
CREATE TRIGGER closed_balances_append_only BEFORE UPDATE OR DELETE ON closed_balances
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
_CHECKS = {
    "month_is_a_month": "extract(day FROM month) = 1",
    "ends_after_it_begins": "until_at > from_at",
    "ended_when_it_was_closed": "closed_at >= until_at",
    "sealed_whole": "(seal = '') = (sealed_at IS NULL)",
    "reopened_for_a_reason": (
        "(reopen_asked_by IS NULL) = (reopen_asked_at IS NULL)"
        " AND (reopen_asked_by IS NULL) = (reopen_reason = '')"
    ),
    "reopened_by_two": (
        "(reopened_by IS NULL) = (reopened_at IS NULL)"
        " AND (reopened_by IS NULL OR coalesce(reopened_by <> reopen_asked_by, false))"
    ),
}


def upgrade():
    op.add_column("entries", sa.Column("closed_month", sa.Date(), nullable=True))
    op.create_table(
        "month_closings",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_entry_id", sa.BigInteger(), nullable=False),
        sa.Column("open_items", postgresql.JSONB(), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("closed_by", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report", postgresql.JSONB(), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopen_reason", sa.String(200), nullable=False),
        sa.Column("reopen_asked_by", sa.BigInteger(), nullable=True),
        sa.Column("reopen_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopened_by", sa.BigInteger(), nullable=True),
        sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=True),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_month_closings_{name}"))
            for name, condition in _CHECKS.items()
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["offices.id"], name=op.f("fk_month_closings_office_id_offices")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], ["users.id"], name=op.f(f"fk_month_closings_{column}_users")
            )
            for column in ("closed_by", "reopen_asked_by", "reopened_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_month_closings")),
    )
    op.create_index(
        "uq_month_closings_closed",
        "month_closings",
        ["office_id", "month"],
        unique=True,
        postgresql_where=sa.text("reopened_at IS NULL"),
    )
    op.create_table(
        "closed_balances",
        sa.Column("closing_id", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(80), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["closing_id"],
            ["month_closings.id"],
            name=op.f("fk_closed_balances_closing_id_month_closings"),
        ),
        sa.PrimaryKeyConstraint("closing_id", "account", name=op.f("pk_closed_balances")),
    )
    op.execute(_FUNCTIONS)
    op.execute(_POSTINGS)
    op.execute(_CLOSINGS)


def downgrade():
    op.execute("DROP TRIGGER postings_not_in_closed_months ON postings")
    op.execute("DROP FUNCTION refuse_closed_months()")
    op.execute("DROP FUNCTION seal_of_month(bigint)")
    op.execute("DROP FUNCTION closed_month_of(text, timestamptz)")
    op.drop_table("closed_balances")
    op.drop_table("month_closings")
    op.execute("DROP FUNCTION keep_month_closing()")
    op.execute("DROP FUNCTION office_of_account(text)")
    op.drop_column("entries", "closed_month")

"""The whole schema of the first version."""

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

EXTENSIONS = ("pg_trgm", "btree_gist")

RULES = """
CREATE SEQUENCE receipt_numbers;

CREATE FUNCTION ensure_contribution_partition(wanted date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first date := date_trunc('month', wanted)::date;
    part text := 'contributions_' || to_char(wanted, 'YYYY_MM');
BEGIN
    IF to_regclass(part) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(7301003);
    IF to_regclass(part) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE %I PARTITION OF contributions FOR VALUES FROM (%L) TO (%L)',
                   part, first, (first + interval '1 month')::date);
END $$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE ON entries
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER postings_append_only BEFORE UPDATE OR DELETE ON postings
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_moves_append_only BEFORE UPDATE OR DELETE ON payment_moves
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_unbalanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    off bigint := (SELECT sum(amount_idr) FROM postings WHERE entry_id = NEW.entry_id);
BEGIN
    IF off <> 0 THEN
        RAISE EXCEPTION 'entry % does not sum to zero (%)', NEW.entry_id, off
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER postings_sum_to_zero AFTER INSERT ON postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unbalanced();

CREATE FUNCTION refuse_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found bigint;
BEGIN
    EXECUTE format(
        'SELECT w.worker_id FROM written w JOIN %I o ON o.worker_id = w.worker_id AND o.id <> w.id'
        ' AND daterange(o.from_month, o.until_month) && daterange(w.from_month, w.until_month)'
        ' LIMIT 1', TG_TABLE_NAME) INTO found;
    IF found IS NOT NULL THEN
        RAISE EXCEPTION 'periods of worker % in % overlap', found, TG_TABLE_NAME
            USING ERRCODE = 'exclusion_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER enrolments_overlap_insert AFTER INSERT ON enrolments
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_overlap();
CREATE TRIGGER enrolments_overlap_update AFTER UPDATE ON enrolments
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_overlap();
CREATE TRIGGER assignments_overlap_insert AFTER INSERT ON assignments
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_overlap();
CREATE TRIGGER assignments_overlap_update AFTER UPDATE ON assignments
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_overlap();

CREATE FUNCTION agentsys_wake(wanted text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM procrastinate_jobs WHERE queueing_lock = wanted AND status = 'todo') THEN
        RETURN;
    END IF;
    PERFORM procrastinate_defer_jobs_v1(ARRAY[
        ROW('wake', wanted, 0, NULL, wanted, '{}'::jsonb, NULL)::procrastinate_job_to_defer_v1]);
EXCEPTION WHEN unique_violation THEN
    RETURN;
END $$;
"""

UNDO = """
DROP FUNCTION agentsys_wake(text);
DROP TRIGGER enrolments_overlap_insert ON enrolments;
DROP TRIGGER enrolments_overlap_update ON enrolments;
DROP TRIGGER assignments_overlap_insert ON assignments;
DROP TRIGGER assignments_overlap_update ON assignments;
DROP FUNCTION refuse_overlap();
DROP TRIGGER postings_sum_to_zero ON postings;
DROP FUNCTION refuse_unbalanced();
DROP TRIGGER payment_moves_append_only ON payment_moves;
DROP TRIGGER postings_append_only ON postings;
DROP TRIGGER entries_append_only ON entries;
DROP TRIGGER audit_events_append_only ON audit_events;
DROP FUNCTION refuse_change();
DROP FUNCTION ensure_contribution_partition(date);
DROP SEQUENCE receipt_numbers;
"""

UNDO_JOBS = """
DO $$
DECLARE name text;
BEGIN
    DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs, procrastinate_workers CASCADE;
    FOR name IN SELECT oid::regprocedure::text FROM pg_proc
        WHERE proname LIKE 'procrastinate\\_%' AND pronamespace = current_schema()::regnamespace
    LOOP
        EXECUTE 'DROP FUNCTION ' || name || ' CASCADE';
    END LOOP;
    DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_event_type, procrastinate_job_status;
END $$;
"""


def upgrade():
    for name in EXTENSIONS:
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
    run = (
        op.get_bind().connection.driver_connection.execute
    )  # takes several statements, and a bare %
    run(SchemaManager.get_schema())
    op.create_table(
        "audit_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    op.create_index(
        op.f("ix_audit_events_subject_id"), "audit_events", ["subject", "id"], unique=False
    )
    op.create_table(
        "billing_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("started_by", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("billed", sa.BigInteger(), nullable=False),
        sa.Column("already", sa.BigInteger(), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_runs")),
    )
    op.create_index(op.f("ix_billing_runs_month"), "billing_runs", ["month"], unique=False)
    op.create_table(
        "callbacks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("channel", sa.String(length=30), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rings", sa.BigInteger(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "moved",
                "nothing_new",
                "unknown",
                "desk",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.Column("tries", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(outcome IS NULL) = (next_try_at IS NOT NULL)",
            name=op.f("ck_callbacks_waits_or_is_done"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callbacks")),
        sa.UniqueConstraint("channel", "digest", name=op.f("uq_callbacks_channel_digest")),
    )
    op.create_index(op.f("ix_callbacks_reference"), "callbacks", ["reference"], unique=False)
    op.create_index(
        "ix_callbacks_waiting",
        "callbacks",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("next_try_at IS NOT NULL"),
    )
    op.create_table(
        "commission_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("started_by", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agents", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("failures", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commission_runs")),
    )
    op.create_index(op.f("ix_commission_runs_month"), "commission_runs", ["month"], unique=False)
    op.create_table(
        "contributions",
        sa.Column("worker_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "programmes",
            sa.Enum(
                "JKK+JKM",
                "JKK+JKM+JHT",
                name="programmes",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "funding",
            sa.Enum(
                "self",
                "apbn",
                "apbd",
                "apbdes",
                "csr",
                name="funding",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "sector",
            sa.Enum(
                "transport",
                "other",
                name="sector",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("jkk_idr", sa.BigInteger(), nullable=False),
        sa.Column("jkm_idr", sa.BigInteger(), nullable=False),
        sa.Column("jht_idr", sa.BigInteger(), nullable=False),
        sa.Column(
            "amount_idr",
            sa.BigInteger(),
            sa.Computed("jkk_idr + jkm_idr + jht_idr", persisted=True),
            nullable=False,
        ),
        sa.Column("tariff", sa.String(length=40), nullable=False),
        sa.Column("billed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("remittance_id", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "billed",
                "collected",
                "remitted",
                "confirmed",
                name="contributionstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            sa.Computed(
                "CASE WHEN confirmed_at IS NOT NULL THEN 'confirmed' WHEN remittance_id IS NOT NULL THEN 'remitted' WHEN payment_id IS NOT NULL THEN 'collected' ELSE 'billed' END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.CheckConstraint(
            "confirmed_at IS NULL OR remittance_id IS NOT NULL",
            name=op.f("ck_contributions_confirmed_after_remitted"),
        ),
        sa.CheckConstraint(
            "extract(day FROM month) = 1", name=op.f("ck_contributions_month_is_a_month")
        ),
        sa.CheckConstraint(
            "jkk_idr >= 0 AND jkm_idr >= 0 AND jht_idr >= 0",
            name=op.f("ck_contributions_not_negative"),
        ),
        sa.CheckConstraint(
            "remittance_id IS NULL OR payment_id IS NOT NULL",
            name=op.f("ck_contributions_remitted_after_collected"),
        ),
        sa.PrimaryKeyConstraint("worker_id", "month", name=op.f("pk_contributions")),
        postgresql_partition_by="RANGE (month)",
    )
    op.create_index(
        "ix_contributions_confirmed_at",
        "contributions",
        ["agent_id", "confirmed_at"],
        unique=False,
        postgresql_where=sa.text("confirmed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_contributions_open",
        "contributions",
        ["agent_id", "worker_id", "month"],
        unique=False,
        postgresql_where=sa.text("payment_id IS NULL"),
    )
    op.create_index(
        "ix_contributions_payment_id",
        "contributions",
        ["payment_id"],
        unique=False,
        postgresql_where=sa.text("payment_id IS NOT NULL"),
    )
    op.create_index(
        "ix_contributions_remittance_id",
        "contributions",
        ["remittance_id"],
        unique=False,
        postgresql_where=sa.text("remittance_id IS NOT NULL"),
    )
    op.create_index(
        "ix_contributions_to_remit",
        "contributions",
        ["office_id", "month"],
        unique=False,
        postgresql_where=sa.text("payment_id IS NOT NULL AND remittance_id IS NULL"),
    )
    op.create_table(
        "entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        sa.UniqueConstraint("kind", "source", name=op.f("uq_entries_kind_source")),
    )
    op.create_index(op.f("ix_entries_at"), "entries", ["at"], unique=False)
    op.create_table(
        "offices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("city", sa.String(length=80), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.CheckConstraint(
            "zone IN ('Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura')",
            name=op.f("ck_offices_known_zone"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offices")),
        sa.UniqueConstraint("code", name=op.f("uq_offices_code")),
    )
    op.create_table(
        "roles",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=True),
        sa.Column("permissions", postgresql.JSONB(astext_type=Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roles")),
        sa.UniqueConstraint("name", name=op.f("uq_roles_name")),
    )
    op.create_table(
        "postings",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_idr <> 0", name=op.f("ck_postings_moves_money")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entries.id"], name=op.f("fk_postings_entry_id_entries")
        ),
        sa.PrimaryKeyConstraint("entry_id", "account", name=op.f("pk_postings")),
    )
    op.create_index(
        op.f("ix_postings_account"),
        "postings",
        ["account"],
        unique=False,
        postgresql_include=["amount_idr"],
    )
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("password", sa.String(length=255), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.String(length=64), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("failed_logins", sa.BigInteger(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("language IN ('id', 'en')", name=op.f("ck_users_known_language")),
        sa.CheckConstraint(
            "email IS NOT NULL OR phone IS NOT NULL", name=op.f("ck_users_can_sign_in")
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["offices.id"], name=op.f("fk_users_office_id_offices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_users_fs_uniquifier")),
        sa.UniqueConstraint("phone", name=op.f("uq_users_phone")),
    )
    op.create_index(op.f("ix_users_office_id"), "users", ["office_id"], unique=False)
    op.create_table(
        "agents",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("supervisor_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("area", sa.String(length=80), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "suspended",
                "left",
                name="agentstatus",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("cash_ceiling_idr", sa.BigInteger(), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.CheckConstraint("cash_ceiling_idr >= 0", name=op.f("ck_agents_ceiling_not_negative")),
        sa.CheckConstraint(
            "user_id IS NULL OR supervisor_id IS NULL OR user_id <> supervisor_id",
            name=op.f("ck_agents_not_own_supervisor"),
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["offices.id"], name=op.f("fk_agents_office_id_offices")
        ),
        sa.ForeignKeyConstraint(
            ["supervisor_id"], ["users.id"], name=op.f("fk_agents_supervisor_id_users")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_agents_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
        sa.UniqueConstraint("code", name=op.f("uq_agents_code")),
        sa.UniqueConstraint("user_id", name=op.f("uq_agents_user_id")),
    )
    op.create_index(op.f("ix_agents_office_id_name"), "agents", ["office_id", "name"], unique=False)
    op.create_index(op.f("ix_agents_supervisor_id"), "agents", ["supervisor_id"], unique=False)
    op.create_table(
        "gateway_payouts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("provider", sa.String(length=30), nullable=False),
        sa.Column("bank_ref", sa.String(length=80), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("fee_idr", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "amount_idr > 0 AND fee_idr >= 0", name=op.f("ck_gateway_payouts_brings_money")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["users.id"], name=op.f("fk_gateway_payouts_recorded_by_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_payouts")),
        sa.UniqueConstraint(
            "provider", "bank_ref", name=op.f("uq_gateway_payouts_provider_bank_ref")
        ),
    )
    op.create_table(
        "remittances",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "coded",
                "confirmed",
                "cancelled",
                name="remittancestate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("kode_iuran", sa.String(length=40), nullable=True),
        sa.Column("bpjs_ref", sa.String(length=40), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'confirmed') = (confirmed_at IS NOT NULL)",
            name=op.f("ck_remittances_confirmed_at"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'cancelled') OR kode_iuran IS NOT NULL",
            name=op.f("ck_remittances_has_its_code"),
        ),
        sa.CheckConstraint("count > 0 AND amount_idr > 0", name=op.f("ck_remittances_not_empty")),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["users.id"], name=op.f("fk_remittances_confirmed_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_remittances_created_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["offices.id"], name=op.f("fk_remittances_office_id_offices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittances")),
        sa.UniqueConstraint("kode_iuran", name=op.f("uq_remittances_kode_iuran")),
    )
    op.create_index(op.f("ix_remittances_office_id"), "remittances", ["office_id"], unique=False)
    op.create_table(
        "roles_users",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("role_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["role_id"], ["roles.id"], name=op.f("fk_roles_users_role_id_roles")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_roles_users_user_id_users")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_roles_users")),
    )
    op.create_table(
        "deposits",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "declared",
                "confirmed",
                "returned",
                name="depositstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("evidence", sa.String(length=120), nullable=False),
        sa.Column("declared_by", sa.BigInteger(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(state = 'declared') = (decided_by IS NULL)",
            name=op.f("ck_deposits_decided_by_somebody"),
        ),
        sa.CheckConstraint("amount_idr > 0", name=op.f("ck_deposits_brings_money")),
        sa.CheckConstraint("decided_by <> declared_by", name=op.f("ck_deposits_four_eyes")),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_deposits_agent_id_agents")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_deposits_decided_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["declared_by"], ["users.id"], name=op.f("fk_deposits_declared_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["offices.id"], name=op.f("fk_deposits_office_id_offices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposits")),
        sa.UniqueConstraint("key", name=op.f("uq_deposits_key")),
    )
    op.create_index(op.f("ix_deposits_agent_id"), "deposits", ["agent_id"], unique=False)
    op.create_table(
        "rosters",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("uploaded_by", sa.BigInteger(), nullable=True),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column(
            "programmes",
            sa.Enum(
                "JKK+JKM",
                "JKK+JKM+JHT",
                name="programmes",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "funding",
            sa.Enum(
                "self",
                "apbn",
                "apbd",
                "apbdes",
                "csr",
                name="funding",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("from_month", sa.Date(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "waiting",
                "running",
                "done",
                "failed",
                name="rosterstatus",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("rows_total", sa.BigInteger(), nullable=False),
        sa.Column("rows_done", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("repaired", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status <> 'done' OR accepted + rejected = rows_total",
            name=op.f("ck_rosters_every_row_has_an_outcome"),
        ),
        sa.CheckConstraint(
            "status <> 'done' OR created + changed + unchanged = accepted",
            name=op.f("ck_rosters_every_accepted_row_has_an_effect"),
        ),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_rosters_agent_id_agents")
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["offices.id"], name=op.f("fk_rosters_office_id_offices")
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by"], ["users.id"], name=op.f("fk_rosters_uploaded_by_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rosters")),
    )
    op.create_index(op.f("ix_rosters_office_id"), "rosters", ["office_id"], unique=False)
    op.create_index(
        "uq_rosters_open_file",
        "rosters",
        ["office_id", "sha256"],
        unique=True,
        postgresql_where=sa.text("status IN ('waiting', 'running')"),
    )
    op.create_table(
        "statements",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "submitted",
                "returned",
                "approved",
                name="statementstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("agent_idr", sa.BigInteger(), nullable=False),
        sa.Column("office_idr", sa.BigInteger(), nullable=False),
        sa.Column("base_idr", sa.BigInteger(), nullable=False),
        sa.Column("contributions", sa.BigInteger(), nullable=False),
        sa.Column("lines_hash", sa.LargeBinary(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("computed_by", sa.BigInteger(), nullable=True),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.CheckConstraint(
            "(state = 'submitted') = (decided_by IS NULL)",
            name=op.f("ck_statements_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "state <> 'approved' OR decided_by <> computed_by", name=op.f("ck_statements_four_eyes")
        ),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_statements_agent_id_agents")
        ),
        sa.ForeignKeyConstraint(
            ["computed_by"], ["users.id"], name=op.f("fk_statements_computed_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_statements_decided_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["offices.id"], name=op.f("fk_statements_office_id_offices")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["commission_runs.id"], name=op.f("fk_statements_run_id_commission_runs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
        sa.UniqueConstraint("agent_id", "month", name=op.f("uq_statements_agent_id_month")),
    )
    op.create_index(
        "ix_statements_waiting",
        "statements",
        ["month"],
        unique=False,
        postgresql_where=sa.text("state = 'submitted'"),
    )
    op.create_table(
        "roster_files",
        sa.Column("roster_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["roster_id"],
            ["rosters.id"],
            name=op.f("fk_roster_files_roster_id_rosters"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("roster_id", name=op.f("pk_roster_files")),
    )
    op.create_table(
        "roster_notes",
        sa.Column("roster_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rejected", sa.Boolean(), nullable=False),
        sa.Column("sheet", sa.String(length=80), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("column", sa.String(length=80), nullable=False),
        sa.Column("problem", sa.String(length=40), nullable=False),
        sa.Column("shown", sa.String(length=120), nullable=False),
        sa.Column("advice", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["roster_id"],
            ["rosters.id"],
            name=op.f("fk_roster_notes_roster_id_rosters"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("roster_id", "number", name=op.f("pk_roster_notes")),
    )
    op.create_table(
        "statement_lines",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("statement_id", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(length=60), nullable=False),
        sa.Column("version", sa.String(length=60), nullable=False),
        sa.Column(
            "beneficiary",
            sa.Enum(
                "agent",
                "office",
                name="beneficiary",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("worker_id", sa.BigInteger(), nullable=True),
        sa.Column("month", sa.Date(), nullable=True),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("reason", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["statements.id"],
            name=op.f("fk_statement_lines_statement_id_statements"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_lines")),
        sa.UniqueConstraint(
            "subject",
            "rule",
            "beneficiary",
            name=op.f("uq_statement_lines_subject_rule_beneficiary"),
        ),
    )
    op.create_index(
        op.f("ix_statement_lines_statement_id"), "statement_lines", ["statement_id"], unique=False
    )
    op.create_index(
        op.f("ix_statement_lines_worker_id_month"),
        "statement_lines",
        ["worker_id", "month"],
        unique=False,
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("nik_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("nik_index", sa.LargeBinary(), nullable=False),
        sa.Column("nik_masked", sa.String(length=16), nullable=False),
        sa.Column("kk_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("kk_index", sa.LargeBinary(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("birth_place", sa.String(length=80), server_default="", nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("sex", sa.String(length=1), nullable=False),
        sa.Column("phone", sa.String(length=20), server_default="", nullable=False),
        sa.Column("job", sa.String(length=80), server_default="", nullable=False),
        sa.Column(
            "sector",
            sa.Enum(
                "transport",
                "other",
                name="sector",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("business", sa.String(length=120), server_default="", nullable=False),
        sa.Column("address", sa.String(length=200), server_default="", nullable=False),
        sa.Column("kelurahan", sa.String(length=80), server_default="", nullable=False),
        sa.Column("kecamatan", sa.String(length=80), server_default="", nullable=False),
        sa.Column("income_idr", sa.BigInteger(), nullable=False),
        sa.Column("kpj", sa.String(length=20), server_default="", nullable=False),
        sa.Column(
            "new_to_bpu",
            sa.Enum(
                "yes",
                "no",
                "unknown",
                name="newtobpu",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("roster_id", sa.BigInteger(), nullable=True),
        sa.Column("consent_text", sa.String(length=20), server_default="", nullable=False),
        sa.Column("consent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("nik_masked !~ '[0-9]{9}'", name=op.f("ck_workers_nik_is_masked")),
        sa.CheckConstraint("sex IN ('L', 'P')", name=op.f("ck_workers_known_sex")),
        sa.CheckConstraint("income_idr >= 0", name=op.f("ck_workers_income_not_negative")),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_workers_has_a_name")),
        sa.CheckConstraint(
            "octet_length(nik_index) = 32", name=op.f("ck_workers_index_is_a_digest")
        ),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_workers_agent_id_agents")
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["offices.id"], name=op.f("fk_workers_office_id_offices")
        ),
        sa.ForeignKeyConstraint(
            ["roster_id"], ["rosters.id"], name=op.f("fk_workers_roster_id_rosters")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
        sa.UniqueConstraint("nik_index", name=op.f("uq_workers_nik_index")),
    )
    op.create_index(
        op.f("ix_workers_agent_id_name_id"), "workers", ["agent_id", "name", "id"], unique=False
    )
    op.create_index(
        "ix_workers_name_trgm",
        "workers",
        ["name"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops"},
    )
    op.create_index(
        op.f("ix_workers_office_id_name_id"), "workers", ["office_id", "name", "id"], unique=False
    )
    op.create_table(
        "assignments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("worker_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("from_month", sa.Date(), nullable=False),
        sa.Column("until_month", sa.Date(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("worker_id"), "="),
            (sa.text("daterange(from_month, until_month)"), "&&"),
            where=sa.text("until_month IS NOT NULL"),
            using="gist",
            name="ex_assignments_overlap_ended",
        ),
        sa.CheckConstraint(
            "extract(day FROM from_month) = 1", name=op.f("ck_assignments_from_is_a_month")
        ),
        sa.CheckConstraint(
            "extract(day FROM until_month) = 1", name=op.f("ck_assignments_until_is_a_month")
        ),
        sa.CheckConstraint(
            "until_month > from_month", name=op.f("ck_assignments_ends_after_it_began")
        ),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_assignments_agent_id_agents")
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["workers.id"], name=op.f("fk_assignments_worker_id_workers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
        sa.UniqueConstraint(
            "worker_id", "from_month", name=op.f("uq_assignments_worker_id_from_month")
        ),
    )
    op.create_index(op.f("ix_assignments_agent_id"), "assignments", ["agent_id"], unique=False)
    op.create_index(
        "uq_assignments_overlap_open",
        "assignments",
        ["worker_id"],
        unique=True,
        postgresql_where=sa.text("until_month IS NULL"),
    )
    op.create_table(
        "enrolments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("worker_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "programmes",
            sa.Enum(
                "JKK+JKM",
                "JKK+JKM+JHT",
                name="programmes",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "funding",
            sa.Enum(
                "self",
                "apbn",
                "apbd",
                "apbdes",
                "csr",
                name="funding",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("from_month", sa.Date(), nullable=False),
        sa.Column("until_month", sa.Date(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("worker_id"), "="),
            (sa.text("daterange(from_month, until_month)"), "&&"),
            where=sa.text("until_month IS NOT NULL"),
            using="gist",
            name="ex_enrolments_overlap_ended",
        ),
        sa.CheckConstraint(
            "extract(day FROM from_month) = 1", name=op.f("ck_enrolments_from_is_a_month")
        ),
        sa.CheckConstraint(
            "extract(day FROM until_month) = 1", name=op.f("ck_enrolments_until_is_a_month")
        ),
        sa.CheckConstraint(
            "until_month > from_month", name=op.f("ck_enrolments_ends_after_it_began")
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["workers.id"], name=op.f("fk_enrolments_worker_id_workers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolments")),
        sa.UniqueConstraint(
            "worker_id", "from_month", name=op.f("uq_enrolments_worker_id_from_month")
        ),
    )
    op.create_index(
        "uq_enrolments_overlap_open",
        "enrolments",
        ["worker_id"],
        unique=True,
        postgresql_where=sa.text("until_month IS NULL"),
    )
    op.create_table(
        "pay_links",
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("worker_id", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_pay_links_created_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["workers.id"], name=op.f("fk_pay_links_worker_id_workers")
        ),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_pay_links")),
    )
    op.create_index(op.f("ix_pay_links_worker_id"), "pay_links", ["worker_id"], unique=False)
    op.create_table(
        "payments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference", sa.String(length=50), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("worker_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(length=30), nullable=False),
        sa.Column(
            "custody",
            sa.Enum(
                "agent",
                "provider",
                name="custody",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("clearing", sa.String(length=30), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("aside_idr", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "created",
                "pending",
                "settled",
                "failed",
                "expired",
                "refunded",
                name="paymentstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("provider_ref", sa.String(length=80), nullable=False),
        sa.Column("pay_url", sa.String(length=500), nullable=False),
        sa.Column("qr_string", sa.String(length=1000), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checks", sa.BigInteger(), nullable=False),
        sa.Column("next_check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deposit_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(settled_at IS NOT NULL) = (state IN ('settled', 'refunded'))",
            name=op.f("ck_payments_settled_has_a_time"),
        ),
        sa.CheckConstraint(
            "custody <> 'agent' OR agent_id IS NOT NULL",
            name=op.f("ck_payments_cash_is_with_an_agent"),
        ),
        sa.CheckConstraint(
            "deposit_id IS NULL OR custody = 'agent'",
            name=op.f("ck_payments_only_cash_is_deposited"),
        ),
        sa.CheckConstraint("amount_idr > 0", name=op.f("ck_payments_asks_for_money")),
        sa.CheckConstraint("aside_idr >= 0", name=op.f("ck_payments_aside_not_negative")),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_payments_agent_id_agents")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_payments_created_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["deposit_id"], ["deposits.id"], name=op.f("fk_payments_deposit_id_deposits")
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["offices.id"], name=op.f("fk_payments_office_id_offices")
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["workers.id"], name=op.f("fk_payments_worker_id_workers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("key", name=op.f("uq_payments_key")),
        sa.UniqueConstraint("reference", name=op.f("uq_payments_reference")),
    )
    op.create_index(
        op.f("ix_payments_agent_id_created_at"),
        "payments",
        ["agent_id", "created_at"],
        unique=False,
    )
    op.create_index(
        "ix_payments_deposit_id",
        "payments",
        ["deposit_id"],
        unique=False,
        postgresql_where=sa.text("deposit_id IS NOT NULL"),
    )
    op.create_index(
        "ix_payments_silent",
        "payments",
        ["next_check_at"],
        unique=False,
        postgresql_where=sa.text("next_check_at IS NOT NULL"),
    )
    op.create_index(
        "ix_payments_undeposited",
        "payments",
        ["agent_id"],
        unique=False,
        postgresql_where=sa.text("custody = 'agent' AND deposit_id IS NULL"),
    )
    op.create_index(op.f("ix_payments_worker_id"), "payments", ["worker_id"], unique=False)
    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "other_amount",
                "paid_twice",
                "paid_late",
                "unknown_order",
                "reversed",
                "refunded_after_remitted",
                name="casekind",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("callback_id", sa.BigInteger(), nullable=True),
        sa.Column("amount_idr", sa.BigInteger(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("resolution", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_by IS NULL)", name=op.f("ck_cases_closed_by_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["callback_id"], ["callbacks.id"], name=op.f("fk_cases_callback_id_callbacks")
        ),
        sa.ForeignKeyConstraint(["closed_by"], ["users.id"], name=op.f("fk_cases_closed_by_users")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_cases_payment_id_payments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_cases_kind_subject")),
    )
    op.create_index(
        "ix_cases_open",
        "cases",
        ["opened_at"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "payment_months",
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("worker_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_payment_months_payment_id_payments")
        ),
        sa.ForeignKeyConstraint(
            ["worker_id", "month"],
            ["contributions.worker_id", "contributions.month"],
            name=op.f("fk_payment_months_worker_id_month_contributions"),
        ),
        sa.PrimaryKeyConstraint("payment_id", "worker_id", "month", name=op.f("pk_payment_months")),
    )
    op.create_index(
        op.f("ix_payment_months_worker_id_month"),
        "payment_months",
        ["worker_id", "month"],
        unique=False,
    )
    op.create_table(
        "payment_moves",
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "to_state",
            sa.Enum(
                "created",
                "pending",
                "settled",
                "failed",
                "expired",
                "refunded",
                name="paymentstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "from_state",
            sa.Enum(
                "created",
                "pending",
                "settled",
                "failed",
                "expired",
                "refunded",
                name="from_paymentstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_payment_moves_payment_id_payments")
        ),
        sa.PrimaryKeyConstraint("payment_id", "to_state", name=op.f("pk_payment_moves")),
    )
    op.create_table(
        "receipts",
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_receipts_payment_id_payments")
        ),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("code", name=op.f("uq_receipts_code")),
        sa.UniqueConstraint("number", name=op.f("uq_receipts_number")),
    )
    run(RULES)


def downgrade():
    run = op.get_bind().connection.driver_connection.execute
    run(UNDO)
    op.drop_table("receipts")
    op.drop_table("payment_moves")
    op.drop_index(op.f("ix_payment_months_worker_id_month"), table_name="payment_months")
    op.drop_table("payment_months")
    op.drop_index(
        "ix_cases_open", table_name="cases", postgresql_where=sa.text("closed_at IS NULL")
    )
    op.drop_table("cases")
    op.drop_index(op.f("ix_payments_worker_id"), table_name="payments")
    op.drop_index(
        "ix_payments_undeposited",
        table_name="payments",
        postgresql_where=sa.text("custody = 'agent' AND deposit_id IS NULL"),
    )
    op.drop_index(
        "ix_payments_silent",
        table_name="payments",
        postgresql_where=sa.text("next_check_at IS NOT NULL"),
    )
    op.drop_index(
        "ix_payments_deposit_id",
        table_name="payments",
        postgresql_where=sa.text("deposit_id IS NOT NULL"),
    )
    op.drop_index(op.f("ix_payments_agent_id_created_at"), table_name="payments")
    op.drop_table("payments")
    op.drop_index(op.f("ix_pay_links_worker_id"), table_name="pay_links")
    op.drop_table("pay_links")
    op.drop_index(
        "uq_enrolments_overlap_open",
        table_name="enrolments",
        postgresql_where=sa.text("until_month IS NULL"),
    )
    op.drop_table("enrolments")
    op.drop_index(
        "uq_assignments_overlap_open",
        table_name="assignments",
        postgresql_where=sa.text("until_month IS NULL"),
    )
    op.drop_index(op.f("ix_assignments_agent_id"), table_name="assignments")
    op.drop_table("assignments")
    op.drop_index(op.f("ix_workers_office_id_name_id"), table_name="workers")
    op.drop_index(
        "ix_workers_name_trgm",
        table_name="workers",
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops"},
    )
    op.drop_index(op.f("ix_workers_agent_id_name_id"), table_name="workers")
    op.drop_table("workers")
    op.drop_index(op.f("ix_statement_lines_worker_id_month"), table_name="statement_lines")
    op.drop_index(op.f("ix_statement_lines_statement_id"), table_name="statement_lines")
    op.drop_table("statement_lines")
    op.drop_table("roster_notes")
    op.drop_table("roster_files")
    op.drop_index(
        "ix_statements_waiting",
        table_name="statements",
        postgresql_where=sa.text("state = 'submitted'"),
    )
    op.drop_table("statements")
    op.drop_index(
        "uq_rosters_open_file",
        table_name="rosters",
        postgresql_where=sa.text("status IN ('waiting', 'running')"),
    )
    op.drop_index(op.f("ix_rosters_office_id"), table_name="rosters")
    op.drop_table("rosters")
    op.drop_index(op.f("ix_deposits_agent_id"), table_name="deposits")
    op.drop_table("deposits")
    op.drop_table("roles_users")
    op.drop_index(op.f("ix_remittances_office_id"), table_name="remittances")
    op.drop_table("remittances")
    op.drop_table("gateway_payouts")
    op.drop_index(op.f("ix_agents_supervisor_id"), table_name="agents")
    op.drop_index(op.f("ix_agents_office_id_name"), table_name="agents")
    op.drop_table("agents")
    op.drop_index(op.f("ix_users_office_id"), table_name="users")
    op.drop_table("users")
    op.drop_index(
        op.f("ix_postings_account"), table_name="postings", postgresql_include=["amount_idr"]
    )
    op.drop_table("postings")
    op.drop_table("roles")
    op.drop_table("offices")
    op.drop_index(op.f("ix_entries_at"), table_name="entries")
    op.drop_table("entries")
    op.drop_index(
        "ix_contributions_to_remit",
        table_name="contributions",
        postgresql_where=sa.text("payment_id IS NOT NULL AND remittance_id IS NULL"),
    )
    op.drop_index(
        "ix_contributions_remittance_id",
        table_name="contributions",
        postgresql_where=sa.text("remittance_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_contributions_payment_id",
        table_name="contributions",
        postgresql_where=sa.text("payment_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_contributions_open",
        table_name="contributions",
        postgresql_where=sa.text("payment_id IS NULL"),
    )
    op.drop_index(
        "ix_contributions_confirmed_at",
        table_name="contributions",
        postgresql_where=sa.text("confirmed_at IS NOT NULL"),
    )
    op.drop_table("contributions")
    op.drop_index(op.f("ix_commission_runs_month"), table_name="commission_runs")
    op.drop_table("commission_runs")
    op.drop_index(
        "ix_callbacks_waiting",
        table_name="callbacks",
        postgresql_where=sa.text("next_try_at IS NOT NULL"),
    )
    op.drop_index(op.f("ix_callbacks_reference"), table_name="callbacks")
    op.drop_table("callbacks")
    op.drop_index(op.f("ix_billing_runs_month"), table_name="billing_runs")
    op.drop_table("billing_runs")
    op.drop_index(op.f("ix_audit_events_subject_id"), table_name="audit_events")
    op.drop_table("audit_events")
    run(UNDO_JOBS)
    for name in EXTENSIONS:
        op.execute(f"DROP EXTENSION IF EXISTS {name}")

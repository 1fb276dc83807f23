"""Keep whether BPJS registered a worker, why memberships end, and bills that were closed.

Revision ID: 0047
Revises: 0046
"""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

_REASONS = (
    "'lapsed', 'wished', 'died', 'wage_earner', 'moved', 'jht_claimed', 'too_old', 'duplicate',"
    " 'changed', 'unknown'"
)
_HOW = "'portal', 'list', 'elsewhere', 'paid', 'unknown'"

# A number from BPJS or a confirmed contribution shows that BPJS registered the worker.
_KNOWN = """
UPDATE workers w SET registration = 'registered',
    registered_how = CASE WHEN w.kpj <> '' THEN 'unknown' ELSE 'paid' END
WHERE w.kpj <> '' OR EXISTS (
    SELECT FROM contributions c WHERE c.worker_id = w.id AND c.confirmed_at IS NOT NULL
)
"""
_ENDED = """
UPDATE enrolments SET end_reason = 'unknown', ended_at = now() WHERE until_month IS NOT NULL
"""

# A paid contribution is never removed, also not to be closed.
_KEPT = """
CREATE FUNCTION contributions_are_closed_not_lost() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM gone g WHERE g.payment_id IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'a paid contribution is never removed'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER contributions_are_closed_not_lost AFTER DELETE ON contributions
    REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION contributions_are_closed_not_lost();
"""
_MONTHS = ("payment_months", "debit_months")


def upgrade():
    """Add the columns and the table, and read from what is there whom BPJS registered."""
    _workers()
    _enrolments()
    _closed_contributions()
    for table in _MONTHS:
        op.drop_constraint(f"fk_{table}_worker_id_month_contributions", table, type_="foreignkey")
    op.execute(_KEPT)


def downgrade():
    """Remove them; closed bills are open again."""
    op.execute("DROP TRIGGER contributions_are_closed_not_lost ON contributions")
    op.execute("DROP FUNCTION contributions_are_closed_not_lost()")
    op.execute(
        "INSERT INTO contributions (worker_id, month, office_id, agent_id, programmes, funding,"
        " sector, jkk_idr, jkm_idr, jht_idr, tariff, billed_at)"
        " SELECT DISTINCT ON (worker_id, month) worker_id, month, office_id, agent_id, programmes,"
        " funding, sector, jkk_idr, jkm_idr, jht_idr, tariff, billed_at"
        " FROM closed_contributions ORDER BY worker_id, month, id DESC ON CONFLICT DO NOTHING"
    )
    op.drop_table("closed_contributions")
    for table in _MONTHS:
        op.create_foreign_key(
            f"fk_{table}_worker_id_month_contributions",
            table,
            "contributions",
            ["worker_id", "month"],
            ["worker_id", "month"],
        )
    for name in ("ended_for_a_reason", "ended_at_a_time", "endreason"):
        op.drop_constraint(op.f(f"ck_enrolments_{name}"), "enrolments")
    for column in ("ended_by", "ended_at", "ended_on", "end_note", "end_reason"):
        op.drop_column("enrolments", column)
    op.drop_index("ix_workers_kpj", "workers")
    op.drop_index("ix_workers_to_register", "workers")
    for name in ("refused_for_a_reason", "registered_somehow", "registeredhow", "registration"):
        op.drop_constraint(op.f(f"ck_workers_{name}"), "workers")
    for column in ("registration_note", "registered_how", "registered_on", "registration"):
        op.drop_column("workers", column)


def _workers():
    _add("workers", "registration", sa.String(20), "waiting")
    op.add_column("workers", sa.Column("registered_on", sa.Date()))
    op.add_column("workers", sa.Column("registered_how", sa.String(20)))
    _add("workers", "registration_note", sa.String(200), "")
    op.execute(_KNOWN)
    _check("workers", "registration", "registration IN ('waiting', 'registered', 'refused')")
    _check("workers", "registeredhow", f"registered_how IN ({_HOW})")
    _check(
        "workers",
        "registered_somehow",
        "(registration = 'registered') = (registered_how IS NOT NULL)",
    )
    _check(
        "workers", "refused_for_a_reason", "registration <> 'refused' OR registration_note <> ''"
    )
    op.create_index(
        "ix_workers_to_register",
        "workers",
        ["office_id", "id"],
        postgresql_where=sa.text("registration <> 'registered'"),
    )
    op.create_index(
        "ix_workers_kpj", "workers", ["kpj"], postgresql_where=sa.text("kpj <> ''")
    )


def _enrolments():
    op.add_column("enrolments", sa.Column("end_reason", sa.String(20)))
    _add("enrolments", "end_note", sa.String(200), "")
    op.add_column("enrolments", sa.Column("ended_on", sa.Date()))
    op.add_column("enrolments", sa.Column("ended_at", sa.DateTime(timezone=True)))
    op.add_column("enrolments", sa.Column("ended_by", sa.BigInteger()))
    op.execute(_ENDED)
    _check("enrolments", "endreason", f"end_reason IN ({_REASONS})")
    _check(
        "enrolments", "ended_for_a_reason", "(until_month IS NULL) = (end_reason IS NULL)"
    )
    _check("enrolments", "ended_at_a_time", "end_reason IS NULL OR ended_at IS NOT NULL")


def _closed_contributions():
    op.create_table(
        "closed_contributions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("worker_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger()),
        sa.Column("programmes", sa.String(20), nullable=False),
        sa.Column("funding", sa.String(20), nullable=False),
        sa.Column("sector", sa.String(20), nullable=False),
        sa.Column("jkk_idr", sa.BigInteger(), nullable=False),
        sa.Column("jkm_idr", sa.BigInteger(), nullable=False),
        sa.Column("jht_idr", sa.BigInteger(), nullable=False),
        sa.Column("tariff", sa.String(40), nullable=False),
        sa.Column("billed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.String(20), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.BigInteger()),
    )
    _check("closed_contributions", "programmes", "programmes IN ('JKK+JKM', 'JKK+JKM+JHT')")
    _check("closed_contributions", "funding", "funding IN ('self', 'apbn', 'apbd', 'apbdes', 'csr')")
    _check("closed_contributions", "sector", "sector IN ('transport', 'other')")
    _check("closed_contributions", "endreason", f"why IN ({_REASONS})")
    op.create_index(
        op.f("ix_closed_contributions_worker_id_month"),
        "closed_contributions",
        ["worker_id", "month"],
    )


def _add(table, name, kind, value):
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=value))


def _check(table, name, condition):
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)

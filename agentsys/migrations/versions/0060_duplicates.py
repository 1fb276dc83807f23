"""Store pairs of workers who may be one person, and who is still to be compared.

Revision ID: 0060
Revises: 0059
"""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

# What is compared, and the office, which is stored with the pair.
_COMPARED = ("name", "birth_date", "sex", "phone", "kpj", "nik_index", "office_id", "erased_at")
_TRIGGERS = f"""
CREATE FUNCTION workers_are_compared() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO duplicate_checks (worker_id) SELECT id FROM written;
    RETURN NULL;
END $$;
CREATE FUNCTION changed_worker_is_compared() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO duplicate_checks (worker_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER workers_are_compared AFTER INSERT ON workers
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION workers_are_compared();
CREATE TRIGGER changed_worker_is_compared AFTER UPDATE OF {", ".join(_COMPARED)} ON workers
    FOR EACH ROW WHEN (
        ({", ".join(f"OLD.{name}" for name in _COMPARED)})
        IS DISTINCT FROM ({", ".join(f"NEW.{name}" for name in _COMPARED)})
    )
    EXECUTE FUNCTION changed_worker_is_compared();
"""


def upgrade():
    """Add the tables; every worker who is here is compared by the next nightly job."""
    op.create_table(
        "duplicate_pairs",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("second_id", sa.BigInteger(), nullable=False),
        sa.Column("office_id", sa.BigInteger()),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("reasons", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), sa.ForeignKey("users.id")),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("note", sa.String(200), nullable=False, server_default=""),
    )
    _check("pairstate", "state IN ('open', 'different')")
    _check("in_order", "first_id < second_id")
    _check("score_is_percent", "score BETWEEN 0 AND 100")
    _check(
        "decided_by_somebody_for_a_reason",
        "(decided_by IS NULL) = (decided_at IS NULL)"
        " AND (state = 'different') = (note <> '')"
        " AND (state = 'open') = (decided_by IS NULL)",
    )
    op.create_index(
        "uq_duplicate_pairs_first_id_second_id",
        "duplicate_pairs",
        ["first_id", "second_id"],
        unique=True,
    )
    op.create_index(op.f("ix_duplicate_pairs_second_id"), "duplicate_pairs", ["second_id"])
    op.create_index("ix_duplicate_pairs_score", "duplicate_pairs", ["score", "id"])
    op.create_index(
        "ix_duplicate_pairs_open",
        "duplicate_pairs",
        ["office_id", "id"],
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "duplicate_checks",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("worker_id", sa.BigInteger(), nullable=False),
    )
    op.execute("CREATE INDEX ix_workers_same_birth ON workers (birth_date, search_key(name))")
    op.execute("INSERT INTO duplicate_checks (worker_id) SELECT id FROM workers ORDER BY id")
    op.execute(_TRIGGERS)


def downgrade():
    """Remove them."""
    op.execute("DROP TRIGGER changed_worker_is_compared ON workers")
    op.execute("DROP TRIGGER workers_are_compared ON workers")
    op.execute("DROP FUNCTION changed_worker_is_compared()")
    op.execute("DROP FUNCTION workers_are_compared()")
    op.drop_index("ix_workers_same_birth", "workers")
    op.drop_table("duplicate_checks")
    op.drop_table("duplicate_pairs")


def _check(name, condition):
    op.create_check_constraint(op.f(f"ck_duplicate_pairs_{name}"), "duplicate_pairs", condition)

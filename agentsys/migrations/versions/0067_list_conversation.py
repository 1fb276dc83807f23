"""Store what a list would change, what it changed, and the columns that offices chose.

Revision ID: 0067
Revises: 0066
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

_OLD = "'waiting', 'running', 'done', 'failed'"
_OPEN = "'uploaded', 'mapping', 'checking', 'checked', 'proposed', 'waiting', 'running', 'paused'"
_NEW = f"{_OPEN}, 'undoing', 'done', 'failed', 'cancelled', 'undone'"

# Undoing an import removes the workers that it created, and nothing else removes workers.
_KEPT = """
CREATE FUNCTION workers_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
        AND OLD.roster_id::text = current_setting('agentsys.undone_list', true) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
_TRIGGER = """
CREATE TRIGGER workers_are_kept BEFORE DELETE OR UPDATE OF id ON workers
    FOR EACH ROW EXECUTE FUNCTION {function}();
"""


def upgrade():
    """Add the tables, the states and the columns."""
    for column in (
        sa.Column("as_of", sa.Date(), nullable=False, server_default=sa.text("CURRENT_DATE")),
        sa.Column("version_id", sa.BigInteger()),
        sa.Column("sheets", JSONB(), nullable=False, server_default=sa.text("'[]'")),
        sa.Column("titles", sa.LargeBinary()),
        sa.Column("mapping", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("take_hidden", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False, server_default=sa.text("0"))
            for name in ("nobody", "hidden", "batches_done", "notes_done")
        ),
        sa.Column("read_on", sa.Date()),
        sa.Column("workers_after", sa.BigInteger()),
        sa.Column("workers_until", sa.BigInteger()),
        sa.Column("proposed_at", sa.DateTime(timezone=True)),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decision_note", sa.String(200), nullable=False, server_default=""),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.Column("undo_reason", sa.String(200), nullable=False, server_default=""),
    ):
        op.add_column("rosters", column)
    for name in ("proposed_by", "decided_by", "undone_by"):
        op.add_column("rosters", sa.Column(name, sa.BigInteger()))
        op.create_foreign_key(op.f(f"fk_rosters_{name}_users"), "rosters", "users", [name], ["id"])
    op.execute("UPDATE rosters SET as_of = uploaded_at::date")
    op.create_check_constraint(
        op.f("ck_rosters_four_eyes"), "rosters", "decided_by NOT IN (proposed_by, uploaded_by)"
    )
    op.create_index(
        "ix_rosters_unfinished",
        "rosters",
        ["office_id", "id"],
        postgresql_where=sa.text("status IN ('mapping', 'checked', 'proposed', 'paused')"),
    )
    _states(_NEW, _OPEN)
    _checks()
    _changes()
    _mappings()
    op.execute("DROP TRIGGER workers_are_kept ON workers")
    op.execute(_KEPT)
    op.execute(_TRIGGER.format(function="workers_are_kept"))


def downgrade():
    """Remove them; lists that were not imported are removed, with what was noted about them."""
    op.execute("DROP TRIGGER workers_are_kept ON workers")
    op.execute(_TRIGGER.format(function="refuse_change"))
    op.execute("DROP FUNCTION workers_are_kept()")
    for table in ("roster_mappings", "roster_changes", "roster_checks"):
        op.drop_table(table)
    op.execute(f"UPDATE rosters SET status = 'failed' WHERE status NOT IN ({_OLD})")
    _states(_OLD, "'waiting', 'running'")
    op.drop_index("ix_rosters_unfinished", "rosters")
    op.drop_constraint(op.f("ck_rosters_four_eyes"), "rosters")
    for name in (
        *("as_of", "version_id", "sheets", "titles", "mapping", "take_hidden", "nobody"),
        *("hidden", "batches_done", "notes_done", "read_on", "workers_after", "workers_until"),
        *("proposed_by", "proposed_at"),
        *("decided_by", "decided_at", "decision_note", "undone_by", "undone_at", "undo_reason"),
    ):
        op.drop_column("rosters", name)


def _states(known, still_open):
    name = op.f("ck_rosters_rosterstatus")
    op.drop_constraint(name, "rosters")
    op.create_check_constraint(name, "rosters", f"status IN ({known})")
    op.drop_index("uq_rosters_open_file", "rosters")
    op.create_index(
        "uq_rosters_open_file",
        "rosters",
        ["office_id", "sha256"],
        unique=True,
        postgresql_where=sa.text(f"status IN ({still_open})"),
    )


def _of_a_list(table):
    return sa.Column(
        "roster_id",
        sa.BigInteger(),
        sa.ForeignKey("rosters.id", ondelete="CASCADE", name=op.f(f"fk_{table}_roster_id_rosters")),
        primary_key=True,
        autoincrement=False,
    )


def _checks():
    counts = ("rows", "accepted", "created", "changed", "rejected", "repaired", "nobody", "hidden")
    op.create_table(
        "roster_checks",
        _of_a_list("roster_checks"),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in counts),
        sa.Column("examples", JSONB(), nullable=False),
    )


def _changes():
    op.create_table(
        "roster_changes",
        _of_a_list("roster_changes"),
        sa.Column("worker_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("sheet", sa.String(80), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("before", JSONB(), nullable=False),
        sa.Column("after", JSONB(), nullable=False),
        sa.Column("kk_before", sa.LargeBinary()),
        sa.Column("kk_index_before", sa.LargeBinary()),
        sa.Column("kk_index_after", sa.LargeBinary()),
        sa.Column("enrols", sa.Boolean(), nullable=False),
        sa.Column("agent_id", sa.BigInteger()),
        sa.Column("updated_before", sa.DateTime(timezone=True)),
        sa.Column("applied_at", sa.DateTime(timezone=True)),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
    )
    op.create_index(op.f("ix_roster_changes_worker_id"), "roster_changes", ["worker_id"])


def _mappings():
    op.create_table(
        "roster_mappings",
        sa.Column(
            "office_id",
            sa.BigInteger(),
            sa.ForeignKey("offices.id", name=op.f("fk_roster_mappings_office_id_offices")),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("titles", sa.LargeBinary(), primary_key=True),
        sa.Column("mapping", JSONB(), nullable=False),
        sa.Column(
            "saved_by",
            sa.BigInteger(),
            sa.ForeignKey("users.id", name=op.f("fk_roster_mappings_saved_by_users")),
        ),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
    )

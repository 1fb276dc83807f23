"""Let people add tariff tables, which a second person releases.

Revision ID: 0100
Revises: 0099
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0100"
down_revision = "0099"
branch_labels = None
depends_on = None

_KINDS = ("jkk", "jkm", "jht", "discount")
_CERTAINTIES = ("sourced", "secondary", "unsure")
_STATES = ("proposed", "released", "refused", "withdrawn")


def upgrade():
    """Add the table."""
    op.create_table(
        "tariff_tables",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("instrument", sa.String(40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        sa.Column("certainty", sa.String(20), nullable=False),
        sa.Column("source", sa.String(300), nullable=False),
        sa.Column("rows", JSONB(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("effect", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tariff_tables"),
        *(
            sa.ForeignKeyConstraint([column], ["users.id"], name=f"fk_tariff_tables_{column}_users")
            for column in ("proposed_by", "decided_by")
        ),
        sa.CheckConstraint(f"kind IN {_KINDS}", name=op.f("ck_tariff_tables_tariffkind")),
        sa.CheckConstraint(
            f"certainty IN {_CERTAINTIES}", name=op.f("ck_tariff_tables_tariffcertainty")
        ),
        sa.CheckConstraint(f"state IN {_STATES}", name=op.f("ck_tariff_tables_tariffstate")),
        sa.CheckConstraint(
            "extract(day FROM valid_from) = 1", name=op.f("ck_tariff_tables_from_a_month")
        ),
        sa.CheckConstraint(
            "extract(day FROM valid_until) = 1 AND valid_until >= valid_from",
            name=op.f("ck_tariff_tables_until_a_month"),
        ),
        sa.CheckConstraint(
            "instrument <> '' AND source <> ''", name=op.f("ck_tariff_tables_says_where_from")
        ),
        sa.CheckConstraint(
            "jsonb_array_length(rows) > 0", name=op.f("ck_tariff_tables_has_rows")
        ),
        sa.CheckConstraint(
            "state = 'withdrawn' OR decided_by <> proposed_by",
            name=op.f("ck_tariff_tables_four_eyes"),
        ),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_tariff_tables_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "state <> 'refused' OR reason <> ''",
            name=op.f("ck_tariff_tables_refused_for_a_reason"),
        ),
    )
    op.create_index(
        "uq_tariff_tables_proposed",
        "tariff_tables",
        ["kind", "valid_from"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_index(
        "ix_tariff_tables_released",
        "tariff_tables",
        ["decided_at"],
        postgresql_where=sa.text("state = 'released'"),
    )
    op.execute(
        "CREATE FUNCTION tariff_tables_are_never_edited() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN"
        " IF TG_OP = 'DELETE' OR OLD.state <> 'proposed' OR (NEW.kind, NEW.instrument,"
        " NEW.valid_from, NEW.valid_until, NEW.certainty, NEW.source, NEW.rows, NEW.proposed_by)"
        " IS DISTINCT FROM (OLD.kind, OLD.instrument, OLD.valid_from, OLD.valid_until,"
        " OLD.certainty, OLD.source, OLD.rows, OLD.proposed_by) THEN"
        " RAISE EXCEPTION 'tariff_tables: a correction is a new table';"
        " END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER tariff_tables_are_never_edited BEFORE UPDATE OR DELETE ON tariff_tables"
        " FOR EACH ROW EXECUTE FUNCTION tariff_tables_are_never_edited()"
    )


def downgrade():
    """Drop it; billed months keep their prices."""
    op.drop_table("tariff_tables")
    op.execute("DROP FUNCTION tariff_tables_are_never_edited")

"""Store statements of banks and gateways, and what their lines were matched with.

Revision ID: 0074
Revises: 0073
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None

# All of it is built in, and none of it depends on settings: an index may rest on it.
_REF_KEY = r"""
CREATE FUNCTION ref_key(text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN upper(regexp_replace($1, '[^0-9A-Za-z]', '', 'g'))
"""
_NEVER_CHANGED = """
CREATE TRIGGER bank_lines_never_change BEFORE UPDATE OR DELETE ON bank_lines
    FOR EACH ROW EXECUTE FUNCTION refuse_change()
"""
_TABLES = (
    "bank_issues",
    "bank_matches",
    "bank_pending",
    "bank_lines",
    "bank_file_contents",
    "bank_files",
    "bank_mappings",
    "bank_accounts",
)


def upgrade():
    """Add the function and the tables."""
    op.execute(_REF_KEY)
    _add_bank_accounts()
    _add_bank_mappings()
    _add_bank_files()
    _add_bank_file_contents()
    _add_bank_lines()
    _add_bank_pending()
    _add_bank_matches()
    _add_bank_issues()
    op.execute(_NEVER_CHANGED)


def downgrade():
    """Remove them."""
    for table in _TABLES:
        op.drop_table(table)
    op.execute("DROP FUNCTION ref_key(text)")


def _add_bank_accounts():
    op.create_table(
        "bank_accounts",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("office_id", sa.BigInteger()),
        sa.Column(
            "kind",
            sa.Enum(
                "bank",
                "gateway",
                name="accountkind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("provider", sa.String(length=30), nullable=False),
        sa.Column("number_end", sa.String(length=4), nullable=False),
        sa.Column("known_from", sa.Date()),
        sa.Column("known_until", sa.Date()),
        sa.Column("opening_sen", sa.BigInteger()),
        sa.Column("closing_sen", sa.BigInteger()),
        sa.Column("added_by", sa.BigInteger()),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'gateway') = (provider <> '')",
            name=op.f("ck_bank_accounts_gateway_has_a_provider"),
        ),
        sa.CheckConstraint(
            "(known_from IS NULL) = (known_until IS NULL)",
            name=op.f("ck_bank_accounts_known_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["added_by"], ["users.id"], name=op.f("fk_bank_accounts_added_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["offices.id"], name=op.f("fk_bank_accounts_office_id_offices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_accounts")),
    )
    op.create_index(
        "uq_bank_accounts_name",
        "bank_accounts",
        [sa.literal_column("coalesce(office_id, 0)"), sa.literal_column("lower(name)")],
        unique=True,
    )


def _add_bank_mappings():
    op.create_table(
        "bank_mappings",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("headings", sa.LargeBinary(), nullable=False),
        sa.Column("mapping", JSONB(), nullable=False),
        sa.Column("made_by", sa.BigInteger()),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["bank_accounts.id"],
            name=op.f("fk_bank_mappings_account_id_bank_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["users.id"], name=op.f("fk_bank_mappings_made_by_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_mappings")),
        sa.UniqueConstraint(
            "account_id", "headings", name=op.f("uq_bank_mappings_account_id_headings")
        ),
    )


def _add_bank_files():
    op.create_table(
        "bank_files",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "mapping",
                "waiting",
                "done",
                "refused",
                name="filestate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("layout", sa.String(length=40), nullable=False),
        sa.Column("headings", JSONB(), server_default="[]", nullable=False),
        sa.Column("from_on", sa.Date()),
        sa.Column("until_on", sa.Date()),
        sa.Column("opening_sen", sa.BigInteger()),
        sa.Column("closing_sen", sa.BigInteger()),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("new_lines", sa.BigInteger(), nullable=False),
        sa.Column("pending", sa.BigInteger(), nullable=False),
        sa.Column("matched", sa.BigInteger(), nullable=False),
        sa.Column("checked_by", sa.String(length=20), nullable=False),
        sa.Column("reason", JSONB(), server_default="{}", nullable=False),
        sa.Column("uploaded_by", sa.BigInteger()),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "(state = 'refused') = (reason <> '{}')",
            name=op.f("ck_bank_files_refused_for_a_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["bank_accounts.id"],
            name=op.f("fk_bank_files_account_id_bank_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by"], ["users.id"], name=op.f("fk_bank_files_uploaded_by_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_files")),
    )
    op.create_index(
        op.f("ix_bank_files_account_id_id"), "bank_files", ["account_id", "id"], unique=False
    )
    op.create_index(
        "uq_bank_files_sha256",
        "bank_files",
        ["account_id", "sha256"],
        unique=True,
        postgresql_where=sa.text("state <> 'refused'"),
    )


def _add_bank_file_contents():
    op.create_table(
        "bank_file_contents",
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["bank_files.id"], name=op.f("fk_bank_file_contents_file_id_bank_files")
        ),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_bank_file_contents")),
    )


def _add_bank_lines():
    op.create_table(
        "bank_lines",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("nth", sa.SmallInteger(), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("sen", sa.SmallInteger(), nullable=False),
        sa.Column("fee_idr", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("ref_key", sa.String(length=80), nullable=False),
        sa.Column("balance_sen", sa.BigInteger()),
        sa.Column("raw", sa.String(length=1000), nullable=False),
        sa.CheckConstraint(
            "abs(sen) < 100 AND amount_idr::numeric * sen >= 0",
            name=op.f("ck_bank_lines_hundredths_of_one_sign"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["bank_accounts.id"],
            name=op.f("fk_bank_lines_account_id_bank_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["bank_files.id"], name=op.f("fk_bank_lines_file_id_bank_files")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_lines")),
        sa.UniqueConstraint(
            "account_id",
            "booked_on",
            "digest",
            "nth",
            name=op.f("uq_bank_lines_account_id_booked_on_digest_nth"),
        ),
    )
    op.create_index(op.f("ix_bank_lines_file_id"), "bank_lines", ["file_id"], unique=False)


def _add_bank_pending():
    op.create_table(
        "bank_pending",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.String(length=10), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("sen", sa.SmallInteger(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["bank_accounts.id"],
            name=op.f("fk_bank_pending_account_id_bank_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["bank_files.id"], name=op.f("fk_bank_pending_file_id_bank_files")
        ),
        sa.PrimaryKeyConstraint("account_id", "place", name=op.f("pk_bank_pending")),
    )


def _add_bank_matches():
    op.create_table(
        "bank_matches",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "deposit",
                "sponsor_payment",
                "payout",
                "remittance",
                "transfer",
                "payment",
                name="thingkind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("thing_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "direction",
            sa.Enum("in", "out", name="direction", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("difference_idr", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(length=30), nullable=False),
        sa.Column("made_by", sa.BigInteger()),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by", sa.BigInteger()),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.Column("undo_reason", sa.String(length=200), server_default="", nullable=False),
        sa.CheckConstraint(
            "num_nulls(undone_at, undone_by) <> 1 AND (undone_at IS NULL) = (undo_reason = '')",
            name=op.f("ck_bank_matches_undone_for_a_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["users.id"], name=op.f("fk_bank_matches_made_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["undone_by"], ["users.id"], name=op.f("fk_bank_matches_undone_by_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_matches")),
    )
    op.create_index(
        "uq_bank_matches_line_id",
        "bank_matches",
        ["line_id"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_index(
        "uq_bank_matches_thing",
        "bank_matches",
        ["thing_id", "kind", "direction"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )


def _add_bank_issues():
    op.create_table(
        "bank_issues",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("office_id", sa.BigInteger()),
        sa.Column(
            "kind",
            sa.Enum(
                "short",
                "over",
                "double",
                "unknown_payer",
                "unknown_debit",
                "fee_difference",
                "no_order",
                "ambiguous",
                "not_collected",
                name="issuekind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("line_id", sa.BigInteger()),
        sa.Column(
            "thing_kind",
            sa.Enum(
                "deposit",
                "sponsor_payment",
                "payout",
                "remittance",
                "transfer",
                "payment",
                name="thing_kind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
        ),
        sa.Column("thing_id", sa.BigInteger()),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("difference_idr", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("closed_by", sa.BigInteger()),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.CheckConstraint(
            "closed_by IS NULL OR note <> ''", name=op.f("ck_bank_issues_closed_with_a_note")
        ),
        sa.CheckConstraint(
            "line_id IS NOT NULL OR (thing_id IS NOT NULL AND kind = 'not_collected')",
            name=op.f("ck_bank_issues_is_about_something"),
        ),
        sa.CheckConstraint(
            "closed_by IS NULL OR closed_at IS NOT NULL",
            name=op.f("ck_bank_issues_closed_at_a_time"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["bank_accounts.id"],
            name=op.f("fk_bank_issues_account_id_bank_accounts"),
        ),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["users.id"], name=op.f("fk_bank_issues_closed_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["bank_lines.id"], name=op.f("fk_bank_issues_line_id_bank_lines")
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["offices.id"], name=op.f("fk_bank_issues_office_id_offices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_issues")),
    )
    op.create_index(
        "ix_bank_issues_open",
        "bank_issues",
        ["account_id", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "uq_bank_issues_line_id",
        "bank_issues",
        ["line_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL AND line_id IS NOT NULL"),
    )
    op.create_index(
        "uq_bank_issues_missing",
        "bank_issues",
        ["thing_id", "thing_kind"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL AND line_id IS NULL"),
    )

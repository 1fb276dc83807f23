"""Sponsors, their agreements, lists and bills.

Revision ID: 0065
Revises: 0064
"""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

_ENDS = (
    "'lapsed', 'wished', 'died', 'wage_earner', 'moved', 'jht_claimed', 'too_old', 'duplicate',"
    " 'changed', 'unknown'"
)
_WITH_REASONS = {"enrolments": "end_reason", "closed_contributions": "why"}


def upgrade():
    """Add the tables, and what contributions, memberships and payments say about them."""
    op.create_table(
        "agreement_members",
        sa.Column("agreement_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("worker_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("from_month", sa.Date(), nullable=False),
        sa.Column("until_month", sa.Date(), nullable=True),
        sa.Column("why_left", sa.String(20), nullable=True),
        sa.CheckConstraint(
            "why_left IN ('died', 'moved', 'wage_earner', 'doubled', 'off_list', 'not_eligible', 'own_wish', 'ended', 'undone')",
            name=op.f("ck_agreement_members_leavereason"),
        ),
        sa.Column("left_note", sa.String(length=200), server_default="", nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=True),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(until_month IS NULL) = (why_left IS NULL)",
            name=op.f("ck_agreement_members_left_for_a_reason"),
        ),
        sa.CheckConstraint(
            "until_month >= from_month", name=op.f("ck_agreement_members_ends_after_it_began")
        ),
        sa.PrimaryKeyConstraint(
            "agreement_id", "worker_id", "from_month", name=op.f("pk_agreement_members")
        ),
    )
    op.create_index(
        "uq_agreement_members_open",
        "agreement_members",
        ["worker_id", "agreement_id"],
        unique=True,
        postgresql_where=sa.text("until_month IS NULL"),
    )
    op.create_index(
        "uq_agreement_members_replaces",
        "agreement_members",
        ["agreement_id", "replaces_id"],
        unique=True,
        postgresql_where=sa.text("replaces_id IS NOT NULL AND why_left IS DISTINCT FROM 'undone'"),
    )
    op.create_table(
        "version_people",
        sa.Column("version_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("worker_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("changed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("version_id", "worker_id", name=op.f("pk_version_people")),
    )
    op.create_table(
        "sponsors",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.CheckConstraint(
            "kind IN ('state', 'province', 'city', 'village', 'company', 'bank', 'platform', 'donor')",
            name=op.f("ck_sponsors_sponsorkind"),
        ),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("contact_phone", sa.String(length=30), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("treasurer", sa.String(length=120), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_sponsors_has_a_name")),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_sponsors_made_by_users")),
        sa.ForeignKeyConstraint(
            ["office_id"], ["offices.id"], name=op.f("fk_sponsors_office_id_offices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sponsors")),
    )
    op.create_index(
        "uq_sponsors_name", "sponsors", ["office_id", sa.literal_column("lower(name)")], unique=True
    )
    op.create_table(
        "agreements",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sponsor_id", sa.BigInteger(), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("funding", sa.String(20), nullable=False),
        sa.CheckConstraint(
            "funding IN ('self', 'apbn', 'apbd', 'apbdes', 'csr')",
            name=op.f("ck_agreements_funding"),
        ),
        sa.Column("programmes", sa.String(20), nullable=False),
        sa.CheckConstraint(
            "programmes IN ('JKK+JKM', 'JKK+JKM+JHT')", name=op.f("ck_agreements_programmes")
        ),
        sa.Column("price_basis", sa.String(20), nullable=False),
        sa.CheckConstraint(
            "price_basis IN ('lowest', 'income')", name=op.f("ck_agreements_pricebasis")
        ),
        sa.Column("from_month", sa.Date(), nullable=False),
        sa.Column("until_month", sa.Date(), nullable=False),
        sa.Column("most_people", sa.BigInteger(), nullable=True),
        sa.Column("most_idr", sa.BigInteger(), nullable=True),
        sa.Column("priority", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed', 'in_force', 'refused', 'withdrawn', 'ended')",
            name=op.f("ck_agreements_agreementstate"),
        ),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_note", sa.String(length=200), server_default="", nullable=False),
        sa.Column("ends_month", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "decided_by <> made_by OR state = 'ended'", name=op.f("ck_agreements_four_eyes")
        ),
        sa.CheckConstraint("funding <> 'self'", name=op.f("ck_agreements_somebody_else_pays")),
        sa.CheckConstraint(
            "state IN ('proposed', 'withdrawn') OR decided_at IS NOT NULL",
            name=op.f("ck_agreements_decided_at"),
        ),
        sa.CheckConstraint(
            "ends_month IS NULL OR ends_month BETWEEN from_month AND until_month",
            name=op.f("ck_agreements_ends_in_its_period"),
        ),
        sa.CheckConstraint(
            "extract(day FROM from_month) = 1", name=op.f("ck_agreements_from_is_a_month")
        ),
        sa.CheckConstraint(
            "extract(day FROM until_month) = 1", name=op.f("ck_agreements_until_is_a_month")
        ),
        sa.CheckConstraint(
            "most_people > 0 AND most_idr > 0", name=op.f("ck_agreements_ceilings_are_positive")
        ),
        sa.CheckConstraint(
            "until_month > from_month", name=op.f("ck_agreements_ends_after_it_begins")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_agreements_decided_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["users.id"], name=op.f("fk_agreements_ended_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["users.id"], name=op.f("fk_agreements_made_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["offices.id"], name=op.f("fk_agreements_office_id_offices")
        ),
        sa.ForeignKeyConstraint(
            ["sponsor_id"], ["sponsors.id"], name=op.f("fk_agreements_sponsor_id_sponsors")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreements")),
        sa.UniqueConstraint("sponsor_id", "number", name=op.f("uq_agreements_sponsor_id_number")),
    )
    op.create_index(
        "ix_agreements_in_force",
        "agreements",
        ["office_id"],
        unique=False,
        postgresql_where=sa.text("state = 'in_force'"),
    )
    op.create_index(op.f("ix_agreements_sponsor_id"), "agreements", ["sponsor_id"], unique=False)
    op.create_table(
        "bills",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("agreement_id", sa.BigInteger(), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("part", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'sent', 'part_paid', 'paid')", name=op.f("ck_bills_billstate")
        ),
        sa.Column("people", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("paid_people", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("paid_idr", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (sent_at IS NULL) AND (sent_at IS NULL) = (due_on IS NULL)",
            name=op.f("ck_bills_sent_at_a_time"),
        ),
        sa.CheckConstraint("extract(day FROM month) = 1", name=op.f("ck_bills_month_is_a_month")),
        sa.CheckConstraint(
            "people >= 0 AND amount_idr >= 0 AND paid_people >= 0 AND paid_idr >= 0",
            name=op.f("ck_bills_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreements.id"], name=op.f("fk_bills_agreement_id_agreements")
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["offices.id"], name=op.f("fk_bills_office_id_offices")
        ),
        sa.ForeignKeyConstraint(["sent_by"], ["users.id"], name=op.f("fk_bills_sent_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bills")),
        sa.UniqueConstraint(
            "agreement_id", "month", "part", name=op.f("uq_bills_agreement_id_month_part")
        ),
    )
    op.create_index(op.f("ix_bills_office_id"), "bills", ["office_id"], unique=False)
    op.create_index(
        "ix_bills_unpaid",
        "bills",
        ["office_id"],
        unique=False,
        postgresql_where=sa.text("state <> 'paid'"),
    )
    op.create_index(
        "uq_bills_open",
        "bills",
        ["agreement_id", "month"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "list_versions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("agreement_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("decree", sa.String(length=80), nullable=False),
        sa.Column("decreed_on", sa.Date(), nullable=False),
        sa.Column("from_month", sa.Date(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'waiting', 'applied', 'refused', 'undone')",
            name=op.f("ck_list_versions_versionstate"),
        ),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.Column("added", sa.BigInteger(), nullable=False),
        sa.Column("leaving", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("same", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.CheckConstraint(
            "added + changed + same = people",
            name=op.f("ck_list_versions_everybody_is_counted_once"),
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"],
            ["agreements.id"],
            name=op.f("fk_list_versions_agreement_id_agreements"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_list_versions_decided_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["users.id"], name=op.f("fk_list_versions_made_by_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_versions")),
        sa.UniqueConstraint(
            "agreement_id", "number", name=op.f("uq_list_versions_agreement_id_number")
        ),
    )
    op.create_index(
        "uq_list_versions_under_way",
        "list_versions",
        ["agreement_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('draft', 'waiting')"),
    )
    op.add_column("closed_contributions", sa.Column("bill_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_closed_contributions_bill",
        "closed_contributions",
        ["bill_id"],
        unique=False,
        postgresql_where=sa.text("bill_id IS NOT NULL"),
    )
    op.add_column("contributions", sa.Column("bill_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_contributions_bill",
        "contributions",
        ["bill_id", "worker_id"],
        unique=False,
        postgresql_where=sa.text("bill_id IS NOT NULL"),
    )
    op.add_column("enrolments", sa.Column("agreement_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_enrolments_agreement",
        "enrolments",
        ["agreement_id", "worker_id"],
        unique=False,
        postgresql_where=sa.text("agreement_id IS NOT NULL"),
    )
    op.add_column("payments", sa.Column("for_bill_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_payments_for_bill_id",
        "payments",
        ["for_bill_id"],
        unique=False,
        postgresql_where=sa.text("for_bill_id IS NOT NULL"),
    )
    op.create_index(
        "uq_payments_bank_reference",
        "payments",
        ["office_id", "provider_ref"],
        unique=True,
        postgresql_where=sa.text("custody = 'bank' AND state IN ('created', 'settled')"),
    )
    op.create_foreign_key(
        op.f("fk_payments_for_bill_id_bills"), "payments", "bills", ["for_bill_id"], ["id"]
    )
    _payments(
        "'agent', 'provider', 'bank'", "num_nonnulls(worker_id, for_deposit_id, for_bill_id) = 1"
    )
    op.create_check_constraint(
        op.f("ck_payments_only_sponsors_pay_by_bank"),
        "payments",
        "(custody = 'bank') <= (for_bill_id IS NOT NULL)",
    )
    _reasons(f"{_ENDS}, 'sponsor_ended'")
    op.create_check_constraint(
        op.f("ck_enrolments_sponsor_pays"),
        "enrolments",
        "agreement_id IS NULL OR funding <> 'self'",
    )
    op.create_check_constraint(
        op.f("ck_contributions_billed_to_who_pays"),
        "contributions",
        "bill_id IS NULL OR funding <> 'self'",
    )


def downgrade():
    """Remove them. A sponsor's payment becomes one of a worker, for all its months."""
    op.drop_constraint(op.f("ck_payments_only_sponsors_pay_by_bank"), "payments")
    op.drop_constraint(op.f("ck_payments_is_for_one_thing"), "payments")
    op.execute(
        "UPDATE payments p SET custody = 'provider', worker_id = ("
        " SELECT min(c.worker_id) FROM contributions c WHERE c.bill_id = p.for_bill_id"
        ") WHERE p.for_bill_id IS NOT NULL"
    )
    op.execute(
        "INSERT INTO payment_months (payment_id, worker_id, month, amount_idr, live)"
        " SELECT p.id, c.worker_id, c.month, c.amount_idr, false"
        " FROM payments p JOIN contributions c ON c.payment_id = p.id"
        " WHERE p.for_bill_id IS NOT NULL"
    )
    op.execute(  # money that marked nobody: unconfirmed, refused or taken back
        "INSERT INTO payment_months (payment_id, worker_id, month, amount_idr, live)"
        " SELECT p.id, p.worker_id, b.month, p.amount_idr, false"
        " FROM payments p JOIN bills b ON b.id = p.for_bill_id"
        " WHERE NOT EXISTS (SELECT FROM payment_months m WHERE m.payment_id = p.id)"
    )
    op.drop_constraint(op.f("ck_contributions_billed_to_who_pays"), "contributions")
    op.drop_constraint(op.f("ck_enrolments_sponsor_pays"), "enrolments")
    for table, column in _WITH_REASONS.items():
        op.execute(f"UPDATE {table} SET {column} = 'unknown' WHERE {column} = 'sponsor_ended'")  # noqa: S608
    _reasons(_ENDS)
    _payments("'agent', 'provider'", "num_nonnulls(worker_id, for_deposit_id) = 1")
    op.drop_constraint(op.f("fk_payments_for_bill_id_bills"), "payments", type_="foreignkey")
    op.drop_index("uq_payments_bank_reference", table_name="payments")
    op.drop_index("ix_payments_for_bill_id", table_name="payments")
    op.drop_column("payments", "for_bill_id")
    op.drop_index("ix_enrolments_agreement", table_name="enrolments")
    op.drop_column("enrolments", "agreement_id")
    op.drop_index("ix_contributions_bill", table_name="contributions")
    op.drop_column("contributions", "bill_id")
    op.drop_index("ix_closed_contributions_bill", table_name="closed_contributions")
    op.drop_column("closed_contributions", "bill_id")
    op.drop_index("uq_list_versions_under_way", table_name="list_versions")
    op.drop_table("list_versions")
    op.drop_index("uq_bills_open", table_name="bills")
    op.drop_index("ix_bills_unpaid", table_name="bills")
    op.drop_index(op.f("ix_bills_office_id"), table_name="bills")
    op.drop_table("bills")
    op.drop_index(op.f("ix_agreements_sponsor_id"), table_name="agreements")
    op.drop_index("ix_agreements_in_force", table_name="agreements")
    op.drop_table("agreements")
    op.drop_index("uq_sponsors_name", table_name="sponsors")
    op.drop_table("sponsors")
    op.drop_table("version_people")
    op.drop_index("uq_agreement_members_replaces", table_name="agreement_members")
    op.drop_index("uq_agreement_members_open", table_name="agreement_members")
    op.drop_table("agreement_members")


def _payments(custodies, one_thing):
    op.drop_constraint(op.f("ck_payments_custody"), "payments")
    op.drop_constraint(op.f("ck_payments_is_for_one_thing"), "payments", if_exists=True)
    op.create_check_constraint(op.f("ck_payments_custody"), "payments", f"custody IN ({custodies})")
    op.create_check_constraint(op.f("ck_payments_is_for_one_thing"), "payments", one_thing)


def _reasons(ends):
    op.drop_constraint(op.f("ck_enrolments_endreason"), "enrolments")
    op.drop_constraint(op.f("ck_closed_contributions_closereason"), "closed_contributions")
    op.create_check_constraint(
        op.f("ck_enrolments_endreason"), "enrolments", f"end_reason IN ({ends})"
    )
    op.create_check_constraint(
        op.f("ck_closed_contributions_closereason"),
        "closed_contributions",
        f"why IN ({ends}, 'paid_elsewhere')",
    )

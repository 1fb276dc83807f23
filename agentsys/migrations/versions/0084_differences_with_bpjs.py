"""Keep what BPJS was paid more or less than the workers paid, until two people settled it.

Revision ID: 0084
Revises: 0083
"""

import sqlalchemy as sa
from alembic import op

revision = "0084"
down_revision = "0083"
branch_labels = None
depends_on = None

_BEFORE = (
    "deposit", "sponsor_payment", "payout", "remittance", "transfer", "payment", "own_funds",
)  # fmt: skip
_KINDS = (
    ("bank_matches", "ck_bank_matches_thingkind", "kind"),
    ("bank_issues", "ck_bank_issues_thing_kind", "thing_kind"),
)
# After going down and up again: the journal kept the sums, and the audit trail what was decided.
_SUMS = """
    UPDATE remittances r SET paid_idr = -p.amount_idr
    FROM entries e JOIN postings p ON p.entry_id = e.id AND p.account LIKE 'bank:collection:%'
    WHERE e.kind = 'remittance.confirmed' AND e.source = 'remittance:' || r.id
        AND r.state = 'confirmed' AND -p.amount_idr <> r.amount_idr
"""
_SETTLEMENTS = """
    INSERT INTO difference_settlements (id, remittance_id, office_id, kind, way, amount_idr,
        bank_ref, reason, state, proposed_by, proposed_at, decided_by, decided_at)
    SELECT (a.details->>'settlement')::bigint, r.id, r.office_id, a.details->>'kind',
        a.details->>'way', (a.details->>'difference_idr')::bigint, a.details->>'bank_ref',
        a.details->>'reason', 'booked', p.actor_id, p.at, a.actor_id, a.at
    FROM audit_events a
    JOIN audit_events p ON p.action = 'difference.proposed'
        AND p.details->>'settlement' = a.details->>'settlement'
    JOIN remittances r ON 'remittance:' || r.id = a.subject
    WHERE a.action = 'difference.booked'
"""
_SETTLED = """
    INSERT INTO remittance_differences (remittance_id, office_id, kind, ours_idr, theirs_idr,
        bpjs_ref, note, opened_by, opened_at, settlement_id, settled_at)
    SELECT remittance_id, office_id, kind, greatest(-amount_idr, 0), greatest(amount_idr, 0),
        '', '', proposed_by, proposed_at, id, decided_at
    FROM difference_settlements WHERE kind = 'sum'
"""
_OPEN = """
    INSERT INTO remittance_differences (remittance_id, office_id, kind, ours_idr, theirs_idr,
        bpjs_ref, note, opened_by, opened_at)
    SELECT id, office_id, 'sum', greatest(-left_idr, 0), greatest(left_idr, 0), bpjs_ref, '',
        confirmed_by, confirmed_at
    FROM (
        SELECT r.*, coalesce(r.paid_idr - r.amount_idr, 0) - coalesce((
            SELECT sum(s.amount_idr) FROM difference_settlements s
            WHERE s.remittance_id = r.id AND s.kind = 'sum'
        ), 0) AS left_idr
        FROM remittances r WHERE r.state = 'confirmed'
    ) kept
    WHERE left_idr <> 0
"""
_AGAIN = """
    INSERT INTO remittance_differences (remittance_id, office_id, kind, ours_idr, theirs_idr,
        bpjs_ref, note, opened_by, opened_at, settlement_id, settled_at)
    SELECT r.id, r.office_id, 'again', 0, p.amount_idr, split_part(e.source, ':', 3), '',
        r.confirmed_by, e.at, s.id, s.decided_at
    FROM entries e
    JOIN postings p ON p.entry_id = e.id AND p.account LIKE 'claim:bpjs:%'
    JOIN remittances r ON r.id::text = split_part(e.source, ':', 2)
    LEFT JOIN difference_settlements s
        ON s.remittance_id = r.id AND s.kind = 'again' AND s.amount_idr = p.amount_idr
    WHERE e.kind = 'remittance.paid_again'
"""


def upgrade():
    """Add the tables and sums, and restore them from the journal."""
    op.create_table('difference_settlements',
    sa.Column('id', sa.BigInteger(), sa.Identity(), nullable=False),
    sa.Column('remittance_id', sa.BigInteger(), nullable=False),
    sa.Column('office_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Enum('sum', 'again', name='differencekind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('way', sa.Enum('bank', 'worker', 'office', 'mistake', name='settlementway', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('amount_idr', sa.BigInteger(), nullable=False),
    sa.Column('bank_ref', sa.String(length=80), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('state', sa.Enum('proposed', 'booked', 'refused', name='settlementstate', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('proposed_by', sa.BigInteger(), nullable=False),
    sa.Column('proposed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by', sa.BigInteger()),
    sa.Column('decided_at', sa.DateTime(timezone=True)),
    sa.CheckConstraint("(state = 'proposed') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)", name=op.f('ck_difference_settlements_decided_by_somebody')),
    sa.CheckConstraint("(way = 'bank') = (bank_ref <> '')", name=op.f('ck_difference_settlements_can_be_found_at_the_bank')),
    sa.CheckConstraint("amount_idr <> 0 AND reason <> ''", name=op.f('ck_difference_settlements_says_how_much_and_why')),
    sa.CheckConstraint("state <> 'booked' OR decided_by <> proposed_by", name=op.f('ck_difference_settlements_four_eyes')),
    sa.ForeignKeyConstraint(['decided_by'], ['users.id'], name=op.f('fk_difference_settlements_decided_by_users')),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_difference_settlements_office_id_offices')),
    sa.ForeignKeyConstraint(['proposed_by'], ['users.id'], name=op.f('fk_difference_settlements_proposed_by_users')),
    sa.ForeignKeyConstraint(['remittance_id'], ['remittances.id'], name=op.f('fk_difference_settlements_remittance_id_remittances')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_difference_settlements'))
    )
    op.create_index(op.f('ix_difference_settlements_remittance_id'), 'difference_settlements', ['remittance_id'], unique=False)
    op.create_index('uq_difference_settlements_ref_key_live', 'difference_settlements', [sa.literal_column('ref_key(bank_ref)'), sa.literal_column('(amount_idr > 0)')], unique=True, postgresql_where=sa.text("state <> 'refused' AND bank_ref <> ''"))
    op.create_table('remittance_differences',
    sa.Column('id', sa.BigInteger(), sa.Identity(), nullable=False),
    sa.Column('remittance_id', sa.BigInteger(), nullable=False),
    sa.Column('office_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Enum('sum', 'again', name='differencekind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('worker_id', sa.BigInteger()),
    sa.Column('month', sa.Date()),
    sa.Column('ours_idr', sa.BigInteger(), nullable=False),
    sa.Column('theirs_idr', sa.BigInteger(), nullable=False),
    sa.Column('bpjs_ref', sa.String(length=40), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('opened_by', sa.BigInteger(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settlement_id', sa.BigInteger()),
    sa.Column('settled_at', sa.DateTime(timezone=True)),
    sa.CheckConstraint("kind <> 'again' OR ours_idr = 0", name=op.f('ck_remittance_differences_again_is_all_too_much')),
    sa.CheckConstraint('(worker_id IS NULL) = (month IS NULL)', name=op.f('ck_remittance_differences_of_a_month')),
    sa.CheckConstraint('settled_at IS NULL OR settlement_id IS NOT NULL', name=op.f('ck_remittance_differences_settled_by_two')),
    sa.CheckConstraint('theirs_idr <> ours_idr AND theirs_idr >= 0', name=op.f('ck_remittance_differences_is_a_difference')),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_remittance_differences_office_id_offices')),
    sa.ForeignKeyConstraint(['opened_by'], ['users.id'], name=op.f('fk_remittance_differences_opened_by_users')),
    sa.ForeignKeyConstraint(['remittance_id'], ['remittances.id'], name=op.f('fk_remittance_differences_remittance_id_remittances')),
    sa.ForeignKeyConstraint(['settlement_id'], ['difference_settlements.id'], name=op.f('fk_remittance_differences_settlement_id_difference_settlements')),
    sa.ForeignKeyConstraint(['worker_id'], ['workers.id'], name=op.f('fk_remittance_differences_worker_id_workers')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_remittance_differences'))
    )
    op.create_index('ix_remittance_differences_open', 'remittance_differences', ['office_id'], unique=False, postgresql_where=sa.text('settled_at IS NULL'))
    op.create_index(op.f('ix_remittance_differences_remittance_id'), 'remittance_differences', ['remittance_id'], unique=False)
    op.create_index(op.f('ix_remittance_differences_settlement_id'), 'remittance_differences', ['settlement_id'], unique=False)
    op.create_index(op.f('ix_remittance_differences_worker_id'), 'remittance_differences', ['worker_id'], unique=False)
    op.add_column('remittances', sa.Column('code_idr', sa.BigInteger()))
    op.add_column('remittances', sa.Column('paid_idr', sa.BigInteger()))
    op.create_check_constraint(
        op.f("ck_remittances_sums_of_bpjs"),
        "remittances",
        "code_idr > 0 AND paid_idr > 0 AND (paid_idr IS NULL OR state = 'confirmed')",
    )
    _allow((*_BEFORE, "settlement", "paid_again"))
    for restored in (_SUMS, _SETTLEMENTS, _SETTLED, _OPEN, _AGAIN):
        op.execute(restored)
    op.execute(
        "SELECT setval(pg_get_serial_sequence('difference_settlements', 'id'),"
        " coalesce(max(id), 0) + 1, false) FROM difference_settlements"
    )


def downgrade():
    """Drop them; the journal and the audit trail keep the sums and the decisions."""
    op.execute("DELETE FROM bank_matches WHERE kind IN ('settlement', 'paid_again')")
    op.execute("DELETE FROM bank_issues WHERE thing_kind IN ('settlement', 'paid_again')")
    _allow(_BEFORE)
    op.drop_constraint(op.f("ck_remittances_sums_of_bpjs"), "remittances")
    op.drop_column("remittances", "paid_idr")
    op.drop_column("remittances", "code_idr")
    op.drop_table("remittance_differences")
    op.drop_table("difference_settlements")


def _allow(kinds):
    named = ", ".join(f"'{kind}'" for kind in kinds)
    for table, name, column in _KINDS:
        op.drop_constraint(op.f(name), table)
        op.create_check_constraint(
            op.f(name), table, f"{column} IN ({named})", postgresql_not_valid=True
        )

"""Books of a month with cash and wallet payments, and ways to damage them."""

from __future__ import annotations

from agentsys.extension.contract import PaymentState
from agentsys.payments.gateway_payouts import record_payout
from agentsys.remittances.batches import make_batch
from agentsys.remittances.codes import set_code
from agentsys.remittances.confirmations import confirm
from agentsys.remittances.results import ResultRow
from tests.ledger.debit_damage import DEBIT_DAMAGE, plan_debit
from tests.ledger.fee_damage import FEE_DAMAGE
from tests.ledger.payout_damage import PAYOUT_DAMAGE
from tests.ledger.remittance_damage import REMITTANCE_DAMAGE
from tests.ledger.sponsor_damage import SPONSOR_DAMAGE
from tests.payments.world import PRICE, World

ENTRY = """
    WITH e AS (INSERT INTO entries (kind, source, at) VALUES ('damage', '1', now()) RETURNING id)
    INSERT INTO postings
    SELECT e.id, l.account, l.amount FROM e, (VALUES ('{}', -999999), ('suspense:1', 999999))
    l (account, amount)
"""
# Before the month is closed: afterwards, the database refuses it.
LATE_ENTRY = """
    WITH e AS (INSERT INTO entries (kind, source, at) VALUES ('damage', '1', now()) RETURNING id)
    INSERT INTO postings
    SELECT e.id, l.account || o.id, l.amount
    FROM e,
        (SELECT office_id AS id FROM users WHERE office_id IS NOT NULL ORDER BY users.id LIMIT 1) o,
        (VALUES ('bank:collection:', -5), ('suspense:', 5)) l (account, amount);
"""
CLOSING = """
    INSERT INTO month_closings (office_id, month, from_at, until_at, last_entry_id, open_items,
        note, closed_by, closed_at, report, seal, reopen_reason, sealed_at)
    SELECT office_id, '2000-01-01', '2000-01-01Z', {until}, 0, '[]', '', id, {until}, '{{}}',
        {seal}, '', {until}
    FROM users WHERE office_id IS NOT NULL ORDER BY id LIMIT 1
"""
STATEMENT = """
    WITH r AS (
        INSERT INTO commission_runs (month, started_at, agents, lines, amount_idr, failures)
        VALUES ('2026-11-01', now(), 0, 0, 0, '{}') RETURNING id
    )
    INSERT INTO statements (agent_id, office_id, month, state, agent_idr, office_idr, base_idr,
        contributions, lines_hash, run_id, computed_at, decided_by, decided_at, reason, funding)
    SELECT a.id, a.office_id, '2026-11-01', 'approved', 5, 0, 0, 0, '', r.id, now(), a.user_id,
        now(), '', 'own' FROM agents a, r LIMIT 1
"""
REFUND = """
    INSERT INTO refunds (payment_id, office_id, key, amount_idr, is_whole, reserved_idr, reason,
        state, proposed_by, proposed_at, decided_by, decided_at, given_at, note)
    SELECT p.id, p.office_id, 'damage', p.amount_idr, {is_whole}, {reserved_idr}, 'x', 'given',
        u.first, now(), u.last, now(), now(), ''
    FROM payments p, (SELECT min(id) AS first, max(id) AS last FROM users) u
    WHERE p.state = 'settled' LIMIT 1
"""

REVERSAL = """
    INSERT INTO cash_reversals (payment_id, office_id, agent_id, why, reason, state, proposed_by,
        proposed_at, decided_by, decided_at, credited, year, serial, number)
    SELECT p.id, p.office_id, p.agent_id, 'other', 'x', 'approved', u.first, now(), u.last, now(),
        {credited}, 2026, 1, 'KB-1'
    FROM payments p, (SELECT min(id) AS first, max(id) AS last FROM users) u
    WHERE p.custody = 'agent' LIMIT 1
"""

DAMAGE = {
    **DEBIT_DAMAGE,
    **FEE_DAMAGE,
    **PAYOUT_DAMAGE,
    **REMITTANCE_DAMAGE,
    **SPONSOR_DAMAGE,
    "entries_sum_to_zero": "INSERT INTO entries (kind, source, at) VALUES ('damage', '1', now())",
    "settled_payment_has_its_entry": "UPDATE payments SET amount_idr = amount_idr + 1",
    "refunded_payment_has_its_entry": "UPDATE payments SET state = 'refunded'",
    "state_is_the_last_move": "UPDATE payments SET state = 'refunded'",
    "payment_asks_for_its_months": "DELETE FROM payment_months",
    "money_set_aside_is_in_suspense": "UPDATE payments SET aside_idr = 1",
    "correction_negates_its_entry": """
        INSERT INTO corrections (what, subject_id, amount_idr, reason, state, proposed_by,
            proposed_at, decided_by, decided_at)
        SELECT 'deposit', 0, 5, 'x', 'approved', min(id), now(), max(id), now() FROM users
    """,
    "own_funds_are_as_recorded": """
        WITH e AS (
            INSERT INTO entries (kind, source, at) VALUES ('own_funds.added', '1', now())
            RETURNING id
        )
        INSERT INTO postings SELECT e.id, l.account, l.amount FROM e,
            (VALUES ('bank:collection:1', 5), ('equity:own_funds:1', -5)) l (account, amount)
    """,
    "booked_transfer_has_its_entry": """
        INSERT INTO transfers (account, worker_id, office_id, direction, amount_idr, bank_ref, note,
            state, proposed_by, proposed_at, decided_by, decided_at)
        SELECT 'owed:worker:' || w.id, w.id, w.office_id, 'out', 5, 'FT', 'x', 'booked',
            min(u.id), now(), max(u.id), now() FROM workers w, users u GROUP BY w.id
    """,
    "office_books_sum_to_zero": ENTRY.format("bank:collection:999999"),
    "offices_agree_on_what_they_owe": ENTRY.format("due:office:1:2"),
    "kept_balances_equal_the_sums": """
        INSERT INTO account_balances (account, amount_idr) VALUES ('bank:collection:7', 5)
    """,
    "kept_month_sums_equal_the_rows": """
        INSERT INTO kept_figures (name, office_id, agent_id, month, count, amount_idr, of_idr, at)
        VALUES ('months', 1, 0, '2000-01-01', 1, 5, 5, now())
    """,
    "kept_worker_counts_equal_the_rows": """
        INSERT INTO kept_figures (name, office_id, agent_id, month, count, amount_idr, of_idr, at)
        VALUES ('workers', 999999, 0, '0001-01-01', 1, 0, 0, now())
    """,
    "kept_office_sums_equal_those_of_agents": """
        INSERT INTO kept_figures (name, office_id, agent_id, month, count, amount_idr, of_idr, at)
        VALUES ('office_workers', 999999, 0, '0001-01-01', 1, 0, 0, now())
    """,
    "closed_month_is_as_it_was_sealed": CLOSING.format(until="'2000-02-01Z'", seal="'x'"),
    "nothing_is_posted_in_a_closed_month": LATE_ENTRY
    + CLOSING.format(until="now() + interval '1 day'", seal="'x'"),
    "no_cash_is_negative": ENTRY.format("cash:agent:1"),
    "bank_is_not_negative": ENTRY.format("bank:collection:1"),
    "no_worker_is_owed_less_than_nothing": ENTRY.format("owed:worker:1")
    .replace("-999999", "+")
    .replace("999999", "-999999")
    .replace("+", "999999"),
    "no_claim_on_a_worker_is_negative": ENTRY.format("claim:worker:1"),
    "cash_is_what_was_not_deposited": "UPDATE payments SET deposit_id = NULL",
    "deposit_is_the_sum_of_its_payments": "UPDATE payments SET deposit_id = NULL",
    "confirmed_deposit_has_its_entry": "UPDATE deposits SET amount_idr = amount_idr + 1",
    "shortage_is_what_deposits_lacked": ENTRY.format("shortage:agent:1"),
    "deposit_follows_its_payment": """
        UPDATE deposits SET channel = 'bca_va', decided_by = NULL WHERE state = 'confirmed'
    """,
    "collected_contribution_has_its_money": "DELETE FROM payment_months",
    "owed_to_bpjs_is_what_was_collected": "UPDATE contributions SET confirmed_at = NULL",
    "remittance_is_the_sum_of_its_contributions": "UPDATE remittances SET count = count + 1",
    "settled_payment_has_a_receipt": "DELETE FROM receipts",
    "refund_has_its_entries": REFUND.format(is_whole="false", reserved_idr=5),
    "whole_refund_refunds_its_payment": REFUND.format(is_whole="true", reserved_idr=0),
    "reversal_negates_its_payment": REVERSAL.format(credited="false"),
    "reversed_cash_has_its_reversal": REVERSAL.format(credited="false"),
    "credited_reversal_has_its_entry": REVERSAL.format(credited="true"),
    "counter_receipts_have_no_gap": REVERSAL.format(credited="false"),
    "payout_has_its_entry": "UPDATE gateway_payouts SET amount_idr = amount_idr + 1",
    "approved_statement_was_seen_by_two": STATEMENT,
    "approved_statement_has_its_entry": STATEMENT,
    "statement_is_the_sum_of_its_lines": STATEMENT,
    "worker_is_with_the_agent_of_the_open_assignment": "UPDATE workers SET agent_id = NULL",
    "contribution_has_a_worker": """
        INSERT INTO contributions (worker_id, month, office_id, programmes, funding, sector,
            jkk_idr, jkm_idr, jht_idr, tariff, billed_at)
        SELECT 999999, month, office_id, programmes, funding, sector, 1, 1, 1, tariff, billed_at
        FROM contributions LIMIT 1
    """,
    "month_is_not_paid_here_and_elsewhere": """
        INSERT INTO earlier_periods (worker_id, office_id, from_month, until_month, kind, evidence,
            state, proposed_by, proposed_at, decided_by)
        SELECT worker_id, office_id, month, month + interval '1 month', 'elsewhere', 'JMO',
            'counted', 1, now(), 2
        FROM contributions LIMIT 1
    """,
    "nobody_owes_a_month_after_the_membership": """
        WITH ended AS (
            UPDATE enrolments SET from_month = from_month - interval '2 years',
                until_month = from_month - interval '1 year', end_reason = 'wished',
                ended_at = now()
            RETURNING worker_id, until_month
        )
        INSERT INTO contributions (worker_id, month, office_id, programmes, funding, sector,
            jkk_idr, jkm_idr, jht_idr, tariff, billed_at)
        SELECT worker_id, (SELECT max(month) FROM contributions), 1, 'JKK+JKM', 'self', 'other',
            1, 1, 1, '', now() FROM ended
        ON CONFLICT (worker_id, month) DO UPDATE SET payment_id = NULL, remittance_id = NULL,
            confirmed_at = NULL
    """,
    "payment_is_for_months_that_were_billed": """
        INSERT INTO payment_months (payment_id, worker_id, month, amount_idr)
        SELECT id, worker_id, '1999-01-01', 1 FROM payments LIMIT 1
    """,
}


def close_month(world: World) -> None:
    """Collect two months, one in cash and one by wallet, and remit them; plan a debit."""
    finance = world.finance.id
    world.collect(world.months[:1])
    world.confirm(world.declare())
    world.months.pop(0)
    world.report(world.ask(1), PaymentState.SETTLED)
    record_payout(
        world.session,
        provider="dict",
        bank_ref="MCM 1",
        amount_idr=PRICE,
        fee_idr=0,
        actor_id=finance,
    )
    made = make_batch(world.session, office_id=world.agent.office_id, actor_id=finance)
    set_code(world.session, remittance_id=made.id, kode_iuran="901234", actor_id=finance)
    row = ResultRow(1, "901234", True, "PAID", 2 * PRICE, "R")
    confirm(world.session, rows=[row], actor_id=finance)
    plan_debit(world)

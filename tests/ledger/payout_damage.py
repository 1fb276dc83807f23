"""Ways to damage what BPJS paid for commissions, and payouts to agents."""

from __future__ import annotations

_ACCOUNT = """
    INSERT INTO agent_accounts (reference, agent_id, bank, holder, number_sealed, number_masked,
        npwp_masked, state, proposed_by, proposed_at, decided_by, decided_at)
    SELECT 'damage', id, 'x', 'x', '', 'x', '', 'refused', user_id, now(), supervisor_id, now()
    FROM agents WHERE user_id IS NOT NULL AND supervisor_id IS NOT NULL LIMIT 1
    RETURNING id, agent_id
"""
_BATCH = """
    INSERT INTO payout_batches (office_id, layout, state, prepared_by, prepared_at, decided_by,
        decided_at, sent_by, sent_at, reason)
    SELECT a.office_id, 'x', 'sent', {first}, now(), {second}, now(), a.user_id, now(), ''
    FROM agents a WHERE a.id = (SELECT agent_id FROM account)
    RETURNING id, office_id
"""


def _line(state: str, *, first: str = "a.supervisor_id", second: str = "u.id") -> str:
    """A payout without entries, in a batch that the bank has."""
    batch = _BATCH.format(first=first, second=second)
    if "u.id" in second:
        batch = batch.replace(
            "FROM agents a WHERE",
            "FROM agents a, (SELECT max(id) AS id FROM users) u WHERE",
        )
    sent = "NULL" if state == "approved" else "now()"
    ended = "NULL" if state in ("approved", "sent") else "now()"
    return f"""
        WITH account AS ({_ACCOUNT}), batch AS ({batch})
        INSERT INTO payout_lines (batch_id, office_id, agent_id, number, key, account_id, gross_idr,
            deduction_idr, tax_idr, again_idr, net_idr, state, withheld_at, sent_at, ended_at,
            bank_ref, reason)
        SELECT batch.id, batch.office_id, account.agent_id, 1, 'damage', account.id, 100, 0, 5, 0,
            95, '{state}', now(), {sent}, {ended}, '', '' FROM account, batch
    """  # made of constants


_RECEIPT = """
    INSERT INTO commission_receipts (office_id, month, gross_idr, office_idr, tax_idr, bank_ref,
        received_on, state, recorded_by, recorded_at, decided_by, decided_at, reason)
    SELECT u.office_id, '2026-11-01', 100, {office_idr}, 0, 'damage', '2026-12-01', 'confirmed',
        u.id, now(), (SELECT max(id) FROM users), now(), ''
    FROM users u WHERE u.office_id IS NOT NULL ORDER BY u.id LIMIT 1
"""
_STATEMENT = """
    WITH r AS (
        INSERT INTO commission_runs (month, started_at, agents, lines, amount_idr, failures)
        VALUES ('2026-11-01', now(), 0, 0, 0, '{{}}') RETURNING id
    ), s AS (
        INSERT INTO statements (agent_id, office_id, month, state, agent_idr, office_idr, base_idr,
            contributions, lines_hash, run_id, computed_at, reason, received_idr)
        SELECT a.id, a.office_id, '2026-11-01', 'submitted', 0, 0, 0, 0, '', r.id, now(), '',
            {received} FROM agents a, r LIMIT 1
        RETURNING id, office_id
    )
"""
PAYOUT_DAMAGE = {
    "withheld_payout_has_its_entry": _line("approved"),
    "sent_payout_has_its_entry": _line("sent"),
    "paid_payout_has_its_entry": _line("succeeded"),
    "failed_payout_is_owed_again": _line("failed"),
    "returned_payout_is_owed_again": _line("returned"),
    "withholding_is_that_of_its_payout": _line("approved"),
    "payouts_are_seen_by_two": _line("approved", second="a.user_id"),
    "confirmed_receipt_has_its_entry": _RECEIPT.format(office_idr=100),
    "receipt_is_the_sum_of_its_lines": _RECEIPT.format(office_idr=99),
    "statement_received_what_was_confirmed": _STATEMENT.format(received=5) + "SELECT id FROM s",
    "booked_commission_difference_has_its_entry": _STATEMENT.format(received="NULL")
    + """
        INSERT INTO commission_differences (office_id, month, statement_id, amount_idr, way, reason,
            state, proposed_by, proposed_at, decided_by, decided_at)
        SELECT s.office_id, '2026-11-01', s.id, 5, 'bpjs_counts', 'x', 'booked', u.first, now(),
            u.last, now() FROM s, (SELECT min(id) AS first, max(id) AS last FROM users) u
    """,
}

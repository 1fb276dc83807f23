"""What pages of statements of banks, of payouts and of commission rates need to be there."""

from __future__ import annotations

PARTS = {
    "bank_account_id": "SELECT max(id) FROM bank_accounts",
    "bank_file_id": "SELECT max(id) FROM bank_files",
    "bank_line_id": "SELECT max(id) FROM bank_lines",
    "bank_issue_id": "SELECT max(id) FROM bank_issues",
    "payout_batch_id": "SELECT max(id) FROM payout_batches",
    "rates_id": "SELECT max(id) FROM commission_rates",
    "rule_name": "SELECT 'bonus'",
}
_ACCOUNT = """
    INSERT INTO bank_accounts (office_id, kind, name, provider, number_end, added_at)
    SELECT id, 'bank', 'Rekening', '', '1234', now() FROM offices
    WHERE id = 1 AND NOT EXISTS (SELECT FROM bank_accounts)
"""
_FILE = """
    INSERT INTO bank_files (account_id, filename, sha256, state, layout, lines, new_lines, pending,
        matched, checked_by, uploaded_at)
    SELECT id, 'mutasi.csv', '', 'done', 'bca-personal', 1, 1, 0, 0, 'nothing', now()
    FROM bank_accounts WHERE NOT EXISTS (SELECT FROM bank_files)
"""
_LINE = """
    INSERT INTO bank_lines (account_id, file_id, booked_on, digest, nth, amount_idr, sen, fee_idr,
        text, reference, ref_key, raw)
    SELECT account_id, id, '2026-11-05', '', 1, 16800, 0, 0, 'SETORAN', '', '', ''
    FROM bank_files WHERE NOT EXISTS (SELECT FROM bank_lines)
"""
_ISSUE = """
    INSERT INTO bank_issues (account_id, office_id, kind, line_id, amount_idr, difference_idr,
        opened_at)
    SELECT l.account_id, a.office_id, 'unknown_payer', l.id, l.amount_idr, 0, now()
    FROM bank_lines l JOIN bank_accounts a ON a.id = l.account_id
    WHERE NOT EXISTS (SELECT FROM bank_issues)
"""
_PAYOUTS = """
    INSERT INTO payout_batches (office_id, layout, state, prepared_by, prepared_at, reason)
    SELECT 1, 'generic_csv', 'prepared', min(id), now(), '' FROM users
    WHERE office_id = 1 AND NOT EXISTS (SELECT FROM payout_batches)
    HAVING min(id) IS NOT NULL
"""
_RATES = """
    INSERT INTO commission_rates (office_id, rule, valid_from, is_on, values, version, decree,
        certainty, basis, state, proposed_by, proposed_at, reason)
    SELECT 1, 'bonus', '2026-11-01', false, '{}', '', '', 'doubtful', 'X', 'proposed', min(id),
        now(), ''
    FROM users WHERE office_id = 1 AND NOT EXISTS (SELECT FROM commission_rates)
    HAVING min(id) IS NOT NULL
"""
STATEMENTS = (_ACCOUNT, _FILE, _LINE, _ISSUE, _PAYOUTS, _RATES)

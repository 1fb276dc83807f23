"""Damage to mandates and debits, on which their invariants are tried."""

from __future__ import annotations

_MANDATE = """
WITH mandate AS (
    INSERT INTO mandates (
        reference, key, channel, office_id, holder_name, phone_sealed, phone_index, cap_idr,
        month_cap_idr, debit_day, consent_text, asked_at, asked_from, return_url, consent_evidence,
        state, handle, account, consent_url, reason, checks
    )
    SELECT 'M-1', 'M-1', 'x', min(id), 'x', '', '', 1, 1, 1, '', now(), '{}', '', '{}', 'asked',
        '', '', '', '', 0
    FROM offices RETURNING id
)
"""

DEBIT_DAMAGE = {
    "debit_has_its_consent": _MANDATE + "UPDATE payments SET mandate_id = id_of FROM ("
    "SELECT id AS id_of FROM mandate) m",
    "debit_has_its_notice": _MANDATE
    + """
    , debit AS (
        INSERT INTO debits (
            mandate_id, worker_id, office_id, period, first_on, due_on, last_on, amount_idr, state,
            why, tries, visit_note
        )
        SELECT mandate.id, p.worker_id, p.office_id, '2026-11-01', '2026-11-01', '2026-11-01',
            '2026-11-27', p.amount_idr, 'collected', '', 1, ''
        FROM mandate, (SELECT * FROM payments ORDER BY id LIMIT 1) p
        RETURNING id, mandate_id, worker_id, amount_idr
    ), notice AS (
        INSERT INTO notices (
            kind, mandate_id, debit_id, worker_id, amount_idr, debit_on, state, prepared_at
        )
        SELECT 'debit', mandate_id, id, worker_id, amount_idr, '2026-11-01', 'prepared', now()
        FROM debit RETURNING id, debit_id
    )
    INSERT INTO debit_tries (debit_id, try_no, payment_id, notice_id, at, differed)
    SELECT notice.debit_id, 1, p.id, notice.id, now(), false
    FROM notice, (SELECT id FROM payments ORDER BY id LIMIT 1) p
    """,
    "debit_pays_no_month_twice": _MANDATE
    + """
    , months AS (
        INSERT INTO payment_months (payment_id, worker_id, month, amount_idr)
        SELECT p.id, m.worker_id, m.month, m.amount_idr
        FROM payments p, payment_months m WHERE p.state = 'settled'
        ON CONFLICT DO NOTHING
    )
    UPDATE payments SET mandate_id = mandate.id FROM mandate
    """,
    "debit_list_closes": """
    INSERT INTO debit_runs (
        office_id, day, planned, planned_idr, begun_at, closed_at, charged, charged_idr, recovered,
        recovered_idr, refused, skipped, unknown, compared, differing, by_class, by_why
    )
    SELECT min(id), '2026-11-10', 5, 1, now(), now(), 5, 1, 0, 0, 0, 0, 0, 0, 0, '{}', '{}'
    FROM offices
    """,
}

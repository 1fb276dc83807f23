"""Invariants of suspense, and of transfers between the bank account and people, as queries."""

from __future__ import annotations

CHECKS: dict[str, tuple[str, str]] = {
    "money_set_aside_is_in_suspense": (
        "Saldo suspense tidak sama dengan uang yang ditahan dan uang yang tak dikenal.",
        """
        SELECT held.account, held.total_idr, booked.account AS booked,
               booked.total_idr AS booked_idr
        FROM (
            SELECT 'suspense:' || office_id AS account, sum(amount_idr) AS total_idr
            FROM (
                SELECT office_id, aside_idr AS amount_idr FROM payments WHERE aside_idr <> 0
                UNION ALL
                SELECT office_id, amount_idr FROM unexplained WHERE closed_at IS NULL
            ) money GROUP BY office_id
        ) held
        FULL JOIN (
            SELECT account, -amount_idr AS total_idr
            FROM balances WHERE account LIKE 'suspense:%'
        ) booked ON booked.account = held.account
        WHERE coalesce(held.total_idr, 0) <> coalesce(booked.total_idr, 0)
        """,
    ),
    "office_books_sum_to_zero": (
        "Pembukuan satu kantor tidak seimbang: uangnya berpindah ke kantor lain.",
        """
        SELECT office_id, sum(amount_idr) AS off_idr
        FROM (
            SELECT b.amount_idr, CASE
                WHEN b.account LIKE 'cash:agent:%' OR b.account LIKE '%:commission:agent:%'
                    OR b.account LIKE 'shortage:agent:%'
                    THEN (SELECT office_id FROM agents WHERE id = b.number)
                WHEN b.account LIKE 'owed:worker:%' OR b.account LIKE 'claim:worker:%'
                    THEN (SELECT office_id FROM workers WHERE id = b.number)
                ELSE b.number END AS office_id
            FROM (
                SELECT account, amount_idr, substring(account FROM '[0-9]+$')::bigint AS number
                FROM balances WHERE amount_idr <> 0
            ) b
        ) of_office
        GROUP BY office_id HAVING sum(amount_idr) <> 0
        """,
    ),
    "offices_agree_on_what_they_owe": (
        "Utang antarkantor di satu kantor tidak sama dengan piutang di kantor lawannya.",
        """
        SELECT least(one, other) AS one, greatest(one, other) AS other, sum(amount_idr) AS off_idr
        FROM (
            SELECT split_part(account, ':', 3)::bigint AS one,
                   split_part(account, ':', 4)::bigint AS other, amount_idr
            FROM balances WHERE account LIKE 'due:office:%'
        ) due
        GROUP BY 1, 2 HAVING sum(amount_idr) <> 0
        """,
    ),
    # Own funds have no table of their own: who recorded them, and how much, is in the audit trail.
    "own_funds_are_as_recorded": (
        "Uang kantor sendiri menurut jurnal berbeda dari yang dicatat di jejak audit.",
        """
        SELECT recorded.source AS recorded, recorded.office_id, recorded.amount_idr,
               booked.source, booked.account, booked.amount_idr AS booked_idr
        FROM (
            SELECT substr(subject, 6) AS source, (details->>'amount_idr')::bigint AS amount_idr,
                   (details->>'office_id')::bigint AS office_id
            FROM audit_events
            WHERE split_part(action, '.', 1) = 'own_funds' AND action = 'own_funds.added'
        ) recorded
        FULL JOIN (
            SELECT left(e.source, 75) AS source, l.account, -l.amount_idr AS amount_idr
            FROM entries e
            LEFT JOIN postings l
                ON l.entry_id = e.id AND l.account LIKE 'equity:own_funds:%'
            WHERE e.kind = 'own_funds.added'
        ) booked ON booked.source = recorded.source
        WHERE recorded.amount_idr IS DISTINCT FROM booked.amount_idr
            -- Before 0.2.0, own funds had no office.
            OR booked.account <> 'equity:own_funds:' || recorded.office_id
        """,
    ),
    "correction_negates_its_entry": (
        "Koreksi bukan kebalikan persis dari ayat jurnal yang dikoreksi, atau tanpa ayat.",
        """
        SELECT c.id, c.what, c.subject_id, booked.source, booked.account,
               coalesce(wanted.amount_idr, 0) AS wanted_idr, booked.amount_idr AS booked_idr
        FROM (
            SELECT c.id, c.what, c.subject_id, l.account, -l.amount_idr AS amount_idr
            FROM corrections c
            LEFT JOIN (entries e JOIN postings l ON l.entry_id = e.id)
                ON e.source = c.what || ':' || c.subject_id
            WHERE c.state = 'approved'
        ) wanted
        FULL JOIN (
            SELECT e.source, l.account, l.amount_idr
            FROM entries e JOIN postings l ON l.entry_id = e.id
            WHERE e.kind = 'correction.booked'
        ) booked ON booked.source = 'correction:' || wanted.id AND booked.account = wanted.account
        LEFT JOIN corrections c ON c.id = wanted.id
        WHERE wanted.amount_idr IS DISTINCT FROM booked.amount_idr
            OR (wanted.id IS NOT NULL AND wanted.amount_idr IS NULL)
        """,
    ),
    "booked_transfer_has_its_entry": (
        "Transfer dibukukan tanpa ayat jurnal sebesar itu, atau sebaliknya.",
        """
        SELECT t.id, t.amount_idr, booked.source, booked.amount_idr AS booked_idr
        FROM (
            SELECT id, account,
                   CASE direction WHEN 'out' THEN amount_idr ELSE -amount_idr END AS amount_idr
            FROM transfers WHERE state IN ('booked', 'reversed')
        ) t
        FULL JOIN (
            SELECT e.source, l.account, l.amount_idr
            FROM entries e JOIN postings l ON l.entry_id = e.id
            WHERE e.kind IN ('worker.repaid', 'worker.received', 'suspense.returned',
                             'sponsor.repaid', 'sponsor.received', 'shortage.paid',
                             'surplus.returned')
              AND e.source LIKE 'transfer:%' AND l.account NOT LIKE 'bank:collection:%'
        ) booked ON booked.source = 'transfer:' || t.id AND booked.account = t.account
        WHERE t.amount_idr IS DISTINCT FROM booked.amount_idr
        """,
    ),
}

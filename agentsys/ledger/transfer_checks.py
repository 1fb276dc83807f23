"""What must always be true of suspense, and of transfers between the bank account and people."""

from __future__ import annotations

CHECKS: dict[str, tuple[str, str]] = {
    "money_set_aside_is_in_suspense": (
        "Saldo suspense tidak sama dengan uang yang ditahan dan uang yang tak dikenal.",
        """
        SELECT aside.total_idr, unexplained.total_idr AS unexplained_idr,
               booked.total_idr AS booked_idr
        FROM (SELECT coalesce(sum(aside_idr), 0) AS total_idr FROM payments) aside,
             (SELECT coalesce(sum(amount_idr), 0) AS total_idr
              FROM unexplained WHERE closed_at IS NULL) unexplained,
             (SELECT coalesce(-sum(amount_idr), 0) AS total_idr
              FROM postings WHERE account = 'suspense') booked
        WHERE aside.total_idr + unexplained.total_idr <> booked.total_idr
        """,
    ),
    "booked_transfer_has_its_entry": (
        "Transfer dibukukan tanpa ayat jurnal sebesar itu, atau sebaliknya.",
        """
        SELECT t.id, t.amount_idr, booked.source, booked.amount_idr AS booked_idr
        FROM (
            SELECT id, account,
                   CASE direction WHEN 'out' THEN amount_idr ELSE -amount_idr END AS amount_idr
            FROM transfers WHERE state = 'booked'
        ) t
        FULL JOIN (
            SELECT e.source, l.account, l.amount_idr
            FROM entries e JOIN postings l ON l.entry_id = e.id
            WHERE e.source LIKE 'transfer:%' AND l.account <> 'bank:collection'
        ) booked ON booked.source = 'transfer:' || t.id AND booked.account = t.account
        WHERE t.amount_idr IS DISTINCT FROM booked.amount_idr
        """,
    ),
}

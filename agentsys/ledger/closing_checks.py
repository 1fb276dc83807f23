"""Invariants of closed months, as queries.

A closed month was proven once and sealed. Its end is the balances of now without what was posted
since, so these checks read open months only.
"""

from __future__ import annotations

_LATEST = """
    (SELECT DISTINCT ON (office_id) * FROM month_closings
    WHERE reopened_at IS NULL ORDER BY office_id, month DESC)
"""
# A person's account belongs to the office of today, so only sealed ones are compared.
_OF_PERSONS = "^(cash:agent|shortage:agent|owed:worker|claim:worker|owed:commission:agent):"

CHECKS: dict[str, tuple[str, str]] = {
    "closed_month_is_as_it_was_sealed": (
        "Saldo atau laporan bulan yang sudah ditutup berubah sesudah disegel.",
        f"""
        SELECT c.id AS closing_id, '' AS account, 0 AS sealed_idr, 0 AS now_idr
        FROM month_closings c WHERE c.seal <> '' AND c.seal <> seal_of_month(c.id)
        UNION ALL
        SELECT c.id, b.account, sum(b.sealed_idr), sum(b.now_idr)
        FROM {_LATEST} c CROSS JOIN LATERAL (
            SELECT account, amount_idr AS sealed_idr, 0 AS now_idr, TRUE AS is_sealed
            FROM closed_balances WHERE closing_id = c.id
            UNION ALL
            SELECT account, 0, amount_idr, FALSE FROM balances
            UNION ALL
            SELECT p.account, 0, -p.amount_idr, FALSE
            FROM entries e JOIN postings p ON p.entry_id = e.id WHERE e.at >= c.until_at
        ) b
        WHERE c.seal <> '' AND office_of_account(b.account) = c.office_id
        GROUP BY c.id, b.account
        HAVING sum(b.sealed_idr) <> sum(b.now_idr)
            AND (bool_or(b.is_sealed) OR b.account !~ '{_OF_PERSONS}')
        """,  # noqa: S608
    ),
    "nothing_is_posted_in_a_closed_month": (
        "Ayat jurnal bertanggal di bulan yang sudah ditutup, dan dibuat sesudahnya.",
        f"""
        SELECT c.id AS closing_id, e.id, e.kind, e.source
        FROM {_LATEST} c
        JOIN entries e ON e.at < c.until_at AND e.id > c.last_entry_id AND ONLY(entries, e.id)
        JOIN postings p ON p.entry_id = e.id AND office_of_account(p.account) = c.office_id
        """,  # noqa: S608
    ),
}

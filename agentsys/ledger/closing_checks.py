"""Invariants of closed months, as queries.

A closed month was proven once and sealed. Its end is the balances of now without what was posted
since, so the first audit after the closing reads the open months. Later ones need not: what is
posted is in both, unless it is dated in the closed month, which the second check finds.
"""

from __future__ import annotations

_LATEST = """
    (SELECT DISTINCT ON (office_id) * FROM month_closings
    WHERE reopened_at IS NULL ORDER BY office_id, month DESC)
"""
# A person's account belongs to the office of today, so only sealed ones are compared.
_OF_PERSONS = "^(cash:agent|shortage:agent|owed:worker|claim:worker|[a-z]+:commission:agent):"

CHECKS: dict[str, tuple[str, str]] = {
    "closed_month_is_as_it_was_sealed": (
        "Saldo atau laporan bulan yang sudah ditutup berubah sesudah disegel.",
        f"""
        WITH latest AS MATERIALIZED (
            SELECT * FROM {_LATEST} c WHERE c.seal <> '' AND ONLY(closings, c.id)
        ), posted AS MATERIALIZED (
            SELECT u.until_at, p.account, sum(p.amount_idr) AS amount_idr
            FROM (SELECT DISTINCT until_at FROM latest) u
            JOIN entries e ON e.at >= u.until_at
            JOIN postings p ON p.entry_id = e.id
            GROUP BY u.until_at, p.account
        ), lines AS (
            SELECT l.id AS closing_id, b.account, b.amount_idr AS sealed_idr, 0 AS now_idr,
                   TRUE AS is_sealed
            FROM latest l JOIN closed_balances b ON b.closing_id = l.id
            WHERE office_of_account(b.account) = l.office_id
            UNION ALL
            SELECT l.id, b.account, 0, b.amount_idr, FALSE
            FROM latest l JOIN balances b ON office_of_account(b.account) = l.office_id
            UNION ALL
            SELECT l.id, p.account, 0, -p.amount_idr, FALSE
            FROM posted p
            JOIN latest l
                ON l.until_at = p.until_at AND office_of_account(p.account) = l.office_id
        )
        SELECT c.id AS closing_id, '' AS account, 0 AS sealed_idr, 0 AS now_idr
        FROM month_closings c
        WHERE ONLY(closings, c.id) AND c.seal <> '' AND c.seal <> seal_of_month(c.id)
        UNION ALL
        SELECT closing_id, account, sum(sealed_idr), sum(now_idr)
        FROM lines GROUP BY closing_id, account
        HAVING sum(sealed_idr) <> sum(now_idr)
            AND (bool_or(is_sealed) OR account !~ '{_OF_PERSONS}')
        """,  # noqa: S608
    ),
    "nothing_is_posted_in_a_closed_month": (
        "Ayat jurnal bertanggal di bulan yang sudah ditutup, dan dibuat sesudahnya.",
        f"""
        SELECT c.id AS closing_id, e.id, e.kind, e.source
        FROM {_LATEST} c
        -- OFFSET 0: from the closing on, by number; not all entries with their postings first.
        CROSS JOIN LATERAL (
            SELECT * FROM entries n
            WHERE n.id > c.last_entry_id AND n.at < c.until_at AND ONLY(entries, n.id) OFFSET 0
        ) e
        JOIN postings p ON p.entry_id = e.id AND office_of_account(p.account) = c.office_id
        """,  # noqa: S608
    ),
}

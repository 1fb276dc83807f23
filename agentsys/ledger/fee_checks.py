"""Invariants of what providers charge, as queries."""

from __future__ import annotations

CHECKS: dict[str, tuple[str, str]] = {
    "gateway_fee_has_its_entry": (
        "Biaya penyedia tanpa ayat jurnal sebesar itu, atau sebaliknya.",
        """
        SELECT g.id, g.account, g.amount_idr, booked.source, booked.account AS booked,
               booked.amount_idr AS booked_idr
        FROM (
            SELECT f.id, leg.* FROM gateway_fees f
            CROSS JOIN LATERAL (VALUES
                ('expense:gateway_fee:' || coalesce(f.office_id::text, '*'), f.fee_idr),
                ('expense:gateway_vat:' || coalesce(f.office_id::text, '*'), f.tax_idr),
                ('clearing:' || f.provider || ':' || coalesce(f.office_id::text, '*'),
                 -f.fee_idr - f.tax_idr)
            ) leg (account, amount_idr)
            WHERE leg.amount_idr <> 0 AND ONLY(sources, 'fee:' || f.id)
        ) g
        FULL JOIN (
            SELECT e.source, named.account, sum(l.amount_idr) AS amount_idr
            FROM entries e JOIN postings l ON l.entry_id = e.id
            LEFT JOIN gateway_fees f ON e.source = 'fee:' || f.id
            CROSS JOIN LATERAL (
                SELECT CASE WHEN f.office_id IS NULL
                    THEN regexp_replace(l.account, '[0-9]+$', '*') ELSE l.account END AS account
            ) named
            WHERE e.kind = 'gateway_fee.charged' AND ONLY(sources, e.source)
            GROUP BY e.source, named.account
        ) booked ON booked.source = 'fee:' || g.id AND booked.account = g.account
        WHERE g.amount_idr IS DISTINCT FROM booked.amount_idr
        """,
    ),
    "gateway_fee_is_that_of_its_line": (
        "Biaya penyedia yang dibukukan bukan yang tertulis di baris laporannya.",
        """
        SELECT f.id, f.line_id, f.fee_idr, f.tax_idr, l.fee_idr AS line_fee_idr,
               l.tax_idr AS line_tax_idr
        FROM gateway_fees f LEFT JOIN bank_lines l ON l.id = f.line_id
        WHERE f.line_id IS NOT NULL AND ONLY(fees, f.id)
            AND (l.id IS NULL OR (f.fee_idr, f.tax_idr) <> (l.fee_idr, l.tax_idr))
        """,
    ),
}

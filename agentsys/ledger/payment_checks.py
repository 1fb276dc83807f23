"""Invariants of payments, deposits and payouts, as queries."""

from __future__ import annotations

CHECKS: dict[str, tuple[str, str]] = {
    "settled_payment_has_its_entry": (
        "Pembayaran lunas tanpa ayat jurnal sebesar itu, atau ayat jurnal tanpa pembayaran lunas.",
        """
        SELECT p.reference, p.state, p.amount_idr, booked.source, booked.amount_idr AS booked_idr
        FROM (
            SELECT * FROM payments WHERE settled_at IS NOT NULL AND ONLY(sources, reference)
        ) p
        FULL JOIN (
            SELECT e.source, sum(l.amount_idr) FILTER (WHERE l.amount_idr > 0) AS amount_idr
            FROM entries e JOIN postings l ON l.entry_id = e.id
            WHERE e.kind = 'payment.settled' AND ONLY(sources, e.source)
            GROUP BY e.source
        ) booked ON booked.source = p.reference
        WHERE p.amount_idr IS DISTINCT FROM booked.amount_idr
        """,
    ),
    "refunded_payment_has_its_entry": (
        "Pembayaran dikembalikan tanpa ayat jurnal sebesar itu, atau sebaliknya.",
        """
        SELECT p.reference, p.amount_idr, booked.source, booked.amount_idr AS booked_idr
        FROM (
            SELECT * FROM payments WHERE state = 'refunded' AND ONLY(sources, reference)
        ) p
        FULL JOIN (
            SELECT e.source, sum(l.amount_idr) FILTER (WHERE l.amount_idr > 0) AS amount_idr
            FROM entries e JOIN postings l ON l.entry_id = e.id
            WHERE e.kind = 'payment.refunded' AND ONLY(sources, e.source)
            GROUP BY e.source
        ) booked ON booked.source = p.reference
        WHERE p.amount_idr IS DISTINCT FROM booked.amount_idr
        """,
    ),
    "state_is_the_last_move": (
        "Status pembayaran tidak sama dengan langkah terakhirnya.",
        """
        SELECT p.reference, p.state
        FROM payments p
        WHERE ONLY(payments, p.id) AND (NOT EXISTS (
            SELECT FROM payment_moves m WHERE m.payment_id = p.id AND m.to_state = p.state
        ) OR EXISTS (
            SELECT FROM payment_moves m WHERE m.payment_id = p.id AND m.from_state = p.state
        ))
        """,
    ),
    "payment_asks_for_its_months": (
        "Jumlah tagihan tidak sama dengan jumlah bulan-bulannya.",
        """
        SELECT p.reference, p.amount_idr, sum(m.amount_idr) AS months_idr
        FROM payments p LEFT JOIN payment_months m ON m.payment_id = p.id
        WHERE ONLY(payments, p.id) AND p.worker_id IS NOT NULL
        GROUP BY p.id HAVING p.amount_idr IS DISTINCT FROM sum(m.amount_idr)
        """,
    ),
    "settled_payment_has_a_receipt": (
        "Pembayaran lunas tanpa kuitansi, atau kuitansi tanpa pembayaran lunas.",
        """
        SELECT p.reference, r.number
        FROM (SELECT * FROM payments WHERE ONLY(payments, id)) p
        FULL JOIN (SELECT * FROM receipts WHERE ONLY(payments, payment_id)) r
            ON r.payment_id = p.id
        WHERE (p.settled_at IS NULL OR p.for_deposit_id IS NOT NULL) <> (r.payment_id IS NULL)
        """,
    ),
    "deposit_is_the_sum_of_its_payments": (
        "Setoran agen tidak sama dengan pembayaran tunai di dalamnya.",
        """
        SELECT d.id, d.state, d.amount_idr, sum(p.amount_idr) AS payments_idr
        FROM deposits d LEFT JOIN payments p ON p.deposit_id = d.id
        WHERE ONLY(deposits, d.id)
        GROUP BY d.id
        HAVING CASE WHEN d.state IN ('returned', 'withdrawn') THEN 0 ELSE d.amount_idr END
            <> coalesce(sum(p.amount_idr), 0)
        """,
    ),
    "confirmed_deposit_has_its_entry": (
        "Setoran agen dikonfirmasi tanpa ayat jurnal sebesar itu, atau sebaliknya.",
        """
        SELECT d.id, d.amount_idr, booked.source, booked.amount_idr AS booked_idr
        FROM (
            SELECT id, office_id, amount_idr - short_idr AS amount_idr FROM deposits
            WHERE channel = '' AND short_idr < amount_idr
              AND (state = 'confirmed' OR EXISTS (
                  SELECT FROM corrections c
                  WHERE c.what = 'deposit' AND c.subject_id = deposits.id AND c.state = 'approved'
              ))
              AND ONLY(sources, 'deposit:' || id)
        ) d
        FULL JOIN (
            SELECT e.source, l.account, l.amount_idr
            FROM entries e JOIN postings l ON l.entry_id = e.id
            WHERE e.kind = 'deposit.confirmed' AND l.amount_idr > 0
              AND l.account NOT LIKE 'shortage:agent:%'
              AND ONLY(sources, e.source)
        ) booked ON booked.source = 'deposit:' || d.id
            AND booked.account = 'bank:collection:' || d.office_id
        WHERE d.amount_idr IS DISTINCT FROM booked.amount_idr
        """,
    ),
    "shortage_is_what_deposits_lacked": (
        "Kekurangan agen menurut jurnal bukan selisih setoran, kuitansi batal, dan transfernya.",
        """
        SELECT lacked.account, lacked.amount_idr, booked.account AS booked,
               booked.amount_idr AS booked_idr
        FROM (
            SELECT 'shortage:agent:' || agent_id AS account, sum(amount_idr) AS amount_idr
            FROM (
                SELECT agent_id, short_idr AS amount_idr
                FROM deposits WHERE state = 'confirmed' AND short_idr <> 0
                UNION ALL
                -- cash of void receipts that a provider gave back to the agent
                SELECT r.agent_id, p.amount_idr
                FROM cash_reversals r JOIN payments p ON p.id = r.payment_id
                WHERE r.credited AND p.deposit_id IS NULL
                UNION ALL
                SELECT agent_id, CASE direction WHEN 'in' THEN -amount_idr ELSE amount_idr END
                FROM transfers WHERE agent_id IS NOT NULL AND state = 'booked'
                UNION ALL
                SELECT agent_id, -deduction_idr
                FROM payout_lines WHERE withheld_at IS NOT NULL AND deduction_idr > 0
            ) each
            GROUP BY agent_id
        ) lacked
        FULL JOIN (
            SELECT account, amount_idr FROM balances WHERE account LIKE 'shortage:agent:%'
        ) booked ON booked.account = lacked.account
        WHERE coalesce(lacked.amount_idr, 0) <> coalesce(booked.amount_idr, 0)
        """,
    ),
    "deposit_follows_its_payment": (
        "Setoran agen lewat penyedia tidak sama dengan pembayarannya.",
        """
        SELECT d.id, d.state, d.amount_idr, p.reference, p.state AS payment_state,
               p.amount_idr AS paid_idr
        FROM (SELECT * FROM deposits WHERE channel <> '' AND ONLY(deposits, id)) d
        LEFT JOIN payments p ON p.for_deposit_id = d.id
        WHERE p.amount_idr IS DISTINCT FROM d.amount_idr OR p.agent_id <> d.agent_id
            OR (d.state = 'confirmed') <> (p.state = 'settled')
            OR (d.state = 'declared') <> (p.state IN ('created', 'pending'))
            OR (d.state = 'returned') <> (p.state = 'refunded')
        """,
    ),
    "payout_has_its_entry": (
        "Pencairan penyedia tanpa ayat jurnal sebesar itu, atau sebaliknya.",
        """
        SELECT g.id, g.account, g.amount_idr, booked.source, booked.account AS booked,
               booked.amount_idr AS booked_idr
        FROM (
            SELECT p.id, leg.* FROM gateway_payouts p
            CROSS JOIN LATERAL (VALUES
                ('bank:collection:' || coalesce(p.office_id::text, '*'), p.amount_idr - p.fee_idr),
                ('expense:gateway_fee:' || coalesce(p.office_id::text, '*'), p.fee_idr),
                ('clearing:' || p.provider || ':' || coalesce(p.office_id::text, '*'),
                 -p.amount_idr)
            ) leg (account, amount_idr)
            WHERE leg.amount_idr <> 0
        ) g
        FULL JOIN (
            SELECT e.source, named.account, sum(l.amount_idr) AS amount_idr
            FROM entries e JOIN postings l ON l.entry_id = e.id
            LEFT JOIN gateway_payouts p ON e.source = 'payout:' || p.id
            CROSS JOIN LATERAL (
                SELECT CASE WHEN p.office_id IS NULL
                    THEN regexp_replace(l.account, '[0-9]+$', '*') ELSE l.account END AS account
            ) named
            WHERE e.kind = 'payout.recorded'
            GROUP BY e.source, named.account
        ) booked ON booked.source = 'payout:' || g.id AND booked.account = g.account
        WHERE g.amount_idr IS DISTINCT FROM booked.amount_idr
        """,
    ),
    "refund_has_its_entries": (
        "Pengembalian lewat penyedia tanpa ayat jurnal sebesar itu, atau sebaliknya.",
        """
        SELECT r.source, r.kind, r.amount_idr, booked.source AS booked, booked.kind AS booked_kind,
               booked.amount_idr AS booked_idr
        FROM (
            SELECT 'refund:' || refunds.id AS source, leg.*
            FROM refunds CROSS JOIN LATERAL (VALUES
                ('refund.reserved', reserved_idr),
                ('refund.released', CASE WHEN state IN ('given', 'failed') THEN reserved_idr END),
                ('payment.part_refunded',
                 CASE WHEN state = 'given' AND NOT is_whole THEN amount_idr END)
            ) leg (kind, amount_idr)
            WHERE leg.amount_idr > 0
        ) r
        FULL JOIN (
            SELECT e.source, e.kind, sum(l.amount_idr) FILTER (WHERE l.amount_idr > 0) AS amount_idr
            FROM entries e JOIN postings l ON l.entry_id = e.id
            WHERE e.kind IN ('refund.reserved', 'refund.released', 'payment.part_refunded')
            GROUP BY e.source, e.kind
        ) booked ON booked.source = r.source AND booked.kind = r.kind
        WHERE r.amount_idr IS DISTINCT FROM booked.amount_idr
        """,
    ),
    "whole_refund_refunds_its_payment": (
        "Pembayaran dikembalikan utuh, tetapi masih tercatat lunas.",
        """
        SELECT p.reference, p.state, r.key
        FROM refunds r JOIN payments p ON p.id = r.payment_id
        WHERE r.state = 'given' AND r.is_whole AND p.state <> 'refunded'
        """,
    ),
}

"""The three-way match as SQL: each contribution of an office and month, once, with its class.

It starts from the contributions of the month, and looks up what belongs to them by index: each
payment and each batch once. OFFSET 0 keeps PostgreSQL from joining whole tables instead. So its
cost is that of the month and does not grow with the history.
"""

from __future__ import annotations

from agentsys.statements.issues import PATIENCE_DAYS, ZONE

_MINE = """
    SELECT worker_id, month, amount_idr, bill_id, payment_id, remittance_id, confirmed_at, held_at,
           billed_at
    FROM contributions WHERE office_id = :office_id AND month = :month
"""
# Of a payment the journal holds for BPJS what its own entries say. What a batch kept of a refunded
# one was freed by entries of the batch, so of that the contributions still in batches count.
_PAID = f"""
    SELECT p.id, p.reference, p.custody, p.channel, p.state, p.settled_at, j.is_booked,
           k.first_month, k.first_worker, k.of_idr,
           CASE WHEN p.state = 'refunded' THEN least(j.held_idr, k.of_idr) ELSE j.held_idr END
               AS held_idr,
           g.line_id, coalesce(g.difference_idr, 0) AS line_off_idr, o.line_id AS back_line_id,
           p.custody = 'provider' AND EXISTS (
               SELECT FROM bank_accounts a
               WHERE a.kind = 'gateway' AND a.provider = p.clearing
                   AND (a.office_id IS NULL OR a.office_id = p.office_id)
                   AND (p.settled_at AT TIME ZONE '{ZONE}')::date
                       BETWEEN a.known_from AND a.known_until - {PATIENCE_DAYS}
           ) AS is_covered
    FROM (SELECT DISTINCT payment_id FROM mine WHERE payment_id IS NOT NULL) AS d
    CROSS JOIN LATERAL (SELECT * FROM payments WHERE id = d.payment_id OFFSET 0) AS p
    CROSS JOIN LATERAL (
        SELECT coalesce(-sum(l.amount_idr) FILTER (WHERE l.account LIKE 'owed:bpjs:%'), 0)
                   ::bigint AS held_idr,
               coalesce(bool_or(e.kind = 'payment.settled'), false) AS is_booked
        FROM entries e JOIN postings l ON l.entry_id = e.id
        WHERE e.source = p.reference AND e.kind = ANY(CASE
            WHEN p.for_bill_id IS NOT NULL THEN ARRAY['payment.settled', 'payment.refunded',
                'sponsor.credit_used', 'sponsor.credit_restored']
            WHEN p.state = 'settled' THEN ARRAY['payment.settled']
            ELSE ARRAY['payment.settled', 'payment.refunded'] END)
    ) AS j
    CROSS JOIN LATERAL (
        SELECT min(c.month) AS first_month, min(c.worker_id) AS first_worker,
               coalesce(sum(c.amount_idr), 0)::bigint AS of_idr
        FROM (
            SELECT c.month, c.worker_id, c.amount_idr
            FROM payment_months m
            JOIN contributions c ON c.worker_id = m.worker_id AND c.month = m.month
            WHERE m.payment_id = p.id AND c.payment_id = p.id
            UNION ALL
            SELECT c.month, c.worker_id, c.amount_idr FROM contributions c
            WHERE p.for_bill_id IS NOT NULL AND c.payment_id = p.id AND c.month = :month
        ) AS c
    ) AS k
    LEFT JOIN LATERAL (
        SELECT m.line_id, m.difference_idr FROM bank_matches m
        WHERE m.thing_id = p.id AND m.kind = 'payment' AND m.direction = 'in'
            AND m.undone_at IS NULL OFFSET 0
    ) AS g ON p.custody = 'provider'
    LEFT JOIN LATERAL (
        SELECT m.line_id FROM bank_matches m
        WHERE m.thing_id = p.id AND m.kind = 'payment' AND m.direction = 'out'
            AND m.undone_at IS NULL OFFSET 0
    ) AS o ON p.custody = 'provider'
"""  # noqa: S608  # made of constants
# Orders for these contributions that the provider settled, and that the journal does not know.
_UNBOOKED = """
    SELECT DISTINCT ON (o.member_id) o.member_id AS worker_id, o.id, o.reference, o.created_at
    FROM (
        SELECT c.worker_id AS member_id, q.*
        FROM mine c
        CROSS JOIN LATERAL (
            SELECT m.payment_id FROM payment_months m
            WHERE m.worker_id = c.worker_id AND m.month = c.month OFFSET 0
        ) AS m
        CROSS JOIN LATERAL (SELECT * FROM payments WHERE id = m.payment_id OFFSET 0) AS q
        WHERE m.payment_id IS DISTINCT FROM c.payment_id
        UNION ALL
        SELECT c.worker_id, q.*
        FROM (SELECT DISTINCT bill_id FROM mine WHERE bill_id IS NOT NULL) AS b
        CROSS JOIN LATERAL (SELECT * FROM payments WHERE for_bill_id = b.bill_id OFFSET 0) AS q
        JOIN mine c ON c.bill_id = b.bill_id AND q.id IS DISTINCT FROM c.payment_id
    ) AS o
    WHERE o.custody = 'provider'
        AND EXISTS (
            SELECT FROM bank_matches m
            WHERE m.thing_id = o.id AND m.kind = 'payment' AND m.direction = 'in'
                AND m.undone_at IS NULL OFFSET 0
        )
        AND NOT EXISTS (
            SELECT FROM entries e
            WHERE e.kind = 'payment.settled' AND e.source = o.reference OFFSET 0
        )
    ORDER BY o.member_id, o.id
"""
# What BPJS was paid more or less. A difference of a whole batch stands at its first contribution.
_DIFFERENCES = """
    SELECT b.remittance_id, d.worker_id, d.month, d.settled_at IS NULL AS is_open,
           CASE d.kind WHEN 'sum' THEN d.theirs_idr - d.ours_idr ELSE 0 END AS off_idr,
           f.worker_id AS first_worker, f.month AS first_month
    FROM (SELECT DISTINCT remittance_id FROM mine WHERE remittance_id IS NOT NULL) AS b
    CROSS JOIN LATERAL (
        SELECT * FROM remittance_differences WHERE remittance_id = b.remittance_id OFFSET 0
    ) AS d
    LEFT JOIN LATERAL (
        SELECT c.worker_id, c.month FROM contributions c
        WHERE c.remittance_id = b.remittance_id ORDER BY c.month, c.worker_id LIMIT 1
    ) AS f ON d.worker_id IS NULL
"""
_OFF = """
    SELECT c.worker_id, bool_or(d.is_open) AS is_open,
           coalesce(sum(d.off_idr) FILTER (
               WHERE (c.worker_id, c.month)
                   = (coalesce(d.worker_id, d.first_worker), coalesce(d.month, d.first_month))
           ), 0)::bigint AS off_idr
    FROM mine c JOIN differences d ON d.remittance_id = c.remittance_id
        AND (d.worker_id IS NULL OR (d.worker_id = c.worker_id AND d.month = c.month))
    GROUP BY c.worker_id
"""
_CLASS = """
    CASE
        WHEN u.id IS NOT NULL OR (p.id IS NOT NULL AND NOT p.is_booked) THEN 'unbooked'
        WHEN c.payment_id IS NULL THEN 'unpaid'
        WHEN p.held_idr <> p.of_idr OR p.line_off_idr <> 0 OR d.is_open THEN 'sum_differs'
        WHEN p.state = 'refunded' OR p.back_line_id IS NOT NULL THEN 'not_at_gateway'
        WHEN p.is_covered AND p.line_id IS NULL AND c.confirmed_at IS NULL THEN 'not_at_gateway'
        WHEN c.held_at IS NOT NULL THEN 'refused'
        WHEN c.confirmed_at IS NULL AND c.remittance_id IS NULL THEN 'paid'
        WHEN c.confirmed_at IS NULL THEN 'remitted'
        WHEN p.custody = 'provider' AND p.line_id IS NULL THEN 'not_settled'
        ELSE 'matched'
    END
"""
# Sums of a payment that differ from those of its contributions stand at the first one of them.
ROWS = f"""
    WITH mine AS MATERIALIZED ({_MINE}), paid AS MATERIALIZED ({_PAID}),
        unbooked AS ({_UNBOOKED}), differences AS MATERIALIZED ({_DIFFERENCES}), off AS ({_OFF})
    SELECT c.worker_id, c.month, c.amount_idr, {_CLASS} AS kind,
           CASE
               WHEN c.payment_id IS NULL THEN ''
               WHEN p.custody IN ('bank', 'credit') THEN 'sponsor'
               WHEN p.custody = 'agent' THEN 'cash'
               ELSE p.channel
           END AS channel,
           coalesce(u.id, p.id) AS payment_id, coalesce(u.reference, p.reference, '') AS reference,
           c.remittance_id,
           coalesce(u.created_at, p.settled_at, c.billed_at) AS since,
           CASE WHEN c.payment_id IS NOT NULL THEN c.amount_idr ELSE 0 END AS collected_idr,
           CASE WHEN p.line_id IS NOT NULL AND p.back_line_id IS NULL
               THEN c.amount_idr + CASE WHEN s.is_first THEN p.line_off_idr ELSE 0 END
               ELSE 0 END AS gateway_idr,
           CASE WHEN p.id IS NOT NULL
               THEN c.amount_idr + CASE WHEN s.is_first THEN p.held_idr - p.of_idr ELSE 0 END
               ELSE 0 END AS journal_idr,
           CASE WHEN c.confirmed_at IS NOT NULL
               THEN c.amount_idr + coalesce(d.off_idr, 0) ELSE 0 END AS bpjs_idr
    FROM mine c
    LEFT JOIN paid p ON p.id = c.payment_id
    CROSS JOIN LATERAL (
        SELECT c.month = p.first_month AND c.worker_id = p.first_worker AS is_first
    ) AS s
    LEFT JOIN unbooked u ON u.worker_id = c.worker_id
    LEFT JOIN off d ON d.worker_id = c.worker_id
"""  # noqa: S608  # made of constants

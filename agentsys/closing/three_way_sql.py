"""The three-way match as SQL: each contribution of an office and month, once, with its class.

It starts from the contributions of the month, and looks up what belongs to them by index, as arrays
of keys. What was found is joined by hashing (`planned_for`), since PostgreSQL cannot count it
before. OFFSET 0 keeps it from joining whole tables. So the cost is that of the month and does not
grow with the history.
"""

from __future__ import annotations

from agentsys.statements.issues import PATIENCE_DAYS, ZONE

_MINE = """
    SELECT worker_id, month, amount_idr, bill_id, payment_id, remittance_id, confirmed_at, held_at,
           billed_at
    FROM contributions WHERE office_id = :office_id AND month = :month
"""
# All payments of the month at once, then all their entries, and so on: each by index.
_PAY = """
    SELECT id, reference, custody, channel, clearing, office_id, state, settled_at, for_bill_id
    FROM payments WHERE id = ANY (
        ARRAY(SELECT DISTINCT payment_id FROM mine WHERE payment_id IS NOT NULL)
    )
"""
_BOOKED = """
    SELECT id, source, kind FROM entries
    WHERE kind = 'payment.settled' AND source = ANY (ARRAY(SELECT reference FROM pay))
    UNION ALL
    SELECT id, source, kind FROM entries
    WHERE kind IN ('payment.refunded', 'sponsor.credit_used', 'sponsor.credit_restored')
        AND source = ANY (ARRAY(
            SELECT reference FROM pay WHERE for_bill_id IS NOT NULL OR state <> 'settled'
        ))
"""
_POSTED = """
    SELECT entry_id, amount_idr FROM postings
    WHERE entry_id = ANY (ARRAY(SELECT id FROM booked)) AND account LIKE 'owed:bpjs:%'
"""
_HELD = """
    SELECT b.source, coalesce(-sum(l.amount_idr), 0)::bigint AS held_idr,
           bool_or(b.kind = 'payment.settled') AS is_booked
    FROM booked b LEFT JOIN posted l ON l.entry_id = b.id GROUP BY b.source
"""
_OTHER_MONTHS = """
    SELECT payment_id, worker_id, month FROM payment_months
    WHERE payment_id = ANY (ARRAY(SELECT id FROM pay)) AND month <> :month
"""
# What each payment paid, in this month and in others.
_OF_PAYMENT = """
    SELECT payment_id, min(month) AS first_month, min(worker_id) AS first_worker,
           sum(amount_idr)::bigint AS of_idr
    FROM (
        SELECT payment_id, month, worker_id, amount_idr FROM mine WHERE payment_id IS NOT NULL
        UNION ALL
        SELECT m.payment_id, m.month, m.worker_id, c.amount_idr
        FROM other_months m
        CROSS JOIN LATERAL (
            SELECT amount_idr FROM contributions c
            WHERE c.worker_id = m.worker_id AND c.month = m.month
                AND c.payment_id = m.payment_id OFFSET 0
        ) AS c
    ) AS every GROUP BY payment_id
"""
_REPORTED = """
    SELECT thing_id, direction, line_id, difference_idr FROM bank_matches
    WHERE thing_id = ANY (ARRAY(SELECT id FROM pay WHERE custody = 'provider'))
        AND kind = 'payment' AND undone_at IS NULL
"""
# Of a payment the journal holds for BPJS what its own entries say. What a batch kept of a refunded
# one was freed by entries of the batch, so of that the contributions still in batches count.
_PAID = f"""
    SELECT p.id, p.reference, p.custody, p.channel, p.state, p.settled_at,
           coalesce(j.is_booked, false) AS is_booked, k.first_month, k.first_worker, k.of_idr,
           CASE WHEN p.state = 'refunded' THEN least(coalesce(j.held_idr, 0), k.of_idr)
               ELSE coalesce(j.held_idr, 0) END AS held_idr,
           g.line_id, coalesce(g.difference_idr, 0) AS line_off_idr, o.line_id AS back_line_id,
           p.custody = 'provider' AND EXISTS (
               SELECT FROM bank_accounts a
               WHERE a.kind = 'gateway' AND a.provider = p.clearing
                   AND (a.office_id IS NULL OR a.office_id = p.office_id)
                   AND (p.settled_at AT TIME ZONE '{ZONE}')::date
                       BETWEEN a.known_from AND a.known_until - {PATIENCE_DAYS}
               OFFSET 0
           ) AS is_covered
    FROM pay p
    JOIN of_payment k ON k.payment_id = p.id
    LEFT JOIN held j ON j.source = p.reference
    LEFT JOIN reported g ON g.thing_id = p.id AND g.direction = 'in'
    LEFT JOIN reported o ON o.thing_id = p.id AND o.direction = 'out'
"""  # noqa: S608  # made of constants
_TRIES = """
    SELECT payment_id, worker_id FROM payment_months
    WHERE worker_id = ANY (ARRAY(SELECT worker_id FROM mine)) AND month = :month
"""
# Orders for these contributions that the provider settled, and that the journal does not know.
_UNBOOKED = """
    SELECT DISTINCT ON (o.member_id) o.member_id AS worker_id, o.id, o.reference, o.created_at
    FROM (
        SELECT c.worker_id AS member_id, q.*
        FROM mine c
        JOIN tries m ON m.worker_id = c.worker_id AND m.payment_id IS DISTINCT FROM c.payment_id
        CROSS JOIN LATERAL (SELECT * FROM payments WHERE id = m.payment_id OFFSET 0) AS q
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
# If a payment's sum differs from that of its contributions, the first of them gets the difference.
ROWS = f"""
    WITH mine AS MATERIALIZED ({_MINE}), pay AS MATERIALIZED ({_PAY}),
        booked AS MATERIALIZED ({_BOOKED}), posted AS MATERIALIZED ({_POSTED}),
        held AS MATERIALIZED ({_HELD}), other_months AS MATERIALIZED ({_OTHER_MONTHS}),
        of_payment AS MATERIALIZED ({_OF_PAYMENT}), reported AS MATERIALIZED ({_REPORTED}),
        paid AS MATERIALIZED ({_PAID}), tries AS MATERIALIZED ({_TRIES}),
        unbooked AS MATERIALIZED ({_UNBOOKED}), differences AS MATERIALIZED ({_DIFFERENCES}),
        off AS MATERIALIZED ({_OFF})
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

"""Checks on the bills of sponsors and on what they paid."""

from __future__ import annotations

CHECKS: dict[str, tuple[str, str]] = {
    "bill_is_paid_as_its_lines_are": (
        "Tagihan sponsor tercatat dibayar lain daripada iuran di dalamnya.",
        """
        SELECT b.id, b.state, b.paid_people, b.paid_idr, paid.people, paid.amount_idr
        FROM bills b
        LEFT JOIN LATERAL (
            SELECT count(*) AS people, coalesce(sum(c.amount_idr), 0) AS amount_idr
            FROM contributions c WHERE c.bill_id = b.id AND c.payment_id IS NOT NULL
        ) AS paid ON true
        WHERE ONLY(bills, b.id)
            AND (b.paid_people, b.paid_idr) IS DISTINCT FROM (paid.people, paid.amount_idr)
        """,
    ),
    "sent_bill_has_its_lines": (
        "Tagihan sponsor yang dikirim tidak sama dengan iuran di dalamnya.",
        """
        SELECT b.id, b.people, b.amount_idr, lines.people AS lines, lines.amount_idr AS lines_idr
        FROM bills b
        LEFT JOIN LATERAL (
            SELECT count(*) AS people, coalesce(sum(l.amount_idr), 0) AS amount_idr FROM (
                SELECT c.amount_idr FROM contributions c WHERE c.bill_id = b.id
                UNION ALL
                SELECT c.jkk_idr + c.jkm_idr + c.jht_idr FROM closed_contributions c
                WHERE c.bill_id = b.id AND c.closed_at >= b.sent_at
            ) AS l
        ) AS lines ON true
        WHERE ONLY(bills, b.id) AND b.sent_at IS NOT NULL
            AND (b.people, b.amount_idr) IS DISTINCT FROM (lines.people, lines.amount_idr)
        """,
    ),
    "sponsors_money_pays_its_bill": (
        "Pembayaran sponsor tidak sama dengan iuran yang dibayarnya dan sisa yang disimpan.",
        """
        SELECT p.reference, p.amount_idr, paid.amount_idr AS paid_idr, kept.amount_idr AS kept_idr
        FROM payments p
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(c.amount_idr), 0) AS amount_idr
            FROM contributions c WHERE c.payment_id = p.id
        ) AS paid ON true
        LEFT JOIN LATERAL (
            SELECT coalesce(-sum(l.amount_idr), 0) AS amount_idr
            FROM entries e JOIN postings l ON l.entry_id = e.id
            WHERE e.source = p.reference
                AND (l.account LIKE 'owed:sponsor:%' OR l.account LIKE 'claim:sponsor:%')
                AND e.kind IN ('payment.settled', 'sponsor.credit_used')
        ) AS kept ON true
        WHERE ONLY(payments, p.id) AND p.for_bill_id IS NOT NULL AND p.state = 'settled'
            AND (p.amount_idr IS DISTINCT FROM paid.amount_idr + kept.amount_idr)
                <> (p.custody = 'credit' AND p.amount_idr = -kept.amount_idr
                    AND p.amount_idr = paid.amount_idr)
        """,
    ),
    "month_is_billed_to_who_pays": (
        "Iuran ditagih kepada pihak lain daripada pembayar kepesertaannya.",
        """
        SELECT c.worker_id, c.month, c.bill_id, c.funding, b.agreement_id
        FROM contributions c JOIN bills b ON b.id = c.bill_id
        JOIN agreements g ON g.id = b.agreement_id
        WHERE ONLY(bills, c.bill_id)
            AND (b.month <> c.month OR g.funding <> c.funding OR b.office_id <> g.office_id)
        """,
    ),
    "no_claim_on_a_sponsor_is_negative": (
        "Piutang kepada sponsor kurang dari nol.",
        """
        SELECT account, amount_idr AS balance_idr FROM balances
        WHERE account LIKE 'claim:sponsor:%' AND amount_idr < 0
        """,
    ),
    "no_sponsor_is_owed_less_than_nothing": (
        "Sisa uang sponsor kurang dari nol.",
        """
        SELECT account, amount_idr AS balance_idr FROM balances
        WHERE account LIKE 'owed:sponsor:%' AND amount_idr > 0
        """,
    ),
}

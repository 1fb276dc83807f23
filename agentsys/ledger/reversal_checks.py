"""Invariants of reversed cash payments and their counter-receipts, as queries."""

from __future__ import annotations

CHECKS: dict[str, tuple[str, str]] = {
    "reversal_negates_its_payment": (
        "Pembatalan kuitansi tunai bukan kebalikan persis dari ayat jurnal pembayarannya.",
        """
        SELECT r.id, p.reference, line.account, sum(line.amount_idr) AS left_idr
        FROM cash_reversals r
        JOIN payments p ON p.id = r.payment_id
        JOIN entries e ON e.source = p.reference
            AND e.kind IN ('payment.settled', 'payment.refunded')
        JOIN postings line ON line.entry_id = e.id
        WHERE r.state = 'approved'
        GROUP BY r.id, p.reference, line.account HAVING sum(line.amount_idr) <> 0
        """,
    ),
    "reversed_cash_has_its_reversal": (
        "Pembayaran tunai dikembalikan tanpa pembatalan yang disetujui, atau sebaliknya.",
        """
        SELECT p.reference, p.state, r.id, r.number
        FROM (
            SELECT * FROM payments
            WHERE custody = 'agent' AND state = 'refunded' AND ONLY(payments, id)
        ) p
        FULL JOIN (
            SELECT * FROM cash_reversals WHERE state = 'approved' AND ONLY(payments, payment_id)
        ) r ON r.payment_id = p.id
        WHERE p.id IS NULL OR r.id IS NULL
        """,
    ),
    "credited_reversal_has_its_entry": (
        "Uang kuitansi batal yang sudah disetor bukan menjadi hak pekerjanya, atau sebaliknya.",
        """
        SELECT r.id, r.amount_idr, booked.source, booked.account, booked.amount_idr AS booked_idr
        FROM (
            SELECT r.id, leg.* FROM cash_reversals r
            JOIN payments p ON p.id = r.payment_id
            CROSS JOIN LATERAL (VALUES
                ('cash:agent:' || r.agent_id, p.amount_idr),
                ('owed:worker:' || p.worker_id, -p.amount_idr)
            ) leg (account, amount_idr)
            WHERE r.credited
        ) r
        FULL JOIN (
            SELECT e.source, l.account, l.amount_idr
            FROM entries e JOIN postings l ON l.entry_id = e.id
            WHERE e.kind = 'reversal.credited'
        ) booked ON booked.source = 'reversal:' || r.id AND booked.account = r.account
        WHERE r.amount_idr IS DISTINCT FROM booked.amount_idr
        """,
    ),
    "counter_receipts_have_no_gap": (
        "Nomor kuitansi pembatalan sebuah kantor tidak urut tanpa sela.",
        """
        SELECT r.office_id, r.year, r.count, r.highest, n.last
        FROM (
            SELECT office_id, year, count(*) AS count, max(serial) AS highest
            FROM cash_reversals WHERE state = 'approved' GROUP BY office_id, year
        ) r
        FULL JOIN counter_receipt_numbers n ON n.office_id = r.office_id AND n.year = r.year
        WHERE r.count IS DISTINCT FROM n.last OR r.highest IS DISTINCT FROM n.last
        """,
    ),
}

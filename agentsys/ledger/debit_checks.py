"""Invariants of debits, as queries: each with consent and notice, and no month paid twice."""

from __future__ import annotations

CHECKS: dict[str, tuple[str, str]] = {
    "debit_has_its_notice": (
        "Debit tanpa pemberitahuan untuk jumlah itu yang dibuka 24 jam sebelumnya.",
        """
        SELECT p.reference, t.debit_id, t.try_no, n.amount_idr, n.counted_at, t.at
        FROM debit_tries t
        JOIN payments p ON p.id = t.payment_id
        JOIN notices n ON n.id = t.notice_id
        WHERE ONLY(payments, t.payment_id) AND NOT coalesce(
            n.kind = 'debit' AND n.debit_id = t.debit_id AND n.amount_idr = p.amount_idr
                AND n.counted_at <= t.at - interval '24 hours', false)
        """,
    ),
    "debit_has_its_consent": (
        "Debit tanpa persetujuan pembayar yang lebih dahulu, atau di atas batasnya.",
        """
        SELECT p.reference, m.reference AS mandate, p.amount_idr, m.cap_idr, m.consented_at
        FROM payments p JOIN mandates m ON m.id = p.mandate_id
        WHERE ONLY(payments, p.id) AND NOT coalesce(
            m.consented_at <= p.created_at AND p.amount_idr <= m.cap_idr
                AND (m.ended_at IS NULL OR m.ended_at >= p.created_at), false)
        """,
    ),
    "debit_pays_no_month_twice": (
        "Debit dan pembayaran lain membayar bulan yang sama, tetapi tidak ada perkaranya.",
        """
        SELECT p.reference, q.reference AS other, a.month
        FROM payments q
        JOIN payment_months b ON b.payment_id = q.id
        JOIN payment_months a ON a.worker_id = b.worker_id AND a.month = b.month
            AND a.payment_id <> b.payment_id
        JOIN payments p ON p.id = a.payment_id
        WHERE ONLY(payments, q.id) AND q.mandate_id IS NOT NULL
            AND p.state = 'settled' AND q.state = 'settled' AND NOT EXISTS (
                SELECT FROM cases c
                WHERE c.payment_id IN (p.id, q.id) AND c.kind = 'paid_twice')
        """,
    ),
    "debit_list_closes": (
        "Daftar debit sehari tidak sama dengan hasil-hasilnya.",
        """
        SELECT r.office_id, r.day, r.planned
        FROM debit_runs r
        WHERE r.closed_at IS NOT NULL AND r.planned <> (
            SELECT count(DISTINCT t.debit_id) FROM debit_tries t WHERE t.run_id = r.id
        ) + r.skipped
        """,
    ),
}

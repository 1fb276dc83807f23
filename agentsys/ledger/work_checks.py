"""Invariants of contributions, batches, commissions and assignments, as queries."""

from __future__ import annotations

CHECKS: dict[str, tuple[str, str]] = {
    "collected_contribution_has_its_money": (
        "Iuran tercatat dibayar, tetapi pembayarannya tidak lunas atau bukan untuk bulan itu.",
        """
        SELECT c.worker_id, c.month, c.payment_id, p.state
        FROM contributions c
        LEFT JOIN payments p ON p.id = c.payment_id
        LEFT JOIN payment_months m ON m.payment_id = c.payment_id
            AND m.worker_id = c.worker_id AND m.month = c.month AND m.amount_idr = c.amount_idr
        WHERE c.payment_id IS NOT NULL AND ONLY(payments, c.payment_id) AND (
            (m.payment_id IS NULL AND c.bill_id IS DISTINCT FROM p.for_bill_id)
            OR (m.payment_id IS NULL AND p.for_bill_id IS NULL)
            OR NOT (p.state = 'settled' OR (p.state = 'refunded' AND c.remittance_id IS NOT NULL))
        )
        """,
    ),
    "remittance_is_the_sum_of_its_contributions": (
        "Setoran ke BPJS tidak sama dengan iuran di dalamnya, atau iurannya tidak ikut berubah.",
        """
        SELECT r.id, r.state, r.count, r.amount_idr, inside.count AS inside,
               inside.amount_idr AS inside_idr, inside.confirmed, inside.offices
        FROM (SELECT * FROM remittances WHERE ONLY(remittances, id)) r
        FULL JOIN (
            SELECT remittance_id, count(*) AS count, sum(amount_idr) AS amount_idr,
                   count(confirmed_at) AS confirmed,
                   ARRAY[min(office_id), max(office_id)] AS offices
            FROM contributions
            WHERE remittance_id IS NOT NULL AND ONLY(remittances, remittance_id)
            GROUP BY remittance_id
        ) inside ON inside.remittance_id = r.id
        WHERE r.id IS NULL
           OR CASE WHEN r.state = 'cancelled' THEN inside.count IS NOT NULL
              ELSE (inside.count, inside.amount_idr) IS DISTINCT FROM (r.count, r.amount_idr)
                OR inside.offices <> ARRAY[r.office_id, r.office_id]
                OR inside.confirmed <> CASE r.state WHEN 'confirmed' THEN r.count ELSE 0 END END
        """,
    ),
    "approved_statement_was_seen_by_two": (
        "Komisi disetujui oleh agennya sendiri atau oleh yang menghitung.",
        """
        SELECT s.id, s.agent_id, s.decided_by FROM statements s
        JOIN agents a ON a.id = s.agent_id
        WHERE s.state = 'approved' AND (s.decided_by = a.user_id OR s.decided_by = s.computed_by)
        """,
    ),
    "approved_statement_has_its_entry": (
        "Komisi disetujui tanpa ayat jurnal sebesar itu, atau sebaliknya.",
        """
        SELECT s.id, s.account, s.amount_idr, booked.source, booked.account AS booked,
               booked.amount_idr AS booked_idr
        FROM (
            SELECT a.id, leg.* FROM statements a
            CROSS JOIN LATERAL (VALUES
                (CASE a.funding WHEN 'bpjs' THEN 'claim:commission:'
                    ELSE 'expense:commission:' END || a.office_id, a.agent_idr + a.office_idr),
                (CASE a.funding WHEN 'bpjs' THEN 'expected' ELSE 'owed' END
                    || ':commission:agent:' || a.agent_id, a.held_idr - a.agent_idr),
                ('held:commission:agent:' || a.agent_id, -a.held_idr),
                (CASE a.funding WHEN 'bpjs' THEN 'expected' ELSE 'owed' END
                    || ':commission:office:' || a.office_id, -a.office_idr)
            ) leg (account, amount_idr)
            WHERE a.state = 'approved' AND leg.amount_idr <> 0
        ) s
        FULL JOIN (
            SELECT e.source, l.account, l.amount_idr
            FROM entries e JOIN postings l ON l.entry_id = e.id
            WHERE e.kind = 'commission.approved'
        ) booked ON booked.source = 'statement:' || s.id AND booked.account = s.account
        WHERE s.amount_idr IS DISTINCT FROM booked.amount_idr
        """,
    ),
    "statement_is_the_sum_of_its_lines": (
        "Jumlah komisi tidak sama dengan baris-barisnya.",
        """
        SELECT s.id, s.agent_idr, s.office_idr
        FROM statements s LEFT JOIN statement_lines l ON l.statement_id = s.id
        WHERE ONLY(statements, s.id)
        GROUP BY s.id
        HAVING s.agent_idr
            <> coalesce(sum(l.amount_idr) FILTER (WHERE l.beneficiary = 'agent'), 0)
            OR s.office_idr
            <> coalesce(sum(l.amount_idr) FILTER (WHERE l.beneficiary = 'office'), 0)
        """,
    ),
    "worker_is_with_the_agent_of_the_open_assignment": (
        "Agen pada data pekerja berbeda dari penugasan yang berjalan.",
        """
        SELECT w.id, w.agent_id, a.agent_id AS assigned
        FROM workers w
        LEFT JOIN assignments a ON a.worker_id = w.id AND a.until_month IS NULL
        WHERE ONLY(workers, w.id) AND w.agent_id IS DISTINCT FROM a.agent_id
        """,
    ),
    "contribution_has_a_worker": (
        "Iuran untuk pekerja yang tidak ada.",
        """
        SELECT c.worker_id, c.month FROM contributions c
        WHERE ONLY(workers, c.worker_id)
            AND NOT EXISTS (SELECT FROM workers w WHERE w.id = c.worker_id)
        """,
    ),
    "month_is_not_paid_here_and_elsewhere": (
        "Bulan tercatat dibayar di tempat lain, padahal juga ditagih atau dibayar di sini.",
        """
        SELECT p.worker_id, c.month, p.id, c.payment_id
        FROM earlier_periods p
        JOIN contributions c ON c.worker_id = p.worker_id
            AND c.month >= p.from_month AND c.month < p.until_month
        WHERE p.state IN ('counted', 'retracting')
        """,
    ),
    "nobody_owes_a_month_after_the_membership": (
        "Iuran masih ditagih untuk bulan sesudah kepesertaan berakhir.",
        """
        SELECT e.worker_id, e.until_month, c.month
        FROM enrolments e
        JOIN contributions c ON c.worker_id = e.worker_id AND c.month >= e.until_month
            AND c.payment_id IS NULL
        WHERE e.until_month IS NOT NULL AND ONLY(workers, e.worker_id) AND NOT EXISTS (
            SELECT FROM enrolments later WHERE later.worker_id = e.worker_id
                AND later.from_month <= c.month
                AND (later.until_month IS NULL OR later.until_month > c.month)
        )
        """,
    ),
    "payment_is_for_months_that_were_billed": (
        "Pembayaran untuk bulan yang tidak ada iurannya.",
        """
        SELECT m.payment_id, m.worker_id, m.month FROM payment_months m
        WHERE ONLY(payments, m.payment_id) AND NOT EXISTS (
            SELECT FROM contributions c WHERE c.worker_id = m.worker_id AND c.month = m.month
        ) AND NOT EXISTS (
            SELECT FROM closed_contributions c
            WHERE c.worker_id = m.worker_id AND c.month = m.month
        )
        """,
    ),
}

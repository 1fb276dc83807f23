"""Invariants of what BPJS paid for commissions and of payouts to agents, as queries."""

from __future__ import annotations

# The legs that rows ask for, beside those of the entries of a kind.
_LEGS = """
    SELECT want.source, want.account, want.amount_idr, booked.account AS booked,
           booked.amount_idr AS booked_idr
    FROM ({wanted}) want
    FULL JOIN (
        SELECT e.source, l.account, l.amount_idr
        FROM entries e JOIN postings l ON l.entry_id = e.id
        WHERE e.kind = '{kind}'
    ) booked ON booked.source = want.source AND booked.account = want.account
    WHERE want.amount_idr IS DISTINCT FROM booked.amount_idr
"""
_LINES = """
    SELECT source, account, sum(amount_idr) AS amount_idr FROM (
        SELECT 'payout:' || p.key AS source, leg.*
        FROM payout_lines p CROSS JOIN LATERAL (VALUES {legs}) leg (account, amount_idr)
        WHERE {when} AND leg.amount_idr <> 0
    ) each GROUP BY source, account
"""
_SENT = "('sent:commission:' || p.office_id, {sign}p.net_idr)"
_PAYABLE = "('payable:commission:agent:' || p.agent_id, {sign}p.net_idr)"
_BANK = "('bank:commission:' || p.office_id, {sign}p.net_idr)"


def _of_lines(kind: str, when: str, *legs: str) -> str:
    wanted = _LINES.format(legs=", ".join(legs), when=when)
    return _LEGS.format(wanted=wanted, kind=kind)


CHECKS: dict[str, tuple[str, str]] = {
    "withheld_payout_has_its_entry": (
        "Pembayaran komisi tanpa ayat jurnal pajak dan potongannya, atau sebaliknya.",
        _of_lines(
            "commission.withheld",
            "p.withheld_at IS NOT NULL AND p.gross_idr > 0",
            "('owed:commission:agent:' || p.agent_id, p.gross_idr)",
            "('tax:withheld:' || p.office_id, -p.tax_idr)",
            "('shortage:agent:' || p.agent_id, -p.deduction_idr)",
            "('payable:commission:agent:' || p.agent_id,"
            " p.tax_idr + p.deduction_idr - p.gross_idr)",
        ),
    ),
    "sent_payout_has_its_entry": (
        "Pembayaran komisi yang dikirim tanpa ayat jurnal, atau sebaliknya.",
        _of_lines(
            "commission.sent",
            "p.sent_at IS NOT NULL",
            _PAYABLE.format(sign=""),
            _SENT.format(sign="-"),
        ),
    ),
    "paid_payout_has_its_entry": (
        "Komisi yang sampai di rekening agen tanpa ayat jurnal, atau sebaliknya.",
        _of_lines(
            "commission.paid",
            "p.state IN ('succeeded', 'returned')",
            _SENT.format(sign=""),
            _BANK.format(sign="-"),
        ),
    ),
    "failed_payout_is_owed_again": (
        "Pembayaran komisi yang gagal tidak menjadi utang lagi, atau sebaliknya.",
        _of_lines(
            "commission.failed",
            "p.state = 'failed'",
            _SENT.format(sign=""),
            _PAYABLE.format(sign="-"),
        ),
    ),
    "returned_payout_is_owed_again": (
        "Komisi yang dikembalikan bank tidak menjadi utang lagi, atau sebaliknya.",
        _of_lines(
            "commission.returned",
            "p.state = 'returned'",
            _BANK.format(sign=""),
            _PAYABLE.format(sign="-"),
        ),
    ),
    "withholding_is_that_of_its_payout": (
        "Pajak komisi di daftar pemotongan berbeda dari pembayarannya.",
        """
        SELECT w.line_id, w.tax_idr, w.gross_idr, p.tax_idr AS line_tax_idr,
               p.gross_idr AS line_gross_idr
        FROM withholdings w
        FULL JOIN (
            SELECT * FROM payout_lines
            WHERE withheld_at IS NOT NULL AND tax_idr > 0
        ) p ON p.id = w.line_id
        WHERE (w.tax_idr, w.gross_idr) IS DISTINCT FROM (p.tax_idr, p.gross_idr)
            AND (w.tax_idr > 0 OR p.tax_idr > 0)
        """,
    ),
    "confirmed_receipt_has_its_entry": (
        "Pembayaran insentif BPJS tanpa ayat jurnal sebesar itu, atau sebaliknya.",
        _LEGS.format(
            kind="commission.received",
            wanted="""
                SELECT source, account, sum(amount_idr) AS amount_idr FROM (
                    SELECT 'commission_receipt:' || r.id AS source, leg.*
                    FROM commission_receipts r CROSS JOIN LATERAL (VALUES
                        ('bank:commission:' || r.office_id, r.gross_idr - r.tax_idr),
                        ('tax:prepaid:' || r.office_id, r.tax_idr),
                        ('claim:commission:' || r.office_id, -r.gross_idr),
                        ('expected:commission:office:' || r.office_id, r.office_idr),
                        ('owed:commission:office:' || r.office_id, -r.office_idr)
                    ) leg (account, amount_idr)
                    WHERE r.state = 'confirmed'
                    UNION ALL
                    SELECT 'commission_receipt:' || r.id, leg.*
                    FROM commission_receipts r
                    JOIN commission_receipt_lines l ON l.receipt_id = r.id
                    JOIN statements s ON s.id = l.statement_id
                    CROSS JOIN LATERAL (VALUES
                        ('expected:commission:agent:' || s.agent_id, l.freed_idr),
                        ('owed:commission:agent:' || s.agent_id, -l.freed_idr)
                    ) leg (account, amount_idr)
                    WHERE r.state = 'confirmed'
                ) each
                WHERE amount_idr <> 0 GROUP BY source, account
            """,
        ),
    ),
    "receipt_is_the_sum_of_its_lines": (
        "Pembayaran insentif BPJS bukan jumlah rinciannya.",
        """
        SELECT r.id, r.gross_idr, r.office_idr, sum(l.paid_idr) AS lines_idr
        FROM commission_receipts r
        LEFT JOIN commission_receipt_lines l ON l.receipt_id = r.id
        GROUP BY r.id HAVING r.gross_idr <> r.office_idr + coalesce(sum(l.paid_idr), 0)
        """,
    ),
    "statement_received_what_was_confirmed": (
        "Komisi yang tercatat dibayar BPJS berbeda dari pembayaran yang dikonfirmasi.",
        """
        SELECT s.id, s.received_idr, got.paid_idr
        FROM (
            SELECT * FROM statements WHERE received_idr IS NOT NULL
        ) s
        FULL JOIN (
            SELECT l.statement_id, sum(l.paid_idr) AS paid_idr
            FROM commission_receipt_lines l
            JOIN commission_receipts r ON r.id = l.receipt_id AND r.state = 'confirmed'
            GROUP BY l.statement_id
        ) got ON got.statement_id = s.id
        WHERE s.received_idr IS DISTINCT FROM got.paid_idr
        """,
    ),
    "booked_commission_difference_has_its_entry": (
        "Penyelesaian selisih komisi dengan BPJS tanpa ayat jurnal, atau sebaliknya.",
        _LEGS.format(
            kind="commission.difference_booked",
            wanted="""
                SELECT 'commission_difference:' || d.id AS source, leg.*
                FROM commission_differences d JOIN statements s ON s.id = d.statement_id
                CROSS JOIN LATERAL (VALUES
                    ('claim:commission:' || d.office_id, d.amount_idr),
                    ('expected:commission:agent:' || s.agent_id, -d.amount_idr),
                    ('expense:commission:' || d.office_id,
                     CASE d.way WHEN 'office_bears' THEN -d.amount_idr ELSE 0 END),
                    ('owed:commission:agent:' || s.agent_id,
                     CASE d.way WHEN 'office_bears' THEN d.amount_idr ELSE 0 END)
                ) leg (account, amount_idr)
                WHERE d.state = 'booked' AND leg.amount_idr <> 0
            """,
        ),
    ),
    "payouts_are_seen_by_two": (
        "Pembayaran komisi disetujui oleh yang menyiapkannya, atau oleh agen di dalamnya.",
        """
        SELECT b.id, b.prepared_by, b.decided_by FROM payout_batches b
        WHERE b.state IN ('approved', 'sent', 'finished')
            AND (b.decided_by = b.prepared_by OR EXISTS (
                SELECT FROM payout_lines p JOIN agents a ON a.id = p.agent_id
                WHERE p.batch_id = b.id AND p.state <> 'cancelled' AND a.user_id = b.decided_by
            ))
        """,
    ),
}

"""Invariants of what was paid to BPJS, and of differences with it, as queries."""

from __future__ import annotations

CHECKS: dict[str, tuple[str, str]] = {
    "confirmed_remittance_has_its_entry": (
        "Setoran ke BPJS dikonfirmasi tanpa ayat jurnal sebesar itu, atau sebaliknya.",
        """
        SELECT r.id, r.account, r.amount_idr, booked.source, booked.amount_idr AS booked_idr
        FROM (
            SELECT m.id, leg.* FROM remittances m
            CROSS JOIN LATERAL (VALUES
                ('owed:bpjs:' || m.office_id, m.amount_idr),
                ('bank:collection:' || m.office_id, -coalesce(m.paid_idr, m.amount_idr)),
                ('difference:bpjs:' || m.office_id, m.paid_idr - m.amount_idr)
            ) leg (account, amount_idr)
            WHERE m.state = 'confirmed' AND leg.amount_idr <> 0
        ) r
        FULL JOIN (
            SELECT e.source, l.account, l.amount_idr
            FROM entries e JOIN postings l ON l.entry_id = e.id
            WHERE e.kind = 'remittance.confirmed'
        ) booked ON booked.source = 'remittance:' || r.id AND booked.account = r.account
        WHERE r.amount_idr IS DISTINCT FROM booked.amount_idr
        """,
    ),
    "difference_is_what_bpjs_was_paid_otherwise": (
        "Selisih sebuah setoran tidak sama dengan jumlah BPJS dikurangi jumlah kantor.",
        """
        SELECT r.id, r.off_idr, d.amount_idr
        FROM (
            SELECT id, paid_idr - amount_idr AS off_idr FROM remittances
            WHERE paid_idr IS NOT NULL
        ) r
        FULL JOIN (
            SELECT remittance_id, sum(theirs_idr - ours_idr) AS amount_idr
            FROM remittance_differences WHERE kind = 'sum' GROUP BY remittance_id
        ) d ON d.remittance_id = r.id
        WHERE coalesce(r.off_idr, 0) <> coalesce(d.amount_idr, 0)
        """,
    ),
    "open_differences_are_on_their_account": (
        "Akun selisih BPJS tidak sama dengan selisih yang belum selesai.",
        """
        SELECT kept.account, kept.amount_idr, found.amount_idr AS open_idr
        FROM (
            SELECT account, amount_idr FROM balances
            WHERE (account LIKE 'difference:bpjs:%' OR account LIKE 'claim:bpjs:%')
              AND amount_idr <> 0
        ) kept
        FULL JOIN (
            SELECT CASE kind WHEN 'sum' THEN 'difference:bpjs:' ELSE 'claim:bpjs:' END
                   || office_id AS account, sum(theirs_idr - ours_idr) AS amount_idr
            FROM remittance_differences WHERE settled_at IS NULL GROUP BY 1
        ) found ON found.account = kept.account
        WHERE coalesce(kept.amount_idr, 0) <> coalesce(found.amount_idr, 0)
        """,
    ),
    "second_payment_has_its_entry": (
        "Pembayaran kedua ke BPJS dicatat tanpa ayat jurnal sebesar itu, atau sebaliknya.",
        """
        SELECT d.id, d.theirs_idr, booked.source, booked.amount_idr
        FROM (SELECT * FROM remittance_differences WHERE kind = 'again') d
        FULL JOIN (
            SELECT e.source, l.account, l.amount_idr
            FROM entries e JOIN postings l ON l.entry_id = e.id
            WHERE e.kind = 'remittance.paid_again' AND l.amount_idr > 0
        ) booked ON booked.source = 'remittance:' || d.remittance_id || ':' || ref_key(d.bpjs_ref)
            AND booked.account = 'claim:bpjs:' || d.office_id
        WHERE d.theirs_idr IS DISTINCT FROM booked.amount_idr
        """,
    ),
    "booked_settlement_has_its_entry": (
        "Penyelesaian selisih BPJS dibukukan tanpa ayat jurnal sebesar itu, atau sebaliknya.",
        """
        SELECT s.id, s.amount_idr, s.inside_idr, booked.source, booked.amount_idr AS booked_idr
        FROM (
            SELECT t.id, t.amount_idr,
                   CASE t.kind WHEN 'sum' THEN 'difference:bpjs:' ELSE 'claim:bpjs:' END
                   || t.office_id AS account,
                   (SELECT sum(theirs_idr - ours_idr) FROM remittance_differences d
                    WHERE d.settlement_id = t.id AND d.settled_at IS NOT NULL) AS inside_idr
            FROM difference_settlements t WHERE t.state = 'booked'
        ) s
        FULL JOIN (
            SELECT e.source, l.account, l.amount_idr
            FROM entries e JOIN postings l ON l.entry_id = e.id
            WHERE e.kind = 'difference.settled'
              AND (l.account LIKE 'difference:bpjs:%' OR l.account LIKE 'claim:bpjs:%')
        ) booked ON booked.source = 'settlement:' || s.id AND booked.account = s.account
        WHERE s.amount_idr IS DISTINCT FROM -booked.amount_idr
           OR s.amount_idr IS DISTINCT FROM s.inside_idr
        """,
    ),
}

"""What must always be true of the books: named queries that return no rows while all is well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.ledger import transfer_checks

SHOWN = 20

# name -> (what is wrong when a row comes back, the query); each reads whole tables, set-wise.
CHECKS: dict[str, tuple[str, str]] = {
    "entries_sum_to_zero": (
        "Ayat jurnal tidak seimbang, atau tanpa baris.",
        """
        SELECT e.id, e.kind, e.source, sum(p.amount_idr) AS off_idr
        FROM entries e LEFT JOIN postings p ON p.entry_id = e.id
        GROUP BY e.id HAVING coalesce(sum(p.amount_idr), 1) <> 0
        """,
    ),
    "settled_payment_has_its_entry": (
        "Pembayaran lunas tanpa ayat jurnal sebesar itu, atau ayat jurnal tanpa pembayaran lunas.",
        """
        SELECT p.reference, p.state, p.amount_idr, booked.source, booked.amount_idr AS booked_idr
        FROM (SELECT * FROM payments WHERE settled_at IS NOT NULL) p
        FULL JOIN (
            SELECT e.source, sum(l.amount_idr) FILTER (WHERE l.amount_idr > 0) AS amount_idr
            FROM entries e JOIN postings l ON l.entry_id = e.id
            WHERE e.kind = 'payment.settled' GROUP BY e.source
        ) booked ON booked.source = p.reference
        WHERE p.amount_idr IS DISTINCT FROM booked.amount_idr
        """,
    ),
    "refunded_payment_has_its_entry": (
        "Pembayaran dikembalikan tanpa ayat jurnal sebesar itu, atau sebaliknya.",
        """
        SELECT p.reference, p.amount_idr, booked.source, booked.amount_idr AS booked_idr
        FROM (SELECT * FROM payments WHERE state = 'refunded') p
        FULL JOIN (
            SELECT e.source, sum(l.amount_idr) FILTER (WHERE l.amount_idr > 0) AS amount_idr
            FROM entries e JOIN postings l ON l.entry_id = e.id
            WHERE e.kind = 'payment.refunded' GROUP BY e.source
        ) booked ON booked.source = p.reference
        WHERE p.amount_idr IS DISTINCT FROM booked.amount_idr
        """,
    ),
    "state_is_the_last_move": (
        "Keadaan pembayaran tidak sama dengan langkah terakhirnya.",
        """
        SELECT p.reference, p.state
        FROM payments p
        WHERE NOT EXISTS (
            SELECT FROM payment_moves m WHERE m.payment_id = p.id AND m.to_state = p.state
        ) OR EXISTS (
            SELECT FROM payment_moves m WHERE m.payment_id = p.id AND m.from_state = p.state
        )
        """,
    ),
    "payment_asks_for_its_months": (
        "Jumlah tagihan tidak sama dengan jumlah bulan-bulannya.",
        """
        SELECT p.reference, p.amount_idr, sum(m.amount_idr) AS months_idr
        FROM payments p LEFT JOIN payment_months m ON m.payment_id = p.id
        GROUP BY p.id HAVING p.amount_idr IS DISTINCT FROM sum(m.amount_idr)
        """,
    ),
    **transfer_checks.CHECKS,
    "no_cash_is_negative": (
        "Titipan seorang agen menurut jurnal kurang dari nol.",
        """
        SELECT account, sum(amount_idr) AS balance_idr FROM postings
        WHERE account LIKE 'cash:agent:%' GROUP BY account HAVING sum(amount_idr) < 0
        """,
    ),
    "bank_is_not_negative": (
        "Saldo rekening penampungan menurut jurnal kurang dari nol.",
        """
        SELECT account, sum(amount_idr) AS balance_idr FROM postings
        WHERE account LIKE 'bank:collection:%' GROUP BY account HAVING sum(amount_idr) < 0
        """,
    ),
    "no_worker_is_owed_less_than_nothing": (
        "Utang kita kepada seorang pekerja menurut jurnal kurang dari nol.",
        """
        SELECT account, sum(amount_idr) AS balance_idr FROM postings
        WHERE account LIKE 'owed:worker:%' GROUP BY account HAVING sum(amount_idr) > 0
        """,
    ),
    "cash_is_what_was_not_deposited": (
        "Titipan agen menurut jurnal berbeda dari pembayaran tunai yang belum disetor.",
        """
        SELECT held.account, held.amount_idr, booked.account AS booked,
               booked.amount_idr AS booked_idr
        FROM (
            SELECT 'cash:agent:' || p.agent_id AS account, sum(p.amount_idr) AS amount_idr
            FROM payments p LEFT JOIN deposits d ON d.id = p.deposit_id
            WHERE p.custody = 'agent' AND p.state = 'settled'
              AND d.state IS DISTINCT FROM 'confirmed'
            GROUP BY p.agent_id
        ) held
        FULL JOIN (
            SELECT account, sum(amount_idr) AS amount_idr FROM postings
            WHERE account LIKE 'cash:agent:%' GROUP BY account HAVING sum(amount_idr) <> 0
        ) booked ON booked.account = held.account
        WHERE held.amount_idr IS DISTINCT FROM booked.amount_idr
        """,
    ),
    "deposit_is_the_sum_of_its_payments": (
        "Setoran agen tidak sama dengan pembayaran tunai di dalamnya.",
        """
        SELECT d.id, d.state, d.amount_idr, sum(p.amount_idr) AS payments_idr
        FROM deposits d LEFT JOIN payments p ON p.deposit_id = d.id
        GROUP BY d.id
        HAVING CASE d.state WHEN 'returned' THEN 0 ELSE d.amount_idr END
            <> coalesce(sum(p.amount_idr), 0)
        """,
    ),
    "confirmed_deposit_has_its_entry": (
        "Setoran agen dikonfirmasi tanpa ayat jurnal sebesar itu, atau sebaliknya.",
        """
        SELECT d.id, d.amount_idr, booked.source, booked.amount_idr AS booked_idr
        FROM (SELECT * FROM deposits WHERE state = 'confirmed') d
        FULL JOIN (
            SELECT e.source, l.account, l.amount_idr
            FROM entries e JOIN postings l ON l.entry_id = e.id
            WHERE e.kind = 'deposit.confirmed' AND l.amount_idr > 0
        ) booked ON booked.source = 'deposit:' || d.id
            AND booked.account = 'bank:collection:' || d.office_id
        WHERE d.amount_idr IS DISTINCT FROM booked.amount_idr
        """,
    ),
    "collected_contribution_has_its_money": (
        "Iuran tercatat dibayar, tetapi pembayarannya tidak lunas atau bukan untuk bulan itu.",
        """
        SELECT c.worker_id, c.month, c.payment_id, p.state
        FROM contributions c
        LEFT JOIN payments p ON p.id = c.payment_id
        LEFT JOIN payment_months m ON m.payment_id = c.payment_id
            AND m.worker_id = c.worker_id AND m.month = c.month AND m.amount_idr = c.amount_idr
        WHERE c.payment_id IS NOT NULL AND (
            m.payment_id IS NULL
            OR NOT (p.state = 'settled' OR (p.state = 'refunded' AND c.remittance_id IS NOT NULL))
        )
        """,
    ),
    "owed_to_bpjs_is_what_was_collected": (
        "Utang ke BPJS menurut jurnal berbeda dari iuran yang terkumpul dan belum dikonfirmasi.",
        """
        SELECT due.account, due.total_idr, booked.account AS booked,
               booked.total_idr AS booked_idr
        FROM (
            SELECT 'owed:bpjs:' || office_id AS account, sum(amount_idr) AS total_idr
            FROM contributions WHERE payment_id IS NOT NULL AND confirmed_at IS NULL
            GROUP BY office_id
        ) due
        FULL JOIN (
            SELECT account, -sum(amount_idr) AS total_idr
            FROM postings WHERE account LIKE 'owed:bpjs:%' GROUP BY account
        ) booked ON booked.account = due.account
        WHERE coalesce(due.total_idr, 0) <> coalesce(booked.total_idr, 0)
        """,
    ),
    "remittance_is_the_sum_of_its_contributions": (
        "Setoran ke BPJS tidak sama dengan iuran di dalamnya, atau iurannya tidak ikut berubah.",
        """
        SELECT r.id, r.state, r.count, r.amount_idr, inside.count AS inside,
               inside.amount_idr AS inside_idr, inside.confirmed, inside.offices
        FROM remittances r
        FULL JOIN (
            SELECT remittance_id, count(*) AS count, sum(amount_idr) AS amount_idr,
                   count(confirmed_at) AS confirmed,
                   ARRAY[min(office_id), max(office_id)] AS offices
            FROM contributions WHERE remittance_id IS NOT NULL GROUP BY remittance_id
        ) inside ON inside.remittance_id = r.id
        WHERE r.id IS NULL
           OR CASE WHEN r.state = 'cancelled' THEN inside.count IS NOT NULL
              ELSE (inside.count, inside.amount_idr) IS DISTINCT FROM (r.count, r.amount_idr)
                OR inside.offices <> ARRAY[r.office_id, r.office_id]
                OR inside.confirmed <> CASE r.state WHEN 'confirmed' THEN r.count ELSE 0 END END
        """,
    ),
    "confirmed_remittance_has_its_entry": (
        "Setoran ke BPJS dikonfirmasi tanpa ayat jurnal sebesar itu, atau sebaliknya.",
        """
        SELECT r.id, r.amount_idr, booked.source, booked.amount_idr AS booked_idr
        FROM (SELECT * FROM remittances WHERE state = 'confirmed') r
        FULL JOIN (
            SELECT e.source, l.account, l.amount_idr
            FROM entries e JOIN postings l ON l.entry_id = e.id
            WHERE e.kind = 'remittance.confirmed' AND l.amount_idr > 0
        ) booked ON booked.source = 'remittance:' || r.id
            AND booked.account = 'owed:bpjs:' || r.office_id
        WHERE r.amount_idr IS DISTINCT FROM booked.amount_idr
        """,
    ),
    "settled_payment_has_a_receipt": (
        "Pembayaran lunas tanpa kuitansi, atau kuitansi tanpa pembayaran lunas.",
        """
        SELECT p.reference, r.number FROM payments p
        FULL JOIN receipts r ON r.payment_id = p.id
        WHERE (p.settled_at IS NULL) <> (r.payment_id IS NULL)
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
                ('expense:commission:' || a.office_id, a.agent_idr + a.office_idr),
                ('owed:commission:agent:' || a.agent_id, -a.agent_idr),
                ('owed:commission:office:' || a.office_id, -a.office_idr)
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
        WHERE w.agent_id IS DISTINCT FROM a.agent_id
        """,
    ),
    "contribution_has_a_worker": (
        "Iuran untuk pekerja yang tidak ada.",
        """
        SELECT c.worker_id, c.month FROM contributions c
        WHERE NOT EXISTS (SELECT FROM workers w WHERE w.id = c.worker_id)
        """,
    ),
}


@dataclass(frozen=True)
class Violation:
    """Something that must never be: which check, what it means, and one of its rows."""

    check: str
    sentence: str
    row: Mapping[str, Any]


def check(session: Session) -> list[Violation]:
    """Every violation, the first twenty of each check; none when the books are right."""
    return [
        Violation(name, CHECKS[name][0], row) for name, row in session.execute(text(_ALL)).all()
    ]


# One round trip for all, because this runs after every test and every night.
_ALL = " UNION ALL ".join(
    f"(SELECT '{name}' AS name, to_jsonb(wrong) AS wrong FROM ({query}) wrong LIMIT {SHOWN})"  # noqa: S608
    for name, (_, query) in CHECKS.items()
)

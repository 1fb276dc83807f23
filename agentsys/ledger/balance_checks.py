"""Invariants of journal entries and balances, as queries."""

from __future__ import annotations

CHECKS: dict[str, tuple[str, str]] = {
    "entries_sum_to_zero": (
        "Ayat jurnal tidak seimbang, atau tanpa baris.",
        """
        SELECT e.id, e.kind, e.source, sum(p.amount_idr) AS off_idr
        FROM entries e LEFT JOIN postings p ON p.entry_id = e.id
        WHERE ONLY(entries, e.id)
        GROUP BY e.id HAVING coalesce(sum(p.amount_idr), 1) <> 0
        """,
    ),
    "no_cash_is_negative": (
        "Titipan seorang agen menurut jurnal kurang dari nol.",
        """
        SELECT account, amount_idr AS balance_idr FROM balances
        WHERE account LIKE 'cash:agent:%' AND amount_idr < 0
        """,
    ),
    "bank_is_not_negative": (
        "Saldo rekening penampungan menurut jurnal kurang dari nol.",
        """
        SELECT account, amount_idr AS balance_idr FROM balances
        WHERE account LIKE 'bank:collection:%' AND amount_idr < 0
        """,
    ),
    "no_worker_is_owed_less_than_nothing": (
        "Utang kantor kepada seorang pekerja menurut jurnal kurang dari nol.",
        """
        SELECT account, amount_idr AS balance_idr FROM balances
        WHERE account LIKE 'owed:worker:%' AND amount_idr > 0
        """,
    ),
    "no_claim_on_a_worker_is_negative": (
        "Piutang kepada seorang pekerja menurut jurnal kurang dari nol.",
        """
        SELECT account, amount_idr AS balance_idr FROM balances
        WHERE account LIKE 'claim:worker:%' AND amount_idr < 0
        """,
    ),
    "cash_is_what_was_not_deposited": (
        "Titipan agen menurut jurnal berbeda dari pembayaran tunai yang belum disetor.",
        """
        SELECT held.account, held.amount_idr, booked.account AS booked,
               booked.amount_idr AS booked_idr
        FROM (
            SELECT 'cash:agent:' || p.agent_id AS account, sum(p.amount_idr) AS amount_idr
            FROM (
                SELECT agent_id, amount_idr FROM payments
                WHERE custody = 'agent' AND deposit_id IS NULL AND state = 'settled'
                UNION ALL
                SELECT y.agent_id, y.amount_idr FROM deposits d
                JOIN payments y ON y.deposit_id = d.id
                WHERE d.state <> 'confirmed' AND y.custody = 'agent' AND y.state = 'settled'
            ) p
            GROUP BY p.agent_id
        ) held
        FULL JOIN (
            SELECT account, amount_idr FROM balances
            WHERE account LIKE 'cash:agent:%' AND amount_idr <> 0
        ) booked ON booked.account = held.account
        WHERE held.amount_idr IS DISTINCT FROM booked.amount_idr
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
            SELECT account, -amount_idr AS total_idr
            FROM balances WHERE account LIKE 'owed:bpjs:%'
        ) booked ON booked.account = due.account
        WHERE coalesce(due.total_idr, 0) <> coalesce(booked.total_idr, 0)
        """,
    ),
    "kept_balances_equal_the_sums": (
        "Saldo yang disimpan berbeda dari jumlah ayat-ayat jurnalnya.",
        """
        SELECT coalesce(kept.account, posted.account) AS account, kept.amount_idr,
               posted.amount_idr AS posted_idr
        FROM balances kept
        FULL JOIN (
            SELECT account, sum(amount_idr) AS amount_idr FROM postings GROUP BY account
        ) posted ON posted.account = kept.account
        WHERE coalesce(kept.amount_idr, 0) <> coalesce(posted.amount_idr, 0)
        """,
    ),
}

"""The report of a closed month: what is counted once, when the month is sealed.

Each line of the match has the sum of the records of one side, and that of the journal. Records say
when something happened, entries when it was posted: late news are differences, and are listed.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.closing.models import MonthClosing

SHOWN = 200  # exceptions that the report lists; it counts all

# The sum of the positive lines of an entry is what it moved.
_JOURNAL = """
    SELECT coalesce(sum(p.amount_idr), 0)::bigint
    FROM entries e JOIN postings p ON p.entry_id = e.id AND p.amount_idr > 0
    WHERE e.kind = '{kind}' AND e.at >= :from_at AND e.at < :until_at
        AND office_of_account(p.account) = :office_id
"""
_COLLECTED = """
    SELECT coalesce(sum(p.amount_idr), 0)::bigint
    FROM entries e
    JOIN payments y ON y.reference = e.source AND y.custody = '{custody}'
    JOIN postings p ON p.entry_id = e.id AND p.amount_idr > 0
    WHERE e.kind = 'payment.settled' AND e.at >= :from_at AND e.at < :until_at
        AND y.office_id = :office_id
"""
_PAID = """
    SELECT coalesce(sum(amount_idr), 0)::bigint FROM payments
    WHERE office_id = :office_id AND custody = '{custody}'
        AND settled_at >= :from_at AND settled_at < :until_at
"""
# Who held the money, the records of that side, and the journal's.
_MATCH = {
    "gateway": (_PAID.format(custody="provider"), _COLLECTED.format(custody="provider")),
    "cash": (_PAID.format(custody="agent"), _COLLECTED.format(custody="agent")),
    "bank": (_PAID.format(custody="bank"), _COLLECTED.format(custody="bank")),
    "deposits": (
        """
        SELECT coalesce(sum(amount_idr), 0)::bigint FROM deposits
        WHERE office_id = :office_id AND state = 'confirmed' AND channel = ''
            AND decided_at >= :from_at AND decided_at < :until_at
        """,
        _JOURNAL.format(kind="deposit.confirmed"),
    ),
    "bpjs": (
        """
        SELECT coalesce(sum(amount_idr), 0)::bigint FROM remittances
        WHERE office_id = :office_id
            AND confirmed_at >= :from_at AND confirmed_at < :until_at
        """,
        _JOURNAL.format(kind="remittance.confirmed") + " AND p.account LIKE 'owed:bpjs:%'",
    ),
    "owed": (
        """
        SELECT coalesce(sum(c.amount_idr), 0)::bigint
        FROM contributions c JOIN payments y ON y.id = c.payment_id
        WHERE c.office_id = :office_id AND y.settled_at < :until_at
            AND (c.confirmed_at IS NULL OR c.confirmed_at >= :until_at)
        """,
        """
        SELECT coalesce(-sum(amount_idr), 0)::bigint FROM closed_balances
        WHERE closing_id = :closing_id AND account = 'owed:bpjs:' || :office_id
        """,
    ),
}
_MONTHS = text("""
    SELECT c.month,
        coalesce(sum(c.amount_idr) FILTER (
            WHERE y.settled_at >= :from_at), 0)::bigint AS collected_idr,
        coalesce(sum(c.amount_idr) FILTER (
            WHERE c.confirmed_at >= :from_at AND c.confirmed_at < :until_at
        ), 0)::bigint AS confirmed_idr,
        coalesce(sum(c.amount_idr) FILTER (
            WHERE c.confirmed_at IS NULL OR c.confirmed_at >= :until_at
        ), 0)::bigint AS waiting_idr
    FROM contributions c JOIN payments y ON y.id = c.payment_id
    WHERE c.office_id = :office_id AND y.settled_at < :until_at
        AND (y.settled_at >= :from_at OR c.confirmed_at IS NULL OR c.confirmed_at >= :from_at)
    GROUP BY c.month ORDER BY c.month
""")
# Entries of this month about closed ones, and payments of this month that were posted later.
_LATE = text("""
    SELECT e.kind, e.source, to_char(e.closed_month, 'YYYY-MM') AS month,
        sum(p.amount_idr)::bigint AS amount_idr, count(*) OVER () AS counted
    FROM entries e JOIN postings p ON p.entry_id = e.id AND p.amount_idr > 0
    WHERE e.closed_month IS NOT NULL AND e.at >= :from_at AND e.at < :until_at
        AND office_of_account(p.account) = :office_id
    GROUP BY e.id ORDER BY e.id LIMIT :limit
""")
# What was taken back between the end of the month and its closing: why "owed" differs.
_TAKEN_BACK = text("""
    SELECT e.kind, e.source, p.amount_idr
    FROM entries e JOIN postings p ON p.entry_id = e.id AND p.amount_idr > 0
    WHERE e.at >= :until_at AND p.account = 'owed:bpjs:' || :office_id
        AND e.kind <> 'remittance.confirmed'
    ORDER BY e.id LIMIT :limit
""")


def made(session: Session, closing: MonthClosing) -> dict[str, Any]:
    """What the report of a closed month says besides its balances, as JSON."""
    values = {
        "closing_id": closing.id,
        "office_id": closing.office_id,
        "from_at": closing.from_at,
        "until_at": closing.until_at,
    }
    late = session.execute(_LATE, values | {"limit": SHOWN}).all()
    return {
        "match": [
            {
                "key": key,
                "records_idr": session.scalar(text(records), values),
                "journal_idr": session.scalar(text(journal), values),
            }
            for key, (records, journal) in _MATCH.items()
        ],
        "months": [
            {
                "month": f"{row.month:%Y-%m}",
                "collected_idr": row.collected_idr,
                "confirmed_idr": row.confirmed_idr,
                "waiting_idr": row.waiting_idr,
            }
            for row in session.execute(_MONTHS, values)
        ],
        "late": [
            {
                "kind": row.kind,
                "source": row.source,
                "month": row.month,
                "amount_idr": row.amount_idr,
            }
            for row in late
        ],
        "taken_back": [
            dict(row._mapping) for row in session.execute(_TAKEN_BACK, values | {"limit": SHOWN})
        ],
        "late_count": late[0].counted if late else 0,
    }

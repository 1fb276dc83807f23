"""The report of a closed month: what is counted once, when the month is sealed.

The three-way match is that of the contributions for the month, as it is then.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.closing import three_way
from agentsys.closing.models import MonthClosing

SHOWN = 200  # exceptions that the report lists; it counts all

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
        "three_way": three_way.written(
            three_way.match(session, office_id=closing.office_id, month=closing.month)
        ),
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

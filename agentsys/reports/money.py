"""Contributions by month: billed, collected, sent to BPJS, confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.reports.asked import Asked

_MONTHS = """
SELECT c.month, count(*) AS billed, coalesce(sum(c.amount_idr), 0) AS billed_idr,
    count(c.payment_id) AS collected,
    coalesce(sum(c.amount_idr) FILTER (WHERE c.payment_id IS NOT NULL), 0) AS collected_idr,
    coalesce(sum(c.amount_idr) FILTER (WHERE c.remittance_id IS NOT NULL), 0) AS remitted_idr,
    count(c.confirmed_at) AS confirmed,
    coalesce(sum(c.amount_idr) FILTER (WHERE c.confirmed_at IS NOT NULL), 0) AS confirmed_idr
FROM contributions c
WHERE {contributions} AND c.month BETWEEN :first AND :last
GROUP BY c.month
"""


@dataclass(frozen=True, kw_only=True)
class MonthMoney:
    """The contributions of one month: how many people, and rupiah.

    Each step is part of the one before: what is confirmed was remitted, collected and billed.
    Bills that were closed, such as after a death, are not among them.
    """

    month: date
    billed: int = 0
    billed_idr: int = 0
    collected: int = 0
    collected_idr: int = 0
    remitted_idr: int = 0
    confirmed: int = 0
    confirmed_idr: int = 0


def months(session: Session, asked: Asked) -> Sequence[MonthMoney]:
    """Every month that was asked for, the oldest first; one without bills is all zero."""
    query = _MONTHS.format(contributions=asked.contributions)
    found = {
        row.month: MonthMoney(
            month=row.month,
            **{name: int(value) for name, value in row._mapping.items() if name != "month"},
        )
        for row in session.execute(text(query), asked.values())
    }
    return [found.get(month) or MonthMoney(month=month) for month in asked.months]

"""What a hand-over moves and what stays: workers, months, waiting payments, cash, mandates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.months import add_months

_SHOWN_MONTHS = 12


@dataclass(frozen=True, kw_only=True)
class Sum:
    """So many things, and their rupiah."""

    count: int
    amount_idr: int


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one new agent gets."""

    agent_id: int
    name: str
    code: str
    office_name: str
    workers: int
    has_workers: int  # before
    open_months: int
    open_idr: int


@dataclass(frozen=True, kw_only=True)
class MonthOf:
    """Who earns one month: the old agent what is paid, the new ones what is not."""

    month: date
    paid: int
    paid_idr: int
    open: int
    open_idr: int


@dataclass(frozen=True, kw_only=True)
class Preview:
    """All that the page of a hand-over shows of what it is about."""

    shares: Sequence[Share]
    months: Sequence[MonthOf]  # newest first
    waiting: Sum  # payments that were asked for and are not paid yet
    cash: Sum  # taken by the old agent for these workers, not handed in yet
    mandates: int

    @property
    def open(self) -> Sum:
        """All open months together."""
        return Sum(
            count=sum(share.open_months for share in self.shares),
            amount_idr=sum(share.open_idr for share in self.shares),
        )


# Open months are with the old agent before the hand-over, and with the new one after it.
_SHARES = text("""
SELECT a.id AS agent_id, a.name, a.code, o.name AS office_name, h.workers,
    (SELECT count(*) FROM workers w WHERE w.agent_id = a.id) AS has_workers,
    h.open_months, h.open_idr
FROM (
    SELECT h.to_agent_id, count(DISTINCT h.worker_id) AS workers, count(c.month) AS open_months,
        coalesce(sum(c.amount_idr), 0)::bigint AS open_idr
    FROM handover_workers h
    LEFT JOIN contributions c ON c.worker_id = h.worker_id AND c.payment_id IS NULL
        AND c.agent_id IN (:from_agent_id, h.to_agent_id)
    WHERE h.handover_id = :id GROUP BY 1
) AS h
JOIN agents a ON a.id = h.to_agent_id
JOIN offices o ON o.id = a.office_id
ORDER BY a.name, a.id
""")
_MONTHS = text("""
SELECT c.month,
    count(*) FILTER (WHERE c.payment_id IS NOT NULL AND c.agent_id = :from_agent_id) AS paid,
    coalesce(sum(c.amount_idr) FILTER (
        WHERE c.payment_id IS NOT NULL AND c.agent_id = :from_agent_id), 0)::bigint AS paid_idr,
    count(*) FILTER (WHERE c.payment_id IS NULL) AS open,
    coalesce(sum(c.amount_idr) FILTER (WHERE c.payment_id IS NULL), 0)::bigint AS open_idr
FROM handover_workers h
JOIN contributions c ON c.worker_id = h.worker_id AND c.month >= :since
WHERE h.handover_id = :id GROUP BY 1 ORDER BY 1 DESC
""")
_WAITING = text("""
SELECT count(*) AS count, coalesce(sum(p.amount_idr), 0)::bigint AS amount_idr
FROM payments p JOIN handover_workers h ON h.worker_id = p.worker_id AND h.handover_id = :id
WHERE p.state IN ('created', 'pending')
""")
_CASH = text("""
SELECT count(*) AS count, coalesce(sum(p.amount_idr), 0)::bigint AS amount_idr
FROM payments p JOIN handover_workers h ON h.worker_id = p.worker_id AND h.handover_id = :id
WHERE p.agent_id = :from_agent_id AND p.custody = 'agent' AND p.deposit_id IS NULL
    AND p.state = 'settled'
""")
_MANDATES = text("""
SELECT count(DISTINCT m.id) FROM handover_workers h
JOIN mandate_workers w ON w.worker_id = h.worker_id
JOIN mandates m ON m.id = w.mandate_id AND m.state <> 'ended'
WHERE h.handover_id = :id
""")


def preview(session: Session, *, handover_id: int, from_agent_id: int) -> Preview:
    """What the hand-over is about, as it stands now."""
    values = {
        "id": handover_id,
        "from_agent_id": from_agent_id,
        "since": add_months(clock.this_month(), -_SHOWN_MONTHS),
    }
    return Preview(
        shares=[Share(**row._mapping) for row in session.execute(_SHARES, values)],
        months=[MonthOf(**row._mapping) for row in session.execute(_MONTHS, values)],
        waiting=Sum(**session.execute(_WAITING, values).one()._mapping),
        cash=Sum(**session.execute(_CASH, values).one()._mapping),
        mandates=int(session.scalar(_MANDATES, values) or 0),
    )

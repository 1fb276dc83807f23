"""An agent's count of the cash: recorded first, then shown beside the expected sum.

All counts are kept, wrong ones too: who counts until the sum fits is noticed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.many import among
from agentsys.payments import counting, custody, deposit_moves, shortages
from agentsys.payments.count_models import CashCount

HOLDS_FOR = timedelta(hours=12)  # after that the cash is counted again


@dataclass(frozen=True, kw_only=True)
class Counted:
    """The newest count that still fits the receipts in hand."""

    receipts: int
    expected_idr: int
    counted_idr: int
    counted_at: datetime

    @property
    def short_idr(self) -> int:
        """How much less was counted than expected; negative: more."""
        return self.expected_idr - self.counted_idr


def record(
    session: Session,
    *,
    agent_id: int,
    actor_id: int,
    counted_idr: int,
    counts: Mapping[str, int],
    receipts: int | None = None,
) -> CashCount:
    """Write down a count of the oldest receipts' cash, or of all; Refused if there is no cash.

    The same count again, while it still fits, is the one that is known.
    """
    deposit_moves.locked_agent(session, agent_id)
    held = shortages.oldest(deposit_moves.cash_of(session, agent_id), receipts)
    expected = sum(amount for _, amount in held)
    newest = _newest(session, agent_id)
    what = (len(held), expected, counted_idr)
    if newest is not None and what == (newest.receipts, newest.expected_idr, newest.counted_idr):
        return newest
    count = CashCount(
        agent_id=agent_id,
        receipts=len(held),
        expected_idr=expected,
        counted_idr=counted_idr,
        counts=counting.check(counts, counted_idr),
        counted_by=actor_id,
        counted_at=clock.now(),
    )
    session.add(count)
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action="cash.counted",
        subject=f"agent:{agent_id}",
        details={
            "receipts": len(held),
            "expected_idr": expected,
            "counted_idr": counted_idr,
        },
    )
    return count


def latest(session: Session, agent_id: int) -> Counted | None:
    """The newest count, if it is recent and the receipts that it was about are still in hand."""
    count = _newest(session, agent_id)
    if count is None or count.counted_at < clock.now() - HOLDS_FOR:
        return None
    if custody.sum_of_oldest(session, agent_id, count.receipts) != count.expected_idr:
        return None
    return Counted(
        receipts=count.receipts,
        expected_idr=count.expected_idr,
        counted_idr=count.counted_idr,
        counted_at=count.counted_at,
    )


def used(session: Session, *, agent_id: int, deposit_id: int) -> None:
    """Note for which deposit the agent's counts were."""
    session.execute(
        update(CashCount)
        .where(CashCount.agent_id == agent_id, CashCount.deposit_id.is_(None))
        .values(deposit_id=deposit_id)
    )


def numbers(session: Session, deposit_ids: Collection[int]) -> Mapping[int, int]:
    """How often the cash of these deposits was counted before it was declared, by their ids."""
    if not deposit_ids:
        return {}
    rows = session.execute(
        select(CashCount.deposit_id, func.count())
        .where(among(CashCount.deposit_id, deposit_ids))
        .group_by(CashCount.deposit_id)
    )
    return {deposit_id: count for deposit_id, count in rows if deposit_id is not None}


def _newest(session: Session, agent_id: int) -> CashCount | None:
    return session.scalars(
        select(CashCount)
        .where(CashCount.agent_id == agent_id, CashCount.deposit_id.is_(None))
        .order_by(CashCount.id.desc())
        .limit(1)
    ).one_or_none()

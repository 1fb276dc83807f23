"""Closed months as rows, for tests of pages."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.closing import closings
from agentsys.closing.models import MonthClosing
from agentsys.months import add_months
from tests.factories import make_user
from tests.payments.world import World


def locked_month(session: Session, *, office_id: int, month: date, by: int) -> MonthClosing:
    """A month that was locked and is not sealed."""
    closing = MonthClosing(
        office_id=office_id,
        month=month,
        from_at=datetime.combine(month, time(), UTC),
        until_at=datetime.combine(add_months(month, 1), time(), UTC),
        last_entry_id=0,
        open_items=[{"key": "deposits", "count": 2, "amount_idr": 33_600}],
        note="Slip bank menyusul",
        closed_by=by,
    )
    session.add(closing)
    session.flush()
    return closing


def long_ago(session: Session, *, office_id: int, number: int) -> dict[str, int]:
    """A locked month long before anything happened; another one for each number."""
    month = add_months(date(2000, 1, 1), number % 300)
    by = make_user(session, office_id=office_id).id
    return {"closing_id": locked_month(session, office_id=office_id, month=month, by=by).id}


def closed_months(world: World) -> dict[str, list[int]]:
    """A sealed month, before anything happened."""
    month = add_months(clock.this_month(), -4)
    locked = locked_month(
        world.session, office_id=world.office_id, month=month, by=world.finance.id
    )
    return {"closing_id": [closings.seal(world.session, closing_id=locked.id).id]}

"""A world whose months can be closed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import time_machine

from agentsys import clock
from agentsys.closing import closings
from agentsys.closing.models import MonthClosing
from agentsys.db import transaction
from agentsys.ledger.proofs import prove
from agentsys.months import add_months
from agentsys.people.models import Office
from tests.payments.world import World


def office_of(world: World) -> Office:
    """The office of the world."""
    return world.session.get_one(Office, world.office_id)


def to_close(world: World) -> list[date]:
    """The months that the office of the world may close now."""
    office = office_of(world)
    return closings.to_close(world.session, office_id=office.id, zone=office.zone)


def running_month(world: World) -> date:
    """The month that runs now, on the office's clock."""
    return clock.now().astimezone(ZoneInfo(office_of(world).zone)).date().replace(day=1)


@contextmanager
def next_month(world: World, *, day: int = 3, later: int = 1) -> Iterator[date]:
    """Be in a later month, with the books audited; gives the month that runs outside."""
    month = running_month(world)
    first = add_months(month, later)
    moment = datetime.combine(first, time(10), ZoneInfo(office_of(world).zone))
    with time_machine.travel(moment + timedelta(days=day - 1), tick=True):
        prove(transaction, by="test")
        yield month


def close(world: World, month: date, note: str = "Dilanjutkan") -> MonthClosing:
    """Lock and seal a month as finance."""
    locked = closings.lock(
        world.session,
        office_id=world.office_id,
        month=month,
        note=note,
        actor_id=world.finance.id,
    )
    return closings.seal(world.session, closing_id=locked.id)

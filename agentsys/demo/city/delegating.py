"""A supervisor of the demo city who is away this week, and the colleague who approves meanwhile."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from agentsys.demo.city.staff import Staff
from agentsys.people import delegates
from agentsys.people.substitutes import today

DAYS = 6


def play(session: Session, *, staff: Staff) -> None:
    """Name the supervisor of the logins as the delegate of another one; small cities have none."""
    leaders = list(dict.fromkeys(each.supervisor_id for each in staff.of_office(staff.main_id)))
    if len(leaders) < 2:
        return
    delegates.name(
        session,
        user_id=leaders[-1],
        delegate_id=leaders[0],
        from_on=today(),
        until_on=today() + timedelta(days=DAYS),
        reason="Umrah",
        actor_id=leaders[-1],
    )

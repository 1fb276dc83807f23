"""Billing that runs by itself: each office on its own day and hour, in its own time zone.

What is due is read from rows: an hour in which no worker process ran is made up by the next run,
and a month is billed by the schedule once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.contributions import billing
from agentsys.contributions.models import BillingRun
from agentsys.contributions.schedule_models import LAST_DAY, BillingSchedule, ScheduledBilling
from agentsys.errors import Invalid, NotFound
from agentsys.months import add_months
from agentsys.people import scope
from agentsys.people.models import Office, User
from agentsys.people.offices import check_open

LATE_AFTER = timedelta(hours=3)  # the job runs every ten minutes


@dataclass(frozen=True, kw_only=True)
class ScheduleRow:
    """The schedule of one office, if it has one."""

    office_id: int
    office_name: str
    day: int | None
    hour: int | None
    next_at: datetime | None  # when the next month is billed; in the past if it is late
    last_month: date | None  # the newest month that the schedule billed
    last_at: datetime | None

    @property
    def is_late(self) -> bool:
        """Whether a month should have been billed long ago: no worker process runs, or it fails."""
        return self.next_at is not None and clock.now() > self.next_at + LATE_AFTER


def set_schedule(session: Session, *, office_id: int, day: int, hour: int, actor_id: int) -> None:
    """Bill an office on this day of each month from now on; the current month too, if not past."""
    scope.check_office(session, actor_id=actor_id, office_id=office_id)
    check_open(session, office_id)
    if not 1 <= day <= LAST_DAY:
        raise Invalid("Pilih tanggal 1 sampai {last}.", last=LAST_DAY, about="day")
    if not 0 <= hour <= 23:
        raise Invalid("Pilih jam 0 sampai 23.", about="hour")
    office = session.get_one(Office, office_id)
    month = clock.now().astimezone(ZoneInfo(office.zone)).date().replace(day=1)
    first = month if clock.now() <= _moment(month, day, hour, office.zone) else add_months(month, 1)
    kept = session.get(BillingSchedule, office_id, with_for_update=True)
    if kept is None:
        kept = BillingSchedule(office_id=office_id)
        session.add(kept)
    kept.day, kept.hour, kept.from_month = day, hour, first
    kept.set_by, kept.set_at = actor_id, clock.now()
    session.flush()
    _record(
        session, "scheduled", office_id, actor_id, {"day": day, "hour": hour, "from_month": first}
    )


def end_schedule(session: Session, *, office_id: int, actor_id: int) -> None:
    """Bill an office by hand again; NotFound if it has no schedule."""
    scope.check_office(session, actor_id=actor_id, office_id=office_id)
    kept = session.get(BillingSchedule, office_id, with_for_update=True)
    if kept is None:
        raise NotFound()
    session.delete(kept)
    session.flush()
    _record(session, "unscheduled", office_id, actor_id, {})


def schedules(session: Session, user: User) -> list[ScheduleRow]:
    """The schedules of all open offices that the user may see, by name."""
    newest = (
        select(
            ScheduledBilling.office_id,
            func.max(ScheduledBilling.month).label("month"),
            func.max(BillingRun.finished_at).label("at"),
        )
        .join(BillingRun, BillingRun.id == ScheduledBilling.run_id)
        .group_by(ScheduledBilling.office_id)
        .subquery()
    )
    rows = session.execute(
        select(Office.id, Office.name, Office.zone, BillingSchedule, newest.c.month, newest.c.at)
        .outerjoin(BillingSchedule, BillingSchedule.office_id == Office.id)
        .outerjoin(newest, newest.c.office_id == Office.id)
        .where(scope.of_office(user, Office.id), Office.closed_at.is_(None))
        .order_by(Office.name, Office.id)
    )
    return [
        ScheduleRow(
            office_id=office_id,
            office_name=name,
            day=kept.day if kept else None,
            hour=kept.hour if kept else None,
            next_at=_next(kept, month, zone) if kept else None,
            last_month=month,
            last_at=at,
        )
        for office_id, name, zone, kept, month, at in rows
    ]


def due(session: Session) -> Sequence[tuple[int, date]]:
    """The offices and months whose hour has come and that are not billed, the oldest first."""
    now = clock.now()
    rows = session.execute(
        select(BillingSchedule, Office.zone)
        .join(Office, Office.id == BillingSchedule.office_id)
        .where(Office.closed_at.is_(None))
    ).all()
    wanted = [
        (month, kept.office_id)
        for kept, zone in rows
        for month in _months_until(kept, now.astimezone(ZoneInfo(zone)).date())
        if _moment(month, kept.day, kept.hour, zone) <= now
    ]
    since = min((month for month, _ in wanted), default=now.date())
    rows_done = session.execute(
        select(ScheduledBilling.month, ScheduledBilling.office_id).where(
            ScheduledBilling.month >= since
        )
    )
    done = {(month, office_id) for month, office_id in rows_done}
    return [(office_id, month) for month, office_id in sorted(set(wanted) - done)]


def bill_due(session: Session, *, office_id: int, month: date) -> BillingRun | None:
    """Bill a month of an office; None if it was billed by the schedule, or has none, meanwhile.

    It needs a transaction of its own, as `billing.bill_month` does.
    """
    kept = session.get(BillingSchedule, office_id, with_for_update=True)
    if kept is None or session.get(ScheduledBilling, (office_id, month)) is not None:
        return None
    run = billing.bill_month(session, month=month, actor_id=None, office_id=office_id)
    session.add(ScheduledBilling(office_id=office_id, month=month, run_id=run.id))
    session.flush()
    return run


def _months_until(kept: BillingSchedule, today: date) -> list[date]:
    """The months of a schedule up to today; none that is too far back to be billed."""
    first = max(kept.from_month, add_months(today.replace(day=1), -billing.MONTHS_BACK))
    found = []
    while first <= today:
        found.append(first)
        first = add_months(first, 1)
    return found


def _next(kept: BillingSchedule, newest: date | None, zone: str) -> datetime:
    month = kept.from_month if newest is None else max(kept.from_month, add_months(newest, 1))
    return _moment(month, kept.day, kept.hour, zone)


def _moment(month: date, day: int, hour: int, zone: str) -> datetime:
    return datetime.combine(month.replace(day=day), time(hour), ZoneInfo(zone))


def _record(
    session: Session, what: str, office_id: int, actor_id: int, details: dict[str, object]
) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"billing.{what}",
        subject=f"office:{office_id}",
        details=details,
    )

"""Reminders of months that are due: each is sent once for an office, in its own daytime.

What is due is read from rows. After hours or days in which no worker process ran, only the
reminder of now goes out; those whose time is over do not follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import due, holidays
from agentsys.contributions.holiday_models import ReminderRun, ReminderStage
from agentsys.contributions.models import Contribution
from agentsys.events import record as events
from agentsys.extension.events import ContributionsDue
from agentsys.people.models import Office
from agentsys.workers.kinds import Funding

NEWS_FOR = timedelta(days=5)  # agents see it so long


@dataclass(frozen=True, kw_only=True)
class DueNews:
    """What an agent is told: a month is due, and how many of the agent's workers owe it."""

    month: date
    stage: ReminderStage
    due_on: date
    workers: int
    made_at: datetime


def waiting(session: Session) -> Sequence[tuple[int, date, ReminderStage]]:
    """Reminders that may be sent now and were not sent yet: office id, month and stage."""
    holidays.refresh(session)
    now = clock.now()
    rows = session.execute(
        select(Office.id, Office.zone).where(Office.closed_at.is_(None)).order_by(Office.id)
    )
    wanted = [
        (office_id, *found)
        for office_id, zone in rows
        if (found := due.going_out(now.astimezone(ZoneInfo(zone)))) is not None
    ]
    if not wanted:
        return []
    made = session.execute(
        select(ReminderRun.office_id, ReminderRun.month, ReminderRun.stage).where(
            ReminderRun.month >= min(month for _office, month, _stage in wanted)
        )
    )
    done = {(office_id, month, stage) for office_id, month, stage in made}
    return [each for each in wanted if each not in done]


def remind(session: Session, *, office_id: int, month: date, stage: ReminderStage) -> bool:
    """Send one reminder of an office; False if another process sent it meanwhile.

    Agents see it among their news, and plugins get `contributions.due`, to send it to workers.
    """
    due_on = due.due_on(month)
    owing = session.scalar(
        select(func.count(func.distinct(Contribution.worker_id))).where(
            Contribution.office_id == office_id, *_owed(month)
        )
    )
    made = session.scalar(
        insert(ReminderRun)
        .values(
            office_id=office_id,
            month=month,
            stage=stage,
            due_on=due_on,
            workers=owing or 0,
            made_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(ReminderRun.office_id)
    )
    if made is None:
        return False
    if owing:
        events.record(
            session,
            ContributionsDue(
                office_id=office_id,
                month=month,
                stage=stage.value,
                due_on=due_on,
                workers=owing,
            ),
            actor_id=None,
        )
    return True


def news_of(session: Session, *, agent_id: int, office_id: int) -> DueNews | None:
    """The newest reminder of an agent's office, if workers of the agent owe the month."""
    run = session.execute(
        select(ReminderRun.month, ReminderRun.stage, ReminderRun.due_on, ReminderRun.made_at)
        .where(ReminderRun.office_id == office_id, ReminderRun.made_at > clock.now() - NEWS_FOR)
        .order_by(ReminderRun.made_at.desc())
        .limit(1)
    ).one_or_none()
    if run is None:
        return None
    owing = session.scalar(
        select(func.count(func.distinct(Contribution.worker_id))).where(
            Contribution.agent_id == agent_id, *_owed(run.month)
        )
    )
    return DueNews(**run._mapping, workers=owing) if owing else None


def _owed(month: date) -> tuple[ColumnElement[bool], ...]:
    return (
        Contribution.payment_id.is_(None),
        Contribution.funding == Funding.SELF,
        Contribution.month <= month,
    )

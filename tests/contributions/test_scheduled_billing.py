"""Billing that runs by itself: once for each month, at the office's own time, and made up later."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import jobs
from agentsys.contributions import billing, scheduling
from agentsys.contributions.models import BillingRun, Contribution
from agentsys.contributions.schedule_models import BillingSchedule
from agentsys.crypto import Vault
from agentsys.errors import Invalid, NotFound
from agentsys.people.models import Agent, RoleName, User
from tests.factories import make_agent, make_office, make_user, make_worker

JANUARY, FEBRUARY, MARCH = date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)
NOON = datetime(2027, 1, 10, 4, 0, tzinfo=UTC)  # 11:00 in Jakarta, 13:00 in Jayapura


@pytest.fixture
def agent(session: Session, vault: Vault) -> Agent:
    """An agent with two workers, in an office of Jakarta's time zone, members since January."""
    office = make_office(session, zone="Asia/Jakarta")
    found = make_agent(session, office=office)
    for _worker in range(2):
        make_worker(session, vault, agent=found, enrolled_from=JANUARY)
    return found


@pytest.fixture
def finance(session: Session, agent: Agent) -> User:
    """Somebody of finance in the agent's office."""
    return make_user(session, RoleName.FINANCE, office_id=agent.office_id)


def schedule(session: Session, finance: User, day: int, hour: int = 6) -> None:
    """Set the office's day and hour."""
    assert finance.office_id is not None
    scheduling.set_schedule(
        session, office_id=finance.office_id, day=day, hour=hour, actor_id=finance.id
    )


def billed(session: Session) -> dict[date, int]:
    """The number of contributions of each month."""
    rows = session.execute(select(Contribution.month, func.count()).group_by(Contribution.month))
    return {month: int(count) for month, count in rows}


def test_an_office_is_billed_when_its_hour_has_come_and_only_once(
    session: Session, finance: User
) -> None:
    with time_machine.travel(NOON, tick=False):
        schedule(session, finance, day=10, hour=12)
        jobs.bill_by_schedule()
        assert billed(session) == {}
    with time_machine.travel(datetime(2027, 1, 10, 5, 0, tzinfo=UTC), tick=False):
        jobs.bill_by_schedule()
        jobs.bill_by_schedule()

        assert billed(session) == {JANUARY: 2}
        [run] = session.scalars(select(BillingRun))
        assert (run.month, run.billed, run.office_id, run.started_by) == (
            JANUARY,
            2,
            finance.office_id,
            None,
        )


def test_the_hour_is_that_of_the_offices_zone(session: Session, vault: Vault) -> None:
    east = make_office(session, zone="Asia/Jayapura")
    person = make_user(session, RoleName.FINANCE, office_id=east.id)
    with time_machine.travel(NOON, tick=False):
        make_worker(session, vault, agent=make_agent(session, office=east), enrolled_from=JANUARY)
        schedule(session, person, day=10, hour=13)

        jobs.bill_by_schedule()

        assert billed(session) == {JANUARY: 1}


def test_a_day_that_has_passed_begins_with_the_next_month(session: Session, finance: User) -> None:
    with time_machine.travel(NOON, tick=False):
        schedule(session, finance, day=5)
        jobs.bill_by_schedule()
        assert billed(session) == {}
        [row] = scheduling.schedules(session, finance)
        assert row.next_at == datetime(2027, 2, 4, 23, 0, tzinfo=UTC)
        assert not row.is_late


def test_months_in_which_nothing_ran_are_made_up(session: Session, finance: User) -> None:
    with time_machine.travel(NOON, tick=False):
        schedule(session, finance, day=10, hour=12)
    with time_machine.travel(datetime(2027, 3, 20, 4, 0, tzinfo=UTC), tick=False):
        [row] = scheduling.schedules(session, finance)
        assert row.is_late

        jobs.bill_by_schedule()

        assert billed(session) == {JANUARY: 2, FEBRUARY: 2, MARCH: 2}
        [row] = scheduling.schedules(session, finance)
        assert not row.is_late
        assert row.last_month == MARCH


def test_a_month_that_was_billed_by_hand_is_not_billed_twice(
    session: Session, finance: User
) -> None:
    with time_machine.travel(NOON, tick=False):
        schedule(session, finance, day=10, hour=12)
        billing.bill_month(session, month=JANUARY, actor_id=finance.id, office_id=finance.office_id)
    with time_machine.travel(datetime(2027, 1, 11, tzinfo=UTC), tick=False):
        jobs.bill_by_schedule()

        assert billed(session) == {JANUARY: 2}
        newest = session.scalars(select(BillingRun).order_by(BillingRun.id.desc())).first()
        assert newest is not None
        assert (newest.billed, newest.already) == (0, 2)


def test_one_office_that_cannot_be_billed_now_keeps_no_other_from_it(
    session: Session, vault: Vault, finance: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_office(session, zone="Asia/Jakarta")
    person = make_user(session, RoleName.FINANCE, office_id=other.id)
    bill_month = billing.bill_month

    def busy(session: Session, **values: Any) -> BillingRun:
        if values["office_id"] == finance.office_id:
            raise billing.BillingRuns(month=values["month"])
        return bill_month(session, **values)

    with time_machine.travel(NOON, tick=False):
        make_worker(session, vault, agent=make_agent(session, office=other), enrolled_from=JANUARY)
        schedule(session, finance, day=10, hour=12)
        schedule(session, person, day=10, hour=12)
    with time_machine.travel(datetime(2027, 1, 10, 6, 0, tzinfo=UTC), tick=False):
        monkeypatch.setattr(billing, "bill_month", busy)
        jobs.bill_by_schedule()
        assert billed(session) == {JANUARY: 1}

        monkeypatch.undo()
        jobs.bill_by_schedule()
        assert billed(session) == {JANUARY: 3}


def test_a_schedule_that_was_removed_bills_nobody(session: Session, finance: User) -> None:
    assert finance.office_id is not None
    with time_machine.travel(NOON, tick=False):
        schedule(session, finance, day=10, hour=12)
        scheduling.end_schedule(session, office_id=finance.office_id, actor_id=finance.id)
    with time_machine.travel(datetime(2027, 1, 11, tzinfo=UTC), tick=False):
        jobs.bill_by_schedule()

        assert billed(session) == {}


@pytest.mark.parametrize(("day", "hour"), [(0, 6), (29, 6), (1, 24), (1, -1)])
def test_a_day_that_not_every_month_has_is_refused(
    session: Session, finance: User, day: int, hour: int
) -> None:
    with pytest.raises(Invalid):
        schedule(session, finance, day=day, hour=hour)


def test_nobody_sets_the_schedule_of_another_office(session: Session, finance: User) -> None:
    other = make_office(session)

    with pytest.raises(NotFound):
        scheduling.set_schedule(session, office_id=other.id, day=1, hour=6, actor_id=finance.id)

    assert session.scalar(select(func.count()).select_from(BillingSchedule)) == 0

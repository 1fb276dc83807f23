"""Reminders: each once, by day in the office's zone, off closed days, whatever was down."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import jobs
from agentsys.contributions import due, holidays, reminding
from agentsys.contributions.holiday_models import HolidayChange, ReminderRun, ReminderStage
from agentsys.crypto import Vault
from agentsys.events.models import StoredEvent
from agentsys.months import add_months
from agentsys.people.models import Agent, Office, RoleName
from tests.factories import make_agent, make_contribution, make_office, make_user, make_worker

ZONES = {"Asia/Jakarta": 7, "Asia/Makassar": 8, "Asia/Jayapura": 9}  # WIB, WITA, WIT: hours of UTC
NOVEMBER = date(2026, 11, 1)
MONTHS = st.integers(0, 23).map(lambda step: add_months(date(2026, 1, 1), step))


def rules(**changes: int) -> due.DueRules:
    """The rules in force with some other values."""
    return due.DueRules(**(vars(due.rules_in(NOVEMBER)) | changes))


@pytest.mark.parametrize(
    ("month", "later", "before"),
    [
        ((2026, 12), date(2026, 12, 15), date(2026, 12, 15)),  # a Tuesday
        ((2026, 11), date(2026, 11, 16), date(2026, 11, 13)),  # a Sunday
        ((2027, 8), date(2027, 8, 16), date(2027, 8, 13)),  # a Sunday, and a holiday
        ((2027, 5), date(2027, 5, 18), date(2027, 5, 14)),  # a Saturday, Iduladha on Monday
    ],
)
def test_the_due_day_moves_off_closed_days_by_the_rule(
    month: tuple[int, int], later: date, before: date
) -> None:
    of = date(*month, 1)

    assert due.due_on(of, rules(due_shift=1)) == later
    assert due.due_on(of, rules(due_shift=-1)) == before
    assert due.due_on(of, rules(due_shift=0)) == of.replace(day=15)


@given(
    MONTHS,
    st.sampled_from(sorted(ZONES)),
    st.sampled_from([-1, 0, 1]),
    st.integers(0, 1),
    st.sets(st.integers(1, 28), max_size=20),
)
def test_a_reminder_begins_by_day_and_never_on_a_closed_day(
    month: date, zone: str, shift: int, on_holidays: int, closed: set[int]
) -> None:
    """For any month, zone, rule, and any added holidays of the month."""
    added = {month.replace(day=number): month for number in closed}
    holidays._read[0] = holidays._Changes((1, None), added, frozenset())  # type: ignore[arg-type]
    try:
        chosen = rules(due_shift=shift, remind_on_holidays=on_holidays)
        found = due.reminders(month, ZoneInfo(zone), chosen)
        day = due.due_on(month, chosen)

        if shift:
            assert not holidays.is_closed(day)
        for reminder in found:
            begins = reminder.from_at.astimezone(ZoneInfo(zone))
            # Counted by hand from UTC: these zones have no summer time.
            local_hour = (reminder.from_at.astimezone(UTC).hour + ZONES[zone]) % 24
            assert local_hour == begins.hour == 8
            assert on_holidays or begins.weekday() < 5
            assert on_holidays or begins.date() not in added
        assert all(one.until_at == other.from_at for one, other in pairwise(found))
    finally:
        holidays.forget()


@given(
    st.sampled_from(sorted(ZONES)),
    st.lists(st.integers(0, 59 * 24 * 6), min_size=1, max_size=40),
    st.sets(st.integers(0, 58), max_size=15),
)
@example(zone="Asia/Jayapura", runs=list(range(0, 59 * 24 * 6, 6)), closed=set())
def test_whenever_the_job_runs_each_reminder_goes_out_once_by_day(
    zone: str, runs: list[int], closed: set[int]
) -> None:
    """The job runs at any ten minutes of November and December, or is down."""
    start = datetime(2026, 11, 1, tzinfo=ZoneInfo(zone))
    added = {start.date() + timedelta(days=number): start for number in closed}
    holidays._read[0] = holidays._Changes((1, None), added, frozenset())  # type: ignore[arg-type]
    try:
        sent: list[tuple[date, ReminderStage]] = []
        for run in sorted(runs):
            local = (start.astimezone(UTC) + timedelta(minutes=10 * run)).astimezone(ZoneInfo(zone))
            found = due.going_out(local)
            if found is None:
                continue
            assert 8 <= local.hour < 19
            assert not holidays.is_closed(local.date())
            if found not in sent:
                sent.append(found)
        order = list(ReminderStage)
        assert sent == sorted(sent, key=lambda each: (each[0], order.index(each[1])))
    finally:
        holidays.forget()


def test_a_job_that_never_stops_sends_all_three() -> None:
    zone = ZoneInfo("Asia/Makassar")
    start = datetime(2026, 12, 1, tzinfo=zone)
    found = [due.going_out(start + timedelta(hours=hours)) for hours in range(24 * 31)]

    first = {each[1]: number for number, each in reversed(list(enumerate(found))) if each}

    begins = {stage: (start + timedelta(hours=hours)) for stage, hours in first.items()}
    assert {stage.value: f"{at:%d %H}" for stage, at in begins.items()} == {
        "before": "11 08",  # the 12th is a Saturday
        "due": "15 08",
        "after": "18 08",
    }


def owing(session: Session, vault: Vault, zone: str) -> int:
    """An office of the zone in which somebody owes November; its id."""
    agent = make_agent(session, office=make_office(session, zone=zone))
    make_contribution(session, make_worker(session, vault, agent=agent), NOVEMBER)
    assert agent.office_id is not None
    return agent.office_id


def run_at(session: Session, moment: datetime) -> None:
    """Run the job of reminders at a given time."""
    session.commit()
    with time_machine.travel(moment, tick=False):
        jobs.remind_due()
    session.expire_all()


def sent(session: Session) -> list[tuple[int, str]]:
    """The reminders that went out."""
    rows = session.execute(
        select(ReminderRun.office_id, ReminderRun.stage)
        .where(ReminderRun.workers > 0)
        .order_by(ReminderRun.made_at)
    )
    return [(office_id, stage.value) for office_id, stage in rows]


def test_eight_o_clock_comes_first_in_the_east(session: Session, vault: Vault) -> None:
    west, east = owing(session, vault, "Asia/Jakarta"), owing(session, vault, "Asia/Jayapura")

    run_at(session, datetime(2026, 11, 15, 23, 30, tzinfo=UTC))  # 08.30 on the 16th in Jayapura
    assert sent(session) == [(east, "due")]
    run_at(session, datetime(2026, 11, 16, 1, 30, tzinfo=UTC))
    assert sent(session) == [(east, "due"), (west, "due")]


def test_a_reminder_goes_out_once_however_often_the_job_runs(
    session: Session, vault: Vault
) -> None:
    office = owing(session, vault, "Asia/Jakarta")

    for hour in (2, 3, 4):
        run_at(session, datetime(2026, 11, 16, hour, tzinfo=UTC))

    assert sent(session) == [(office, "due")]
    told = session.scalars(select(StoredEvent).where(StoredEvent.kind == "contributions.due")).all()
    assert [event.data["workers"] for event in told] == [1]


def test_after_downtime_only_the_reminder_of_now_goes_out(session: Session, vault: Vault) -> None:
    office = owing(session, vault, "Asia/Jakarta")

    run_at(session, datetime(2026, 11, 20, 3, tzinfo=UTC))

    assert sent(session) == [(office, "after")]


def test_nobody_is_reminded_at_night_or_on_a_sunday(session: Session, vault: Vault) -> None:
    owing(session, vault, "Asia/Jakarta")

    run_at(session, datetime(2026, 11, 16, 13, tzinfo=UTC))  # 20.00
    run_at(session, datetime(2026, 11, 15, 3, tzinfo=UTC))

    assert sent(session) == []


def test_a_holiday_that_somebody_added_puts_the_reminder_off(
    session: Session, vault: Vault
) -> None:
    owing(session, vault, "Asia/Jakarta")
    admin = make_user(session, RoleName.ADMIN)
    session.add(
        HolidayChange(
            day=date(2026, 11, 16), is_holiday=True, name="Pilkada", source="Keppres",
            made_by=admin.id,
        )
    )  # fmt: skip
    session.flush()

    run_at(session, datetime(2026, 11, 16, 3, tzinfo=UTC))
    assert sent(session) == []
    run_at(session, datetime(2026, 11, 17, 3, tzinfo=UTC))

    made = session.scalars(select(ReminderRun).where(ReminderRun.workers > 0)).one()
    assert (made.stage, made.due_on) == (ReminderStage.DUE, date(2026, 11, 17))


def test_an_agent_reads_of_it_as_long_as_somebody_owes(session: Session, vault: Vault) -> None:
    office = owing(session, vault, "Asia/Jakarta")
    mine = session.scalars(select(Agent.id).where(Agent.office_id == office)).one()
    idle = make_agent(session, office=session.get_one(Office, office)).id
    run_at(session, datetime(2026, 11, 16, 3, tzinfo=UTC))

    def told(agent_id: int, day: int) -> int | None:
        with time_machine.travel(datetime(2026, 11, day, 3, tzinfo=UTC), tick=False):
            news = reminding.news_of(session, agent_id=agent_id, office_id=office)
        return news.workers if news else None

    assert (told(mine, 17), told(idle, 17), told(mine, 25)) == (1, None, None)

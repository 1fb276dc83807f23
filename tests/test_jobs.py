"""Jobs of a killed worker run again, but only a limited number of times."""

from __future__ import annotations

import asyncio
import threading
from datetime import date, timedelta

import psycopg
import pytest
from flask import Flask
from procrastinate.jobs import Job
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from agentsys import clock, jobs, locks
from agentsys.db import db, transaction
from agentsys.job_runner import ATTEMPTS, WORK, run_jobs
from agentsys.rosters.importing import store_upload
from agentsys.runtime import runtime
from agentsys.workers.models import Funding, Programmes, Roster, RosterStatus
from tests.factories import make_office


def upload(session: Session, office_id: int) -> Roster:
    """The roster of a small list."""
    return store_upload(
        session,
        vault=runtime().vault,
        office_id=office_id,
        agent_id=None,
        filename="daftar.csv",
        content=b"NIK,NAMA\n6474011203800001,Andi\n",
        programmes=Programmes.TWO,
        funding=Funding.SELF,
        from_month=date(2026, 11, 1),
        actor_id=None,
    )


def left_behind(app: Flask, *, attempts: int) -> int:
    """The id of a roster whose worker was killed, after that many earlier attempts."""
    with app.app_context(), transaction() as session:
        roster = upload(session, make_office(session).id)
        roster.status = RosterStatus.RUNNING
        jobs.defer(session, jobs.import_roster, roster_id=roster.id)
        session.execute(
            text("UPDATE procrastinate_jobs SET status = 'doing', attempts = :attempts"),
            {"attempts": attempts},
        )
        return roster.id


def look_after(app: Flask) -> None:
    """Run the scheduled job that retries stalled jobs."""

    async def look() -> None:
        queue = jobs.queue_app(app)
        async with queue.open_async():
            await jobs.retry_stalled(app, queue)

    # In a thread, because a browser test may have left an event loop in this one.
    thread = threading.Thread(target=lambda: asyncio.run(look()))
    thread.start()
    thread.join()


def job(app: Flask) -> tuple[str, int]:
    """The state of the only job, and its number of attempts."""
    with app.app_context(), db.engine.connect() as connection:
        row = connection.execute(text("SELECT status, attempts FROM procrastinate_jobs")).one()
        return row.status, row.attempts


def roster_of(app: Flask, roster_id: int) -> tuple[RosterStatus, str]:
    with app.app_context():
        found = db.session.get_one(Roster, roster_id)
        return found.status, found.error


@pytest.mark.parametrize("attempts", [0, ATTEMPTS - 2])
def test_a_job_that_was_left_behind_runs_again(committed: Flask, attempts: int) -> None:
    roster_id = left_behind(committed, attempts=attempts)

    look_after(committed)

    assert job(committed) == ("todo", attempts + 1)
    assert roster_of(committed, roster_id) == (RosterStatus.RUNNING, "")


def test_a_job_that_was_left_behind_too_often_fails_and_its_roster_says_so(
    committed: Flask,
) -> None:
    roster_id = left_behind(committed, attempts=ATTEMPTS - 1)

    look_after(committed)
    look_after(committed)

    assert job(committed) == ("failed", ATTEMPTS)
    status, error = roster_of(committed, roster_id)
    assert status is RosterStatus.FAILED
    assert "unggah lagi" in error


def test_a_job_whose_like_waits_already_keeps_no_other_from_running_again(
    committed: Flask,
) -> None:
    wake = text("SELECT agentsys_wake('process_callbacks')")
    with committed.app_context(), transaction() as session:
        session.execute(wake)
    left_behind(committed, attempts=0)
    with committed.app_context(), transaction() as session:
        session.execute(wake)

    look_after(committed)

    with committed.app_context(), db.engine.connect() as connection:
        rows = connection.execute(text("SELECT task_name, status FROM procrastinate_jobs"))
        assert sorted(rows.all()) == [("import_roster", "todo"), ("process_callbacks", "todo")]


def test_a_callback_is_looked_into_however_many_long_jobs_run(
    committed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ones, began, may_end = 3, threading.Semaphore(0), threading.Event()
    looked = threading.Event()

    def long_job(number: int) -> None:
        began.release()
        may_end.wait(30)

    monkeypatch.setattr(jobs, "COARSE", (long_job,))
    monkeypatch.setattr(jobs, "CLOCK", ())
    monkeypatch.setattr(jobs, "LONG", ())
    monkeypatch.setattr(jobs, "ASKING", ())
    monkeypatch.setattr(jobs, "process_callbacks", looked.set)
    with committed.app_context(), transaction() as session:
        for number in range(long_ones):
            jobs.defer(session, long_job, number=number)

    async def work() -> None:
        running = asyncio.create_task(run_jobs(jobs.queue_app(committed), concurrency=long_ones))
        for _ in range(long_ones):
            assert await asyncio.to_thread(began.acquire, timeout=30)
        with committed.app_context(), transaction() as session:
            session.execute(text("SELECT agentsys_wake('process_callbacks')"))
        was_processed = await asyncio.to_thread(looked.wait, 10)
        may_end.set()
        running.cancel()
        await asyncio.wait([running])
        assert was_processed

    failed: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work())
        except BaseException as error:
            failed.append(error)

    # In a thread, because a browser test may have left an event loop in this one.
    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60)
    assert failed == []
    with committed.app_context(), db.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0


def open_for(app: Flask, minutes: int) -> int:
    """The id of an open roster that was uploaded that long ago and whose job failed."""
    roster_id = left_behind(app, attempts=ATTEMPTS)
    with app.app_context(), transaction() as session:
        ago = clock.now() - timedelta(minutes=minutes)
        session.execute(update(Roster).values(uploaded_at=ago))
        session.execute(text("UPDATE procrastinate_jobs SET status = 'failed'"))
    return roster_id


def test_a_roster_whose_job_is_gone_fails_and_its_file_can_be_sent_again(
    committed: Flask,
) -> None:
    roster_id = open_for(committed, minutes=2)

    with committed.app_context():
        jobs.fail_abandoned_rosters()

    status, error = roster_of(committed, roster_id)
    assert status is RosterStatus.FAILED
    assert "unggah lagi" in error
    with committed.app_context(), transaction() as session:
        office_id = session.get_one(Roster, roster_id).office_id
        assert upload(session, office_id).id != roster_id


@pytest.mark.parametrize("status", ["todo", "doing"])
def test_a_roster_whose_job_waits_or_runs_is_left_alone(committed: Flask, status: str) -> None:
    roster_id = open_for(committed, minutes=2)
    with committed.app_context(), transaction() as session:
        session.execute(
            text(
                "UPDATE procrastinate_jobs SET status = CAST(:status AS procrastinate_job_status)"
            ),
            {"status": status},
        )

    with committed.app_context():
        jobs.fail_abandoned_rosters()

    assert roster_of(committed, roster_id)[0] is RosterStatus.RUNNING


def test_a_roster_that_the_command_line_imports_is_left_alone(committed: Flask) -> None:
    roster_id = open_for(committed, minutes=2)
    fresh = open_for(committed, minutes=0)
    with committed.app_context(), db.engine.begin() as importing:
        office_id = db.session.get_one(Roster, roster_id).office_id
        importing.execute(select(func.pg_advisory_xact_lock(locks.OFFICE_ROSTER, office_id)))
        with transaction() as session:
            ago = clock.now() - timedelta(minutes=2)
            session.execute(update(Roster).where(Roster.id == roster_id).values(uploaded_at=ago))

        jobs.fail_abandoned_rosters()

    assert roster_of(committed, roster_id)[0] is RosterStatus.RUNNING
    assert roster_of(committed, fresh)[0] is RosterStatus.RUNNING


def test_an_import_outlives_a_database_that_is_away_for_a_quarter_of_an_hour(
    committed: Flask,
) -> None:
    task = jobs.queue_app(committed).tasks["import_roster"]

    waits, attempts = [], 0
    while again := task.get_retry_exception(
        psycopg.OperationalError("the connection is lost"),
        Job(
            id=1, queue=WORK, lock=None, queueing_lock=None, task_name=task.name,
            attempts=attempts,
        ),
    ):  # fmt: skip
        assert again.retry_decision.retry_at is not None
        waits.append(again.retry_decision.retry_at - clock.now())
        attempts += 1

    assert waits[0] < timedelta(seconds=10)
    assert sum(waits, timedelta()) > timedelta(minutes=15)

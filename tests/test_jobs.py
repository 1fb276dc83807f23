"""Jobs that a killed worker left behind run again, and not for ever."""

from __future__ import annotations

import asyncio
import threading
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import text

from agentsys import jobs
from agentsys.db import db, transaction
from agentsys.runtime import runtime
from agentsys.workers.models import Funding, Programmes, Roster, RosterStatus
from agentsys.workers.roster import store_upload
from tests.factories import make_office


def left_behind(app: Flask, *, attempts: int) -> int:
    """The id of a roster whose import's worker is gone, after so many attempts before."""
    with app.app_context(), transaction() as session:
        roster = store_upload(
            session,
            vault=runtime().vault,
            office_id=make_office(session).id,
            agent_id=None,
            filename="daftar.csv",
            content=b"NIK,NAMA\n6474011203800001,Andi\n",
            programmes=Programmes.TWO,
            funding=Funding.SELF,
            from_month=date(2026, 11, 1),
            actor_id=None,
        )
        roster.status = RosterStatus.RUNNING
        jobs.defer(session, "import_roster", roster_id=roster.id)
        session.execute(
            text("UPDATE procrastinate_jobs SET status = 'doing', attempts = :attempts"),
            {"attempts": attempts},
        )
        return roster.id


def look_after(app: Flask) -> None:
    """What the clock does."""

    async def look() -> None:
        queue = jobs.queue_app(app)
        async with queue.open_async():
            await jobs.retry_stalled(app, queue)

    # In a thread, because a browser test may have left an event loop in this one.
    thread = threading.Thread(target=lambda: asyncio.run(look()))
    thread.start()
    thread.join()


def job(app: Flask) -> tuple[str, int]:
    """The state of the only job, and how often it was tried."""
    with app.app_context(), db.engine.connect() as connection:
        row = connection.execute(text("SELECT status, attempts FROM procrastinate_jobs")).one()
        return row.status, row.attempts


def roster_of(app: Flask, roster_id: int) -> tuple[RosterStatus, str]:
    with app.app_context():
        found = db.session.get_one(Roster, roster_id)
        return found.status, found.error


@pytest.mark.parametrize("attempts", [0, jobs.ATTEMPTS - 2])
def test_a_job_that_was_left_behind_runs_again(committed: Flask, attempts: int) -> None:
    roster_id = left_behind(committed, attempts=attempts)

    look_after(committed)

    assert job(committed) == ("todo", attempts + 1)
    assert roster_of(committed, roster_id) == (RosterStatus.RUNNING, "")


def test_a_job_that_was_left_behind_too_often_fails_and_its_roster_says_so(
    committed: Flask,
) -> None:
    roster_id = left_behind(committed, attempts=jobs.ATTEMPTS - 1)

    look_after(committed)
    look_after(committed)

    assert job(committed) == ("failed", jobs.ATTEMPTS)
    status, error = roster_of(committed, roster_id)
    assert status is RosterStatus.FAILED
    assert "unggah lagi" in error

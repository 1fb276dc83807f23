"""Two imports or uploads at once, and a killed import."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select, text

from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.errors import Conflict
from agentsys.rosters.importing import import_roster
from agentsys.rosters.people import BATCH_ROWS
from agentsys.runtime import runtime
from agentsys.workers.enrolment import NewWorker, enrol_worker
from agentsys.workers.models import Roster, RosterFile, RosterStatus, Worker
from tests.factories import make_agent, make_office
from tests.rosters.conftest import MONTH, person, sheet, store


def _together(app: Flask, *works: Callable[[], object]) -> list[object]:
    """Start all at once, each in its own thread and context; return their results."""
    ready = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        with app.app_context():
            ready.wait(timeout=30)
            return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(run, work) for work in works]]


def test_a_nik_in_a_running_list_is_said_to_be_in_it(committed: Flask, vault: Vault) -> None:
    held, leave = threading.Event(), threading.Event()

    def enrol(agent_id: int) -> None:
        with transaction() as session:
            session.execute(text("SET LOCAL lock_timeout = '50ms'"))
            data = NewWorker(nik="6474011203850001", name="Budi")
            enrol_worker(
                session, vault=vault, data=data, agent_id=agent_id, actor_id=None, month=MONTH
            )
            held.set()
            assert leave.wait(30)

    with committed.app_context(), transaction() as session:
        agent_id = make_agent(session).id
    first = threading.Thread(target=lambda: _in_context(committed, lambda: enrol(agent_id)))
    first.start()
    try:
        assert held.wait(30)
        with committed.app_context(), pytest.raises(Conflict, match="sedang diimpor"):
            enrol(agent_id)
    finally:
        leave.set()
        first.join()


def _in_context(app: Flask, work: Callable[[], object]) -> None:
    with app.app_context():
        work()


def _count() -> int:
    return db.session.scalar(select(func.count()).select_from(Worker)) or 0


def test_one_roster_imported_twice_at_once_is_imported_once(
    installed: Flask, office_id: int, vault: Vault
) -> None:
    roster_id = store(
        runtime().vault, office_id, sheet(*(person(serial) for serial in range(1, 3000)))
    )

    def work() -> tuple[RosterStatus, int, int]:
        roster = import_roster(vault=vault, roster_id=roster_id)
        return roster.status, roster.created, roster.accepted

    outcomes = _together(installed, work, work, work)

    assert outcomes == [(RosterStatus.DONE, 2999, 2999)] * 3
    assert _count() == 2999


def test_overlapping_rosters_of_two_offices_leave_each_worker_once(
    installed: Flask, office_id: int, vault: Vault
) -> None:
    with transaction() as session:
        other = make_office(session).id
    first = store(runtime().vault, office_id, sheet(*(person(serial) for serial in range(1, 2500))))
    second = store(
        runtime().vault, other, sheet(*(person(serial) for serial in range(2499, 0, -1)))
    )

    def work(roster_id: int) -> Callable[[], tuple[int, int]]:
        def run() -> tuple[int, int]:
            roster = import_roster(vault=vault, roster_id=roster_id)
            return roster.created, roster.rejected

        return run

    outcomes = _together(installed, work(first), work(second))

    assert _count() == 2499
    assert sorted(outcomes) == [(0, 2499), (2499, 0)]  # type: ignore[type-var]


def test_a_worker_enrolled_during_the_import_is_met_and_not_lost(
    installed: Flask, office_id: int, vault: Vault
) -> None:
    with transaction() as session:
        agent_id = make_agent(session, office_id=office_id).id
    roster_id = store(
        runtime().vault, office_id, sheet(*(person(serial) for serial in range(1, 2 * BATCH_ROWS)))
    )
    enrolled = []

    def interfere(done: int, total: int, phase: str) -> None:
        if phase == "saving" and not enrolled:
            # Registered after the import began, and in a batch that is still to come.
            nik = f"647401120380{2 * BATCH_ROWS - 1:04}"
            with installed.app_context(), transaction() as session:
                data = NewWorker(nik=nik, name="Andi Baso", phone="081234567890")
                enrolled.append(
                    enrol_worker(
                        session,
                        vault=vault,
                        data=data,
                        agent_id=agent_id,
                        actor_id=None,
                        month=MONTH,
                    ).id
                )

    roster = import_roster(vault=vault, roster_id=roster_id, progress=interfere)

    assert roster.status is RosterStatus.DONE
    assert _count() == roster.accepted == 2 * BATCH_ROWS - 1
    assert roster.created == roster.accepted - 1


def test_the_same_file_sent_twice_at_once_is_one_roster(installed: Flask, office_id: int) -> None:
    content = sheet(person())

    ids = _together(installed, *[lambda: store(runtime().vault, office_id, content)] * 4)

    assert len(set(ids)) == 1
    assert db.session.scalar(select(func.count()).select_from(RosterFile)) == 1


def test_another_office_may_send_the_same_file(installed: Flask, office_id: int) -> None:
    with transaction() as session:
        other = make_office(session).id

    assert store(runtime().vault, office_id, sheet(person())) != store(
        runtime().vault, other, sheet(person())
    )


def test_an_error_in_the_middle_leaves_nothing_behind(
    installed: Flask, office_id: int, vault: Vault
) -> None:
    roster_id = store(
        runtime().vault, office_id, sheet(*(person(serial) for serial in range(1, 2 * BATCH_ROWS)))
    )

    def fail(done: int, total: int, phase: str) -> None:
        if phase == "saving":
            raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        import_roster(vault=vault, roster_id=roster_id, progress=fail)

    assert _count() == 0
    roster = db.session.get_one(Roster, roster_id)
    assert roster.status is RosterStatus.FAILED
    assert "unggah lagi" in roster.error


def test_an_error_of_the_database_quotes_no_row_of_the_list(
    installed: Flask, office_id: int, vault: Vault
) -> None:
    roster_id = store(runtime().vault, office_id, sheet(person(1, name="Siti Elok")))
    with transaction() as session:
        session.execute(
            text("ALTER TABLE workers ADD CONSTRAINT nobody CHECK (name <> 'Siti Elok')")
        )

    try:
        with pytest.raises(psycopg.errors.CheckViolation, match='"nobody"') as failed:
            import_roster(vault=vault, roster_id=roster_id)
    finally:
        with transaction() as session:
            session.execute(text("ALTER TABLE workers DROP CONSTRAINT nobody"))

    assert "Elok" not in str(failed.value)


_DYING = """
import os, signal, sys
from agentsys import create_app
from agentsys.runtime import runtime
from agentsys.rosters.importing import import_roster

def die(done, total, phase):
    if phase == "saving" and done > 2000:
        os.kill(os.getpid(), signal.SIGKILL)

with create_app(plugin_settings={}).app_context():
    import_roster(vault=runtime().vault, roster_id=int(sys.argv[1]), progress=die)
"""


def test_a_kill_in_the_middle_imports_nothing_and_the_next_run_everything(
    installed: Flask, office_id: int, vault: Vault, database_url: str
) -> None:
    roster_id = store(
        runtime().vault, office_id, sheet(*(person(serial) for serial in range(1, 5000)))
    )
    settings = installed.extensions["agentsys"].settings
    environment = os.environ | {
        "AGENTSYS_DATABASE_URL": database_url,
        "AGENTSYS_SECRET_KEY": settings.secret_key.get_secret_value(),
        "AGENTSYS_FIELD_KEYS": settings.field_keys.get_secret_value(),
        "AGENTSYS_INDEX_KEY": settings.index_key.get_secret_value(),
    }

    died = subprocess.run(
        [sys.executable, "-c", _DYING, str(roster_id)],
        env=environment,
        capture_output=True,
        check=False,
        timeout=120,
    )

    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    roster = db.session.get_one(Roster, roster_id)
    assert roster.status is RosterStatus.RUNNING
    assert _count() == 0
    db.session.rollback()
    finished = import_roster(vault=vault, roster_id=roster_id)
    assert (finished.status, finished.created) == (RosterStatus.DONE, 4999)
    assert _count() == 4999
    assert db.session.scalar(text("SELECT count(*) FROM enrolments")) == 4999

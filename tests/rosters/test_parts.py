"""Lists that are stored in parts: killed at any point, at the same time, twice, and taken back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.rosters import running, undoing
from agentsys.rosters.importing import import_roster
from agentsys.workers.models import Roster, RosterChange, Worker
from tests.rosters.conftest import Import, person, sheet
from tests.rosters.steps import Ids, S, ask, bring, everybody, status

_DYING = """
import os, signal, sys
from agentsys import create_app
from agentsys.runtime import runtime
from agentsys.rosters import running
from agentsys.rosters.importing import import_roster

running.PART_ROWS = 1000

def die(done, total, phase):
    if phase == "saving" and done >= int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

with create_app(plugin_settings={}).app_context():
    import_roster(vault=runtime().vault, roster_id=int(sys.argv[1]), progress=die)
"""


@pytest.mark.parametrize("rows", [1, 5000, 8999])
def test_a_killed_import_goes_on_after_its_last_part_and_doubles_nobody(
    rows: int,
    installed: Flask,
    check: Callable[..., int],
    vault: Vault,
    two: Ids,
    database_url: str,
) -> None:
    people = [person(serial) for serial in range(1, 9000)]
    roster_id = check(sheet(*people, person(1), ["", "12", "Salah"]))
    assert ask(roster_id, two[0]) is S.WAITING
    settings_ = installed.extensions["agentsys"].settings
    environment = os.environ | {
        "AGENTSYS_DATABASE_URL": database_url,
        "AGENTSYS_SECRET_KEY": settings_.secret_key.get_secret_value(),
        "AGENTSYS_FIELD_KEYS": settings_.field_keys.get_secret_value(),
        "AGENTSYS_INDEX_KEY": settings_.index_key.get_secret_value(),
    }

    died = subprocess.run(
        [sys.executable, "-c", _DYING, str(roster_id), str(rows)],
        env=environment,
        capture_output=True,
        check=False,
        timeout=120,
    )

    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    assert status(roster_id) is S.RUNNING
    stored = _count()
    assert stored == db.session.get_one(Roster, roster_id).created
    db.session.rollback()
    done = import_roster(vault=vault, roster_id=roster_id)
    assert (done.status, done.created, done.unchanged, done.rejected) == (S.DONE, 8999, 1, 1)
    assert _count() == 8999
    assert db.session.scalar(text("SELECT count(*) FROM enrolments")) == 8999
    assert db.session.scalar(text("SELECT count(*) FROM roster_notes")) == 2


def test_two_overlapping_lists_at_once_leave_each_person_once(
    installed: Flask,
    check: Callable[..., int],
    vault: Vault,
    two: Ids,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "PART_ROWS", 1000)
    first = check(sheet(*(person(serial) for serial in range(1, 6000))))
    second = check(sheet(*(person(serial, phone="") for serial in range(8999, 3000, -1))))
    ready = threading.Barrier(2)

    def work(roster_id: int) -> tuple[int, int, int]:
        with installed.app_context():
            ask(roster_id, two[0])
            ready.wait(30)
            done = import_roster(vault=vault, roster_id=roster_id)
            return done.created, done.unchanged, done.rejected

    with ThreadPoolExecutor(2) as pool:
        outcomes = [one.result() for one in [pool.submit(work, r) for r in (first, second)]]

    assert _count() == 8999
    assert sum(created for created, _, _ in outcomes) == 8999
    assert [sum(counts) for counts in outcomes] == [5999, 5999]


_PHONES = st.sampled_from(["0812-3456-7890", "0813-1111-2222", ""])
_NAMES = st.sampled_from(["Andi Baso", "Andi Baso Rahman", "Siti Aminah"])
_PEOPLE = st.lists(
    st.tuples(st.integers(1, 6), _NAMES, _PHONES), min_size=1, max_size=6, unique_by=lambda p: p[0]
)


def _list(people: list[tuple[int, str, str]]) -> bytes:
    return sheet(*(person(serial, name=name, phone=phone) for serial, name, phone in people))


@settings(max_examples=12)
@given(before=_PEOPLE, listed=_PEOPLE)
def test_any_list_twice_is_as_once_and_undoing_it_restores_what_was(
    before: list[tuple[int, str, str]],
    listed: list[tuple[int, str, str]],
    bring_in: Import,
    check: Callable[..., int],
    vault: Vault,
    two: Ids,
) -> None:
    _empty()
    bring_in(_list(before))
    start = everybody()
    found = check(_list(listed))
    done = db.session.get_one(Roster, found)
    if done.created + done.changed:
        done = bring(found, two, vault)
        once = everybody()
        again = db.session.get_one(Roster, check(_list(listed)))
        assert (again.created, again.changed) == (0, 0)
        assert everybody() == once
        with transaction() as session:
            undoing.ask_undo(session, roster_id=found, reason="uji", actor_id=two[0])
        undoing.undo(found)
        assert status(found) is S.UNDONE
    assert everybody() == start
    applied = select(func.count()).select_from(RosterChange).where(
        RosterChange.applied_at.is_not(None), RosterChange.undone_at.is_(None)
    )  # fmt: skip
    assert db.session.scalar(applied) == 0


def _empty() -> None:
    db.session.rollback()
    with transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        for table in ("roster_changes", "roster_checks", "roster_notes", "roster_files"):
            session.execute(text(f"DELETE FROM {table}"))
        for table in ("enrolments", "assignments", "duplicate_checks", "workers", "rosters"):
            session.execute(text(f"DELETE FROM {table}"))


def _count() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Worker)) or 0

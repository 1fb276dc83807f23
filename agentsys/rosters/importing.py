"""Checking and importing an uploaded list: entrypoints that can be repeated after a crash."""

from __future__ import annotations

from contextlib import closing
from datetime import date

import psycopg
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.db import db, in_transaction, strip_row_values, transaction
from agentsys.errors import NotFound
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission, Reach
from agentsys.rosters import storage
from agentsys.rosters.failing import FILE_IS_GONE, SYSTEM_FAULT, fail
from agentsys.rosters.grouping import Whole
from agentsys.rosters.loading import Mode, Target
from agentsys.rosters.process import read_apart
from agentsys.rosters.running import COUNTS, Progress, Stopped, run
from agentsys.rosters.uploading import store_upload as store_upload  # noqa: PLC0414
from agentsys.sheets.refusals import FileRefused
from agentsys.workers.models import Roster, RosterCheck, RosterStatus

ROW_LIMIT = 1_000_000
ATTEMPTS = 3
# A worker was registered by somebody else between our look and our insert, or both waited for each
# other: starting again sees what the other one did.
_TRY_AGAIN = {"23505", "23P01", "40001", "40P01"}

Started = tuple[Target, date, dict[str, str], bool]


def check_roster(
    *,
    vault: Vault,
    roster_id: int,
    progress: Progress = lambda done, total, phase: None,
    row_limit: int = ROW_LIMIT,
) -> Roster:
    """Read a list from end to end and store what its import would do; workers are not changed.

    An entrypoint: it opens its own transactions. The list is then checked, or failed with the
    reason in `error`. An interrupted check starts again.
    """
    started = in_transaction(lambda session: _start_check(session, roster_id))
    return _work(roster_id, started, vault, progress, row_limit)


def import_roster(
    *,
    vault: Vault,
    roster_id: int,
    progress: Progress = lambda done, total, phase: None,
    row_limit: int = ROW_LIMIT,
) -> Roster:
    """Import a roster; return it, done, or failed with the reason in `error`.

    An entrypoint: it opens its own transactions. A checked list is stored in parts, and goes on
    where it was when it is repeated; what its check did not show is not done. A list that was not
    checked is stored in one transaction. A finished import is not changed.
    """
    started = in_transaction(lambda session: _start_import(session, roster_id))
    return _work(roster_id, started, vault, progress, row_limit)


def _work(
    roster_id: int, started: Started | None, vault: Vault, progress: Progress, row_limit: int
) -> Roster:
    if started is None:
        return db.session.get_one(Roster, roster_id)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _read_and_run(started, vault, progress, row_limit)
        except Stopped:
            pass
        except FileRefused as refused:
            fail(roster_id, str(refused))
        except (DBAPIError, psycopg.Error) as error:
            driver_error = error.orig if isinstance(error, DBAPIError) else error
            if isinstance(driver_error, psycopg.Error):
                strip_row_values(driver_error)  # COPY bypasses SQLAlchemy
            if attempt < ATTEMPTS and getattr(driver_error, "sqlstate", None) in _TRY_AGAIN:
                continue
            if not isinstance(driver_error, psycopg.OperationalError):
                fail(roster_id, SYSTEM_FAULT)
            # Otherwise the database is unavailable: the roster stays open, and its job is repeated.
            raise
        except Exception:
            fail(roster_id, SYSTEM_FAULT)
            raise
        break
    return db.session.get_one(Roster, roster_id)


def _read_and_run(started: Started, vault: Vault, progress: Progress, row_limit: int) -> None:
    target, day, mapping, take_hidden = started
    batches = read_apart(
        _file(target.roster_id, vault),
        vault=vault,
        today=day,
        row_limit=row_limit,
        programmes=target.programmes,
        mapping=mapping or None,
        take_hidden=take_hidden,
    )
    progress(0, 0, "reading")
    with closing(batches):
        run(target, batches, progress)


def _file(roster_id: int, vault: Vault) -> bytes:
    with transaction() as session:
        content = storage.uploaded(session, vault=vault, roster_id=roster_id)
    if content is None:
        raise FileRefused(FILE_IS_GONE)
    return content


def _start_check(session: Session, roster_id: int) -> Started | None:
    roster = _locked(session, roster_id)
    if roster.status is not RosterStatus.CHECKING:
        return None
    roster.rows_done = roster.rows_per_second = 0
    return _started(session, roster, Mode.CHECK)


def _start_import(session: Session, roster_id: int) -> Started | None:
    roster = _locked(session, roster_id)
    if roster.status not in (RosterStatus.WAITING, RosterStatus.RUNNING):
        return None
    roster.status, roster.rows_per_second = RosterStatus.RUNNING, 0
    if roster.batches_done == 0:
        # Until now they said what the check had found.
        for name in ("rows_done", *COUNTS):
            setattr(roster, name, 0)
    checked = session.get(RosterCheck, roster_id) is not None
    return _started(session, roster, Mode.AS_CHECKED if checked else Mode.AT_ONCE)


def _locked(session: Session, roster_id: int) -> Roster:
    roster = session.get(Roster, roster_id, with_for_update=True, populate_existing=True)
    if roster is None:
        raise NotFound(roster_id=roster_id)
    return roster


def _started(session: Session, roster: Roster, mode: Mode) -> Started:
    # A check and all parts of its import read the file as of one day.
    roster.read_on = roster.read_on if mode is Mode.AS_CHECKED else None
    roster.read_on = roster.read_on or clock.now().date()
    target = Target(
        roster.id,
        roster.office_id,
        roster.agent_id,
        roster.programmes,
        roster.funding,
        roster.from_month,
        roster.as_of,
        mode,
        _agents_of_others(session, roster),
        _recorder_of_heirs(session, roster),
        roster.version_id,
        Whole(roster.ecosystem.value if roster.ecosystem else None, roster.group_id),
        roster.uploaded_by,
        roster.by_kelurahan,
    )
    return target, roster.read_on, dict(roster.mapping), roster.take_hidden


def _recorder_of_heirs(session: Session, roster: Roster) -> int | None:
    """Who sent the list, if this user may record heirs."""
    user = session.get(User, roster.uploaded_by) if roster.uploaded_by is not None else None
    return user.id if user is not None and user.can(Permission.HEIR_RECORD) else None


def _agents_of_others(session: Session, roster: Roster) -> list[int]:
    """If a supervisor sent the list: the office's agents outside the team; else none."""
    user = session.get(User, roster.uploaded_by) if roster.uploaded_by is not None else None
    if user is None or user.reach(Permission.ROSTER_UPLOAD) != {Reach.TEAM}:
        return []
    others = select(Agent.id).where(
        Agent.office_id == roster.office_id, Agent.supervisor_id.is_distinct_from(user.id)
    )
    return list(session.scalars(others))

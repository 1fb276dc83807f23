"""Rosters from upload to import; an import stores everything or nothing, and can be repeated."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import PurePath

import psycopg
from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from agentsys import clock, locks
from agentsys.audit import trail
from agentsys.crypto import Vault
from agentsys.db import db, in_transaction, strip_row_values, transaction
from agentsys.errors import Conflict, Invalid, NotFound
from agentsys.events import record as events
from agentsys.extension.events import ListImported
from agentsys.people.models import Agent, User
from agentsys.people.offices import check_open
from agentsys.people.permissions import Permission, Reach
from agentsys.rosters import storage
from agentsys.rosters.failing import (
    FILE_IS_GONE,
    OPEN,
    SYSTEM_FAULT,
    fail,
)
from agentsys.rosters.loading import Tally, Target, begin, load
from agentsys.rosters.process import read_apart
from agentsys.sheets.cells import text_in
from agentsys.sheets.refusals import FileRefused
from agentsys.workers.enrolment import working_agent
from agentsys.workers.models import Funding, Programmes, Roster, RosterStatus

ROW_LIMIT = 1_000_000
ATTEMPTS = 3
# A worker was registered by somebody else between our look and our insert, or both waited for each
# other: starting again sees what the other one did.
_TRY_AGAIN = {"23505", "23P01", "40001", "40P01"}
# A large list takes minutes, more than the time limits of pages allow.
_PATIENCE = (
    "SET LOCAL statement_timeout = '15min'; SET LOCAL lock_timeout = '15min';"
    " SET LOCAL idle_in_transaction_session_timeout = '5min'"
)
_SHOWN_EVERY_S = 0.25  # on the page; more often than people look

Progress = Callable[[int, int, str], None]

log = logging.getLogger(__name__)


def store_upload(
    session: Session,
    *,
    vault: Vault,
    office_id: int,
    agent_id: int | None,
    filename: str,
    content: bytes,
    programmes: Programmes,
    funding: Funding,
    from_month: date,
    actor_id: int | None,
) -> Roster:
    """Store an uploaded file as a waiting roster; return the existing one if it is imported now."""
    if not content:
        raise Invalid("Berkas ini kosong. Pilih berkas yang berisi daftar pekerja.")
    check_open(session, office_id)
    _check_agent(session, office_id, agent_id)
    digest = hashlib.sha256(content).digest()
    inserted = session.scalar(
        insert(Roster)
        .values(
            office_id=office_id,
            agent_id=agent_id,
            uploaded_by=actor_id,
            filename=text_in(PurePath(filename.replace("\\", "/")).name)[:200] or "daftar",
            sha256=digest,
            programmes=programmes,
            funding=funding,
            from_month=from_month.replace(day=1),
        )
        .on_conflict_do_nothing(
            index_elements=["office_id", "sha256"],
            index_where=text("status IN ('waiting', 'running')"),
        )
        .returning(Roster.id)
    )
    if inserted is None:
        return _on_its_way(
            session, office_id, digest, agent_id, (programmes, funding, from_month.replace(day=1))
        )
    storage.store(session, vault=vault, roster_id=inserted, content=content)
    trail.record(
        session,
        actor_id=actor_id,
        action="roster.uploaded",
        subject=f"roster:{inserted}",
        details={"sha256": digest.hex(), "bytes": len(content)},
    )
    return session.get_one(Roster, inserted)


def _on_its_way(
    session: Session,
    office_id: int,
    digest: bytes,
    agent_id: int | None,
    membership: tuple[Programmes, Funding, date],
) -> Roster:
    same = select(Roster).where(Roster.office_id == office_id, Roster.sha256 == digest)
    found = session.scalars(same.order_by(Roster.id.desc()).limit(1)).one()
    if found.agent_id != agent_id:
        raise Conflict(
            "Daftar yang sama sedang diimpor untuk agen lain. Tunggu sampai selesai, lalu"
            " unggah lagi."
        )
    if (found.programmes, found.funding, found.from_month) != membership:
        raise Conflict(
            "Daftar yang sama sedang diimpor dengan program, pembayar iuran, atau bulan mulai yang"
            " lain. Tunggu sampai selesai, lalu unggah lagi."
        )
    return found


def _check_agent(session: Session, office_id: int, agent_id: int | None) -> None:
    if agent_id is None:
        return
    agent = session.get(Agent, agent_id)
    if agent is None or agent.office_id != office_id:
        raise NotFound("Agen tidak ditemukan di kantor ini. Pilih agen dari daftar.")
    working_agent(session, agent_id)


def import_roster(
    *,
    vault: Vault,
    roster_id: int,
    progress: Progress = lambda done, total, phase: None,
    row_limit: int = ROW_LIMIT,
) -> Roster:
    """Import a roster; return it, done, or failed with the reason in `error`.

    An entrypoint: it opens its own transactions. All workers are stored or none. An interrupted
    import can be repeated; a finished one is not changed.
    """
    target = in_transaction(lambda session: _start(session, roster_id))
    if target is None:
        return db.session.get_one(Roster, roster_id)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _import(target, vault, progress, row_limit)
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


def _start(session: Session, roster_id: int) -> Target | None:
    roster = session.get(Roster, roster_id, with_for_update=True)
    if roster is None:
        raise NotFound(roster_id=roster_id)
    if roster.status not in OPEN:
        return None
    roster.status = RosterStatus.RUNNING
    roster.rows_done = 0
    return Target(
        roster_id,
        roster.office_id,
        roster.agent_id,
        roster.programmes,
        roster.funding,
        roster.from_month,
        _agents_of_others(session, roster),
    )


def _agents_of_others(session: Session, roster: Roster) -> list[int]:
    """If a supervisor sent the list: the office's agents outside the team; else none."""
    user = session.get(User, roster.uploaded_by) if roster.uploaded_by is not None else None
    if user is None or user.reach(Permission.ROSTER_UPLOAD) != {Reach.TEAM}:
        return []
    others = select(Agent.id).where(
        Agent.office_id == roster.office_id, Agent.supervisor_id.is_distinct_from(user.id)
    )
    return list(session.scalars(others))


def _import(target: Target, vault: Vault, progress: Progress, row_limit: int) -> None:
    with transaction() as session:
        content = storage.uploaded(session, vault=vault, roster_id=target.roster_id)
    if content is None:
        raise FileRefused(FILE_IS_GONE)
    batches = read_apart(
        content,
        vault=vault,
        today=clock.now().date(),
        row_limit=row_limit,
        programmes=target.programmes,
    )
    progress(0, 0, "reading")
    with closing(batches), transaction() as session:
        session.execute(text(_PATIENCE))
        # Two lists of one office would wait for each other at single rows; so one goes first.
        session.execute(select(func.pg_advisory_xact_lock(locks.OFFICE_ROSTER, target.office_id)))
        if _is_finished(session, target.roster_id):
            return
        tally = begin(session)
        shown_at = 0.0
        for batch in batches:
            load(session, target=target, batch=batch, tally=tally)
            if time.monotonic() - shown_at >= _SHOWN_EVERY_S:
                _show_progress(target.roster_id, tally.rows, batch.expected)
                shown_at = time.monotonic()
            progress(tally.rows, batch.expected, "saving")
        _finish(session, target.roster_id, tally)
    progress(tally.rows, tally.rows, "done")


def _is_finished(session: Session, roster_id: int) -> bool:
    status = session.scalar(select(Roster.status).where(Roster.id == roster_id))
    return status not in OPEN


def _show_progress(roster_id: int, done: int, expected: int) -> None:
    # On another connection, because the import's transaction is not visible before its end.
    with db.engine.begin() as connection:
        # The progress may be lost in a crash; waiting for the disk would slow the import.
        connection.execute(text("SET LOCAL synchronous_commit = off"))
        connection.execute(
            update(Roster).where(Roster.id == roster_id).values(rows_done=done, rows_total=expected)
        )


def _finish(session: Session, roster_id: int, tally: Tally) -> None:
    figures = {
        name: getattr(tally, name)
        for name in ("accepted", "rejected", "repaired", "created", "changed", "unchanged")
    }
    roster = session.get_one(Roster, roster_id, populate_existing=True, with_for_update=True)
    roster.rows_total = roster.rows_done = tally.rows
    for name, figure in figures.items():
        setattr(roster, name, figure)
    roster.status = RosterStatus.DONE
    roster.error = ""
    roster.finished_at = clock.now()
    session.flush()
    trail.record(
        session,
        actor_id=roster.uploaded_by,
        action="roster.imported",
        subject=f"roster:{roster_id}",
        details=figures,
    )
    events.record(
        session,
        ListImported(
            office_id=roster.office_id,
            roster_id=roster_id,
            accepted=tally.accepted,
            rejected=tally.rejected,
            created=tally.created,
            changed=tally.changed,
        ),
        actor_id=roster.uploaded_by,
    )

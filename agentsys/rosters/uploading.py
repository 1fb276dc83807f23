"""Storing an uploaded list of workers; the same file sent again is the same list."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import PurePath
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Invalid, NotFound
from agentsys.people.models import Agent
from agentsys.people.offices import check_open
from agentsys.rosters import storage
from agentsys.sheets.cells import text_in
from agentsys.workers import groups
from agentsys.workers.enrolment import working_agent
from agentsys.workers.kinds import Ecosystem
from agentsys.workers.models import Funding, Programmes, Roster, RosterStatus
from agentsys.workers.roster_models import OPEN_STATES


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
    as_of: date | None = None,
    at_once: bool = True,
    version_id: int | None = None,
    ecosystem: Ecosystem | None = None,
    group_id: int | None = None,
    by_kelurahan: bool = False,
) -> Roster:
    """Store an uploaded file; return the existing list if the same file is open already.

    `as_of` is the day of its data: an older list does not change what a newer one stored. With
    `at_once` it waits for its import, without it for its columns. `version_id` is of a sponsor's
    list; ecosystem and group are of rows that name none. `by_kelurahan`: without an agent.
    """
    _check_upload(session, office_id, agent_id, content)
    whole = groups.checked(session, office_id=office_id, ecosystem=ecosystem, group_id=group_id)
    digest = hashlib.sha256(content).digest()
    today, first = clock.now().date(), from_month.replace(day=1)
    agents = agent_id, by_kelurahan and agent_id is None
    inserted = _insert(
        session,
        office_id=office_id,
        agent_id=agent_id,
        by_kelurahan=agents[1],
        uploaded_by=actor_id,
        filename=text_in(PurePath(filename.replace("\\", "/")).name)[:200] or "daftar",
        sha256=digest,
        programmes=programmes,
        funding=funding,
        from_month=first,
        as_of=min(as_of or today, today),
        version_id=version_id,
        **whole._asdict(),
        status=RosterStatus.WAITING if at_once else RosterStatus.UPLOADED,
    )
    if inserted is None:
        return _on_its_way(session, office_id, digest, agents, (programmes, funding, first))
    storage.store(session, vault=vault, roster_id=inserted, content=content)
    return _recorded(session, inserted, actor_id, sha256=digest.hex(), bytes=len(content))


def _recorded(session: Session, roster_id: int, actor_id: int | None, **details: object) -> Roster:
    trail.record(
        session,
        actor_id=actor_id,
        action="roster.uploaded",
        subject=f"roster:{roster_id}",
        details=details,
    )
    return session.get_one(Roster, roster_id)


def _insert(session: Session, **values: Any) -> int | None:
    """The id of a new list; None if the office has an open one of the same file."""
    inserted: int | None = session.scalar(
        insert(Roster)
        .values(**values)
        .on_conflict_do_nothing(
            index_elements=["office_id", "sha256"],
            index_where=text(f"status IN ({OPEN_STATES})"),
        )
        .returning(Roster.id)
    )
    return inserted


def _on_its_way(
    session: Session,
    office_id: int,
    digest: bytes,
    agents: tuple[int | None, bool],
    membership: tuple[Programmes, Funding, date],
) -> Roster:
    same = select(Roster).where(Roster.office_id == office_id, Roster.sha256 == digest)
    found = session.scalars(same.order_by(Roster.id.desc()).limit(1)).one()
    if (found.agent_id, found.by_kelurahan) != agents:
        raise Conflict(
            "Daftar yang sama sedang diproses untuk agen lain. Selesaikan atau batalkan dulu, lalu"
            " unggah lagi."
        )
    if (found.programmes, found.funding, found.from_month) != membership:
        raise Conflict(
            "Daftar yang sama sedang diproses dengan program, pembayar iuran, atau bulan mulai yang"
            " lain. Selesaikan atau batalkan dulu, lalu unggah lagi."
        )
    return found


def _check_upload(session: Session, office_id: int, agent_id: int | None, content: bytes) -> None:
    if not content:
        raise Invalid("Berkas ini kosong. Pilih berkas yang berisi daftar pekerja.")
    check_open(session, office_id)
    if agent_id is None:
        return
    agent = session.get(Agent, agent_id)
    if agent is None or agent.office_id != office_id:
        raise NotFound("Agen tidak ditemukan di kantor ini. Pilih agen dari daftar.")
    working_agent(session, agent_id)

"""What an office copies into BPJS' portal to register workers, in the portal's order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from agentsys.audit import trail
from agentsys.crypto import Vault
from agentsys.errors import NotFound
from agentsys.people import scope
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.workers import seals
from agentsys.workers.kinds import Programmes, Registration
from agentsys.workers.models import Enrolment, Worker

MOST_ROWS = 5_000


@dataclass(frozen=True, kw_only=True)
class PortalRow:
    """One worker with the whole NIK and KK number, as the portal asks for them."""

    worker_id: int
    nik: str
    name: str
    kk: str
    birth_place: str
    birth_date: date
    sex: str
    phone: str
    address: str
    kelurahan: str
    kecamatan: str
    business: str
    job: str
    income_idr: int
    programmes: Programmes


def waiting_rows(session: Session, *, vault: Vault, actor: User) -> list[PortalRow]:
    """All workers in reach who wait for registration, the oldest first; reading is recorded."""
    rows = list(_rows(session, vault, _waiting(actor).order_by(Worker.id).limit(MOST_ROWS)))
    trail.record(
        session,
        actor_id=actor.id,
        action="registration.exported",
        subject="workers",
        details={"count": len(rows), "whole_nik": True},
    )
    return rows


def one_row(session: Session, *, worker_id: int, vault: Vault, actor: User) -> PortalRow:
    """One worker who waits for registration; NotFound otherwise. Reading the NIK is recorded."""
    row = next(_rows(session, vault, _waiting(actor).where(Worker.id == worker_id)), None)
    if row is None:
        raise NotFound()
    trail.record(
        session,
        actor_id=actor.id,
        action="nik.revealed",
        subject=f"worker:{worker_id}",
        details={"reason": "lembar salin untuk portal BPJS"},
    )
    return row


def _waiting(user: User) -> Select[Worker, Programmes]:
    return (
        select(Worker, Enrolment.programmes)
        .join(Enrolment, (Enrolment.worker_id == Worker.id) & Enrolment.until_month.is_(None))
        .where(
            Worker.registration == Registration.WAITING,
            scope.of_agent(
                user, Worker.agent_id, Worker.office_id, to=Permission.REGISTRATION_RECORD
            ),
        )
    )


def _rows(session: Session, vault: Vault, query: Select[Worker, Programmes]) -> Iterator[PortalRow]:
    for worker, programmes in session.execute(query):
        kk = worker.kk_sealed
        yield PortalRow(
            worker_id=worker.id,
            nik=vault.open(worker.nik_sealed, seals.nik_of(worker.nik_index)),
            name=worker.name,
            kk=vault.open(kk, seals.kk_of(worker.nik_index)) if kk else "",
            birth_place=worker.birth_place,
            birth_date=worker.birth_date,
            sex=worker.sex,
            phone=worker.phone,
            address=worker.address,
            kelurahan=worker.kelurahan,
            kecamatan=worker.kecamatan,
            business=worker.business,
            job=worker.job,
            income_idr=worker.income_idr,
            programmes=programmes,
        )

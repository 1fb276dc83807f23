"""Whether BPJS registered a worker: recorded one by one or as an answer to a whole list."""

from __future__ import annotations

import re
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid
from agentsys.events import record as events
from agentsys.extension.events import RegistrationRefused, WorkerRegistered
from agentsys.memberships.ending import locked_worker
from agentsys.workers.kinds import RegisteredHow, Registration
from agentsys.workers.models import Worker

# BPJS' numbers have 11 digits (DOMAIN: one source of low authority), so others are not refused.
_KPJ = re.compile(r"[0-9]{8,16}")


def register(
    session: Session,
    *,
    worker_id: int,
    kpj: str,
    on: date,
    how: RegisteredHow,
    actor_id: int,
) -> None:
    """Record that BPJS registered the worker under this number (KPJ) on a day."""
    number = re.sub(r"[ .-]", "", kpj.strip())
    if not _KPJ.fullmatch(number):
        raise Invalid("Isi nomor KPJ dengan angka saja, biasanya 11 angka.", about="kpj")
    if on > clock.now().date():
        raise Invalid("Tanggal pendaftaran belum tiba. Periksa lagi.", about="registered_on")
    worker = locked_worker(session, worker_id)
    _refuse_number_of_another(session, worker, number)
    if worker.registration is Registration.REGISTERED and worker.kpj == number:
        return
    before = {"registration": worker.registration, "kpj": worker.kpj}
    worker.kpj, worker.registration = number, Registration.REGISTERED
    worker.registered_on, worker.registered_how = on, how
    worker.registration_note, worker.refused_at = "", None
    worker.updated_at = clock.now()
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action="worker.registered",
        subject=f"worker:{worker_id}",
        details={"before": before, "kpj": number, "on": on, "how": how},
    )
    events.record(
        session,
        WorkerRegistered(
            office_id=worker.office_id, agent_id=worker.agent_id, worker_id=worker_id, how=how
        ),
        actor_id=actor_id,
    )


def refuse(session: Session, *, worker_id: int, reason: str, actor_id: int) -> None:
    """Record that BPJS refused the worker's data and why; the agent corrects them."""
    reason = " ".join(reason.replace("\0", "").split())[:200]
    if not reason:
        raise Invalid("Tulis alasan BPJS menolak, misalnya: nama tidak sesuai KTP.", about="reason")
    worker = locked_worker(session, worker_id)
    if worker.registration is Registration.REGISTERED:
        raise Conflict(
            "Pekerja ini sudah terdaftar di BPJS dengan nomor KPJ {kpj}. Muat ulang halamannya.",
            kpj=worker.kpj or "-",
        )
    worker.registration, worker.registration_note = Registration.REFUSED, reason
    worker.refused_at = worker.updated_at = clock.now()
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action="registration.refused",
        subject=f"worker:{worker_id}",
        details={"reason": reason},
    )
    events.record(
        session,
        RegistrationRefused(
            office_id=worker.office_id, agent_id=worker.agent_id, worker_id=worker_id, reason=reason
        ),
        actor_id=actor_id,
    )


def send_again(session: Session, *, worker_id: int, actor_id: int, note: str = "") -> None:
    """The data were corrected: the office registers the worker at BPJS again."""
    worker = locked_worker(session, worker_id)
    if worker.registration is not Registration.REFUSED:
        raise Conflict("Data pekerja ini tidak sedang menunggu perbaikan. Muat ulang halamannya.")
    refused = worker.registration_note
    worker.registration, worker.registration_note = Registration.WAITING, ""
    worker.refused_at, worker.updated_at = None, clock.now()
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action="registration.corrected",
        subject=f"worker:{worker_id}",
        details={"refused": refused, "note": note[:200]},
    )


def _refuse_number_of_another(session: Session, worker: Worker, number: str) -> None:
    other = session.scalar(
        select(Worker.id).where(Worker.kpj == number, Worker.id != worker.id).limit(1)
    )
    if other is not None:
        raise Conflict(
            "Nomor KPJ itu sudah tercatat untuk pekerja lain. Periksa lagi di portal BPJS.",
            worker_id=other,
        )

"""Resuming a membership that ended."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.contributions import billing
from agentsys.errors import Conflict, Invalid
from agentsys.events import record as events
from agentsys.extension.events import MembershipResumed
from agentsys.memberships.ending import FINAL, locked_worker
from agentsys.people.offices import check_open
from agentsys.workers.kinds import Funding, Programmes, Registration
from agentsys.workers.models import Enrolment, Worker


def resume(
    session: Session,
    *,
    worker_id: int,
    from_month: date,
    programmes: Programmes,
    actor_id: int,
) -> Enrolment:
    """Make the worker a member again, paying for himself, from this month on or a later one.

    Sources conflict on whether BPJS continues the old membership or registers anew, so the office
    is asked to see to it: the worker waits for registration again.
    """
    worker = locked_worker(session, worker_id)
    check_open(session, worker.office_id)
    if worker.erased_at is not None:
        raise Conflict("Data pribadi pekerja ini sudah dihapus. Daftarkan sebagai pekerja baru.")
    if worker.consent_withdrawn_at is not None:
        raise Conflict(
            "Pekerja ini menarik persetujuan datanya. Catat dulu persetujuan yang baru di halaman"
            " Data pribadi."
        )
    last = session.scalar(
        select(Enrolment)
        .where(Enrolment.worker_id == worker_id)
        .order_by(Enrolment.from_month.desc())
        .limit(1)
        .with_for_update()
    )
    if last is not None:
        _check_ended(last)
    if from_month.day != 1 or from_month < clock.this_month():
        raise Invalid("Pilih bulan ini atau bulan sesudahnya.", about="from_month")
    if last is not None and last.until_month is not None and from_month < last.until_month:
        raise Invalid(
            "Kepesertaan lama berakhir sebelum {until_month}. Pilih bulan itu atau sesudahnya.",
            until_month=last.until_month,
            about="from_month",
        )
    billing.check_beginning(from_month)
    made = Enrolment(
        worker_id=worker_id, from_month=from_month, programmes=programmes, funding=Funding.SELF
    )
    session.add(made)
    worker.registration, worker.registration_note = Registration.WAITING, ""
    worker.registered_how = worker.registered_on = worker.refused_at = None
    worker.updated_at = clock.now()
    session.flush()
    _record(session, worker, made, last, actor_id)
    return made


def _check_ended(last: Enrolment) -> None:
    if last.until_month is None:
        raise Conflict("Kepesertaan pekerja ini masih berjalan. Muat ulang halamannya.")
    if last.end_reason in FINAL:
        raise Invalid(
            "Kepesertaan ini berakhir karena pekerja meninggal atau tercatat dua kali, jadi tidak"
            " dapat diaktifkan lagi."
        )


def _record(
    session: Session,
    worker: Worker,
    made: Enrolment,
    last: Enrolment | None,
    actor_id: int,
) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action="membership.resumed",
        subject=f"worker:{worker.id}",
        details={
            "from_month": made.from_month,
            "programmes": made.programmes,
            "ended_for": last.end_reason if last else None,
        },
    )
    events.record(
        session,
        MembershipResumed(
            office_id=worker.office_id,
            agent_id=worker.agent_id,
            worker_id=worker.id,
            month=made.from_month,
        ),
        actor_id=actor_id,
    )

"""Resuming a membership that ended."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.contributions import billing, planned_prices
from agentsys.errors import Conflict, Invalid
from agentsys.events import record as events
from agentsys.extension.events import MembershipResumed
from agentsys.memberships.ending import FINAL, locked_worker
from agentsys.people.offices import check_open
from agentsys.workers import earlier_niks, eligibility
from agentsys.workers.eligibility import Finding
from agentsys.workers.kinds import Funding, Programmes, Registration, Work
from agentsys.workers.models import Enrolment, Worker


def resume(
    session: Session,
    *,
    worker_id: int,
    from_month: date,
    programmes: Programmes,
    actor_id: int,
    work: Work | None = None,
) -> Enrolment:
    """Make the worker a member again, paying for himself, from this month on or a later one.

    The rules of eligibility are asked as for a new member; without `work`, of the known answer.
    Sources conflict on whether BPJS registers anew, so the worker waits for registration again.
    """
    worker = locked_worker(session, worker_id)
    check_open(session, worker.office_id)
    _check_consent(worker)
    newest = select(Enrolment).order_by(Enrolment.from_month.desc()).limit(1).with_for_update()
    last = session.scalar(newest.where(Enrolment.worker_id == worker_id))
    if last is not None:
        _check_ended(last)
    _check_beginning(last, from_month)
    answered = worker.work if work is None else work
    found = _findings(session, worker, programmes, answered)
    eligibility.refuse(found)
    planned_prices.drop(session, worker_id)  # it was planned for the old membership
    made = Enrolment(
        worker_id=worker_id, from_month=from_month, programmes=programmes, funding=Funding.SELF
    )
    session.add(made)
    worker.registration, worker.registration_note = Registration.WAITING, ""
    worker.registered_how = worker.registered_on = worker.refused_at = None
    before, worker.work = worker.work, answered
    worker.updated_at = clock.now()
    session.flush()
    details = {
        "from_month": made.from_month,
        "programmes": made.programmes,
        "ended_for": last.end_reason if last else None,
        "warned": [finding.rule.value for finding in found],
    }
    if answered is not before:
        details |= {"work_before": before, "work": answered}
    _record(session, worker, made, details, actor_id)
    return made


def findings(
    session: Session, *, worker_id: int, programmes: Programmes, work: Work | None
) -> tuple[Finding, ...]:
    """What the rules of eligibility say today about a worker who wants to be a member again."""
    return _findings(session, session.get_one(Worker, worker_id), programmes, work)


def _findings(
    session: Session, worker: Worker, programmes: Programmes, work: Work | None
) -> tuple[Finding, ...]:
    rules = eligibility.rules_on(clock.now().date())
    found = rules.find(
        born=worker.birth_date,
        job=worker.job,
        income_idr=worker.income_idr or None,
        programmes=programmes,
        work=work,
    )
    other = _member_by_another_record(session, worker)
    return found if other is None else (*found, *rules.double(other))


def _member_by_another_record(session: Session, worker: Worker) -> str | None:
    """What another record with a running membership shares with the worker's; None without one."""
    running = select(Enrolment.worker_id).where(
        Enrolment.worker_id == Worker.id, Enrolment.until_month.is_(None)
    )
    others = select(Worker.id).where(Worker.id != worker.id, running.exists())
    if worker.kpj and session.scalar(others.where(Worker.kpj == worker.kpj).limit(1)):
        return worker.kpj
    corrected = earlier_niks.worker_id_of(
        session, index=worker.nik_index, birth_date=worker.birth_date
    )
    if corrected is not None and session.scalar(others.where(Worker.id == corrected)):
        return worker.nik_masked
    return None


def _check_consent(worker: Worker) -> None:
    if worker.erased_at is not None:
        raise Conflict("Data pribadi pekerja ini sudah dihapus. Daftarkan sebagai pekerja baru.")
    if worker.consent_withdrawn_at is not None:
        raise Conflict(
            "Pekerja ini menarik persetujuan datanya. Catat dulu persetujuan yang baru di halaman"
            " Data pribadi."
        )


def _check_beginning(last: Enrolment | None, from_month: date) -> None:
    if from_month.day != 1 or from_month < clock.this_month():
        raise Invalid("Pilih bulan ini atau bulan sesudahnya.", about="from_month")
    if last is not None and last.until_month is not None and from_month < last.until_month:
        raise Invalid(
            "Kepesertaan lama berakhir sebelum {until_month}. Pilih bulan itu atau sesudahnya.",
            until_month=last.until_month,
            about="from_month",
        )
    billing.check_beginning(from_month)


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
    details: dict[str, object],
    actor_id: int,
) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action="membership.resumed",
        subject=f"worker:{worker.id}",
        details=details,
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

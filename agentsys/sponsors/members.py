"""The workers whom an agreement names: joining, leaving, and taking somebody's place."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements import recording
from agentsys.agreements.kinds import LeaveReason
from agentsys.agreements.models import Agreement, AgreementMember
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid, NotFound, Refused
from agentsys.people.permissions import Permission
from agentsys.sponsors import payers
from agentsys.workers.models import Worker

# For people to choose when somebody leaves.
REASONS = (
    LeaveReason.DIED,
    LeaveReason.MOVED,
    LeaveReason.WAGE_EARNER,
    LeaveReason.DOUBLED,
    LeaveReason.NOT_ELIGIBLE,
    LeaveReason.OWN_WISH,
)

_ADD = text("""
INSERT INTO agreement_members (agreement_id, worker_id, from_month, version_id, made_at)
SELECT :agreement_id, w.id, :from_month, :version_id, :now
FROM workers w
WHERE w.id = ANY (CAST(:ids AS bigint[])) AND w.merged_into IS NULL AND NOT EXISTS (
    SELECT FROM agreement_members m
    WHERE m.agreement_id = :agreement_id AND m.worker_id = w.id AND m.until_month IS NULL
)
ON CONFLICT (agreement_id, worker_id, from_month) DO UPDATE SET
    until_month = NULL, why_left = NULL, left_note = '', version_id = excluded.version_id,
    replaces_id = NULL, made_at = excluded.made_at
""")
_LEAVE = text("""
UPDATE agreement_members SET
    until_month = greatest(from_month, CAST(:month AS date)), why_left = :why, left_note = :note
WHERE agreement_id = :agreement_id AND worker_id = ANY (CAST(:ids AS bigint[]))
    AND until_month IS NULL
""")


class CeilingReached(Refused):
    """The agreement does not pay for so many people."""

    text = "Batas orang pada perjanjian ini terlampaui."


def add(
    session: Session,
    *,
    agreement: Agreement,
    worker_ids: Collection[int],
    from_month: date,
    version_id: int | None,
) -> int:
    """Name workers on an agreement; how many were not named before. CeilingReached if too many."""
    added = session.execute(
        _ADD,
        {
            "agreement_id": agreement.id,
            "ids": sorted(worker_ids),
            "from_month": from_month,
            "version_id": version_id,
            "now": clock.now(),
        },
    )
    check_ceiling(session, agreement)
    return int(added.rowcount)  # type: ignore[attr-defined]  # of an INSERT


def leave(
    session: Session,
    *,
    agreement_id: int,
    worker_ids: Collection[int],
    month: date,
    why: LeaveReason,
    note: str = "",
) -> None:
    """Take workers off an agreement from a month on; `payers.settle` then decides who pays."""
    session.execute(
        _LEAVE,
        {
            "agreement_id": agreement_id,
            "ids": sorted(worker_ids),
            "month": month,
            "why": why,
            "note": note[:200],
        },
    )


def count(session: Session, agreement_id: int) -> int:
    """How many workers an agreement names now."""
    query = select(func.count()).where(
        AgreementMember.agreement_id == agreement_id, AgreementMember.until_month.is_(None)
    )
    return session.scalar(query) or 0


def check_ceiling(session: Session, agreement: Agreement, *, named: int | None = None) -> None:
    """CeilingReached if an agreement names, or would name, more people than it pays for."""
    named = count(session, agreement.id) if named is None else named
    if agreement.most_people is not None and named > agreement.most_people:
        raise CeilingReached(
            "Perjanjian {number} membayar paling banyak {most} orang, dan daftarnya akan berisi"
            " {named}. Kurangi daftarnya, atau minta sponsor menaikkan batasnya.",
            number=agreement.number,
            most=agreement.most_people,
            named=named,
        )


def replace(
    session: Session,
    *,
    agreement_id: int,
    leaver_id: int,
    why: LeaveReason,
    month: date,
    note: str,
    new_id: int | None,
    actor_id: int,
) -> None:
    """Take a worker off an agreement, and give the place to another one, if there is one.

    The leaver is paid for until the month before. A death is recorded on the worker's page too.
    """
    agreement, actor = recording.take(session, agreement_id, actor_id, Permission.SPONSOR_RECORD)
    recording.in_force(session, agreement_id)
    note = " ".join(note.replace("\0", "").split())
    _check(agreement, why, month, note)
    member = session.scalar(
        select(AgreementMember).where(
            AgreementMember.agreement_id == agreement_id,
            AgreementMember.worker_id == leaver_id,
            AgreementMember.until_month.is_(None),
        )
    )
    if member is None:
        raise Conflict("Pekerja ini tidak ada lagi dalam daftar perjanjian. Muat ulang.")
    leave(
        session,
        agreement_id=agreement_id,
        worker_ids=[leaver_id],
        month=month,
        why=why,
        note=note,
    )
    concerned = [leaver_id]
    if new_id is not None:
        _take_place(session, agreement, leaver_id, new_id, month)
        concerned.append(new_id)
    payers.settle(session, worker_ids=concerned, since=month, actor_id=actor.id)
    trail.record(
        session,
        actor_id=actor.id,
        action="agreement.replaced",
        subject=f"agreement:{agreement_id}",
        details={"leaver_id": leaver_id, "why": why, "new_id": new_id, "month": month},
    )


def _check(agreement: Agreement, why: LeaveReason, month: date, note: str) -> None:
    if why not in REASONS:
        raise Invalid("Pilih alasannya.", about="why")
    if not note:
        raise Invalid("Tulis buktinya, misalnya nomor surat kelurahan.", about="note")
    if not agreement.from_month <= month < agreement.until_month:
        raise Invalid("Pilih bulan di dalam masa perjanjian.", about="month")


def _take_place(
    session: Session, agreement: Agreement, leaver_id: int, new_id: int, month: date
) -> None:
    _join(session, agreement, new_id, month)
    place = session.get_one(AgreementMember, (agreement.id, new_id, month), populate_existing=True)
    place.replaces_id = leaver_id
    session.flush()


def name_one(
    session: Session, *, agreement_id: int, worker_id: int, from_month: date, actor_id: int
) -> None:
    """Name one more worker on an agreement, without a list: checked and settled at once.

    CeilingReached if the agreement does not pay for so many; NotFound for another office's worker.
    """
    agreement, actor = recording.take(session, agreement_id, actor_id, Permission.SPONSOR_RECORD)
    recording.in_force(session, agreement_id)
    if not agreement.from_month <= from_month < agreement.until_month:
        raise Invalid("Pilih bulan di dalam masa perjanjian.", about="from_month")
    _join(session, agreement, worker_id, from_month)
    payers.settle(session, worker_ids=[worker_id], since=from_month, actor_id=actor.id)
    trail.record(
        session,
        actor_id=actor.id,
        action="agreement.named",
        subject=f"agreement:{agreement_id}",
        details={"worker_id": worker_id, "month": from_month},
    )


def _join(session: Session, agreement: Agreement, worker_id: int, month: date) -> None:
    worker = session.get(Worker, worker_id)
    if worker is None or worker.office_id != agreement.office_id:
        raise NotFound()
    if worker.merged_into is not None or worker.erased_at is not None:
        raise Conflict("Catatan pekerja ini tidak dipakai lagi. Pilih catatan yang berlaku.")
    if not add(
        session, agreement=agreement, worker_ids=[worker_id], from_month=month, version_id=None
    ):
        raise Conflict("Pekerja ini sudah ada dalam daftar perjanjian itu.", about="new_id")

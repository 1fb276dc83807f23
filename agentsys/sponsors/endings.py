"""The end of an agreement: announced, noticed ahead, carried out on its month by a job."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements import recording
from agentsys.agreements.kinds import AgreementState, LeaveReason
from agentsys.agreements.models import Agreement, AgreementMember
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid
from agentsys.people.permissions import Permission
from agentsys.sponsors import members, payers


def announce(
    session: Session, *, agreement_id: int, month: date, note: str, actor_id: int
) -> Agreement:
    """Announce that a sponsor stops before the period ends; `month` is the first unpaid one.

    Until then the sponsor pays, and the office can look for another payer. Where another agreement
    names a worker too, it goes on from that month.
    """
    agreement, actor = recording.take(session, agreement_id, actor_id, Permission.SPONSOR_RECORD)
    recording.in_force(session, agreement_id)
    note = " ".join(note.replace("\0", "").split())[:200]
    if not note:
        raise Invalid("Tulis alasannya, misalnya nomor surat sponsor.", about="note")
    if not clock.this_month() < month <= agreement.until_month or month <= agreement.from_month:
        raise Invalid(
            "Pilih bulan sesudah bulan ini, paling lambat {last_month}.",
            last_month=agreement.until_month,
            about="month",
        )
    agreement.ends_month, agreement.end_note, agreement.ended_by = month, note, actor.id
    _settle(session, agreement, month, actor.id)
    _record(session, agreement, "end_announced", actor.id, month=month, note=note)
    return agreement


def take_back(session: Session, *, agreement_id: int, actor_id: int) -> Agreement:
    """Take back an announced end that has not come yet; the agreement goes on to its period's."""
    agreement, actor = recording.take(session, agreement_id, actor_id, Permission.SPONSOR_RECORD)
    recording.in_force(session, agreement_id)
    if agreement.ends_month is None:
        raise Conflict("Tidak ada akhir yang diumumkan. Muat ulang halamannya.")
    month = agreement.ends_month
    agreement.ends_month, agreement.end_note, agreement.ended_by = None, "", None
    _settle(session, agreement, month, actor.id)
    _record(session, agreement, "end_taken_back", actor.id)
    return agreement


def due(session: Session) -> Sequence[int]:
    """The agreements in force that pay for no month from this one on."""
    return session.scalars(
        select(Agreement.id)
        .where(
            Agreement.state == AgreementState.IN_FORCE,
            func.coalesce(Agreement.ends_month, Agreement.until_month) <= clock.this_month(),
        )
        .order_by(Agreement.id)
    ).all()


def end_due(session: Session, *, agreement_id: int) -> int:
    """End an agreement whose month has come; how many workers it named until now.

    Who has no other payer is no member any more from that month on; agents see them in a list.
    """
    agreement = session.get(Agreement, agreement_id, with_for_update=True, populate_existing=True)
    if agreement is None or agreement.state is not AgreementState.IN_FORCE:
        return 0
    month = agreement.ends_month or agreement.until_month
    if month > clock.this_month():
        return 0
    named = _named(session, agreement_id)
    agreement.state = AgreementState.ENDED
    session.flush()
    members.leave(
        session,
        agreement_id=agreement_id,
        worker_ids=named,
        month=month,
        why=LeaveReason.ENDED,
        note=agreement.end_note,
    )
    # Workers who were to leave in a later month leave with the agreement.
    session.execute(
        update(AgreementMember)
        .where(AgreementMember.agreement_id == agreement_id, AgreementMember.until_month > month)
        .values(until_month=func.greatest(AgreementMember.from_month, month))
        .execution_options(synchronize_session=False)
    )
    payers.settle(session, worker_ids=named, since=month, actor_id=None)
    _record(session, agreement, "ended", None, month=month, people=len(named))
    return len(named)


def _settle(session: Session, agreement: Agreement, month: date, actor_id: int) -> None:
    session.flush()
    payers.settle(
        session,
        worker_ids=_named(session, agreement.id),
        since=min(month, agreement.until_month),
        actor_id=actor_id,
    )


def _named(session: Session, agreement_id: int) -> Sequence[int]:
    return session.scalars(
        select(AgreementMember.worker_id)
        .where(AgreementMember.agreement_id == agreement_id, AgreementMember.until_month.is_(None))
        .order_by(AgreementMember.worker_id)
    ).all()


def _record(
    session: Session, agreement: Agreement, what: str, actor_id: int | None, **details: object
) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"agreement.{what}",
        subject=f"agreement:{agreement.id}",
        details={"number": agreement.number, **details},
    )

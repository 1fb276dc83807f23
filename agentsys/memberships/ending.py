"""Ending a membership: at once on bills, open payments, pay links and auto-debit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock, locks
from agentsys.audit import trail
from agentsys.benefits import claims
from agentsys.contributions import billing, closing, planned_prices
from agentsys.contributions.closing import ClosedMonth
from agentsys.contributions.models import Contribution
from agentsys.errors import Conflict, Invalid, NotFound
from agentsys.events import record as events
from agentsys.extension.contract import MandateState
from agentsys.extension.events import MembershipEnded
from agentsys.months import HEAD_OFFICE, add_months
from agentsys.payments import links, open_payments, siblings
from agentsys.payments.link_models import LinkKind
from agentsys.payments.mandate_models import Mandate, MandateWorker
from agentsys.payments.mandates import wishes
from agentsys.workers.kinds import CLOSES_ALL, CloseReason, EndReason
from agentsys.workers.models import Enrolment, Worker

# For people to choose; the others are found by a job, or belong to a change of package.
CHOICES = tuple(
    reason
    for reason in EndReason
    if reason
    not in (EndReason.LAPSED, EndReason.CHANGED, EndReason.SPONSOR_ENDED, EndReason.UNKNOWN)
)
# Who died stays dead, and a duplicate is merged; a mistake in either is taken back instead.
FINAL = (EndReason.DIED, EndReason.DUPLICATE)
_EVER = date(1900, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What the end of a membership did, or would do."""

    until_month: date  # the first month that is not part of it
    closed: Sequence[ClosedMonth]
    withdrawn: int  # open payments that are being cancelled
    debits_ended: int  # mandates that were revoked
    paid_ahead: Sequence[date]  # months after the end for which money was already taken


def end(
    session: Session,
    *,
    worker_id: int,
    reason: EndReason,
    happened_on: date,
    note: str,
    actor_id: int | None,
    until_month: date | None = None,
) -> Ended:
    """End the worker's membership after the month of `happened_on`, and say what that did.

    `note` is the evidence. Without `until_month` the next month is the first one outside.
    """
    note = " ".join(note.replace("\0", "").split())
    _check(reason, happened_on, note, by_a_person=actor_id is not None)
    worker = locked_worker(session, worker_id)
    until = until_month or add_months(happened_on.replace(day=1), 1)
    enrolment = _running(session, worker_id, until, reason)
    until = min(until, enrolment.until_month or until)
    no_billing_run(session, until)
    since = _EVER if reason in CLOSES_ALL else until
    months = closing.lock_open(session, {worker_id: since})[worker_id]
    withdrawn = withdraw_payments(session, worker_id, months, actor_id)
    closed = closing.close(session, {worker_id: since}, why=CloseReason(reason), actor_id=actor_id)
    debits_ended = _stop_collecting(session, worker_id, reason, actor_id)
    planned_prices.drop(session, worker_id)
    enrolment.until_month, enrolment.end_reason = until, reason
    enrolment.end_note, enrolment.ended_on = note[:200], happened_on
    enrolment.ended_at, enrolment.ended_by = clock.now(), actor_id
    if reason is EndReason.DIED:
        claims.after_death(session, worker_id=worker_id, died_on=happened_on, actor_id=actor_id)
    worker.updated_at = clock.now()
    session.flush()
    ended = Ended(
        until_month=until,
        closed=closed,
        withdrawn=withdrawn,
        debits_ended=debits_ended,
        paid_ahead=_paid_from(session, worker_id, until),
    )
    _record(session, worker, reason, ended, note=note, on=happened_on, actor_id=actor_id)
    return ended


def locked_worker(session: Session, worker_id: int) -> Worker:
    """The worker, locked until the transaction ends: one change of a membership at a time."""
    # A new payment locks the key of the worker; a stronger lock here could end in a deadlock.
    worker = session.get(
        Worker, worker_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if worker is None:
        raise NotFound(worker_id=worker_id)
    if worker.merged_into is not None:
        raise Conflict(
            "Catatan ini sudah digabung ke catatan lain dari orang yang sama. Buka catatan itu."
        )
    return worker


def _check(reason: EndReason, happened_on: date, note: str, *, by_a_person: bool) -> None:
    if by_a_person and reason not in CHOICES:
        raise Invalid("Pilih alasan kepesertaan berakhir.", about="reason")
    if by_a_person and not note:
        raise Invalid(
            "Tulis buktinya, misalnya nomor akta kematian atau dari siapa kabarnya.", about="note"
        )
    if happened_on > clock.now().astimezone(HEAD_OFFICE).date():
        raise Invalid("Tanggalnya belum tiba. Isi tanggal kejadian.", about="happened_on")


def _running(session: Session, worker_id: int, until: date, reason: EndReason) -> Enrolment:
    """The period of the worker's membership that now ends; later periods of it are removed.

    A membership has several periods if its package or payer changed. Who left and died is recorded
    too: the membership ended before, but its arrears are not asked of the family.
    """
    periods = last_membership(session, worker_id)
    over = not periods or (periods[-1].until_month is not None and periods[-1].until_month <= until)
    if over and not (periods and _may_die(reason, periods[-1].end_reason)):
        raise Conflict("Kepesertaan pekerja ini sudah berakhir. Muat ulang halamannya.")
    begun = [period for period in periods if period.from_month < until]
    if not begun:
        raise Invalid(
            "Kepesertaannya mulai {from_month}, sesudah tanggal itu. Periksa tanggalnya.",
            from_month=periods[0].from_month,
            about="happened_on",
        )
    for later in periods[len(begun) :]:
        session.delete(later)
    session.flush()
    return begun[-1]


def _may_die(reason: EndReason, ended_for: EndReason | None) -> bool:
    return reason is EndReason.DIED and ended_for not in FINAL


def last_membership(session: Session, worker_id: int, *, lock: bool = True) -> list[Enrolment]:
    """The periods of the worker's newest membership, the oldest first; locked or not."""
    query = select(Enrolment).where(Enrolment.worker_id == worker_id).order_by(Enrolment.from_month)
    periods = session.scalars(query.with_for_update() if lock else query).all()
    first = len(periods) - 1
    while first > 0 and periods[first - 1].end_reason is EndReason.CHANGED:
        first -= 1
    return list(periods[max(first, 0) :])


def no_billing_run(session: Session, until: date) -> None:
    """Keep billing runs away until the transaction ends; Conflict if one is under way.

    A run that read the enrolment before it ended would bill a month outside the membership.
    """
    last = add_months(clock.this_month(), billing.MONTHS_AHEAD)
    month = max(until, add_months(clock.this_month(), -billing.MONTHS_BACK))
    while month <= last:
        key = billing.key_of(month)
        lock = func.pg_try_advisory_xact_lock_shared(locks.BILLING_MONTH, key)
        if not session.scalar(select(lock)):
            raise Conflict(
                "Penagihan bulan {month} sedang berjalan. Tunggu sampai selesai, lalu coba lagi.",
                month=month,
            )
        month = add_months(month, 1)


def withdraw_payments(
    session: Session, worker_id: int, months: Sequence[date], actor_id: int | None
) -> int:
    """Cancel the open payments for these months; one that is paid all the same is owed back."""
    found = siblings.open_for(session, worker_id=worker_id, months=months) if months else ()
    for payment in found:
        open_payments.withdraw(
            session, payment.reference, by=f"user:{actor_id}" if actor_id else "job"
        )
    return len(found)


def _stop_collecting(
    session: Session, worker_id: int, reason: EndReason, actor_id: int | None
) -> int:
    """Revoke mandates and links; a lapsed worker keeps the mandate, for when he comes back."""
    if reason is EndReason.LAPSED:
        return 0
    if actor_id is not None:
        for kind in LinkKind:
            if kind is LinkKind.PAY or reason is EndReason.DIED:
                links.withdraw_links(session, worker_id=worker_id, actor_id=actor_id, kind=kind)
    references = session.scalars(
        select(Mandate.reference)
        .join(MandateWorker, MandateWorker.mandate_id == Mandate.id)
        .where(MandateWorker.worker_id == worker_id, Mandate.state != MandateState.ENDED)
        .order_by(Mandate.id)
    ).all()
    for reference in references:
        wishes.revoke(
            session,
            reference=reference,
            by=f"user:{actor_id}" if actor_id else "job",
            actor_id=actor_id,
        )
    return len(references)


def _paid_from(session: Session, worker_id: int, month: date) -> Sequence[date]:
    return session.scalars(
        select(Contribution.month)
        .where(
            Contribution.worker_id == worker_id,
            Contribution.month >= month,
            Contribution.payment_id.is_not(None),
        )
        .order_by(Contribution.month)
    ).all()


def _record(
    session: Session,
    worker: Worker,
    reason: EndReason,
    ended: Ended,
    *,
    note: str,
    on: date,
    actor_id: int | None,
) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action="membership.ended",
        subject=f"worker:{worker.id}",
        details={
            "reason": reason,
            "happened_on": on,
            "until_month": ended.until_month,
            "note": note,
            "closed": [month.month for month in ended.closed],
            "closed_idr": sum(month.amount_idr for month in ended.closed),
            "paid_ahead": list(ended.paid_ahead),
        },
    )
    events.record(
        session,
        MembershipEnded(
            office_id=worker.office_id,
            agent_id=worker.agent_id,
            worker_id=worker.id,
            month=ended.until_month,
            reason=reason,
        ),
        actor_id=actor_id,
    )

"""Refunds through a provider: one person proposes, a second person approves, then a job asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.contributions.models import Contribution
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.extension.contract import Custody, PaymentChannel, PaymentState
from agentsys.payments import books, owed, provider_queue, refund_effects
from agentsys.payments.lifecycle import locked
from agentsys.payments.models import Payment
from agentsys.payments.provider_models import Action
from agentsys.payments.references import new_reference
from agentsys.payments.refund_models import LIVE, Refund, RefundState
from agentsys.payments.transitions import Transition, decide
from agentsys.people import second_person
from agentsys.people.models import User
from agentsys.people.permissions import Permission


class RefundAction(StrEnum):
    """What the second person does with a proposed refund."""

    APPROVE = "approve"
    REFUSE = "refuse"


REFUND_TRANSITIONS = {
    (RefundState.PROPOSED, RefundAction.APPROVE): Transition(
        RefundState.APPROVED, by=Permission.REFUND_APPROVE
    ),
    (RefundState.PROPOSED, RefundAction.REFUSE): Transition(
        RefundState.REFUSED, by=Permission.REFUND_APPROVE
    ),
}


@dataclass(frozen=True, kw_only=True)
class Possible:
    """How much of a payment can go back through its provider, or why nothing can."""

    most_idr: int = 0
    is_whole: bool = False  # the months are open again, if `most_idr` is given back
    only_most: bool = False  # the provider gives all or nothing
    why_not: Refused | None = None


def possible(session: Session, payment: Payment, channel: PaymentChannel | None) -> Possible:
    """What of a payment can go back, or why nothing can."""
    try:
        return _limit(session, payment, channel)
    except Refused as refused:
        return Possible(why_not=refused)


def offer(session: Session, *, payment_id: int, channel: PaymentChannel | None) -> Possible:
    """What of a payment can be proposed to go back."""
    payment = session.get(Payment, payment_id)
    if payment is None:
        raise NotFound()
    return possible(session, payment, channel)


def propose(
    session: Session,
    *,
    payment_id: int,
    channel: PaymentChannel | None,
    amount_idr: int,
    reason: str,
    actor_id: int,
) -> Refund:
    """Propose to give money of a payment back through its provider."""
    actor, payment = _person_and_payment(session, actor_id, payment_id, Permission.REFUND_PROPOSE)
    reason = " ".join(reason.replace("\0", "").split())[:200]
    if not reason:
        raise Invalid("Isi alasan: kepada siapa uangnya kembali, dan mengapa.")
    limit = _limit(session, payment, channel)
    _check_amount(session, payment, limit, amount_idr)
    refund = Refund(
        payment_id=payment.id,
        office_id=payment.office_id,
        key=f"R{new_reference()}",
        amount_idr=amount_idr,
        is_whole=limit.is_whole and amount_idr == limit.most_idr,
        reason=reason,
        proposed_by=actor.id,
        proposed_at=clock.now(),
    )
    session.add(refund)
    session.flush()
    record(session, refund, "proposed", actor.id)
    return refund


def decide_refund(
    session: Session,
    *,
    refund_id: int,
    channel: PaymentChannel | None,
    action: RefundAction,
    actor_id: int,
) -> Refund:
    """Approve a refund as a second person, so that the provider is asked, or refuse it."""
    payment_id = session.scalar(select(Refund.payment_id).where(Refund.id == refund_id))
    if payment_id is None:
        raise NotFound()
    actor, payment = _person_and_payment(session, actor_id, payment_id, Permission.REFUND_APPROVE)
    refund = session.get_one(Refund, refund_id, with_for_update=True, populate_existing=True)
    to = decide(REFUND_TRANSITIONS, refund.state, action, actor)
    if to is RefundState.APPROVED:
        if actor.id == refund.proposed_by:
            raise Forbidden("Pengembalian disetujui orang kedua, bukan yang mengusulkan.")
        second_person.check(session, second=actor, first_ids=[refund.proposed_by])
        _check_again(session, payment, channel, refund)
    with session.no_autoflush:
        refund.state = to
        refund.decided_by, refund.decided_at = actor.id, clock.now()
    session.flush()
    if to is RefundState.APPROVED:
        months = _months_idr(session, payment) if refund.is_whole else 0
        refund_effects.reserve(session, refund, payment, refund.amount_idr - months)
        provider_queue.put(session, payment, Action.REFUND, by=f"user:{actor.id}")
    record(session, refund, to.value, actor.id)
    return refund


def record(session: Session, refund: Refund, what: str, actor_id: int | None) -> None:
    """Write a step of a refund to the audit trail."""
    trail.record(
        session,
        actor_id=actor_id,
        action=f"refund.{what}",
        subject=f"refund:{refund.id}",
        details={
            "payment": refund.payment_id,
            "amount_idr": refund.amount_idr,
            "reason": refund.reason,
        },
    )


def is_over(payment: Payment, within: timedelta) -> bool:
    """Whether the provider does not give a payment back any more."""
    since = payment.settled_at or payment.created_at
    return clock.now() > since + within


def _limit(session: Session, payment: Payment, channel: PaymentChannel | None) -> Possible:
    """All of the payment before BPJS has it, else what the worker is owed; Refused if nothing."""
    partial = _refundable(session, payment, channel).refunds.partial
    held = books.held(session, payment)
    owed_idr = owed.to_payer(session, payment)
    whole = held == payment.amount_idr and payment.state is PaymentState.SETTLED
    surplus = held - _months_idr(session, payment)
    if whole and not _is_remitted(session, payment) and surplus <= owed_idr:
        return Possible(most_idr=held, is_whole=True, only_most=not partial or owed_idr == 0)
    most = min(held, owed_idr)
    if most <= 0:
        raise Refused(
            "Uang pembayaran ini sudah disetor ke BPJS atau dikembalikan, jadi tidak ada yang"
            " dapat dikembalikan lewat penyedia."
        )
    if not partial and most != held:
        raise Refused(
            "Kanal ini hanya dapat mengembalikan seluruh pembayaran. Kembalikan kelebihannya"
            " dengan transfer."
        )
    return Possible(most_idr=most, only_most=not partial)


def _refundable(
    session: Session, payment: Payment, channel: PaymentChannel | None
) -> PaymentChannel:
    """The payment's channel, if it gives money back now."""
    if payment.custody is not Custody.PROVIDER:
        raise Refused("Uang tunai dikembalikan dengan transfer.")
    if payment.for_deposit_id is not None:
        raise Refused("Setoran agen tidak dikembalikan lewat penyedia. Kembalikan dengan transfer.")
    if payment.for_bill_id is not None:
        raise Refused(
            "Uang sponsor tidak dikembalikan lewat penyedia; sisanya dipakai untuk tagihan"
            " berikutnya."
        )
    if channel is None or not channel.refunds.possible:
        raise Refused("Kanal ini tidak dapat mengembalikan uang. Kembalikan dengan transfer.")
    if is_over(payment, channel.refunds.within):
        raise Refused("Masa pengembalian kanal ini sudah lewat. Kembalikan dengan transfer.")
    if payment.aside_idr:
        raise Refused("Uangnya masih ditahan: putuskan dulu kasusnya.")
    live = exists().where(Refund.payment_id == payment.id, Refund.state.in_(LIVE))
    if session.scalar(select(live)):
        raise Conflict("Pengembalian pembayaran ini masih berjalan. Tunggu sampai selesai.")
    return channel


def _check_amount(session: Session, payment: Payment, limit: Possible, amount_idr: int) -> None:
    if not 0 < amount_idr <= limit.most_idr or (limit.only_most and amount_idr != limit.most_idr):
        if limit.only_most:
            raise Invalid("Pembayaran ini dikembalikan utuh: {most_idr}.", most_idr=limit.most_idr)
        raise Invalid("Isi jumlah sampai {most_idr}.", most_idr=limit.most_idr)
    owed_idr = owed.to_payer(session, payment)
    if amount_idr < limit.most_idr and amount_idr > owed_idr:
        raise Invalid(
            "Sebagian hanya dapat dikembalikan dari hak pekerja: {owed_idr}. Atau kembalikan"
            " seluruhnya, {most_idr}.",
            owed_idr=owed_idr,
            most_idr=limit.most_idr,
        )


def _check_again(
    session: Session, payment: Payment, channel: PaymentChannel | None, refund: Refund
) -> None:
    """Refused if what was proposed is not possible any more."""
    if channel is None or is_over(payment, channel.refunds.within):
        raise Refused("Masa pengembalian kanal ini sudah lewat. Tolak usul ini, lalu transfer.")
    owed_idr = owed.to_payer(session, payment)
    needs = refund.amount_idr
    if refund.is_whole:
        if payment.state is not PaymentState.SETTLED or _is_remitted(session, payment):
            raise Conflict("Pembayaran ini sudah berubah sejak diusulkan. Tolak usul ini.")
        needs -= _months_idr(session, payment)
    if needs > owed_idr or refund.amount_idr > books.held(session, payment):
        raise Conflict("Uangnya sudah dipakai sejak diusulkan. Tolak usul ini.")


def _person_and_payment(
    session: Session, actor_id: int, payment_id: int, permission: Permission
) -> tuple[User, Payment]:
    """The person, if permitted, and the payment of his or her office, locked."""
    actor = session.get(User, actor_id)
    reference = session.scalar(select(Payment.reference).where(Payment.id == payment_id))
    payment = locked(session, reference) if reference else None
    if actor is None or payment is None or actor.office_id not in (payment.office_id, None):
        raise NotFound()
    if not actor.can(permission):
        raise Forbidden(permission=permission.value)
    if payment.agent is not None and payment.agent.user_id == actor.id:
        raise Forbidden(
            "Pembayaran ini dari pekerja tanggungan Anda sendiri. Minta orang lain memutuskan."
        )
    return actor, payment


def _months_idr(session: Session, payment: Payment) -> int:
    """Rupiah of the months that the payment pays."""
    total = session.scalar(
        select(func.sum(Contribution.amount_idr)).where(Contribution.payment_id == payment.id)
    )
    return int(total or 0)


def _is_remitted(session: Session, payment: Payment) -> bool:
    sent = (Contribution.payment_id == payment.id) & Contribution.remittance_id.is_not(None)
    return bool(session.scalar(select(exists().where(sent))))

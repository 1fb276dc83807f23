"""Open payments: what waits for a worker, and what people may do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.errors import NotFound, Refused
from agentsys.extension.contract import PaymentChannel, PaymentReport, PaymentState
from agentsys.payments import provider_queue, requests, siblings
from agentsys.payments.lifecycle import apply_report, locked
from agentsys.payments.live_attempts import end_attempt, refuse_debit
from agentsys.payments.models import Payment
from agentsys.payments.provider_models import Action
from agentsys.payments.siblings import OPEN

MOST_BY_LINK = 6  # payments in an hour: anybody who was sent the link can make them
LINK_HOUR = timedelta(hours=1)
ENDS_SOON = timedelta(minutes=2)  # too soon to pay it still
# Two requests for one worker wait for each other, so that the second finds the first's payment.
_ONE_BY_ONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:worker, 2))")


def bill(
    session: Session,
    *,
    key: str,
    channel: PaymentChannel,
    worker_id: int,
    months: Sequence[date],
    actor_id: int | None,
    agent_id: int | None,
    return_url: str = "",
    inputs: Mapping[str, str] | None = None,
    shown_idr: int | None = None,
) -> Payment:
    """The payment for these months: the open one if it is the same, else a new one.

    PriceChanged if it costs another sum than `shown_idr`.

    Other open payments for any of the months are cancelled, so that they are not paid twice.
    """
    requests.check_key(key)
    session.execute(_ONE_BY_ONE, {"worker": f"bill:{worker_id}"})
    by = f"user:{actor_id}" if actor_id else "link"
    if session.scalar(select(Payment.id).where(Payment.key == key)) is None:
        for earlier in siblings.open_for(session, worker_id=worker_id, months=months):
            refuse_debit(earlier)
            if shown_idr in (None, earlier.amount_idr) and _is_the_same(
                session, earlier, channel, months, inputs or {}
            ):
                return earlier
            withdraw(session, earlier.reference, by=by)
    return requests.ask(
        session,
        key=key,
        channel=channel,
        worker_id=worker_id,
        months=months,
        actor_id=actor_id,
        agent_id=agent_id,
        return_url=return_url,
        inputs=inputs,
        shown_idr=shown_idr,
    )


def check_link_limit(session: Session, *, worker_id: int) -> None:
    """Refused if too many payments were made by a worker's pay links in the last hour."""
    since = clock.now() - LINK_HOUR
    made = session.scalar(
        select(func.count())
        .select_from(Payment)
        .where(
            Payment.worker_id == worker_id,
            Payment.created_by.is_(None),
            Payment.created_at > since,
        )
    )
    if (made or 0) >= MOST_BY_LINK:
        raise Refused(
            "Terlalu banyak tagihan dibuat dari tautan ini. Coba lagi dalam satu jam, atau hubungi"
            " agen Anda."
        )


def _payment(session: Session, reference: str) -> Payment:
    payment = locked(session, reference)
    if payment is None:
        raise NotFound()
    return payment


def _is_the_same(
    session: Session,
    earlier: Payment,
    channel: PaymentChannel,
    months: Sequence[date],
    inputs: Mapping[str, str],
) -> bool:
    """Whether an open payment is what a new one would be, and can still be paid."""
    asked = provider_queue.outstanding(session, payment_id=earlier.id)
    is_ending = earlier.expires_at is not None and earlier.expires_at < clock.now() + ENDS_SOON
    return (
        earlier.channel == channel.name
        and {item.month for item in earlier.months} == set(months)
        and earlier.inputs == dict(inputs)
        and not is_ending
        and (asked is None or asked.action is not Action.CANCEL)
    )


def ask_provider(session: Session, reference: str, *, by: str) -> None:
    """Have a job ask the provider now how a payment stands, or for what there is to pay with."""
    payment = _payment(session, reference)
    is_debit = payment.mandate_id is not None  # never made twice: only asked about
    start_again = payment.state in OPEN and not payment.shows_how_to_pay and not is_debit
    action = Action.START if start_again else Action.CHECK
    provider_queue.put(session, payment, action, by=by)


def check(session: Session, reference: str, *, by: str) -> None:
    """Have a job ask the provider how a payment stands, whatever state is stored."""
    payment = _payment(session, reference)
    provider_queue.put(session, payment, Action.CHECK, by=by)


def withdraw(session: Session, reference: str, *, by: str) -> None:
    """Cancel an open payment: here, if its provider was never asked; else a job asks it to."""
    payment = _payment(session, reference)
    if payment.state not in OPEN:
        return
    end_attempt(session, payment)
    if provider_queue.forget_start(session, payment):
        apply_report(session, report=_never_sent(payment), by=by)
    else:
        provider_queue.put(session, payment, Action.CANCEL, by=by)


def _never_sent(payment: Payment) -> PaymentReport:
    return PaymentReport(
        reference=payment.reference,
        state=PaymentState.EXPIRED,
        amount_idr=payment.amount_idr,
        reason="Dibatalkan sebelum sampai ke penyedia.",
    )

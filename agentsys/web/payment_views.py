"""A payment as its page shows it: its state, how far asking the provider has come, what to do."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.extension.contract import PaymentState
from agentsys.job_queries import SILENT_AFTER_S, work_state
from agentsys.payments import circuit, payment_lookup, provider_queue
from agentsys.payments.payment_lookup import PaymentView
from agentsys.payments.provider_models import Action, ChannelHealth
from agentsys.payments.provider_queue import Outstanding
from agentsys.runtime import runtime
from agentsys.web.texts import day_and_time, time
from agentsys.web.view_models import channel_label, qr

_SHORT = 6
SAME_DAY = timedelta(hours=2)
SOON = timedelta(seconds=6)  # an answer that takes longer is called late
# Milliseconds until the page asks again, by the age of what it waits for.
_EVERY = ((timedelta(seconds=10), 700), (timedelta(minutes=1), 2000))
_EVERY_LATER = 4000


class Progress(StrEnum):
    """How far asking the provider has come, for a payment that has nothing to pay with yet."""

    NONE = ""  # nothing is asked, or there is something to pay with
    SENDING = "sending"
    LATE = "late"  # the provider has not answered; it is asked again
    STOPPED = "stopped"  # the provider refuses our account
    NO_WORKER = "no_worker"  # no process runs jobs, so nobody asks
    NOTHING = "nothing"  # the provider has the payment, but what to pay with did not come
    CHECKING = "checking"
    CANCELLING = "cancelling"


def payment_state(session: Session, payment: PaymentView) -> dict[str, Any]:
    """A payment as its page and its polled fragment show it."""
    review = payment_lookup.has_open_case(session, payment_id=payment.id)
    asked = provider_queue.outstanding(session, payment_id=payment.id)
    how_far = progress(session, payment, asked).value
    channel = runtime().registry.channels.get(payment.channel)
    return {
        "id": payment.id,
        "worker_id": payment.worker_id,
        "worker_name": payment.worker_name,
        "state": payment.state.value,
        "review": review and payment.state is not PaymentState.SETTLED,
        "waiting": payment.is_waiting,
        "progress": how_far,
        # The page is only drawn again when this changes, so that what was unfolded stays open.
        "version": f"{payment.state.value}-{how_far}-{review}-{payment.shows_how_to_pay}",
        "polls": payment.is_waiting or asked is not None,
        "every": _every(asked.asked_at if asked else payment.created_at),
        "amount_idr": payment.amount_idr,
        "fee_idr": channel.fee.of(payment.amount_idr) if channel else 0,
        "codes": [vars(code) | {"groups": _groups(code.value)} for code in payment.codes],
        "guides": channel.guides if channel else (),
        "channel_label": channel_label(payment.channel),
        "expires_at": payment.expires_at,
        "until": _until(payment.expires_at) if payment.expires_at else "",
        "pay_url": payment.pay_url,
        "qr_svg": qr(payment.qr_string) if payment.qr_string else "",
        "reason": payment.reason,
        "receipt_no": payment.receipt_number,
        "receipt_token": payment.receipt_code,
        "channel_runs": channel is not None,
        "reference": payment.reference,
        "months": [item.month for item in payment.months],
    }


def progress(session: Session, payment: PaymentView, asked: Outstanding | None) -> Progress:
    """How far asking the provider has come."""
    late = asked is not None and clock.now() - asked.asked_at > SOON
    if late and not _worker_runs(session):
        return Progress.NO_WORKER
    if asked is not None and asked.action is Action.CANCEL:
        return Progress.CANCELLING
    if not payment.is_waiting or payment.shows_how_to_pay:
        return Progress.CHECKING if asked else Progress.NONE
    if circuit.health_of(session, payment.channel) is ChannelHealth.STOPPED:
        return Progress.STOPPED
    if asked is None or asked.action is Action.CHECK:
        pending = payment.state is PaymentState.PENDING
        return Progress.NOTHING if pending else Progress.LATE
    return Progress.LATE if late or asked.tries > 1 else Progress.SENDING


def _groups(number: str) -> list[str]:
    """A long number in fours."""
    if len(number) <= _SHORT:
        return [number]
    return [number[place : place + 4] for place in range(0, len(number), 4)]


def _until(moment: datetime) -> str:
    """The time, with its day unless that is soon."""
    return time(moment) if moment - clock.now() < SAME_DAY else day_and_time(moment)


def _worker_runs(session: Session) -> bool:
    heartbeat_s = work_state(session).heartbeat_s
    return heartbeat_s is not None and heartbeat_s <= SILENT_AFTER_S


def _every(since: datetime) -> int:
    age = clock.now() - since
    return next((wait for until, wait in _EVERY if age < until), _EVERY_LATER)

"""Payment requests: store and commit, ask the provider, apply its report."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.db import in_transaction, transaction
from agentsys.errors import Conflict, Invalid, NotFound, Refused
from agentsys.extension.contract import (
    Custody,
    MandateChannel,
    Payer,
    PayerKind,
    PaymentChannel,
    PaymentReport,
    PaymentRequest,
    PaymentState,
)
from agentsys.payments import circuit, provider_queue
from agentsys.payments.asked_months import amount_of, open_months
from agentsys.payments.lifecycle import apply_report, begin
from agentsys.payments.live_attempts import make_way
from agentsys.payments.models import Payment, PaymentMonth
from agentsys.payments.polling import about, cancel_at, check
from agentsys.payments.provider_models import Action
from agentsys.payments.references import new_reference
from agentsys.people import substitutes
from agentsys.people.models import Agent, AgentStatus
from agentsys.workers.models import Worker

FIRST_CHECK = timedelta(minutes=1)
_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
_UNSURE = (PaymentState.CREATED, PaymentState.PENDING)


def ask(
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
    """Create a payment for a worker's months, and have a job start it; idempotent by key.

    PriceChanged if it costs another sum than the payer was shown.
    """
    check_key(key)
    _refuse_debits(channel)
    wanted = sorted(set(months))
    inputs = dict(inputs or {})
    request_hash = _hash_of(channel.name, worker_id, wanted, agent_id, inputs)
    known = _asked_before(session, key, request_hash)
    if known is not None:
        return known

    circuit.check_started(session, channel.name)
    agent = _collecting_agent(session, channel, agent_id)
    worker = _worker(session, worker_id, agent)
    by = f"user:{actor_id}" if actor_id else "link"
    make_way(session, worker_id=worker_id, months=wanted, by=by)
    asked = open_months(session, worker_id, wanted)
    amount = amount_of(session, asked, channel, agent, shown_idr=shown_idr)
    payment = through(channel, amount)
    payment.months = [
        PaymentMonth(worker_id=c.worker_id, month=c.month, amount_idr=c.amount_idr) for c in asked
    ]
    payment.key, payment.request_hash, payment.inputs = key, request_hash, inputs
    payment.worker_id, payment.office_id = worker_id, worker.office_id
    payment.agent_id = agent.id if agent else worker.agent_id
    payment.created_by = actor_id
    begin(session, payment, by=by)
    if channel.custody is Custody.PROVIDER:
        provider_queue.put(session, payment, Action.START, by=by, return_url=return_url)
    return payment


def through(channel: PaymentChannel, amount: int) -> Payment:
    """A payment of so much through a channel, without its people and what it is for."""
    moment = clock.now()
    return Payment(
        reference=new_reference(),
        channel=channel.name,
        custody=channel.custody,
        clearing=channel.clearing or channel.name,
        reversal_s=int(channel.reversal_window.total_seconds()),
        amount_idr=amount,
        created_at=moment,
        next_check_at=moment + FIRST_CHECK,
    )


def start(
    channel: PaymentChannel,
    reference: str,
    *,
    by: str,
    return_url: str = "",
    again: bool = False,
) -> Payment:
    """Start a committed payment with its provider; an entrypoint, safe to repeat.

    With `again`, or once it is pending, the provider is first asked how it stands: an order that
    is over there would be charged a second time. ChannelUnavailable if there is no answer.
    """
    with transaction() as session:
        payment = _of_channel(session, channel, reference)
        if payment.state not in _UNSURE and payment.custody is Custody.PROVIDER:
            return payment
        asked_before = again or payment.state is PaymentState.PENDING
        request = request_for(payment, return_url=return_url)
    if asked_before:
        payment = recheck(channel, reference, by=by)
        if payment.state not in _UNSURE or payment.shows_how_to_pay:
            return payment
    return _tell(lambda: _started(channel, request), reference, by)


def cancel(channel: PaymentChannel, reference: str, *, by: str) -> Payment:
    """Cancel a pending payment; an entrypoint. Money that was already paid is booked."""
    with transaction() as session:
        payment = _of_channel(session, channel, reference)
        if payment.state not in _UNSURE:
            return payment
        attempt = payment.provider_ref
    return _tell(lambda: _withdrawn(cancel_at(channel, reference, attempt)), reference, by)


def recheck(channel: PaymentChannel, reference: str, *, by: str) -> Payment:
    """Ask the provider for a payment's current state and apply it; an entrypoint."""
    with transaction() as session:
        attempt = _of_channel(session, channel, reference).provider_ref
    return _tell(lambda: check(channel, reference, attempt), reference, by)


def request_for(payment: Payment, *, return_url: str = "") -> PaymentRequest:
    """What a channel is asked to collect for a payment."""
    if payment.worker is not None:
        payer = Payer(kind=PayerKind.WORKER, id=payment.payer_id)
        name, what = payment.worker.name, described([item.month for item in payment.months])
    elif payment.bill is not None:
        sponsor = payment.bill.agreement.sponsor
        payer = Payer(kind=PayerKind.SPONSOR, id=sponsor.id)
        name, what = sponsor.name, described([payment.bill.month])
    else:
        agent = payment.agent
        assert agent is not None  # the database says so
        payer = Payer(kind=PayerKind.AGENT, id=agent.id)
        name, what = agent.name, "Setoran agen"
    return PaymentRequest(
        reference=payment.reference,
        amount_idr=payment.amount_idr,
        payer_name=name,
        description=what,
        return_url=return_url,
        payer=payer,
        inputs=payment.inputs,
    )


def described(months: Sequence[date]) -> str:
    """What a payer reads about a payment for these months, which are in order."""
    span = f"{months[0]:%m/%Y}" + (f"-{months[-1]:%m/%Y}" if len(months) > 1 else "")
    return f"Iuran BPU {span}"


def check_key(key: str) -> None:
    """Refuse an idempotency key unless it is 8 to 64 letters, digits, - or _."""
    if not _KEY.fullmatch(key):
        raise Invalid("Kunci permintaan tidak sah. Muat ulang halaman, lalu coba lagi.")


def _tell(question: Callable[[], PaymentReport], reference: str, by: str) -> Payment:
    """Ask the provider with no transaction open, and apply its report."""
    report = about(reference, question())

    def write(session: Session) -> Payment:
        apply_report(session, report=report, by=by)
        return session.scalars(select(Payment).where(Payment.reference == reference)).one()

    return in_transaction(write)


def _started(channel: PaymentChannel, request: PaymentRequest) -> PaymentReport:
    """The report of a start. The channel's own time limit counts if the provider names none."""
    report = channel.start(request)
    if report.state is PaymentState.PENDING and report.expires_at is None:
        return replace(report, expires_at=clock.now() + channel.expires_after)
    return report


def _withdrawn(report: PaymentReport) -> PaymentReport:
    """What a cancellation led to: a payment that the provider does not know will not be made."""
    if report.state is PaymentState.CREATED:
        return replace(report, state=PaymentState.EXPIRED)
    return report


def _of_channel(session: Session, channel: PaymentChannel, reference: str) -> Payment:
    payment = session.scalar(
        select(Payment).where(Payment.reference == reference, Payment.channel == channel.name)
    )
    if payment is None:
        raise NotFound()
    return payment


def _refuse_debits(channel: PaymentChannel) -> None:
    if isinstance(channel, MandateChannel):
        raise Invalid("Debit otomatis tidak ditagih satu per satu. Pilih cara bayar lain.")


def _worker(session: Session, worker_id: int, agent: Agent | None) -> Worker:
    worker = session.get(Worker, worker_id)
    if worker is None or (agent is not None and not _works_for(session, agent, worker)):
        raise NotFound("Pekerja tidak ditemukan, atau bukan bagian Anda.")
    return worker


def _works_for(session: Session, agent: Agent, worker: Worker) -> bool:
    """Whether it is the agent's own worker, or one of somebody on leave for whom he works."""
    return worker.agent_id == agent.id or substitutes.stands_in(
        session, substitute_id=agent.id, agent_id=worker.agent_id
    )


def _asked_before(session: Session, key: str, request_hash: bytes) -> Payment | None:
    """The payment made with this key, if any; Conflict if its request was different."""
    # Two requests with one key wait for each other here, so that the second finds the first's row.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 1))))
    known = session.scalar(select(Payment).where(Payment.key == key))
    if known is not None and known.request_hash != request_hash:
        raise Conflict(
            "Permintaan ini sudah dipakai untuk tagihan lain. Muat ulang halaman, lalu coba lagi."
        )
    return known


def _collecting_agent(
    session: Session, channel: PaymentChannel, agent_id: int | None
) -> Agent | None:
    """The collecting agent, locked for the cash limit; Refused if not allowed to collect."""
    if agent_id is None:
        if channel.custody is Custody.AGENT:
            raise Invalid("Uang tunai hanya dapat diterima oleh agen.")
        return None
    query = select(Agent).where(Agent.id == agent_id)
    if channel.custody is Custody.AGENT:
        # `key_share`: an import that refers to the agent for minutes must not stop the collecting.
        query = query.with_for_update(of=Agent, key_share=True).execution_options(
            populate_existing=True
        )
    agent = session.scalar(query)
    if agent is None:
        raise NotFound()
    if agent.status is AgentStatus.CANDIDATE:
        raise Refused("Anda belum diangkat sebagai agen, jadi belum dapat menagih.")
    if agent.status is not AgentStatus.ACTIVE:
        raise Refused("Agen ini tidak aktif, jadi tidak dapat menagih. Hubungi penyelia Anda.")
    substitutes.check_at_work(session, agent_id=agent.id)
    return agent


def _hash_of(
    channel: str,
    worker_id: int,
    months: Sequence[date],
    agent_id: int | None,
    inputs: Mapping[str, str],
) -> bytes:
    parts = [channel, worker_id, [month.isoformat() for month in months], agent_id]
    if inputs:
        parts.append(sorted(inputs.items()))
    return hashlib.sha256(json.dumps(parts).encode()).digest()

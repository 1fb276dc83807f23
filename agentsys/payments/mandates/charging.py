"""Debits that are due: a last look, a try written down and committed, then the call.

Any number of workers may run this at once, and any of them may be killed at any moment. A debit is
claimed by its row lock; the try is committed before the provider is called; a call whose answer is
lost is only ever asked about, by the sweep of payments, and never made again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.db import in_transaction, transaction
from agentsys.extension.contract import (
    ChannelUnavailable,
    MandateChannel,
    PaymentReport,
    PaymentRequest,
)
from agentsys.payments.debit_models import Debit, DebitState, DebitTry
from agentsys.payments.lifecycle import apply_report, begin
from agentsys.payments.mandate_models import Mandate
from agentsys.payments.mandates import notices
from agentsys.payments.mandates.facts import read_facts
from agentsys.payments.mandates.last_look import DebitNow, Verdict, Why, last_look
from agentsys.payments.mandates.planning import first_possible
from agentsys.payments.mandates.rules import rules_for
from agentsys.payments.models import Payment, PaymentMonth
from agentsys.payments.polling import about
from agentsys.payments.references import new_reference
from agentsys.payments.requests import FIRST_CHECK, request_for
from agentsys.workers.models import Worker

log = structlog.get_logger("agentsys.debits")

THREADS = 8
LOOK_AGAIN = timedelta(hours=1)
LOOK_AT_NOTICE = timedelta(minutes=10)
_NOW = (DebitState.PLANNED, DebitState.ANNOUNCED)


@dataclass(frozen=True)
class _Call:
    """One try that is committed and may now be made."""

    channel: str
    request: PaymentRequest


def charge_due(
    channels: Mapping[str, MandateChannel],
    *,
    stopped: frozenset[str] = frozenset(),
    limit: int = 64,
) -> Counter[Why]:
    """Look at debits that are due and make those that may be made; counts by reason.

    `stopped` names the channels that are switched off or do not work. An entrypoint.
    """
    seen: Counter[Why] = Counter()
    calls: list[_Call] = []
    with transaction() as session:
        taken: Counter[tuple[int, date]] = Counter()  # by this batch, of one mandate in one month
        for debit, before in _claim(session, channels, stopped, limit):
            account = (debit.mandate_id, debit.period)
            used = before.debited_this_month_idr + taken[account]
            now = replace(before, debited_this_month_idr=used)
            verdict, why = last_look(now)
            seen[why] += 1
            debit.why = why.value
            if verdict is Verdict.CHARGE:
                call = _write_try(session, debit, channels)
                calls.append(call)
                taken[account] += call.request.amount_idr
            else:
                _put_off(session, debit, now, verdict)
    _make(channels, calls)
    return seen


def _claim(
    session: Session,
    channels: Mapping[str, MandateChannel],
    stopped: frozenset[str],
    limit: int,
) -> list[tuple[Debit, DebitNow]]:
    """Debits whose look is due, locked, with everything that the decision depends on."""
    debits = session.scalars(
        select(Debit)
        .where(Debit.look_at <= clock.now(), Debit.state.in_(_NOW))
        .order_by(Debit.look_at)
        .limit(limit)
        .with_for_update(of=Debit, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    facts = read_facts(session, debits, working=frozenset(channels) - stopped)
    return [(debit, facts[debit.id]) for debit in debits]


def _put_off(session: Session, debit: Debit, now: DebitNow, verdict: Verdict) -> None:
    """Write what follows from any verdict but CHARGE."""
    match verdict:
        case Verdict.WITHDRAW | Verdict.ASK_PAYER:
            debit.state, debit.look_at = DebitState.WITHDRAWN, None
        case Verdict.ANNOUNCE:
            _announce(session, debit, now)
        case _:
            debit.look_at = _next_look(now)
    session.flush()


def _announce(session: Session, debit: Debit, now: DebitNow) -> None:
    """Tell the payer the sum as it is now, on a day that leaves time for the notice."""
    rules = rules_for(now.today)
    for month in debit.months:
        month.amount_idr = next(m.owed_idr for m in now.months if m.month == month.month)
    debit.months = [month for month in debit.months if month.amount_idr]
    debit.amount_idr = sum(month.amount_idr for month in debit.months)
    debit.due_on = max(debit.due_on, first_possible(now.today, rules))
    notices.prepare(session, debit, at=now.now)
    debit.state = DebitState.ANNOUNCED
    debit.look_at = now.now + LOOK_AT_NOTICE


def _next_look(now: DebitNow) -> datetime:
    """When to look again: a debit that is days away is left alone until the day before."""
    next_day = now.announce_from if now.today < now.announce_from else now.due_on
    days = (next_day - now.today).days
    if days > 1:
        return now.now + timedelta(days=days - 1)
    return now.now + LOOK_AGAIN


def _write_try(session: Session, debit: Debit, channels: Mapping[str, MandateChannel]) -> _Call:
    """Write the try and the payment that it makes; nothing was called yet."""
    mandate = session.get_one(Mandate, debit.mandate_id)
    channel = channels[mandate.channel]
    notice = notices.current(session, debit_id=debit.id)
    assert notice is not None  # the last look allows no debit without one
    moment = clock.now()
    debit.tries += 1
    payment = _payment(session, debit, channel, moment)
    begin(session, payment, by="debit")
    session.add(
        DebitTry(
            debit_id=debit.id,
            try_no=debit.tries,
            payment_id=payment.id,
            notice_id=notice.id,
            at=moment,
        )
    )
    debit.payment_id, debit.state, debit.look_at = payment.id, DebitState.CALLING, moment
    session.flush()
    request = request_for(payment)
    return _Call(
        mandate.channel,
        PaymentRequest(
            reference=request.reference,
            amount_idr=request.amount_idr,
            payer_name=request.payer_name,
            description=request.description,
            mandate=mandate.handle,
        ),
    )


def _payment(session: Session, debit: Debit, channel: MandateChannel, moment: datetime) -> Payment:
    worker = session.get_one(Worker, debit.worker_id)
    return Payment(
        reference=new_reference(),
        key=f"debit-{debit.id}-{debit.tries}",
        request_hash=f"{debit.id}:{debit.tries}".encode(),
        worker_id=debit.worker_id,
        worker=worker,
        agent_id=worker.agent_id,
        office_id=debit.office_id,
        channel=channel.name,
        custody=channel.custody,
        clearing=channel.clearing or channel.name,
        amount_idr=debit.amount_idr,
        created_at=moment,
        next_check_at=moment + FIRST_CHECK,
        months=[
            PaymentMonth(worker_id=debit.worker_id, month=m.month, amount_idr=m.amount_idr)
            for m in debit.months
        ],
    )


def _make(channels: Mapping[str, MandateChannel], calls: list[_Call]) -> None:
    """Call the providers with no transaction open, and apply each answer by itself."""
    if not calls:
        return
    with ThreadPoolExecutor(min(THREADS, len(calls)), "debit") as pool:
        made = {pool.submit(channels[c.channel].start, c.request): c.request for c in calls}
        for done in as_completed(made):
            reference = made[done].reference
            try:
                report = about(reference, done.result())
            except ChannelUnavailable as unavailable:
                log.warning("debit unknown", reference=reference, why=str(unavailable))
            except Exception:
                # A bug in a channel must not hide the other answers; the sweep asks about this one.
                log.exception("channel failed", reference=reference)
            else:
                _apply(report)


def _apply(report: PaymentReport) -> None:
    in_transaction(lambda session: apply_report(session, report=report, by="debit"))

"""Calling providers for tries that are committed, and applying what they answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.db import in_transaction, transaction
from agentsys.extension.contract import (
    ChannelStopped,
    ChannelUnavailable,
    Decline,
    MandateChannel,
    PaymentReport,
    PaymentState,
)
from agentsys.many import among
from agentsys.payments import circuit
from agentsys.payments.lifecycle import apply_reports
from agentsys.payments.mandates.following import follow_payments
from agentsys.payments.mandates.tries import BY, Call
from agentsys.payments.polling import Answer, in_lots
from agentsys.payments.provider_models import ProviderRequest

log = structlog.get_logger("agentsys.debits")

THREADS = 8
# A process that was stopped for longer does not make its call: another one may have made it.
CALL_WITHIN = timedelta(minutes=3)
_ASK_AFTER = timedelta(seconds=10)


def make_calls(channels: Mapping[str, MandateChannel], calls: Sequence[Call]) -> None:
    """Call the providers with no transaction open, and apply their answers in lots.

    If the database does not take the answers, no further call is made.
    """
    if not calls:
        return
    by_reference = {call.request.reference: call for call in calls}
    stopped: dict[str, ChannelStopped] = {}
    questions = {
        reference: partial(_start, channels[call.channel], call, stopped)
        for reference, call in by_reference.items()
    }
    for lot in in_lots(questions, threads=THREADS):
        _apply(lot, by_reference)
    for name, why in stopped.items():
        with transaction() as session:
            circuit.stop(session, name, why)


def _start(
    channel: MandateChannel, call: Call, stopped: dict[str, ChannelStopped]
) -> PaymentReport:
    """The provider's answer; ChannelUnavailable if it is not known what became of the call."""
    if call.channel in stopped:
        return _not_made(call, str(stopped[call.channel]))
    if clock.now() - call.written_at > CALL_WITHIN:
        raise ChannelUnavailable("too late to call; only asked about")
    try:
        return channel.start(call.request)
    except ChannelStopped as refused:
        stopped[call.channel] = refused
        return _not_made(call, str(refused))


def _not_made(call: Call, why: str) -> PaymentReport:
    """The provider refuses our key or account, so it certainly debited nothing."""
    return PaymentReport(
        reference=call.request.reference,
        state=PaymentState.FAILED,
        amount_idr=call.request.amount_idr,
        reason=why,
        decline=Decline.TRY_LATER,
    )


def _apply(lot: Sequence[Answer], calls: Mapping[str, Call]) -> None:
    reports = [answer for _, answer in lot if isinstance(answer, PaymentReport)]
    unknown = [calls[reference] for reference, answer in lot if isinstance(answer, str)]
    if unknown:
        in_transaction(partial(_ask_soon, calls=unknown))
    if not reports:
        return
    try:
        in_transaction(_applying(reports, calls))
    except DBAPIError:
        raise  # what was debited cannot be written down: no further call is made
    except Exception:
        log.exception("lot not applied, so one by one", size=len(reports))
        for report in reports:
            _apply_one(report, calls)


def _apply_one(report: PaymentReport, calls: Mapping[str, Call]) -> None:
    try:
        in_transaction(_applying([report], calls))
    except DBAPIError:
        raise
    except Exception:
        # The claimed question ends, and then the provider is asked about this one.
        log.exception("report not applied", reference=report.reference)


def _applying(
    reports: Sequence[PaymentReport], calls: Mapping[str, Call]
) -> Callable[[Session], None]:
    """The work of one transaction: the reports, the end of their questions and of their debits."""

    def work(session: Session) -> None:
        apply_reports(session, reports, by=BY)
        ids = [calls[report.reference].payment_id for report in reports]
        session.execute(
            delete(ProviderRequest)
            .where(among(ProviderRequest.payment_id, ids))
            .execution_options(synchronize_session=False)
        )
        follow_payments(session, ids)
        for channel in {calls[report.reference].channel for report in reports}:
            circuit.answered(session, channel)

    return work


def _ask_soon(session: Session, *, calls: Sequence[Call]) -> None:
    """Have the providers asked about calls without an answer, which may have taken the money."""
    log.warning("debits unknown", references=[call.request.reference for call in calls])
    session.execute(
        update(ProviderRequest)
        .where(ProviderRequest.payment_id.in_([call.payment_id for call in calls]))
        .values(claimed_until=None, next_try_at=clock.now() + _ASK_AFTER)
        .execution_options(synchronize_session=False)
    )
    for call in calls:
        circuit.unanswered(session, call.channel, why="debit tanpa jawaban")

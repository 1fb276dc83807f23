"""Asking providers what was written down: starting, checking and cancelling payments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import structlog
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.db import in_transaction, transaction
from agentsys.extension.contract import (
    ChannelStopped,
    ChannelUnavailable,
    PaymentChannel,
    PaymentReport,
    PaymentState,
)
from agentsys.payments import circuit, provider_queue, refund_calls, requests
from agentsys.payments.lifecycle import apply_report, apply_reports
from agentsys.payments.payment_moves import UNKNOWN_FOR
from agentsys.payments.polling import ask_in_lots
from agentsys.payments.provider_models import Action
from agentsys.payments.provider_queue import Question

log = structlog.get_logger("agentsys.providers")

CHECKS = 4  # of one question; the sweep asks later anyway


def ask_next(channels: Mapping[str, PaymentChannel]) -> bool:
    """Ask a provider the next question that is due; False if there was none. An entrypoint.

    Checks that are due like it are asked at the same time.
    """
    with transaction() as session:
        question = provider_queue.claim(session, not_started=circuit.not_started(session))
        alike = provider_queue.claim_alike(session, question) if question else []
    if question is None:
        return False
    questions = [question, *alike]
    channel = channels.get(question.channel)
    if channel is None:
        for each in questions:
            _put_off(each, f"kanal {each.channel} tidak terpasang")
    elif alike:
        _check_all(channel, questions)
    else:
        _ask_one(channel, question)
    return True


def _check_all(channel: PaymentChannel, questions: Sequence[Question]) -> None:
    """Check several payments at once; what is answered together is applied together."""
    asked = {question.reference: question for question in questions}
    for lot in ask_in_lots(
        dict.fromkeys(asked, channel),
        attempts={reference: question.provider_ref for reference, question in asked.items()},
    ):
        reports = [answer for _, answer in lot if isinstance(answer, PaymentReport)]
        for reference, answer in lot:
            if isinstance(answer, str):
                _unanswered(asked[reference], answer)
        try:
            in_transaction(partial(_apply_all, reports=reports, asked=asked))
        except Exception:
            log.exception("lot not applied, so one by one", size=len(reports))
            for report in reports:
                _ask_one(channel, asked[report.reference])


def _apply_all(
    session: Session, *, reports: Sequence[PaymentReport], asked: Mapping[str, Question]
) -> None:
    """Apply the reports, and remove their questions."""
    if not reports:
        return
    apply_reports(session, reports, by=asked[reports[0].reference].by)
    for report in reports:
        provider_queue.finish(session, asked[report.reference])


def _ask_one(channel: PaymentChannel, question: Question) -> None:
    try:
        done = _ask(channel, question)
    except ChannelStopped as stopped:
        _stop(question, stopped)
    except ChannelUnavailable as unavailable:
        _unanswered(question, str(unavailable) or "penyedia tidak menjawab")
    except Exception as bug:
        # A bug in one channel must not keep others from being asked.
        log.exception("channel failed", reference=question.reference, action=question.action.value)
        _unanswered(question, f"kesalahan kanal: {type(bug).__name__}")
    else:
        _answered(question, done=done)


def _ask(channel: PaymentChannel, question: Question) -> bool:
    """Ask the question; whether it is done with."""
    reference, by = question.reference, question.by
    match question.action:
        case Action.CANCEL:
            payment = requests.cancel(channel, reference, by=by)
            return payment.state not in (PaymentState.CREATED, PaymentState.PENDING)
        case Action.REFUND:
            return refund_calls.give(channel, reference, by=by)
        case Action.START if clock.now() - question.created_at < UNKNOWN_FOR:
            again = question.tries > 1
            requests.start(channel, reference, by=by, return_url=question.return_url, again=again)
        case _:
            requests.recheck(channel, reference, by=by)
    return True


def _answered(question: Question, *, done: bool) -> None:
    with transaction() as session:
        if question.action is Action.START:
            circuit.answered(session, question.channel)
        if done:
            provider_queue.finish(session, question)
        else:
            provider_queue.put_off(session, question, why="penyedia belum melakukannya")


def _stop(question: Question, stopped: ChannelStopped) -> None:
    """Stop the channel; a payment that the provider has certainly not taken fails at once."""
    surely_not_taken = question.action is Action.START and question.tries == 1

    def write(session: Session) -> None:
        circuit.stop(session, question.channel, stopped)
        if surely_not_taken:
            apply_report(session, report=_failed(question, stopped), by=question.by)
            provider_queue.finish(session, question)
        else:
            provider_queue.put_off(session, question, why=str(stopped))

    in_transaction(write)


def _failed(question: Question, stopped: ChannelStopped) -> PaymentReport:
    return PaymentReport(
        reference=question.reference,
        state=PaymentState.FAILED,
        amount_idr=question.amount_idr,
        reason=str(stopped),
    )


def _unanswered(question: Question, why: str) -> None:
    log.warning("no answer", reference=question.reference, action=question.action.value, why=why)
    with transaction() as session:
        if question.action is Action.START:
            circuit.unanswered(session, question.channel, why=why)
        if question.action is Action.CHECK and question.tries >= CHECKS:
            provider_queue.finish(session, question)
        else:
            provider_queue.put_off(session, question, why=why)


def _put_off(question: Question, why: str) -> None:
    with transaction() as session:
        provider_queue.put_off(session, question, why=why)

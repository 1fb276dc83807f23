"""Polling providers, several requests at a time, with no transaction open."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from types import MappingProxyType

import structlog

from agentsys.db import transaction
from agentsys.extension.contract import (
    ChannelStopped,
    ChannelUnavailable,
    PaymentChannel,
    PaymentReport,
)
from agentsys.payments import circuit

log = structlog.get_logger("agentsys.payments")

THREADS = 8
# Answers that come within this time are given together, so that they can be booked together.
LINGER_S = 0.05
LOT = 128

Answer = tuple[str, PaymentReport | str]


def check(channel: PaymentChannel, reference: str, attempt: str = "") -> PaymentReport:
    """How a payment stands, asked by the provider's own number if it needs that."""
    if channel.by_attempt and attempt:
        return about(reference, channel.check_attempt(reference, attempt))
    return about(reference, channel.check(reference))


def cancel_at(channel: PaymentChannel, reference: str, attempt: str = "") -> PaymentReport:
    """How a payment stands after the attempt to cancel it."""
    if channel.by_attempt and attempt:
        return about(reference, channel.cancel_attempt(reference, attempt))
    return about(reference, channel.cancel(reference))


def ask_in_lots(
    questions: Mapping[str, PaymentChannel],
    *,
    cancel: Collection[str] = (),
    attempts: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[list[Answer]]:
    """Yield each reference with its provider's report or the error, in lots, as they arrive.

    A lot has the answers that came while the last was used. The references of `cancel` are
    cancelled, which also tells how they stand. `attempts` has the providers' own numbers, where
    they are known.
    """
    stopped: set[str] = set()
    calls = {
        reference: partial(
            cancel_at if reference in cancel else check,
            channel,
            reference,
            attempts.get(reference, ""),
        )
        for reference, channel in questions.items()
    }
    for lot in _in_lots(calls, THREADS, LINGER_S):
        yield [_answer(reference, done, questions, stopped) for reference, done in lot]


def in_lots(
    calls: Mapping[str, Callable[[], PaymentReport]],
    *,
    threads: int = THREADS,
    linger_s: float = LINGER_S,
) -> Iterator[list[Answer]]:
    """Make calls by reference; yield their answers in lots.

    If the caller stops taking answers, calls that were not begun are not made.
    """
    for lot in _in_lots(calls, threads, linger_s):
        yield [_answer(reference, done, {}, set()) for reference, done in lot]


def _in_lots(
    calls: Mapping[str, Callable[[], PaymentReport]], threads: int, linger_s: float
) -> Iterator[list[tuple[str, Future[PaymentReport]]]]:
    if not calls:
        return
    finished: queue.SimpleQueue[Future[PaymentReport]] = queue.SimpleQueue()
    pool = ThreadPoolExecutor(min(threads, len(calls)), "ask-provider")
    try:
        asked = {pool.submit(call): reference for reference, call in calls.items()}
        for future in asked:
            future.add_done_callback(finished.put)
        while asked:
            yield [
                (asked.pop(future), future)
                for future in _finished(finished, min(LOT, len(asked)), linger_s)
            ]
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _finished(
    finished: queue.SimpleQueue[Future[PaymentReport]], most: int, linger_s: float
) -> list[Future[PaymentReport]]:
    """At least one finished question, and those that finish soon after it."""
    lot = [finished.get()]
    end = time.monotonic() + linger_s
    while len(lot) < most:
        try:
            lot.append(finished.get(timeout=max(end - time.monotonic(), 0)))
        except queue.Empty:
            break
    return lot


def _answer(
    reference: str,
    done: Future[PaymentReport],
    questions: Mapping[str, PaymentChannel],
    stopped: set[str],
) -> Answer:
    try:
        return reference, done.result()
    except ChannelUnavailable as unavailable:
        if isinstance(unavailable, ChannelStopped) and reference in questions:
            _stop_once(stopped, questions[reference].name, unavailable)
        return reference, str(unavailable) or "penyedia tidak menjawab"
    except Exception as bug:
        # A bug in one channel must not delay the payments of others.
        log.exception("channel failed", reference=reference)
        return reference, f"kesalahan kanal: {type(bug).__name__}"


def _stop_once(stopped: set[str], channel: str, why: ChannelStopped) -> None:
    """Stop a channel whose provider refuses our key, once for all the questions of a batch."""
    if channel not in stopped:
        stopped.add(channel)
        with transaction() as session:
            circuit.stop(session, channel, why)


def about(reference: str, report: PaymentReport) -> PaymentReport:
    """The report if its reference is the requested one; ValueError otherwise."""
    if report.reference != reference:
        raise ValueError(f"asked about {reference}, told about {report.reference}")
    return report

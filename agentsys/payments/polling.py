"""Polling providers, several requests at a time, with no transaction open."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed

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


def ask_all(
    questions: Mapping[str, PaymentChannel], *, cancel: Collection[str] = ()
) -> Iterator[tuple[str, PaymentReport | str]]:
    """Yield each reference with its provider's report or the error, as they arrive.

    The references of `cancel` are cancelled, which also tells how they stand.
    """
    if not questions:
        return
    with ThreadPoolExecutor(min(THREADS, len(questions)), "ask-provider") as pool:
        asked = {
            pool.submit(
                channel.cancel if reference in cancel else channel.check, reference
            ): reference
            for reference, channel in questions.items()
        }
        stopped: set[str] = set()
        for done in as_completed(asked):
            reference = asked[done]
            try:
                yield reference, about(reference, done.result())
            except ChannelUnavailable as unavailable:
                if isinstance(unavailable, ChannelStopped):
                    _stop_once(stopped, questions[reference].name, unavailable)
                yield reference, str(unavailable) or "penyedia tidak menjawab"
            except Exception as bug:
                # A bug in one channel must not delay the payments of others.
                log.exception("channel failed", reference=reference)
                yield reference, f"kesalahan kanal: {type(bug).__name__}"


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

"""Polling providers, several requests at a time, with no transaction open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed

import structlog

from agentsys.extension.contract import ChannelUnavailable, PaymentChannel, PaymentReport

log = structlog.get_logger("agentsys.payments")

THREADS = 8


def ask_all(
    questions: Mapping[str, PaymentChannel],
) -> Iterator[tuple[str, PaymentReport | str]]:
    """Yield each reference with its provider's report or the error, as they arrive."""
    if not questions:
        return
    with ThreadPoolExecutor(min(THREADS, len(questions)), "ask-provider") as pool:
        asked = {
            pool.submit(channel.check, reference): reference
            for reference, channel in questions.items()
        }
        for done in as_completed(asked):
            reference = asked[done]
            try:
                yield reference, about(reference, done.result())
            except ChannelUnavailable as unavailable:
                yield reference, str(unavailable) or "penyedia tidak menjawab"
            except Exception as bug:
                # A bug in one channel must not delay the payments of others.
                log.exception("channel failed", reference=reference)
                yield reference, f"kesalahan kanal: {type(bug).__name__}"


def about(reference: str, report: PaymentReport) -> PaymentReport:
    """The report if its reference is the requested one; ValueError otherwise."""
    if report.reference != reference:
        raise ValueError(f"asked about {reference}, told about {report.reference}")
    return report

"""Stored callbacks of the last two weeks, and one that waits for its plugin."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from agentsys.demo.city.collecting import DEBIT, FORMER, Collected, Paid
from agentsys.demo.city.copying import copy_rows
from agentsys.demo.city.times import LOCAL, Times
from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.payments.models import Outcome

MOST = 400
RECENT = timedelta(days=14)
STATUS = {
    PaymentState.PENDING: ("pending", "201"),
    PaymentState.SETTLED: ("settlement", "200"),
    PaymentState.EXPIRED: ("expire", "202"),
    PaymentState.FAILED: ("deny", "202"),
    PaymentState.REFUNDED: ("refund", "200"),
}
_TRIES = 6


def write_callbacks(
    session: Session, collected: Collected, *, times: Times, rng: random.Random
) -> None:
    """Write the callbacks of the last two weeks."""
    since = times.now - RECENT
    received = [
        paid
        for paid in collected.payments
        if paid.clearing == "midtrans"
        and paid.state is not PaymentState.CREATED
        and (paid.settled_at or paid.created_at) > since
    ]
    rows = list(_rows(received[-MOST:], times, rng))
    rows += _waiting(collected, times)
    copy_rows(session, "callbacks", _COLUMNS, rows)


def row(
    channel: str, report: PaymentReport, at: datetime, *, outcome: Outcome, deliveries: int = 1
) -> tuple[object, ...]:
    """One processed callback, in the order of the table's columns."""
    body = _body(channel, report, at)
    return (
        channel,
        _digest(report.reference, body),
        report.reference,
        _HEADERS,
        body,
        at,
        deliveries,
        outcome.value,
        "",
        1,
        None,
        at + timedelta(seconds=1),
    )


def write_rows(session: Session, rows: list[tuple[object, ...]]) -> None:
    """Write callbacks made by `row`."""
    copy_rows(session, "callbacks", _COLUMNS, rows)


def _rows(received: list[Paid], times: Times, rng: random.Random) -> Iterator[tuple[object, ...]]:
    for paid in received:
        at = (paid.settled_at or paid.created_at + timedelta(minutes=15)) + timedelta(seconds=1)
        deliveries = rng.choices((1, 2, 4), (85, 12, 3))[0]
        # The answer to a debit says the same before its callback comes.
        outcome = Outcome.NOTHING_NEW if paid.channel == DEBIT else Outcome.MOVED
        yield row(paid.channel, _report(paid), at, outcome=outcome, deliveries=deliveries)
        late = at + timedelta(seconds=rng.randrange(5, 90))
        if rng.random() < 0.2 and late < times.now:
            pending = replace(_report(paid), state=PaymentState.PENDING)
            yield row(paid.channel, pending, late, outcome=Outcome.NOTHING_NEW)


def _waiting(collected: Collected, times: Times) -> Iterator[tuple[object, ...]]:
    """A late callback of a wallet whose plugin is not installed any more."""
    failed = [paid for paid in collected.payments if paid.channel == FORMER]
    for paid in failed[-1:]:
        at = times.ago(hours=2)
        body = _body(paid.channel, _report(paid), at)
        yield (
            paid.channel,
            _digest(paid.reference, body),
            paid.reference,
            _HEADERS,
            body,
            at,
            2,
            None,
            f"kanal {FORMER} tidak terpasang",
            _TRIES,
            times.now + timedelta(hours=1),
            None,
        )


def _report(paid: Paid) -> PaymentReport:
    return PaymentReport(reference=paid.reference, state=paid.state, amount_idr=paid.amount_idr)


def _body(channel: str, report: PaymentReport, at: datetime) -> bytes:
    status, code = STATUS[report.state]
    amount = f"{report.amount_idr}.00"
    signed = f"{report.reference}{code}{amount}demo"
    content = {
        "transaction_time": f"{at.astimezone(LOCAL) - timedelta(hours=1):%Y-%m-%d %H:%M:%S}",
        "transaction_status": status,
        "status_code": code,
        "order_id": report.reference,
        "gross_amount": amount,
        "payment_type": channel,
        "currency": "IDR",
        "signature_key": hashlib.sha512(signed.encode()).hexdigest(),
    }
    return json.dumps(content, separators=(",", ":")).encode()


def _digest(reference: str, body: bytes) -> bytes:
    return hashlib.sha256(reference.encode() + b"\0" + body).digest()


_HEADERS = json.dumps({"content-type": "application/json", "user-agent": "demo"})
_COLUMNS = (
    "channel", "digest", "reference", "headers", "body", "received_at", "deliveries", "outcome",
    "note", "tries", "next_try_at", "processed_at",
)  # fmt: skip

"""A channel whose provider is a dict that tests fill."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

from agentsys.extension.contract import (
    Callback,
    CallbackRejected,
    ChannelStopped,
    ChannelUnavailable,
    PaymentChannel,
    PaymentReport,
    PaymentRequest,
    PaymentState,
)


class DictPay(PaymentChannel):
    """A wallet whose provider is `accounts`: reference -> report."""

    name: ClassVar[str] = "dictpay"
    label = "DictPay"
    clearing = "dict"

    def __init__(self) -> None:
        """Start without any request."""
        self.accounts: dict[str, PaymentReport] = {}
        self.down = False
        self.asked: Counter[str] = Counter()
        self.before_answer: Callable[[str], None] = lambda reference: None
        self._lock = threading.Lock()

    def says(self, reference: str, state: PaymentState, amount_idr: int, **more: Any) -> None:
        """Set the state of a payment at the provider."""
        self.accounts[reference] = PaymentReport(
            reference=reference, state=state, amount_idr=amount_idr, **more
        )

    def start(self, request: PaymentRequest) -> PaymentReport:
        """Remember the request, once."""
        if self.down:
            raise ChannelUnavailable("down")
        if request.reference not in self.accounts:
            self.says(
                request.reference,
                PaymentState.PENDING,
                request.amount_idr,
                pay_url=f"https://pay.example/{request.reference}",
            )
        return self.check(request.reference)

    def check(self, reference: str) -> PaymentReport:
        """The state that the test set."""
        with self._lock:
            self.asked[reference] += 1
        self.before_answer(reference)
        if self.down:
            raise ChannelUnavailable("down")
        unknown = PaymentReport(reference=reference, state=PaymentState.CREATED, amount_idr=0)
        return self.accounts.get(reference, unknown)

    def whose(self, callback: Callback) -> str:
        """The body is the reference, signed by a word."""
        word, _, reference = callback.body.partition(b":")
        if word != b"honest":
            raise CallbackRejected("forged")
        return reference.decode()


class QrPay(DictPay):
    """A wallet that shows a QR, unless its key is refused."""

    refuses = False

    def start(self, request: PaymentRequest) -> PaymentReport:
        """The QR of a payment."""
        if self.refuses:
            raise ChannelStopped("Penyedia menolak kunci kita.")
        report = super().start(request)
        self.says(request.reference, report.state, report.amount_idr, qr_string="QR-CONTENT")
        return self.check(request.reference)


def callback_for(reference: str, nonce: str = "") -> Callback:
    """An authentic callback; each nonce gives another body."""
    return Callback(headers={"x-nonce": nonce}, body=f"honest:{reference}".encode())

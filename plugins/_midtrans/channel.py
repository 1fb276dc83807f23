"""What every Midtrans channel has in common: our reference is Midtrans' order id."""

from __future__ import annotations

import hashlib
import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from agentsys.extension.contract import (
    Callback,
    ChannelStopped,
    ChannelUnavailable,
    Fee,
    PayCode,
    PaymentChannel,
    PaymentReport,
    PaymentRequest,
    PaymentState,
    RefundRequest,
)
from agentsys.plugins._midtrans.client import Answer, GatewayRefused, Midtrans
from agentsys.plugins._midtrans.refunding import refund
from agentsys.plugins._midtrans.settings import MidtransSettings
from agentsys.plugins._midtrans.signature import authentic_order, unsigned_notice
from agentsys.plugins._midtrans.vocabulary import report_of

ITEM_NAME_MAX = 50
# Searched for, not parsed: this runs for each callback while Midtrans waits.
TRANSACTION = re.compile(rb'"transaction_id" ?: ?"([A-Za-z0-9-]{1,80})"')
NOT_ACTIVE = "Kanal ini belum diaktifkan untuk akun Midtrans kantor. Pakai cara bayar lain."
REFUSALS = {
    "410": "Akun dompet ini diblokir penyedianya. Pakai cara bayar lain.",
}
REFUSED = "Midtrans menolak tagihan ini. Pakai cara bayar lain, dan beri tahu kantor."


class MidtransChannel(PaymentChannel):
    """A channel of the Core API; a subclass says what it charges and what the payer is shown."""

    clearing = "midtrans"
    provider = "midtrans"
    refusals: ClassVar[Mapping[str, str]] = REFUSALS
    picture: ClassVar[str] = ""  # the wallet whose QR has an address of its own

    def __init__(self, midtrans: Midtrans, settings: MidtransSettings) -> None:
        """Use this merchant's client, and accept callbacks signed with any of its keys."""
        self._midtrans = midtrans
        self._server_keys = settings.server_keys
        self.fee = settings.payer_fees.get(self.name, Fee())

    @abstractmethod
    def wishes(self, request: PaymentRequest) -> dict[str, Any]:
        """The part of the charge that is particular to this channel."""

    def codes(self, answer: Answer) -> Sequence[PayCode]:
        """What the payer types or shows, found in an answer; often nothing."""
        return ()

    def start(self, request: PaymentRequest) -> PaymentReport:
        """Ask for the money; a reference that Midtrans knows already is not charged again."""
        try:
            answer = self._midtrans.charge(
                order_of(request) | self.wishes(request), idempotency_key=self._key(request)
            )
        except GatewayRefused as refused:
            if refused.code == "406":
                return self._with_picture(self.check(request.reference))
            if refused.code == "402":
                raise ChannelStopped(NOT_ACTIVE, by_start=True) from None
            return self.failed(request, refused)
        return self.report(answer, request.reference)

    def check(self, reference: str) -> PaymentReport:
        """The state of the payment at Midtrans; CREATED if Midtrans does not know it."""
        try:
            answer = self._midtrans.status(reference)
        except GatewayRefused as refused:
            return self.unknown(reference, refused)
        return self.report(answer, reference)

    def whose(self, callback: Callback) -> str:
        """The order id of a callback; all channels of one merchant send to one address."""
        return authentic_order(callback, self._server_keys)

    def attempt_of(self, callback: Callback) -> str:
        """Midtrans' number of the transaction, which only DANA is asked by."""
        number = TRANSACTION.search(callback.body)
        return number[1].decode() if number else ""

    def is_unsigned(self, callback: Callback) -> bool:
        """Whether it is a notice about an account or a subscription."""
        return unsigned_notice(callback) is not None

    def cancel(self, reference: str) -> PaymentReport:
        """The state of the payment after cancelling it, or if it was too late to cancel."""
        self.withdraw(reference)
        return self.check(reference)

    def refund(self, request: RefundRequest) -> PaymentReport:
        """The state of the payment after giving money back."""
        return refund(self._midtrans, request, lambda: self._numbered(request))

    def withdraw(self, number: str) -> None:
        """Ask Midtrans to cancel, by either number; what came of it is asked for afterwards."""
        # A QR can stay pending past its time, and then takes an expire but no cancel.
        for withdraw in (self._midtrans.cancel, self._midtrans.expire):
            try:
                withdraw(number)
            except GatewayRefused:
                continue
            break

    def report(self, answer: Answer, reference: str) -> PaymentReport:
        """The report in an answer, with what the payer pays with."""
        report = report_of(answer, reference, expires_after=self.expires_after)
        return replace(report, codes=tuple(self.codes(answer)))

    def unknown(self, reference: str, refused: GatewayRefused) -> PaymentReport:
        """The report of an order that Midtrans does not know; ChannelUnavailable otherwise.

        ChannelStopped if it refuses to tell us anything about our account's payments.
        """
        if refused.code == "402":
            raise ChannelStopped(NOT_ACTIVE) from None
        if refused.code != "404":
            raise ChannelUnavailable(f"{reference}: status refused, {refused.code}") from None
        return PaymentReport(
            reference=reference, state=PaymentState.CREATED, amount_idr=0, raw=refused.answer
        )

    def failed(self, request: PaymentRequest, refused: GatewayRefused) -> PaymentReport:
        """The report of a charge that Midtrans refused for good."""
        return PaymentReport(
            reference=request.reference,
            state=PaymentState.FAILED,
            amount_idr=request.amount_idr,
            reason=self.refusals.get(refused.code, REFUSED),
            raw=refused.answer,
        )

    def _numbered(self, request: RefundRequest) -> PaymentReport:
        """The state of the attempt that is given back, which need not be the newest."""
        if not request.provider_ref:
            return self.check(request.reference)
        if self.by_attempt:
            return self.check_attempt(request.reference, request.provider_ref)
        try:
            answer = self._midtrans.status(request.provider_ref)
        except GatewayRefused as refused:
            return self.unknown(request.reference, refused)
        return self.report(answer, request.reference)

    def _with_picture(self, report: PaymentReport) -> PaymentReport:
        # The state of an order lacks what there is to scan, but its QR has an address.
        shows = report.pay_url or report.qr_string or report.codes or not report.provider_ref
        if shows or not self.picture or report.state is not PaymentState.PENDING:
            return report
        return replace(report, pay_url=self._midtrans.qr_picture(self.picture, report.provider_ref))

    def _key(self, request: PaymentRequest) -> str:
        # Midtrans gives the first answer again whatever the second body says: name all of it.
        text = f"{self.name}:{request.reference}:{request.amount_idr}"
        return hashlib.sha256(text.encode()).hexdigest()[:40]


def order_of(request: PaymentRequest) -> dict[str, Any]:
    """The part of a charge that is the same for all channels."""
    return {
        "transaction_details": {
            "order_id": request.reference,
            "gross_amount": request.amount_idr,
        },
        # The payer's name is not sent: none of these channels needs it.
        "item_details": [
            {
                "id": request.reference,
                "price": request.amount_idr,
                "quantity": 1,
                "name": request.description[:ITEM_NAME_MAX] or request.reference,
            }
        ],
    }


def found(answer: Answer, name: str) -> str:
    """The number in an answer; empty if it is missing or is no number."""
    value = answer.get(name)
    text = value if isinstance(value, str) else str(value) if isinstance(value, int) else ""
    return text if text.isascii() and text.isdigit() else ""

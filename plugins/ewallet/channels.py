"""Two ways to pay from a wallet: a link that opens GoPay, and a QR that any wallet reads."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from agentsys.extension.contract import (
    Callback,
    ChannelStopped,
    ChannelUnavailable,
    Limits,
    PaymentChannel,
    PaymentReport,
    PaymentRequest,
    PaymentState,
)
from agentsys.plugins._midtrans.client import GatewayRefused, Midtrans
from agentsys.plugins._midtrans.signature import authentic_order
from agentsys.plugins._midtrans.vocabulary import report_of

ITEM_NAME_MAX = 50
NOT_ACTIVE = "Kanal ini belum diaktifkan untuk akun Midtrans kita. Pakai cara bayar lain."
REFUSALS = {
    "410": "Akun dompet ini diblokir penyedianya. Pakai cara bayar lain.",
}
REFUSED = "Midtrans menolak tagihan ini. Pakai cara bayar lain, dan beri tahu kantor."


class WalletChannel(PaymentChannel):
    """What GoPay and QRIS have in common: our reference is Midtrans' order id."""

    clearing = "midtrans"

    def __init__(self, midtrans: Midtrans, server_keys: Sequence[str]) -> None:
        """Use this merchant's client, and accept callbacks signed with any of these keys."""
        self._midtrans = midtrans
        self._server_keys = tuple(server_keys)

    @abstractmethod
    def _wishes(self, request: PaymentRequest) -> dict[str, Any]:
        """The part of the charge that is particular to this wallet."""

    def start(self, request: PaymentRequest) -> PaymentReport:
        """Ask for the money; a reference that Midtrans knows already is not charged again."""
        payload = {
            "transaction_details": {
                "order_id": request.reference,
                "gross_amount": request.amount_idr,
            },
            # The payer's name is not sent: a QR and a link need none.
            "item_details": [
                {
                    "id": request.reference,
                    "price": request.amount_idr,
                    "quantity": 1,
                    "name": request.description[:ITEM_NAME_MAX] or request.reference,
                }
            ],
            **self._wishes(request),
        }
        try:
            answer = self._midtrans.charge(payload, idempotency_key=self._key(request))
        except GatewayRefused as refused:
            if refused.code == "406":
                return self._with_picture(self.check(request.reference))
            if refused.code == "402":
                raise ChannelStopped(NOT_ACTIVE, by_start=True) from None
            return self._failed(request, refused)
        return report_of(answer, request.reference)

    def check(self, reference: str) -> PaymentReport:
        """The state of the payment at Midtrans; CREATED if Midtrans does not know it."""
        try:
            answer = self._midtrans.status(reference)
        except GatewayRefused as refused:
            if refused.code != "404":
                raise ChannelUnavailable(f"{reference}: status refused, {refused.code}") from None
            return PaymentReport(
                reference=reference, state=PaymentState.CREATED, amount_idr=0, raw=refused.answer
            )
        return report_of(answer, reference)

    def whose(self, callback: Callback) -> str:
        """The order id of a callback; all wallets of one merchant send callbacks to one address."""
        return authentic_order(callback, self._server_keys)

    def cancel(self, reference: str) -> PaymentReport:
        """The state of the payment after cancelling it, or if it was too late to cancel."""
        # A QR can stay pending past its time, and then takes an expire but no cancel.
        for withdraw in (self._midtrans.cancel, self._midtrans.expire):
            try:
                withdraw(reference)
            except GatewayRefused:
                continue
            break
        return self.check(reference)

    def _with_picture(self, report: PaymentReport) -> PaymentReport:
        # The state of an order lacks what there is to pay with, but its QR has an address.
        shows = report.pay_url or report.qr_string or not report.provider_ref
        if shows or report.state is not PaymentState.PENDING:
            return report
        return replace(report, pay_url=self._midtrans.qr_picture(self.name, report.provider_ref))

    def _key(self, request: PaymentRequest) -> str:
        # Midtrans gives the first answer again whatever the second body says: name all of it.
        text = f"{self.name}:{request.reference}:{request.amount_idr}"
        return hashlib.sha256(text.encode()).hexdigest()[:40]

    def _failed(self, request: PaymentRequest, refused: GatewayRefused) -> PaymentReport:
        return PaymentReport(
            reference=request.reference,
            state=PaymentState.FAILED,
            amount_idr=request.amount_idr,
            reason=REFUSALS.get(refused.code, REFUSED),
            raw=refused.answer,
        )


class GoPay(WalletChannel):
    """A link that opens the GoPay app on the payer's phone."""

    name: ClassVar[str] = "gopay"
    label = "GoPay"
    icon = "wallet"
    # Twenty million for verified users; GoPay itself stops the others at two.
    limits = Limits(min_idr=1, max_idr=20_000_000)

    def _wishes(self, request: PaymentRequest) -> dict[str, Any]:
        if not request.return_url:
            return {"payment_type": "gopay"}
        return {
            "payment_type": "gopay",
            "gopay": {"enable_callback": True, "callback_url": request.return_url},
        }


class Qris(WalletChannel):
    """A QR that every Indonesian wallet and bank can read."""

    name: ClassVar[str] = "qris"
    label = "QRIS"
    icon = "qr-code"
    limits = Limits(min_idr=1, max_idr=10_000_000)

    def _wishes(self, request: PaymentRequest) -> dict[str, Any]:
        return {"payment_type": "qris", "qris": {"acquirer": "gopay"}}

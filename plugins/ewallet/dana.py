"""DANA, which Midtrans offers on its Snap page only and knows by its own number only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from agentsys.extension.contract import (
    ChannelStopped,
    Limits,
    PaymentReport,
    PaymentRequest,
    PaymentState,
    Refunds,
)
from agentsys.plugins._midtrans.channel import NOT_ACTIVE, MidtransChannel, order_of
from agentsys.plugins._midtrans.client import GatewayRefused
from agentsys.plugins.ewallet import guides

MINUTES = 15
# What Midtrans repeats in every answer, so that an answer under its own number shows our order.
OURS = "custom_field1"


class Dana(MidtransChannel):
    """A page of Midtrans on which the payer opens DANA."""

    name: ClassVar[str] = "dana"
    label = "DANA"
    icon = "wallet-cards"
    group = "Dompet digital dan QRIS"
    by_attempt = True
    limits = Limits(min_idr=1, max_idr=20_000_000)
    expires_after = timedelta(minutes=MINUTES)
    refunds = Refunds(possible=True, partial=True, within=timedelta(days=45))
    guides = guides.DANA

    def wishes(self, request: PaymentRequest) -> dict[str, Any]:
        """A page that offers nothing but DANA, and ends when the payment does."""
        end = {"duration": MINUTES, "unit": "minute"}
        wishes: dict[str, Any] = {
            "enabled_payments": ["dana"],
            "expiry": end,
            "page_expiry": end,
            OURS: request.reference,
        }
        if request.return_url:
            wishes["callbacks"] = {"finish": request.return_url}
        return wishes

    def start(self, request: PaymentRequest) -> PaymentReport:
        """A page to pay on; a second one for an order ends the first."""
        try:
            page = self._midtrans.snap(order_of(request) | self.wishes(request))
        except GatewayRefused as refused:
            if refused.code == "402":
                raise ChannelStopped(NOT_ACTIVE, by_start=True) from None
            return self.failed(request, refused)
        return PaymentReport(
            reference=request.reference,
            state=PaymentState.PENDING,
            amount_idr=request.amount_idr,
            pay_url=page,
        )

    def check_attempt(self, reference: str, attempt: str) -> PaymentReport:
        """The state of the payment with this number, if it is about our order."""
        try:
            answer = dict(self._midtrans.status(attempt))
        except GatewayRefused as refused:
            return self.unknown(reference, refused)
        # DANA may write its own number in the place of the order's.
        if answer.get("order_id") == attempt and answer.get(OURS) == reference:
            answer["order_id"] = reference
        return self.report(answer, reference)

    def cancel_attempt(self, reference: str, attempt: str) -> PaymentReport:
        """The state of the payment after cancelling it."""
        self.withdraw(attempt)
        return self.check_attempt(reference, attempt)

    def cancel(self, reference: str) -> PaymentReport:
        """Nothing was chosen on the page as far as we know; a new page that nobody sees ends it."""
        report = self.check(reference)
        if report.state is PaymentState.CREATED:
            self._end_page(reference)
        return report

    def _end_page(self, reference: str) -> None:
        order: Mapping[str, Any] = {
            "transaction_details": {"order_id": reference, "gross_amount": 1},
            "enabled_payments": ["dana"],
            "page_expiry": {"duration": 5, "unit": "minute"},
        }
        try:
            self._midtrans.snap(order)
        except GatewayRefused:
            return  # it was paid meanwhile, and the callback says so

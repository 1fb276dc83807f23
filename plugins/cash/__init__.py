"""Cash: the agent receives the money, and holds it until a second person confirms the deposit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from agentsys.extension.contract import (
    Custody,
    Limits,
    PaymentChannel,
    PaymentReport,
    PaymentRequest,
    PaymentState,
    hookimpl,
)


class Cash(PaymentChannel):
    """Cash that an agent receives; it is settled when the agent reports it."""

    name: ClassVar[str] = "cash"
    label = "Tunai"
    icon = "banknote"
    custody = Custody.AGENT
    limits = Limits(max_idr=5_000_000)

    def start(self, request: PaymentRequest) -> PaymentReport:
        """The payment, settled: there is no provider other than the agent."""
        return PaymentReport(
            reference=request.reference,
            state=PaymentState.SETTLED,
            amount_idr=request.amount_idr,
        )

    def check(self, reference: str) -> PaymentReport:
        """CREATED: there is no provider to ask, so a payment that is not settled was not made."""
        return PaymentReport(reference=reference, state=PaymentState.CREATED, amount_idr=0)


@hookimpl
def register_payment_channels(settings: Mapping[str, Any]) -> Sequence[PaymentChannel]:
    """The cash channel; it needs no setting."""
    return [Cash()]

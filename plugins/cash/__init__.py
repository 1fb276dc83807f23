"""Cash: the agent takes the money, and owes it until a second person confirmed its deposit."""

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
    """Notes and coins, from hand to hand: settled when the agent says so."""

    name: ClassVar[str] = "cash"
    label = "Tunai"
    icon = "banknote"
    custody = Custody.AGENT
    limits = Limits(max_idr=5_000_000)

    def start(self, request: PaymentRequest) -> PaymentReport:
        """The money changed hands: the agent's word is the only provider there is."""
        return PaymentReport(
            reference=request.reference,
            state=PaymentState.SETTLED,
            amount_idr=request.amount_idr,
        )

    def check(self, reference: str) -> PaymentReport:
        """Nobody else knows of the money, so nothing that is not settled yet has happened."""
        return PaymentReport(reference=reference, state=PaymentState.CREATED, amount_idr=0)


@hookimpl
def register_payment_channels(settings: Mapping[str, Any]) -> Sequence[PaymentChannel]:
    """The cash channel; it needs no setting."""
    return [Cash()]

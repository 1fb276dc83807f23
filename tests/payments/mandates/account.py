"""A provider of accounts in a dict: each has money, a PIN limit and a mood, as a test says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from agentsys import clock
from agentsys.extension.contract import (
    Capabilities,
    ChannelUnavailable,
    Decline,
    MandateChannel,
    MandateEnd,
    MandateReport,
    MandateRequest,
    MandateState,
    PaymentReport,
    PaymentRequest,
    PaymentState,
)


@dataclass
class Account:
    """One payer's account at the provider."""

    state: MandateState = MandateState.PENDING
    end: MandateEnd | None = None
    balance_idr: int = 1_000_000
    refuses: Decline | None = None
    loses_answers: bool = False
    name: str = ""
    expires_at: datetime | None = None
    wants_pin: bool = False


class DictDebit(MandateChannel):
    """A wallet that can be debited; `accounts` by our reference of the mandate."""

    name: ClassVar[str] = "dictdebit"
    label = "DictDebit"
    clearing = "dict"
    capabilities = Capabilities(
        without_pin_up_to_idr=100_000, cancellable=True, refundable=True, shared=True
    )

    def __init__(self) -> None:
        """Nobody has an account yet."""
        self.accounts: dict[str, Account] = {}
        self.orders: dict[str, PaymentReport] = {}
        self.calls: list[str] = []  # the references of calls to `start`, in order

    def ask_mandate(self, request: MandateRequest) -> MandateReport:
        """An account that waits for its payer's consent."""
        self.accounts.setdefault(request.reference, Account())
        return self.check_mandate(request.reference)

    def check_mandate(self, handle: str) -> MandateReport:
        """How the account stands."""
        account = self.accounts[handle]
        return MandateReport(
            state=account.state,
            end=account.end,
            handle=handle,
            consent_url=f"https://consent.example/{handle}",
            account=account.name,
            expires_at=account.expires_at,
        )

    def end_mandate(self, handle: str) -> MandateReport:
        """The account is ended by us."""
        account = self.accounts[handle]
        account.state, account.end = MandateState.ENDED, MandateEnd.REVOKED_BY_US
        return self.check_mandate(handle)

    def start(self, request: PaymentRequest) -> PaymentReport:
        """Debit the account, unless it refuses or has too little."""
        self.calls.append(request.reference)
        account = self.accounts[request.mandate]
        self.orders[request.reference] = self._debit(account, request)
        if account.loses_answers:
            raise ChannelUnavailable("the answer was lost")
        return self.orders[request.reference]

    def enter_pin(self, reference: str) -> None:
        """The payer enters the PIN for an order."""
        self.orders[reference] = replace(self.orders[reference], state=PaymentState.SETTLED)

    def forget_pin(self, reference: str) -> None:
        """The payer entered no PIN in time."""
        self.orders[reference] = replace(self.orders[reference], state=PaymentState.EXPIRED)

    def check(self, reference: str) -> PaymentReport:
        """How the order stands; CREATED if it never arrived."""
        unknown = PaymentReport(reference=reference, state=PaymentState.CREATED, amount_idr=0)
        return self.orders.get(reference, unknown)

    def _debit(self, account: Account, request: PaymentRequest) -> PaymentReport:
        if account.wants_pin:
            return PaymentReport(
                reference=request.reference,
                state=PaymentState.PENDING,
                amount_idr=request.amount_idr,
                provider_ref="order",
                pay_url=f"https://pin.example/{request.reference}",
                expires_at=clock.now() + timedelta(minutes=5),
            )
        refused = account.refuses
        if refused is None and account.balance_idr < request.amount_idr:
            refused = Decline.FUNDS
        if refused is None:
            account.balance_idr -= request.amount_idr
        return PaymentReport(
            reference=request.reference,
            state=PaymentState.FAILED if refused else PaymentState.SETTLED,
            amount_idr=request.amount_idr,
            decline=refused,
        )

"""The only module that a plugin may import: its values, its base classes and its exceptions."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar

import pluggy

from agentsys.errors import Invalid, Refused
from agentsys.extension.callback import Callback
from agentsys.extension.events import (
    DepositConfirmed,
    DepositDeclared,
    DepositReturned,
    DepositWithdrawn,
    Event,
    Happened,
    ListImported,
    MonthBilled,
    MonthsConfirmed,
    PaymentRefunded,
    PaymentSettled,
    StatementApproved,
    StatementReturned,
    WorkerEnrolled,
)
from agentsys.extension.mandate_channel import (
    Capabilities,
    Decline,
    MandateEnd,
    MandateMethods,
    MandateReport,
    MandateRequest,
    MandateState,
)
from agentsys.messages import Message
from agentsys.money import format_idr, gateway_rupiah, rupiah, share
from agentsys.months import add_months, month_of

__all__ = [
    "AgentMonth",
    "Beneficiary",
    "Callback",
    "CallbackRejected",
    "Capabilities",
    "ChannelNotConfigured",
    "ChannelStopped",
    "ChannelUnavailable",
    "CommissionLine",
    "ConfirmedContribution",
    "Custody",
    "Decline",
    "DepositConfirmed",
    "DepositDeclared",
    "DepositReturned",
    "DepositWithdrawn",
    "Event",
    "Happened",
    "Invalid",
    "Limits",
    "ListImported",
    "MandateChannel",
    "MandateEnd",
    "MandateReport",
    "MandateRequest",
    "MandateState",
    "Message",
    "MonthBilled",
    "MonthsConfirmed",
    "PaymentChannel",
    "PaymentRefunded",
    "PaymentReport",
    "PaymentRequest",
    "PaymentSettled",
    "PaymentState",
    "Refused",
    "StatementApproved",
    "StatementReturned",
    "WorkerEnrolled",
    "add_months",
    "format_idr",
    "gateway_rupiah",
    "hookimpl",
    "month_of",
    "rupiah",
    "share",
]

hookimpl = pluggy.HookimplMarker("agentsys")

NAME = re.compile(r"[a-z][a-z0-9_]{1,29}")


class PaymentState(StrEnum):
    """The last known state of a payment."""

    CREATED = "created"  # stored here; the provider may not know it yet
    PENDING = "pending"  # the provider waits for the payer
    SETTLED = "settled"  # the money is with us, or with the agent for cash
    FAILED = "failed"  # the provider refused it
    EXPIRED = "expired"  # the payer did not pay in time, or it was cancelled
    REFUNDED = "refunded"  # the whole amount was refunded


class Custody(StrEnum):
    """Who holds the money when a payment settles."""

    AGENT = "agent"  # in the agent's hands, until a deposit is confirmed
    PROVIDER = "provider"  # with the provider, until it pays out to the bank


class ChannelUnavailable(Exception):
    """The state of the payment is unknown; nothing changes, and the core asks again later."""


class ChannelStopped(ChannelUnavailable):
    """The provider refuses our key or account; the text is an Indonesian sentence for payers.

    No payment is started through the channel until it works again, and finance is told. Whether it
    does is found out by `check`, or with `by_start`, where that shows nothing, by a payment.
    """

    def __init__(self, text: str, *, by_start: bool = False) -> None:
        """Keep the sentence, and how it is found out that the channel works again."""
        super().__init__(text)
        self.by_start = by_start


class CallbackRejected(Exception):
    """The callback is not authentic or cannot be read; it is answered with 403 and does nothing."""


class ChannelNotConfigured(Exception):
    """The plugin lacks a setting, so it stays off; `agentsys plugins` shows the text or Message."""

    def __str__(self) -> str:
        """The text, or the Message in Indonesian."""
        match self.args:
            case (Message() as message,):
                return message.sentence()
        return super().__str__()


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The smallest and the largest payment that a channel carries, in rupiah."""

    min_idr: int = 1
    max_idr: int = 10_000_000


@dataclass(frozen=True, kw_only=True)
class PaymentRequest:
    """What the core asks a channel to collect; `reference` is ours and may be sent twice.

    `return_url` is our page to which the payer returns after paying; it may be empty.
    `mandate` is the provider's handle of the account to debit, for a MandateChannel.
    """

    reference: str
    amount_idr: int
    payer_name: str
    description: str
    return_url: str = ""
    mandate: str = ""


@dataclass(frozen=True, kw_only=True)
class PaymentReport:
    """A provider's report on a payment's state; `raw` is stored for audits and used by no code.

    `for_a_person` is an Indonesian sentence about something that a person must decide, such as a
    partial refund. With it, the payment's state does not change and a case is opened.
    `amount_idr` is then the amount that the provider still holds, and `state` the last state.
    """

    reference: str
    state: PaymentState
    amount_idr: int
    for_a_person: str = ""
    provider_ref: str = ""
    pay_url: str = ""
    qr_string: str = ""
    expires_at: datetime | None = None
    reason: str = ""
    decline: Decline | None = None  # why a debit FAILED; None counts as Decline.UNKNOWN
    raw: Mapping[str, Any] = field(default_factory=dict)


class PaymentChannel(ABC):
    """One way of paying.

    Every method either returns, or raises ChannelUnavailable (we do not know) or, for `whose`,
    CallbackRejected (not authentic or unreadable). Anything else that it raises is a bug.
    A channel sees no session, no model and no web request.
    """

    name: ClassVar[str]  # stored with each payment: never rename
    label: ClassVar[str]  # shown to people, in Indonesian
    icon: ClassVar[str] = "wallet"  # a lucide icon
    custody: ClassVar[Custody] = Custody.PROVIDER
    clearing: ClassVar[str] = ""  # who holds the money until it is paid out, such as "midtrans"
    limits: ClassVar[Limits] = Limits()

    @abstractmethod
    def start(self, request: PaymentRequest) -> PaymentReport:
        """Ask for the money; safe to call twice with one reference."""

    @abstractmethod
    def check(self, reference: str) -> PaymentReport:
        """Ask the provider for the state of a payment; CREATED if the provider does not know it."""

    def whose(self, callback: Callback) -> str:
        """The reference of the payment that an authentic callback is about."""
        raise CallbackRejected(f"{self.name} expects no callbacks")

    def cancel(self, reference: str) -> PaymentReport:
        """Cancel a pending payment; return its state after the attempt."""
        return self.check(reference)


class MandateChannel(MandateMethods, PaymentChannel):
    """A way of paying that may debit an account again and again once its owner has consented."""


class Beneficiary(StrEnum):
    """Who earns a commission line."""

    AGENT = "agent"
    OFFICE = "office"


@dataclass(frozen=True, kw_only=True)
class ConfirmedContribution:
    """A contribution that BPJS confirmed; `month_number` counts from 1 under this agent."""

    worker_id: int
    month: date
    amount_idr: int
    programmes: frozenset[str]
    month_number: int
    new_to_bpu: bool
    funding: str


@dataclass(frozen=True, kw_only=True)
class AgentMonth:
    """What a commission rule may use: one agent's contributions confirmed in one month."""

    agent_id: int
    office_id: int
    month: date
    contributions: Sequence[ConfirmedContribution]

    @property
    def new_workers(self) -> list[ConfirmedContribution]:
        """First contributions of workers whose NIK was never registered as BPU before."""
        return [c for c in self.contributions if c.month_number == 1 and c.new_to_bpu]


@dataclass(frozen=True, kw_only=True)
class CommissionLine:
    """One amount that a rule grants, for a worker's contribution or for the whole month."""

    rule: str  # the rule and its decree, such as "perisai_2022.collection"
    version: str  # the decree that fixed the rate
    beneficiary: Beneficiary
    amount_idr: int
    reason: Message
    worker_id: int | None = None
    month: date | None = None  # the contribution month, when the line is about one contribution

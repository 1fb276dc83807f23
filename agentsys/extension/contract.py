"""The only module that a plugin may import: its values, its base classes and its exceptions."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pluggy

from agentsys.errors import Invalid, Refused
from agentsys.extension.callback import Callback, CallbackAnswer, CallbackRejected
from agentsys.extension.commission import (
    AgentMonth,
    Beneficiary,
    CommissionLine,
    ConfirmedContribution,
)
from agentsys.extension.commission_rules import (
    CommissionRule,
    Rates,
    RuleSetting,
    SettingKind,
    percent_in,
    read_rates,
)
from agentsys.extension.events import (
    ContributionsDue,
    DepositConfirmed,
    DepositDeclared,
    DepositReturned,
    DepositWithdrawn,
    Event,
    Happened,
    ListImported,
    ListUndone,
    MembershipEnded,
    MembershipResumed,
    MonthBilled,
    MonthsConfirmed,
    PaymentRefunded,
    PaymentSettled,
    RegistrationRefused,
    StatementApproved,
    StatementReturned,
    WorkerEnrolled,
    WorkerRegistered,
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
from agentsys.extension.paying import (
    ChannelNotConfigured,
    Custody,
    Fee,
    FormField,
    Guide,
    Limits,
    PayCode,
    Payer,
    PayerKind,
    PaymentState,
    Refunds,
)
from agentsys.extension.refunding import Refunded, RefundRefused, RefundRequest
from agentsys.messages import Message
from agentsys.money import format_idr, gateway_rupiah, rupiah, share
from agentsys.months import add_months, month_of

__all__ = [
    "AgentMonth",
    "Beneficiary",
    "Callback",
    "CallbackAnswer",
    "CallbackRejected",
    "Capabilities",
    "ChannelNotConfigured",
    "ChannelStopped",
    "ChannelUnavailable",
    "CommissionLine",
    "CommissionRule",
    "ConfirmedContribution",
    "ContributionsDue",
    "Custody",
    "Decline",
    "DepositConfirmed",
    "DepositDeclared",
    "DepositReturned",
    "DepositWithdrawn",
    "Event",
    "Fee",
    "FormField",
    "Guide",
    "Happened",
    "Invalid",
    "Limits",
    "ListImported",
    "ListUndone",
    "MandateChannel",
    "MandateEnd",
    "MandateReport",
    "MandateRequest",
    "MandateState",
    "MembershipEnded",
    "MembershipResumed",
    "Message",
    "MonthBilled",
    "MonthsConfirmed",
    "PayCode",
    "Payer",
    "PayerKind",
    "PaymentChannel",
    "PaymentRefunded",
    "PaymentReport",
    "PaymentRequest",
    "PaymentSettled",
    "PaymentState",
    "Rates",
    "RefundRefused",
    "RefundRequest",
    "Refunded",
    "Refunds",
    "Refused",
    "RegistrationRefused",
    "RuleSetting",
    "SettingKind",
    "StatementApproved",
    "StatementReturned",
    "WorkerEnrolled",
    "WorkerRegistered",
    "add_months",
    "format_idr",
    "gateway_rupiah",
    "hookimpl",
    "month_of",
    "percent_in",
    "read_rates",
    "rupiah",
    "share",
]

hookimpl = pluggy.HookimplMarker("agentsys")

NAME = re.compile(r"[a-z][a-z0-9_]{1,29}")


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


@dataclass(frozen=True, kw_only=True)
class PaymentRequest:
    """What the core asks a channel to collect; `reference` is ours and may be sent twice.

    `return_url` is our page to which the payer returns after paying; it may be empty. `payer` is
    the same for all payments of one payer. `inputs` is what `PaymentChannel.read_form` gave.
    `mandate` is the provider's handle of the account to debit, for a MandateChannel.
    """

    reference: str
    amount_idr: int
    payer_name: str
    description: str
    return_url: str = ""
    payer: Payer | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    mandate: str = ""


@dataclass(frozen=True, kw_only=True)
class PaymentReport:
    """A provider's report on a payment's state; `raw` is stored for audits and used by no code.

    `for_a_person` is an Indonesian sentence about something that a person must decide, such as a
    partial refund. With it, the payment's state does not change and a case is opened.
    `amount_idr` is then the amount that the provider still holds, and `state` the last state.
    `pay_url`, `qr_string` and `codes` are what the payer pays with; at least one is needed while
    the state is PENDING. Without `expires_at` the channel's `expires_after` counts.
    `refunds` are all refunds of the payment, ours and others.
    """

    reference: str
    state: PaymentState
    amount_idr: int
    for_a_person: str = ""
    provider_ref: str = ""
    pay_url: str = ""
    qr_string: str = ""
    codes: Sequence[PayCode] = ()
    expires_at: datetime | None = None
    reason: str = ""
    decline: Decline | None = None  # why a debit FAILED; None counts as Decline.UNKNOWN
    refunds: Sequence[Refunded] = ()
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
    provider: ClassVar[str] = ""  # its channels share the address /callbacks/<provider>
    by_attempt: ClassVar[bool] = False  # the provider must be asked by its own number
    callback_methods: ClassVar[frozenset[str]] = frozenset({"POST"})
    group: ClassVar[str] = ""  # the heading under which it is offered, in Indonesian
    payers: ClassVar[frozenset[PayerKind]] = frozenset({PayerKind.WORKER})  # who may pay by it
    limits: ClassVar[Limits] = Limits()
    fee: Fee = Fee()  # not of the class: a contract with the provider says how much
    expires_after: ClassVar[timedelta] = timedelta(minutes=15)
    refunds: ClassVar[Refunds] = Refunds()
    # How long after a payment the provider may still take it back, as some banks do.
    reversal_window: ClassVar[timedelta] = timedelta()
    form: ClassVar[Sequence[FormField]] = ()
    guides: ClassVar[Sequence[Guide]] = ()

    @abstractmethod
    def start(self, request: PaymentRequest) -> PaymentReport:
        """Ask for the money; safe to call twice with one reference."""

    @abstractmethod
    def check(self, reference: str) -> PaymentReport:
        """Ask the provider for the state of a payment; CREATED if the provider does not know it."""

    def whose(self, callback: Callback) -> str:
        """The reference of the payment that an authentic callback is about."""
        raise CallbackRejected(f"{self.name} expects no callbacks")

    def attempt_of(self, callback: Callback) -> str:
        """The provider's own number of the attempt that a callback names; empty if it has none.

        It is called after `whose`, and need not be authentic. Of channels that share an address,
        only the first is asked; it answers for all of them.
        """
        return ""

    def is_unsigned(self, callback: Callback) -> bool:
        """Whether the provider never signs this kind: 200, not kept, at most a reason to ask."""
        return False

    def answer(self, callback: Callback) -> CallbackAnswer:
        """What the provider reads when its callback was stored."""
        return CallbackAnswer()

    def cancel(self, reference: str) -> PaymentReport:
        """Cancel a pending payment; return its state after the attempt."""
        return self.check(reference)

    def check_attempt(self, reference: str, attempt: str) -> PaymentReport:
        """Like `check`, by the provider's own number; called if `by_attempt`, once it is known."""
        return self.check(reference)

    def cancel_attempt(self, reference: str, attempt: str) -> PaymentReport:
        """Like `cancel`, by the provider's own number; called if `by_attempt`, once it is known."""
        return self.cancel(reference)

    def refund(self, request: RefundRequest) -> PaymentReport:
        """Give money back; the report afterwards. RefundRefused if it never will be.

        Called only if `refunds` says that it is possible; safe to call twice with one key.
        """
        raise RefundRefused("Cara bayar ini tidak dapat mengembalikan uang.")

    def read_form(self, inputs: Mapping[str, str]) -> Mapping[str, str]:
        """What the payer typed into `form`, in the form to send; Invalid says what to correct."""
        return {}


class MandateChannel(MandateMethods, PaymentChannel):
    """A way of paying that may debit an account again and again once its owner has consented."""

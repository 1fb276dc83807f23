"""Who pays through a channel, and how: states, costs, what to type and to press."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from agentsys.messages import Message


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
    BANK = "bank"  # in the office's bank account at once: a sponsor's transfer, not for channels
    CREDIT = "credit"  # we have it already: a sponsor's earlier surplus, not for channels


class PayerKind(StrEnum):
    """Who pays. An id is unique only among payers of one kind."""

    WORKER = "worker"  # contributions
    AGENT = "agent"  # a deposit of the cash that the agent collected
    SPONSOR = "sponsor"  # a bill for many workers


@dataclass(frozen=True, kw_only=True)
class Payer:
    """Who pays, the same for all payments of one payer, such as for a number that stays."""

    kind: PayerKind
    id: int


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The smallest and the largest payment that a channel carries, in rupiah."""

    min_idr: int = 1
    max_idr: int = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Fee:
    """What the provider adds to what the payer pays: a sum, a share of the amount, or both.

    Reports give the amount without it.
    """

    flat_idr: int = 0
    basis_points: int = 0  # hundredths of a percent

    def of(self, amount_idr: int) -> int:
        """The fee for an amount in whole rupiah; a broken rupiah counts as a whole one."""
        return self.flat_idr - (-amount_idr * self.basis_points // 10_000)


@dataclass(frozen=True, kw_only=True)
class Refunds:
    """Whether a provider gives a settled payment back, in part too, and for how long."""

    possible: bool = False
    partial: bool = False
    within: timedelta = timedelta()


@dataclass(frozen=True, kw_only=True)
class PayCode:
    """A number that the payer types or shows, such as that of a virtual account.

    One that is not `copyable` is only to be read, such as the phone that was sent a request.
    """

    label: str
    value: str
    copyable: bool = True


@dataclass(frozen=True, kw_only=True)
class Guide:
    """How to pay at one place, step by step, such as in a bank's app."""

    title: str
    steps: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class FormField:
    """What a channel wants to know from the payer before it asks for the money.

    `kind` is the type of the HTML input. The value arrives as `PaymentRequest.inputs[name]`.
    """

    name: str
    label: str
    hint: str = ""
    kind: str = "text"


class ChannelNotConfigured(Exception):
    """The plugin lacks a setting, so it stays off; `agentsys plugins` shows the text or Message."""

    def __str__(self) -> str:
        """The text, or the Message in Indonesian."""
        match self.args:
            case (Message() as message,):
                return message.sentence()
        return super().__str__()

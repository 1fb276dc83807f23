"""Channels that may debit a payer's account again and again: what the core asks of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from agentsys.extension.callback import Callback


class MandateState(StrEnum):
    """The last known state of a payer's permission to debit an account.

    A debit is made only in the state ACTIVE.
    """

    ASKED = "asked"  # stored here; the provider may not know it yet
    PENDING = "pending"  # the provider waits for the payer's consent
    ACTIVE = "active"  # the payer consented, and the account can be debited
    SUSPENDED = "suspended"  # the account exists, but cannot be debited at present
    UNCLEAR = "unclear"  # the provider reports something that we do not understand
    ENDED = "ended"  # never to be debited again; a new mandate needs a new consent


class MandateEnd(StrEnum):
    """Why a mandate ended."""

    REVOKED_BY_PAYER = "revoked_by_payer"
    REVOKED_BY_US = "revoked_by_us"
    NOT_GIVEN = "not_given"  # the payer refused, or did not consent in time
    EXPIRED = "expired"  # the provider's own time limit
    ACCOUNT_CLOSED = "account_closed"
    REPLACED = "replaced"  # by a newer mandate of the same payer


class Decline(StrEnum):
    """Why a provider refused a debit, as far as it decides what to do next."""

    FUNDS = "funds"  # too little money: may be tried again on a later day
    TRY_LATER = "try_later"  # a technical fault, and surely no debit: may be tried again
    NEEDS_PAYER = "needs_payer"  # a PIN, a limit or an identity check: only the payer can help
    ENDED = "ended"  # the account or the permission is gone
    UNKNOWN = "unknown"  # a code that nobody mapped: a person must look, never tried again


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a channel can do with a mandate; the core assumes nothing beyond it."""

    without_pin_up_to_idr: int  # above it the provider may ask the payer for a PIN; 0: always
    cancellable: bool  # a debit that waits for the payer can be cancelled
    refundable: bool
    shared: bool  # one account may pay for several workers, such as a family
    # The provider cannot be asked whether the account still exists: a refusal as ENDED says it.
    ends_by_refusal: bool = False


@dataclass(frozen=True, kw_only=True)
class MandateRequest:
    """What the core asks a channel to obtain: the consent of an account's owner.

    `reference` is ours and may be sent twice. `phone` has the form +628…, and may be empty if the
    channel does not need it; `return_url` is our page that the payer is to see after consenting.
    """

    reference: str
    phone: str
    return_url: str


@dataclass(frozen=True, kw_only=True)
class MandateReport:
    """How a mandate stands, says its provider; `raw` is kept for audit and read by no code.

    `consent_url` is the provider's page on which the payer consents; `handle` names the account at
    the provider, and is sent with each debit. `reason` is an Indonesian sentence for the payer.
    `account` is what the payer knows the account by, such as the last digits of a card. After
    `expires_at` the core ends the mandate, and before that it asks the payer to renew it.
    ASKED means that the provider knows of nothing yet: after `consent_until` nothing will come.
    """

    state: MandateState
    handle: str = ""
    consent_url: str = ""
    consent_until: datetime | None = None
    end: MandateEnd | None = None
    reason: str = ""
    account: str = ""
    expires_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse an end without a reason, and a reason without an end."""
        if (self.state is MandateState.ENDED) != (self.end is not None):
            raise ValueError("a mandate's end has a reason, and no other state has one")


class MandateMethods:
    """What a payment channel has in addition when it can debit without the payer.

    Each method returns a report or raises ChannelUnavailable when the state is unknown. No call
    may create a schedule or retries at the provider: the core alone decides when to debit.
    """

    capabilities: Capabilities
    needs_phone: ClassVar[bool] = True  # whether the account is found by its owner's phone
    by_hand: ClassVar[str] = ""  # the channel that asks the same account's owner to pay, if any

    @abstractmethod
    def ask_mandate(self, request: MandateRequest) -> MandateReport:
        """Ask the provider for a consent page; safe to call twice with one reference."""

    @abstractmethod
    def check_mandate(self, handle: str) -> MandateReport:
        """Ask the provider for the state of a mandate."""

    @abstractmethod
    def end_mandate(self, handle: str) -> MandateReport:
        """End a mandate at the provider; the report has its real state."""

    def whose_mandate(self, callback: Callback) -> str | None:
        """The handle of the mandate that a callback is about; None if it is about a payment."""
        return None

"""How the auto-debit of the city's workers goes."""

from __future__ import annotations

from enum import Enum, auto

from agentsys.extension.contract import Decline, PaymentState

Outcome = Decline | PaymentState


class Fate(Enum):
    """How a worker's auto-debit goes."""

    STEADY = auto()  # collected each month, now and then at the second or third try
    RECOVERED = auto()  # the newest debit was collected at the second try
    SHORT = auto()  # the newest debit found too little money until the last try
    NEEDS_PAYER = auto()  # GoPay wants the payer to act
    UNLINKED = auto()  # the payer unlinked the account; the newest debit found that out
    UNKNOWN = auto()  # the newest debit's answer was lost
    UNREAD = auto()  # the message about the coming debit was not read
    UNSENT = auto()  # the agent has not even sent it
    PAUSED = auto()
    SUSPENDED = auto()
    STOPPED = auto()  # by the payer on the own page
    REVOKED = auto()  # by the payer in the app of GoPay
    EXPIRED = auto()
    ASKED = auto()  # not agreed to yet
    PENDING = auto()
    REFUSED = auto()  # never agreed to
    UNCLEAR = auto()  # the provider says something about the account that nobody understands


# For a few workers of the main office each; all others are steady.
RARE = tuple(fate for fate in Fate if fate is not Fate.STEADY)
NEVER_AGREED = (Fate.ASKED, Fate.PENDING, Fate.REFUSED)

PAID, LOST = PaymentState.SETTLED, PaymentState.CREATED
# What came of each try of the newest debit.
SCRIPTS: dict[Fate, tuple[Outcome, ...]] = {
    Fate.RECOVERED: (Decline.FUNDS, PAID),
    Fate.SHORT: (Decline.FUNDS,) * 3,
    Fate.NEEDS_PAYER: (Decline.NEEDS_PAYER,),
    Fate.UNLINKED: (Decline.ENDED,),
    Fate.UNKNOWN: (LOST,),
}

"""Knobs that cause faults on purpose; with the default values there are none."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from agentsys.demo.midtrans_simulator.engine.vocabulary import PROFILES
from agentsys.demo.midtrans_simulator.faults.answers import FAULTS, Fault

OPERATIONS = (
    "all",
    "charge",
    "status",
    "cancel",
    "expire",
    "approve",
    "deny",
    "capture",
    "refund",
    "account",
    "card",
    "subscription",
    "snap",
    "payout",
)
SIGNATURES = ("good", "wrong", "missing", "truncated")


CHOICES = {
    "fault": ("", *FAULTS),
    "fault_on": OPERATIONS,
    "signature": SIGNATURES,
    "profile": tuple(PROFILES),
}


@dataclass
class Knobs:
    """The settings of all knobs."""

    # How notifications travel.
    notify_url: str = ""
    account_notify_url: str = ""  # linked accounts; empty: as for payments
    recurring_notify_url: str = ""  # subscriptions; empty: as for payments
    payout_notify_url: str = ""  # Iris; empty: as for payments
    duplicate: int = 1
    reorder: bool = False  # a notification of `pending` waits until a later one was sent
    delay_s: int = 0
    drop: bool = False
    profile: str = "guide_2026_04"
    notify_timeout_s: float = 0.0  # 0: as in the profile

    # What notifications say.
    signature: str = "good"
    relabel: str = ""  # a false status in notifications; their signature stays valid
    plain_amount: bool = False  # "16800" in the place of "16800.00"
    notification_fields: dict[str, Any] = field(default_factory=dict)

    # How the API answers.
    latency_s: float = 0.0  # before every answer
    fault: str = ""
    fault_on: str = "all"
    fault_times: int = -1  # the number of answers with this fault; -1: until turned off
    fault_after: bool = False  # the work is done first, and only the answer is lost
    status_down: bool = False
    hang_s: float = 30.0
    drip_s: float = 1.0  # between two bytes of an answer that drips
    size_bytes: int = 5_000_000  # of an answer that is huge
    errors_as_http_200: bool = False
    expire_as_http_407: bool = False
    status_fields: dict[str, Any] = field(default_factory=dict)

    # What the merchant's contract and the customers are like.
    not_activated: list[str] = field(default_factory=list)
    imposed_fee_idr: int = 0
    reuse_after_deny: bool = False
    late_settlement: bool = False  # customers can pay expired transactions
    expiry_lag_s: int = 0
    strict: bool = True  # item sums must be right
    open_amount: bool = False  # a virtual account takes any sum
    order_id_quirk: bool = False  # DANA says its transaction id where the order id belongs

    expired_cards: bool = True  # a card whose date is over is taken: test suites grow old

    # How long things take.
    refund_confirmed_after_s: int = 60
    card_settled_after_s: int = 86_400
    link_expires_after_s: int = 900
    payout_takes_s: int = 60

    # Linked accounts and subscriptions.
    ovo_unknown_phones: list[str] = field(default_factory=list)
    pin_from_idr: int = 100_000  # 0: always a PIN
    token_valid_s: int = 600  # how long the token of a linked account can be used after it was read
    subscription_past_start: bool = True  # a start in the past is taken, and charged at once
    payout_balance_idr: int = 100_000_000

    def turn(self, changes: dict[str, Any]) -> None:
        """Set the named knobs; ValueError names the first one that is unknown or out of range."""
        kinds = {f.name: type(getattr(self, f.name)) for f in fields(self)}
        for name, value in changes.items():
            kind = kinds.get(name)
            if kind is None:
                raise ValueError(f"no such knob: {name}")
            fits = type(value) is kind or (kind is float and type(value) is int)
            if not fits:
                raise ValueError(f"{name} takes {kind.__name__}, not {value!r}")
            if name in CHOICES and value not in CHOICES[name]:
                raise ValueError(f"{name} takes one of {', '.join(CHOICES[name])}")
        for name, value in changes.items():
            setattr(self, name, kinds[name](value))

    def take_fault(self, operation: str) -> Fault | None:
        """The fault for this answer, if any; decreases the count of a counted fault."""
        if operation == "status" and self.status_down:
            return Fault(fault="503")
        if not self.fault or self.fault_on not in ("all", operation) or self.fault_times == 0:
            return None
        if self.fault_times > 0:
            self.fault_times -= 1
        return Fault(
            fault=self.fault,
            after=self.fault_after,
            hang_s=self.hang_s,
            drip_s=self.drip_s,
            size_bytes=self.size_bytes,
        )

    def shown(self) -> dict[str, Any]:
        """All knobs and their settings."""
        return asdict(self)

"""Knobs that cause faults on purpose; with the default values there are none."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from agentsys.demo.midtrans_simulator.vocabulary import PROFILES

FAULTS = (
    "500",
    "500_says_404",
    "503",
    "429",
    "html_502",
    "hang",
    "null",
    "list",
    "empty",
    "bytes",
    "redirect",
    "bad_status_code",
)
OPERATIONS = ("all", "charge", "status", "cancel", "expire")
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
    fault: str = ""
    fault_on: str = "all"
    fault_times: int = -1  # the number of answers with this fault; -1: until turned off
    fault_after: bool = False  # the work is done first, and only the answer is lost
    status_down: bool = False
    hang_s: float = 30.0
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

    def take_fault(self, operation: str) -> str:
        """The fault for this answer, if any; decreases the count of a counted fault."""
        if operation == "status" and self.status_down:
            return "503"
        if not self.fault or self.fault_on not in ("all", operation) or self.fault_times == 0:
            return ""
        if self.fault_times > 0:
            self.fault_times -= 1
        return self.fault

    def shown(self) -> dict[str, Any]:
        """All knobs and their settings."""
        return asdict(self)

"""The gateway's documented tables: states, their codes, and how often a notice is repeated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta, timezone

WIB = timezone(timedelta(hours=7))
MERCHANT_ID = "G000SIMULATOR"
ORDER_ID = re.compile(r"[A-Za-z0-9._~-]{1,50}")

MINUTE = 60

_AFTER_PAYMENT = {"refund", "partial_refund", "chargeback", "partial_chargeback"}
MOVES: dict[str, set[str]] = {
    "pending": {"settlement", "capture", "authorize", "deny", "cancel", "expire", "failure"},
    "authorize": {"capture", "deny", "cancel", "expire"},
    "capture": {"settlement", "cancel"},
    "settlement": {*_AFTER_PAYMENT, "deny"},
    "partial_refund": _AFTER_PAYMENT,
    "partial_chargeback": {"chargeback"},
    "deny": set(),
    "cancel": set(),
    "expire": set(),
    "failure": set(),
    "refund": set(),
    "chargeback": set(),
}
REUSABLE = {"expire", "cancel"}
PAID = {"settlement", "capture", "partial_refund", "partial_chargeback"}

# The same state has one code in a notification and another in the answer to a status request.
NOTIFICATION_CODE = {
    "pending": "201",
    "settlement": "200",
    "capture": "200",
    "authorize": "200",
    "refund": "200",
    "partial_refund": "200",
    "chargeback": "200",
    "partial_chargeback": "200",
    "deny": "202",
    "cancel": "202",
    "expire": "202",
    "failure": "202",
}
STATUS_CODE = {**NOTIFICATION_CODE, "cancel": "200", "expire": "407"}

RETRIES = {"500": 1, "503": 4, "400": 2, "404": 2, "301": 0, "302": 0, "303": 0}
RETRIES_OTHERWISE = 5
REDIRECTS_FOLLOWED = 5


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The gateway's retry schedule: two of its documents disagree, so both are here."""

    intervals_s: tuple[int, ...]
    timeout_s: float


PROFILES = {
    "guide_2026_04": Profile(
        intervals_s=(2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 90 * MINUTE, 210 * MINUTE),
        timeout_s=15,
    ),
    "reference_2025_11": Profile(intervals_s=(MINUTE,) * 5, timeout_s=30),
}

IDEMPOTENCY_S = 5 * MINUTE
SUBSCRIPTION_IDEMPOTENCY_S = 3 * MINUTE
IDEMPOTENCY_KEY_MAX = 46

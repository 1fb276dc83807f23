"""The gateway's documented tables: methods, state changes, status codes and retries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta, timezone

WIB = timezone(timedelta(hours=7))
MERCHANT_ID = "G000SIMULATOR"
ORDER_ID = re.compile(r"[A-Za-z0-9._~-]{1,50}")

MINUTE, DAY = 60, 86_400


@dataclass(frozen=True, kw_only=True)
class Method:
    """What one payment method accepts, and for how long a customer may pay."""

    created: str
    max_idr: int
    min_idr: int = 1
    expiry_s: int = 15 * MINUTE
    expiry_min_s: int = 20
    expiry_max_s: int = 7 * DAY
    acquirers: tuple[str, ...] = ()


METHODS = {
    "gopay": Method(created="GO-PAY billing created", max_idr=20_000_000),
    "qris": Method(
        created="QRIS transaction is created",
        max_idr=10_000_000,
        acquirers=("gopay", "airpay shopee"),
    ),
}

MOVES = {
    "pending": {"settlement", "deny", "cancel", "expire"},
    "settlement": set(),
    "deny": set(),
    "cancel": set(),
    "expire": set(),
}
REUSABLE = {"expire", "cancel"}

# The same state has one code in notifications and another in answers.
NOTIFICATION_CODE = {
    "pending": "201",
    "settlement": "200",
    "deny": "202",
    "cancel": "202",
    "expire": "202",
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
IDEMPOTENCY_KEY_MAX = 46

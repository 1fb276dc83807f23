"""What a subscription must say before it is taken."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from agentsys.demo.midtrans_simulator.channels.charges import section
from agentsys.demo.midtrans_simulator.engine.vocabulary import ORDER_ID
from agentsys.demo.midtrans_simulator.subscriptions.schedule import (
    MOST_RETRIES,
    RETRY_UNITS,
    UNITS,
    start_of,
)

NAME_MAX = 40
PAYMENT_TYPES = ("credit_card", "gopay")
HIGHEST = Decimal("99999999999.00")
REQUIRED = ("name", "amount", "currency", "payment_type", "token")
REQUIRED_FOR_UPDATE = ("name", "amount", "currency", "token")


def mistakes(wish: dict[str, Any], *, now: float, past_start: bool) -> list[str]:
    """Every mistake in a new subscription, in the gateway's words."""
    kind = wish.get("payment_type")
    wrong = [*_common(wish, REQUIRED)]
    if kind and kind not in PAYMENT_TYPES:
        wrong.append("subscription.payment_type must be credit_card or gopay")
    if kind == "gopay" and not section(wish, "gopay").get("account_id"):
        wrong.append("subscription.gopay.account_id is required")
    schedule = section(wish, "schedule")
    if not schedule:
        wrong.append("subscription.schedule is required")
    else:
        wrong += _schedule(schedule, now=now, past_start=past_start)
    return [*wrong, *_retries(section(wish, "retry_schedule"))]


def update_mistakes(wish: dict[str, Any]) -> list[str]:
    """Every mistake in a change of a subscription."""
    wrong = [*_common(wish, REQUIRED_FOR_UPDATE)]
    schedule = section(wish, "schedule")
    if "interval" in schedule and not whole(schedule["interval"]):
        wrong.append("subscription.schedule.interval must be a positive whole number")
    if not _readable(schedule.get("start_time")):
        wrong.append("subscription.schedule.start_time is not valid")
    return wrong


def _common(wish: dict[str, Any], required: tuple[str, ...]) -> Iterator[str]:
    for name in required:
        if wish.get(name) in (None, ""):
            yield f"subscription.{name} is required"
    name = str(wish.get("name") or "")
    if len(name) > NAME_MAX:
        yield f"subscription.name is too long, max {NAME_MAX} characters"
    elif name and not ORDER_ID.fullmatch(name):
        yield "subscription.name contains characters that are not allowed"
    if wish.get("amount") not in (None, "") and amount_of(wish["amount"]) is None:
        yield "subscription.amount must be between 0.01 - 99999999999.00"
    if wish.get("currency") not in (None, "", "IDR"):
        yield "subscription.currency must be IDR"
    if len(str(wish.get("metadata", ""))) > 1024:
        yield "subscription.metadata is too large, max 1 KB"


def amount_of(wish: Any) -> int | None:
    """The rupiah of an amount, which may come as a number; None for one that cannot be."""
    try:
        amount = Decimal(str(wish))
    except InvalidOperation:
        return None
    return int(amount) if amount.is_finite() and Decimal("0.01") <= amount <= HIGHEST else None


def _schedule(schedule: dict[str, Any], *, now: float, past_start: bool) -> Iterator[str]:
    if not whole(schedule.get("interval")):
        yield "subscription.schedule.interval must be a positive whole number"
    if schedule.get("interval_unit") not in UNITS:
        yield f"subscription.schedule.interval_unit must be one of {', '.join(UNITS)}"
    most = schedule.get("max_interval")
    if most is not None and whole(most) is None:
        yield "subscription.schedule.max_interval must be a whole number"
    start = schedule.get("start_time")
    if not _readable(start):
        yield "subscription.schedule.start_time is not valid"
    elif start and not past_start and start_of(start) <= now:
        yield "subscription.schedule.start_time must be after current time"


def _retries(wish: dict[str, Any]) -> Iterator[str]:
    if not wish:
        return
    if not whole(wish.get("interval", 1)):
        yield "subscription.retry_schedule.interval must be a positive whole number"
    if wish.get("interval_unit", "hour") not in RETRY_UNITS:
        yield f"subscription.retry_schedule.interval_unit must be one of {', '.join(RETRY_UNITS)}"
    most = whole(wish.get("max_interval", MOST_RETRIES))
    if most is None or most > MOST_RETRIES:
        yield f"subscription.retry_schedule.max_interval must be between 0 - {MOST_RETRIES}"


def whole(value: Any) -> int | None:
    """A whole number from 0 on, which may come as a string; None for anything else."""
    text = str(value) if type(value) in (int, str) else ""
    return int(text) if text.isascii() and text.isdigit() else None


def _readable(start: Any) -> bool:
    if start in (None, ""):
        return True
    try:
        start_of(str(start))
    except ValueError:
        return False
    return True

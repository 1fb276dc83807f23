"""The signature of a notification: it proves the sender, but not the status."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from agentsys.extension.contract import Callback, CallbackRejected

MAX_BYTES = 64 * 1024
SHAPES = {
    "order_id": re.compile(r"[A-Za-z0-9._~-]{1,50}"),
    "status_code": re.compile(r"[2-5][0-9]{2}"),
    "gross_amount": re.compile(r"[0-9]{1,16}(\.[0-9]{1,2})?"),
    "signature_key": re.compile(r"[0-9a-f]{128}"),
}


def authentic_order(callback: Callback, server_keys: Iterable[str]) -> str:
    """The order that a signed notification names; CallbackRejected for anything else."""
    # An amount without quotes must stay as written: the signature covers its very digits.
    notification = _read(callback.body, {"parse_float": str, "parse_int": str})
    order_id, code, amount, signature = (
        _shaped(notification, name, shape) for name, shape in SHAPES.items()
    )
    # The strings exactly as received: a reformatted amount has another signature.
    known = [expected_signature(order_id, code, amount, key) for key in server_keys]
    if not any([hmac.compare_digest(signature, expected) for expected in known]):
        raise CallbackRejected("the signature is of no key of ours")
    return order_id


def expected_signature(order_id: str, status_code: str, gross_amount: str, key: str) -> str:
    """The `signature_key` that Midtrans sends with a notification."""
    return hashlib.sha512((order_id + status_code + gross_amount + key).encode()).hexdigest()


def unsigned_notice(callback: Callback) -> Mapping[str, Any] | None:
    """A notice about an account or a subscription, which Midtrans does not sign; else None."""
    try:
        notice = _read(callback.body, {})
    except CallbackRejected:
        return None
    if "order_id" in notice:
        return None
    about_account = isinstance(notice.get("account_id"), str) and "account_status" in notice
    about_subscription = "schedule" in notice or isinstance(notice.get("subscription"), dict)
    return notice if about_account or about_subscription else None


def _read(body: bytes, numbers: Mapping[str, Any]) -> Mapping[str, Any]:
    if len(body) > MAX_BYTES:
        raise CallbackRejected("longer than any notification")
    try:
        notification = json.loads(body.decode("utf-8"), **numbers)
    except (ValueError, RecursionError):
        raise CallbackRejected("not JSON") from None
    if not isinstance(notification, dict):
        raise CallbackRejected("not a JSON object")
    return notification


def _shaped(notification: Mapping[str, Any], name: str, shape: re.Pattern[str]) -> str:
    value = notification.get(name)
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise CallbackRejected(f"{name} is missing or misshapen")
    return value

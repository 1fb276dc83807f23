"""Validation of charge requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agentsys.demo.midtrans_simulator.vocabulary import METHODS, ORDER_ID, Method

UNIT_S = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


def mistakes(payload: dict[str, Any], *, strict: bool) -> list[str]:
    """All errors in a charge, as messages of the gateway; empty for a valid one."""
    kind = payload.get("payment_type")
    if not isinstance(kind, str) or not kind:
        return ["payment_type is required"]
    if kind not in METHODS:
        return [f"payment_type {kind} is not supported"]
    return [
        *_order_mistakes(payload),
        *_amount_mistakes(payload, METHODS[kind]),
        *(_item_mistakes(payload) if strict else ()),
        *_acquirer_mistakes(payload, METHODS[kind]),
        *_expiry_mistakes(payload, METHODS[kind]),
    ]


def section(payload: dict[str, Any], name: str) -> dict[str, Any]:
    """A section of a charge; empty if it is missing or not an object."""
    part = payload.get(name)
    return part if isinstance(part, dict) else {}


def description(payload: dict[str, Any]) -> str:
    """The description of the payment for the customer."""
    items = payload.get("item_details")
    named = items if isinstance(items, list) else []
    return ", ".join(str(item.get("name", "")) for item in named if isinstance(item, dict))


def _order_mistakes(payload: dict[str, Any]) -> Iterator[str]:
    order_id = section(payload, "transaction_details").get("order_id")
    if not isinstance(order_id, str) or not order_id:
        yield "transaction_details.order_id is required"
    elif len(order_id) > 50:
        yield "transaction_details.order_id is too long, max 50 characters"
    elif not ORDER_ID.fullmatch(order_id):
        yield "transaction_details.order_id contains characters that are not allowed"


def _amount_mistakes(payload: dict[str, Any], method: Method) -> Iterator[str]:
    amount = section(payload, "transaction_details").get("gross_amount")
    if amount is None:
        yield "transaction_details.gross_amount is required"
    elif type(amount) is not int:
        yield "transaction_details.gross_amount must be a whole number without decimals"
    elif not method.min_idr <= amount <= method.max_idr:
        yield (
            f"transaction_details.gross_amount must be between {method.min_idr} - {method.max_idr}"
        )


def _item_mistakes(payload: dict[str, Any]) -> Iterator[str]:
    items = payload.get("item_details")
    if items is None:
        return
    try:
        total = sum(item["price"] * item["quantity"] for item in items)
    except (KeyError, TypeError):
        yield "item_details price and quantity are required"
        return
    if total != section(payload, "transaction_details").get("gross_amount"):
        yield "transaction_details.gross_amount is not equal to the sum of item_details"
    if any(len(str(item.get("name", ""))) > 50 for item in items):
        yield "item_details name is too long, max 50 characters"


def _acquirer_mistakes(payload: dict[str, Any], method: Method) -> Iterator[str]:
    acquirer = section(payload, "qris").get("acquirer")
    if method.acquirers and acquirer is not None and acquirer not in method.acquirers:
        yield "qris.acquirer is not supported"


def _expiry_mistakes(payload: dict[str, Any], method: Method) -> Iterator[str]:
    if "custom_expiry" not in payload:
        return
    seconds = expiry_s(payload)
    if seconds is None:
        yield "custom_expiry.expiry_duration must be a positive number of a known unit"
    elif not method.expiry_min_s <= seconds <= method.expiry_max_s:
        yield "custom_expiry is out of the range of this payment type"


def expiry_s(payload: dict[str, Any]) -> int | None:
    """The number of seconds in which the customer may pay; None if it is not valid."""
    wish = payload.get("custom_expiry")
    if wish is None:
        return METHODS[payload["payment_type"]].expiry_s
    if not isinstance(wish, dict):
        return None
    duration, unit = wish.get("expiry_duration"), wish.get("unit", "minute")
    if type(duration) is not int or duration < 1 or unit not in UNIT_S:
        return None
    return duration * UNIT_S[unit]

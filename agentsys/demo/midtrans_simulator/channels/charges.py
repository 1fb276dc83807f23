"""Validation of charge requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agentsys.demo.midtrans_simulator.channels.methods import (
    ACQUIRERS,
    METHODS,
    PAYMENT_TYPES,
    Method,
    method_of,
)
from agentsys.demo.midtrans_simulator.engine.vocabulary import ORDER_ID

UNIT_S = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
VA_LENGTHS = {
    "bca": range(6, 19),
    "bni": range(8, 13),
    "bri": range(1, 19),
    "cimb": range(1, 13),
    "permata": range(1, 13),
}


def mistakes(payload: dict[str, Any], *, strict: bool, any_order_id: bool = False) -> list[str]:
    """All errors in a charge, as messages of the gateway; empty for a valid one."""
    kind = payload.get("payment_type")
    if not isinstance(kind, str) or not kind:
        return ["payment_type is required"]
    if kind not in PAYMENT_TYPES:
        return [f"payment_type {kind} is not supported"]
    name = method_of(payload)
    if not name:
        return [f"{kind}.{'bank' if kind == 'bank_transfer' else 'store'} is not supported"]
    return [
        *order_mistakes(payload, any_characters=any_order_id),
        *amount_mistakes(payload, METHODS[name]),
        *(item_mistakes(payload) if strict else ()),
        *_section_mistakes(payload, name),
        *_expiry_mistakes(payload, METHODS[name]),
    ]


def section(payload: dict[str, Any], name: str) -> dict[str, Any]:
    """A section of a charge; empty if it is missing or not an object."""
    part = payload.get(name)
    return part if isinstance(part, dict) else {}


def order_id_of(payload: dict[str, Any]) -> str:
    """The order id of a charge, which may come as a number; empty when there is none."""
    order_id = section(payload, "transaction_details").get("order_id")
    if isinstance(order_id, int) and not isinstance(order_id, bool):
        return str(order_id)
    return order_id if isinstance(order_id, str) else ""


def amount_of(payload: dict[str, Any]) -> int:
    """The gross amount of a charge without mistakes."""
    return int(section(payload, "transaction_details")["gross_amount"])


def description(payload: dict[str, Any]) -> str:
    """The description of the payment for the customer."""
    items = payload.get("item_details")
    named = items if isinstance(items, list) else []
    return ", ".join(str(item.get("name", "")) for item in named if isinstance(item, dict))


def order_mistakes(payload: dict[str, Any], *, any_characters: bool = False) -> Iterator[str]:
    """What is wrong with the order id."""
    order_id = order_id_of(payload)
    if not order_id:
        yield "transaction_details.order_id is required"
    elif len(order_id) > 50:
        yield "transaction_details.order_id is too long, max 50 characters"
    elif not any_characters and not ORDER_ID.fullmatch(order_id):
        yield "transaction_details.order_id contains characters that are not allowed"


def amount_mistakes(payload: dict[str, Any], method: Method | None) -> Iterator[str]:
    """What is wrong with the gross amount; without a method, only its form is looked at."""
    amount = section(payload, "transaction_details").get("gross_amount")
    lowest, highest = (method.min_idr, method.max_idr) if method else (1, 10**15)
    if amount is None:
        yield "transaction_details.gross_amount is required"
    elif type(amount) is not int:
        yield "transaction_details.gross_amount must be a whole number without decimals"
    elif not lowest <= amount <= highest:
        yield f"transaction_details.gross_amount must be between {lowest} - {highest}"


def item_mistakes(payload: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the items, whose prices must sum up to the gross amount."""
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


_REQUIRED = {
    "credit_card": ("credit_card", "token_id"),
    "gopay_linked": ("gopay", "payment_option_token"),
}


def _section_mistakes(payload: dict[str, Any], name: str) -> Iterator[str]:
    if name in _REQUIRED:
        part, needed = _REQUIRED[name]
        if not section(payload, part).get(needed):
            yield f"{part}.{needed} is required"
    elif name == "qris":
        if section(payload, "qris").get("acquirer", "gopay") not in ACQUIRERS:
            yield "qris.acquirer is not supported"
    elif name == "ovo":
        phone = section(payload, "ovo").get("payer_phone_number")
        if not isinstance(phone, str) or not phone.lstrip("+").isdigit():
            yield "ovo.payer_phone_number is required"
    elif name.endswith("_va"):
        number = section(payload, "bank_transfer").get("va_number")
        if number is not None and not _fits(str(number), name.removesuffix("_va")):
            yield "bank_transfer.va_number must be digits of the length that the bank allows"


def _fits(number: str, bank: str) -> bool:
    return number.isascii() and number.isdigit() and len(number) in VA_LENGTHS[bank]


def _expiry_mistakes(payload: dict[str, Any], method: Method) -> Iterator[str]:
    if "custom_expiry" not in payload:
        return
    seconds = expiry_s(payload, method)
    if seconds is None:
        yield "custom_expiry.expiry_duration must be a positive number of a known unit"
    elif not method.expiry_min_s <= seconds <= method.expiry_max_s:
        yield "custom_expiry is out of the range of this payment type"


def expiry_s(payload: dict[str, Any], method: Method) -> int | None:
    """The number of seconds in which the customer may pay; None if it is not valid."""
    wish = payload.get("custom_expiry")
    if wish is None:
        return method.expiry_s
    if not isinstance(wish, dict):
        return None
    duration, unit = wish.get("expiry_duration"), wish.get("unit", "minute")
    if type(duration) is not int or duration < 1 or unit not in UNIT_S:
        return None
    return duration * UNIT_S[unit]

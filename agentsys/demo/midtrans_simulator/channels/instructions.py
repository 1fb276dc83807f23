"""What a new transaction tells the customer, and what a paid one adds: numbers, codes, names."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from agentsys.demo.midtrans_simulator.channels.charges import section
from agentsys.demo.midtrans_simulator.engine.clock import gateway_time

BILLER_CODE = "70012"
COMPANY_CODES = {"bca": "81278", "bni": "8578", "bri": "77777", "cimb": "1349", "permata": "8500"}


def digits(count: int) -> str:
    """That many random digits."""
    return str(uuid.uuid4().int)[-count:].zfill(count)


def details(method: str, payload: dict[str, Any], *, taken: Collection[str]) -> dict[str, Any]:
    """The fields that a method adds to each answer; numbers in `taken` are replaced."""
    if method.endswith("_va"):
        return _virtual_account(method.removesuffix("_va"), payload, taken)
    if method == "echannel":
        wish = str(section(payload, "echannel").get("bill_key") or "")
        return {"bill_key": wish or digits(12), "biller_code": BILLER_CODE}
    if method in ("indomaret", "alfamart"):
        return {"payment_code": digits(14), "store": method}
    if method == "ovo":
        return {"payer_phone_number": section(payload, "ovo")["payer_phone_number"]}
    if method == "qris":
        return {"acquirer": section(payload, "qris").get("acquirer", "gopay")}
    return {}


def _virtual_account(bank: str, payload: dict[str, Any], taken: Collection[str]) -> dict[str, Any]:
    wish = str(section(payload, "bank_transfer").get("va_number") or "")
    number = COMPANY_CODES[bank] + (wish or digits(11))
    if number in taken:
        number = COMPANY_CODES[bank] + digits(11)
    if bank == "permata":
        return {"permata_va_number": number}
    return {"va_numbers": [{"bank": bank, "va_number": number}], "payment_amounts": []}


def va_number(details: dict[str, Any]) -> str:
    """The virtual account of a transaction, or nothing."""
    numbers = details.get("va_numbers") or [{}]
    return str(details.get("permata_va_number") or numbers[0].get("va_number", ""))


def paid_details(method: str, *, paid_idr: int, now: float) -> dict[str, Any]:
    """What the bodies of a paid transaction add."""
    wallet = {"reference_id": str(uuid.uuid4()), "shopeepay_reference_number": digits(18)}
    paid = {"paid_at": gateway_time(now), "amount": f"{paid_idr}.00"}
    added: dict[str, dict[str, Any]] = {
        "gopay": {"payment_option_type": "GOPAY_WALLET"},
        "gopay_linked": {"payment_option_type": "GOPAY_WALLET"},
        "qris": {"transaction_type": "on-us", "issuer": "gopay"},
        "shopeepay": wallet,
        "indomaret": {"approval_code": digits(20)},
        "bni_va": {"payment_amounts": [paid]},
    }
    return added.get(method, {})

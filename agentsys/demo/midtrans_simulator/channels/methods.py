"""The payment methods: what each accepts, how long a customer may pay, and what can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MINUTE, HOUR, DAY = 60, 3600, 86_400
UNLIMITED_IDR = 10**15


@dataclass(frozen=True, kw_only=True)
class Method:
    """What one payment method accepts, and for how long a customer may pay."""

    payment_type: str
    label: str
    created: str
    max_idr: int
    min_idr: int = 1
    expiry_s: int = 15 * MINUTE
    expiry_min_s: int = 20
    expiry_max_s: int = 7 * DAY
    refund: str = ""  # nothing, "full" only, or "partial"
    refund_days: int = 45
    reversal_s: int = 0  # how long after a settlement it may still turn into a deny
    idempotent: bool = True
    cancellable: bool = True
    says_fraud_status: bool = True
    pending_in_capitals: bool = False  # asked while pending, it says PENDING with code 200
    by_transaction_id_only: bool = False
    core: bool = True  # chargeable by the Core API, not by Snap alone


def _virtual_account(bank: str, max_idr: int, **more: Any) -> Method:
    return Method(
        payment_type="bank_transfer",
        label=f"Virtual account {bank}",
        **{
            "created": "Success, Bank Transfer transaction is created",
            "max_idr": max_idr,
            "expiry_s": DAY,
            "expiry_max_s": 180 * DAY,
            **more,
        },
    )


def _store(name: str, **more: Any) -> Method:
    return Method(
        payment_type="cstore",
        label=name,
        created="Success, cstore transaction is successful",
        max_idr=5_000_000,
        expiry_s=DAY,
        expiry_max_s=180 * DAY,
        **more,
    )


def _redirect(payment_type: str, label: str, *, created: str = "", refund: str = "") -> Method:
    return Method(
        payment_type=payment_type,
        label=label,
        created=created or f"Success, {label} transaction is successful",
        refund=refund,
        max_idr=UNLIMITED_IDR,
        expiry_s=2 * HOUR,
        idempotent=payment_type not in {"cimb_clicks", "bca_klikbca"},
    )


METHODS = {
    "gopay": Method(
        payment_type="gopay",
        label="GoPay",
        created="GoPay transaction is created",
        max_idr=20_000_000,
        refund="partial",
    ),
    "gopay_linked": Method(
        payment_type="gopay",
        label="GoPay",
        created="GoPay transaction is created. Action(s) required",
        max_idr=20_000_000,
        expiry_s=5 * MINUTE,
        refund="partial",
        refund_days=180,
    ),
    "qris": Method(
        payment_type="qris",
        label="QRIS",
        created="QRIS transaction is created",
        max_idr=10_000_000,
        refund="partial",
    ),
    "shopeepay": Method(
        payment_type="shopeepay",
        label="ShopeePay",
        created="ShopeePay transaction is created",
        max_idr=20_000_000,
        expiry_max_s=5 * DAY,
        refund="full",
        refund_days=365,
        pending_in_capitals=True,
    ),
    "ovo": Method(
        payment_type="ovo",
        label="OVO",
        created="Ovo transaction is created",
        max_idr=99_999_999,
        expiry_s=65,
        expiry_min_s=65,
        expiry_max_s=65,
        refund="full",
        refund_days=7,
        cancellable=False,
    ),
    "dana": Method(
        payment_type="dana",
        label="DANA",
        created="DANA transaction is created",
        max_idr=20_000_000,
        expiry_max_s=DAY,
        refund="partial",
        pending_in_capitals=True,
        by_transaction_id_only=True,
        core=False,
    ),
    "bca_va": _virtual_account("BCA", 20_000_000_000, min_idr=10_000),
    "bni_va": _virtual_account("BNI", UNLIMITED_IDR),
    "bri_va": _virtual_account("BRI", 20_000_000_000),
    "cimb_va": _virtual_account("CIMB", 250_000_000),
    "permata_va": _virtual_account(
        "Permata",
        9_999_999_999,
        created="Success, PERMATA VA transaction is successful",
        reversal_s=5 * MINUTE,
        idempotent=False,
    ),
    "echannel": Method(
        payment_type="echannel",
        label="Mandiri Bill",
        created="OK, Mandiri Bill transaction is successful",
        max_idr=50_000_000_000,
        expiry_s=DAY,
        expiry_max_s=180 * DAY,
        reversal_s=5 * MINUTE,
    ),
    "indomaret": _store(
        "Indomaret",
        min_idr=10_000,
        reversal_s=5 * MINUTE,
        idempotent=False,
        says_fraud_status=False,
    ),
    "alfamart": _store("Alfamart"),
    "credit_card": Method(
        payment_type="credit_card",
        label="Kartu",
        created="Success, Credit Card transaction is successful",
        min_idr=10_000,
        max_idr=999_999_999,
        expiry_s=10 * MINUTE,
        refund="partial",
        refund_days=180,
    ),
    "cimb_clicks": _redirect("cimb_clicks", "CIMB Clicks"),
    "bri_epay": _redirect("bri_epay", "BRI E-Pay"),
    "bca_klikpay": _redirect(
        "bca_klikpay", "BCA KlikPay", created="OK, BCA KlikPay transaction is successful"
    ),
    "danamon_online": _redirect("danamon_online", "Danamon Online"),
    "akulaku": _redirect(
        "akulaku", "Akulaku", created="Success, Akulaku transaction is created", refund="partial"
    ),
}
PAYMENT_TYPES = {method.payment_type for method in METHODS.values() if method.core}
BANKS = ("bca", "bni", "bri", "cimb", "permata")
STORES = ("indomaret", "alfamart")
ACQUIRERS = ("gopay", "airpay shopee")


def method_of(payload: dict[str, Any]) -> str:
    """The method that a charge names; empty if its bank or store is unknown."""
    kind = payload.get("payment_type")
    named = payload.get(kind) if isinstance(kind, str) else None
    part = named if isinstance(named, dict) else {}
    if kind == "bank_transfer":
        bank = str(part.get("bank", "permata")).lower()
        return f"{bank}_va" if bank in BANKS else ""
    if kind == "cstore":
        store = str(part.get("store", "")).lower()
        return store if store in STORES else ""
    if kind == "gopay" and part.get("account_id"):
        return "gopay_linked"
    return kind if kind in METHODS and METHODS[kind].core else ""

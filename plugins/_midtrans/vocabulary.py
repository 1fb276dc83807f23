"""Midtrans' words in ours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

from agentsys.extension.contract import (
    ChannelUnavailable,
    PaymentReport,
    PaymentState,
    gateway_rupiah,
)

# Not here on purpose: partial_refund, chargeback and partial_chargeback, at which a person must
# look; and capture, authorize, which only cards know. A word that is not here is "we do not know".
STATES = {
    "pending": PaymentState.PENDING,
    "settlement": PaymentState.SETTLED,
    "deny": PaymentState.FAILED,
    "failure": PaymentState.FAILED,
    "cancel": PaymentState.EXPIRED,
    "expire": PaymentState.EXPIRED,
    "refund": PaymentState.REFUNDED,
}
REASONS = {
    "deny": "Pembayaran ditolak oleh penyedia dompet.",
    "failure": "Pembayaran gagal di penyedia dompet.",
    "cancel": "Tagihan dibatalkan.",
    "expire": "Waktu membayar sudah habis.",
}
WIB = timezone(timedelta(hours=7))
DEFAULT_EXPIRY = timedelta(minutes=15)
LINK_SCHEMES = {"https", "http", "gojek", "gopay"}
QR_MAX = 512


def report_of(answer: Mapping[str, Any], reference: str) -> PaymentReport:
    """What an answer says of our payment; ChannelUnavailable if it does not say it plainly."""
    if answer.get("order_id") != reference:
        raise ChannelUnavailable(f"{reference}: the answer is about another order")
    if answer.get("currency", "IDR") != "IDR":
        raise ChannelUnavailable(f"{reference}: not in rupiah")
    word = str(answer.get("transaction_status", "")).lower()  # some wallets shout
    state = _state(answer, word, reference)
    qr_string = _text(answer, "qr_string")
    return PaymentReport(
        reference=reference,
        state=state,
        amount_idr=_amount(answer, reference),
        provider_ref=_text(answer, "transaction_id"),
        pay_url=_link(answer, "deeplink-redirect")
        or ("" if qr_string else _link(answer, "generate-qr-code")),
        qr_string=qr_string if len(qr_string) <= QR_MAX else "",
        expires_at=_expires_at(answer) if state is PaymentState.PENDING else None,
        reason=REASONS.get(word, ""),
        raw={name: value for name, value in answer.items() if name != "signature_key"},
    )


def _state(answer: Mapping[str, Any], word: str, reference: str) -> PaymentState:
    state = STATES.get(word)
    if state is None:
        raise ChannelUnavailable(f"{reference}: status {word[:30]!r} means nothing to us")
    if state is PaymentState.SETTLED:
        # Paid needs all three; a denied charge may still say that fraud_status is "accept".
        accepted = str(answer.get("fraud_status", "accept")).lower() == "accept"
        if answer.get("status_code") != "200" or not accepted:
            raise ChannelUnavailable(f"{reference}: settled, but not plainly")
    return state


def _amount(answer: Mapping[str, Any], reference: str) -> int:
    try:
        gross_idr = gateway_rupiah(str(answer["gross_amount"]))
        return _without_fee(answer, gross_idr)
    except (KeyError, ValueError):
        raise ChannelUnavailable(f"{reference}: no whole amount in the answer") from None


def _without_fee(answer: Mapping[str, Any], gross_idr: int) -> int:
    """What we asked for, where the merchant lets Midtrans put a fee for the customer on top."""
    info: Any = answer
    for name in ("metadata", "extra_info", "gross_amount_info"):
        info = info.get(name) if isinstance(info, Mapping) else None
    if not isinstance(info, Mapping):
        return gross_idr
    asked_idr = gateway_rupiah(str(info.get("original_amount", "")))
    fee_idr = gateway_rupiah(str(info.get("customer_imposed_payment_fee", "")))
    if asked_idr + fee_idr != gross_idr:
        raise ValueError("the fee does not add up")
    return asked_idr


def _expires_at(answer: Mapping[str, Any]) -> datetime | None:
    for name in ("expiry_time", "expire_time"):
        if moment := midtrans_time(answer.get(name)):
            return moment
    started = midtrans_time(answer.get("transaction_time"))
    return started + DEFAULT_EXPIRY if started else None


def midtrans_time(text: object) -> datetime | None:
    """A time as Midtrans writes it, on Jakarta's clock without saying so; None if unreadable."""
    try:
        moment = datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None
    return moment.replace(tzinfo=WIB).astimezone(UTC)


def _text(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    return value if isinstance(value, str) else ""


def _link(answer: Mapping[str, Any], name: str) -> str:
    actions = answer.get("actions")
    for action in actions if isinstance(actions, list) else ():
        if isinstance(action, Mapping) and action.get("name") == name:
            url = _text(action, "url")
            return url if _scheme(url) in LINK_SCHEMES else ""
    return ""


def _scheme(url: str) -> str:
    try:
        return urlsplit(url).scheme
    except ValueError:
        return ""

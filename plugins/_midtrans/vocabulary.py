"""Translates Midtrans' states to ours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

from agentsys.extension.contract import (
    ChannelUnavailable,
    PaymentReport,
    PaymentState,
    Refunded,
    gateway_rupiah,
)

# Not here on purpose: capture, authorize, which only cards know. A word that is neither here nor
# below is "we do not know".
STATES = {
    "pending": PaymentState.PENDING,
    "settlement": PaymentState.SETTLED,
    "deny": PaymentState.FAILED,
    "failure": PaymentState.FAILED,
    "cancel": PaymentState.EXPIRED,
    "expire": PaymentState.EXPIRED,
    "refund": PaymentState.REFUNDED,
}
# Midtrans is plain about these; what follows from them is not.
FOR_A_PERSON = {
    "partial_refund": "Midtrans mengembalikan sebagian uang kepada pembayar.",
    "chargeback": "Pembayar menarik kembali uangnya lewat sanggahan.",
    "partial_chargeback": "Pembayar menarik kembali sebagian uangnya lewat sanggahan.",
}
SUSPECTED = "Midtrans menerima uangnya, tetapi mencurigai pembayaran ini."
REASONS = {
    "deny": "Pembayaran ditolak oleh penyedianya.",
    "failure": "Pembayaran gagal di penyedianya.",
    "cancel": "Tagihan dibatalkan.",
    "expire": "Waktu membayar sudah habis.",
}
WIB = timezone(timedelta(hours=7))
DEFAULT_EXPIRY = timedelta(minutes=15)
LINK_SCHEMES = {"https", "http", "gojek", "gopay"}
QR_MAX = 512


def report_of(
    answer: Mapping[str, Any], reference: str, *, expires_after: timedelta = DEFAULT_EXPIRY
) -> PaymentReport:
    """The report in an answer; ChannelUnavailable if the answer is not clear."""
    if answer.get("order_id") != reference:
        raise ChannelUnavailable(f"{reference}: the answer is about another order")
    if answer.get("currency", "IDR") != "IDR":
        raise ChannelUnavailable(f"{reference}: not in rupiah")
    word = str(answer.get("transaction_status", "")).lower()  # some wallets write capitals
    state = _state(answer, word, reference)
    for_a_person = _for_a_person(answer, word, state)
    amount_idr = _amount(answer, reference)
    qr_string = _text(answer, "qr_string")
    return PaymentReport(
        reference=reference,
        state=state,
        amount_idr=_left(answer, word, amount_idr) if for_a_person else amount_idr,
        for_a_person=for_a_person,
        provider_ref=_text(answer, "transaction_id"),
        pay_url=link_of(answer, "deeplink-redirect")
        or ("" if qr_string else link_of(answer, "generate-qr-code")),
        qr_string=qr_string if len(qr_string) <= QR_MAX else "",
        expires_at=_expires_at(answer, expires_after) if state is PaymentState.PENDING else None,
        reason=REASONS.get(word, ""),
        refunds=_refunds(answer),
        raw={name: value for name, value in answer.items() if name != "signature_key"},
    )


def _state(answer: Mapping[str, Any], word: str, reference: str) -> PaymentState:
    state = PaymentState.SETTLED if word in FOR_A_PERSON else STATES.get(word)
    if state is None:
        raise ChannelUnavailable(f"{reference}: status {word[:30]!r} means nothing to us")
    if state is PaymentState.SETTLED and answer.get("status_code") != "200":
        raise ChannelUnavailable(f"{reference}: settled, but not plainly")
    return state


def _for_a_person(answer: Mapping[str, Any], word: str, state: PaymentState) -> str:
    """The sentence about what a person must decide; empty if nothing."""
    # A denied charge may still say that fraud_status is "accept".
    accepted = str(answer.get("fraud_status", "accept")).lower() == "accept"
    if state is PaymentState.SETTLED and not accepted:
        return SUSPECTED
    return FOR_A_PERSON.get(word, "")


def _left(answer: Mapping[str, Any], word: str, amount_idr: int) -> int:
    """What Midtrans still holds of a payment after a part of it, or all, went back."""
    if word == "chargeback":
        return 0
    try:
        return max(amount_idr - gateway_rupiah(str(answer["refund_amount"])), 0)
    except (KeyError, ValueError):
        return amount_idr  # how much it was is for the person to find out


def _refunds(answer: Mapping[str, Any]) -> list[Refunded]:
    """Each refund once: the second notice repeats it, with the time of the bank's confirmation."""
    found: dict[str, Refunded] = {}
    unnamed = []
    listed = answer.get("refunds")
    for given in listed if isinstance(listed, list) else ():
        try:
            key, amount_idr = _text(given, "refund_key"), gateway_rupiah(given["refund_amount"])
        except (AttributeError, KeyError, TypeError, ValueError):
            continue  # what it came to shows in the amount that is left
        confirmed = bool(given.get("bank_confirmed_at"))
        refund = Refunded(key=key, amount_idr=amount_idr, confirmed=confirmed)
        if not key:
            unnamed.append(refund)
        elif key not in found or confirmed:
            found[key] = refund
    return [*found.values(), *unnamed]


def _amount(answer: Mapping[str, Any], reference: str) -> int:
    try:
        gross_idr = gateway_rupiah(str(answer["gross_amount"]))
        return _without_fee(answer, gross_idr) + _paid_besides(answer, gross_idr)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ChannelUnavailable(f"{reference}: no whole amount in the answer") from None


def _paid_besides(answer: Mapping[str, Any], gross_idr: int) -> int:
    """How much more, or less, than the bill was paid into a virtual account, by its payments."""
    payments = answer.get("payment_amounts")
    if not payments:
        return 0
    return sum(gateway_rupiah(str(each["amount"])) for each in payments) - gross_idr


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


def _expires_at(answer: Mapping[str, Any], after: timedelta) -> datetime | None:
    for name in ("expiry_time", "expire_time"):
        if moment := midtrans_time(answer.get(name)):
            return moment
    started = midtrans_time(answer.get("transaction_time"))
    return started + after if started else None


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


def link_of(answer: Mapping[str, Any], name: str) -> str:
    """The address of an action in an answer; empty if there is none that is safe to open."""
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

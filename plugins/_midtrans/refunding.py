"""Refunds at Midtrans: one key is one refund, however often it is asked for."""

from __future__ import annotations

from collections.abc import Callable

from agentsys.extension.contract import PaymentReport, RefundRefused, RefundRequest
from agentsys.plugins._midtrans.client import GatewayRefused, Midtrans

REASON_MAX = 100
REFUSALS = {
    "402": "Akun Midtrans kantor tidak boleh mengembalikan uang. Kembalikan dengan transfer.",
    "404": "Midtrans tidak mengenal pembayaran ini. Kembalikan dengan transfer.",
    "412": "Midtrans tidak dapat mengembalikan pembayaran ini lagi. Kembalikan dengan transfer.",
    "414": "Midtrans menolak jumlahnya, atau saldo kantor di Midtrans tidak cukup.",
}
REFUSED = "Midtrans menolak pengembalian ini. Kembalikan dengan transfer."


def refund(
    midtrans: Midtrans, request: RefundRequest, state: Callable[[], PaymentReport]
) -> PaymentReport:
    """The state of the payment after a refund; RefundRefused if Midtrans will not give it."""
    wish = {
        "refund_key": request.key,
        "amount": request.amount_idr,
        "reason": request.reason[:REASON_MAX],
    }
    try:
        midtrans.refund(request.provider_ref or request.reference, wish)
    except GatewayRefused as refused:
        report = state()
        # An earlier request with this key may have been granted, and its answer lost.
        if any(given.key == request.key for given in report.refunds):
            return report
        raise RefundRefused(REFUSALS.get(refused.code, REFUSED)) from None
    return state()

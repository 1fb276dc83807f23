"""Ways to pay from a wallet: GoPay, QRIS, ShopeePay and OVO by the Core API."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from agentsys.extension.contract import (
    FormField,
    Invalid,
    Limits,
    PayCode,
    PaymentReport,
    PaymentRequest,
    Refunds,
)
from agentsys.plugins._midtrans.channel import REFUSALS, MidtransChannel
from agentsys.plugins._midtrans.client import Answer
from agentsys.plugins.ewallet import guides

PHONE = "phone"
_PHONE = re.compile(r"08[0-9]{8,11}")


class GoPay(MidtransChannel):
    """A link that opens the GoPay app on the payer's phone."""

    name: ClassVar[str] = "gopay"
    label = "GoPay"
    icon = "wallet"
    group = "Dompet digital dan QRIS"
    picture = "gopay"
    # Twenty million for verified users; GoPay itself stops the others at two.
    limits = Limits(min_idr=1, max_idr=20_000_000)
    refunds = Refunds(possible=True, partial=True, within=timedelta(days=45))
    guides = guides.GOPAY

    def wishes(self, request: PaymentRequest) -> dict[str, Any]:
        """The link brings the payer back to our page."""
        if not request.return_url:
            return {"payment_type": "gopay"}
        return {
            "payment_type": "gopay",
            "gopay": {"enable_callback": True, "callback_url": request.return_url},
        }


class Qris(MidtransChannel):
    """A QR that every Indonesian wallet and bank can read."""

    name: ClassVar[str] = "qris"
    label = "QRIS"
    icon = "qr-code"
    group = "Dompet digital dan QRIS"
    picture = "qris"
    limits = Limits(min_idr=1, max_idr=10_000_000)
    # Seven days if it was paid by another wallet than the acquirer's.
    refunds = Refunds(possible=True, partial=True, within=timedelta(days=7))
    guides = guides.QRIS

    def wishes(self, request: PaymentRequest) -> dict[str, Any]:
        """A QR of GoPay as acquirer."""
        return {"payment_type": "qris", "qris": {"acquirer": "gopay"}}


class ShopeePay(MidtransChannel):
    """A link that opens the Shopee app on the payer's phone."""

    name: ClassVar[str] = "shopeepay"
    label = "ShopeePay"
    icon = "shopping-bag"
    group = "Dompet digital dan QRIS"
    limits = Limits(min_idr=1, max_idr=20_000_000)
    refunds = Refunds(possible=True, within=timedelta(days=365))
    guides = guides.SHOPEEPAY

    def wishes(self, request: PaymentRequest) -> dict[str, Any]:
        """The link brings the payer back to our page."""
        if not request.return_url:
            return {"payment_type": "shopeepay"}
        return {"payment_type": "shopeepay", "shopeepay": {"callback_url": request.return_url}}


class Ovo(MidtransChannel):
    """A request that appears in the OVO app of the phone that the payer names."""

    name: ClassVar[str] = "ovo"
    label = "OVO"
    icon = "smartphone"
    group = "Dompet digital dan QRIS"
    limits = Limits(min_idr=1, max_idr=99_999_999)
    expires_after = timedelta(seconds=65)
    refunds = Refunds(possible=True, within=timedelta(days=7))
    guides = guides.OVO
    refusals: ClassVar[Mapping[str, str]] = {
        **REFUSALS,
        "404": "Nomor HP ini tidak terdaftar di OVO. Periksa nomornya, atau pakai cara bayar lain.",
    }
    form = (
        FormField(
            name=PHONE,
            label="Nomor HP OVO",
            hint="Permintaan bayar muncul di aplikasi OVO nomor ini, dan berlaku 55 detik.",
            kind="tel",
        ),
    )

    def read_form(self, inputs: Mapping[str, str]) -> Mapping[str, str]:
        """The phone as OVO wants it, 08…; Invalid if it is none."""
        typed = re.sub(r"[\s().-]", "", inputs.get(PHONE, ""))
        phone = re.sub(r"^(\+?62|0)(?=8)", "0", typed)
        if not _PHONE.fullmatch(phone):
            raise Invalid("Isi nomor HP yang terdaftar di OVO, misalnya 081234567890.")
        return {PHONE: phone}

    def wishes(self, request: PaymentRequest) -> dict[str, Any]:
        """The phone that is to be asked."""
        return {
            "payment_type": "ovo",
            "ovo": {"payer_phone_number": request.inputs.get(PHONE, "")},
        }

    def codes(self, answer: Answer) -> Sequence[PayCode]:
        """The end of the phone, so that the payer sees which one was asked."""
        phone = answer.get("payer_phone_number")
        if not isinstance(phone, str) or len(phone) < 8:
            return ()
        masked = f"{phone[:4]}••••{phone[-3:]}"
        return [PayCode(label="Permintaan dikirim ke OVO", value=masked, copyable=False)]

    def report(self, answer: Answer, reference: str) -> PaymentReport:
        """The report, without the whole phone in what is kept for audits."""
        report = super().report(answer, reference)
        kept = {name: value for name, value in report.raw.items() if name != "payer_phone_number"}
        return replace(report, raw=kept)

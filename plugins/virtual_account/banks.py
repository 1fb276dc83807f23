"""The banks: a number to transfer to, until the next day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from agentsys.extension.contract import (
    Guide,
    Limits,
    PayCode,
    PayerKind,
    PaymentReport,
    PaymentRequest,
    PaymentState,
)
from agentsys.plugins._midtrans.channel import MidtransChannel, found
from agentsys.plugins._midtrans.client import Answer
from agentsys.plugins.virtual_account import guides
from agentsys.plugins.virtual_account.numbers import fits, number_of

BILLION = 1_000_000_000
# Permata and Mandiri may take a payment back within five minutes.
REVERSAL = timedelta(minutes=10)


TOO_LONG = "Nomor virtual account di bank ini terlalu pendek untuk pembayar ini. Pilih bank lain."


class FixedNumber(MidtransChannel):
    """A number of the payer, the same for all bills, so that it can be kept as a favourite.

    Where the number is in use, by another open bill, Midtrans gives another one.
    """

    icon = "landmark"
    group = "Transfer bank (virtual account)"
    payers = frozenset(PayerKind)
    digits: ClassVar[int]  # of our part of the number
    expires_after = timedelta(days=1)

    def start(self, request: PaymentRequest) -> PaymentReport:
        """Ask for the money; FAILED if no number of the payer's own fits."""
        if request.payer is not None and not fits(request.payer, self.digits):
            return PaymentReport(
                reference=request.reference,
                state=PaymentState.FAILED,
                amount_idr=request.amount_idr,
                reason=TOO_LONG,
            )
        return super().start(request)

    def number(self, request: PaymentRequest) -> str:
        """The payer's number; empty if the payer is not known."""
        return number_of(request.payer, self.digits) if request.payer else ""


class VirtualAccount(FixedNumber):
    """A number to transfer to."""

    bank: ClassVar[str]

    def wishes(self, request: PaymentRequest) -> dict[str, Any]:
        """A number of this bank."""
        wish: dict[str, Any] = {"bank": self.bank}
        if number := self.number(request):
            wish["va_number"] = number
        return {"payment_type": "bank_transfer", "bank_transfer": wish}

    def codes(self, answer: Answer) -> Sequence[PayCode]:
        """The number of this bank."""
        numbers = answer.get("va_numbers")
        return [
            PayCode(label="Nomor virtual account", value=found(number, "va_number"))
            for number in (numbers if isinstance(numbers, list) else ())
            if isinstance(number, dict)
            and number.get("bank") == self.bank
            and found(number, "va_number")
        ]


class Permata(VirtualAccount):
    """Permata, which has a field of its own in answers."""

    def codes(self, answer: Answer) -> Sequence[PayCode]:
        """The number of this bank."""
        value = found(answer, "permata_va_number")
        return [PayCode(label="Nomor virtual account", value=value)] if value else ()


class Mandiri(FixedNumber):
    """A bill at Mandiri: the number of the company, and that of the bill."""

    name: ClassVar[str] = "mandiri_bill"
    label = "Mandiri Bill"
    digits: ClassVar[int] = 12
    limits = Limits(max_idr=50 * BILLION)
    reversal_window = REVERSAL
    guides = guides.MANDIRI

    def wishes(self, request: PaymentRequest) -> dict[str, Any]:
        """A bill, with the text that the bank shows."""
        wish = {"bill_info1": "Iuran", "bill_info2": request.description[:30]}
        if number := self.number(request):
            wish["bill_key"] = number
        return {"payment_type": "echannel", "echannel": wish}

    def codes(self, answer: Answer) -> Sequence[PayCode]:
        """Both numbers; one without the other is of no use."""
        company, bill = found(answer, "biller_code"), found(answer, "bill_key")
        if not company or not bill:
            return ()
        return [
            PayCode(label="Kode perusahaan", value=company),
            PayCode(label="Kode bayar", value=bill),
        ]


@dataclass(frozen=True, kw_only=True)
class Bank:
    """What one bank is like."""

    bank: str
    label: str
    digits: int
    limits: Limits
    guides: Sequence[Guide]
    reversal: timedelta = timedelta()
    base: type[VirtualAccount] = VirtualAccount

    def channel(self) -> type[VirtualAccount]:
        """The channel of this bank."""
        data = {
            "name": f"{self.bank}_va",
            "label": self.label,
            "bank": self.bank,
            "digits": self.digits,
            "limits": self.limits,
            "guides": self.guides,
            "reversal_window": self.reversal,
            "__doc__": f"{self.label}.",
            "__module__": __name__,
        }
        return type(f"{self.bank.title()}VirtualAccount", (self.base,), data)


BANKS = (
    Bank(
        bank="bca",
        label="VA BCA",
        digits=11,
        limits=Limits(min_idr=10_000, max_idr=20 * BILLION),
        guides=guides.BCA,
    ),
    Bank(
        bank="bni", label="VA BNI", digits=8, limits=Limits(max_idr=50 * BILLION), guides=guides.BNI
    ),
    Bank(
        bank="bri",
        label="VA BRI",
        digits=13,
        limits=Limits(max_idr=20 * BILLION),
        guides=guides.BRI,
    ),
    Bank(
        bank="cimb",
        label="VA CIMB Niaga",
        digits=12,
        limits=Limits(max_idr=250_000_000),
        guides=guides.CIMB,
    ),
    Bank(
        bank="permata",
        label="VA Permata",
        digits=12,
        limits=Limits(max_idr=9_999_999_999),
        guides=guides.PERMATA,
        reversal=REVERSAL,
        base=Permata,
    ),
)
CHANNELS: tuple[type[MidtransChannel], ...] = (*(bank.channel() for bank in BANKS), Mandiri)

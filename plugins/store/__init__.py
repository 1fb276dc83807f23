"""Cash at the till of Indomaret and Alfamart, through Midtrans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from agentsys.extension.contract import (
    Guide,
    Limits,
    PayCode,
    PaymentChannel,
    PaymentRequest,
    hookimpl,
)
from agentsys.plugins._midtrans.channel import MidtransChannel, found
from agentsys.plugins._midtrans.client import Answer, Midtrans
from agentsys.plugins._midtrans.settings import midtrans_settings


class Store(MidtransChannel):
    """A code that the payer shows at the till, until the next day."""

    icon = "store"
    group = "Tunai di minimarket"
    store: ClassVar[str]
    expires_after = timedelta(days=1)

    def codes(self, answer: Answer) -> Sequence[PayCode]:
        """The code for the till."""
        value = found(answer, "payment_code")
        return [PayCode(label="Kode bayar", value=value)] if value else ()


class Indomaret(Store):
    """Indomaret takes no less than ten thousand rupiah, and may take a payment back."""

    name: ClassVar[str] = "indomaret"
    label = "Indomaret"
    store = "indomaret"
    limits = Limits(min_idr=10_000, max_idr=5_000_000)
    reversal_window = timedelta(minutes=10)
    guides = (
        Guide(
            title="Di kasir Indomaret",
            steps=(
                "Datang ke Indomaret, Ceriamart atau Lawson mana pun.",
                "Sebutkan kepada kasir: bayar tagihan Midtrans. Tunjukkan kode bayarnya.",
                "Periksa jumlah yang disebut kasir, lalu bayar tunai.",
                "Simpan struknya sampai halaman ini menunjukkan pembayaran diterima.",
            ),
        ),
    )

    def wishes(self, request: PaymentRequest) -> dict[str, Any]:
        """The text that the till prints."""
        return {
            "payment_type": "cstore",
            "cstore": {"store": self.store, "message": request.description[:20]},
        }


class Alfamart(Store):
    """Alfamart takes no more than two and a half million rupiah in cash."""

    name: ClassVar[str] = "alfamart"
    label = "Alfamart"
    store = "alfamart"
    limits = Limits(max_idr=2_500_000)
    guides = (
        Guide(
            title="Di kasir Alfamart",
            steps=(
                "Datang ke Alfamart, Alfamidi atau Dan+Dan mana pun.",
                "Sebutkan kepada kasir: bayar Midtrans. Tunjukkan kode bayarnya.",
                "Periksa jumlah yang disebut kasir, lalu bayar tunai.",
                "Simpan struknya sampai halaman ini menunjukkan pembayaran diterima.",
            ),
        ),
    )

    def wishes(self, request: PaymentRequest) -> dict[str, Any]:
        """The text that the till prints."""
        return {
            "payment_type": "cstore",
            "cstore": {
                "store": self.store,
                "alfamart_free_text_1": request.description[:40],
            },
        }


@hookimpl
def register_payment_channels(settings: Mapping[str, Any]) -> Sequence[PaymentChannel]:
    """The stores; ChannelNotConfigured without a server key."""
    configured = midtrans_settings(settings)
    midtrans = Midtrans(configured)
    return [store(midtrans, configured) for store in (Indomaret, Alfamart)]

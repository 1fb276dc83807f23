"""What the tests of both debit channels of Midtrans use: their settings, and a debit."""

from __future__ import annotations

from agentsys.extension.contract import MandateChannel, PaymentRequest
from agentsys.plugins import autodebit


def debit_channels(sim, **more: str) -> dict[str, MandateChannel]:
    """The channels that debit through the simulator, by name."""
    settings = {
        "AGENTSYS_MIDTRANS_SERVER_KEY": sim.server_key,
        "AGENTSYS_MIDTRANS_BASE_URL": sim.url,
    } | more
    return {channel.name: channel for channel in autodebit.register_payment_channels(settings)}


def debit_of(handle: str, reference: str = "D-1", amount_idr: int = 16_800) -> PaymentRequest:
    """A debit of the account that this handle names."""
    return PaymentRequest(
        reference=reference,
        amount_idr=amount_idr,
        payer_name="Bu Contoh",
        description="Iuran BPU 11/2026",
        mandate=handle,
    )

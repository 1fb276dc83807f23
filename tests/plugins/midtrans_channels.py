"""Every Midtrans channel against the simulator."""

from __future__ import annotations

from agentsys.extension.contract import Payer, PayerKind, PaymentRequest
from agentsys.plugins import ewallet, store, virtual_account

PLUGINS = (ewallet, virtual_account, store)
WALLETS = ("gopay", "qris", "shopeepay", "ovo", "dana")
ACCOUNTS = ("bca_va", "bni_va", "bri_va", "cimb_va", "permata_va", "mandiri_bill")
STORES = ("indomaret", "alfamart")
ALL = WALLETS + ACCOUNTS + STORES
OVO_PHONE = "081234567890"


def all_channels(sim, **more):
    """The channels of all plugins by name."""
    settings = {
        "AGENTSYS_MIDTRANS_SERVER_KEY": sim.server_key,
        "AGENTSYS_MIDTRANS_BASE_URL": sim.url,
    } | more
    return {c.name: c for plugin in PLUGINS for c in plugin.register_payment_channels(settings)}


def a_bill(reference="P-1", amount_idr=16_800, **more):
    """A bill that every channel takes."""
    return PaymentRequest(
        reference=reference,
        amount_idr=amount_idr,
        payer_name="Bu Contoh",
        description="Iuran Oktober 2026",
        **{"payer": Payer(kind=PayerKind.WORKER, id=7), "inputs": {"phone": OVO_PHONE}, **more},
    )

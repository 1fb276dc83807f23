"""A bill, and what the simulator says about it."""

from __future__ import annotations

import pytest

from agentsys.extension.contract import (
    PaymentRequest,
)
from agentsys.plugins import ewallet

BOTH = pytest.mark.parametrize("name", ["gopay", "qris"])


def channels(sim, **more):
    settings = {
        "AGENTSYS_MIDTRANS_SERVER_KEY": sim.server_key,
        "AGENTSYS_MIDTRANS_BASE_URL": sim.url,
    }
    return {c.name: c for c in ewallet.register_payment_channels(settings | more)}


def a_request(reference="P-1", amount_idr=16_800, return_url=""):
    return PaymentRequest(
        reference=reference,
        amount_idr=amount_idr,
        payer_name="Bu Contoh",
        description="Iuran Oktober 2026",
        return_url=return_url,
    )

"""GoPay and QRIS through Midtrans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentsys.extension.contract import PaymentChannel, hookimpl
from agentsys.plugins._midtrans.client import Midtrans
from agentsys.plugins._midtrans.settings import midtrans_settings
from agentsys.plugins.ewallet.channels import GoPay, Qris


@hookimpl
def register_payment_channels(settings: Mapping[str, Any]) -> Sequence[PaymentChannel]:
    """GoPay and QRIS; ChannelNotConfigured without a server key."""
    configured = midtrans_settings(settings)
    midtrans = Midtrans(configured)
    return [GoPay(midtrans, configured.server_keys), Qris(midtrans, configured.server_keys)]

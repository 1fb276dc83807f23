"""GoPay, QRIS, ShopeePay, OVO and DANA through Midtrans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentsys.extension.contract import PaymentChannel, hookimpl
from agentsys.plugins._midtrans.client import Midtrans
from agentsys.plugins._midtrans.settings import midtrans_settings
from agentsys.plugins.ewallet.channels import GoPay, Ovo, Qris, ShopeePay
from agentsys.plugins.ewallet.dana import Dana


@hookimpl
def register_payment_channels(settings: Mapping[str, Any]) -> Sequence[PaymentChannel]:
    """The wallets; ChannelNotConfigured without a server key."""
    configured = midtrans_settings(settings)
    midtrans = Midtrans(configured)
    return [channel(midtrans, configured) for channel in (GoPay, Qris, ShopeePay, Ovo, Dana)]

"""Virtual accounts of five banks, and bills at Mandiri, through Midtrans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentsys.extension.contract import PaymentChannel, hookimpl
from agentsys.plugins._midtrans.client import Midtrans
from agentsys.plugins._midtrans.settings import midtrans_settings
from agentsys.plugins.virtual_account.banks import CHANNELS


@hookimpl
def register_payment_channels(settings: Mapping[str, Any]) -> Sequence[PaymentChannel]:
    """The banks; ChannelNotConfigured without a server key."""
    configured = midtrans_settings(settings)
    midtrans = Midtrans(configured)
    return [bank(midtrans, configured) for bank in CHANNELS]

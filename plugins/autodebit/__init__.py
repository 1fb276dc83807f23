"""Auto-debit from a linked GoPay account, through Midtrans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentsys.extension.contract import PaymentChannel, hookimpl
from agentsys.plugins._midtrans.client import Midtrans
from agentsys.plugins._midtrans.settings import midtrans_settings
from agentsys.plugins.autodebit.gopay import GoPayDebit


@hookimpl
def register_payment_channels(settings: Mapping[str, Any]) -> Sequence[PaymentChannel]:
    """Debits of linked GoPay accounts; ChannelNotConfigured without a server key."""
    configured = midtrans_settings(settings)
    return [GoPayDebit(Midtrans(configured), configured)]

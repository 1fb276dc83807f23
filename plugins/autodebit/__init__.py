"""Auto-debit from a linked GoPay account, and from a saved card, through Midtrans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentsys.extension.contract import PaymentChannel, hookimpl
from agentsys.plugins._midtrans.client import Midtrans
from agentsys.plugins._midtrans.settings import midtrans_settings
from agentsys.plugins.autodebit.card import CardDebit
from agentsys.plugins.autodebit.gopay import GoPayDebit


@hookimpl
def register_payment_channels(settings: Mapping[str, Any]) -> Sequence[PaymentChannel]:
    """Debits of GoPay accounts and, where a sum is set for them, of cards.

    ChannelNotConfigured without a server key.
    """
    configured = midtrans_settings(settings)
    midtrans = Midtrans(configured)
    gopay = GoPayDebit(midtrans, configured)
    if not configured.card_debit_max_idr:
        return [gopay]
    return [gopay, CardDebit(midtrans, configured)]

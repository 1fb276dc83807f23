"""The cash channel: the agent's report settles the payment."""

from __future__ import annotations

import pytest

from agentsys.extension.contract import Custody, PaymentRequest, PaymentState
from agentsys.extension.testing import ChannelPromises
from agentsys.plugins import cash
from agentsys.plugins.cash import Cash


class TestCashPromises(ChannelPromises):
    """What every channel promises, asked of cash."""

    @pytest.fixture
    def channel(self) -> Cash:
        """Cash."""
        return Cash()


def test_cash_needs_no_setting() -> None:
    (channel,) = cash.register_payment_channels({})

    assert (channel.name, channel.label, channel.custody) == ("cash", "Tunai", Custody.AGENT)


def test_cash_settles_at_once_for_the_sum_that_was_asked() -> None:
    request = PaymentRequest(
        reference="AG-1", amount_idr=16_800, payer_name="Siti", description="Iuran"
    )

    first, second = Cash().start(request), Cash().start(request)

    assert first == second
    assert (first.reference, first.state, first.amount_idr) == (
        "AG-1",
        PaymentState.SETTLED,
        16_800,
    )


def test_nobody_else_knows_of_cash() -> None:
    assert Cash().check("AG-1").state is PaymentState.CREATED
    assert Cash().cancel("AG-1").state is PaymentState.CREATED

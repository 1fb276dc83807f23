"""How a third party tests a plugin: with the test classes that agentsys ships."""

from datetime import date

import agentsys_kupon
import pytest

from agentsys.extension.contract import ChannelNotConfigured
from agentsys.extension.testing import ChannelPromises
from agentsys.extension.testing_rules import RuleConformance


class TestCoupon(ChannelPromises):
    """The tests of every channel, for the coupon."""

    @pytest.fixture
    def channel(self):
        """The coupon of an invented village."""
        (coupon,) = agentsys_kupon.register_payment_channels(
            {"AGENTSYS_KUPON_VILLAGE": "Desa Contoh"}
        )
        return coupon


class TestThanks(RuleConformance):
    """The tests of every rule, for the thank-you."""

    rule = staticmethod(agentsys_kupon.commission_lines)
    month = date(2026, 11, 1)


def test_without_a_village_there_is_no_coupon():
    with pytest.raises(ChannelNotConfigured, match="AGENTSYS_KUPON_VILLAGE"):
        agentsys_kupon.register_payment_channels({})

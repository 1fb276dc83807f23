"""The registry names the plugin that fails."""

from __future__ import annotations

from datetime import date
from importlib.metadata import version

import pytest

from agentsys.extension import registry as module
from agentsys.extension.contract import (
    AgentMonth,
    ChannelNotConfigured,
    PaymentChannel,
    PaymentReport,
    PaymentState,
    hookimpl,
)
from agentsys.extension.registry import PluginProblem, Registry

EMPTY_MONTH = AgentMonth(agent_id=1, office_id=1, month=date(2026, 11, 1), contributions=())


@pytest.fixture(autouse=True)
def in_english(monkeypatch):
    """Set an English locale: problems are reported in its language."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


class FakeBank(PaymentChannel):
    """A channel that settles everything."""

    name = "bank_uji"
    label = "Bank uji"
    clearing = "bank_uji"

    def start(self, request):
        return self.check(request.reference)

    def check(self, reference):
        return PaymentReport(reference=reference, state=PaymentState.SETTLED, amount_idr=1)


class Offers:
    """A plugin that offers the given channels."""

    def __init__(self, *channels):
        self.channels = channels

    @hookimpl
    def register_payment_channels(self, settings):
        return self.channels


@pytest.fixture
def registry():
    return Registry({}, [])


def test_a_channel_can_be_found_by_its_name(registry):
    bank = FakeBank()

    registry.register(Offers(bank), "uji", {})

    assert registry.channels == {"bank_uji": bank}
    assert ("uji", "on") in [(s.name, s.state) for s in registry.statuses()]


def test_two_plugins_with_one_channel_name_are_refused_by_name(registry):
    registry.register(Offers(FakeBank()), "first", {})

    with pytest.raises(PluginProblem, match=r"plugin second: channel bank_uji exists.*first"):
        registry.register(Offers(FakeBank()), "second", {})


def test_a_misspelt_hook_is_refused_and_not_silently_dead(registry):
    class Misspelt:
        @hookimpl
        def comission_lines(self, month):
            return []

    with pytest.raises(PluginProblem, match=r"plugin typo: .*comission_lines"):
        registry.register(Misspelt(), "typo", {})


def test_a_plugin_that_fails_is_named_with_its_error(registry):
    class Broken:
        @hookimpl
        def register_payment_channels(self, settings):
            raise KeyError("BANK_KEY")

    with pytest.raises(PluginProblem, match=r"plugin broken: register_payment_channels.*BANK_KEY"):
        registry.register(Broken(), "broken", {})


def test_a_plugin_without_its_setting_is_idle_and_says_why(registry):
    class Unset:
        @hookimpl
        def register_payment_channels(self, settings):
            raise ChannelNotConfigured("AGENTSYS_BANK_KEY is not set")

    registry.register(Unset(), "unset", {})

    status = next(s for s in registry.statuses() if s.name == "unset")
    assert (status.state, status.why) == ("idle", "AGENTSYS_BANK_KEY is not set")
    assert not registry.channels


def test_an_idle_plugin_grants_no_commission_either(registry):
    class Unset:
        @hookimpl
        def register_payment_channels(self, settings):
            raise ChannelNotConfigured("AGENTSYS_BANK_KEY is not set")

        @hookimpl
        def commission_lines(self, month):
            raise AssertionError("an idle plugin is asked nothing")

    registry.register(Unset(), "unset", {})

    assert registry.commission_lines(EMPTY_MONTH) == []


def test_what_is_no_channel_is_refused(registry):
    with pytest.raises(PluginProblem, match=r"plugin odd: .* is no channel"):
        registry.register(Offers("bank"), "odd", {})


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"name": "Bank Uji"}, "proper name, as 'Bank Uji'"),
        ({"name": None}, "proper name, as None"),
        ({"label": " "}, "has no label"),
        ({"icon": "no-such-icon"}, "icon 'no-such-icon'"),
        ({"clearing": "Bank Uji, Tbk"}, "clearing 'Bank Uji, Tbk'"),
    ],
)
def test_a_channel_that_no_page_could_show_is_refused_at_the_start(registry, changed, fault):
    odd = type("Odd", (FakeBank,), changed)()

    with pytest.raises(PluginProblem, match=f"plugin odd: .*{fault}"):
        registry.register(Offers(odd), "odd", {})


def test_a_channel_whose_author_forgot_its_name_is_refused_by_plugin(registry):
    class Nameless(PaymentChannel):
        start = FakeBank.start
        check = FakeBank.check

    with pytest.raises(PluginProblem, match=r"plugin odd: .* is no channel with a proper name"):
        registry.register(Offers(Nameless()), "odd", {})


def test_an_enabled_plugin_that_is_not_installed_is_refused_with_what_there_is():
    with pytest.raises(PluginProblem, match=r"plugin dana is enabled.*cash"):
        Registry({}, ["dana"])


def test_a_plugin_that_is_listed_twice_is_refused():
    with pytest.raises(PluginProblem, match="cash is listed twice"):
        Registry({}, ["cash", "cash"])


def test_a_plugin_that_cannot_be_imported_is_named(monkeypatch):
    from importlib.metadata import EntryPoint

    point = EntryPoint("ghost", "no_such_module_anywhere", "agentsys")
    monkeypatch.setattr(module, "entry_points", lambda group: [point])

    with pytest.raises(PluginProblem, match=r"plugin ghost .*no_such_module_anywhere"):
        Registry({}, ["ghost"])


def test_installed_is_not_enabled():
    registry = Registry({}, ["cash"])

    states = {status.name: status.state for status in registry.statuses()}
    assert states["cash"] == "on"
    assert states["perisai_2022"] == "off"
    assert registry.commission_lines(EMPTY_MONTH) == []


def test_a_plugin_that_runs_is_listed_with_the_version_that_it_came_in():
    registry = Registry({}, ["cash"])

    (cash,) = (status for status in registry.statuses() if status.name == "cash")
    assert cash.source == f"agentsys {version('agentsys')}: agentsys.plugins.cash"


def test_each_app_has_its_own_plugins():
    first, second = Registry({}, []), Registry({}, [])
    first.register(Offers(FakeBank()), "uji", {})

    assert "bank_uji" not in second.channels


def test_lines_come_with_the_name_of_the_plugin_that_made_them(registry):
    class Nothing:
        @hookimpl
        def commission_lines(self, month):
            return []

    registry.register(Nothing(), "nothing", {})

    assert registry.commission_lines(EMPTY_MONTH) == [("nothing", [])]


def test_a_rule_that_fails_is_named(registry):
    class Broken:
        @hookimpl
        def commission_lines(self, month):
            yield month.contributions[0]

    registry.register(Broken(), "broken", {})

    with pytest.raises(PluginProblem, match=r"plugin broken: commission_lines: IndexError"):
        registry.commission_lines(EMPTY_MONTH)

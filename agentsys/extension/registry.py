"""The plugins of one app: finds them and loads the enabled ones; errors name the plugin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from agentsys.console_texts import console_sentence
from agentsys.console_texts import console_text as _
from agentsys.extension import hookspecs
from agentsys.extension.commission_rules import in_force
from agentsys.extension.contract import (
    AgentMonth,
    ChannelNotConfigured,
    CommissionLine,
    CommissionRule,
    Event,
    Message,
    PaymentChannel,
    Rates,
)
from agentsys.extension.faults import fault_of, fits

GROUP = "agentsys"


class PluginProblem(Exception):
    """A plugin cannot be used; the message names it and says what is wrong."""


@dataclass(frozen=True)
class PluginStatus:
    """One line of `agentsys plugins`: a plugin, whether it runs, and if not, why."""

    name: str
    source: str
    state: str  # "on", "off" (not enabled), "idle" (enabled, lacks a setting)
    why: str
    channels: tuple[str, ...] = ()
    rules: bool = False


class Registry:
    """The plugins of one app, with their channels and rules."""

    def __init__(self, settings: Mapping[str, Any], enabled: Sequence[str]) -> None:
        """Load the enabled plugins; PluginProblem names the one that cannot be used."""
        self.manager = pluggy.PluginManager("agentsys")
        self.manager.add_hookspecs(hookspecs)
        self.channels: dict[str, PaymentChannel] = {}
        self.rules: dict[str, CommissionRule] = {}
        self._owner: dict[str, str] = {}
        self._providers: dict[str, PaymentChannel] = {}
        self._settings = settings
        self._statuses: list[PluginStatus] = []
        self._load(_installed(), settings, enabled)

    def register(
        self, plugin: object, name: str, settings: Mapping[str, Any], *, source: str = ""
    ) -> None:
        """Add one plugin object; used by `_load` and by tests."""
        source = source or getattr(plugin, "__name__", type(plugin).__name__)
        self.manager.register(plugin, name)
        try:
            self.manager.check_pending()
        except pluggy.PluginValidationError as error:
            self.manager.unregister(plugin)
            raise PluginProblem(f"plugin {name}: {error}") from error
        try:
            self._add_channels(name, settings)
            self._add_rules(name)
        except ChannelNotConfigured as missing:
            self.manager.unregister(plugin)  # its rules must not run without its channels
            self._say(name, source, "idle", _why(missing))
        else:
            self._say(name, source, "on", "")

    def at_address(self, name: str) -> PaymentChannel | None:
        """The channel that reads the callbacks to /callbacks/<name>, of a channel or a provider."""
        return self.channels.get(name) or self._providers.get(name)

    def statuses(self) -> list[PluginStatus]:
        """Every plugin that is installed or enabled, by name."""
        return sorted(self._statuses, key=lambda status: status.name)

    def commission_lines(self, month: AgentMonth) -> list[tuple[str, list[CommissionLine]]]:
        """Each rule's lines for an agent's month, with the name of the plugin that made them.

        The month's rates are those that people decided; the package's are added. PluginProblem
        names the plugin whose rule failed.
        """
        month = replace(month, rates=self.rates_in_force(month.month, month.rates))
        offers = []
        for impl in self._impls("commission_lines"):
            try:
                offers.append((impl.plugin_name, list(impl.function(month))))
            except Exception as error:
                raise PluginProblem(
                    f"plugin {impl.plugin_name}: commission_lines: {error!r}"
                ) from error
        return offers

    def rates_in_force(
        self, month: date, decided: Mapping[str, Rates | None]
    ) -> Mapping[str, Rates]:
        """The rates of a month: those that people decided, and else the package's."""
        return in_force(list(self.rules.values()), month, decided)

    def deliver(self, event: Event, plugin: str = "") -> dict[str, Exception]:
        """Give an event to one plugin, or to all; returns the exceptions by plugin."""
        failed: dict[str, Exception] = {}
        for impl in self._impls("on_event", plugin or None):
            given = {"event": event, "settings": self._settings}
            try:
                impl.function(*[given[name] for name in impl.argnames])
            except Exception as error:
                failed[impl.plugin_name] = error
        return failed

    def _impls(self, hook: str, plugin: str | None = None) -> list[Any]:
        found = getattr(self.manager.hook, hook).get_hookimpls()
        return [impl for impl in found if plugin in (None, impl.plugin_name)]

    def _load(
        self, found: Mapping[str, EntryPoint], settings: Mapping[str, Any], enabled: Sequence[str]
    ) -> None:
        for name in enabled:
            if name not in found:
                known = ", ".join(sorted(found)) or _(
                    "tidak ada; periksa apakah agentsys sudah dipasang (pip install -e .)"
                )
                raise PluginProblem(
                    _(
                        "plugin {name} disebut di AGENTSYS_PLUGINS tetapi belum dipasang; yang ada:"
                        " {known}",
                        name=name,
                        known=known,
                    )
                )
            if enabled.count(name) > 1:
                raise PluginProblem(
                    _("plugin {name} disebut dua kali di AGENTSYS_PLUGINS", name=name)
                )
            try:
                module = found[name].load()
            except Exception as error:
                raise PluginProblem(f"plugin {name} ({_source(found[name])}): {error!r}") from error
            self.register(module, name, settings, source=_source(found[name]))
        for name in sorted(set(found) - set(enabled)):
            self._statuses.append(
                PluginStatus(
                    name, _source(found[name]), "off", _("tidak disebut di AGENTSYS_PLUGINS")
                )
            )

    def _add_channels(self, name: str, settings: Mapping[str, Any]) -> None:
        try:
            offered = [
                channel
                for impl in self._impls("register_payment_channels", name)
                for channel in impl.function(*[settings][: len(impl.argnames)])
            ]
        except ChannelNotConfigured:
            raise
        except Exception as error:
            raise PluginProblem(f"plugin {name}: register_payment_channels: {error!r}") from error
        for channel in offered:
            fault = fault_of(channel)
            if fault:
                raise PluginProblem(f"plugin {name}: {channel!r} {fault}")
            if channel.name in self.channels:
                raise PluginProblem(
                    _(
                        "plugin {name}: kanal {channel} sudah ada, dari plugin {owner}",
                        name=name,
                        channel=channel.name,
                        owner=self._owner[channel.name],
                    )
                )
            self.channels[channel.name] = channel
            if channel.provider:
                self._providers.setdefault(channel.provider, channel)
            self._owner[channel.name] = name

    def _add_rules(self, name: str) -> None:
        try:
            offered = [
                rule
                for impl in self._impls("register_commission_rules", name)
                for rule in impl.function()
            ]
        except Exception as error:
            raise PluginProblem(f"plugin {name}: register_commission_rules: {error!r}") from error
        for rule in offered:
            if not isinstance(rule, CommissionRule) or not fits(rule.name):
                raise PluginProblem(f"plugin {name}: {rule!r}: CommissionRule")
            if rule.name in self.rules:
                raise PluginProblem(
                    _("plugin {name}: aturan komisi {rule} sudah ada", name=name, rule=rule.name)
                )
            self.rules[rule.name] = rule

    def _say(self, name: str, source: str, state: str, why: str) -> None:
        self._statuses.append(
            PluginStatus(
                name,
                source,
                state,
                why,
                tuple(channel for channel, owner in self._owner.items() if owner == name),
                bool(self._impls("commission_lines", name)),
            )
        )


def _why(missing: ChannelNotConfigured) -> str:
    """What the plugin lacks; translated if the plugin gave a Message."""
    match missing.args:
        case (Message() as message,):
            return console_sentence(message)
    return str(missing)


def _installed() -> dict[str, EntryPoint]:
    """The installed plugins by name; PluginProblem if two distributions use one name."""
    found: dict[str, EntryPoint] = {}
    for point in _unique(entry_points(group=GROUP)):
        if point.name in found:
            raise PluginProblem(
                _(
                    "plugin {name} dipasang dua kali: {first} dan {second}",
                    name=point.name,
                    first=_source(found[point.name]),
                    second=_source(point),
                )
            )
        found[point.name] = point
    return found


def _unique(points: Iterable[EntryPoint]) -> list[EntryPoint]:
    # A development install can list one distribution under two paths: it is still one plugin.
    return list({(point.name, point.value): point for point in points}.values())


def _source(point: EntryPoint) -> str:
    dist = point.dist
    return f"{dist.name} {dist.version}: {point.value}" if dist else point.value

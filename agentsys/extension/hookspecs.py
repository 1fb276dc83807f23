"""The hooks that a plugin can implement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pluggy

from agentsys.extension.contract import (
    AgentMonth,
    CommissionLine,
    CommissionRule,
    Event,
    PaymentChannel,
)

hookspec = pluggy.HookspecMarker("agentsys")


@hookspec
def register_payment_channels(settings: Mapping[str, Any]) -> Sequence[PaymentChannel]:
    """Payment channels to offer; raise ChannelNotConfigured if a needed setting is missing"""
    raise AssertionError("a specification is never called")


@hookspec
def commission_lines(month: AgentMonth) -> Iterable[CommissionLine]:
    """What this rule adds to an agent's commission for one month; a pure function"""
    raise AssertionError("a specification is never called")


@hookspec
def register_commission_rules() -> Sequence[CommissionRule]:
    """The rules of this plugin that have dated rates, with their settings; a pure function"""
    raise AssertionError("a specification is never called")


@hookspec
def on_event(event: Event, settings: Mapping[str, Any]) -> None:
    """Something happened and is committed; called by the worker, at least once for each event"""
    raise AssertionError("a specification is never called")

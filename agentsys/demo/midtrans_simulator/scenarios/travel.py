"""Advancing the clock: everything that falls due meanwhile happens, in order, at its own time."""

from __future__ import annotations

from typing import Any

from agentsys.demo.midtrans_simulator.engine.clock import gateway_time
from agentsys.demo.midtrans_simulator.gateway.gateway import Gateway


def advance(gateway: Gateway, seconds: float) -> None:
    """Advance the clock; what falls due meanwhile is dated with the time at which it was due."""
    if seconds < 0:
        raise ValueError("the clock goes forward only")
    target = gateway.clock.now() + seconds
    gateway.run_due()
    while (due := gateway.next_own_moment()) is not None and due <= target:
        gateway.clock.advance(max(0.0, due - gateway.clock.now()))
        gateway.run_due()
    gateway.clock.advance(max(0.0, target - gateway.clock.now()))
    gateway.run_due()


def advance_until_quiet(gateway: Gateway, *, within_s: float) -> dict[str, Any]:
    """Go from one due moment to the next, delivering all, until nothing comes within the limit."""
    target, steps, outcomes = gateway.clock.now() + within_s, 0, []
    while True:
        gateway.run_due()
        outcomes += gateway.notifier.deliver_due()
        moments = (gateway.next_due(), gateway.notifier.next_due())
        due = min((moment for moment in moments if moment is not None), default=None)
        if due is None or due > target:
            break
        gateway.clock.advance(max(0.0, due - gateway.clock.now()))
        steps += 1
    return {
        "now": gateway_time(gateway.clock.now()),
        "steps": steps,
        "outcomes": outcomes,
        "quiet": due is None,
    }

"""Runs scripts in virtual time, and keeps the result of every step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agentsys.demo.midtrans_simulator.engine.clock import gateway_time
from agentsys.demo.midtrans_simulator.gateway.gateway import Gateway
from agentsys.demo.midtrans_simulator.scenarios.actions import act
from agentsys.demo.midtrans_simulator.scenarios.script import Step


class Player:
    """The scripts of one gateway; they are not stored in its file."""

    def __init__(self, gateway: Gateway) -> None:
        """Run scripts on this gateway."""
        self._gateway = gateway
        self._steps: list[Step] = []
        self._acted: set[tuple[int, str, str]] = set()
        self.log: list[dict[str, Any]] = []
        gateway.context.watchers.append(self._changed)

    def play(self, steps: Iterable[Step]) -> None:
        """Add steps; their times count from now."""
        with self._gateway.context.lock:
            for step in steps:
                self._steps.append(step)
                if not step.waits:
                    self._later(step, step.subject)

    def stop(self) -> None:
        """Remove all steps, including those already triggered."""
        with self._gateway.context.lock:
            self._steps.clear()
            self._acted.clear()

    def shown(self) -> dict[str, Any]:
        """The number of steps, and the results of those that acted."""
        return {"steps": len(self._steps), "log": self.log}

    def _changed(self, kind: str, ids: tuple[str, ...], status: str) -> None:
        with self._gateway.context.lock:
            for step in self._steps:
                mark = (id(step), ids[0], status)
                if step.waits and mark not in self._acted and step.fits(kind, ids, status):
                    # A second notice of one state, such as a confirmed refund, is no new change.
                    self._acted.add(mark)
                    step.times -= step.times > 0
                    self._later(step, ids[0])

    def _later(self, step: Step, subject: str) -> None:
        context = self._gateway.context

        def run() -> None:
            if not any(step is each for each in self._steps):
                return
            wish = step.wish
            if step.do == "fault" and step.kind == "order":
                wish = {"order_id": subject, **wish}
            came = act(self._gateway, step.do, subject, wish)
            at = gateway_time(context.now())
            self.log.append({"at": at, "do": step.do, "subject": subject, "came": came})

        context.agenda.at(context.now() + step.after_s, run)

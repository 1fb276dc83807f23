"""The control API of the simulator, for demos, tests and benchmarks: clock, knobs, payments."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from agentsys.demo.midtrans_simulator.clock import gateway_time
from agentsys.demo.midtrans_simulator.gateway import Gateway, GatewayError
from agentsys.demo.midtrans_simulator.transaction import Transaction


def control(gateway: Gateway) -> Blueprint:
    """The control API of one gateway; it needs no key, so bind it to loopback."""
    panel = ControlPanel(gateway)
    blueprint = Blueprint("control", __name__, url_prefix="/_sim")
    blueprint.register_error_handler(GatewayError, _refused)
    blueprint.register_error_handler(ValueError, _unreadable)
    for method, rule, view in (
        ("GET", "/clock", panel.clock),
        ("POST", "/clock", panel.advance),
        ("GET", "/knobs", panel.knobs),
        ("POST", "/knobs", panel.turn),
        ("POST", "/pay/<any_id>", panel.pay),
        ("POST", "/deny/<any_id>", panel.deny),
        ("POST", "/notify/<any_id>", panel.notify),
        ("POST", "/notify-test", panel.notify_test),
        ("POST", "/deliver", panel.deliver),
        ("GET", "/transactions", panel.transactions),
        ("GET", "/notifications", panel.notifications),
    ):
        blueprint.add_url_rule(rule, view.__name__, view, methods=[method])
    return blueprint


class ControlPanel:
    """The control views of one gateway; each answers with the result."""

    def __init__(self, gateway: Gateway) -> None:
        """Control this gateway."""
        self._gateway = gateway

    def clock(self) -> dict[str, Any]:
        """The gateway's time, in its format."""
        return {"now": gateway_time(self._gateway.clock.now())}

    def advance(self) -> dict[str, Any]:
        """Advance the clock by `advance_s` seconds; overdue transactions expire."""
        seconds = _asked().get("advance_s")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise ValueError("advance_s takes a number of seconds")
        self._gateway.clock.advance(seconds)
        self._gateway.expire_overdue()
        return self.clock()

    def knobs(self) -> dict[str, Any]:
        """The settings of all knobs."""
        return self._gateway.knobs.shown()

    def turn(self) -> dict[str, Any]:
        """Set the knobs in the body; return all knobs."""
        self._gateway.knobs.turn(_asked())
        return self.knobs()

    def pay(self, any_id: str) -> dict[str, Any]:
        """Pay a transaction as the customer."""
        return _shown(self._gateway.move(any_id, "settlement"))

    def deny(self, any_id: str) -> dict[str, Any]:
        """Refuse a transaction."""
        return _shown(self._gateway.move(any_id, "deny"))

    def notify(self, any_id: str) -> dict[str, Any]:
        """Send another notification, with the `status` in the body if there is one."""
        return _shown(self._gateway.notify_again(any_id, status=str(_asked().get("status", ""))))

    def notify_test(self) -> dict[str, Any]:
        """Send a test notification; return its invented order id."""
        return {"order_id": self._gateway.notify_test()}

    def deliver(self) -> dict[str, Any]:
        """Send all due notifications; return the merchant's answers."""
        parallel = int(_asked().get("parallel", 1))
        return {"outcomes": self._gateway.notifier.deliver_due(parallel=parallel)}

    def transactions(self) -> Response:
        """Every transaction, oldest first."""
        return jsonify([_shown(t) for t in self._gateway.transactions()])

    def notifications(self) -> Response:
        """All notifications, oldest first, with their delivery state."""
        return jsonify(self._gateway.notifier.notices())


def _refused(error: GatewayError) -> Response:
    answer = jsonify(error.body)
    answer.status_code = int(error.code)
    return answer


def _unreadable(error: ValueError) -> Response:
    answer = jsonify({"error": str(error)})
    answer.status_code = 400
    return answer


def _asked() -> dict[str, Any]:
    asked = request.get_json(force=True, silent=True)
    return asked if isinstance(asked, dict) else {}


def _shown(transaction: Transaction) -> dict[str, Any]:
    return transaction.facts() | {"phone_url": transaction.phone_url}

"""The control API of the simulator, for demos, tests and benchmarks: clock, knobs, payments."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, request

from agentsys.demo.midtrans_simulator.channels.transaction import Transaction
from agentsys.demo.midtrans_simulator.engine.clock import gateway_time
from agentsys.demo.midtrans_simulator.engine.refusals import GatewayError
from agentsys.demo.midtrans_simulator.faults.knobs import OPERATIONS
from agentsys.demo.midtrans_simulator.gateway.gateway import Gateway
from agentsys.demo.midtrans_simulator.gateway.refunds import charge_back, reverse
from agentsys.demo.midtrans_simulator.scenarios.actions import act
from agentsys.demo.midtrans_simulator.scenarios.player import Player
from agentsys.demo.midtrans_simulator.scenarios.script import steps_of, steps_of_text
from agentsys.demo.midtrans_simulator.scenarios.travel import advance, advance_until_quiet


def control(gateway: Gateway, player: Player) -> Blueprint:
    """The control API of one gateway; it needs no key, so bind it to loopback."""
    panel = ControlPanel(gateway, player)
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
        ("POST", "/reverse/<any_id>", panel.reverse),
        ("POST", "/fail/<any_id>", panel.fail),
        ("POST", "/chargeback/<any_id>", panel.charge_back),
        ("POST", "/notify/<any_id>", panel.notify),
        ("POST", "/quiet", panel.quiet),
        ("GET", "/faults", panel.faults),
        ("POST", "/faults", panel.add_fault),
        ("DELETE", "/faults", panel.clear_faults),
        ("GET", "/accounts", panel.accounts),
        ("POST", "/accounts", panel.add_accounts),
        ("POST", "/accounts/<account_id>", panel.change_account),
        ("POST", "/accounts/<account_id>/<any(link, refuse, unlink):what>", panel.decide_account),
        ("POST", "/notify-test", panel.notify_test),
        ("POST", "/deliver", panel.deliver),
        ("POST", "/do/<do>", panel.do),
        ("GET", "/script", panel.script),
        ("POST", "/script", panel.play),
        ("DELETE", "/script", panel.stop),
        ("GET", "/subscriptions", panel.subscriptions),
        ("GET", "/payouts", panel.payouts),
        ("POST", "/notifications/<int:number>/again", panel.send_again),
        ("GET", "/transactions", panel.transactions),
        ("GET", "/notifications", panel.notifications),
    ):
        blueprint.add_url_rule(rule, view.__name__, view, methods=[method])
    return blueprint


class ControlPanel:
    """The control views of one gateway; each answers with the result."""

    def __init__(self, gateway: Gateway, player: Player) -> None:
        """Control this gateway, and the player of scripts."""
        self._gateway, self._player = gateway, player

    def clock(self) -> dict[str, Any]:
        """The gateway's time, in its format."""
        return {"now": gateway_time(self._gateway.clock.now())}

    def advance(self) -> dict[str, Any]:
        """Advance the clock by `advance_s` seconds; overdue transactions expire."""
        seconds = _asked().get("advance_s")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise ValueError("advance_s takes a number of seconds")
        advance(self._gateway, seconds)
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
        return _shown(self._gateway.pay(any_id, paid_idr=_sum("paid_idr")))

    def deny(self, any_id: str) -> dict[str, Any]:
        """Refuse a transaction."""
        return _shown(self._gateway.move(any_id, "deny"))

    def reverse(self, any_id: str) -> dict[str, Any]:
        """The settled transaction that its bank or store took back."""
        return _shown(reverse(self._gateway, any_id))

    def fail(self, any_id: str) -> dict[str, Any]:
        """The transaction that failed at the bank."""
        return _shown(self._gateway.move(any_id, "failure"))

    def charge_back(self, any_id: str) -> dict[str, Any]:
        """The transaction whose payer took the body's `amount_idr`, or all, back."""
        return _shown(charge_back(self._gateway, any_id, _sum("amount_idr")))

    def quiet(self) -> dict[str, Any]:
        """Where the clock stands after all that comes within the body's `within_s`."""
        return advance_until_quiet(self._gateway, within_s=_sum("within_s") or 86_400)

    def faults(self) -> Response:
        """Every fault in force."""
        return jsonify(self._gateway.faults.shown())

    def add_fault(self) -> Response:
        """Every fault in force, with the one in the body."""
        self._gateway.faults.add(_asked(), OPERATIONS)
        return self.faults()

    def clear_faults(self) -> Response:
        """No fault is left."""
        self._gateway.faults.clear()
        return self.faults()

    def add_accounts(self) -> dict[str, Any]:
        """Add the body's list of accounts that were linked elsewhere; how many were new."""
        wished = request.get_json(force=True, silent=True)
        if not isinstance(wished, list):
            raise ValueError("accounts are a list")
        return {"added": self._gateway.accounts.add(wished, base_url=request.host_url)}

    def accounts(self) -> Response:
        """Every linked account, oldest first."""
        return jsonify([asdict(account) for account in self._gateway.accounts.all()])

    def change_account(self, account_id: str) -> dict[str, Any]:
        """The account with the body's balances, or blocked."""
        return asdict(self._gateway.accounts.change(account_id, _asked()))

    def decide_account(self, account_id: str, what: str) -> dict[str, Any]:
        """The account after its owner agreed, refused, or ended the link, `quietly` if asked."""
        if what == "unlink":
            quietly = bool(_asked().get("quietly"))
            return self._gateway.accounts.unbind(account_id, quietly=quietly)
        return asdict(self._gateway.accounts.answer(account_id, agreed=what == "link"))

    def do(self, do: str) -> dict[str, Any]:
        """What came of any action, on the body's `subject`, with its `with`."""
        asked = _asked()
        wish = asked.get("with", {})
        if not isinstance(wish, dict):
            raise ValueError("with takes an object")
        return {"came": act(self._gateway, do, str(asked.get("subject", "")), wish)}

    def script(self) -> dict[str, Any]:
        """How far the scripts have come."""
        self._gateway.run_due()
        return self._player.shown()

    def play(self) -> dict[str, Any]:
        """The scripts, with the one in the body: an object with `steps`, or a text in TOML."""
        asked = request.get_json(silent=True)
        text = request.get_data(as_text=True)
        steps = steps_of(asked.get("steps")) if isinstance(asked, dict) else steps_of_text(text)
        self._player.play(steps)
        return self.script()

    def stop(self) -> dict[str, Any]:
        """No script is followed any longer."""
        self._player.stop()
        return self.script()

    def subscriptions(self) -> Response:
        """Every subscription, oldest first."""
        return jsonify([s.facts(whole=True) for s in self._gateway.subscriptions.all()])

    def payouts(self) -> Response:
        """Every payout, oldest first."""
        return jsonify([payout.facts() for payout in self._gateway.payouts.all()])

    def send_again(self, number: int) -> dict[str, Any]:
        """The copy of a notice that is on its way now."""
        return asdict(self._gateway.notifier.send_again(number))

    def notify(self, any_id: str) -> dict[str, Any]:
        """The transaction that was told once more, with the body's `status` if it names one."""
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


def _sum(name: str) -> int:
    value = _asked().get(name, 0)
    if type(value) is not int or value < 0:
        raise ValueError(f"{name} takes a whole number")
    return value


def _shown(transaction: Transaction) -> dict[str, Any]:
    return transaction.facts() | {"phone_url": transaction.phone_url}

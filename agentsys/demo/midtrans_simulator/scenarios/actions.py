"""Actions of a person or a script on payments, accounts, payouts and the gateway itself.

Every action has a name and takes a subject (an order, a linked account, a payout; the gateway's
own take none) and wishes. The control API, the panel and scripts all come here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agentsys.demo.midtrans_simulator.engine.refusals import GatewayError
from agentsys.demo.midtrans_simulator.faults.knobs import OPERATIONS
from agentsys.demo.midtrans_simulator.gateway.choosing import pay_by
from agentsys.demo.midtrans_simulator.gateway.gateway import Gateway
from agentsys.demo.midtrans_simulator.gateway.refunds import charge_back, refund, reverse

Wish = dict[str, Any]
Action = Callable[[Gateway, str, Wish], object]


def _pay(gateway: Gateway, subject: str, wish: Wish) -> object:
    return gateway.pay(subject, paid_idr=_number(wish, "paid_idr"))


def _move(to: str) -> Action:
    return lambda gateway, subject, _wish: gateway.move(subject, to)


def _refund(gateway: Gateway, subject: str, wish: Wish) -> object:
    asked = {"amount": _number(wish, "amount_idr") or None, "reason": str(wish.get("reason", ""))}
    if wish.get("refund_key"):
        asked["refund_key"] = str(wish["refund_key"])
    # By its own id, as some methods are known to the merchant by that only.
    return refund(gateway, gateway.find(subject).transaction_id, asked)


def _charge_back(gateway: Gateway, subject: str, wish: Wish) -> object:
    return charge_back(gateway, subject, _number(wish, "amount_idr"))


def _notify(gateway: Gateway, subject: str, wish: Wish) -> object:
    return gateway.notify_again(subject, status=str(wish.get("status", "")))


def _forge(gateway: Gateway, subject: str, wish: Wish) -> object:
    return gateway.forge(subject, status=str(wish.get("status", "settlement")))


def _answer(agreed: bool) -> Action:
    return lambda gateway, subject, _wish: gateway.accounts.answer(subject, agreed=agreed)


def _unlink(gateway: Gateway, subject: str, wish: Wish) -> object:
    return gateway.accounts.unbind(subject, quietly=bool(wish.get("quietly")))


def _account(gateway: Gateway, subject: str, wish: Wish) -> object:
    return gateway.accounts.change(subject, wish)


def _card(gateway: Gateway, subject: str, wish: Wish) -> object:
    return gateway.cards.change(subject, wish)


def _choose(gateway: Gateway, subject: str, wish: Wish) -> object:
    token = gateway.snap.newest(subject)
    method, card = str(wish.get("method", "credit_card")), str(wish.get("card_number", ""))
    return pay_by(gateway, token, method, card_number=card)


def _payout(to: str) -> Action:
    def move(gateway: Gateway, subject: str, wish: Wish) -> object:
        code, message = str(wish.get("error_code", "")), str(wish.get("error_message", ""))
        if to == "failed" and not code:
            code, message = "012", "Beneficiary account is closed"
        return gateway.payouts.move(subject, to, code=code, message=message)

    return move


ORDER_ACTIONS: dict[str, Action] = {
    "pay": _pay,
    "deny": _move("deny"),
    "fail": _move("failure"),
    "expire": _move("expire"),
    "cancel": _move("cancel"),
    "refund": _refund,
    "chargeback": _charge_back,
    "reverse": lambda gateway, subject, _wish: reverse(gateway, subject),
    "notify": _notify,
    "forge": _forge,
    "choose": _choose,
}
ACCOUNT_ACTIONS: dict[str, Action] = {
    "link": _answer(True),
    "refuse": _answer(False),
    "unlink": _unlink,
    "account": _account,
}
CARD_ACTIONS: dict[str, Action] = {"card": _card}
PAYOUT_ACTIONS: dict[str, Action] = {
    "payout_approve": _payout("approved"),
    "payout_reject": _payout("rejected"),
    "payout_process": _payout("processed"),
    "payout_complete": _payout("completed"),
    "payout_fail": _payout("failed"),
}
SUBSCRIPTION_ACTIONS: dict[str, Action] = {
    "subscription_disable": lambda g, subject, _wish: g.subscriptions.disable(subject),
    "subscription_enable": lambda g, subject, _wish: g.subscriptions.enable(subject),
    "subscription_cancel": lambda g, subject, _wish: g.subscriptions.cancel(subject),
}
GATEWAY_ACTIONS: dict[str, Action] = {
    "fault": lambda gateway, _subject, wish: gateway.faults.add(wish, OPERATIONS),
    "clear_faults": lambda gateway, _subject, _wish: gateway.faults.clear(),
    "set": lambda gateway, _subject, wish: gateway.knobs.turn(wish),
    "notify_test": lambda gateway, _subject, _wish: gateway.notify_test(),
}
SUBJECTS = {
    "order": ORDER_ACTIONS,
    "account": ACCOUNT_ACTIONS,
    "card": CARD_ACTIONS,
    "payout": PAYOUT_ACTIONS,
    "subscription": SUBSCRIPTION_ACTIONS,
    "": GATEWAY_ACTIONS,
}
KIND_OF_ACTION = {name: kind for kind, actions in SUBJECTS.items() for name in actions}


def act(gateway: Gateway, do: str, subject: str, wish: Wish) -> str:
    """Run an action; return "done", or why it was refused."""
    kind = KIND_OF_ACTION.get(do)
    if kind is None:
        return f"no such action: {do}"
    try:
        SUBJECTS[kind][do](gateway, subject, wish)
    except GatewayError as error:
        return f"{error.code} {_said(error)}"
    except ValueError as error:
        return str(error)
    return "done"


def _said(error: GatewayError) -> str:
    return str(error).partition(" ")[2]


def _number(wish: Wish, name: str) -> int:
    value = wish.get(name, 0)
    if type(value) is not int or value < 0:
        raise ValueError(f"{name} takes a whole number")
    return value

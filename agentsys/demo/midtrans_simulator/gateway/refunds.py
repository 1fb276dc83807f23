"""Money that goes back: refunds by the merchant, chargebacks and reversals by others."""

from __future__ import annotations

import re
import uuid
from typing import Any

from agentsys.demo.midtrans_simulator.channels.methods import DAY
from agentsys.demo.midtrans_simulator.channels.transaction import Transaction
from agentsys.demo.midtrans_simulator.engine.refusals import NOT_CHANGEABLE, GatewayError
from agentsys.demo.midtrans_simulator.gateway.gateway import Gateway

KEY = re.compile(r"[A-Za-z0-9_-]{1,100}")
SAME_KEY_S = 7 * DAY
DONE = "Success, refund request is approved"


def refund(gateway: Gateway, any_id: str, wish: dict[str, Any]) -> dict[str, Any]:
    """The answer to a refund; GatewayError says why there is none."""
    with gateway.context.lock:
        transaction = gateway.find_for_merchant(any_id)
        key = str(wish.get("refund_key") or uuid.uuid4())
        if not KEY.fullmatch(key):
            raise GatewayError("400", "refund_key may have letters, digits, - and _ only")
        amount_idr = _amount(transaction, wish.get("amount"))
        earlier = next((r for r in transaction.refunds if r["refund_key"] == key), None)
        now = gateway.clock.now()
        if earlier is not None:
            same = earlier["amount_idr"] == amount_idr or wish.get("amount") is None
            if not same or now - earlier["created_at"] > SAME_KEY_S:
                raise GatewayError("406", "Duplicate refund id")
            return _answer(transaction, earlier)
        _check(transaction, amount_idr, now)
        given = _given(gateway, transaction, amount_idr, key, str(wish.get("reason", "")))
        gateway.accounts.give(transaction, amount_idr)
        full = transaction.refunded_idr == transaction.amount_idr
        transaction.status = "refund" if full else "partial_refund"
        gateway.save_and_notify(transaction)
        confirm_later(gateway, transaction, given)
        return _answer(transaction, given)


def _amount(transaction: Transaction, wish: Any) -> int:
    if wish is None:
        return transaction.amount_idr - transaction.refunded_idr
    try:
        amount_idr = int(float(wish))
    except (TypeError, ValueError, OverflowError):
        raise GatewayError("400", "amount must be a number") from None
    return amount_idr


def _check(transaction: Transaction, amount_idr: int, now: float) -> None:
    rules = transaction.rules
    if transaction.status not in ("settlement", "partial_refund"):
        raise GatewayError("412", NOT_CHANGEABLE)
    if not rules.refund:
        raise GatewayError("412", "Payment type does not support refund.")
    if now - transaction.settled_at > rules.refund_days * DAY:
        raise GatewayError("412", "Refund period is over.")
    left_idr = transaction.amount_idr - transaction.refunded_idr
    if not 0 < amount_idr <= left_idr:
        raise GatewayError("414", "Refund amount is not allowed.")
    if rules.refund == "full" and amount_idr != transaction.amount_idr:
        raise GatewayError("414", "Partial refund is not supported by this payment type.")


def _given(
    gateway: Gateway, transaction: Transaction, amount_idr: int, key: str, reason: str
) -> dict[str, Any]:
    given = {
        "number": len(transaction.refunds) + 1,
        "uuid": str(uuid.uuid4()),
        "amount_idr": amount_idr,
        "created_at": gateway.clock.now(),
        "reason": reason,
        "refund_key": key,
        "refund_method": transaction.payment_type,
        "confirmed_at": 0.0,
    }
    transaction.refunds.append(given)
    return given


def confirm_later(gateway: Gateway, transaction: Transaction, given: dict[str, Any]) -> None:
    """Send the second notice, in which the bank confirms, when its time has come."""

    def confirm() -> None:
        if not given["confirmed_at"]:
            given["confirmed_at"] = gateway.clock.now()
            gateway.save_and_notify(transaction)

    moment = given["created_at"] + gateway.knobs.refund_confirmed_after_s
    gateway.agenda.at(moment, confirm)


def confirm_those_left(gateway: Gateway) -> None:
    """Schedule the second notifications that are missing after a restart."""
    for transaction in gateway.transactions():
        for given in transaction.refunds:
            if not given["confirmed_at"] and given["refund_key"]:
                confirm_later(gateway, transaction, given)


def _answer(transaction: Transaction, given: dict[str, Any]) -> dict[str, Any]:
    return transaction.action_answer("200", DONE) | {
        "refund_chargeback_id": given["number"],
        "refund_chargeback_uuid": given["uuid"],
        "refund_amount": f"{given['amount_idr']}.00",
        "refund_key": given["refund_key"],
    }


def charge_back(gateway: Gateway, any_id: str, amount_idr: int = 0) -> Transaction:
    """The transaction whose payer took all, or some, of the money back through the bank."""
    with gateway.context.lock:
        transaction = gateway.find(any_id)
        amount_idr = amount_idr or transaction.amount_idr - transaction.refunded_idr
        left_idr = transaction.amount_idr - transaction.refunded_idr
        if not 0 < amount_idr <= left_idr:
            raise GatewayError("414", "Chargeback amount is not allowed.")
        to = "chargeback" if amount_idr == left_idr else "partial_chargeback"
        gateway.check_move(transaction, to)
        given = _given(gateway, transaction, amount_idr, "", "chargeback")
        given["confirmed_at"] = gateway.clock.now()
        return gateway.move(any_id, to)


def reverse(gateway: Gateway, any_id: str) -> Transaction:
    """The settled transaction that its bank or store turned into a deny; 412 when too late."""
    transaction = gateway.find(any_id)
    if transaction.status != "settlement":
        raise GatewayError("412", NOT_CHANGEABLE)
    return gateway.move(any_id, "deny")

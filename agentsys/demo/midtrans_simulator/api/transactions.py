"""The part of the Core API that is about transactions."""

from __future__ import annotations

import io
from typing import Any

import segno
from flask import Blueprint, Response, request

from agentsys.demo.midtrans_simulator.api.answering import (
    Answering,
    body_of_call,
    notify_urls,
    object_of_call,
)
from agentsys.demo.midtrans_simulator.channels.methods import METHODS, method_of
from agentsys.demo.midtrans_simulator.channels.transaction import Transaction
from agentsys.demo.midtrans_simulator.engine.idempotency import Reply
from agentsys.demo.midtrans_simulator.engine.refusals import (
    NO_TRANSACTION,
    NOT_CHANGEABLE,
    UNEXPECTED,
    GatewayError,
)
from agentsys.demo.midtrans_simulator.gateway.refunds import refund

ACTIONS = {
    "cancel": ("cancel", "200", "Success, transaction is canceled"),
    "expire": ("expire", "407", "Success, transaction has expired"),
    "approve": ("capture", "200", "Success, transaction is approved"),
    "deny": ("deny", "200", "Success, transaction is denied"),
}


def core_api(answering: Answering) -> Blueprint:
    """The calls about transactions."""
    calls = Calls(answering)
    api = Blueprint("core_api", __name__, url_prefix="/v2")
    for method, rule, view in (
        ("POST", "/charge", calls.charge),
        ("POST", "/capture", calls.capture),
        ("GET", "/<any_id>/status", calls.status),
        ("GET", "/<any_id>/status/b2b", calls.status_b2b),
        ("POST", "/<any_id>/<any(cancel, expire, approve, deny):action>", calls.act),
        ("POST", "/<any_id>/refund", calls.refund),
        ("POST", "/<any_id>/refund/online/direct", calls.refund),
        ("GET", "/<any(gopay, qris):kind>/<transaction_id>/qr-code", calls.qr_code),
    ):
        name = f"{view.__name__}_{rule.count('/')}"
        api.add_url_rule(rule, name, view, methods=[method])
    return api


class Calls:
    """What a merchant may call about transactions."""

    def __init__(self, answering: Answering) -> None:
        """Use this answering."""
        self._answering, self._gateway = answering, answering.gateway

    def charge(self) -> Response:
        """Create a transaction; a repeated Idempotency-Key gets the first answer again."""
        payload = body_of_call()
        name = method_of(payload) if isinstance(payload, dict) else ""
        supported = not name or METHODS[name].idempotent
        return self._answered("charge", lambda: self._charged(payload), keeps=supported)

    def _charged(self, payload: Any) -> Reply:
        if payload is None and (not request.data or request.data.strip() == b"null"):
            raise GatewayError("500", UNEXPECTED)
        if not isinstance(payload, dict):
            raise GatewayError("413", "Payload format is not supported.")
        answer = self._gateway.charge(
            payload,
            base_url=self._answering.base_url(),
            notify_urls=notify_urls(self._gateway.knobs.notify_url),
        )
        return Reply(answer, 201 if answer["status_code"] == "201" else 200)

    def capture(self) -> Response:
        """The transaction that was authorised and is captured now."""
        any_id = str(object_of_call().get("transaction_id", ""))

        def captured() -> Reply:
            transaction = self._gateway.find(any_id)
            if transaction.status != "authorize":
                raise GatewayError("412", NOT_CHANGEABLE)
            message = "Success, Credit Card transaction is captured"
            return Reply(self._gateway.move(any_id, "capture").action_answer("200", message))

        return self._answered("capture", captured, any_id)

    def status(self, any_id: str) -> Response:
        """The status of a transaction, by its id or order id."""

        def found() -> Reply:
            knobs = self._gateway.knobs
            transaction = self._gateway.find_for_merchant(any_id)
            answer = transaction.status_answer(
                self._gateway.keys.server, quirk=knobs.order_id_quirk
            )
            return Reply(answer | knobs.status_fields)

        return self._answered("status", found, any_id)

    def status_b2b(self, any_id: str) -> Response:
        """How all attempts of an order stand, newest first, a page of them."""

        def found() -> Reply:
            page = request.args.get("page", 0, type=int)
            size = request.args.get("per_page", 10, type=int)
            attempts = self._gateway.attempts(any_id)[page * size : (page + 1) * size]
            answers = [t.status_answer(self._gateway.keys.server) for t in attempts]
            message = "Success, transactions are retrieved"
            head = {"status_code": "200", "status_message": message}
            return Reply({**head, "transactions": answers})

        return self._answered("status", found, any_id)

    def act(self, any_id: str, action: str) -> Response:
        """The transaction after a cancel, an expire, or a decision on a challenged card."""

        def done() -> Reply:
            to, code, message = ACTIONS[action]
            transaction = self._gateway.find_for_merchant(any_id)
            if action in ("approve", "deny"):
                transaction = self._decided(transaction, action)
            else:
                transaction = self._gateway.move(transaction.transaction_id, to)
            as_407 = code == "407" and self._gateway.knobs.expire_as_http_407
            return Reply(transaction.action_answer(code, message), 407 if as_407 else 200)

        return self._answered(action, done, any_id)

    def _decided(self, transaction: Transaction, action: str) -> Transaction:
        if transaction.status != "capture" or transaction.fraud_status != "challenge":
            raise GatewayError("412", NOT_CHANGEABLE)
        if action == "approve":
            return self._gateway.accept(transaction)
        transaction = self._gateway.move(transaction.transaction_id, "deny")
        transaction.fraud_status = "deny"
        return transaction

    def refund(self, any_id: str) -> Response:
        """The transaction after some or all of its money went back."""
        wish = object_of_call()
        return self._answered("refund", lambda: Reply(refund(self._gateway, any_id, wish)), any_id)

    def qr_code(self, kind: str, transaction_id: str) -> Response:
        """The QR code as an image; it needs no key, because customers' browsers load it."""
        try:
            transaction = self._gateway.find(transaction_id)
            if transaction.payment_type != kind:
                raise GatewayError("404", NO_TRANSACTION)
        except GatewayError as error:
            return self._answering.answer("status", lambda: Reply({}), refused=error)
        picture = io.BytesIO()
        segno.make(transaction.phone_url, error="m").save(picture, kind="png", scale=8, border=3)
        return Response(picture.getvalue(), mimetype="image/png")

    def _answered(
        self, operation: str, work: Any, any_id: str = "", *, keeps: bool = True
    ) -> Response:
        key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
        return self._answering.answer(
            operation,
            work,
            any_id=any_id,
            refused=self._answering.merchant_only(),
            key=key if keeps else "",
        )

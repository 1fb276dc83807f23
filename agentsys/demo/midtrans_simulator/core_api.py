"""The part of the Core API that a merchant calls."""

from __future__ import annotations

import hmac
import io
import uuid
from base64 import b64encode
from collections.abc import Callable
from threading import Event
from typing import Any

import segno
from flask import Blueprint, Response, jsonify, request

from agentsys.demo.midtrans_simulator.gateway import Gateway, GatewayError
from agentsys.demo.midtrans_simulator.idempotency import IN_FLIGHT

Work = Callable[[], dict[str, Any]]
ACTIONS = {
    "cancel": ("cancel", "200", "Success, transaction is canceled"),
    "expire": ("expire", "407", "Success, transaction has expired"),
}
UNAUTHORISED = "Transaction cannot be authorized with the current client/server key."


def core_api(gateway: Gateway, closing: Event) -> Blueprint:
    """The Core API of one gateway; `closing` ends answers that hang on purpose."""
    calls = Calls(gateway, closing)
    api = Blueprint("core_api", __name__, url_prefix="/v2")
    for method, rule, view in (
        ("POST", "/charge", calls.charge),
        ("GET", "/<any_id>/status", calls.status),
        ("POST", "/<any_id>/<any(cancel, expire):action>", calls.act),
        ("GET", "/<any(gopay, qris):kind>/<transaction_id>/qr-code", calls.qr_code),
    ):
        api.add_url_rule(rule, view.__name__, view, methods=[method])
    return api


class Calls:
    """The views of the Core API; they add the faults of knobs, after the transaction was stored."""

    def __init__(self, gateway: Gateway, closing: Event) -> None:
        """Use this gateway."""
        self._gateway, self._closing = gateway, closing

    def charge(self) -> Response:
        """Create a transaction; a repeated Idempotency-Key gets the first answer again."""
        kept, key = self._gateway.kept_answers, request.headers.get("Idempotency-Key", "")
        mine = False

        def made() -> dict[str, Any]:
            nonlocal mine
            earlier = kept.begin(key)
            if earlier is not None:
                return earlier
            mine = True
            answer = self._gateway.charge(
                _payload(),
                base_url=self._gateway.public_url or request.host_url,
                notify_urls=_notify_urls(self._gateway.knobs.notify_url),
            )
            kept.keep(key, answer)
            return answer

        try:
            return self._answered("charge", made)
        finally:
            if mine:
                kept.finish(key)

    def status(self, any_id: str) -> Response:
        """The status of a transaction, by its id or order id."""

        def found() -> dict[str, Any]:
            answer = self._gateway.find(any_id).status_answer(self._gateway.server_key)
            return answer | self._gateway.knobs.status_fields

        return self._answered("status", found)

    def act(self, any_id: str, action: str) -> Response:
        """Cancel or expire a transaction."""
        to, code, message = ACTIONS[action]
        return self._answered(
            action, lambda: self._gateway.move(any_id, to).action_answer(code, message)
        )

    def qr_code(self, kind: str, transaction_id: str) -> Response:
        """The QR code as an image; it needs no key, because customers' browsers load it."""
        try:
            transaction = self._gateway.find(transaction_id)
            if transaction.payment_type != kind:
                raise GatewayError("404", "Transaction doesn't exist.")
        except GatewayError as error:
            return _refusal(self._gateway, error)
        picture = io.BytesIO()
        segno.make(transaction.phone_url, error="m").save(picture, kind="png", scale=8, border=3)
        return Response(picture.getvalue(), mimetype="image/png")

    def _answered(self, operation: str, work: Work) -> Response:
        knobs = self._gateway.knobs
        if not _is_merchant(self._gateway.server_key):
            return _refusal(self._gateway, GatewayError("401", UNAUTHORISED))
        fault = knobs.take_fault(operation)
        if fault and not knobs.fault_after:
            return spoilt(fault, knobs.hang_s, self._closing)
        try:
            answer = _answer(self._gateway, work())
        except GatewayError as error:
            answer = _refusal(self._gateway, error)
        return spoilt(fault, knobs.hang_s, self._closing) if fault else answer


MOVED = '{"status_code":"200","status_message":"Moved","transaction_status":"settlement"}'
RECOVERING = '{"status_code":"%s","status_message":"Sorry. Our system is recovering."}'


def _is_merchant(server_key: str) -> bool:
    expected = "Basic " + b64encode(f"{server_key}:".encode()).decode()
    given = request.headers.get("Authorization", "")
    return hmac.compare_digest(given.encode("latin-1", "replace"), expected.encode())


def _payload() -> dict[str, Any]:
    payload = request.get_json(force=True, silent=True)
    if not isinstance(payload, dict):
        raise GatewayError("413", "Payload format is not supported.")
    return payload


def _notify_urls(usual: str) -> list[str]:
    override = request.headers.get("X-Override-Notification", "")
    append = request.headers.get("X-Append-Notification", "")
    named = [url.strip() for url in (override or append).split(",") if url.strip()][:3]
    return named if override or not named else [usual, *named]


def _answer(gateway: Gateway, body: dict[str, Any]) -> Response:
    answer = jsonify(body)
    if body is IN_FLIGHT:
        answer.status_code = 202
    elif body["status_code"] == "201" and request.method == "POST":
        answer.status_code = 201
    elif body["status_code"] == "407" and gateway.knobs.expire_as_http_407:
        answer.status_code = 407
    return answer


def _refusal(gateway: Gateway, error: GatewayError) -> Response:
    answer = jsonify({**error.body, "id": str(uuid.uuid4())})
    answer.status_code = 200 if gateway.knobs.errors_as_http_200 else int(error.code)
    return answer


def spoilt(fault: str, hang_s: float, closing: Event) -> Response:
    """An answer changed by a fault."""
    json_type = "application/json"
    if fault == "hang":
        closing.wait(hang_s)
        return Response("", 504)
    page = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
    return {
        "500": lambda: Response(RECOVERING % "500", 500, mimetype=json_type),
        "500_says_404": lambda: Response(RECOVERING % "404", 500, mimetype=json_type),
        "503": lambda: Response(RECOVERING % "503", 503, mimetype=json_type),
        "429": lambda: Response(RECOVERING % "429", 429, mimetype=json_type),
        "html_502": lambda: Response(page, 502, mimetype="text/html"),
        "null": lambda: Response("null", 200, mimetype=json_type),
        "list": lambda: Response("[]", 200, mimetype=json_type),
        "empty": lambda: Response("", 200, mimetype=json_type),
        "bytes": lambda: Response(b"\xff\xfe\x00{", 200, mimetype=json_type),
        "redirect": lambda: Response(MOVED, 302, {"Location": "/v2/elsewhere/status"}, json_type),
        "bad_status_code": lambda: Response(
            '{"status_code":"Invalid mandatory field"}', 200, mimetype=json_type
        ),
    }[fault]()

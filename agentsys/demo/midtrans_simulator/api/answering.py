"""How every call is answered: the key first, then faults, kept answers, and the work itself."""

from __future__ import annotations

import hmac
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterable
from threading import Event
from typing import Any

from flask import Response, jsonify, request

from agentsys.demo.midtrans_simulator.channels.charges import order_id_of
from agentsys.demo.midtrans_simulator.engine.idempotency import Reply
from agentsys.demo.midtrans_simulator.engine.refusals import UNAUTHORISED, GatewayError
from agentsys.demo.midtrans_simulator.engine.vocabulary import IDEMPOTENCY_S
from agentsys.demo.midtrans_simulator.gateway.gateway import Gateway

Work = Callable[[], Reply]


class Answering:
    """Answers calls for one gateway; `closing` frees the answers that hang on purpose."""

    def __init__(self, gateway: Gateway, closing: Event) -> None:
        """Use this gateway."""
        self.gateway, self._closing = gateway, closing

    def answer(
        self,
        operation: str,
        work: Work,
        *,
        any_id: str = "",
        refused: GatewayError | None = None,
        key: str = "",
        key_s: int = IDEMPOTENCY_S,
    ) -> Response:
        """The answer to the present call, refused or spoilt where that is asked for.

        `refused` is why the caller may not call; `key` is the one to keep the answer under.
        """
        if refused is not None:
            return self._refusal(refused)
        self._closing.wait(self.gateway.knobs.latency_s)
        fault = self.gateway.take_fault(operation, request.path, self._ids(any_id))
        if fault and not fault.does_the_work:
            return fault.spoil(Response(), self._closing)
        kept, mine = self.gateway.kept_answers, False
        try:
            try:
                reply = kept.begin(key)
                if reply is None:
                    mine = True
                    reply = work()
                    kept.keep(key, reply, seconds=key_s)
                answer = jsonify(reply.body)
                answer.status_code = reply.http
            except GatewayError as error:
                answer = self._refusal(error)
            return fault.spoil(answer, self._closing) if fault else answer
        finally:
            if mine:
                kept.finish(key)

    def _ids(self, any_id: str) -> set[str]:
        ids = {any_id} - {""}
        payload = request.get_json(force=True, silent=True)
        if isinstance(payload, dict):
            ids |= {order_id_of(payload), str(payload.get("transaction_id", ""))} - {""}
        for each in list(ids):
            try:
                transaction = self.gateway.find(each)
            except GatewayError:
                continue
            ids |= {transaction.order_id, transaction.transaction_id}
        return ids

    def _refusal(self, error: GatewayError) -> Response:
        body = dict(error.body)
        if "status_code" in body:
            body["id"] = str(uuid.uuid4())
        answer = jsonify(body)
        answer.status_code = 200 if self.gateway.knobs.errors_as_http_200 else error.http
        return answer

    def base_url(self) -> str:
        """The address that is written into links."""
        return self.gateway.public_url or request.host_url

    def merchant_only(self) -> GatewayError | None:
        """Why the caller is not the merchant, or nothing."""
        return None if calls_with(self.gateway.keys.servers) else unauthorised()

    def client_only(self) -> GatewayError | None:
        """Why the caller is neither the merchant's page nor the merchant, or nothing."""
        given = request.args.get("client_key", "").encode()
        keys = self.gateway.keys
        known = any([hmac.compare_digest(given, client.encode()) for client in keys.clients])
        return None if known or calls_with((*keys.clients, *keys.servers)) else unauthorised()


def unauthorised() -> GatewayError:
    """The refusal of a key that is not the merchant's."""
    return GatewayError("401", UNAUTHORISED)


def calls_with(keys: Iterable[str]) -> bool:
    """Whether the present call carries one of these keys."""
    given = request.headers.get("Authorization", "").encode("latin-1", "replace")
    expected = ("Basic " + b64encode(f"{key}:".encode()).decode() for key in keys)
    return any([hmac.compare_digest(given, each.encode()) for each in expected])


def body_of_call() -> Any:
    """What the present call carries, or None when that is nothing or no JSON."""
    return request.get_json(force=True, silent=True)


def object_of_call() -> dict[str, Any]:
    """The object that the present call carries; an empty one for anything else."""
    payload = body_of_call()
    return payload if isinstance(payload, dict) else {}


def notify_urls(usual: str) -> list[str]:
    """The addresses that the present call wants to be told at; none for the usual one."""
    override = request.headers.get("X-Override-Notification", "")
    append = request.headers.get("X-Append-Notification", "")
    named = [url.strip() for url in (override or append).split(",") if url.strip()][:3]
    return named if override or not named else [usual, *named]
